//! What the prompt shows, shared between the conversation, which knows it, and the editor.

use std::fmt::Write;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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
    fn prompt(&self) -> String {
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
    fn a_settled_status_is_not_waited_for() {
        let status = Status::default();
        status.handled();
        status.settle(1);
        status.settle(2); // waits its time out, then goes on
    }
}
