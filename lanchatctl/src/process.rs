//! Waiting for the end of the daemon's process.

use std::io::{ErrorKind, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt::socket_peercred;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::deadline::Deadline;
use crate::exit::Failure;

/// The process at the other end of a connection, held so that its id cannot come to mean another one.
#[derive(Debug)]
pub(crate) struct Process {
    pid: i32,
    /// `None` where the kernel tells no id, or hands nothing out for it.
    handle: Option<OwnedFd>,
}

impl Process {
    /// The process that listens at the other end (`SO_PEERCRED` of unix(7)).
    pub(crate) fn behind(stream: &UnixStream) -> Self {
        let pid = socket_peercred(stream).ok().map(|credentials| credentials.pid);
        let handle = pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        Self { pid: pid.map_or(0, Pid::as_raw_pid), handle }
    }

    /// The id of the process; 0 where it is unknown.
    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }

    /// The same process, known by its connection only.
    pub(crate) fn unwatched(self) -> Self {
        Self { pid: self.pid, handle: None }
    }

    /// Returns when the process has ended. A daemon whose process cannot be watched has ended when it no
    /// longer holds the connection.
    pub(crate) fn wait(&self, stream: &UnixStream, deadline: Deadline) -> Result<(), Failure> {
        let ended = match &self.handle {
            Some(handle) => wait_readable(handle, deadline),
            None => wait_closed(stream, deadline),
        };
        ended.map_err(|failure| match failure {
            Failure::Timeout(after) => Failure::StillRunning(self.pid, after),
            other => other,
        })
    }
}

/// A process's handle becomes readable when the process ends (`pidfd_open(2)`).
fn wait_readable(handle: &OwnedFd, deadline: Deadline) -> Result<(), Failure> {
    loop {
        let left = timespec(deadline.left()?);
        match poll(&mut [PollFd::new(handle, PollFlags::IN)], Some(&left)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            Ok(_) => return Ok(()),
            Err(error) => return Err(Failure::Socket(error.into())),
        }
    }
}

fn wait_closed(mut stream: &UnixStream, deadline: Deadline) -> Result<(), Failure> {
    let mut ignored = [0; 512];
    loop {
        stream.set_read_timeout(Some(deadline.left()?)).map_err(Failure::Socket)?;
        match stream.read(&mut ignored) {
            Ok(0) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(()),
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
            Err(error) => return Err(Failure::Socket(error)),
        }
    }
}

fn timespec(duration: Duration) -> Timespec {
    let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    Timespec { tv_sec: seconds, tv_nsec: duration.subsec_nanos().into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    fn deadline(milliseconds: u64) -> Deadline {
        Deadline::new(Duration::from_millis(milliseconds))
    }

    #[test]
    fn a_process_is_waited_for_until_it_has_ended() {
        let (ours, _theirs) = UnixStream::pair().unwrap();
        let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let pid = Pid::from_child(&child);
        let handle = pidfd_open(pid, PidfdFlags::empty()).unwrap();
        let process = Process { pid: pid.as_raw_pid(), handle: Some(handle) };
        let still = process.wait(&ours, deadline(20));
        assert!(matches!(still, Err(Failure::StillRunning(at, _)) if at == process.pid()), "{still:?}");
        drop(child.stdin.take());
        assert!(process.wait(&ours, deadline(10_000)).is_ok());
        child.wait().unwrap();
    }

    #[test]
    fn the_process_behind_a_connection_is_known() {
        let (ours, _theirs) = UnixStream::pair().unwrap();
        assert_eq!(Process::behind(&ours).pid(), i32::try_from(std::process::id()).unwrap());
    }

    #[test]
    fn a_process_that_cannot_be_watched_has_ended_with_its_connection() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let process = Process { pid: 0, handle: None };
        assert!(matches!(process.wait(&ours, deadline(20)), Err(Failure::StillRunning(0, _))));
        drop(theirs);
        assert!(process.wait(&ours, deadline(10_000)).is_ok());
    }
}
