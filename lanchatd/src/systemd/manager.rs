//! The way to the service manager.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::env;
use std::ffi::OsStr;
use std::fmt::Write;
use std::io::{self, ErrorKind};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{self, SocketAddr};
use std::pin::pin;
use std::time::Duration;

use sd_notify::NotifyState;
use socket2::SockRef;
use tokio::net::UnixDatagram;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::log;

/// How many messages wait for a manager that does not read. The oldest go first: what counts is how it is now.
const UNSENT_MAX: usize = 16;

/// While the start takes long, the manager is asked for so much patience, so often, and so many times: for an hour.
const PATIENCE: Duration = Duration::from_secs(15);
const HOLD: Duration = Duration::from_secs(2);
const HOLDS_MAX: u32 = 1800;

/// A service manager, if there is one. Nothing here waits for it.
///
/// The messages are sd-notify's. The socket is ours, because the library's own would wait, and all who chat with it,
/// for a manager that does not read.
#[derive(Debug, Default)]
pub struct Manager {
    socket: Option<UnixDatagram>,
    unsent: RefCell<VecDeque<String>>,
    is_behind: Notify,
}

impl Manager {
    /// The manager that `$NOTIFY_SOCKET` names. One that cannot be reached is done without, and the log says so.
    pub fn reach() -> Self {
        let address = env::var_os("NOTIFY_SOCKET").filter(|address| !address.is_empty());
        let socket = address.and_then(|address| {
            let connected = connect(&address);
            connected.inspect_err(|error| log::no_manager(&address.to_string_lossy(), error)).ok()
        });
        Self { socket, ..Self::default() }
    }

    /// Whether there is one.
    pub fn is_there(&self) -> bool {
        self.socket.is_some()
    }

    /// Tells it something, now or as soon as it reads.
    pub fn tell(&self, states: &[NotifyState<'_>]) {
        let Some(socket) = &self.socket else { return };
        let mut message = String::new();
        for state in states {
            // A String takes everything.
            let _ = writeln!(message, "{state}");
        }
        let mut unsent = self.unsent.borrow_mut();
        // Not by way of the runtime, which does not know yet whether a new socket has room.
        if !unsent.is_empty() || is_too_early(SockRef::from(socket).send(message.as_bytes())) {
            if unsent.len() == UNSENT_MAX {
                unsent.pop_front();
            }
            unsent.push_back(message);
            self.is_behind.notify_one();
        }
    }

    /// Tells it that the timeout of what is going on does not end before this has passed.
    pub fn needs(&self, time: Duration) {
        self.tell(&[NotifyState::ExtendTimeoutUsec(micros(time))]);
    }

    /// Does something of the start that may take long, and asks for patience meanwhile; not for ever, so that a start
    /// that hangs is noticed.
    pub async fn holds_on<T>(&self, what: &str, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        if self.is_there() {
            self.tell(&[NotifyState::Status(what)]);
            for _ in 0..HOLDS_MAX {
                self.needs(PATIENCE);
                if let Ok(result) = timeout(HOLD, &mut work).await {
                    return result;
                }
            }
        }
        work.await
    }

    /// Tells it that the configuration is read again, until the value goes.
    pub fn reloading(&self) -> Reloading<'_> {
        if self.is_there() {
            let mut states = vec![NotifyState::Reloading];
            states.extend(NotifyState::monotonic_usec_now());
            self.tell(&states);
        }
        Reloading(self)
    }

    /// Hands out what it did not take at once, for as long as the daemon lives.
    pub async fn catch_up(&self) {
        let Some(socket) = &self.socket else { return };
        loop {
            self.is_behind.notified().await;
            while !self.unsent.borrow().is_empty() {
                // An error shows when something is sent.
                let _ = socket.writable().await;
                let mut unsent = self.unsent.borrow_mut();
                let is_sent =
                    unsent.front().is_some_and(|next| !is_too_early(socket.try_send(next.as_bytes())));
                if is_sent {
                    unsent.pop_front();
                }
            }
        }
    }
}

/// The configuration is being read again. The manager is told the end of it, whatever came of it.
#[derive(Debug)]
pub struct Reloading<'a>(&'a Manager);

impl Drop for Reloading<'_> {
    fn drop(&mut self) {
        self.0.tell(&[NotifyState::Ready]);
    }
}

/// In microseconds, as far as they can be told.
fn micros(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}

/// A path, or a name in the abstract namespace after an `@` (`sd_notify(3)`).
fn connect(address: &OsStr) -> io::Result<UnixDatagram> {
    let address = match address.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        path => SocketAddr::from_pathname(OsStr::from_bytes(path))?,
    };
    let socket = net::UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket.connect_addr(&address)?;
    UnixDatagram::from_std(socket)
}

/// Whether the same may be sent later. What a manager that is gone was to hear is heard by nobody.
fn is_too_early(sent: io::Result<usize>) -> bool {
    sent.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A manager, and the socket at which it is told.
    pub(in crate::systemd) fn reached() -> (Manager, net::UnixDatagram) {
        let (ours, theirs) = net::UnixDatagram::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        theirs.set_nonblocking(true).unwrap();
        (Manager { socket: Some(UnixDatagram::from_std(ours).unwrap()), ..Manager::default() }, theirs)
    }

    pub(in crate::systemd) fn heard(socket: &net::UnixDatagram) -> Vec<String> {
        let mut buffer = [0; 4096];
        let next = || socket.recv(&mut buffer).ok().map(|count| String::from_utf8(buffer[..count].to_vec()));
        std::iter::from_fn(next).map(Result::unwrap).collect()
    }

    #[test]
    fn a_manager_that_does_not_read_is_not_waited_for_and_hears_the_latest_later() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (manager, socket) = reached();
            let total = 10_000;
            for number in 0..total {
                manager.tell(&[NotifyState::Status(&number.to_string())]);
            }
            assert_eq!(manager.unsent.borrow().len(), UNSENT_MAX);
            let first = heard(&socket);
            assert_eq!(first[0], "STATUS=0\n");
            let rest = async {
                while !manager.unsent.borrow().is_empty() {
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! {
                () = manager.catch_up() => {}
                () = rest => {}
            }
            let rest = heard(&socket);
            assert_eq!(rest.len(), UNSENT_MAX);
            assert_eq!(rest.last().unwrap(), &format!("STATUS={}\n", total - 1));
        });
    }

    #[test]
    fn the_end_of_a_reload_is_told_whatever_came_of_it() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _context = runtime.enter();
        let (manager, socket) = reached();
        drop(manager.reloading());
        let heard = heard(&socket);
        assert!(heard[0].starts_with("RELOADING=1\nMONOTONIC_USEC="), "{heard:?}");
        assert_eq!(heard[1..], ["READY=1\n"]);
    }
}
