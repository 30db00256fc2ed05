//! The lines that a person has entered, kept in a file across sessions.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use lanchat_protocol::slash::{Typed, Wrong, parse};

use crate::own;
use crate::settings;

/// The name of the file.
pub(crate) const FILE: &str = "history";

/// How many lines are kept.
pub(crate) const LINES_MAX: usize = 1_000;

/// Renames a history that is not UTF-8 to `history.bad`, for rustyline could neither read nor extend it.
pub(crate) fn set_aside_damaged(path: &Path) -> io::Result<()> {
    if !fs::metadata(path).is_ok_and(|found| found.is_file()) || String::from_utf8(fs::read(path)?).is_ok() {
        return Ok(());
    }
    let aside = path.with_extension("bad");
    fs::rename(path, &aside)?;
    fs::set_permissions(&aside, Permissions::from_mode(0o600))
}

/// Whether a line must not be remembered: a command that does not exist may have been meant for another
/// chat, with a password in it; so may a word to the services of other chats, such as `NickServ`.
pub(crate) fn is_secret(line: &str) -> bool {
    let is_secret = |line: &str| match parse(line) {
        _ if settings::is_command(line) => false,
        _ if own::parse(line).is_some() => false,
        Typed::Wrong(Wrong::Unknown { .. }) | Typed::Register(_) | Typed::Login(_) | Typed::Passwd(_) => true,
        Typed::Msg { nick, .. } => nick.to_lowercase().ends_with("serv"),
        _ => false,
    };
    line.split(['\n', '\r']).any(|line| is_secret(line.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_does_not_exist_is_not_remembered_for_it_may_hold_a_password() {
        for line in [
            "/themes hunter2",
            "/login hunter2",
            "/LOGIN x",
            " /login x",
            "/register",
            "/passwd a b",
            "/password x",
            "/logni x",
            "/loginhunter2",
            "hi\n/login x",
            "/auth x",
            "/identify x",
            "/msg nickserv identify x",
            "/MSG NickServ identify x",
        ] {
            assert!(is_secret(line), "{line}");
        }
        for line in [
            "login",
            "hi /login",
            "//login x",
            "/me logs in",
            "/quit",
            "/nick ana",
            "/msg ana hi",
            "/reply hi",
            "",
        ] {
            assert!(!is_secret(line), "{line}");
        }
    }
}
