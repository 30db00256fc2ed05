//! The whole terminal, for as long as the value lives; afterwards it is as it was.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::exit::Failure;
use crate::output;

/// The other screen, without a cursor (xterm, `1049` and `25`); and back.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";

/// Where a terminal does not tell its size.
const ROWS: usize = 24;
const COLUMNS: usize = 80;

/// A terminal that shows frames, and gives each key as it is pressed.
#[derive(Debug)]
pub(crate) struct Screen {
    before: Termios,
}

impl Screen {
    /// Takes the terminal over.
    pub(crate) fn enter() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut modes = before.clone();
        // Ctrl-C and Ctrl-Z are keys then: nobody leaves with the terminal like this.
        modes.local_modes -= LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG;
        tcsetattr(io::stdin(), OptionalActions::Now, &modes)?;
        let screen = Self { before };
        let mut out = io::stdout().lock();
        out.write_all(ENTER.as_bytes()).and_then(|()| out.flush())?;
        Ok(screen)
    }

    /// Rows and columns.
    pub(crate) fn size() -> (usize, usize) {
        let size = tcgetwinsize(io::stdout().as_fd()).ok().filter(|size| size.ws_row > 0 && size.ws_col > 0);
        size.map_or((ROWS, COLUMNS), |size| (size.ws_row.into(), size.ws_col.into()))
    }

    /// Shows what fits of a frame. Only what changes is seen to change: nothing is cleared first.
    pub(crate) fn show(frame: &str) -> Result<(), Failure> {
        let (rows, columns) = Self::size();
        let shown = drawn(frame, rows, columns);
        let mut out = io::stdout().lock();
        out.write_all(shown.as_bytes()).and_then(|()| out.flush()).map_err(output::failed)
    }

    /// Whether a key was pressed that means the end: q, Ctrl-C, Ctrl-D; or there are no keys any more.
    pub(crate) fn is_end_pressed() -> io::Result<bool> {
        let mut keys = [0; 64];
        let count = io::stdin().lock().read(&mut keys)?;
        Ok(count == 0 || keys[..count].iter().any(|key| matches!(key, b'q' | b'Q' | 3 | 4)))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing.
        let mut out = io::stdout().lock();
        let _ = out.write_all(LEAVE.as_bytes()).and_then(|()| out.flush());
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}

/// A frame as a terminal of this size is told it. Behind a line that fills its row the cursor is still on the last
/// column, and whatever clears the rest of the row would clear that too.
fn drawn(frame: &str, rows: usize, columns: usize) -> String {
    let mut shown = "\x1b[H".to_owned();
    for (row, line) in frame.lines().take(rows).enumerate() {
        let line = cut(line, columns);
        let next = if row == 0 { "" } else { "\r\n" };
        let rest = if line.width() < columns { "\x1b[K" } else { "" };
        shown.extend([next, line, rest]);
    }
    if frame.lines().count() < rows {
        shown += "\r\n\x1b[J";
    }
    shown
}

/// As much of a line as so many columns hold.
fn cut(line: &str, columns: usize) -> &str {
    if line.width() <= columns {
        return line;
    }
    let mut width = 0;
    let end = line.char_indices().find(|(_, c)| {
        width += c.width().unwrap_or(0);
        width > columns
    });
    end.map_or(line, |(end, _)| &line[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fills_a_row_or_the_screen_is_not_cleared_with_what_was_behind_it() {
        assert_eq!(drawn("abc\nd\n", 3, 3), "\x1b[Habc\r\nd\x1b[K\r\n\x1b[J");
        assert_eq!(drawn("abcd\nefgh\ni\n", 2, 3), "\x1b[Habc\r\nefg");
        assert_eq!(drawn("abcd\n", 1, 1), "\x1b[Ha");
    }

    #[test]
    fn a_line_is_cut_by_the_columns_it_takes() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "abc");
        assert_eq!(cut("李雷x", 3), "李");
        assert_eq!(cut("", 0), "");
    }
}
