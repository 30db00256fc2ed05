//! Names, parsed once and valid ever after.
//!
//! A [`Nick`] is what others see; a [`NickKey`] is what makes two nicks the same: letter case and
//! look-alikes (Unicode TS #39, skeletons) do not tell people apart.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_security::skeleton;

/// The longest nick, in characters.
pub const NICK_CHARS_MAX: usize = 32;

/// The name of a person: 1 to [`NICK_CHARS_MAX`] visible characters of any script, in NFC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nick(Box<str>);

/// Why a string is no nick. Its `Display` says what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NickError {
    /// Nothing was given.
    Empty,
    /// More than [`NICK_CHARS_MAX`] characters.
    TooLong,
    /// A space, control, invisible or bidi character, or one that separates names from text.
    Forbidden(char),
    /// Digits alone are an id, not a name.
    OnlyDigits,
    /// The first character has a meaning of its own at the start of a line, or needs one before it.
    BadStart(char),
}

impl fmt::Display for NickError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a nick has at least one character"),
            Self::TooLong => write!(f, "a nick has at most {NICK_CHARS_MAX} characters"),
            Self::Forbidden(c) => write!(
                f,
                "a nick has no {}: letters, digits, signs and emoji without spaces are fine",
                describe(*c)
            ),
            Self::OnlyDigits => f.write_str("a nick is not a number: add a letter"),
            Self::BadStart(c) => write!(f, "a nick does not begin with {}", describe(*c)),
        }
    }
}

impl std::error::Error for NickError {}

fn describe(c: char) -> String {
    match c {
        ' ' => "space".to_owned(),
        '!'..='~' => format!("'{c}'"),
        _ => format!("U+{:04X}", u32::from(c)),
    }
}

/// Characters that no nick holds: they would end it early in `nick: text`, vanish, or turn text around.
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

impl Nick {
    /// The nick that `written` stands for, spaces around it taken off.
    pub fn parse(written: &str) -> Result<Self, NickError> {
        let written = written.trim();
        // Bound the work before normalising: NFC never makes a string of this length fit again.
        if written.chars().nth(NICK_CHARS_MAX * 4).is_some() {
            return Err(NickError::TooLong);
        }
        let nick: String = written.nfc().collect();
        let Some(first) = nick.chars().next() else { return Err(NickError::Empty) };
        if let Some(c) = nick.chars().find(|c| is_forbidden(*c)) {
            return Err(NickError::Forbidden(c));
        }
        if matches!(first, '/' | '*' | '#' | '@' | '{' | '-' | '+') || is_combining_mark(first) {
            return Err(NickError::BadStart(first));
        }
        if nick.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NickError::OnlyDigits);
        }
        if nick.chars().nth(NICK_CHARS_MAX).is_some() {
            return Err(NickError::TooLong);
        }
        Ok(Self(nick.into()))
    }

    /// The nick of the `number`th guest: `guest7`.
    pub fn guest(number: u64) -> Self {
        Self(format!("guest{number}").into())
    }

    /// The nick as others see it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The keys by which nicks are unique.
    pub fn keys(&self) -> NickKeys {
        NickKeys::of(&self.0)
    }
}

impl fmt::Display for Nick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One identity of a nick: two nicks that share any key are the same name.
pub type NickKey = Box<str>;

/// Both keys of a nick. One key is not enough: `I` is a capital `i` to a reader of one nick and a
/// look-alike of `l` to the reader of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NickKeys {
    /// Lower case first, then look-alikes.
    pub by_case: NickKey,
    /// Look-alikes first, then lower case; `None` where it is the same.
    pub by_shape: Option<NickKey>,
}

impl NickKeys {
    /// The keys of any string: one that is no nick matches nobody.
    pub fn of(written: &str) -> Self {
        let compatible: String = written.nfkc().collect();
        let by_case: String = skeleton(&compatible.to_lowercase()).collect();
        let by_case = by_case.to_lowercase();
        let shape: String = skeleton(&compatible).collect();
        let by_shape: String = skeleton(&shape.to_lowercase()).collect();
        let by_shape = by_shape.to_lowercase();
        let by_shape = (by_shape != by_case).then(|| by_shape.into());
        Self { by_case: by_case.into(), by_shape }
    }

    /// The keys, each once.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.by_case).chain(self.by_shape.as_deref())
    }

    /// Whether two nicks with these keys are the same name.
    pub fn collide(&self, other: &Self) -> bool {
        self.iter().any(|key| other.iter().any(|theirs| key == theirs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn same(a: &str, b: &str) -> bool {
        Nick::parse(a).unwrap().keys().collide(&Nick::parse(b).unwrap().keys())
    }

    #[test]
    fn a_nick_has_1_to_32_characters() {
        assert_eq!(Nick::parse("  "), Err(NickError::Empty));
        assert!(Nick::parse(&"é".repeat(32)).is_ok());
        assert_eq!(Nick::parse(&"é".repeat(33)), Err(NickError::TooLong));
        assert!(Nick::parse(&"e\u{301}".repeat(32)).is_ok(), "counted after composition");
        assert_eq!(Nick::parse(&"x".repeat(100_000)), Err(NickError::TooLong));
    }

    #[test]
    fn names_of_any_script_and_emoji_are_welcome() {
        for nick in ["ana", "Ærøskøbing", "李雷", "שרה", "ana_2", "|x|", "🦀", "o'neil", "हिन्दी"]
        {
            assert!(Nick::parse(nick).is_ok(), "{nick}");
        }
    }

    #[test]
    fn characters_that_mislead_are_refused() {
        for nick in
            ["a b", "a:b", "a\u{202e}b", "a\u{200b}b", "a\x1bb", "a\nb", "\u{3164}", "a\u{ad}b", "a\u{fe0f}"]
        {
            assert!(matches!(Nick::parse(nick), Err(NickError::Forbidden(_))), "{nick:?}");
        }
        for nick in ["/ana", "*ana", "#ana", "{ana", "\u{301}a"] {
            assert!(matches!(Nick::parse(nick), Err(NickError::BadStart(_))), "{nick:?}");
        }
    }

    #[test]
    fn a_number_is_no_nick() {
        assert_eq!(Nick::parse("42"), Err(NickError::OnlyDigits));
        assert!(Nick::parse("42nd").is_ok());
    }

    #[test]
    fn case_and_look_alikes_do_not_tell_people_apart() {
        for (a, b) in [
            ("ana", "ANA"),
            ("IANA", "iana"),
            ("Iana", "lana"),
            ("paypal", "pаypal"),
            ("bob", "B0B"),
            ("ﬁn", "fin"),
        ] {
            assert!(same(a, b), "{a} {b}");
        }
        for (a, b) in [("ana", "anna"), ("iana", "lana"), ("guest1", "guest2"), ("guest1", "guest11")] {
            assert!(!same(a, b), "{a} {b}");
        }
    }

    #[test]
    fn guests_never_share_a_key() {
        let mut seen = std::collections::HashSet::new();
        for number in 0..20_000 {
            let keys = Nick::guest(number).keys();
            assert!(keys.iter().all(|key| seen.insert(key.to_owned())), "guest{number}");
        }
    }

    proptest! {
        #[test]
        fn whatever_parses_is_short_visible_and_parses_to_itself(written in "\\PC{0,40}|.{0,40}") {
            if let Ok(nick) = Nick::parse(&written) {
                let count = nick.as_str().chars().count();
                prop_assert!((1..=NICK_CHARS_MAX).contains(&count));
                prop_assert!(crate::text::is_clean(nick.as_str()));
                prop_assert!(!nick.as_str().contains([' ', ':', '\t']));
                prop_assert_eq!(&Nick::parse(nick.as_str()).unwrap(), &nick);
                prop_assert!(nick.keys().collide(&NickKeys::of(&nick.as_str().to_ascii_uppercase())));
            }
        }
    }
}
