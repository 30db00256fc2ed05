//! A socket and what its task and the flusher tell each other about it.

use std::cell::{Cell, OnceCell, RefCell};
use std::fmt;
use std::io::{self, IoSlice};
use std::task::{Context, Poll, Waker};

use rustix::net::{SendAncillaryBuffer, SendFlags};
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::hub::{Owed, SessionId};
use crate::tls::Wire;

/// One socket. Both its own task and the flusher write to it, on one thread.
pub struct Link {
    /// The socket.
    pub stream: TcpStream,
    /// Whose it is.
    pub id: SessionId,
    /// Where it speaks TLS. All others have room for a pointer.
    wire: OnceCell<Box<RefCell<Wire>>>,
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
            wire: OnceCell::new(),
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

    /// What the task waits for may be there.
    pub fn go_on(&self) {
        self.wake();
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
        if let Some(wire) = self.wire.get() {
            return self.send_sealed(&mut wire.borrow_mut(), owed);
        }
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

    /// From here on it speaks TLS.
    pub fn secure(&self, wire: Wire) {
        // It begins once.
        let _ = self.wire.set(Box::new(RefCell::new(wire)));
    }

    /// What it speaks TLS with.
    pub fn wire(&self) -> Option<&RefCell<Wire>> {
        self.wire.get().map(|wire| &**wire)
    }

    /// Whether it speaks TLS and nothing may be said yet.
    pub fn is_shaking(&self) -> bool {
        self.wire().is_some_and(|wire| wire.borrow().is_shaking())
    }

    /// What is sealed goes first. What of `owed` is sealed counts as taken: at most a little of it stays here when the
    /// socket is full.
    fn send_sealed(&self, wire: &mut Wire, owed: &Owed) -> usize {
        if !self.push_sealed(wire) {
            return 0;
        }
        let mut taken = wire.seal(owed.pieces());
        let mut has_room = self.push_sealed(wire);
        if has_room && taken < owed.bytes {
            let mut pieces = owed.pieces().to_vec();
            let mut left = &mut pieces[..];
            IoSlice::advance_slices(&mut left, taken);
            while has_room && !left.is_empty() {
                let sealed = wire.seal(left);
                if sealed == 0 {
                    self.fail(io::ErrorKind::WriteZero);
                    break;
                }
                taken += sealed;
                IoSlice::advance_slices(&mut left, sealed);
                has_room = self.push_sealed(wire);
            }
        }
        taken
    }

    /// Sends what is sealed; says whether all of it has gone. A link that does not speak TLS has nothing of the kind.
    pub fn push(&self) -> bool {
        self.wire().is_none_or(|wire| self.push_sealed(&mut wire.borrow_mut()))
    }

    fn push_sealed(&self, wire: &mut Wire) -> bool {
        if !wire.has_sealed() {
            return true;
        }
        let sent = match wire.send(&self.stream) {
            Ok(sent) => sent,
            Err(error) => {
                self.fail(error.kind());
                return false;
            }
        };
        if sent > 0 && self.is_lagging() {
            self.stuck_since.set(Some(Instant::now()));
        }
        if wire.has_sealed() {
            self.lag();
        }
        !wire.has_sealed()
    }

    /// Says something that the hub does not know of, and that is short. A socket that has hardly been written to takes
    /// it; whoever has gone needs none of it.
    pub fn say(&self, words: &[u8]) {
        if let Some(wire) = self.wire() {
            wire.borrow_mut().seal(&[IoSlice::new(words)]);
            self.push();
        } else {
            let _ = rustix::net::send(&self.stream, words, SendFlags::NOSIGNAL);
        }
    }

    /// Says that nothing more will come, where the protocol has a word for that, and ends our side.
    pub fn finish(&self) -> io::Result<()> {
        if let Some(wire) = self.wire() {
            wire.borrow_mut().seal_end();
            self.push();
        }
        Ok(rustix::net::shutdown(&self.stream, rustix::net::Shutdown::Write)?)
    }

    /// Nothing more is owed.
    pub fn caught_up(&self) {
        if self.wire().is_some_and(|wire| wire.borrow().has_sealed()) {
            return;
        }
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
