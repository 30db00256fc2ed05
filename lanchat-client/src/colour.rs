//! Colours: which nick has which, and whether there are any.

use std::env;
use std::io::{IsTerminal, stdout};

/// Readable on dark and light backgrounds: no black, white, grey or pale yellow.
const NICKS: [&str; 11] = ["31", "32", "33", "34", "35", "36", "1;31", "1;32", "1;34", "1;35", "1;36"];

/// What is written in colours, if anything is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Palette {
    enabled: bool,
}

impl Palette {
    /// Colours for a terminal that takes them, from a person who wants them (<https://no-color.org>).
    pub(crate) fn choose(is_terminal: bool, no_color: Option<&str>, term: Option<&str>) -> Self {
        let unwanted = no_color.is_some_and(|value| !value.is_empty());
        Self {
            enabled: is_terminal && !unwanted && term.is_some_and(|term| !term.is_empty() && term != "dumb"),
        }
    }

    /// The same for the terminal that this program is in.
    pub(crate) fn of_surroundings() -> Self {
        let (no_color, term) = (env::var("NO_COLOR").ok(), env::var("TERM").ok());
        Self::choose(stdout().is_terminal(), no_color.as_deref(), term.as_deref())
    }

    /// No colours.
    pub(crate) const PLAIN: Self = Self { enabled: false };

    /// All colours.
    #[cfg(test)]
    pub(crate) const FULL: Self = Self { enabled: true };

    /// A nick in its colour: the same in every session and on every machine.
    pub(crate) fn nick(self, nick: &str) -> String {
        self.paint(nick, NICKS[usize::from(hash(nick)) % NICKS.len()])
    }

    /// What matters less.
    pub(crate) fn faint(self, text: &str) -> String {
        self.paint(text, "2")
    }

    /// What matters more.
    pub(crate) fn strong(self, text: &str) -> String {
        self.paint(text, "1")
    }

    fn paint(self, text: &str, code: &str) -> String {
        if self.enabled { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// FNV-1a over the lower-case nick, folded to 16 bits: `Ana` and `ana` are the same person.
fn hash(nick: &str) -> u16 {
    let hash = nick
        .chars()
        .flat_map(char::to_lowercase)
        .fold(0x811c_9dc5_u32, |hash, c| (hash ^ u32::from(c)).wrapping_mul(0x0100_0193));
    (hash >> 16) as u16 ^ (hash & 0xffff) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nick_keeps_its_colour_whatever_its_case() {
        let colour = |nick| Palette::FULL.nick(nick).split('m').next().unwrap().to_owned();
        assert_eq!(colour("ana"), colour("ANA"));
        assert_eq!(colour("ana"), "\x1b[33", "stable across versions");
        let names = ["ana", "bruno", "carl", "dora", "emil", "fritz", "guest1", "guest2"];
        let different: std::collections::HashSet<_> = names.map(colour).into();
        assert!(different.len() >= 4, "{different:?}");
    }

    #[test]
    fn no_color_dumb_terminals_and_pipes_are_respected() {
        let wanted = |tty, no_color, term| Palette::choose(tty, no_color, term) == Palette::FULL;
        assert!(wanted(true, None, Some("xterm")));
        assert!(wanted(true, Some(""), Some("xterm")), "an empty NO_COLOR counts as none");
        assert!(!wanted(true, Some("1"), Some("xterm")));
        assert!(!wanted(true, None, Some("dumb")));
        assert!(!wanted(true, None, None));
        assert!(!wanted(false, None, Some("xterm")));
        assert_eq!(Palette::PLAIN.nick("ana"), "ana");
    }
}
