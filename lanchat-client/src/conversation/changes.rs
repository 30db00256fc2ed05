//! What concerns a person and not a room: it reaches this client through every room that both are in, and is
//! told once.

use std::collections::VecDeque;

use lanchat_protocol::client::Change;

use crate::transcript::is_personal;

/// So many people's last change is remembered.
const PEOPLE_MAX: usize = 64;

/// Through so many rooms it may come.
const ROOMS_MAX: usize = 64;

/// What takes more than this is told as often as it comes, in bytes.
const BYTES_MAX: usize = 1_024;

#[derive(Debug)]
struct Told {
    nick: String,
    change: Change,
    detail: String,
    rooms: Vec<String>,
}

/// The last change of each of those who changed last.
#[derive(Debug, Default)]
pub(super) struct Changes {
    told: VecDeque<Told>,
}

impl Changes {
    /// Whether this has not been told yet. `detail` is the new nick, or why somebody is away.
    pub(super) fn is_news(&mut self, room: &str, nick: &str, change: Change, detail: &str) -> bool {
        if !is_personal(change) {
            return true;
        }
        let same = |told: &&mut Told| told.nick == nick && told.change == change && told.detail == detail;
        if let Some(told) = self.told.iter_mut().find(same)
            && told.rooms.len() < ROOMS_MAX
            && !told.rooms.iter().any(|other| other == room)
        {
            told.rooms.push(room.to_owned());
            return false;
        }
        self.told.retain(|told| told.nick != nick);
        if room.len() + nick.len() + detail.len() <= BYTES_MAX {
            self.told.truncate(PEOPLE_MAX - 1);
            let (nick, detail, rooms) = (nick.to_owned(), detail.to_owned(), vec![room.to_owned()]);
            self.told.push_front(Told { nick, change, detail, rooms });
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_through_many_rooms_is_news_once() {
        let mut changes = Changes::default();
        for (room, nick, change, detail, is_news) in [
            ("lobby", "bo", Change::Away, "lunch", true),
            ("lobby", "al", Change::Away, "lunch", true),
            ("ops", "bo", Change::Away, "lunch", false),
            ("dev", "bo", Change::Away, "lunch", false),
            ("ops", "bo", Change::Away, "tea", true),
            ("lobby", "bo", Change::Back, "", true),
            ("ops", "bo", Change::Back, "", false),
            ("lobby", "bo", Change::Away, "tea", true),
            ("lobby", "bo", Change::Away, "tea", true),
            ("lobby", "bo", Change::Left, "", true),
            ("ops", "bo", Change::Left, "", true),
        ] {
            assert_eq!(changes.is_news(room, nick, change, detail), is_news, "{room} {nick} {change:?}");
        }
    }

    #[test]
    fn changes_without_end_cost_bounded_memory() {
        let mut changes = Changes::default();
        let long = "x".repeat(BYTES_MAX);
        for n in 0..PEOPLE_MAX * 2 {
            let name = n.to_string();
            assert!(changes.is_news("lobby", &name, Change::Back, ""));
            assert!(changes.is_news("lobby", &name, Change::Back, &long));
            assert!(changes.is_news("lobby", &name, Change::Back, ""));
            changes.is_news(&name, "0", Change::Back, "");
        }
        assert_eq!(changes.told.len(), PEOPLE_MAX);
        assert!(changes.told.iter().all(|told| told.rooms.len() <= ROOMS_MAX));
    }
}
