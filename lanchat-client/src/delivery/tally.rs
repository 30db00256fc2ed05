//! How many lines and messages there were, and how many were delivered.

use super::Delivery;
use crate::input::Input;
use crate::outbox::Errand;

/// The lines of the input.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// How many messages they make; empty ones make none.
    pub(super) messages: u64,
    pub(super) delivered: u64,
    /// The number of the one that was read last.
    pub(super) line: u64,
    /// The numbers of the first and the last one of the message that is on its way.
    pub(super) lines_out: (u64, u64),
    pub(super) input_ended: bool,
}

impl Tally {
    /// The lines that are on their way, as complaints name them.
    pub(super) fn named(&self) -> String {
        match self.lines_out {
            (first, last) if first == last => format!("line {last}"),
            (first, last) => format!("lines {first} to {last}"),
        }
    }

    /// The same with their verb.
    pub(super) fn out(&self) -> String {
        let (first, last) = self.lines_out;
        format!("{} {}", self.named(), if first == last { "was" } else { "were" })
    }
}

impl Delivery {
    /// Counts a line that will not be delivered any more.
    pub(crate) fn give_up(&mut self, input: Option<Input>) {
        self.compose(input);
    }

    /// The result: `Ok` when every line of the input was acknowledged, else what to say.
    pub(crate) fn result(&self) -> Result<(), String> {
        let missing = self.tally.messages - self.tally.delivered;
        // A relay that took nobody in has not even taken nothing.
        let last_words = self.liaison.last_words();
        let was_turned_away = !self.liaison.was_welcome() && last_words.is_some();
        if missing == 0 && self.tally.input_ended && !was_turned_away {
            return Ok(());
        }
        let reason = last_words.map(|words| format!(": {words}")).unwrap_or_default();
        if self.tally.messages == 0 {
            return Err(last_words.unwrap_or("the input was not read").to_owned());
        }
        let least = if self.tally.input_ended { "" } else { "at least " };
        let messages = if self.tally.messages == 1 { "message" } else { "messages" };
        let were = if missing == 1 { "was" } else { "were" };
        let all = self.tally.messages;
        let head = format!("{missing} of {least}{all} {messages} {were} not delivered{reason}");
        let uncertain = self.liaison.uncertain().find_map(Errand::quoted);
        let lines = self.tally.named();
        Err(match uncertain {
            Some(text) => format!("{head}; {lines}, {text}, may have arrived all the same"),
            None => head,
        })
    }

    /// The line that an input is.
    pub(super) fn count(&mut self, input: Option<Input>) -> Option<String> {
        let Some(input) = input else {
            self.tally.input_ended = true;
            return None;
        };
        self.tally.line += 1;
        match input {
            Input::Line { text, damaged } => {
                if damaged && !std::mem::replace(&mut self.told.damage, true) {
                    let line = self.tally.line;
                    self.liaison
                        .complain(&format!("line {line} is not UTF-8; U+FFFD is sent for what is not"));
                }
                Some(text)
            }
            // Nobody is asked in a pipe.
            Input::Pasted { .. } | Input::Talk(_) | Input::Claim(_) => None,
            Input::TooLong => {
                self.tally.messages += 1;
                let line = self.tally.line;
                self.liaison.complain(&format!("line {line} is too long and was not sent"));
                None
            }
            Input::Failed(error) => {
                self.tally.messages += 1;
                self.liaison.complain(&format!("standard input cannot be read: {error}"));
                None
            }
        }
    }
}
