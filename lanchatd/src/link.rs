//! A socket and what its task and the flusher tell each other about it.

use std::cell::Cell;
use std::io;

use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::hub::SessionId;

/// One socket. Both its own task and the flusher write to it, on one thread.
#[derive(Debug)]
pub struct Link {
    /// The socket.
    pub stream: TcpStream,
    /// Whose it is.
    pub id: SessionId,
    /// Something has changed that the connection's task has to know.
    pub(crate) wake: Notify,
    /// Since when the socket has taken nothing, while it is full.
    stuck_since: Cell<Option<Instant>>,
    is_closing: Cell<bool>,
    /// The task does not read, because the answers were not.
    pub(crate) is_paused: Cell<bool>,
    failure: Cell<Option<io::ErrorKind>>,
}

impl Link {
    /// The link of a session.
    pub fn new(stream: TcpStream, id: SessionId) -> Self {
        Self {
            stream,
            id,
            wake: Notify::new(),
            stuck_since: Cell::new(None),
            is_closing: Cell::new(false),
            is_paused: Cell::new(false),
            failure: Cell::new(None),
        }
    }

    /// The socket is full: its task waits for room.
    pub fn lag(&self) {
        if self.stuck_since.get().is_none() {
            self.stuck_since.set(Some(Instant::now()));
            self.wake.notify_one();
        }
    }

    /// The socket has taken something.
    pub fn has_moved(&self) {
        if self.is_lagging() {
            self.stuck_since.set(Some(Instant::now()));
        }
    }

    /// Nothing more is owed.
    pub fn caught_up(&self) {
        let was_lagging = self.stuck_since.take().is_some();
        if was_lagging || self.is_paused.get() || self.is_closing.get() {
            self.wake.notify_one();
        }
    }

    /// Whether the socket is full.
    pub fn is_lagging(&self) -> bool {
        self.stuck_since.get().is_some()
    }

    /// Since when the socket has taken nothing.
    pub fn stuck_since(&self) -> Option<Instant> {
        self.stuck_since.get()
    }

    /// What is owed goes out, then the connection ends.
    pub fn close(&self) {
        self.is_closing.set(true);
        self.wake.notify_one();
    }

    /// Whether [`Link::close`] was called.
    pub fn is_closing(&self) -> bool {
        self.is_closing.get()
    }

    /// Writing failed: there is nobody at the other end.
    pub fn fail(&self, kind: io::ErrorKind) {
        self.failure.set(Some(kind));
        self.wake.notify_one();
    }

    /// How writing failed, if it did.
    pub fn failure(&self) -> Option<io::ErrorKind> {
        self.failure.get()
    }
}
