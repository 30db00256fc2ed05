//! When a terminal calls the person: somebody has named them, or has written to them alone.

use lanchat_protocol::client::Event;
use lanchat_protocol::text::clean;

use super::{Conversation, Shown};
use crate::settings::Notify;
use crate::transcript::shorten;

/// Between one call and the next there is at least this much time, in milliseconds.
pub(super) const APART_MS: u64 = 5_000;

/// So many characters of each string are shown: desktops cut them anyway.
const CHARS_MAX: usize = 200;

impl Conversation {
    /// What is shown for an event whose line this is: what is said to the person now calls them, but not what they have
    /// missed.
    pub(super) fn calling(&mut self, event: &Event, line: String, now_ms: u64) -> Shown {
        let Event::Message { room, from, text, .. } = event else { return Shown::Event(line) };
        // The relay tells the person what they have said themselves elsewhere.
        let is_told = !self.transcript.is_reader(from) && !self.reading.is_behind(room);
        let is_alone = room.strip_prefix('@').is_some_and(|nick| nick == from);
        if self.settings.notify == Notify::Off
            || !is_told
            || !(is_alone || self.transcript.names_reader(text))
            || self.called_ms.is_some_and(|called_ms| now_ms.saturating_sub(called_ms) < APART_MS)
        {
            return Shown::Event(line);
        }
        self.called_ms = Some(now_ms);
        Shown::Call { line, call: call(self.settings.notify, from, text) }
    }
}

/// What is written to the terminal when `from` has said `text` to a person who wants to be called so. The strings may be
/// anything.
fn call(notify: Notify, from: &str, text: &str) -> String {
    match notify {
        Notify::Off => String::new(),
        Notify::Bell => "\x07".to_owned(),
        // A number at the start would be another order to some terminals.
        Notify::Osc9 => format!("\x1b]9;lanchat: {}: {}\x07", field(from), field(text)),
        Notify::Osc777 => format!("\x1b]777;notify;lanchat: {};{}\x07", field(from), field(text)),
    }
}

/// A string that ends neither the field nor the sequence that it stands in.
fn field(text: &str) -> String {
    let text = shorten(text, CHARS_MAX);
    let one_line = clean(&text).replace(['\t', '\n'], " ");
    one_line.replace(';', ",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_way_to_call_has_its_sequence() {
        assert_eq!(call(Notify::Off, "bo", "hi"), "");
        assert_eq!(call(Notify::Bell, "bo", "hi"), "\x07");
        assert_eq!(call(Notify::Osc9, "bo", "a;b"), "\x1b]9;lanchat: bo: a,b\x07");
        assert_eq!(call(Notify::Osc777, "bo", "hi\nyou"), "\x1b]777;notify;lanchat: bo;hi you\x07");
    }

    proptest! {
        #[test]
        fn nothing_breaks_out_of_a_notification(evil in "[\\x00-\\u{a0};4\\u{2020}-\\u{2070}]{0,300}") {
            for (notify, fields) in [(Notify::Osc9, 1), (Notify::Osc777, 3)] {
                let sequence = call(notify, &evil, &evil);
                let inner = sequence.strip_prefix("\x1b]").and_then(|rest| rest.strip_suffix('\x07')).unwrap();
                prop_assert!(!inner.contains(|c: char| c.is_control() || c == '\u{202e}'), "{inner:?}");
                prop_assert_eq!(inner.matches(';').count(), fields);
                prop_assert!(inner.chars().count() <= 2 * (CHARS_MAX + 1) + 30);
            }
        }
    }
}
