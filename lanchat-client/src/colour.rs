//! Colours: which nick has which, and whether there are any; and what stands out without one.

use std::env;
use std::io::{IsTerminal, stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::settings::Theme;

/// Readable on a dark background: no black, no grey, and not the dark blue.
const ON_DARK: [&str; 11] = ["31", "32", "33", "35", "36", "91", "92", "93", "94", "95", "96"];

/// Readable on a light background: no white, no grey, no yellow, and nothing bright.
const ON_LIGHT: [&str; 10] = ["31", "32", "34", "35", "36", "1;31", "1;32", "1;34", "1;35", "1;36"];

/// What is written in colours, if anything is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Palette {
    able: Able,
    theme: Theme,
}

/// What a terminal shows, and the person has not refused for all programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Able {
    /// Plain text.
    Text,
    /// Bold text too: who refuses colours has not refused that.
    Bold,
    /// All there is.
    Colours,
}

impl Palette {
    /// Colours for a terminal that takes them, from a person who wants them (<https://no-color.org>).
    pub(crate) fn choose(is_terminal: bool, no_color: Option<&str>, term: Option<&str>) -> Self {
        let unwanted = no_color.is_some_and(|value| !value.is_empty());
        let able = match is_terminal && term.is_some_and(|term| !term.is_empty() && term != "dumb") {
            true if unwanted => Able::Bold,
            true => Able::Colours,
            false => Able::Text,
        };
        Self { able, theme: Theme::Dark }
    }

    /// The same terminal with these colours.
    pub(crate) fn themed(self, theme: Theme) -> Self {
        Self { theme, ..self }
    }

    /// The colours, if there can be any.
    pub(crate) fn theme(self) -> Theme {
        self.theme
    }

    /// Whether there can be colours at all.
    pub(crate) fn is_able(self) -> bool {
        self.able == Able::Colours
    }

    /// The same for the terminal that this program is in.
    pub(crate) fn of_surroundings() -> Self {
        let (no_color, term) = (env::var("NO_COLOR").ok(), env::var("TERM").ok());
        Self::choose(stdout().is_terminal(), no_color.as_deref(), term.as_deref())
    }

    /// Nothing but text.
    pub(crate) const PLAIN: Self = Self { able: Able::Text, theme: Theme::None };

    /// All colours.
    #[cfg(test)]
    pub(crate) const FULL: Self = Self { able: Able::Colours, theme: Theme::Dark };

    /// A nick in its colour: the same in every session and on every machine.
    pub(crate) fn nick(self, nick: &str) -> String {
        let codes: &[&str] = if self.theme == Theme::Light { &ON_LIGHT } else { &ON_DARK };
        self.paint(nick, codes[usize::from(hash(nick)) % codes.len()])
    }

    /// What matters less: grey on many terminals, and so a colour.
    pub(crate) fn faint(self, text: &str) -> String {
        self.paint(text, "2")
    }

    /// What matters more, without colours too.
    pub(crate) fn strong(self, text: &str) -> String {
        if self.emphasises() { rendered(text, "1") } else { text.to_owned() }
    }

    fn paint(self, text: &str, code: &str) -> String {
        if self.paints() { rendered(text, code) } else { text.to_owned() }
    }

    fn paints(self) -> bool {
        self.is_able() && self.theme != Theme::None
    }

    fn emphasises(self) -> bool {
        self.able != Able::Text
    }
}

/// Whether the prompt may stand out, shared between what sets that and the editor.
#[derive(Clone, Debug, Default)]
pub(crate) struct Emphasis {
    is_bold: Arc<AtomicBool>,
    is_coloured: Arc<AtomicBool>,
}

impl Emphasis {
    /// From now on it may, or not, as this palette has it.
    pub(crate) fn set(&self, palette: Palette) {
        self.is_bold.store(palette.emphasises(), Ordering::SeqCst);
        self.is_coloured.store(palette.paints(), Ordering::SeqCst);
    }

    /// What matters more.
    pub(crate) fn strong(&self, text: &str) -> String {
        self.palette().strong(text)
    }

    /// What matters less.
    pub(crate) fn faint(&self, text: &str) -> String {
        self.palette().faint(text)
    }

    fn palette(&self) -> Palette {
        let able = match (self.is_bold.load(Ordering::SeqCst), self.is_coloured.load(Ordering::SeqCst)) {
            (false, _) => Able::Text,
            (true, false) => Able::Bold,
            (true, true) => Able::Colours,
        };
        Palette { able, theme: Theme::Dark }
    }
}

/// The text as SGR (ECMA-48, 8.3.117) has it with this code.
fn rendered(text: &str, code: &str) -> String {
    format!("\x1b[{code}m{text}\x1b[0m")
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
    fn a_theme_has_colours_that_are_readable_on_its_background() {
        let painted = |theme: Theme| Palette::FULL.themed(theme).nick("ana");
        assert_eq!(painted(Theme::None), "ana");
        assert_ne!(painted(Theme::Light), painted(Theme::Dark));
        assert_eq!(Palette::PLAIN.themed(Theme::Light).nick("ana"), "ana", "no theme overrules NO_COLOR");
        // SGR (ECMA-48): 30 black, 33 yellow, 37 white, 90 to 97 the bright ones.
        let unreadable = |codes: &[&str], bad: &[&str]| codes.iter().any(|code| bad.contains(code));
        assert!(!unreadable(&ON_DARK, &["30", "34", "90", "37", "97"]));
        assert!(!unreadable(&ON_LIGHT, &["33", "37", "1;33", "1;37"]));
        assert!(!ON_LIGHT.iter().any(|code| code.starts_with('9')));
        let emphasis = Emphasis::default();
        assert_eq!(emphasis.strong("ana> "), "ana> ");
        emphasis.set(Palette::FULL);
        assert_eq!(emphasis.strong("ana> "), "\x1b[1mana> \x1b[0m");
        assert_eq!(emphasis.faint("ana> "), "\x1b[2mana> \x1b[0m");
        emphasis.set(Palette::FULL.themed(Theme::None));
        assert_eq!(
            (emphasis.strong("ana> "), emphasis.faint("ana> ")),
            ("\x1b[1mana> \x1b[0m".into(), "ana> ".into())
        );
        emphasis.set(Palette::PLAIN);
        assert_eq!(emphasis.strong("ana> "), "ana> ");
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

    #[test]
    fn who_wants_no_colours_still_sees_what_matters_stand_out() {
        let no_color = Palette::choose(true, Some("1"), Some("xterm"));
        for palette in [no_color, no_color.themed(Theme::Light), Palette::FULL.themed(Theme::None)] {
            assert_eq!(palette.strong("ana"), "\x1b[1mana\x1b[0m");
            assert_eq!((palette.nick("ana"), palette.faint("09:15")), ("ana".into(), "09:15".into()));
        }
        for plain in [
            Palette::choose(true, Some("1"), Some("dumb")),
            Palette::choose(true, None, Some("dumb")),
            Palette::choose(true, None, None),
            Palette::choose(false, None, Some("xterm")),
            Palette::PLAIN.themed(Theme::Dark),
        ] {
            assert_eq!(plain.strong("ana"), "ana");
        }
    }
}
