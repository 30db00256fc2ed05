//! The lines that a person has entered, kept in a file across sessions.

use std::ffi::OsString;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use lanchat_protocol::nearest;

/// How many lines are kept.
pub(crate) const LINES_MAX: usize = 1_000;

/// Commands whose argument is a secret, whether they exist yet or not.
const SECRETS: [&str; 4] = ["login", "register", "passwd", "password"];

/// Where the history is kept; `None` without a home. `env` looks an environment variable up.
pub(crate) fn path(env: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name: &str| env(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
    Some(state.join("lanchat/history"))
}

/// Makes the directory of the history, for its owner only.
pub(crate) fn make_directory(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |parent| DirBuilder::new().recursive(true).mode(0o700).create(parent))
}

/// Whether a line must not be remembered: it holds a password, or would if it were spelled right.
pub(crate) fn is_secret(line: &str) -> bool {
    let commands = line.split(['\n', '\r']).filter_map(|line| line.trim_start().strip_prefix('/'));
    commands.map(str::to_lowercase).any(|command| {
        let name = command.split(char::is_whitespace).next().unwrap_or_default();
        // `//login` is a message; it is out already.
        let misspelled = !name.starts_with('/') && nearest(name, SECRETS).is_some();
        misspelled || SECRETS.iter().any(|secret| command.starts_with(secret))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_remembered_even_when_the_command_is_misspelled() {
        for line in [
            "/login hunter2",
            "/LOGIN x",
            " /login x",
            "/register",
            "/passwd a b",
            "/password x",
            "/logni x",
            "/loginhunter2",
            "hi\n/login x",
        ] {
            assert!(is_secret(line), "{line}");
        }
        for line in ["login", "hi /login", "//login x", "/me logs in", "/quit", "/nick ana", ""] {
            assert!(!is_secret(line), "{line}");
        }
    }

    #[test]
    fn the_file_is_where_the_base_directory_specification_says() {
        let env = |pairs: &'static [(&str, &str)]| {
            move |name: &str| {
                pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
            }
        };
        assert_eq!(path(env(&[("XDG_STATE_HOME", "/s"), ("HOME", "/h")])), Some("/s/lanchat/history".into()));
        let home = Some("/h/.local/state/lanchat/history".into());
        assert_eq!(path(env(&[("XDG_STATE_HOME", "relative"), ("HOME", "/h")])), home);
        assert_eq!(path(env(&[])), None);
    }
}
