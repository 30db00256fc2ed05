//! What this machine has to do with it: the configuration, the terminal, and where the client keeps things.

use std::env;
use std::io::{IsTerminal, stdout};
use std::path::Path;

use lanchat_protocol::counted;
use rustix::fs::{Access, access};
use rustix::termios::tcgetwinsize;

use super::report::Report;
use crate::config::Config;
use crate::files;
use crate::trust::FILE;

/// A terminal narrower than this breaks most lines.
const COLUMNS_MIN: u16 = 40;

/// Whether `client.toml` says something useful.
pub(super) fn config(report: &mut Report, loaded: &Result<Config, String>) {
    match loaded {
        Ok(config) if *config == Config::default() => {
            report.ok("config", "client.toml says nothing, and need not be there");
        }
        Ok(config) => {
            let servers = counted(config.server.len(), "server");
            report.ok("config", format!("client.toml is read, and names {servers}"));
        }
        Err(why) => {
            let remedy =
                "correct it; until then nothing of client.toml counts, here, and other forms do not start";
            report.fail("config", why, Some(remedy));
        }
    }
}

/// What lines can be shown as.
pub(super) fn terminal(report: &mut Report) {
    let variable = |name| env::var(name).ok().filter(|value: &String| !value.is_empty());
    if !stdout().is_terminal() {
        return report.skip("terminal", "standard output is none");
    }
    let term = variable("TERM").unwrap_or_default();
    let (is_dumb, locale) = (matches!(&*term, "" | "dumb"), locale(variable));
    let colours = if is_dumb || variable("NO_COLOR").is_some() { "no colours" } else { "colours" };
    let size = tcgetwinsize(stdout()).ok().filter(|size| size.ws_col > 0);
    let shape = size.map_or_else(
        || "of unknown size".to_owned(),
        |size| format!("{} columns by {} rows", size.ws_col, size.ws_row),
    );
    report.ok("terminal", format!("TERM={term}, {shape}, {colours}"));
    if is_dumb {
        let remedy = "export TERM=xterm-256color, if this terminal can move its cursor";
        report.warn("terminal", "it is said to be dumb: lines are not edited in place", remedy);
    }
    if size.is_some_and(|size| size.ws_col < COLUMNS_MIN) {
        report.warn("terminal", format!("it has less than {COLUMNS_MIN} columns"), "make the window wider");
    }
    match locale {
        Some(locale) if is_utf8(&locale) => report.ok("locale", locale),
        locale => {
            let locale = locale.unwrap_or_else(|| "none is set".to_owned());
            let message = format!("{locale}: it is not one of UTF-8, in which lanchat writes");
            report.warn("locale", message, "export LANG=C.UTF-8, and have the terminal show UTF-8");
        }
    }
}

/// What the locale of characters is called (POSIX, 8.2).
fn locale(variable: impl Fn(&'static str) -> Option<String>) -> Option<String> {
    ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable)
}

fn is_utf8(locale: &str) -> bool {
    let locale = locale.to_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// Whether what outlives the client can be kept. Nothing is made to find that out.
pub(super) fn state(report: &mut Report) {
    let Some(path) = files::path(FILE, |name| env::var_os(name)) else {
        let message = "there is no home directory: no key, nick or typed line is remembered";
        return report.warn("state", message, "set HOME, or XDG_STATE_HOME");
    };
    let directory = path.parent().unwrap_or(&path);
    let existing = directory.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(directory);
    let shown = directory.display();
    if !existing.is_dir() {
        let remedy = "move it away, or set XDG_STATE_HOME";
        return report.fail("state", format!("{} is no directory", existing.display()), Some(remedy));
    }
    match writable(existing) {
        Ok(()) if existing == directory => report.ok("state", format!("{shown} can be written to")),
        Ok(()) => report.ok("state", format!("{shown} can be made")),
        Err(error) => {
            let remedy = format!("let your user write to {}, or set XDG_STATE_HOME", existing.display());
            let message = format!("{shown} cannot be written to: {error}; keys and nicks are not remembered");
            report.fail("state", message, Some(&remedy));
        }
    }
}

fn writable(directory: &Path) -> rustix::io::Result<()> {
    access(directory, Access::WRITE_OK | Access::EXEC_OK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_of_characters_is_the_first_that_is_set() {
        let named = |set: &'static [(&str, &str)]| {
            locale(move |name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(named(&[]), None);
        assert_eq!(named(&[("LANG", "C.UTF-8"), ("LC_ALL", "C")]).as_deref(), Some("C"));
        assert_eq!(named(&[("LANG", "C"), ("LC_CTYPE", "de_DE.utf8")]).as_deref(), Some("de_DE.utf8"));
        assert!(is_utf8("de_DE.utf8") && is_utf8("C.UTF-8") && !is_utf8("C") && !is_utf8("en_US.ISO-8859-1"));
    }
}
