//! The nick that a person wants, and the next best when somebody else has it.

use lanchat_protocol::names::{NICK_CHARS_MAX, Nick};

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

/// As much of a nick as leaves room for a digit.
fn stem(nick: &Nick) -> &str {
    let nick = nick.as_str();
    nick.char_indices().nth(NICK_CHARS_MAX - 1).map_or(nick, |(end, _)| &nick[..end])
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
    fn a_guest_asks_for_the_same_number_once() {
        let mut wish = Wish::of(None);
        assert_eq!(candidates(&wish)[0], None);
        wish.keep("guest7");
        assert_eq!(candidates(&wish)[..2], [Some("guest7".to_owned()), None]);
        wish.keep("not a nick");
        assert_eq!(wish.first().unwrap().as_str(), "guest7");
    }
}
