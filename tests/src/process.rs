//! Processes: waiting for their end, and looking at them.

use std::fs;
use std::os::fd::AsFd;
use std::process::{Child, ExitStatus};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::PATIENCE;

/// Waits for the end of a process. `None`: it has not ended within [`PATIENCE`].
pub(crate) fn wait_exit(child: &mut Child) -> Option<ExitStatus> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("an own child can be waited for") {
            return Some(status);
        }
        let handle =
            pidfd_open(Pid::from_child(child), PidfdFlags::empty()).expect("an own child has a handle");
        let left = PATIENCE.checked_sub(start.elapsed())?;
        let left = Timespec { tv_sec: left.as_secs().cast_signed(), tv_nsec: left.subsec_nanos().into() };
        // Readable when the process has ended; an interrupted wait goes on.
        let _ = poll(&mut [PollFd::from_borrowed_fd(handle.as_fd(), PollFlags::IN)], Some(&left));
    }
}

/// The memory that a process has resident, in KiB.
pub(crate) fn resident_kib(pid: u32) -> u64 {
    memory_kib(pid, "VmRSS:")
}

/// The most memory that a process has had resident, in KiB.
///
/// # Panics
/// When the process does not run.
pub fn peak_kib(pid: u32) -> u64 {
    memory_kib(pid, "VmHWM:")
}

fn memory_kib(pid: u32, kind: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix(kind)).expect("a process has memory");
    line.trim().trim_end_matches(" kB").trim().parse().expect("it is a number")
}

/// The processor time that a process has used, in milliseconds.
pub(crate) fn cpu_ms(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/schedstat")).expect("the process runs");
    let ns: u64 =
        stat.split(' ').next().and_then(|ns| ns.parse().ok()).expect("schedstat begins with a number");
    ns / 1_000_000
}

/// How many files and sockets a process has open.
pub(crate) fn open_files(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).expect("the process runs").count()
}

/// What programs look at to find out where they are. Tests take it away, so that they are the same
/// everywhere.
pub(crate) const SURROUNDINGS: [&str; 5] =
    ["RUNTIME_DIRECTORY", "STATE_DIRECTORY", "XDG_RUNTIME_DIR", "JOURNAL_STREAM", "NOTIFY_SOCKET"];
