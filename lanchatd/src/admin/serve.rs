//! The life of an administrator's connection.

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use lanchat_protocol::admin::{Code, LINE_BYTES_MAX, Reply, Request};
use lanchat_protocol::client::write_line;
use lanchat_protocol::lines::{Framer, Line};
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::{spawn_local, yield_now};
use tokio::time::timeout;

use super::daemon::Daemon;
use super::peer::Peer;
use super::verbs;
use super::watched::watched;
use crate::hub::Looked;
use crate::listen::Pause;
use crate::log;

/// How many administrators are served at once, and of those how many that are neither root nor the daemon's own user: no
/// member of the group keeps root and `systemctl reload` out.
const CONNECTIONS_MAX: usize = 32;
const OTHERS_MAX: usize = 24;
/// How long one may be silent, or take to read an answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// Accepts for as long as the daemon lives, also when it has run out of descriptors.
pub async fn accept(daemon: Rc<Daemon>, listener: UnixListener) {
    let spare = Rc::new(Spare::default());
    let mut pause = Pause::default();
    let count = Rc::new(Count::default());
    loop {
        spare.keep();
        while let Err(error) = admit(&daemon, &listener, &count, &spare).await {
            if !spare.give_up() {
                pause.wait(&error).await;
            }
        }
        pause.over();
    }
}

async fn admit(
    daemon: &Rc<Daemon>,
    listener: &UnixListener,
    count: &Rc<Count>,
    spare: &Rc<Spare>,
) -> io::Result<()> {
    let (stream, _) = listener.accept().await?;
    // An error of this connection is none of accepting others.
    let Ok(peer) = Peer::of(&stream) else { return Ok(()) };
    let is_other = is_other(peer.uid);
    if let Some(connections) = count.reached(is_other) {
        log::admin_refused(connections, peer.uid);
        let reply =
            Reply::refused(Code::Failed, format!("{connections} administrators are connected already"));
        let mut answer = Vec::new();
        write_line(&reply, &mut answer);
        // A new socket takes this much; whoever has gone already need not be told.
        let _ = SockRef::from(&stream).send(&answer);
        return Ok(());
    }
    count.add(is_other);
    let (daemon, count, spare) = (daemon.clone(), count.clone(), spare.clone());
    spawn_local(async move {
        // Whatever an administrator's connection dies of, it concerns nobody else.
        let _ = serve(&daemon, stream, peer).await;
        count.remove(is_other);
        // Its descriptor becomes the spare one before a chat client can take it.
        spare.keep();
    });
    Ok(())
}

fn is_other(uid: u32) -> bool {
    uid != 0 && uid != rustix::process::geteuid().as_raw()
}

/// How many administrators there are, and how many of them are others.
#[derive(Debug, Default)]
struct Count {
    all: Cell<usize>,
    others: Cell<usize>,
}

impl Count {
    /// The bound that keeps one more out, if one does.
    fn reached(&self, is_other: bool) -> Option<usize> {
        let is_full = self.all.get() >= CONNECTIONS_MAX;
        let is_full_of_others = is_other && self.others.get() >= OTHERS_MAX;
        is_full.then_some(CONNECTIONS_MAX).or(is_full_of_others.then_some(OTHERS_MAX))
    }

    fn add(&self, is_other: bool) {
        self.all.set(self.all.get() + 1);
        self.others.set(self.others.get() + usize::from(is_other));
    }

    fn remove(&self, is_other: bool) {
        self.all.set(self.all.get() - 1);
        self.others.set(self.others.get() - usize::from(is_other));
    }
}

/// A descriptor that is kept for an administrator, for when there is no other left.
#[derive(Default)]
struct Spare(Cell<Option<File>>);

impl Spare {
    /// Has one from here on, if the system gives it.
    fn keep(&self) {
        let kept = self.0.take().or_else(|| File::open("/dev/null").ok());
        self.0.set(kept);
    }

    /// Frees it; false where there was none.
    fn give_up(&self) -> bool {
        self.0.take().is_some()
    }
}

async fn serve(daemon: &Rc<Daemon>, mut stream: UnixStream, peer: Peer) -> io::Result<()> {
    let mut framer = Framer::new(LINE_BYTES_MAX);
    let mut looked = Looked::default();
    let mut buffer = vec![0; 8 * 1024];
    loop {
        let count = timeout(PATIENCE, stream.read(&mut buffer)).await??;
        if count == 0 {
            return Ok(());
        }
        let mut lines = framer.push(&buffer[..count]);
        while let Some(line) = lines.next() {
            let reply = match line {
                Line::Whole(line) => match verbs::understand(line) {
                    Ok(Request::Watch) => return watched(daemon, &mut stream).await,
                    Ok(Request::Top { by, limit }) => verbs::top(daemon, by, limit, &mut looked),
                    Ok(request) => verbs::carry_out(daemon, &peer, request).await,
                    Err(refused) => refused,
                },
                Line::TooLong => {
                    Reply::refused(Code::BadRequest, format!("a request has at most {LINE_BYTES_MAX} bytes"))
                }
            };
            let mut answer = Vec::new();
            write_line(&reply, &mut answer);
            timeout(PATIENCE, stream.write_all(&answer)).await??;
            // Those who chat get their turn between two requests.
            yield_now().await;
        }
        drop(lines);
        if daemon.is_stopping() {
            // Whoever asked for it sees the end by the end of this connection: that of the process.
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_leave_room_for_root() {
        let count = Count::default();
        (0..OTHERS_MAX).for_each(|_| count.add(true));
        assert_eq!(count.reached(true), Some(OTHERS_MAX));
        (OTHERS_MAX..CONNECTIONS_MAX).for_each(|_| {
            assert_eq!(count.reached(false), None);
            count.add(false);
        });
        assert_eq!(count.reached(false), Some(CONNECTIONS_MAX));
        count.remove(true);
        assert_eq!((count.reached(true), count.reached(false)), (None, None));
    }
}
