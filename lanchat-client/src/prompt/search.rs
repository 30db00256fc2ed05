//! The search for what was entered before. Rustyline's own waits for its keys alone, and holds messages back meanwhile;
//! this one is a line like any other, with what is found behind it.

use tokio::sync::mpsc;

use super::{Ended, Over, Prompt};
use crate::gate::Draft;
use crate::helper::search::PROMPT;
use crate::input::Input;

impl Prompt {
    /// Puts the line away and looks for one that was entered before. What is edited afterwards.
    pub(super) fn look_back(&mut self, draft: Draft, lines: &mpsc::Sender<Input>) -> Result<Draft, Over> {
        self.search.begins();
        let mut words = Draft::default();
        loop {
            match self.edit_answer(PROMPT, &mut words) {
                Ended::NotUtf8 => {}
                Ended::Failed(error) => return Over::failed(error, lines),
                Ended::Left => {
                    self.search.ends(false);
                    return Ok(draft);
                }
                Ended::Anew(_) | Ended::Disturbed | Ended::Entered(_) => {
                    self.search.ends(true);
                    let found = self.search.take_found();
                    return Ok(found.map_or(draft, |text| Draft { cursor: text.len(), text }));
                }
            }
        }
    }
}
