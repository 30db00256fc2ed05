//! The commands that this program understands by itself, beside those of the relay.

use lanchat_protocol::slash::{self, Spec, Wrong};

use crate::claim;
use crate::settings;

/// The commands, as help and completion show them.
pub(crate) const COMMANDS: &[Spec] = &[REPLY, LAST];

const REPLY: Spec = Spec { name: "reply", usage: "/reply TEXT", what: "answers who wrote to you alone last" };

const LAST: Spec =
    Spec { name: "last", usage: "/last [N]", what: "shows again what named you, or was for you alone" };

/// So many messages `/last` shows where it is not told how many.
const LAST_COUNT: usize = 10;

/// What one of these commands asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Own<'a> {
    /// Say this to whoever wrote to the person alone last.
    Reply(&'a str),
    /// Show so many of the messages that named the person.
    Last(usize),
    /// The command needs something else behind it.
    Incomplete(&'static str),
}

/// What a typed line asks for, if it is one of these commands.
pub(crate) fn parse(line: &str) -> Option<Own<'_>> {
    let rest = line.strip_prefix('/')?;
    let (name, argument) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let argument = argument.trim();
    let is = |spec: &Spec| spec.name.eq_ignore_ascii_case(name);
    if is(&REPLY) {
        let own = if argument.is_empty() { Own::Incomplete(REPLY.usage) } else { Own::Reply(argument) };
        return Some(own);
    }
    is(&LAST).then(|| match argument {
        "" => Own::Last(LAST_COUNT),
        count => match count.parse() {
            Ok(count @ 1..) => Own::Last(count),
            Ok(0) | Err(_) => Own::Incomplete(LAST.usage),
        },
    })
}

/// All commands, as help and completion show them. `asks`: where a password is needed, the person is asked for it.
pub(crate) fn all(asks: bool) -> impl Iterator<Item = &'static Spec> {
    let asked = move |spec: &'static Spec| {
        let asked = claim::COMMANDS.iter().find(|asked| asks && asked.name == spec.name);
        asked.unwrap_or(spec)
    };
    slash::COMMANDS.iter().map(asked).chain(COMMANDS).chain(settings::COMMANDS)
}

/// Why a line is no command, with the most similar of all commands.
pub(crate) fn wrong(wrong: &Wrong) -> String {
    let Wrong::Unknown { name, .. } = wrong else { return wrong.to_string() };
    let nearest = slash::nearest(name, &[COMMANDS, settings::COMMANDS, slash::COMMANDS]);
    Wrong::Unknown { name, nearest }.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_commands_and_no_others_are_understood() {
        assert_eq!(parse("/reply  to be\nsure "), Some(Own::Reply("to be\nsure")));
        assert_eq!(parse("/REPLY"), Some(Own::Incomplete("/reply TEXT")));
        assert_eq!(parse("/last"), Some(Own::Last(LAST_COUNT)));
        assert_eq!(parse("/last 3"), Some(Own::Last(3)));
        assert_eq!(parse("/last -1"), Some(Own::Incomplete("/last [N]")));
        assert_eq!(parse("/last 0"), Some(Own::Incomplete("/last [N]")));
        for line in ["reply hi", "//reply hi", "/replyx hi", "/nick bo", " /last"] {
            assert_eq!(parse(line), None, "{line}");
        }
    }

    /// The line that somebody types who goes by the usage, with or without what may be left out.
    fn typed(usage: &str, is_short: bool) -> String {
        let mut line = String::new();
        let mut depth = 0;
        for c in usage.chars() {
            match c {
                '[' => depth += 1,
                ']' => depth -= 1,
                _ if depth > 0 && is_short => {}
                c => line.push(c),
            }
        }
        let word = |word: &str| match word.split('|').next().unwrap_or_default() {
            "SECONDS" => "5".to_owned(),
            first => first.to_owned(),
        };
        line.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_help_says_is_what_is_understood() {
        let is_own = |line: &str| match parse(line) {
            Some(Own::Incomplete(_)) => panic!("{line}"),
            Some(_) => true,
            None => settings::is_command(line),
        };
        for (asks, is_short) in [(true, true), (true, false), (false, true), (false, false)] {
            for Spec { name, usage, .. } in all(asks) {
                // What may stand there is a number.
                let line = typed(usage, is_short).replace("/last N", "/last 3");
                let is_wrong = matches!(slash::parse(&line), slash::Typed::Wrong(_));
                assert!(is_own(&line) || !is_wrong, "{line}");
                if claim::COMMANDS.iter().any(|claim| claim.name == *name) {
                    let is_asked = matches!(claim::understand(&line), Some(Err(_)));
                    assert!(if asks { is_asked } else { claim::unasked(&line).is_some() }, "{line}");
                }
            }
        }
        let names = |asks| all(asks).map(|spec| spec.name).collect::<Vec<_>>();
        assert_eq!(names(true), names(false));
    }

    #[test]
    fn the_most_similar_command_may_be_one_of_them() {
        let told = |line| match slash::parse(line) {
            slash::Typed::Wrong(unknown) => wrong(&unknown),
            other => panic!("{other:?}"),
        };
        assert_eq!(told("/rely hi"), "there is no command /rely; did you mean /reply? Nothing was sent");
        assert_eq!(told("/nikc bo"), "there is no command /nikc; did you mean /nick? Nothing was sent");
        for (line, name) in
            [("/them", "them"), ("/ theme dark", " theme"), ("/TEHME", "TEHME"), ("/ them", " them")]
        {
            let meant = format!("there is no command /{name}; did you mean /theme? Nothing was sent");
            assert_eq!(told(line), meant);
        }
        assert_eq!(told("/me"), "usage: /me TEXT");
    }
}
