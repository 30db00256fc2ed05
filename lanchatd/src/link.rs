//! A socket and what its task and the flusher tell each other about it.

use std::cell::Cell;
use std::fmt;
use std::io;
use std::task::{Context, Poll, Waker};

use rustix::net::{SendAncillaryBuffer, SendFlags};
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::hub::{Owed, SessionId};

/// One socket. Both its own task and the flusher write to it, on one thread.
pub struct Link {
    /// The socket.
    pub stream: TcpStream,
    /// Whose it is.
    pub id: SessionId,
    /// Something has changed that the connection's task has to know.
    is_woken: Cell<bool>,
    /// The task, while it waits.
    waker: Cell<Option<Waker>>,
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
            is_woken: Cell::new(false),
            waker: Cell::new(None),
            stuck_since: Cell::new(None),
            is_closing: Cell::new(false),
            is_paused: Cell::new(false),
            failure: Cell::new(None),
        }
    }

    /// Ready once after something was noted for the task. One task waits: that of the connection.
    pub fn poll_woken(&self, cx: &Context) -> Poll<()> {
        if self.is_woken.take() {
            return Poll::Ready(());
        }
        self.waker.set(Some(cx.waker().clone()));
        Poll::Pending
    }

    fn wake(&self) {
        self.is_woken.set(true);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// A read took less than it could have: there is nothing more until the system says so again
    /// (epoll(7), edge-triggered). Saves the read that would find out. An end that has been seen stays.
    pub fn note_drained(&self) {
        self.note_unready(Interest::READABLE);
    }

    fn note_unready(&self, interest: Interest) {
        let nothing = || Err::<(), _>(io::ErrorKind::WouldBlock.into());
        // The answer is the one that was just given.
        let _ = self.stream.try_io(interest, nothing);
    }

    /// Sends what is owed as far as the socket takes it, and returns how much that was; see [`Link::sent`].
    ///
    /// The system is asked, not the runtime: that would say that a socket is full until a third of its
    /// buffer is free, and it would cost a look at another piece of memory for each send.
    pub fn send(&self, owed: &Owed) -> usize {
        let sent = match owed.pieces() {
            [one] => rustix::net::send(&self.stream, one, SendFlags::NOSIGNAL),
            pieces => {
                let mut nothing_more = SendAncillaryBuffer::default();
                rustix::net::sendmsg(&self.stream, pieces, &mut nothing_more, SendFlags::NOSIGNAL)
            }
        };
        self.sent(sent.map_err(io::Error::from), owed.bytes)
    }

    /// Notes what became of a send, and returns how many bytes the socket took. If it is not all that was
    /// offered, the connection's task knows: it waits for room, or ends.
    pub fn sent(&self, sent: io::Result<usize>, offered: usize) -> usize {
        let taken = match sent {
            Ok(taken) => taken,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(error) => {
                self.fail(error.kind());
                return 0;
            }
        };
        if taken > 0 && self.is_lagging() {
            self.stuck_since.set(Some(Instant::now()));
        }
        if taken < offered {
            self.lag();
        }
        taken
    }

    /// The socket is full: its task waits for room.
    fn lag(&self) {
        self.note_unready(Interest::WRITABLE);
        if self.stuck_since.get().is_none() {
            self.stuck_since.set(Some(Instant::now()));
            self.wake();
        }
    }

    /// Nothing more is owed.
    pub fn caught_up(&self) {
        let was_lagging = self.stuck_since.take().is_some();
        if was_lagging || self.is_paused.get() || self.is_closing.get() {
            self.wake();
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
        self.wake();
    }

    /// Whether [`Link::close`] was called.
    pub fn is_closing(&self) -> bool {
        self.is_closing.get()
    }

    /// Writing failed: there is nobody at the other end.
    fn fail(&self, kind: io::ErrorKind) {
        self.failure.set(Some(kind));
        self.wake();
    }

    /// How writing failed, if it did.
    pub fn failure(&self) -> Option<io::ErrorKind> {
        self.failure.get()
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("stream", &self.stream).field("id", &self.id).finish_non_exhaustive()
    }
}
