//! Why a measurement could not be made.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::figures::grouped;

/// What went wrong, told with what to do about it. What the relay does wrong is no failure but a
/// [`Faults`](crate::ledger::Faults).
#[derive(Debug)]
pub enum Failure {
    /// The relay's program does not start.
    Program {
        /// The program.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The relay's program started, and ended or said nothing.
    NotReady {
        /// What it wrote to its log.
        log: String,
    },
    /// The relay cannot be connected to.
    Connect {
        /// Where it should be.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// A client was not let into the room.
    LeftOut {
        /// Which one.
        who: String,
        /// Where the relay should be.
        address: SocketAddr,
        /// What the relay said to it last, or why the connection broke.
        last_word: String,
    },
    /// Too few files and sockets may be open.
    Descriptors {
        /// How many are needed.
        needed: u64,
        /// How many there can be.
        hard_limit: u64,
    },
    /// What the kernel tells of the relay's process cannot be read.
    Process {
        /// The process id.
        pid: u32,
        /// Why.
        source: io::Error,
    },
    /// The system refused something that it should not.
    System {
        /// What was attempted.
        what: &'static str,
        /// Why.
        source: io::Error,
    },
    /// Somebody asked for the end.
    Interrupted,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program { path, source } => write!(
                f,
                "cannot start {}: {source}; build it with cargo build --release --workspace, \
                 or name another one with --program",
                path.display()
            ),
            Self::NotReady { log } => {
                let log = if log.trim().is_empty() { "nothing" } else { log.trim() };
                write!(f, "lanchatd did not get ready; it logged: {log}")
            }
            Self::Connect { address, source } => {
                write!(f, "cannot connect to {address}: {source}; does a relay run there?")
            }
            Self::LeftOut { who, address, last_word } => write!(
                f,
                "{who} did not get into the room at {address} ({}): does a relay run there, \
                 and do its limits let so many in?",
                if last_word.is_empty() { "nothing was said to it" } else { last_word }
            ),
            Self::Descriptors { needed, hard_limit } => write!(
                f,
                "this needs {} descriptors, the hard limit is {}: raise it with ulimit -Hn, \
                 or ask for fewer --receivers",
                grouped(*needed as f64, 0),
                grouped(*hard_limit as f64, 0)
            ),
            Self::Process { pid, source } => {
                write!(f, "cannot read what the relay (pid {pid}) uses from /proc: {source}; does it run?")
            }
            Self::System { what, source } => write!(f, "cannot {what}: {source}"),
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Program { source, .. }
            | Self::Connect { source, .. }
            | Self::Process { source, .. }
            | Self::System { source, .. } => Some(source),
            Self::NotReady { .. } | Self::LeftOut { .. } | Self::Descriptors { .. } | Self::Interrupted => {
                None
            }
        }
    }
}
