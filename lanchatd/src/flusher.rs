//! The one pass that writes to everybody what they are owed, and the write to one socket.

use std::io;
use std::rc::Rc;

use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::task::yield_now;

use crate::hub::{Owed, Written};
use crate::link::Link;
use crate::relay::Relay;

/// Writes for as long as the relay lives.
///
/// Readers append; when all that were ready have run, one pass writes everything since the last to
/// everybody whose socket is not full. Nobody waits for anybody.
pub async fn run(relay: Rc<Relay>) {
    loop {
        relay.pass_due().await;
        yield_now().await;
        pass(&relay);
    }
}

/// Writes to everybody who is owed something and whose socket is not full.
pub fn pass(relay: &Relay) {
    let mut ready = relay.ready.take();
    relay.begin_pass(&mut ready);
    for id in ready.drain(..) {
        if let Some(link) = relay.link(id) {
            flush(relay, &link);
        }
    }
    relay.ready.replace(ready);
}

/// Writes to one socket what its session is owed, as far as the socket takes it.
pub fn flush(relay: &Relay, link: &Link) {
    offer(relay, link, write);
}

/// The same for a socket that is said to be full. The system says so until a third of its buffer is free,
/// which for a slow reader takes long; what little it takes shows that the reader reads.
pub fn nudge(relay: &Relay, link: &Link) {
    offer(relay, link, |stream, owed| SockRef::from(stream).send_vectored(owed.pieces()));
}

fn offer(relay: &Relay, link: &Link, write: impl Fn(&TcpStream, &Owed) -> io::Result<usize>) {
    let mut hub = relay.hub().borrow_mut();
    loop {
        let owed = hub.owed(link.id);
        if owed.bytes == 0 {
            break;
        }
        let (offered, was_all) = (owed.bytes, owed.is_all);
        let taken = match write(&link.stream, &owed) {
            Ok(taken) => taken,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(error) => return link.fail(error.kind()),
        };
        hub.written(link.id, Written { offered, was_all, taken });
        if taken > 0 {
            link.has_moved();
        }
        if taken < offered {
            hub.set_lagging(link.id, true);
            return link.lag();
        }
        if was_all {
            break;
        }
    }
    if link.is_lagging() {
        hub.set_lagging(link.id, false);
    }
    link.caught_up();
}

fn write(stream: &TcpStream, owed: &Owed) -> io::Result<usize> {
    match owed.pieces() {
        [one] => stream.try_write(one),
        pieces => stream.try_write_vectored(pieces),
    }
}
