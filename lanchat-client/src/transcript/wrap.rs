//! Lines as rows of a terminal: broken between words, with what follows hanging under the text.
//!
//! A line says with marks how it is to be broken. They are control characters, which nothing clean holds, so
//! that no relay can set them; they are never printed. A line without any is printed as it is.

use std::borrow::Cow;

use rustyline::GraphemeClusterMode;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The text of a line begins here; what is broken off hangs under it.
pub(crate) const TEXT: char = '\u{1}';

/// At the start of a line: it belongs to the text of the line before, and stands under it.
pub(crate) const MORE: char = '\u{2}';

/// From here to the end of the line each space matters: it is broken at the width, and not between words.
pub(crate) const EXACT: char = '\u{3}';

const MARKS: [char; 3] = [TEXT, MORE, EXACT];

/// In a narrower terminal nothing is broken here: it breaks rows as it likes.
const COLUMNS_MIN: usize = 8;

/// Text hangs this far where it begins behind the middle of the row.
const HANG: usize = 4;

/// No text hangs further, whatever stands before it.
const HANG_MAX: usize = 80;

/// A tab goes on at the next multiple of this, counted from where the text begins.
const TAB: usize = 8;

/// How wide a terminal shows what: the editor that draws below has to agree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measure(GraphemeClusterMode);

impl Measure {
    /// As the editor finds out.
    pub(crate) fn of_surroundings() -> Self {
        Self(GraphemeClusterMode::from_env())
    }

    /// How many columns something takes.
    pub(crate) fn width(self, text: &str) -> usize {
        match self.0 {
            GraphemeClusterMode::Unicode => text.width(),
            GraphemeClusterMode::WcWidth => text.chars().map(|c| c.width().unwrap_or(0)).sum(),
            GraphemeClusterMode::NoZwj => text.split('\u{200d}').map(UnicodeWidthStr::width).sum(),
        }
    }
}

/// The lines without marks, each as long as it is.
pub(crate) fn unbroken(lines: &str) -> Cow<'_, str> {
    wrapped(lines, usize::MAX, Measure(GraphemeClusterMode::WcWidth))
}

/// The lines in rows of so many columns.
pub(crate) fn wrapped(lines: &str, columns: usize, measure: Measure) -> Cow<'_, str> {
    if !lines.contains(MARKS) {
        return Cow::Borrowed(lines);
    }
    let columns = if columns < COLUMNS_MIN { usize::MAX } else { columns };
    let mut rows =
        Rows { columns, hang: 0, column: 0, origin: 0, text: String::with_capacity(lines.len()), measure };
    for (number, line) in lines.split('\n').enumerate() {
        if number > 0 {
            rows.text.push('\n');
        }
        rows.line(line);
    }
    Cow::Owned(rows.text)
}

/// A piece of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    /// A change of colour: it takes no room.
    Colour(&'a str),
    Space,
    Tab,
    /// What is seen as one character, and how wide it is.
    Seen(&'a str, usize),
}

/// Rows being filled.
struct Rows {
    columns: usize,
    /// Where what is broken off begins.
    hang: usize,
    column: usize,
    /// Where the text of this line begins.
    origin: usize,
    text: String,
    measure: Measure,
}

impl Rows {
    fn line(&mut self, line: &str) {
        self.column = 0;
        let text = if let Some(more) = line.strip_prefix(MORE) {
            self.indent();
            more
        } else if let Some((head, text)) = line.split_once(TEXT) {
            self.head(head);
            text
        } else {
            self.hang = 0;
            return self.text.extend(unmarked(line));
        };
        self.origin = self.column;
        match text.split_once(EXACT) {
            _ if self.columns == usize::MAX => self.text.extend(unmarked(text)),
            Some((before, exact)) => {
                self.words(&self.pieces(before));
                self.exactly(exact);
            }
            None => self.words(&self.pieces(text)),
        }
    }

    /// What stands before the text.
    fn head(&mut self, head: &str) {
        self.hang = 0;
        let width = self.pieces(head).iter().map(|piece| self.width(*piece, 0)).sum();
        self.exactly(head);
        self.hang = if width > HANG_MAX.min(self.columns / 2) { HANG } else { width };
    }

    fn exactly(&mut self, text: &str) {
        for piece in self.pieces(text) {
            self.put(piece);
        }
    }

    /// Breaks between words where it can.
    fn words(&mut self, pieces: &[Piece<'_>]) {
        let mut rest = pieces;
        while !rest.is_empty() {
            let (gap, behind) = rest.split_at(rest.iter().take_while(|piece| is_gap(piece)).count());
            let (word, behind) = behind.split_at(length_of_word(behind));
            rest = behind;
            self.gap_and_word(gap, word);
        }
    }

    fn gap_and_word(&mut self, gap: &[Piece<'_>], word: &[Piece<'_>]) {
        let gap_end = gap.iter().fold(self.column, |column, piece| column + self.width(*piece, column));
        let width: usize = word.iter().map(|piece| self.width(*piece, 0)).sum();
        let fits = gap_end.saturating_add(width) <= self.columns;
        let is_too_long = width > self.columns - self.hang;
        let has_room = fits || (is_too_long && gap_end < self.columns);
        // The space at a break is not seen; a colour goes on.
        for piece in gap.iter().filter(|piece| has_room || matches!(piece, Piece::Colour(_))) {
            self.put(*piece);
        }
        if !has_room && !word.is_empty() && self.column > self.hang {
            self.break_row();
        }
        for piece in word {
            self.put(*piece);
        }
    }

    fn put(&mut self, piece: Piece<'_>) {
        let width = self.width(piece, self.column);
        if width > 0 && self.column.saturating_add(width) > self.columns {
            if let Piece::Seen(seen, _) = piece
                && width > self.columns - self.hang
                && seen.chars().nth(1).is_some()
            {
                // A character of more parts than a row has room for.
                return seen.split_inclusive(|_| true).for_each(|part| {
                    self.put(Piece::Seen(part, self.measure.width(part)));
                });
            }
            self.break_row();
        }
        match piece {
            Piece::Colour(text) | Piece::Seen(text, _) => self.text.push_str(text),
            Piece::Space => self.text.push(' '),
            Piece::Tab => self.text.extend(std::iter::repeat_n(' ', self.width(piece, self.column))),
        }
        self.column += self.width(piece, self.column);
    }

    fn break_row(&mut self) {
        self.text.push('\n');
        self.indent();
    }

    fn indent(&mut self) {
        self.text.extend(std::iter::repeat_n(' ', self.hang));
        self.column = self.hang;
    }

    fn width(&self, piece: Piece<'_>, column: usize) -> usize {
        match piece {
            Piece::Colour(_) => 0,
            Piece::Space => 1,
            Piece::Tab => (TAB - column.saturating_sub(self.origin) % TAB).min(self.columns - self.hang),
            Piece::Seen(_, width) => width,
        }
    }

    fn pieces<'a>(&self, text: &'a str) -> Vec<Piece<'a>> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (colour, behind) = rest.split_at(length_of_colour(rest));
            if !colour.is_empty() {
                pieces.push(Piece::Colour(colour));
            }
            let (plain, behind) = behind.split_at(behind.find('\x1b').unwrap_or(behind.len()));
            let seen = plain.graphemes(true).filter(|seen| !seen.starts_with(MARKS));
            pieces.extend(seen.map(|seen| match seen {
                " " => Piece::Space,
                "\t" => Piece::Tab,
                seen => Piece::Seen(seen, self.measure.width(seen)),
            }));
            rest = behind;
        }
        pieces
    }
}

/// How many bytes at the start are a change of colour. Only this program writes them: they end with `m`.
fn length_of_colour(text: &str) -> usize {
    if text.starts_with('\x1b') { text.find('m').map_or(text.len(), |end| end + 1) } else { 0 }
}

fn unmarked(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !MARKS.contains(c))
}

fn is_gap(piece: &Piece<'_>) -> bool {
    matches!(piece, Piece::Space | Piece::Tab | Piece::Colour(_))
}

/// How many pieces belong together. Wide characters stand for themselves: most of who writes them sets no spaces.
fn length_of_word(pieces: &[Piece<'_>]) -> usize {
    let is_wide = |piece: &Piece<'_>| matches!(piece, Piece::Seen(_, 2..));
    let ends = |piece: &Piece<'_>| matches!(piece, Piece::Space | Piece::Tab) || is_wide(piece);
    match pieces.first() {
        Some(first) if is_wide(first) => 1,
        _ => pieces.iter().position(ends).unwrap_or(pieces.len()),
    }
}

#[cfg(test)]
mod tests;
