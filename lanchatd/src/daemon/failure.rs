//! Why the daemon could not do its work, and what to do then.

use std::fmt;
use std::io;

use crate::admin::ClaimError;
use crate::store::OpenError;
use crate::systemd::PassedError;
use crate::tls;

/// Why the daemon could not do its work. `Display` says what to do.
#[derive(Debug)]
pub enum Failure {
    /// The configuration has errors: all of them, a line each.
    Config(String),
    /// An address cannot be listened on.
    Listen {
        /// Which one.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// Metrics cannot be served.
    Metrics {
        /// Where.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// The admin socket cannot be had.
    Admin(ClaimError),
    /// The store cannot be opened.
    Store(OpenError),
    /// The sockets that the service manager passes cannot be used.
    Passed(PassedError),
    /// TLS cannot be spoken.
    Tls(tls::Error),
    /// There is no place for the store.
    NoStorePlace,
    /// The system does not give what every process needs.
    System {
        /// What.
        what: &'static str,
        /// Why.
        source: io::Error,
    },
    /// A second signal ended it before everybody was told.
    Cut,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(errors) => f.write_str(errors),
            Self::Listen { address, source } if source.kind() == io::ErrorKind::AddrInUse => write!(
                f,
                "cannot listen on {address}: another program does, or another address in listen.chat; see with: ss -ltnp"
            ),
            Self::Listen { address, source } => {
                write!(f, "cannot listen on {address}: {source}; check listen.chat")
            }
            Self::Metrics { address, source } => {
                write!(f, "cannot serve metrics on {address}: {source}; check metrics.listen")
            }
            Self::Admin(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::Passed(error) => error.fmt(f),
            Self::Tls(error) => error.fmt(f),
            Self::NoStorePlace => f.write_str(
                "there is no place to keep what is said: set store.path, $STATE_DIRECTORY or $HOME, or store.path = \"\" to keep nothing",
            ),
            Self::System { what, source } => write!(f, "cannot {what}: {source}"),
            Self::Cut => f.write_str("stopped at once by a second signal: some clients were not told"),
        }
    }
}

impl std::error::Error for Failure {}
