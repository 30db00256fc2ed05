//! Sends of one pass through io_uring: many in one system call (`io_uring(7)`).
//!
//! Nothing is in flight between two calls: a send either takes what the socket has room for or says at
//! once that it has none, as send(2) does with `MSG_DONTWAIT`.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::rc::Rc;
use std::time::Duration;

use compio_buf::{BufResult, IoBuf};
use compio_driver::op::{OpCodeFlag, Send};
use compio_driver::{Key, Proactor, PushEntry};
use rustix::net::SendFlags;

use super::Links;
use crate::hub::{Fanout, Short};
use crate::link::Link;

/// Sends that are handed to the system at once. Each takes memory until it is done.
const BATCH: usize = 256;

/// What the ring has room for: the driver puts something of its own beside a batch.
const ENTRIES: u32 = 2 * BATCH as u32;

/// Sends that do not wait are done when the system has seen them. A ring where they are not after this
/// time is broken.
const DONE_WITHIN: Duration = Duration::from_secs(1);

pub(super) struct Ring {
    proactor: Proactor,
    /// What all readers of a fan-out are sent, in one piece.
    bytes: Rc<Vec<u8>>,
    /// Empty between fan-outs.
    sends: Vec<(usize, Key<Send<Shared, Socket>>)>,
}

impl Ring {
    /// A ring for the thread that calls. Fails where the system has no io_uring, an old one (Linux 6.1
    /// brought what this needs), or forbids it.
    pub(super) fn open() -> io::Result<Self> {
        let mut builder = Proactor::builder();
        builder.capacity(ENTRIES).single_issuer(true).defer_taskrun(true);
        // Asking for an operation hides why there is no ring; not asking hides that there is no operation.
        drop(builder.build()?);
        let proactor = builder.detect_opcode_support(OpCodeFlag::Send).build()?;
        Ok(Self { proactor, bytes: Rc::default(), sends: Vec::with_capacity(BATCH) })
    }

    /// Sends a fan-out to all its readers, and notes who did not take all of it. An error means that the
    /// ring is broken: the readers whose part is not known are cut off, the others have theirs.
    pub(super) fn send(&mut self, links: &Links, fanout: &Fanout, short: &mut Vec<Short>) -> io::Result<()> {
        self.fill(fanout);
        let offered = fanout.owed.bytes;
        let mut note = |slot: usize, sent: io::Result<usize>| {
            let taken = links[slot].as_ref().map_or(0, |link| link.sent(sent, offered));
            if taken < offered {
                short.push(Short { slot, taken });
            }
        };
        let mut result = Ok(());
        for batch in fanout.readers.chunks(BATCH) {
            for slot in batch.iter().copied() {
                let Some(link) = links[slot].clone() else { continue };
                let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
                match self.proactor.push(Send::new(Socket(link), Shared(self.bytes.clone()), flags)) {
                    PushEntry::Pending(key) => self.sends.push((slot, key)),
                    PushEntry::Ready(BufResult(sent, _)) => note(slot, sent),
                }
            }
            while let Some((slot, key)) = self.sends.pop() {
                match self.proactor.pop(key) {
                    PushEntry::Ready(BufResult(sent, _)) => note(slot, sent),
                    PushEntry::Pending(_) if result.is_err() => note(slot, Err(io::ErrorKind::Other.into())),
                    PushEntry::Pending(key) => {
                        self.sends.push((slot, key));
                        result = self.wait();
                    }
                }
            }
        }
        result
    }

    /// Hands over what is pushed, and waits until some of it is done.
    fn wait(&mut self) -> io::Result<()> {
        match self.proactor.poll(Some(DONE_WITHIN)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            result => result,
        }
    }

    fn fill(&mut self, fanout: &Fanout) {
        let bytes = Rc::make_mut(&mut self.bytes);
        bytes.clear();
        for piece in fanout.owed.pieces() {
            bytes.extend_from_slice(piece);
        }
    }
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring").field("sends", &self.sends.len()).finish_non_exhaustive()
    }
}

/// Bytes that many sends share.
struct Shared(Rc<Vec<u8>>);

impl IoBuf for Shared {
    fn as_init(&self) -> &[u8] {
        &self.0
    }
}

/// A socket that stays open until its send is done.
struct Socket(Rc<Link>);

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.stream.as_fd()
    }
}
