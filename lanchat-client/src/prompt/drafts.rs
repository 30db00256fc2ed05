//! Half-typed lines: each waits in the room that it was typed in.

use std::collections::BTreeMap;

use crate::gate::{Ahead, Draft};

/// What was typed in each room and not entered.
#[derive(Debug, Default)]
pub(crate) struct Drafts {
    /// Where the present line is typed.
    room: Option<String>,
    put_away: BTreeMap<String, Draft>,
}

impl Drafts {
    /// The person goes to another room. What they have typed there.
    pub(crate) fn switch(&mut self, room: &str, draft: Draft) -> Draft {
        if let Some(here) = self.room.replace(room.to_owned())
            && !draft.text.is_empty()
        {
            self.put_away.insert(here, draft);
        }
        self.put_away.remove(room).unwrap_or_default()
    }

    /// The person talks in `room` now. Nothing that they have begun goes out of their sight because of that.
    pub(crate) fn follow(&mut self, room: Option<&str>, draft: Draft) -> Draft {
        if self.room.as_deref() == room {
            return draft;
        }
        self.room = room.map(str::to_owned);
        if !draft.text.is_empty() {
            return draft;
        }
        room.and_then(|room| self.put_away.remove(room)).unwrap_or_default()
    }
}

impl Draft {
    /// The same with what was typed meanwhile.
    pub(crate) fn with(mut self, ahead: &Ahead) -> Self {
        if self.text.is_char_boundary(self.cursor) {
            self.text.insert_str(self.cursor, &ahead.text);
            self.cursor += ahead.text.len();
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(text: &str) -> Draft {
        Draft { text: text.to_owned(), cursor: text.len() }
    }

    #[test]
    fn each_room_keeps_its_line() {
        let mut drafts = Drafts::default();
        assert_eq!(drafts.follow(Some("lobby"), draft("")), draft(""));
        assert_eq!(drafts.switch("ops", draft("in the lobby")), draft(""));
        assert_eq!(drafts.follow(Some("ops"), draft("")), draft(""));
        assert_eq!(drafts.switch("lobby", draft("in ops")), draft("in the lobby"));
        assert_eq!(drafts.follow(Some("lobby"), draft("in the lobby")), draft("in the lobby"));
        assert_eq!(drafts.follow(Some("ops"), draft("")), draft("in ops"), "as with /join");
        assert_eq!(drafts.follow(None, draft("in ops")), draft("in ops"), "turned out");
    }

    #[test]
    fn what_was_typed_meanwhile_stands_at_the_cursor() {
        let ahead = Ahead { text: "日x".to_owned(), is_entered: false };
        let both = Draft { text: "ab".to_owned(), cursor: 1 }.with(&ahead);
        assert_eq!(both, Draft { text: "a日xb".to_owned(), cursor: 5 });
    }
}
