//! Nicks: the names of people.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use unicode_security::skeleton;

use super::NameError;

/// The name of a person: 1 to [`super::NAME_CHARS_MAX`] visible characters of any script, in NFC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nick(Box<str>);

impl Nick {
    /// The nick that `written` stands for, spaces around it taken off.
    pub fn parse(written: &str) -> Result<Self, NameError> {
        let nick = super::parse(written)?;
        if nick.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NameError::OnlyDigits);
        }
        Ok(Self(nick.into()))
    }

    /// The nick of the `number`th guest: `guest7`.
    pub fn guest(number: u64) -> Self {
        Self(format!("guest{number}").into())
    }

    /// Whether it is one that guests are given, or looks like one.
    pub fn is_of_guests(&self) -> bool {
        let keys = self.keys();
        let shape = NickKeys::of("guest").by_case;
        keys.iter().any(|key| {
            key.strip_prefix(&*shape).is_some_and(|number| {
                // Digits that look like letters have the keys of those.
                number.is_empty() || number.chars().all(|c| c.is_ascii_digit() || matches!(c, 'l' | 'o'))
            })
        })
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

    /// The keys of a string as if it had no marks over and under its letters: `Zoë` and `Zoe` look the same to those who
    /// read in haste.
    pub fn without_marks(written: &str) -> Self {
        let bare: String = written.nfkd().filter(|c| !is_mark(*c)).collect();
        Self::of(&bare)
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

/// Marks that letters of any script may have (Unicode's blocks of combining diacritical marks). The signs of scripts that
/// are written with them, such as Devanagari, are none.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}')
}

#[cfg(test)]
mod tests {
    use super::super::NAME_CHARS_MAX;
    use super::*;
    use proptest::prelude::*;

    fn same(a: &str, b: &str) -> bool {
        Nick::parse(a).unwrap().keys().collide(&Nick::parse(b).unwrap().keys())
    }

    #[test]
    fn a_nick_has_1_to_32_characters() {
        assert_eq!(Nick::parse("  "), Err(NameError::Empty));
        assert!(Nick::parse(&"é".repeat(32)).is_ok());
        assert_eq!(Nick::parse(&"é".repeat(33)), Err(NameError::TooLong));
        assert!(Nick::parse(&"e\u{301}".repeat(32)).is_ok(), "counted after composition");
        assert_eq!(Nick::parse(&"x".repeat(100_000)), Err(NameError::TooLong));
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
            assert!(matches!(Nick::parse(nick), Err(NameError::Forbidden(_))), "{nick:?}");
        }
        for nick in ["/ana", "*ana", "#ana", "{ana", "\u{301}a"] {
            assert!(matches!(Nick::parse(nick), Err(NameError::BadStart(_))), "{nick:?}");
        }
    }

    #[test]
    fn a_number_is_no_nick() {
        assert_eq!(Nick::parse("42"), Err(NameError::OnlyDigits));
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
    fn marks_are_seen_through() {
        let bare = NickKeys::without_marks;
        for marked in ["aná", "a\u{336}n\u{336}a", "an\u{430}\u{301}", "ȧṅå"] {
            assert_eq!(bare(marked), bare("ana"), "{marked}");
        }
        assert_ne!(bare("हिन्दी"), bare("हन्द"), "these are no marks but vowels");
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
                prop_assert!((1..=NAME_CHARS_MAX).contains(&count));
                prop_assert!(crate::text::is_clean(nick.as_str()));
                prop_assert!(!nick.as_str().contains([' ', ':', '\t']));
                prop_assert_eq!(&Nick::parse(nick.as_str()).unwrap(), &nick);
                prop_assert!(nick.keys().collide(&NickKeys::of(&nick.as_str().to_ascii_uppercase())));
            }
        }
    }
}
