//! What a reader does not read although it stands before its cursor.

use super::Author;
use super::record::Records;

/// Events that are passed over.
#[derive(Clone, Copy, Debug, Default)]
pub struct Skip<'a> {
    /// Those that the reader caused.
    pub own: Option<Author>,
    /// Those about people of whom the reader wants to hear nothing, by their nicks in lower case.
    pub nicks: &'a [Box<str>],
}

impl Skip<'_> {
    /// Whether nothing is.
    pub(super) fn is_nothing(&self) -> bool {
        self.own.is_none() && self.nicks.is_empty()
    }

    /// Whether the event at `index` is.
    pub(super) fn skips(&self, records: &Records, index: usize) -> bool {
        self.own == Some(records.author(index)) || (!self.nicks.is_empty() && self.hides(records.from(index)))
    }

    /// Whether the reader wants to hear nothing of whoever has this nick.
    pub fn hides(&self, from: &str) -> bool {
        !from.is_empty()
            && self.nicks.iter().any(|nick| from.chars().flat_map(char::to_lowercase).eq(nick.chars()))
    }
}
