//! How many files and sockets the process may have open.

use rustix::process::{Resource, getrlimit, setrlimit};

use crate::log;

/// What the daemon needs beside its clients.
const OWN: u64 = 32;

/// Raises the soft limit to the hard one, and says where that is too little for `connections_max`.
pub fn raise(connections_max: usize) {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where it cannot be raised it stays, and is judged as it is.
    let _ = setrlimit(Resource::Nofile, limit);
    let Some(files_max) = getrlimit(Resource::Nofile).current else { return };
    let wanted = connections_max as u64 + OWN;
    if wanted > files_max {
        log::few_descriptors(files_max, connections_max);
    }
}
