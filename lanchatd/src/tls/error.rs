//! Why a relay cannot speak TLS.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::credentials::Fault;

/// Why a relay cannot speak TLS. `Display` says what to do.
#[derive(Debug)]
pub enum Error {
    /// The certificate or key that is given cannot be used.
    Given(Vec<Fault>),
    /// The key or certificate that the relay has made itself cannot be used.
    Own {
        /// Where they are.
        directory: PathBuf,
        /// What is wrong.
        faults: Vec<Fault>,
    },
    /// A key or certificate cannot be made.
    Make {
        /// The file or directory that cannot be written.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no place for a key.
    NoPlace,
    /// The library takes neither.
    Library(rustls::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(faults) => lines(f, faults, ""),
            Self::Own { directory, faults } => {
                let directory = directory.display();
                let remedy = format!(
                    "; restore the files in {directory} from a backup, or move them away: then the relay makes others, and all who know it are warned of a changed key"
                );
                lines(f, faults, &remedy)
            }
            Self::Make { path, source } => write!(
                f,
                "cannot make a key for TLS: {}: {source}; make the place writable, name a key (tls.certificate, tls.key), or set tls.mode = \"off\"",
                path.display()
            ),
            Self::NoPlace => f.write_str(
                "there is no place for the key of TLS: set $STATE_DIRECTORY or $HOME, name a key (tls.certificate, tls.key), or set tls.mode = \"off\"",
            ),
            Self::Library(source) => write!(f, "the key for TLS cannot be used: {source} (tls.certificate, tls.key)"),
        }
    }
}

impl std::error::Error for Error {}

fn lines(f: &mut fmt::Formatter<'_>, faults: &[Fault], remedy: &str) -> fmt::Result {
    for (index, fault) in faults.iter().enumerate() {
        let separator = if index == 0 { "" } else { "\n" };
        write!(f, "{separator}{} {}, {}{remedy}", fault.part.words(), fault.path.display(), fault.what)?;
    }
    Ok(())
}
