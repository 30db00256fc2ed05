//! What people set for themselves: how it looks, and what calls them.

use std::fmt;
use std::str::FromStr;

use lanchat_protocol::slash::Spec;
use serde::Deserialize;

/// Where what is set lasts.
const FILE: &str = "client.toml";

/// The commands that change it, in the order in which help shows them. Nothing of them is sent.
pub(crate) const COMMANDS: &[Spec] = &[
    Spec { name: "theme", usage: "/theme [dark|light|none]", what: "shows or sets the colours" },
    Spec { name: "timestamp", usage: "/timestamp [short|long|off]", what: "shows or sets how times look" },
    Spec {
        name: "notify",
        usage: "/notify [off|bell|osc9|osc777]",
        what: "shows or sets what happens when somebody calls you",
    },
];

/// A setting with a few values, each with its word.
macro_rules! choice {
    ($(#[$about:meta])* $name:ident { $($(#[$what:meta])* $value:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
        #[serde(rename_all = "lowercase")]
        pub(crate) enum $name { $($(#[$what])* $value,)+ }

        impl $name {
            /// All words, in the order in which they are shown.
            const WORDS: &[&str] = &[$($word),+];
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(match self { $(Self::$value => $word,)+ })
            }
        }

        impl FromStr for $name {
            type Err = NotOne;

            fn from_str(written: &str) -> Result<Self, NotOne> {
                match written.to_ascii_lowercase().as_str() {
                    $($word => Ok(Self::$value),)+
                    _ => Err(NotOne(Self::WORDS)),
                }
            }
        }
    };
}

choice! {
    /// What the background of the terminal is like; the colours suit it.
    Theme {
        /// It is dark.
        #[default]
        Dark = "dark",
        /// It is light.
        Light = "light",
        /// No colours, whatever it is like.
        None = "none",
    }
}

choice! {
    /// What stands before a line.
    Timestamps {
        /// `14:02`.
        #[default]
        Short = "short",
        /// `2026-11-22 14:02:59`.
        Long = "long",
        /// Nothing.
        Off = "off",
    }
}

choice! {
    /// What happens when somebody names this person, or writes to them alone.
    Notify {
        /// Nothing but what is to be read.
        Off = "off",
        /// The bell of the terminal.
        #[default]
        Bell = "bell",
        /// A notification of the desktop, in the way of iTerm2 and Windows Terminal.
        Osc9 = "osc9",
        /// The same in the way of urxvt, foot and VTE.
        Osc777 = "osc777",
    }
}

/// A word that is none of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotOne(&'static [&'static str]);

impl fmt::Display for NotOne {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it is one of {}", self.0.join(", "))
    }
}

impl std::error::Error for NotOne {}

/// What is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The colours.
    pub(crate) theme: Theme,
    /// The times.
    pub(crate) timestamp: Timestamps,
    /// What calls the person.
    pub(crate) notify: Notify,
    /// Plain lines one after the other, for a screen reader: nothing is coloured, wrapped or drawn again.
    pub(crate) plain_output: bool,
}

/// Whether the line only sets or shows how things are to be.
pub(crate) fn is_command(typed: &str) -> bool {
    Settings::default().obey(typed).is_some()
}

impl Settings {
    /// What holds where nothing was set. A screen reader says what there is; a bell would only talk over it.
    pub(crate) fn usual(plain_output: bool) -> Self {
        let notify = if plain_output { Notify::Off } else { Notify::default() };
        Self { notify, plain_output, ..Self::default() }
    }

    /// Does what a command says, or shows what is set: what to tell the person. `None`: it is no command of these.
    pub(crate) fn obey(&mut self, typed: &str) -> Option<String> {
        let command = typed.strip_prefix('/')?;
        let (name, word) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        let spec = COMMANDS.iter().find(|spec| spec.name.eq_ignore_ascii_case(name))?;
        let told = match spec.name {
            "theme" => set(&mut self.theme, word.trim()),
            "timestamp" => set(&mut self.timestamp, word.trim()),
            _ => set(&mut self.notify, word.trim()),
        };
        Some(match told {
            Told::Shown(now) => format!("{} is {now}; {}", spec.name, spec.usage),
            Told::Set(now) => format!("{0} is {now} now; {0} = \"{now}\" in {FILE} keeps it", spec.name),
            Told::Wrong(why) => format!("{} was not changed: {why}", spec.name),
        })
    }
}

/// What came of a command.
enum Told {
    Shown(String),
    Set(String),
    Wrong(NotOne),
}

fn set<T: FromStr<Err = NotOne> + fmt::Display>(setting: &mut T, word: &str) -> Told {
    if word.is_empty() {
        return Told::Shown(setting.to_string());
    }
    match word.parse() {
        Ok(value) => {
            *setting = value;
            Told::Set(setting.to_string())
        }
        Err(why) => Told::Wrong(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_stands_for_itself() {
        fn same<T: FromStr<Err = NotOne> + fmt::Display>(words: &[&str]) {
            for word in words {
                assert_eq!(word.parse::<T>().map(|value| value.to_string()).as_deref(), Ok(*word));
                assert_eq!(
                    word.to_uppercase().parse::<T>().map(|value| value.to_string()).as_deref(),
                    Ok(*word)
                );
            }
            assert!("".parse::<T>().is_err() && "pink".parse::<T>().is_err());
        }
        same::<Theme>(Theme::WORDS);
        same::<Timestamps>(Timestamps::WORDS);
        same::<Notify>(Notify::WORDS);
    }

    #[test]
    fn words_in_a_file_are_those_at_the_prompt() {
        for word in Theme::WORDS {
            let read: Theme = serde_json::from_str(&format!("\"{word}\"")).unwrap();
            assert_eq!(read.to_string(), *word);
        }
        for word in Timestamps::WORDS {
            let read: Timestamps = serde_json::from_str(&format!("\"{word}\"")).unwrap();
            assert_eq!(read.to_string(), *word);
        }
        for word in Notify::WORDS {
            let read: Notify = serde_json::from_str(&format!("\"{word}\"")).unwrap();
            assert_eq!(read.to_string(), *word);
        }
    }

    #[test]
    fn commands_show_and_set() {
        let mut settings = Settings::default();
        assert_eq!(settings.obey("/theme").unwrap(), "theme is dark; /theme [dark|light|none]");
        assert_eq!(
            settings.obey("/THEME  Light ").unwrap(),
            "theme is light now; theme = \"light\" in client.toml keeps it"
        );
        assert_eq!(
            settings.obey("/timestamp soon").unwrap(),
            "timestamp was not changed: it is one of short, long, off"
        );
        assert!(settings.obey("/timestamp off").is_some() && settings.obey("/notify osc777").is_some());
        let expected = Settings {
            theme: Theme::Light,
            timestamp: Timestamps::Off,
            notify: Notify::Osc777,
            plain_output: false,
        };
        assert_eq!(settings, expected);
        for other in ["theme", "//theme", "/themes", "/", "", "/who", " /theme"] {
            assert_eq!(settings.obey(other), None, "{other}");
        }
    }

    #[test]
    fn a_screen_reader_is_not_talked_over_by_a_bell() {
        assert_eq!(Settings::usual(true).notify, Notify::Off);
        assert_eq!(Settings::usual(false), Settings::default());
    }
}
