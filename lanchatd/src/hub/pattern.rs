//! Patterns of nicks: `spam*`, `?ob`. What looks the same as a nick that fits, fits.

use lanchat_protocol::names::{NAME_CHARS_MAX, NickKeys};

/// Nicks that look like this. `*` stands for any signs, `?` for one.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    written: Box<str>,
    keys: NickKeys,
}

/// Patterns that the same nicks fit are the same, in whatever case they are written.
impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.keys == other.keys
    }
}

impl Eq for Pattern {}

impl Pattern {
    /// The pattern that somebody wrote; `None`: no nick could fit it, or it is too long.
    pub(super) fn parse(written: &str) -> Option<Self> {
        let is_one = |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, ':' | '/' | '@' | '#');
        let fits = !written.is_empty() && written.chars().nth(2 * NAME_CHARS_MAX).is_none();
        (fits && written.chars().all(is_one))
            .then(|| Self { written: written.into(), keys: NickKeys::of(written) })
    }

    /// As it was written.
    pub(super) fn as_str(&self) -> &str {
        &self.written
    }

    /// Whether a nick with these keys fits.
    pub(super) fn fits(&self, nick: &NickKeys) -> bool {
        self.keys.iter().any(|pattern| nick.iter().any(|nick| fits(pattern, nick)))
    }
}

/// Goes back to the last `*` only: no pattern takes longer than its length times that of the nick.
fn fits(pattern: &str, nick: &str) -> bool {
    let (pattern, nick): (Vec<char>, Vec<char>) = (pattern.chars().collect(), nick.chars().collect());
    let (mut at, mut read, mut back) = (0, 0, None);
    while read < nick.len() {
        match pattern.get(at) {
            Some('*') => {
                at += 1;
                back = Some((at, read));
            }
            Some(sign) if *sign == '?' || *sign == nick[read] => {
                at += 1;
                read += 1;
            }
            Some(_) | None => {
                let Some((star, taken)) = back else { return false };
                (at, read) = (star, taken + 1);
                back = Some((star, taken + 1));
            }
        }
    }
    pattern[at..].iter().all(|sign| *sign == '*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fits(pattern: &str, nick: &str) -> bool {
        Pattern::parse(pattern).unwrap().fits(&NickKeys::of(nick))
    }

    #[test]
    fn a_star_stands_for_any_signs_and_a_question_mark_for_one() {
        for (pattern, nick) in [
            ("spam*", "spam"),
            ("spam*", "Spammer"),
            ("*am*", "spammer"),
            ("?ob", "bob"),
            ("*", "ana"),
            ("a*b*c", "axxbyyc"),
        ] {
            assert!(fits(pattern, nick), "{pattern} {nick}");
        }
        for (pattern, nick) in [("spam", "spammer"), ("?ob", "ob"), ("?ob", "bbob"), ("a*b*c", "axxbyy")] {
            assert!(!fits(pattern, nick), "{pattern} {nick}");
        }
    }

    #[test]
    fn what_looks_the_same_fits() {
        for nick in ["pаypal", "PAYPAL", "ｐaypal", "paypaI"] {
            assert!(fits("paypal", nick), "{nick}");
            assert!(fits("pay*", nick), "{nick}");
        }
    }

    #[test]
    fn what_no_nick_fits_is_no_pattern() {
        for wrong in ["", "a b", "10.0.0.0/8", "account:ana", &"x".repeat(100)] {
            assert_eq!(Pattern::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_nick_fits_itself_and_what_begins_so(nick in "[a-z]{1,20}", cut in 0_usize..20) {
            prop_assert!(fits(&nick, &nick));
            let begins = format!("{}*", &nick[..cut.min(nick.len())]);
            prop_assert!(fits(&begins, &nick));
        }

        #[test]
        fn nothing_takes_long(pattern in "[a*?]{1,60}", nick in "a{1,32}") {
            let _ = fits(&pattern, &nick);
        }
    }
}
