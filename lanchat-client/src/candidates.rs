//! What Tab offers in a shell: the servers of `client.toml`, as `--list` shows them.
//!
//! A shell takes what it is offered as if it had been typed, so nothing is offered that a shell could take for
//! anything else than a word.

use std::ffi::OsStr;

use clap_complete::CompletionCandidate;

use crate::config::{self, Server};

/// Names of servers. Where the file is wrong nothing is offered, and nothing is said.
pub(crate) fn servers(typed: &OsStr) -> Vec<CompletionCandidate> {
    let (Some(prefix), Ok(config)) = (typed.to_str(), config::load()) else { return Vec::new() };
    let meant = config.server.iter().filter(|(name, _)| is_word(name) && name.starts_with(prefix));
    meant.map(|(name, server)| offered(name, server)).collect()
}

fn offered(name: &str, server: &Server) -> CompletionCandidate {
    CompletionCandidate::new(name).help(Some(server.address.address.to_string().into()))
}

/// Whether every shell takes it for a word, and us for no option.
fn is_word(name: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '@');
    !name.is_empty() && !name.starts_with('-') && name.chars().all(is_plain)
}
