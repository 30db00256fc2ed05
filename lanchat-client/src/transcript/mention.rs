//! Who is named in a text: a nick as a whole word, written as names may be written.

use std::ops::Range;

use lanchat_protocol::names::{NAME_CHARS_MAX, NickKeys};

/// A longer word is nobody's name, in characters: it may have signs around it.
const WORD_CHARS_MAX: usize = 2 * NAME_CHARS_MAX;

/// Nobody is looked for further in a text than this, in bytes: no relay of ours takes a longer one.
const TEXT_BYTES_MAX: usize = 64 << 10;

/// Whom to look for.
#[derive(Clone, Debug)]
pub(super) struct Named {
    nick: String,
    keys: NickKeys,
    /// With which ASCII characters the nick can begin, however it is written: most words begin with another.
    begins: [bool; 128],
}

impl Named {
    /// Whoever is called so.
    pub(super) fn new(nick: &str) -> Self {
        let keys = NickKeys::of(nick);
        let begins = std::array::from_fn(|code| {
            let first =
                u8::try_from(code).map(|code| NickKeys::of(char::from(code).encode_utf8(&mut [0; 4])));
            first.is_ok_and(|first| keys.iter().any(|key| first.iter().any(|first| key.starts_with(first))))
        });
        Self { nick: nick.to_owned(), keys, begins }
    }

    /// The nick as it is written.
    pub(super) fn nick(&self) -> &str {
        &self.nick
    }

    /// Whether this is their nick.
    pub(super) fn is(&self, nick: &str) -> bool {
        let can_be = |first: u8| self.begins.get(usize::from(first)).is_none_or(|begins| *begins);
        let is_worth_a_look = nick.len() <= 4 * NAME_CHARS_MAX && nick.bytes().next().is_some_and(can_be);
        self.nick == nick || (is_worth_a_look && self.keys.collide(&NickKeys::of(nick)))
    }

    /// Where they are named.
    pub(super) fn places_in(&self, text: &str) -> Vec<Range<usize>> {
        let text = &text[..text.floor_char_boundary(TEXT_BYTES_MAX)];
        let mut places = Vec::new();
        let mut start = None;
        for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
            match start {
                None if self.is_of_a_word(c) => start = Some(at),
                Some(from) if !self.is_of_a_word(c) => {
                    places.extend(self.place(text, from..at));
                    start = None;
                }
                _ => {}
            }
        }
        places
    }

    /// The word, or what is left of it without the signs around it, if that is the nick.
    fn place(&self, text: &str, word: Range<usize>) -> Option<Range<usize>> {
        let written = text.get(word.clone())?;
        if written.chars().nth(WORD_CHARS_MAX).is_some() {
            return None;
        }
        let inner = written.trim_matches(|c: char| !c.is_alphanumeric());
        let start = word.start + written.find(inner)?;
        if self.is(written) {
            return Some(word);
        }
        (inner.len() < written.len() && self.is(inner)).then(|| start..start + inner.len())
    }

    /// Besides letters and digits, the signs that the nick itself has: `j.doe` is one word to who is called so.
    fn is_of_a_word(&self, c: char) -> bool {
        let is_mark = !c.is_ascii() && !c.is_whitespace() && !c.is_alphanumeric() && is_zero_wide(c);
        c.is_alphanumeric() || matches!(c, '-' | '_') || is_mark || (c != '@' && self.nick.contains(c))
    }
}

/// Marks belong to the letter before.
fn is_zero_wide(c: char) -> bool {
    unicode_width::UnicodeWidthChar::width(c) == Some(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found<'a>(nick: &str, text: &'a str) -> Vec<&'a str> {
        Named::new(nick).places_in(text).into_iter().map(|place| &text[place]).collect()
    }

    #[test]
    fn a_nick_is_found_as_a_whole_word_however_it_is_addressed() {
        for text in
            ["ana", "ana: hi", "hi @ana", "hi, ana!", "(ana)", "ana's", "bo/ana", "_ana_", "--ana--", "ana…"]
        {
            assert_eq!(found("ana", text), ["ana"], "{text}");
        }
        for text in ["banana", "anatol", "ana-maria", "ana_b", "ana2", "", "a na", "anaë"] {
            assert_eq!(found("ana", text), [""; 0], "{text}");
        }
        assert_eq!(found("ana", "ana and Ana\u{2}ANA"), ["ana", "Ana", "ANA"]);
    }

    #[test]
    fn names_are_the_same_here_as_for_the_relay() {
        assert_eq!(found("Zoë", "zoe\u{308}, ZOË"), ["zoe\u{308}", "ZOË"]);
        assert_eq!(found("paypal", "pаypal"), ["pаypal"], "a Cyrillic letter that looks the same");
        assert_eq!(found("日本", "日本: hi"), ["日本"]);
    }

    #[test]
    fn what_looks_the_same_begins_with_another_letter_all_the_same() {
        for (nick, written) in
            [("mia", "rnia"), ("rnia", "mia"), ("Ines", "lnes"), ("olga", "0lga"), ("1ana", "lana")]
        {
            let is_same = NickKeys::of(nick).collide(&NickKeys::of(written));
            assert_eq!(Named::new(nick).is(written), is_same, "{nick} {written}");
        }
    }

    #[test]
    fn signs_in_a_nick_belong_to_it() {
        assert_eq!(found("j.doe", "ask j.doe."), ["j.doe"]);
        assert_eq!(found("j.doe", "ask doe"), [""; 0]);
        assert_eq!(found("[bot]", "[bot] help"), ["[bot]"]);
        assert_eq!(found("[bot]", "bot help"), [""; 0]);
        assert_eq!(found("bo-", "bo-"), ["bo-"]);
    }

    #[test]
    fn words_without_end_are_nobodys_name() {
        assert_eq!(found("ana", &"ana".repeat(10_000)), [""; 0]);
        assert!(!Named::new("ana").is(&"a".repeat(1_000_000)));
        let end = |before: usize| format!("{} ana", "é".repeat(before));
        assert_eq!(found("ana", &end(TEXT_BYTES_MAX / 2 - 2)), ["ana"]);
        assert_eq!(found("ana", &end(TEXT_BYTES_MAX / 2 - 1)), [""; 0], "a text that no relay takes");
    }

    proptest! {
        #[test]
        fn a_look_at_the_first_letter_decides_nothing_wrongly(nick in "[ -~é]{1,4}", written in "[ -~é\u{301}]{1,4}") {
            let is_same = nick == written || NickKeys::of(&nick).collide(&NickKeys::of(&written));
            prop_assert_eq!(Named::new(&nick).is(&written), is_same);
        }

        #[test]
        fn what_is_found_is_in_the_text_and_is_the_nick(nick in "\\PC{1,8}", text in "(\\PC|ana|@| ){0,40}") {
            let named = Named::new(&nick);
            for place in named.places_in(&text) {
                prop_assert!(text.get(place.clone()).is_some_and(|word| named.is(word)));
            }
        }
    }
}
