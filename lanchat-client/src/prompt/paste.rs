//! A pasted text of several lines: what is asked about it, and what becomes of it.

use crate::gate::{Draft, Pasted};
use crate::input::Input;
use crate::outbox::pieces;

/// A pasted text that takes more messages than this is not sent.
const MESSAGES_MAX: usize = 100;

/// A text that somebody has pasted, in the line that they pasted it into.
#[derive(Debug)]
pub(super) struct Paste {
    before: Draft,
    whole: Draft,
    messages: usize,
}

/// What somebody answers.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Send,
    Discard,
    Edit,
    Unclear,
}

impl Paste {
    /// `whole` is the line with the text in it. It would go to `room`.
    pub(super) fn new(pasted: Pasted, whole: Draft, room: &str, line_bytes_max: usize) -> Self {
        let messages = pieces(&whole.text, room, line_bytes_max).len();
        Self { before: pasted.before, whole, messages }
    }

    /// Why it is not even asked about.
    pub(super) fn refusal(&self) -> Option<String> {
        (self.messages > MESSAGES_MAX).then(|| {
            let (size, messages) = (self.size(), self.messages);
            format!(
                "* {size} would be {messages} messages, and at most {MESSAGES_MAX} are pasted at once. \
                 Nothing was sent; lanchat-client in a pipe sends files of any size"
            )
        })
    }

    /// `500 lines, 12 KiB: send as 5 messages? [Y/n] `
    pub(super) fn question(&self, can_edit: bool) -> String {
        let messages = match self.messages {
            0 | 1 => "one message".to_owned(),
            n => format!("{n} messages"),
        };
        let choices = if can_edit { "Y/n/e" } else { "Y/n" };
        format!("{}: send as {messages}? [{choices}] ", self.size())
    }

    /// What is sent: where a text was pasted into an empty line, it is never a command.
    pub(super) fn into_input(self) -> Input {
        Input::Pasted { is_said: self.before.text.trim().is_empty(), text: self.whole.text }
    }

    /// The line as it was before.
    pub(super) fn into_before(self) -> Draft {
        self.before
    }

    /// The line with the text.
    pub(super) fn whole(&self) -> &Draft {
        &self.whole
    }

    fn size(&self) -> String {
        let text = self.whole.text.trim_end_matches('\n');
        let lines = text.split('\n').count();
        match text.len() {
            bytes @ 0..1024 => format!("{lines} lines, {bytes} B"),
            bytes @ 1024..0x10_0000 => format!("{lines} lines, {} KiB", bytes.div_ceil(1024)),
            bytes => format!("{lines} lines, {} MiB", bytes.div_ceil(0x10_0000)),
        }
    }
}

impl Answer {
    /// What a line means as an answer. Nothing is yes.
    pub(super) fn of(line: &str, can_edit: bool) -> Self {
        match line.trim().to_lowercase().as_str() {
            "" | "y" | "yes" => Self::Send,
            "n" | "no" => Self::Discard,
            "e" | "edit" if can_edit => Self::Edit,
            _ => Self::Unclear,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paste(before: &str, text: &str) -> Paste {
        let draft = |text: &str| Draft { text: text.to_owned(), cursor: text.len() };
        let pasted = Pasted { before: draft(before), text: text.to_owned() };
        Paste::new(pasted, draft(&format!("{before}{text}")), "lobby", 4096)
    }

    #[test]
    fn the_question_says_how_much_it_is_and_how_many_messages_that_takes() {
        assert_eq!(paste("", "a\nb\n").question(true), "2 lines, 3 B: send as one message? [Y/n/e] ");
        let long = "twenty-five characters..\n".repeat(500);
        assert_eq!(paste("", &long).question(false), "500 lines, 13 KiB: send as 5 messages? [Y/n] ");
    }

    #[test]
    fn what_would_be_too_many_messages_is_refused() {
        let lines = |count: usize| "x\n".repeat(count);
        assert_eq!(paste("", &lines(10_000)).refusal(), None);
        let refusal = paste("", &lines(10_001)).refusal().unwrap();
        assert!(refusal.contains("10001 lines, 20 KiB would be 101 messages"), "{refusal}");
    }

    #[test]
    fn only_what_was_typed_is_a_command() {
        let said = Input::Pasted { text: "/quit\nx".into(), is_said: true };
        assert_eq!(paste("", "/quit\nx").into_input(), said);
        let understood = Input::Pasted { text: "/msg bo a\nb".into(), is_said: false };
        assert_eq!(paste("/msg bo ", "a\nb").into_input(), understood);
    }

    #[test]
    fn an_answer_is_yes_unless_it_says_otherwise() {
        for (line, answer) in
            [("", Answer::Send), ("Y", Answer::Send), ("no", Answer::Discard), ("e", Answer::Edit)]
        {
            assert_eq!(Answer::of(line, true), answer, "{line}");
        }
        assert_eq!(Answer::of("e", false), Answer::Unclear);
        assert_eq!(Answer::of("what?", true), Answer::Unclear);
    }
}
