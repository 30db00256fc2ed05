//! What the prompt shows, shared between the conversation, which knows it, and the editor.

use std::fmt::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::gate::Which;

/// How long the next prompt waits for the answer to the line just entered.
const ANSWER_MAX: Duration = Duration::from_millis(250);

/// How things stand with a conversation.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    /// The nick.
    pub(crate) nick: String,
    /// The room that the next line goes to.
    pub(crate) room: Option<String>,
    /// Whether the relay can be talked to.
    pub(crate) is_online: bool,
    /// Whether lines wait until the person has shown who they are.
    pub(crate) is_held: bool,
    /// How many lines wait to be confirmed.
    pub(crate) waiting: usize,
    /// The rooms that the person is in, in their order.
    pub(crate) rooms: Arc<[Box<str>]>,
    /// The longest line that the relay takes, in bytes.
    pub(crate) line_bytes_max: usize,
    /// Whether an answer is about to change the nick or the room.
    pub(crate) is_unsettled: bool,
}

#[derive(Debug, Default)]
struct State {
    standing: Standing,
    /// How many entered lines have been taken care of.
    handled: u64,
    /// The prompt that was drawn last.
    drawn: Option<String>,
}

impl Standing {
    /// `#lobby ana> `, `(no room) ana> ` or `#ops ana, offline, 2 queued> `.
    pub(crate) fn prompt(&self) -> String {
        let mut prompt = match self.room.as_deref() {
            None => "(no room) ".to_owned(),
            Some(room) => format!("#{room} "),
        };
        prompt.push_str(&self.nick);
        let matters = match (self.is_online, self.is_held) {
            (false, _) => Some("offline"),
            (true, true) => Some("not logged in"),
            (true, false) => None,
        };
        if let Some(matters) = matters {
            prompt.extend([", ", matters]);
            if self.waiting > 0 {
                // Writing to a string cannot fail.
                let _ = write!(prompt, ", {} queued", self.waiting);
            }
        }
        prompt + "> "
    }
}

/// The prompt's knowledge.
#[derive(Debug, Default)]
pub(crate) struct Status {
    state: Mutex<State>,
    changed: Condvar,
}

impl Status {
    /// The conversation has changed.
    pub(crate) fn set(&self, standing: Standing) {
        self.lock().standing = standing;
        self.changed.notify_all();
    }

    /// One more entered line was taken care of.
    pub(crate) fn handled(&self) {
        self.lock().handled += 1;
        self.changed.notify_all();
    }

    /// Waits for a moment until `entered` lines were taken care of and nick and room are settled, so that the
    /// next prompt is not out of date before it is drawn.
    pub(crate) fn settle(&self, entered: u64) {
        let unsettled = |state: &mut State| state.handled < entered || state.standing.is_unsettled;
        drop(self.changed.wait_timeout_while(self.lock(), ANSWER_MAX, unsettled));
    }

    /// The prompt that is about to be drawn.
    pub(crate) fn draw(&self) -> String {
        let mut state = self.lock();
        let prompt = state.standing.prompt();
        state.drawn = Some(prompt.clone());
        prompt
    }

    /// The room that the next line goes to.
    pub(crate) fn here(&self) -> Option<String> {
        self.lock().standing.room.clone()
    }

    /// The longest line that the relay takes, in bytes.
    pub(crate) fn line_bytes_max(&self) -> usize {
        self.lock().standing.line_bytes_max
    }

    /// One of the person's rooms, if there is such a one and it is another than the present one.
    pub(crate) fn other_room(&self, which: Which) -> Option<String> {
        let standing = &self.lock().standing;
        let (rooms, here) = (&standing.rooms, standing.room.as_deref());
        let at = rooms.iter().position(|room| Some(&**room) == here);
        let there = match (which, at) {
            (Which::Nth(n), _) => n.checked_sub(1)?,
            (Which::Next, Some(at)) => (at + 1) % rooms.len(),
            (Which::Previous, Some(at)) => at.checked_sub(1).unwrap_or(rooms.len() - 1),
            (Which::Next, None) => 0,
            (Which::Previous, None) => rooms.len().checked_sub(1)?,
        };
        rooms.get(there).filter(|room| Some(&***room) != here).map(|room| room.clone().into())
    }

    /// Whether the prompt that was drawn last says what is not so any more.
    pub(crate) fn is_stale(&self) -> bool {
        let state = self.lock();
        state.drawn.as_ref().is_some_and(|drawn| *drawn != state.standing.prompt())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is whole after any panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(room: Option<&str>, is_online: bool, waiting: usize) -> Standing {
        let room = room.map(str::to_owned);
        Standing { nick: "ana".into(), room, is_online, waiting, ..Standing::default() }
    }

    #[test]
    fn the_prompt_shows_where_the_next_line_goes_who_says_it_and_what_waits() {
        let status = Status::default();
        status.set(standing(Some("lobby"), true, 1));
        assert_eq!(status.draw(), "#lobby ana> ");
        status.set(standing(Some("ops"), false, 0));
        assert!(status.is_stale());
        assert_eq!(status.draw(), "#ops ana, offline> ");
        assert!(!status.is_stale());
        status.set(standing(Some("ops"), false, 2));
        assert_eq!(status.draw(), "#ops ana, offline, 2 queued> ");
        status.set(standing(None, true, 0));
        assert_eq!(status.draw(), "(no room) ana> ");
        status.set(Standing { is_held: true, ..standing(Some("lobby"), true, 3) });
        assert_eq!(status.draw(), "#lobby ana, not logged in, 3 queued> ");
    }

    #[test]
    fn rooms_are_counted_and_follow_one_another_in_a_circle() {
        let status = Status::default();
        assert_eq!(status.other_room(Which::Next), None);
        assert_eq!(status.other_room(Which::Previous), None);
        let rooms: Arc<[Box<str>]> = ["lobby", "ops", "dev"].map(Box::from).into();
        let other = |here: Option<&str>, which| {
            status.set(Standing { rooms: Arc::clone(&rooms), ..standing(here, true, 0) });
            status.other_room(which)
        };
        assert_eq!(other(Some("lobby"), Which::Nth(2)).as_deref(), Some("ops"));
        for nowhere in [0, 1, 4] {
            assert_eq!(other(Some("lobby"), Which::Nth(nowhere)), None);
        }
        assert_eq!(other(Some("dev"), Which::Next).as_deref(), Some("lobby"));
        assert_eq!(other(Some("lobby"), Which::Previous).as_deref(), Some("dev"));
        assert_eq!(other(None, Which::Next).as_deref(), Some("lobby"));
        assert_eq!(other(None, Which::Previous).as_deref(), Some("dev"));
    }

    #[test]
    fn a_settled_status_is_not_waited_for() {
        let status = Status::default();
        status.handled();
        status.settle(1);
        status.settle(2); // waits its time out, then goes on
    }
}
