//! Why a store could not be opened.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use super::error::StoreError;

/// Why a store could not be opened.
#[derive(Debug)]
pub enum OpenError {
    /// Another process uses it.
    Held {
        /// The store.
        path: PathBuf,
        /// Its process, where it says so.
        pid: Option<u32>,
    },
    /// The file system does not let us.
    File {
        /// What was attempted.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What came of it.
        source: io::Error,
    },
    /// The file is not a store, of a later version, damaged, or cannot be written to.
    Store(StoreError),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held { path, pid } => {
                let holder = pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"));
                write!(f, "{holder} already uses the store {}: stop it, or set another path", path.display())
            }
            Self::File { what, path, source } => write!(
                f,
                "cannot {what} {}: {source}; check its directory and permissions, or set another path",
                path.display()
            ),
            Self::Store(error) => write!(f, "{error}"),
        }
    }
}

impl Error for OpenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Held { .. } => None,
            Self::File { source, .. } => Some(source),
            Self::Store(error) => error.source(),
        }
    }
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
