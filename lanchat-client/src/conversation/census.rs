//! The question that nobody typed, who is in a room: asked for completion's sake, and not too often.

use std::collections::BTreeMap;

/// Between one question about a room and the next there is at least this much time, in milliseconds: each
/// spends some of what the relay lets the person say.
const APART_MS: u64 = 10_000;

/// An answer that takes longer than this is not waited for any more, in milliseconds.
const ANSWER_MS: u64 = 60_000;

/// So many rooms are asked about; completion is a help, not a register.
const ROOMS_MAX: usize = 64;

/// What is known of one room.
#[derive(Debug, Default)]
struct Asked {
    is_wanted: bool,
    asked_ms: Option<u64>,
}

impl Asked {
    fn due_ms(&self) -> Option<u64> {
        self.is_wanted.then(|| self.asked_ms.map_or(0, |asked_ms| asked_ms.saturating_add(APART_MS)))
    }
}

/// When to ask on one connection. One question is out at a time.
#[derive(Debug, Default)]
pub(super) struct Census {
    rooms: BTreeMap<String, Asked>,
    /// The room whose answer is owed, and since when.
    unanswered: Option<(String, u64)>,
}

impl Census {
    /// What is known about who is in a room is out of date.
    pub(super) fn want(&mut self, room: &str) {
        if let Some(asked) = self.rooms.get_mut(room) {
            asked.is_wanted = true;
        } else if self.rooms.len() < ROOMS_MAX {
            self.rooms.insert(room.to_owned(), Asked { is_wanted: true, asked_ms: None });
        }
    }

    /// The person is no longer in the room.
    pub(super) fn forget(&mut self, room: &str) {
        self.rooms.remove(room);
    }

    /// The relay has answered, in whatever way.
    pub(super) fn answered(&mut self) {
        self.unanswered = None;
    }

    /// The relay wants to be asked later.
    pub(super) fn postponed(&mut self) {
        if let Some((room, _)) = self.unanswered.take() {
            self.want(&room);
        }
    }

    /// The room to ask about now, if any; it counts as asked then.
    pub(super) fn asks(&mut self, now_ms: u64) -> Option<String> {
        if self.due_ms().is_none_or(|due_ms| now_ms < due_ms) {
            return None;
        }
        let is_due = |asked: &Asked| asked.due_ms().is_some_and(|due_ms| now_ms >= due_ms);
        let (room, asked) = self.rooms.iter_mut().find(|(_, asked)| is_due(asked))?;
        *asked = Asked { is_wanted: false, asked_ms: Some(now_ms) };
        self.unanswered = Some((room.clone(), now_ms));
        Some(room.clone())
    }

    /// When [`Census::asks`] is worth a call, if nothing else happens.
    pub(super) fn due_ms(&self) -> Option<u64> {
        let due_ms = self.rooms.values().filter_map(Asked::due_ms).min()?;
        let free_ms = self.unanswered.as_ref().map_or(0, |(_, asked_ms)| asked_ms.saturating_add(ANSWER_MS));
        Some(due_ms.max(free_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn census() -> Census {
        let mut census = Census::default();
        census.want("lobby");
        census
    }

    fn asks(census: &mut Census, now_ms: u64) -> bool {
        census.asks(now_ms).is_some()
    }

    #[test]
    fn one_question_is_out_at_a_time_and_one_asked_in_ten_seconds() {
        let mut census = census();
        assert!(asks(&mut census, 5) && !asks(&mut census, 5));
        assert_eq!(census.due_ms(), None, "nothing more to learn");
        census.want("lobby");
        assert!(!asks(&mut census, 60_004), "the first is still out");
        census.answered();
        assert!(asks(&mut census, 60_004));
        census.answered();
        census.want("lobby");
        assert_eq!(census.due_ms(), Some(70_004));
        assert!(!asks(&mut census, 70_003) && asks(&mut census, 70_004));
    }

    #[test]
    fn an_answer_that_never_comes_is_not_waited_for_for_ever() {
        let mut census = census();
        assert!(asks(&mut census, 0));
        census.want("lobby");
        assert!(!asks(&mut census, 59_999) && asks(&mut census, 60_000));
    }

    #[test]
    fn another_room_is_asked_about_as_soon_as_the_first_is_answered() {
        let mut census = census();
        census.want("ops");
        assert_eq!(census.asks(0).as_deref(), Some("lobby"));
        assert_eq!(census.asks(0), None);
        census.answered();
        assert_eq!(census.asks(0).as_deref(), Some("ops"));
        census.postponed();
        assert_eq!(census.due_ms(), Some(10_000), "the relay has had enough");
        census.forget("ops");
        assert_eq!(census.asks(20_000), None);
    }

    #[test]
    fn rooms_without_end_are_not_all_asked_about() {
        let mut census = Census::default();
        (0..ROOMS_MAX + 10).for_each(|n| census.want(&n.to_string()));
        assert_eq!(census.rooms.len(), ROOMS_MAX);
    }
}
