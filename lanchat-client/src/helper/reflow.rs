//! The rows of a line that is edited, also while the window becomes wider or narrower: most terminals break them anew by
//! themselves, and the editor, which knows only how it has drawn them, would take away too few, or messages above them.

use std::env;
use std::fmt::Write;

use unicode_segmentation::UnicodeSegmentation;

use crate::gate::Draft;
use crate::transcript::wrap::Measure;

/// As the editor has them.
const TAB: usize = 8;

/// What a terminal does with long lines when its width changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reflow {
    /// It breaks them anew.
    Does,
    /// It leaves them as they are.
    DoesNot,
    /// Nobody knows: rather a row too many stays than that a message goes.
    Perhaps,
}

impl Reflow {
    /// What the terminal says about itself.
    pub(crate) fn of_surroundings() -> Self {
        Self::of(|name| env::var(name).ok())
    }

    fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |name: &&str| variable(name).is_some_and(|value| !value.is_empty());
        let term = variable("TERM").unwrap_or_default();
        let is_called = |begin: &&str| term.starts_with(*begin);
        if is_set(&"TMUX") || ["tmux", "foot", "alacritty", "wezterm"].iter().any(is_called) {
            return Self::Does;
        }
        // Within screen, the rest is about the terminal around it.
        if is_set(&"STY") || is_called(&"screen") {
            return Self::Perhaps;
        }
        if is_set(&"XTERM_VERSION") || is_called(&"linux") {
            return Self::DoesNot;
        }
        let does = ["VTE_VERSION", "KONSOLE_VERSION", "WT_SESSION"].iter().any(is_set);
        if does { Self::Does } else { Self::Perhaps }
    }
}

/// The rows of a line, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rows {
    /// The last one.
    pub(super) end: usize,
    /// The one with the cursor.
    pub(super) cursor: usize,
    /// The last one stands behind a full one, and the editor begins it itself.
    pub(super) is_broken_by_editor: bool,
}

impl Rows {
    /// Those from the one with the cursor on.
    pub(super) fn below_cursor(self) -> Self {
        Self { end: self.end - self.cursor, cursor: 0, ..self }
    }
}

/// A line as it stands on the screen.
#[derive(Debug)]
pub(super) struct Line {
    text: String,
    /// Where the cursor is in it, in bytes.
    cursor: usize,
}

impl Line {
    /// A draft behind its prompt, with a hint behind it.
    pub(super) fn new(prompt: &str, draft: &Draft, hint: &str) -> Self {
        Self { text: format!("{prompt}{}{hint}", draft.text), cursor: prompt.len() + draft.cursor }
    }

    /// What takes away a line that was drawn in a window of `columns_before` columns, and puts the cursor where it was in
    /// a window without one; `None` where the editor is right about that anyway.
    pub(super) fn mended(&self, columns_before: usize, columns: usize, reflow: Reflow) -> Option<String> {
        if columns == 0 || columns_before == 0 || reflow == Reflow::DoesNot {
            return None;
        }
        let ((end_row, _), (cursor_row, column)) = self.places(columns_before)?;
        let ((end_row_now, _), (mut row, column_now)) = self.places(columns)?;
        // Behind a row that was full the editor has broken the line itself.
        let is_at_end = self.cursor == self.text.len();
        if column == 0 && column_now > 0 && is_at_end && !self.text.ends_with('\n') {
            row += 1;
        }
        if reflow == Reflow::Perhaps {
            row = row.min(cursor_row);
        }
        if (row, end_row_now) == (cursor_row, end_row) {
            return None;
        }
        let mut mended = String::from("\r");
        up(row, &mut mended);
        mended.push_str("\x1b[J");
        mended.extend(std::iter::repeat_n('\n', end_row));
        up(end_row - cursor_row, &mut mended);
        Some(mended)
    }

    /// What takes away a line that was drawn in a window of `columns_before` columns and has ended: the editor has gone to
    /// its end, and one row further. Where the window has changed meanwhile, rather a row too many stays than that a
    /// message goes.
    pub(super) fn erased(&self, columns_before: usize, columns: usize) -> Option<String> {
        if columns == 0 || columns_before == 0 {
            return None;
        }
        let ((end_row, _), (cursor_row, _)) = self.places(columns_before)?;
        let ((end_row_now, _), (cursor_row_now, _)) = self.places(columns)?;
        let rows = end_row.min(end_row_now).min(cursor_row_now + end_row - cursor_row);
        let mut erased = String::from("\r");
        up(rows + 1, &mut erased);
        Some(erased + "\x1b[J")
    }

    /// The rows that the line takes in a window of so many columns.
    pub(super) fn rows(&self, columns: usize) -> Option<Rows> {
        let ((end, column), (cursor, _)) = self.places(columns)?;
        Some(Rows { end, cursor, is_broken_by_editor: column == 0 && end > 0 && !self.text.ends_with('\n') })
    }

    /// Where the line ends and where the cursor is in it, in a window of so many columns.
    fn places(&self, columns: usize) -> Option<(Place, Place)> {
        let measure = Measure::of_surroundings();
        let before = self.text.get(..self.cursor)?;
        Some((place(&self.text, columns, measure), place(before, columns, measure)))
    }
}

fn up(rows: usize, text: &mut String) {
    if rows > 0 {
        // Writing to a string cannot fail.
        let _ = write!(text, "\x1b[{rows}A");
    }
}

/// A row and a column.
type Place = (usize, usize);

/// Where the text ends, as the editor counts.
fn place(text: &str, columns: usize, measure: Measure) -> Place {
    let (mut row, mut column) = (0, 0);
    for seen in text.graphemes(true) {
        if seen == "\n" {
            (row, column) = (row + 1, 0);
            continue;
        }
        let width = if seen == "\t" { TAB - column % TAB } else { measure.width(seen) };
        column += width;
        if column > columns {
            (row, column) = (row + 1, width);
        }
    }
    if column == columns { (row + 1, 0) } else { (row, column) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, cursor: usize) -> Line {
        Line::new("ana> ", &Draft { text: text.to_owned(), cursor }, "")
    }

    #[test]
    fn a_line_that_the_terminal_has_broken_anew_goes_with_all_its_rows_and_with_no_others() {
        let text = "x".repeat(40);
        let mended = |at, before, now, reflow| line(&text, at).mended(before, now, reflow);
        assert_eq!(mended(40, 60, 20, Reflow::Does).as_deref(), Some("\r\x1b[2A\x1b[J"));
        assert_eq!(mended(40, 20, 60, Reflow::Does).as_deref(), Some("\r\x1b[J\n\n"));
        assert_eq!(mended(20, 20, 60, Reflow::Does).as_deref(), Some("\r\x1b[J\n\n\x1b[1A"));
        assert_eq!(mended(40, 15, 30, Reflow::Does).as_deref(), Some("\r\x1b[2A\x1b[J\n\n\n"), "a full row");
        assert_eq!(
            mended(0, 20, 60, Reflow::Does).as_deref(),
            Some("\r\x1b[J\n\n\x1b[2A"),
            "all below the cursor"
        );
        assert_eq!(mended(40, 60, 50, Reflow::Does), None, "in one row before and after");
        assert_eq!(mended(40, 20, 60, Reflow::DoesNot), None);
        assert_eq!(
            mended(40, 60, 20, Reflow::Perhaps).as_deref(),
            Some("\r\x1b[J"),
            "above may be a message"
        );
        assert_eq!(mended(40, 20, 60, Reflow::Perhaps).as_deref(), Some("\r\x1b[J\n\n"));
        assert_eq!(mended(40, 0, 60, Reflow::Does), None);
    }

    #[test]
    fn a_line_that_has_ended_goes_with_all_its_rows_and_with_no_others() {
        let text = "日".repeat(20);
        let erased = |at, before, now| line(&text, at).erased(before, now);
        for at in [0, 30, 60] {
            assert_eq!(erased(at, 80, 80).as_deref(), Some("\r\x1b[1A\x1b[J"), "{at}");
            assert_eq!(erased(at, 20, 20).as_deref(), Some("\r\x1b[3A\x1b[J"), "{at}");
            assert_eq!(erased(at, 15, 15).as_deref(), Some("\r\x1b[4A\x1b[J"), "a full row, {at}");
            assert_eq!(
                erased(at, 80, 20).as_deref(),
                Some("\r\x1b[1A\x1b[J"),
                "no more than was drawn, {at}"
            );
            assert_eq!(erased(at, 20, 80).as_deref(), Some("\r\x1b[1A\x1b[J"), "no more than there is, {at}");
        }
        assert_eq!(erased(0, 0, 80), None);
        let hinted = Line::new("ana> ", &Draft { text: "hi".to_owned(), cursor: 2 }, &text);
        assert_eq!(hinted.erased(20, 20).as_deref(), Some("\r\x1b[3A\x1b[J"));
    }

    #[test]
    fn a_row_behind_a_full_one_is_begun_by_the_editor() {
        let rows = |text: &str, at| line(text, at).rows(10).unwrap();
        let row = |end, cursor, is_broken_by_editor| Rows { end, cursor, is_broken_by_editor };
        assert_eq!(rows("hi", 2), row(0, 0, false));
        assert_eq!(rows("hello", 5), row(1, 1, true));
        assert_eq!(rows("hello\n", 0), row(1, 0, false));
        assert_eq!(rows("日本語日本語日本語", 9).below_cursor(), row(1, 0, false));
    }

    #[test]
    fn rows_are_counted_as_the_editor_does() {
        let place = |text: &str| place(text, 10, Measure::of_surroundings());
        assert_eq!(place("日本語日本語"), (1, 2));
        assert_eq!(place("x日本語日本語"), (1, 4), "a wide character is not cut");
        assert_eq!(place("1234567890"), (1, 0));
        assert_eq!(place("a\nb"), (1, 1));
        assert_eq!(place("a\t"), (0, 8));
    }

    #[test]
    fn terminals_are_known_by_what_they_say_about_themselves() {
        for (name, value, reflow) in [
            ("TMUX", "/tmp/tmux", Reflow::Does),
            ("TERM", "tmux-256color", Reflow::Does),
            ("VTE_VERSION", "7600", Reflow::Does),
            ("XTERM_VERSION", "XTerm(390)", Reflow::DoesNot),
            ("TERM", "linux", Reflow::DoesNot),
            ("TERM", "xterm-256color", Reflow::Perhaps),
            ("STY", "1.pts", Reflow::Perhaps),
        ] {
            let variable = |wanted: &str| (wanted == name).then(|| value.to_owned());
            assert_eq!(Reflow::of(variable), reflow, "{name}={value}");
        }
    }
}
