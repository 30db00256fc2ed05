//! What the person wants: lines typed, and leaving.

use lanchat_protocol::names::Nick;
use lanchat_protocol::slash::{Typed, parse};

use super::{Conversation, ERRANDS_MAX, Leaving, Shown};
use crate::outbox::Errand;
use crate::transcript::quote;

/// How long leaving waits for what was typed before, in milliseconds.
pub(super) const LEAVE_MS: u64 = 5_000;

/// How many messages that were never sent are named at the end.
const UNSENT_NAMED_MAX: usize = 10;

impl Conversation {
    /// The person entered a line, or pasted several.
    pub(crate) fn typed(&mut self, typed: &str, now_ms: u64) {
        for (number, line) in typed.split(['\n', '\r']).enumerate() {
            // Only what was typed is a command: nobody means the /quit in the middle of a pasted text.
            let understood = if number == 0 { parse(line) } else { Typed::Say(line.into()) };
            match understood {
                Typed::Say(text) if text.trim().is_empty() => {}
                Typed::Say(text) => self.take(Errand::Say { text: text.into_owned(), action: false }),
                Typed::Me(deed) => self.take(Errand::Say { text: deed.to_owned(), action: true }),
                Typed::Nick(nick) => match Nick::parse(nick) {
                    Ok(nick) => self.take(Errand::Nick(nick.as_str().to_owned())),
                    Err(error) => self.note(&format!("a nick {error}")),
                },
                Typed::Who(_) => self.take(Errand::Who),
                Typed::Join(_)
                | Typed::Part(_)
                | Typed::Rooms
                | Typed::Topic(_)
                | Typed::Msg { .. }
                | Typed::Whois(_)
                | Typed::Away(_)
                | Typed::Back
                | Typed::Ignore(_)
                | Typed::Unignore(_) => self.note("not yet"),
                Typed::Help => self.shown.push(Shown::Note(self.transcript.help())),
                Typed::Quit => self.leave(now_ms),
                Typed::Empty => {}
                Typed::Wrong(wrong) => self.note(&wrong.to_string()),
            }
        }
        self.pump(now_ms);
    }

    /// The person wants to go: what was typed before is sent first.
    pub(crate) fn leave(&mut self, now_ms: u64) {
        if !self.is_online() {
            return self.go();
        }
        if self.leaving.is_none() {
            self.leaving = Some(Leaving { by_ms: now_ms + LEAVE_MS, said_goodbye: false });
        }
        self.pump(now_ms);
    }

    /// Whether the person wants to go.
    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving.is_some()
    }

    /// Ends the conversation, whatever is still to be sent.
    pub(crate) fn go(&mut self) {
        self.end(true, None);
    }

    fn take(&mut self, errand: Errand) {
        match (self.outbox.push(errand), self.is_online()) {
            (Ok(()), true) => {}
            (Ok(()), false) => {
                let waiting = self.outbox.len();
                self.note(&format!("not connected: {waiting} waiting, to be sent once the relay is back"));
            }
            (Err(Errand::Say { text, .. }), _) => {
                self.note(&format!(
                    "not sent, for {ERRANDS_MAX} lines are waiting already: {}",
                    quote(&text)
                ));
            }
            (Err(Errand::Nick(_) | Errand::Who), _) => {
                self.note(&format!("not done, for {ERRANDS_MAX} lines are waiting already"));
            }
        }
    }

    /// Names what will not be sent any more. Whether there was nothing to name.
    pub(super) fn name_undelivered(&mut self) -> bool {
        let is_uncertain = self.name_uncertain();
        let mut unsent: Vec<String> = Vec::new();
        for errand in self.outbox.errands() {
            if let Errand::Say { text, .. } = errand {
                unsent.push(quote(text));
            }
        }
        let more = unsent.len().saturating_sub(UNSENT_NAMED_MAX);
        unsent.truncate(UNSENT_NAMED_MAX);
        for text in &unsent {
            self.note(&format!("not sent: {text}"));
        }
        if more > 0 {
            self.note(&format!("not sent: {more} more"));
        }
        !is_uncertain && unsent.is_empty()
    }
}
