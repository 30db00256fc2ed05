//! How many lines there were, and how many were delivered.

use super::Delivery;
use crate::input::Input;
use crate::outbox::Errand;

/// The lines of the input.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Those that are messages; empty ones are none.
    pub(super) messages: u64,
    pub(super) delivered: u64,
    /// The number of the one that was read last.
    pub(super) line: u64,
    /// The number of the one that is on its way.
    pub(super) line_out: u64,
    pub(super) input_ended: bool,
}

impl Delivery {
    /// Counts a line that will not be delivered any more.
    pub(crate) fn give_up(&mut self, input: Option<Input>) {
        self.count(input);
    }

    /// The result: `Ok` when every line of the input was acknowledged, else what to say.
    pub(crate) fn result(&self) -> Result<(), String> {
        let missing = self.tally.messages - self.tally.delivered;
        // A relay that took nobody in has not even taken nothing.
        let was_turned_away = !self.was_welcome && self.last_words.is_some();
        if missing == 0 && self.tally.input_ended && !was_turned_away {
            return Ok(());
        }
        let reason = self.last_words.as_ref().map(|words| format!(": {words}")).unwrap_or_default();
        if self.tally.messages == 0 {
            return Err(self.last_words.clone().unwrap_or_else(|| "the input was not read".to_owned()));
        }
        let least = if self.tally.input_ended { "" } else { "at least " };
        let messages = if self.tally.messages == 1 { "message" } else { "messages" };
        let were = if missing == 1 { "was" } else { "were" };
        let all = self.tally.messages;
        let head = format!("{missing} of {least}{all} {messages} {were} not delivered{reason}");
        let uncertain = self.outbox.uncertain().find_map(Errand::quoted);
        let line = self.tally.line_out;
        Err(match uncertain {
            Some(text) => format!("{head}; line {line}, {text}, may have arrived all the same"),
            None => head,
        })
    }

    pub(super) fn count(&mut self, input: Option<Input>) -> Option<String> {
        let Some(input) = input else {
            self.tally.input_ended = true;
            return None;
        };
        self.tally.line += 1;
        match input {
            Input::Line { text, .. } if text.trim().is_empty() => None,
            Input::Line { text, damaged } => {
                self.tally.messages += 1;
                if damaged && !std::mem::replace(&mut self.told.damage, true) {
                    let line = self.tally.line;
                    self.complain(&format!("line {line} is not UTF-8; U+FFFD is sent for what is not"));
                }
                Some(text)
            }
            // Nobody is asked in a pipe.
            Input::Said(_) | Input::Talk(_) | Input::Claim(_) => None,
            Input::TooLong => {
                self.tally.messages += 1;
                let line = self.tally.line;
                self.complain(&format!("line {line} is too long and was not sent"));
                None
            }
            Input::Failed(error) => {
                self.tally.messages += 1;
                self.complain(&format!("standard input cannot be read: {error}"));
                None
            }
        }
    }
}
