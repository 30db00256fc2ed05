//! Lines as messages: each one by itself, or as many together as one message holds.

use std::mem;

use lanchat_protocol::text::LINES_MAX;

/// What the first and the last line of a code block are.
const FENCE: &str = "```";

/// How the lines of the input become messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The lines together are one message, or as many as it takes.
    pub(crate) whole: bool,
    /// Each message is a code block.
    pub(crate) code: bool,
}

/// A message that can be sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) text: String,
    /// The numbers of its first and its last line.
    pub(super) lines: (u64, u64),
}

/// The lines of the message that is being put together.
#[derive(Debug, Default)]
pub(super) struct Bundle {
    shape: Shape,
    text: String,
    /// How many lines that is, and how many bytes in a request.
    size: (usize, usize),
    lines: (u64, u64),
    /// Something in it is not blank.
    says_something: bool,
}

impl Bundle {
    pub(super) fn new(shape: Shape) -> Self {
        Self { shape, ..Self::default() }
    }

    /// Takes a line with its number, and gives the message that is complete now, if one is. `bytes_max` is how much text a
    /// request holds; a line that is longer is a message of its own, which whoever sends it finds out.
    pub(super) fn add(&mut self, line: &str, number: u64, bytes_max: usize) -> Option<Message> {
        if !self.shape.whole {
            self.push(line, number);
            return self.take();
        }
        let (lines, bytes) = self.size;
        let frame = if self.shape.code { (2, 2 * weight(FENCE)) } else { (0, 0) };
        let is_full = lines + breaks(line) + 1 + frame.0 > LINES_MAX;
        let complete = if lines > 0 && (is_full || bytes + weight(line) + frame.1 > bytes_max) {
            self.take()
        } else {
            None
        };
        // What is blank at the start of a message is cut anyway, but for that of a code block.
        if self.says_something || self.shape.code || !line.trim().is_empty() {
            self.push(line, number);
        }
        complete
    }

    /// The message that the lines so far make, if they say anything.
    pub(super) fn take(&mut self) -> Option<Message> {
        let Self { text, lines, says_something, .. } = mem::replace(self, Self::new(self.shape));
        let text = match (says_something, self.shape.code) {
            (false, _) => return None,
            (true, false) => text,
            (true, true) => format!("{FENCE}\n{text}\n{FENCE}"),
        };
        Some(Message { text, lines })
    }

    fn push(&mut self, line: &str, number: u64) {
        let (lines, bytes) = self.size;
        if lines == 0 {
            self.lines.0 = number;
        } else {
            self.text.push('\n');
        }
        self.text.push_str(line);
        self.lines.1 = number;
        self.size = (lines + breaks(line) + 1, bytes + weight(line));
        self.says_something |= !line.trim().is_empty();
    }
}

/// What a line takes in a request, in bytes: as JSON has it, and `\n`.
fn weight(line: &str) -> usize {
    let special = |c| match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\x08' | '\x0c' => 1,
        '\0'..='\x1f' => 5,
        _ => 0,
    };
    line.len() + line.chars().map(special).sum::<usize>() + 2
}

/// How many line breaks the relay finds in a line: some characters are such.
fn breaks(line: &str) -> usize {
    line.matches(['\r', '\x0b', '\x0c', '\u{85}', '\u{2028}', '\u{2029}']).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WHOLE: Shape = Shape { whole: true, code: false };
    const CODE: Shape = Shape { whole: true, code: true };

    fn messages<'a>(
        shape: Shape,
        lines: impl IntoIterator<Item = &'a str>,
        bytes_max: usize,
    ) -> Vec<Message> {
        let mut bundle = Bundle::new(shape);
        let mut all: Vec<_> = lines
            .into_iter()
            .zip(1..)
            .filter_map(|(line, number)| bundle.add(line, number, bytes_max))
            .collect();
        all.extend(bundle.take());
        all
    }

    fn texts(shape: Shape, lines: &[&str], bytes_max: usize) -> Vec<String> {
        messages(shape, lines.iter().copied(), bytes_max).into_iter().map(|message| message.text).collect()
    }

    #[test]
    fn lines_are_messages_each_or_together() {
        assert_eq!(texts(Shape::default(), &["a", " ", "b"], 9), ["a", "b"]);
        assert_eq!(texts(WHOLE, &["", "a", "", " b"], 99), ["a\n\n b"]);
        assert_eq!(texts(CODE, &["  a", "b"], 99), ["```\n  a\nb\n```"]);
        assert_eq!(texts(Shape { whole: false, code: true }, &["a", "b"], 9), ["```\na\n```", "```\nb\n```"]);
        for shape in [Shape::default(), WHOLE, CODE] {
            assert_eq!(texts(shape, &[" ", ""], 99), [""; 0]);
        }
    }

    #[test]
    fn a_message_has_as_many_lines_as_it_may() {
        let lines = ["x"; 2 * LINES_MAX + 1];
        let sizes = |shape| {
            messages(shape, lines, 9_999)
                .into_iter()
                .map(|message| message.text.lines().count())
                .collect::<Vec<_>>()
        };
        assert_eq!(sizes(WHOLE), [LINES_MAX, LINES_MAX, 1]);
        assert_eq!(sizes(CODE), [LINES_MAX, LINES_MAX, 7]);
        let numbers: Vec<_> = messages(WHOLE, lines, 9_999).iter().map(|message| message.lines).collect();
        assert_eq!(numbers, [(1, 100), (101, 200), (201, 201)]);
    }

    #[test]
    fn what_the_relay_takes_for_a_line_break_counts_as_one() {
        let line = "x\u{2028}".repeat(60);
        assert_eq!(texts(WHOLE, &[&line, &line], 9_999).len(), 2);
    }

    #[test]
    fn a_line_that_is_too_long_is_a_message_of_its_own() {
        assert_eq!(texts(WHOLE, &["a", "too long", "b", "c"], 6), ["a", "too long", "b\nc"]);
    }

    proptest! {
        #[test]
        fn no_message_is_larger_than_a_request_and_none_loses_a_line(
            lines in proptest::collection::vec("[a-c\"\\\\\t\x01é ]{0,8}|[b-dλ]{0,6}", 0..120), code: bool, bytes_max in 60..200_usize
        ) {
            let shape = Shape { whole: true, code };
            let all = messages(shape, lines.iter().map(String::as_str), bytes_max);
            for message in &all {
                prop_assert!(message.text.split('\n').count() <= LINES_MAX);
                let encoded = serde_json::to_string(&message.text).unwrap();
                prop_assert!(encoded.len() - 2 <= bytes_max, "{}", message.text);
            }
            let said = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            let sent: String = all.iter().map(|message| said(message.text.trim_matches('`'))).collect();
            let all = said(&lines.concat());
            prop_assert_eq!(sent, all);
        }
    }
}
