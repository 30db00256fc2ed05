//! How much of the terminal a line takes while it is edited.

use std::io;

use rustix::termios::tcgetwinsize;

/// The size of the terminal in rows and columns; nothing is known of it where these are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Screen {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

impl Screen {
    /// As it is at this moment.
    pub(crate) fn now() -> Self {
        let size = tcgetwinsize(io::stdout());
        size.map_or(Self { rows: 0, columns: 0 }, |size| Self {
            rows: size.ws_row.into(),
            columns: size.ws_col.into(),
        })
    }

    /// Whether a line certainly takes one row only.
    pub(crate) fn is_one_row(self, prompt: &str, text: &str) -> bool {
        !text.contains(|c: char| c.is_control()) && width(prompt) + width(text) < self.columns
    }

    /// Whether a text certainly fits while it is edited, with a row to spare for what is printed above it.
    pub(crate) fn fits(self, prompt: &str, text: &str) -> bool {
        let rows = |width: usize| width / self.columns.max(1) + 1;
        let mut lines = text.split('\n');
        let first = rows(width(prompt) + lines.next().map_or(0, width));
        first + lines.map(|line| rows(width(line))).sum::<usize>() < self.rows
    }
}

/// How many columns that takes at most: what is not ASCII may be wide, and a tab goes to the next of its stops.
fn width(text: &str) -> usize {
    let width = |c: char| match c {
        '\t' => 8,
        c if c.is_ascii() => 1,
        _ => 2,
    };
    text.chars().map(width).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_surely_takes_one_row_does() {
        let columns = |columns| Screen { rows: 24, columns };
        assert!(columns(8).is_one_row("ana> ", "hi"));
        assert!(!columns(7).is_one_row("ana> ", "hi"));
        assert!(!columns(7).is_one_row("ana> ", "日"));
        assert!(!columns(80).is_one_row("ana> ", "a\nb"));
        assert!(!columns(0).is_one_row("ana> ", ""));
    }

    #[test]
    fn what_fits_leaves_a_row_to_spare() {
        let screen = Screen { rows: 4, columns: 10 };
        assert!(screen.fits("ana> ", "one\ntwo\nthree"));
        assert!(!screen.fits("ana> ", "one\ntwo\nthree\nfour"));
        assert!(!screen.fits("ana> ", "one\ntwo\n0123456789"), "a row that is full is followed by one");
        assert!(!Screen { rows: 0, columns: 0 }.fits("", ""));
    }
}
