//! Everything that is wrong with a configuration, each with its line and column.

use std::fmt;

use lanchat_protocol::text;

/// How many errors are told at once; the rest is counted.
const ERRORS_MAX: usize = 100;

/// All errors, ordered by where they are. `Display` writes a line each:
/// `FILE:LINE:COL: what is wrong, what is allowed`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errors {
    name: String,
    list: Vec<Error>,
    /// How many more there are than the list tells.
    others: usize,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Line and column, from 1, in characters; `None`: the file as a whole.
    pub position: Option<(usize, usize)>,
    /// What is wrong and what is allowed.
    pub message: String,
}

/// An error by its offset in the text, in bytes.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) at: usize,
    pub(super) message: String,
}

impl Errors {
    /// One error that has no place in the file.
    pub(super) fn unplaced(name: &str, message: String) -> Self {
        Self { name: name.to_owned(), list: vec![Error { position: None, message }], others: 0 }
    }

    /// What was found in `text`.
    pub(super) fn placed(name: &str, text: &str, mut found: Vec<Found>) -> Self {
        found.sort_by_key(|error| error.at);
        let lines = Lines::of(text);
        let others = found.len().saturating_sub(ERRORS_MAX);
        let place = |Found { at, message }| Error { position: Some(lines.position(at)), message };
        Self { name: name.to_owned(), list: found.into_iter().take(ERRORS_MAX).map(place).collect(), others }
    }

    /// The errors, at most the first hundred.
    pub fn iter(&self) -> impl Iterator<Item = &Error> {
        self.list.iter()
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = text::clean(&self.name);
        for (index, Error { position, message }) in self.list.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            let place = position.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
            write!(f, "{separator}{name}{place}: {}", text::clean(message))?;
        }
        if self.others > 0 {
            write!(f, "\n{name}: {} more errors", self.others)?;
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}

/// Where the lines of a text begin.
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { text, starts: std::iter::once(0).chain(after_breaks).collect() }
    }

    /// The line, from 1, that the byte at `at` is in.
    pub(super) fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at)
    }

    /// Line and column, from 1; a byte order mark takes no column.
    fn position(&self, at: usize) -> (usize, usize) {
        let line = self.line(at);
        let before = &self.text.as_bytes()[self.starts[line - 1]..at.min(self.text.len())];
        let before = before.strip_prefix("\u{feff}".as_bytes()).unwrap_or(before);
        let is_first_byte_of_character = |byte: &&u8| **byte & 0xc0 != 0x80;
        (line, before.iter().filter(is_first_byte_of_character).count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(at: usize) -> Found {
        Found { at, message: format!("at {at}") }
    }

    #[test]
    fn positions_count_characters_from_one() {
        let lines = Lines::of("ab\nüx\n\nz");
        let positions: Vec<_> = [0, 1, 2, 3, 5, 6, 7, 8, 9, 99].map(|at| lines.position(at)).into();
        let expected = [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3), (3, 1), (4, 1), (4, 2), (4, 2)];
        assert_eq!(positions, expected);
        assert_eq!(Lines::of("").position(0), (1, 1));
        assert_eq!(Lines::of("\u{feff}ab").position(4), (1, 2));
    }

    #[test]
    fn errors_are_told_in_order_a_line_each() {
        let errors = Errors::placed("a.toml", "x\ny\n", vec![found(2), found(0)]);
        assert_eq!(errors.to_string(), "a.toml:1:1: at 0\na.toml:2:1: at 2");
        assert_eq!(errors.iter().count(), 2);
    }

    #[test]
    fn what_is_not_told_is_counted() {
        let errors = Errors::placed("a", &"\n".repeat(200), (0..103).map(found).collect());
        let told = errors.to_string();
        assert_eq!(told.lines().count(), ERRORS_MAX + 1);
        assert!(told.ends_with("\na: 3 more errors"), "{told}");
    }

    #[test]
    fn nothing_in_an_error_moves_the_terminal() {
        let errors = Errors::unplaced("a\x1b[2J", "b\nc".to_owned());
        assert_eq!(errors.to_string(), "a[2J: b c");
    }
}
