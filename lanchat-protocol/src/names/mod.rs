//! Names, parsed once and valid ever after: [`Nick`]s of people, [`RoomName`]s of rooms.
//!
//! What makes two names the same is a key: letter case and look-alikes (Unicode TS #39, skeletons) tell
//! neither people nor rooms apart.

mod nick;
mod room;

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

pub use nick::{Nick, NickKey, NickKeys};
pub use room::RoomName;

/// The longest name, in characters.
pub const NAME_CHARS_MAX: usize = 32;

/// Why a string is no name. Its `Display` says what is allowed, and follows the words for whose name it is:
/// "a nick ".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// Nothing was given.
    Empty,
    /// More than [`NAME_CHARS_MAX`] characters.
    TooLong,
    /// A space, control, invisible or bidi character, or one that separates names from text.
    Forbidden(char),
    /// Digits alone are an id, not a name.
    OnlyDigits,
    /// The first character has a meaning of its own at the start of a line, or needs one before it.
    BadStart(char),
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("has at least one character"),
            Self::TooLong => write!(f, "has at most {NAME_CHARS_MAX} characters"),
            Self::Forbidden(c) => {
                write!(f, "has no {}: letters, digits, signs and emoji without spaces are fine", describe(*c))
            }
            Self::OnlyDigits => f.write_str("is not a number: add a letter"),
            Self::BadStart(c) => write!(f, "does not begin with {}", describe(*c)),
        }
    }
}

impl std::error::Error for NameError {}

fn describe(c: char) -> String {
    match c {
        ' ' => "space".to_owned(),
        '!'..='~' => format!("'{c}'"),
        _ => format!("U+{:04X}", u32::from(c)),
    }
}

/// Characters that no name holds: they would end it early in `#room nick: text`, vanish, or turn text around.
fn is_forbidden(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(c, ':' | ',' | ';' | '"' | '<' | '>')
        // Default-ignorable and format characters: joiners, bidi marks and overrides, fillers, tags.
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffd}' | '\u{2800}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}' | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
}

/// The name that `written` stands for, in NFC, spaces around it taken off.
fn parse(written: &str) -> Result<String, NameError> {
    let written = written.trim();
    // Bound the work before normalising: NFC never makes a string of this length fit again.
    if written.chars().nth(NAME_CHARS_MAX * 4).is_some() {
        return Err(NameError::TooLong);
    }
    let name: String = written.nfc().collect();
    let Some(first) = name.chars().next() else { return Err(NameError::Empty) };
    if let Some(c) = name.chars().find(|c| is_forbidden(*c)) {
        return Err(NameError::Forbidden(c));
    }
    if matches!(first, '/' | '*' | '#' | '@' | '{' | '-' | '+') || is_combining_mark(first) {
        return Err(NameError::BadStart(first));
    }
    if name.chars().nth(NAME_CHARS_MAX).is_some() {
        return Err(NameError::TooLong);
    }
    Ok(name)
}
