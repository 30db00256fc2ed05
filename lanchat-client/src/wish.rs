//! The nick that a person wants, and the next best when somebody else has it.

use lanchat_protocol::client::{Code, Event};
use lanchat_protocol::names::{NAME_CHARS_MAX, Nick};
use lanchat_protocol::text::clean;

/// How often another nick is tried before the relay is left to choose one.
const VARIANTS_MAX: u32 = 8;

/// The nick to ask for in a `hello`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    nick: Option<Nick>,
    /// A person's own name is varied when it is taken (`ana2`); a guest's number is not.
    varies: bool,
}

impl Wish {
    /// What a person asked for; `None` leaves it to the relay.
    pub(crate) fn of(nick: Option<Nick>) -> Self {
        Self { nick, varies: true }
    }

    /// The nick that the relay gave or changed, to be asked for again after a lost connection.
    pub(crate) fn keep(&mut self, nick: &str) {
        let guest = nick.strip_prefix("guest").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
        if let Ok(nick) = Nick::parse(nick) {
            *self = Self { nick: Some(nick), varies: !guest };
        }
    }

    /// The nick for the `attempt`th hello of a connection, from 0; `None` leaves it to the relay.
    pub(crate) fn candidate(&self, attempt: u32) -> Option<Nick> {
        let nick = self.nick.as_ref()?;
        match attempt {
            0 => Some(nick.clone()),
            1..=VARIANTS_MAX if self.varies => Nick::parse(&format!("{}{}", stem(nick), attempt + 1)).ok(),
            _ => None,
        }
    }

    /// The nick of the first choice.
    pub(crate) fn first(&self) -> Option<&Nick> {
        self.nick.as_ref()
    }
}

/// A nick that the relay gave to this client, as it is shown: one that is none is cut to the size of one.
/// `None` where nothing is left of it.
pub(crate) fn shown_nick(given: &str) -> Option<String> {
    if let Ok(nick) = Nick::parse(given) {
        return Some(nick.to_string());
    }
    let given = clean(given);
    let nick: String = given.chars().filter(|c| !c.is_whitespace()).take(NAME_CHARS_MAX).collect();
    if nick.is_empty() { None } else { Some(nick) }
}

/// Why the nick of the first choice was not to be had on one connection.
#[derive(Debug, Default)]
pub(crate) struct Denial {
    heard: bool,
    /// What the relay has against the nick, if it is not that somebody has it.
    bad: Option<String>,
    /// The nick belongs to somebody who has registered it.
    is_registered: bool,
}

impl Denial {
    /// The relay refused a nick with this line. Only the first refusal is about the first choice.
    pub(crate) fn hear(&mut self, line: &[u8]) {
        if std::mem::replace(&mut self.heard, true) {
            return;
        }
        if let Ok(Event::Error { code: Code::BadNick, message, .. }) = serde_json::from_slice(line) {
            self.bad = Some(clean(&message).into_owned());
        }
        let registered = |event| matches!(event, Event::Error { code: Code::NickRegistered, .. });
        self.is_registered = serde_json::from_slice(line).is_ok_and(registered);
    }

    /// What to say to whoever wanted that nick.
    pub(crate) fn words(&self, wanted: &Nick) -> String {
        match &self.bad {
            Some(why) => format!("the relay refused the nick {wanted}: {why}"),
            None if self.is_registered => {
                format!("the nick {wanted} belongs to somebody: /login {wanted} if that is you")
            }
            None => format!("somebody has the nick {wanted}"),
        }
    }
}

/// As much of a nick as leaves room for a digit.
fn stem(nick: &Nick) -> &str {
    let nick = nick.as_str();
    nick.char_indices().nth(NAME_CHARS_MAX - 1).map_or(nick, |(end, _)| &nick[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(wish: &Wish) -> Vec<Option<String>> {
        (0..11).map(|attempt| wish.candidate(attempt).map(|nick| nick.to_string())).collect()
    }

    #[test]
    fn a_taken_nick_is_tried_with_digits_and_then_left_to_the_relay() {
        let tried = candidates(&Wish::of(Nick::parse("ana").ok()));
        let expected = ["ana", "ana2", "ana3", "ana4", "ana5", "ana6", "ana7", "ana8", "ana9"];
        assert_eq!(tried[..9], expected.map(|nick| Some(nick.to_owned())));
        assert_eq!(tried[9..], [None, None]);
    }

    #[test]
    fn the_longest_nick_still_has_variants() {
        let wish = Wish::of(Nick::parse(&"é".repeat(32)).ok());
        assert_eq!(wish.candidate(1).unwrap().to_string(), format!("{}2", "é".repeat(31)));
    }

    #[test]
    fn what_the_relay_gives_is_shown_at_the_size_of_a_nick() {
        assert_eq!(shown_nick("ana").as_deref(), Some("ana"));
        assert_eq!(shown_nick(&"N".repeat(200_000)), Some("N".repeat(32)));
        assert_eq!(shown_nick("a\x1b[2J\tb\u{2028}:c").as_deref(), Some("a[2Jb:c"));
        assert_eq!(shown_nick(" \x1b\n"), None);
    }

    #[test]
    fn a_nick_that_the_relay_refuses_is_told_with_its_reason() {
        let (bad, taken) = (
            br#"{"type":"error","code":"bad_nick","message":"reserved"}"#,
            br#"{"type":"error","code":"nick_taken","message":"taken"}"#,
        );
        let words = |lines: [&[u8]; 2]| {
            let mut denial = Denial::default();
            for line in lines {
                denial.hear(line);
            }
            denial.words(&Nick::guest(1))
        };
        assert_eq!(words([bad, taken]), "the relay refused the nick guest1: reserved");
        assert_eq!(words([taken, bad]), "somebody has the nick guest1", "the other was not asked for");
    }

    #[test]
    fn a_guest_asks_for_the_same_number_once() {
        let mut wish = Wish::of(None);
        assert_eq!(candidates(&wish)[0], None);
        wish.keep("guest7");
        assert_eq!(candidates(&wish)[..2], [Some("guest7".to_owned()), None]);
        wish.keep("not a nick");
        assert_eq!(wish.first().unwrap().as_str(), "guest7");
    }
}
