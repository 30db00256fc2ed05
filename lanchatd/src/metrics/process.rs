//! What the process takes of its machine (proc(5)).

use std::fs;

use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

/// How much. What the system does not tell is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Processor time, in milliseconds.
    pub cpu_ms: u64,
    /// Resident memory, in bytes.
    pub memory_bytes: u64,
    /// Open files and sockets.
    pub files_open: u64,
    /// As many may be open; 0: no limit.
    pub files_max: u64,
}

impl Process {
    /// Looks at this process.
    pub fn look() -> Self {
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        let cpu_ms = cpu.tv_sec.unsigned_abs() * 1000 + cpu.tv_nsec.unsigned_abs() / 1_000_000;
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        // The size of this directory is the number of open files (Linux 6.2): nobody counts ten thousand of them.
        let files_open = fs::metadata("/proc/self/fd").map_or(0, |directory| directory.len());
        let files_max = getrlimit(Resource::Nofile).current.unwrap_or(0);
        Self { cpu_ms, memory_bytes: resident_bytes(&status), files_open, files_max }
    }
}

fn resident_bytes(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|kib| kib.trim().parse().ok());
    kib.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_something() {
        let process = Process::look();
        assert!(process.memory_bytes > 100 * 1024, "{process:?}");
        assert_eq!(resident_bytes("VmPeak:\t 9 kB\nVmRSS:\t    12 kB\n"), 12 * 1024);
        assert_eq!(resident_bytes(""), 0);
    }
}
