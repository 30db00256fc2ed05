//! How many files and sockets may be open.

use rustix::process::{Resource, getrlimit, setrlimit};

use crate::failure::Failure;

/// What is open beside the clients.
const OWN: u64 = 40;

/// Makes room for so many connections. The relay that is started here inherits it.
pub fn make_room(connections: u64) -> Result<(), Failure> {
    let needed = connections + OWN;
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    let hard_limit = limit.maximum.unwrap_or(u64::MAX);
    if hard_limit < needed {
        return Err(Failure::Descriptors { needed, hard_limit });
    }
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit)
        .map_err(|error| Failure::System { what: "raise the limit of open files", source: error.into() })
}
