//! Those who are told what happens in the relay, and never what is said there.
//!
//! An event is encoded once for all, and only where somebody watches. Nobody waits for a watcher: one that reads too
//! slowly misses the oldest events, and is told how many.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use lanchat_protocol::admin::{Event, Happening, Ordered, Reloaded, SCHEMA, Who};
use lanchat_protocol::client::write_line;
use lanchat_protocol::moment::utc;
use tokio::sync::Notify;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::broadcast::{Receiver, Sender};
use tokio::time::timeout;

use crate::connection::Ending;
use crate::hub::{Done, Occurrence};

/// How many may watch at once: others than those who watch find a place on the admin socket too.
pub const WATCHERS_MAX: usize = 16;

/// How many events wait for the slowest watcher. A power of two, as the channel would make it.
pub const EVENTS_MAX: usize = 1024;

/// How much of what waits goes out in one write, about, in bytes.
const WRITE_BYTES: usize = 16 * 1024;

/// How long the last event may take to be read when the daemon ends.
const END_PATIENCE: Duration = Duration::from_millis(250);

/// All watchers.
#[derive(Debug, Default)]
pub struct Watch {
    /// `None` where nobody has ever watched, and after the end.
    sender: RefCell<Option<Sender<Rc<[u8]>>>>,
    watchers: Cell<usize>,
    is_over: Cell<bool>,
    left: Notify,
}

/// A place among the watchers.
#[derive(Debug)]
pub struct Watcher<'a> {
    watch: &'a Watch,
    receiver: Receiver<Rc<[u8]>>,
}

impl Watch {
    /// Takes a watcher in, if there is a place.
    pub fn join(&self) -> Option<Watcher<'_>> {
        if self.watchers.get() == WATCHERS_MAX || self.is_over.get() {
            return None;
        }
        self.watchers.set(self.watchers.get() + 1);
        let mut sender = self.sender.borrow_mut();
        let receiver = sender.get_or_insert_with(|| Sender::new(EVENTS_MAX)).subscribe();
        Some(Watcher { watch: self, receiver })
    }

    /// Tells everybody who watches. `what` is not even made where nobody does.
    pub fn tell(&self, what: impl FnOnce() -> Happening) {
        if self.watchers.get() == 0 {
            return;
        }
        if let Some(sender) = &*self.sender.borrow() {
            // Whoever has gone meanwhile need not be told.
            let _ = sender.send(line(what()).into());
        }
    }

    /// Tells what has come out of the hub.
    pub fn tell_occurrence(
        &self,
        client: u64,
        address: SocketAddr,
        nick: &str,
        dialect: &str,
        what: &Occurrence,
    ) {
        if self.watchers.get() == 0 {
            return;
        }
        let who = || who(client, address, nick, dialect);
        match what {
            Occurrence::LoggedIn => self.tell(|| Happening::LoggedIn(who())),
            Occurrence::Registered => self.tell(|| Happening::Registered(who())),
            Occurrence::LoggedOut => self.tell(|| Happening::LoggedOut(who())),
            Occurrence::Named { was: None } => self.tell(|| Happening::Named(who())),
            Occurrence::Named { was: Some(was) } => {
                self.tell(|| Happening::Renamed { who: who(), was: was.to_string() });
            }
            Occurrence::Joined { room } => {
                self.tell(|| Happening::Joined { who: who(), room: room.to_string() });
            }
            Occurrence::Left { room } => {
                self.tell(|| Happening::Left { who: who(), room: room.to_string() });
            }
            // The words of a refusal may repeat what somebody wrote.
            Occurrence::Refused { refusal, unlogged } => self.tell(|| Happening::Refused {
                who: who(),
                code: refusal.code().as_str().to_owned(),
                unlogged: *unlogged,
            }),
            Occurrence::Ordered { account, done } => self.tell(|| Happening::Ordered {
                who: Some(who()),
                account: account.as_deref().map(str::to_owned),
                order: order(done),
                uid: None,
            }),
            Occurrence::Said(_) => {}
        }
    }

    /// Tells that a connection is over.
    pub fn tell_disconnected(
        &self,
        client: u64,
        address: SocketAddr,
        nick: &str,
        dialect: &str,
        ending: Ending,
    ) {
        self.tell(|| Happening::Disconnected {
            who: who(client, address, nick, dialect),
            cause: ending.code().to_owned(),
            reason: ending.to_string(),
        });
    }

    /// Tells that the configuration was read again.
    pub fn tell_reloaded(&self, reloaded: &Reloaded, uid: Option<u32>) {
        self.tell(|| Happening::Reloaded {
            applied: reloaded.applied.clone(),
            needs_restart: reloaded.needs_restart.clone(),
            uid,
        });
    }

    /// Tells the last event, and gives everybody a moment to read it.
    pub async fn end(&self) {
        self.tell(|| Happening::Stopped);
        self.is_over.set(true);
        // Watchers see the end of the channel behind what waits in it.
        self.sender.take();
        let all_left = async {
            while self.watchers.get() > 0 {
                self.left.notified().await;
            }
        };
        // Who does not read it sees the end of the connection all the same.
        let _ = timeout(END_PATIENCE, all_left).await;
    }
}

impl Watcher<'_> {
    /// Waits for what is to be written next: whole lines. `None`: there will be nothing more.
    pub async fn next(&mut self) -> Option<Vec<u8>> {
        let mut bytes = match self.receiver.recv().await {
            Ok(line) => line.to_vec(),
            Err(RecvError::Lagged(events)) => line(Happening::Missed { events }),
            Err(RecvError::Closed) => return None,
        };
        while bytes.len() < WRITE_BYTES {
            match self.receiver.try_recv() {
                Ok(line) => bytes.extend_from_slice(&line),
                Err(TryRecvError::Lagged(events)) => bytes.extend(line(Happening::Missed { events })),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        Some(bytes)
    }
}

impl Drop for Watcher<'_> {
    fn drop(&mut self) {
        self.watch.watchers.set(self.watch.watchers.get() - 1);
        self.watch.left.notify_one();
    }
}

/// What was done to keep order, for an event and for whoever asked for it.
pub fn order(done: &Done) -> Ordered {
    let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Ordered {
        measure: done.measure,
        by: filled(&done.by),
        whom: filled(&done.whom),
        room: done.room.as_deref().map(str::to_owned),
        until: done.until_ms.map(utc),
        seconds: Some(done.seconds).filter(|seconds| *seconds > 0),
        reason: filled(&done.reason),
        kept: None,
    }
}

/// A connection, for an event.
pub fn who(client: u64, address: SocketAddr, nick: &str, dialect: &str) -> Who {
    Who { client, address: address.to_string(), nick: nick.to_owned(), dialect: dialect.to_owned() }
}

/// The moment, as events have it.
pub fn now() -> String {
    utc(Timestamp::now().as_millisecond())
}

fn line(what: Happening) -> Vec<u8> {
    let mut line = Vec::new();
    write_line(&Event { schema: SCHEMA, time: now(), what }, &mut line);
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::runtime::Builder;

    fn announced(clients: u64) -> Happening {
        Happening::Announced { clients, uid: 0 }
    }

    fn events(bytes: &[u8]) -> Vec<Happening> {
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice::<Event>(line).unwrap().what).collect()
    }

    /// All that a watcher is told until the end.
    fn rest(watch: &Watch, watcher: Watcher) -> Vec<Happening> {
        let mut watcher = Some(watcher);
        Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
            let mut told = Vec::new();
            let read = async {
                while let Some(bytes) = watcher.as_mut().unwrap().next().await {
                    told.extend(events(&bytes));
                }
                watcher = None;
            };
            tokio::join!(watch.end(), read);
            told
        })
    }

    #[test]
    fn nothing_is_made_where_nobody_watches() {
        let watch = Watch::default();
        watch.tell(|| panic!("made for nobody"));
        drop(watch.join());
        watch.tell(|| panic!("made for nobody"));
    }

    #[test]
    fn a_watcher_is_told_everything_from_then_on_and_the_end() {
        let watch = Watch::default();
        let watcher = watch.join().unwrap();
        watch.tell(|| announced(1));
        watch.tell(|| announced(2));
        assert_eq!(rest(&watch, watcher), [announced(1), announced(2), Happening::Stopped]);
        assert!(watch.join().is_none());
    }

    #[test]
    fn a_slow_watcher_misses_the_oldest_and_is_told_how_many() {
        let watch = Watch::default();
        let watcher = watch.join().unwrap();
        for number in 0..EVENTS_MAX as u64 + 9 {
            watch.tell(|| announced(number));
        }
        let told = rest(&watch, watcher);
        // The end is one more.
        assert_eq!(told[0], Happening::Missed { events: 10 });
        assert_eq!(told[1], announced(10));
        assert_eq!(told.len(), 1 + EVENTS_MAX);
        assert_eq!(told.last(), Some(&Happening::Stopped));
    }

    #[test]
    fn there_are_so_many_places_and_they_become_free() {
        let watch = Watch::default();
        let mut crowd: Vec<_> = (0..WATCHERS_MAX).map(|_| watch.join().unwrap()).collect();
        assert!(watch.join().is_none());
        crowd.pop();
        assert!(watch.join().is_some());
    }
}
