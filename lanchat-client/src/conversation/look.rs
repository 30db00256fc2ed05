//! What the person sets: how things look, and what calls them.

use super::Conversation;
use crate::colour::Palette;
use crate::settings::Settings;

/// What whoever wants another theme is told where none shows.
const NO_COLOURS: &str =
    "nothing is coloured here: NO_COLOR or --plain-output is set, or this terminal shows no colours";

impl Conversation {
    /// From now on things are so.
    pub(crate) fn set(&mut self, settings: Settings) {
        self.settings = settings;
        self.transcript.set(settings);
    }

    /// The person has no prompt, and enters plain lines.
    pub(crate) fn has_no_prompt(&mut self) {
        self.transcript.has_no_prompt();
    }

    /// The colours of what is shown.
    pub(crate) fn palette(&self) -> Palette {
        self.transcript.palette()
    }

    /// Whether the line only sets or shows how things are to be. Nothing of it is sent.
    pub(super) fn obeys(&mut self, typed: &str) -> bool {
        let Some(told) = self.settings.obey(typed) else { return false };
        let before = self.palette().theme();
        self.set(self.settings);
        self.note(&told);
        if self.settings.theme != before && !self.palette().is_able() {
            self.note(NO_COLOURS);
        }
        true
    }
}
