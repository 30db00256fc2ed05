//! What the prompt shows, shared between the conversation, which knows it, and the editor.

use std::fmt::Write;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long the next prompt waits for the answer to the line just entered.
const ANSWER_MAX: Duration = Duration::from_millis(250);

#[derive(Debug, Default)]
struct State {
    nick: String,
    online: bool,
    waiting: usize,
    /// How many entered lines have been taken care of.
    handled: u64,
    renaming: bool,
    /// The prompt that was drawn last.
    drawn: Option<String>,
}

impl State {
    fn prompt(&self) -> String {
        let mut prompt = self.nick.clone();
        if !self.online {
            prompt.push_str(" (offline");
            if self.waiting > 0 {
                // Writing to a string cannot fail.
                let _ = write!(prompt, ", {} queued", self.waiting);
            }
            prompt.push(')');
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
    pub(crate) fn set(&self, nick: &str, online: bool, waiting: usize, renaming: bool) {
        let mut state = self.lock();
        nick.clone_into(&mut state.nick);
        (state.online, state.waiting, state.renaming) = (online, waiting, renaming);
        self.changed.notify_all();
    }

    /// One more entered line was taken care of.
    pub(crate) fn handled(&self) {
        self.lock().handled += 1;
        self.changed.notify_all();
    }

    /// Waits for a moment until `entered` lines were taken care of and the nick is settled, so that the
    /// next prompt is not out of date before it is drawn.
    pub(crate) fn settle(&self, entered: u64) {
        let unsettled = |state: &mut State| state.handled < entered || state.renaming;
        drop(self.changed.wait_timeout_while(self.lock(), ANSWER_MAX, unsettled));
    }

    /// The prompt that is about to be drawn: `ana> ` or `ana (offline, 2 queued)> `.
    pub(crate) fn draw(&self) -> String {
        let mut state = self.lock();
        let prompt = state.prompt();
        state.drawn = Some(prompt.clone());
        prompt
    }

    /// Whether the prompt that was drawn last says what is not so any more.
    pub(crate) fn is_stale(&self) -> bool {
        let state = self.lock();
        state.drawn.as_ref().is_some_and(|drawn| *drawn != state.prompt())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is whole after any panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompt_shows_the_nick_and_what_waits() {
        let status = Status::default();
        status.set("ana", true, 1, false);
        assert_eq!(status.draw(), "ana> ");
        status.set("ana", false, 0, false);
        assert_eq!(status.draw(), "ana (offline)> ");
        status.set("ana", false, 2, false);
        assert!(status.is_stale());
        assert_eq!(status.draw(), "ana (offline, 2 queued)> ");
        assert!(!status.is_stale());
    }

    #[test]
    fn a_settled_status_is_not_waited_for() {
        let status = Status::default();
        status.handled();
        status.settle(1);
        status.settle(2); // waits its time out, then goes on
    }
}
