//! What processes use, as the kernel counts it.

use std::fs;
use std::io;
use std::time::Instant;

use crate::failure::Failure;

/// The processor time of all threads of a process that live, in nanoseconds (first field of
/// `/proc/PID/task/TID/schedstat`).
fn cpu_ns(process: &str) -> io::Result<u64> {
    let mut sum = 0;
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread may end meanwhile.
        let Ok(line) = fs::read_to_string(task?.path().join("schedstat")) else { continue };
        sum += line.split(' ').next().and_then(|ns| ns.parse::<u64>().ok()).unwrap_or_default();
    }
    Ok(sum)
}

/// The processor time of the relay so far, in nanoseconds.
fn relay_cpu_ns(pid: u32) -> Result<u64, Failure> {
    cpu_ns(&pid.to_string()).map_err(|source| Failure::Process { pid, source })
}

/// The processor time of this program so far, in nanoseconds.
fn own_cpu_ns() -> Result<u64, Failure> {
    cpu_ns("self").map_err(|source| Failure::System { what: "read our own processor time", source })
}

/// The resident memory of the relay, in bytes (`Rss` of `/proc/PID/smaps_rollup`).
pub fn memory_bytes(pid: u32) -> Result<u64, Failure> {
    let failed = |source| Failure::Process { pid, source };
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).map_err(failed)?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Rss:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kib.map(|kib| kib * 1024).ok_or_else(|| failed(io::Error::other("smaps_rollup has no Rss")))
}

/// A stretch of time that is measured.
#[derive(Debug)]
pub struct Meter {
    pid: u32,
    start: Instant,
    relay_ns: u64,
    own_ns: u64,
}

/// What was used in a stretch of time.
#[derive(Clone, Copy, Debug)]
pub struct Used {
    /// Its length.
    pub seconds: f64,
    /// The relay's processor time in nanoseconds.
    pub relay_ns: f64,
    /// Our own processor time in nanoseconds.
    pub own_ns: f64,
}

impl Meter {
    /// Begins now.
    pub fn start(pid: u32) -> Result<Self, Failure> {
        let (relay_ns, own_ns) = (relay_cpu_ns(pid)?, own_cpu_ns()?);
        Ok(Self { pid, start: Instant::now(), relay_ns, own_ns })
    }

    /// What was used until now.
    pub fn read(&self) -> Result<Used, Failure> {
        let seconds = self.start.elapsed().as_secs_f64();
        let relay_ns = relay_cpu_ns(self.pid)?.saturating_sub(self.relay_ns) as f64;
        let own_ns = own_cpu_ns()?.saturating_sub(self.own_ns) as f64;
        Ok(Used { seconds, relay_ns, own_ns })
    }
}
