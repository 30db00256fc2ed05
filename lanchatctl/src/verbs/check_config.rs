//! `check-config`: lets the daemon check a configuration without taking it.

use std::fs;
use std::path::PathBuf;

use lanchat_protocol::admin::{Checked, Request};

use crate::exit::Failure;

/// The daemon gets what the file says rather than its path: it may not see the caller's files.
pub(super) fn request(file: Option<PathBuf>) -> Result<Request, Failure> {
    let Some(path) = file else { return Ok(Request::CheckConfig { text: None, name: None }) };
    let name = Some(path.display().to_string());
    let text = fs::read_to_string(&path).map_err(|error| Failure::File(path, error))?;
    Ok(Request::CheckConfig { text: Some(text), name })
}

pub(super) fn describe(checked: &Checked) -> String {
    format!("{}: no errors", checked.name)
}
