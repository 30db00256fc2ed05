//! The admin socket: finding it, asking on it, with a deadline on everything.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lanchat_protocol::admin::{self, LINE_BYTES_MAX, Reply, Request};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use serde::de::Error as _;
use serde_json::Value;

use crate::deadline::Deadline;
use crate::exit::Failure;

/// The longest answer that is taken: a list of a million clients fits.
const ANSWER_BYTES_MAX: u64 = 256 << 20;

/// Where a daemon may be listening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Places {
    /// There, whoever listens.
    Named(PathBuf),
    /// Wherever it would listen by itself.
    Usual(Vec<PathBuf>),
}

/// The path that was named, else everywhere a daemon would listen by itself.
pub(crate) fn places(explicit: Option<&Path>) -> Places {
    if let Some(path) = explicit {
        return Places::Named(path.to_owned());
    }
    let uid = rustix::process::getuid().as_raw();
    let mut paths = admin::socket_candidates(|name| std::env::var_os(name), uid);
    if !paths.iter().any(|path| path == Path::new(admin::SYSTEM_SOCKET)) {
        paths.push(admin::SYSTEM_SOCKET.into());
    }
    Places::Usual(paths)
}

/// In a directory that anybody may write to, such as /tmp, a socket is only as good as the directory it is in: whoever
/// made that could listen to what an administrator says.
fn is_foreign(path: &Path) -> bool {
    let Some(directory) = path.parent().filter(|directory| directory.parent() == Some(Path::new("/tmp")))
    else {
        return false;
    };
    let own = rustix::process::geteuid().as_raw();
    fs::symlink_metadata(directory).is_ok_and(|it| !it.is_dir() || it.uid() != own)
}

/// Waits for an answer beside something else: whether there is something to read; `false`: nobody wants it any more.
pub(crate) type Wait<'a> = &'a dyn Fn(BorrowedFd, Duration) -> Result<bool, Failure>;

/// A conversation with a daemon.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: UnixStream,
    /// Where the daemon listens.
    path: PathBuf,
    deadline: Deadline,
    /// What has arrived and was not taken yet.
    arrived: Vec<u8>,
}

impl Connection {
    /// Connects to the first of the places on which somebody listens.
    pub(crate) fn open(places: Places, deadline: Deadline) -> Result<Self, Failure> {
        let (paths, is_named) = match places {
            Places::Named(path) => (vec![path], true),
            Places::Usual(paths) => (paths, false),
        };
        let mut unusable = None;
        for path in &paths {
            if !is_named && is_foreign(path) {
                unusable = unusable.or(Some(Failure::Foreign(path.clone())));
                continue;
            }
            match attempt(path, deadline)? {
                Ok(stream) => {
                    return Ok(Self { stream, path: path.clone(), deadline, arrived: Vec::new() });
                }
                Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                    unusable = unusable.or(Some(Failure::Denied(path.clone())));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Err(Failure::Timeout(deadline.after()));
                }
                // Absent, left behind by a dead daemon, or no socket at all: nobody answers there.
                Err(_) => {}
            }
        }
        Err(unusable.unwrap_or(Failure::NotRunning(paths)))
    }

    /// Where the daemon listens.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Asks one thing; the answer is the result as the daemon wrote it.
    pub(crate) fn ask(&mut self, request: &Request) -> Result<Value, Failure> {
        // Without anything beside it, the reading itself waits.
        self.ask_while(request, &|_, _| Ok(true))?.ok_or(Failure::NoAnswer)
    }

    /// The same, for somebody who may not want the answer any more: `None`.
    pub(crate) fn ask_while(&mut self, request: &Request, wait: Wait) -> Result<Option<Value>, Failure> {
        let mut line = serde_json::to_vec(request).map_err(Failure::NotUnderstood)?;
        if line.len() > LINE_BYTES_MAX {
            return Err(Failure::RequestTooLong(LINE_BYTES_MAX));
        }
        line.push(b'\n');
        let sent = self.send(&line);
        // A daemon that refuses early closes early: its answer says more than our broken pipe.
        let reply = self.receive(wait).map_err(|failure| match (sent, failure) {
            (Err(unsent), Failure::NoAnswer) => unsent,
            (_, failure) => failure,
        })?;
        reply.map(|reply| understood(&reply)).transpose()
    }

    /// There is as much time for the next answer as there was for the first.
    pub(crate) fn renew(&mut self) {
        self.deadline = Deadline::new(self.deadline.after());
    }

    /// The stream, for those who wait for its end.
    pub(crate) fn stream(&self) -> &UnixStream {
        &self.stream
    }

    /// By when everything has to be done.
    pub(crate) fn deadline(&self) -> Deadline {
        self.deadline
    }

    fn send(&mut self, mut bytes: &[u8]) -> Result<(), Failure> {
        while !bytes.is_empty() {
            self.stream.set_write_timeout(Some(self.deadline.left()?)).map_err(Failure::Socket)?;
            match self.stream.write(bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(error) => self.retry(error)?,
            }
        }
        Ok(())
    }

    /// One line without its end.
    fn receive(&mut self, wait: Wait) -> Result<Option<Vec<u8>>, Failure> {
        let mut looked_at = 0;
        loop {
            if let Some(line) = self.take_line(looked_at) {
                return Ok(Some(line));
            }
            looked_at = self.arrived.len();
            if looked_at as u64 > ANSWER_BYTES_MAX {
                return Err(Failure::AnswerTooLong(ANSWER_BYTES_MAX));
            }
            if !wait(self.stream.as_fd(), self.deadline.left()?)? {
                return Ok(None);
            }
            self.stream.set_read_timeout(Some(self.deadline.left()?)).map_err(Failure::Socket)?;
            match self.fill() {
                Ok(0) => return Err(Failure::NoAnswer),
                Ok(_) => {}
                Err(error) => self.retry(error)?,
            }
        }
    }

    /// The next line that has arrived in whole, without its end.
    pub(crate) fn next_line(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let line = self.take_line(0);
        if line.is_none() && self.arrived.len() > LINE_BYTES_MAX {
            return Err(Failure::AnswerTooLong(LINE_BYTES_MAX as u64));
        }
        Ok(line)
    }

    /// Takes in what has arrived; 0: there will be nothing more.
    pub(crate) fn fill(&mut self) -> io::Result<usize> {
        let mut chunk = [0; 16 * 1024];
        match self.stream.read(&mut chunk) {
            Ok(read) => {
                self.arrived.extend_from_slice(&chunk[..read]);
                Ok(read)
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(0),
            Err(error) => Err(error),
        }
    }

    fn take_line(&mut self, looked_at: usize) -> Option<Vec<u8>> {
        let end = looked_at + self.arrived[looked_at..].iter().position(|byte| *byte == b'\n')?;
        let rest = self.arrived.split_off(end + 1);
        let mut line = std::mem::replace(&mut self.arrived, rest);
        line.pop();
        Some(line)
    }

    fn retry(&self, error: io::Error) -> Result<(), Failure> {
        match error.kind() {
            ErrorKind::Interrupted => Ok(()),
            ErrorKind::WouldBlock | ErrorKind::TimedOut => Err(Failure::Timeout(self.deadline.after())),
            _ => Err(Failure::Socket(error)),
        }
    }
}

/// What a reply says: a result, or a refusal.
fn understood(reply: &[u8]) -> Result<Value, Failure> {
    let reply: Reply = serde_json::from_slice(reply).map_err(Failure::NotUnderstood)?;
    match reply {
        Reply { error: Some(refusal), .. } => Err(Failure::Refused(refusal)),
        Reply { ok: true, result: Some(result), error: None } => Ok(result),
        Reply { error: None, .. } => {
            let neither = serde_json::Error::custom("neither a result nor an error");
            Err(Failure::NotUnderstood(neither))
        }
    }
}

/// Connects by hand, since std's connect would wait for ever for a daemon that accepts nobody: a send
/// timeout bounds the connect too (socket(7)).
fn attempt(path: &Path, deadline: Deadline) -> Result<io::Result<UnixStream>, Failure> {
    let left = deadline.left()?;
    let connected = SocketAddrUnix::new(path).and_then(|address| {
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        set_socket_timeout(&socket, Timeout::Send, Some(left))?;
        connect(&socket, &address)?;
        Ok(socket)
    });
    Ok(connected.map(UnixStream::from).map_err(io::Error::from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::os::unix::net::UnixListener;
    use std::time::Duration;

    fn deadline(milliseconds: u64) -> Deadline {
        Deadline::new(Duration::from_millis(milliseconds))
    }

    fn connection(stream: UnixStream, deadline: Deadline) -> Connection {
        Connection { stream, path: PathBuf::new(), deadline, arrived: Vec::new() }
    }

    /// A daemon that answers its only request with these bytes.
    fn answers(answer: Vec<u8>) -> Connection {
        let (ours, theirs) = UnixStream::pair().unwrap();
        std::thread::spawn(move || {
            let mut request = String::new();
            BufReader::new(&theirs).read_line(&mut request).unwrap();
            (&theirs).write_all(&answer).unwrap();
        });
        connection(ours, deadline(10_000))
    }

    fn socket_path(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("lanchatctl-{name}-{}.sock", std::process::id()));
        let _ = fs::remove_file(&path);
        path
    }

    #[test]
    fn a_named_socket_is_the_only_candidate() {
        assert_eq!(places(Some(Path::new("/x"))), Places::Named("/x".into()));
        let Places::Usual(found) = places(None) else { panic!("none was named") };
        assert_eq!(found.iter().filter(|path| *path == Path::new(admin::SYSTEM_SOCKET)).count(), 1);
    }

    #[test]
    fn an_answer_comes_in_any_number_of_pieces() {
        let result = answers(b"{\"ok\":true,\"result\":[1]}\nrest".to_vec()).ask(&Request::Status).unwrap();
        assert_eq!(result, serde_json::json!([1]));
        let long = format!("{{\"ok\":true,\"result\":\"{}\"}}\n", "x".repeat(1 << 20));
        assert_eq!(answers(long.into()).ask(&Request::Status).unwrap().as_str().unwrap().len(), 1 << 20);
    }

    #[test]
    fn a_refusal_and_no_answer_are_told_apart() {
        let refusal = br#"{"ok":false,"error":{"code":"failed","message":"no"}}"#;
        let refused = answers([&refusal[..], b"\n"].concat()).ask(&Request::Stop);
        assert!(matches!(refused, Err(Failure::Refused(_))), "{refused:?}");
        let unanswered = answers(refusal.to_vec()).ask(&Request::Stop);
        assert!(matches!(unanswered, Err(Failure::NoAnswer)), "{unanswered:?}");
        let nonsense = answers(b"SSH-2.0\n".to_vec()).ask(&Request::Stop);
        assert!(matches!(nonsense, Err(Failure::NotUnderstood(_))), "{nonsense:?}");
        for neither in ["{\"ok\":false}\n", "{\"ok\":true}\n", "{\"ok\":true,\"result\":null}\n"] {
            let neither = answers(neither.into()).ask(&Request::Stop);
            assert!(matches!(neither, Err(Failure::NotUnderstood(_))), "{neither:?}");
        }
    }

    #[test]
    fn whoever_does_not_want_the_answer_any_more_does_not_wait_for_it() {
        let (ours, _theirs) = UnixStream::pair().unwrap();
        let left = connection(ours, deadline(60_000)).ask_while(&Request::Status, &|_, _| Ok(false));
        assert!(matches!(left, Ok(None)), "{left:?}");
    }

    #[test]
    fn a_socket_in_a_directory_of_somebody_else_is_not_trusted_in_tmp() {
        assert!(!is_foreign(Path::new("/run/lanchatd/admin.sock")));
        let own = Path::new("/tmp").join(format!("lanchatctl-own-{}", std::process::id()));
        fs::create_dir(&own).unwrap();
        assert!(!is_foreign(&own.join("admin.sock")));
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(&own, Some(12345), None).unwrap();
            assert!(is_foreign(&own.join("admin.sock")));
        }
        fs::remove_dir(&own).unwrap();
    }

    #[test]
    fn a_silent_daemon_is_a_timeout() {
        let (ours, _theirs) = UnixStream::pair().unwrap();
        let mut connection = connection(ours, deadline(20));
        assert!(matches!(connection.ask(&Request::Status), Err(Failure::Timeout(_))));
    }

    #[test]
    fn a_daemon_that_accepts_nobody_is_a_timeout() {
        let path = socket_path("full");
        let listener = UnixListener::bind(&path).unwrap();
        rustix::net::listen(&listener, 0).unwrap();
        let mut waiting = Vec::new();
        let refused = loop {
            match Connection::open(Places::Named(path.clone()), deadline(20)) {
                Ok(connection) => waiting.push(connection),
                Err(failure) => break failure,
            }
        };
        fs::remove_file(&path).unwrap();
        assert!(matches!(refused, Failure::Timeout(_)), "{refused:?}");
    }

    #[test]
    fn the_first_socket_on_which_somebody_listens_is_taken() {
        let (stale, live) = (socket_path("stale"), socket_path("live"));
        drop(UnixListener::bind(&stale).unwrap());
        let _listener = UnixListener::bind(&live).unwrap();
        let absent = PathBuf::from("/nonexistent/x.sock");
        let opened = Connection::open(
            Places::Usual(vec![absent.clone(), stale.clone(), live.clone()]),
            deadline(10_000),
        );
        fs::remove_file(&live).unwrap();
        assert!(opened.is_ok(), "{opened:?}");
        let too_long = PathBuf::from(format!("/{}", "x".repeat(200)));
        let nobody = Connection::open(Places::Usual(vec![absent, stale.clone(), too_long]), deadline(10_000));
        fs::remove_file(&stale).unwrap();
        assert!(matches!(nobody, Err(Failure::NotRunning(paths)) if paths.len() == 3));
    }
}
