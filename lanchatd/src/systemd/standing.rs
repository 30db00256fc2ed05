//! How the daemon is, in words for `systemctl status`.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use lanchat_protocol::counted;
use lanchat_protocol::text::clean;
use sd_notify::NotifyState;
use tokio::sync::Notify;
use tokio::time::sleep;

use super::Manager;
use crate::hub::Hub;
use crate::relay::Relay;

/// The words are told at most this often.
const PERIOD_MIN: Duration = Duration::from_secs(1);

/// The longest words, in bytes: the manager takes no message that is longer than a page.
const WORDS_BYTES_MAX: usize = 512;

/// What the daemon is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// It serves.
    #[default]
    Serving,
    /// It stops: the clients are to read the goodbye.
    Leaving,
    /// It stops: what was said is written.
    Keeping,
}

/// How the daemon is. `Display` is the words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// What it is about.
    pub phase: Phase,
    /// How many clients there are.
    pub clients: usize,
    /// How many rooms there are.
    pub rooms: usize,
    /// Why what is said is not kept at the moment.
    pub trouble: Option<String>,
}

impl Standing {
    /// How it is now.
    pub fn of(relay: &Relay) -> Self {
        relay.ask(|hub, _| Self {
            phase: match (relay.is_keeping_over(), hub.is_stopping()) {
                (true, _) => Phase::Keeping,
                (false, true) => Phase::Leaving,
                (false, false) => Phase::Serving,
            },
            clients: hub.session_count(),
            rooms: hub.room_count(),
            trouble: hub.keeping().trouble,
        })
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clients = counted(self.clients, "client");
        let words = match self.phase {
            Phase::Serving => format!("{clients}, {}", counted(self.rooms, "room")),
            Phase::Leaving if self.clients == 0 => "stopping".to_owned(),
            Phase::Leaving => format!("stopping: {clients} still to read the goodbye"),
            Phase::Keeping => "stopping: what was said is being written".to_owned(),
        };
        let trouble =
            self.trouble.as_deref().map(|why| format!("; what is said is not kept: {}", clean(why)));
        let words = words + &trouble.unwrap_or_default();
        f.write_str(&words[..words.floor_char_boundary(WORDS_BYTES_MAX)])
    }
}

/// Notices changes of how the daemon is, for whoever wants to hear of them. Nothing where nobody does.
#[derive(Debug, Default)]
pub struct Changes {
    is_on: Cell<bool>,
    census: Cell<(usize, usize)>,
    changed: Notify,
}

impl Changes {
    /// Somebody wants to hear.
    pub fn begin(&self) {
        self.is_on.set(true);
    }

    /// Looks whether clients or rooms have come or gone.
    pub fn look(&self, hub: &Hub) {
        if self.is_on.get() {
            let census = (hub.session_count(), hub.room_count());
            if self.census.replace(census) != census {
                self.changed.notify_one();
            }
        }
    }

    /// The store is in trouble, or no longer.
    pub fn note_trouble(&self) {
        if self.is_on.get() {
            self.changed.notify_one();
        }
    }

    /// Waits until something has changed.
    pub async fn next(&self) {
        self.changed.notified().await;
    }
}

/// Keeps the manager's words about the daemon current for as long as it lives, from those that it was told before.
/// Sleeps where nothing changes.
pub async fn follow(relay: Rc<Relay>, manager: Rc<Manager>, mut told: String) {
    loop {
        relay.changes.next().await;
        let words = Standing::of(&relay).to_string();
        if words != told {
            manager.tell(&[NotifyState::Status(&words)]);
            told = words;
            sleep(PERIOD_MIN).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_people() {
        let standing = Standing { clients: 12, rooms: 3, ..Standing::default() };
        assert_eq!(standing.to_string(), "12 clients, 3 rooms");
        assert_eq!(Standing { clients: 1, rooms: 1, ..Standing::default() }.to_string(), "1 client, 1 room");
        let trouble = Some("disk\nfull".to_owned());
        let degraded = Standing { trouble, ..standing };
        assert_eq!(degraded.to_string(), "12 clients, 3 rooms; what is said is not kept: disk full");
        let leaving = Standing { phase: Phase::Leaving, clients: 2, ..Standing::default() };
        assert_eq!(leaving.to_string(), "stopping: 2 clients still to read the goodbye");
    }

    #[test]
    fn the_words_have_a_bound() {
        let words = |letters| {
            let trouble = Some(format!("x{}", "é".repeat(letters)));
            Standing { trouble, ..Standing::default() }.to_string()
        };
        assert!(words(200).ends_with('é'));
        assert_eq!(words(10_000).len(), WORDS_BYTES_MAX - 1, "a character is not cut");
    }
}
