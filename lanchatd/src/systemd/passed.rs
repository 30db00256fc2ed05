//! Sockets that the service manager listens on for us (systemd.socket(5)).
//!
//! sd-listen-fds hands them out owned, which would take `unsafe` of our own, and leaves the environment alone.

use std::env;
use std::fmt;
use std::io;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use lanchat_protocol::text::clean;
use rustix::io::{FdFlags, fcntl_setfd};
use socket2::{Domain, SockRef, Type};

/// How many sockets may be passed.
const PASSED_MAX: usize = 64;

/// The first descriptor that is passed (`sd_listen_fds(3)`).
const FIRST: usize = 3;

/// The names by which units say what a socket is for (`FileDescriptorName=`).
const CHAT: &str = "chat";
const ADMIN: &str = "admin";

/// The sockets that were passed. They win over the configuration.
#[derive(Debug, Default)]
pub struct Passed {
    /// Where clients connect; none: `listen.chat` holds.
    pub chat: Vec<TcpListener>,
    /// Where administrators connect, and its path; `None`: `admin.socket` holds.
    pub admin: Option<(PathBuf, UnixListener)>,
}

/// Why the sockets that were passed cannot be used. `Display` says what to do.
#[derive(Debug)]
pub enum PassedError {
    /// The variables make no sense.
    Variables(String),
    /// A socket has no name, or one that means nothing here.
    Name(String),
    /// A socket is not of the kind that its name asks for.
    Kind {
        /// Its name.
        name: &'static str,
        /// What it has to be.
        wanted: &'static str,
    },
    /// There is one admin socket.
    SecondAdmin,
    /// The system does not let us.
    Io {
        /// The socket's name.
        name: &'static str,
        /// Why.
        source: io::Error,
    },
}

impl fmt::Display for PassedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variables(why) => write!(
                f,
                "cannot take the sockets that were passed: {why}; unset LISTEN_FDS where no service manager passes any"
            ),
            Self::Name(name) => write!(
                f,
                "a socket named {:?} was passed: set FileDescriptorName=chat or FileDescriptorName=admin in its socket unit",
                clean(name)
            ),
            Self::Kind { name, wanted } => write!(
                f,
                "the socket {name} that was passed is not {wanted}: correct ListenStream= and Accept=no in its socket unit"
            ),
            Self::SecondAdmin => f.write_str(
                "more than one socket named admin was passed: leave one ListenStream= with FileDescriptorName=admin",
            ),
            Self::Io { name, source } => {
                write!(f, "cannot use the socket {name} that was passed: {source}; leave its socket unit out")
            }
        }
    }
}

impl std::error::Error for PassedError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        if let Self::Io { source, .. } = self { Some(source) } else { None }
    }
}

impl Passed {
    /// Takes what was passed to this process. To be called before anything is opened, which could get the number of
    /// a socket that was announced and is not there; only the first call finds something.
    pub fn take() -> Result<Self, PassedError> {
        static IS_TAKEN: AtomicBool = AtomicBool::new(false);
        let is_ours = env::var("LISTEN_PID").is_ok_and(|pid| pid == std::process::id().to_string());
        if !is_ours || IS_TAKEN.swap(true, Ordering::Relaxed) {
            return Ok(Self::default());
        }
        are_there(&env::var("LISTEN_FDS").unwrap_or_default(), |number| {
            // Where /proc is not to be seen, the manager is believed.
            !Path::new("/proc/self/fd").exists() || Path::new(&format!("/proc/self/fd/{number}")).exists()
        })
        .map_err(PassedError::Variables)?;
        let sockets = sd_listen_fds::get().map_err(|error| PassedError::Variables(error.to_string()))?;
        sort(sockets.into_iter().map(|(name, socket)| (name, socket.into_std())))
    }
}

/// Whether `$LISTEN_FDS` is a number, and as many are open.
fn are_there(count: &str, is_open: impl Fn(usize) -> bool) -> Result<(), String> {
    let count: usize = count.parse().map_err(|_| format!("LISTEN_FDS is {:?}, no number", clean(count)))?;
    if count > PASSED_MAX {
        return Err(format!("LISTEN_FDS is {count}, at most {PASSED_MAX} are taken"));
    }
    match (FIRST..FIRST + count).find(|number| !is_open(*number)) {
        Some(number) => Err(format!("LISTEN_FDS is {count}, but descriptor {number} is not open")),
        None => Ok(()),
    }
}

/// Finds out what each is for, and whether it can be used for that.
fn sort(sockets: impl Iterator<Item = (Option<String>, OwnedFd)>) -> Result<Passed, PassedError> {
    let mut passed = Passed::default();
    for (name, socket) in sockets {
        match name.as_deref() {
            Some(CHAT) => passed.chat.push(chat(socket)?),
            Some(ADMIN) if passed.admin.is_some() => return Err(PassedError::SecondAdmin),
            Some(ADMIN) => passed.admin = Some(admin(socket)?),
            name => return Err(PassedError::Name(name.unwrap_or_default().to_owned())),
        }
    }
    Ok(passed)
}

fn chat(socket: OwnedFd) -> Result<TcpListener, PassedError> {
    if !listens(&socket, &[Domain::IPV4, Domain::IPV6]) {
        return Err(PassedError::Kind { name: CHAT, wanted: "a TCP socket that listens" });
    }
    let listener = TcpListener::from(socket);
    let prepared = fcntl_setfd(&listener, FdFlags::CLOEXEC).map_err(io::Error::from);
    prepared
        .and_then(|()| listener.set_nonblocking(true))
        .map_err(|source| PassedError::Io { name: CHAT, source })?;
    Ok(listener)
}

fn admin(socket: OwnedFd) -> Result<(PathBuf, UnixListener), PassedError> {
    let wrong = PassedError::Kind { name: ADMIN, wanted: "a Unix stream socket that listens at a path" };
    if !listens(&socket, &[Domain::UNIX]) {
        return Err(wrong);
    }
    let listener = UnixListener::from(socket);
    let io = |source| PassedError::Io { name: ADMIN, source };
    fcntl_setfd(&listener, FdFlags::CLOEXEC).map_err(|error| io(error.into()))?;
    listener.set_nonblocking(true).map_err(io)?;
    let address = listener.local_addr().map_err(io)?;
    let path = address.as_pathname().map(Path::to_owned).ok_or(wrong)?;
    Ok((path, listener))
}

/// Whether it is a stream socket of one of these families that listens.
fn listens(socket: &OwnedFd, domains: &[Domain]) -> bool {
    let socket = SockRef::from(socket);
    socket.domain().is_ok_and(|domain| domains.contains(&domain))
        && socket.r#type().is_ok_and(|kind| kind == Type::STREAM)
        && socket.is_listener().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::net::UdpSocket;

    use socket2::Socket;

    use super::*;

    fn refusal(sockets: Vec<(&str, OwnedFd)>) -> String {
        let named = sockets.into_iter().map(|(name, socket)| (Some(name.to_owned()), socket));
        sort(named).unwrap_err().to_string()
    }

    fn tcp(address: &str) -> OwnedFd {
        TcpListener::bind(address).unwrap().into()
    }

    #[test]
    fn both_families_are_taken_by_name() {
        let sockets = [("chat", tcp("127.0.0.1:0")), ("chat", tcp("[::1]:0"))];
        let named = sockets.into_iter().map(|(name, socket)| (Some(name.to_owned()), socket));
        let passed = sort(named).unwrap();
        let is_v6: Vec<_> = passed.chat.iter().map(|it| it.local_addr().unwrap().is_ipv6()).collect();
        assert_eq!(is_v6, [false, true]);
        assert!(passed.admin.is_none());
    }

    #[test]
    fn another_name_is_refused_with_what_to_do() {
        let refused = refusal(vec![("lanchatd.socket", tcp("127.0.0.1:0"))]);
        assert!(refused.contains("\"lanchatd.socket\""), "{refused}");
        assert!(refused.contains("FileDescriptorName=chat"), "{refused}");
        assert!(sort([(None, tcp("127.0.0.1:0"))].into_iter()).is_err());
    }

    #[test]
    fn what_is_of_another_kind_is_refused() {
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mute = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let (pair, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        for (name, socket) in [
            ("chat", udp.into()),
            ("chat", mute.into()),
            ("chat", File::open("/dev/null").unwrap().into()),
            ("admin", tcp("127.0.0.1:0")),
            ("admin", pair.into()),
        ] {
            let refused = refusal(vec![(name, socket)]);
            assert!(refused.contains("ListenStream="), "{refused}");
        }
    }

    #[test]
    fn numbers_that_cannot_be_are_refused_before_anything_is_taken() {
        let open = |number| number < 5;
        assert_eq!(are_there("2", open), Ok(()));
        assert_eq!(are_there("0", open), Ok(()));
        assert!(are_there("3", open).unwrap_err().contains("descriptor 5 is not open"));
        assert_eq!(are_there("64", |_| true), Ok(()));
        for wrong in ["65", "-1", "4294967296", "x", ""] {
            assert!(are_there(wrong, |_| true).is_err(), "{wrong}");
        }
    }
}
