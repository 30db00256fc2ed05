//! Waiting for something to happen, while somebody may end it: with Ctrl-C, a signal, or by closing the output.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGWINCH};
use signal_hook::low_level::pipe;

use crate::exit::Failure;

/// What has ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// There is something to read, from the first of the sources that has something.
    Ready(usize),
    /// The time has passed.
    Passed,
    /// The terminal has another size.
    Resized,
    /// It is to end.
    Ended,
}

/// The signals, taken over from the system.
#[derive(Debug)]
pub(crate) struct Interrupt {
    ends: UnixStream,
    resizes: UnixStream,
}

impl Interrupt {
    /// Takes them over, for the rest of the process's life.
    pub(crate) fn take() -> io::Result<Self> {
        let (ends, end) = UnixStream::pair()?;
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            pipe::register(signal, end.try_clone()?)?;
        }
        let (resizes, resize) = UnixStream::pair()?;
        pipe::register(SIGWINCH, resize)?;
        Ok(Self { ends, resizes })
    }

    /// Waits for an answer; `false`: somebody has ended it.
    pub(crate) fn wait_for(&self, answer: BorrowedFd, limit: Duration) -> Result<bool, Failure> {
        loop {
            match self.wait(&[answer], Some(limit)).map_err(Failure::Socket)? {
                Woken::Ended => return Ok(false),
                Woken::Ready(_) | Woken::Passed => return Ok(true),
                Woken::Resized => {}
            }
        }
    }

    /// Waits until there is something to read, for so long. Whoever reads our output and goes ends it too: a closed
    /// pipe, a terminal that is gone (`POLLERR`, `POLLHUP` of poll(2)).
    pub(crate) fn wait(&self, sources: &[BorrowedFd], limit: Option<Duration>) -> io::Result<Woken> {
        let stdout = io::stdout();
        let limit = limit.map(timespec);
        let mut all = vec![
            PollFd::new(&self.ends, PollFlags::IN),
            PollFd::from_borrowed_fd(stdout.as_fd(), PollFlags::empty()),
            PollFd::new(&self.resizes, PollFlags::IN),
        ];
        all.extend(sources.iter().map(|source| PollFd::from_borrowed_fd(*source, PollFlags::IN)));
        match poll(&mut all, limit.as_ref()) {
            // The signal that interrupted it is found in its pipe.
            Err(rustix::io::Errno::INTR) => return self.wait(sources, Some(Duration::ZERO)),
            Err(error) => return Err(error.into()),
            Ok(_) => {}
        }
        let is_ready = |at: usize| all.get(at).is_some_and(|one: &PollFd| !one.revents().is_empty());
        Ok(if is_ready(0) || is_ready(1) {
            Woken::Ended
        } else if is_ready(2) {
            // As often as it was told, it is one size.
            let _ = (&self.resizes).read(&mut [0; 64])?;
            Woken::Resized
        } else {
            (0..sources.len()).find(|at| is_ready(3 + at)).map_or(Woken::Passed, Woken::Ready)
        })
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec { tv_sec: duration.as_secs().cast_signed(), tv_nsec: duration.subsec_nanos().into() }
}
