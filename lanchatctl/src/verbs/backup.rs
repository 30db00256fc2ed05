//! `backup`: a copy of the store, while it is in use.

use std::path::Path;

use lanchat_protocol::admin::{BackedUp, Request};

use crate::exit::Failure;
use crate::units;

/// The daemon writes the file: it may stand somewhere else than we do.
pub(super) fn request(file: &Path) -> Result<Request, Failure> {
    let to = std::path::absolute(file).map_err(|error| Failure::Write(file.to_owned(), error))?;
    let to = to.into_os_string().into_string().map_err(|path| Failure::NoText(path.into()))?;
    Ok(Request::Backup { to })
}

pub(super) fn describe(made: &BackedUp) -> String {
    format!("{}: {}, complete and on the disk", made.path, units::size(made.bytes))
}
