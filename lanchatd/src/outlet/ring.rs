//! Sends of one pass through io_uring: many in one system call (`io_uring(7)`).
//!
//! Nothing is in flight between two calls: a send either takes what the socket has room for or says at
//! once that it has none, as send(2) does with `MSG_DONTWAIT`.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
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

/// A socket that is full says so, and one whose other end has gone kills nobody.
const FLAGS: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);

/// What the ring has room for: the driver puts something of its own beside a batch.
const ENTRIES: u32 = 2 * BATCH as u32;

/// Sends that do not wait are done when the system has seen them. A ring where they are not after this
/// time, or where the system turns away so many attempts, is broken.
const DONE_WITHIN: Duration = Duration::from_secs(1);
const ATTEMPTS_MAX: u32 = 100;

/// The ring for the next fan-out keeps this much memory for its bytes.
const KEPT_BYTES_MAX: usize = 256 * 1024;

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
        let mut proactor = builder.detect_opcode_support(OpCodeFlag::Send).build()?;
        try_out(&mut proactor)?;
        Ok(Self { proactor, bytes: Rc::default(), sends: Vec::with_capacity(BATCH) })
    }

    /// Sends a fan-out to all its readers, and notes who did not take all of it. When the ring breaks,
    /// readers of whom it is not known how much they were sent are cut off, and those are returned who
    /// were not sent anything.
    pub(super) fn send<'a>(
        &mut self,
        links: &Links,
        fanout: &Fanout<'a>,
        short: &mut Vec<Short>,
    ) -> Result<(), Broken<'a>> {
        self.fill(fanout);
        let offered = fanout.owed.bytes;
        let mut note = |slot: usize, taken: usize| {
            if taken < offered {
                short.push(Short { slot, taken });
            }
        };
        let sent = |slot: usize, sent: io::Result<usize>| {
            links[slot].as_ref().map_or(0, |link| link.sent(sent, offered))
        };
        let mut left = fanout.readers;
        while !left.is_empty() {
            let (batch, later) = left.split_at(left.len().min(BATCH));
            left = later;
            for slot in batch.iter().copied() {
                let Some(link) = links[slot].clone() else { continue };
                if link.wire().is_some() {
                    // Nobody else is sent the same bytes.
                    note(slot, link.send(&fanout.owed));
                    continue;
                }
                let send = Send::new(Socket(link), Shared(self.bytes.clone()), FLAGS);
                match self.proactor.push(send) {
                    PushEntry::Pending(key) => self.sends.push((slot, key)),
                    PushEntry::Ready(BufResult(result, _)) => note(slot, sent(slot, result)),
                }
            }
            let mut broken: Option<io::Error> = None;
            while let Some((slot, key)) = self.sends.pop() {
                // A ring that is broken is not waited for: what is done is done.
                let attempts = if broken.is_some() { 0 } else { ATTEMPTS_MAX };
                match finish(&mut self.proactor, key, attempts) {
                    Ok(result) => note(slot, sent(slot, result)),
                    Err(error) => {
                        // Not the ring's own error: a socket must not look full for it.
                        note(slot, sent(slot, Err(io::ErrorKind::Other.into())));
                        broken.get_or_insert(error);
                    }
                }
            }
            if let Some(error) = broken {
                return Err(Broken { error, untouched: left });
            }
        }
        Ok(())
    }

    fn fill(&mut self, fanout: &Fanout) {
        let bytes = Rc::make_mut(&mut self.bytes);
        bytes.clear();
        bytes.shrink_to(KEPT_BYTES_MAX);
        for piece in fanout.owed.pieces() {
            bytes.extend_from_slice(piece);
        }
    }
}

/// A ring that is not to be used any more.
pub(super) struct Broken<'a> {
    /// Why.
    pub(super) error: io::Error,
    /// The readers who were not sent anything.
    pub(super) untouched: &'a [usize],
}

/// A ring may be had and yet not be used: one byte has to get through it.
fn try_out(proactor: &mut Proactor) -> io::Result<()> {
    let (here, there) = UnixStream::pair()?;
    let byte = Shared(Rc::new(vec![0]));
    let sent = match proactor.push(Send::new(here, byte, FLAGS)) {
        PushEntry::Pending(key) => finish(proactor, key, ATTEMPTS_MAX)?,
        PushEntry::Ready(BufResult(sent, _)) => sent,
    };
    drop(there);
    sent.map(drop)
}

/// Says what became of one send, which is waited for up to `attempts` times. The outer error is the ring's.
fn finish<T: AsFd + 'static>(
    proactor: &mut Proactor,
    mut key: Key<Send<Shared, T>>,
    mut attempts: u32,
) -> io::Result<io::Result<usize>> {
    loop {
        match proactor.pop(key) {
            PushEntry::Ready(BufResult(sent, _)) => return Ok(sent),
            PushEntry::Pending(_) if attempts == 0 => {
                return Err(io::Error::other("the system takes no sends"));
            }
            PushEntry::Pending(pending) => key = pending,
        }
        attempts -= 1;
        match proactor.poll(Some(DONE_WITHIN)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
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
