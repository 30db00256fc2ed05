//! What a person types: a message, or a command that begins with a slash.
//!
//! One parser for those who type into netcat (in the daemon) and those who type into `lanchat-client`.
//! `//` at the start of a line stands for a slash that belongs to the message.

use std::borrow::Cow;

use crate::order::Order;

/// A typed line, understood.
#[derive(Debug, PartialEq, Eq)]
pub enum Typed<'a> {
    /// A message for the current room.
    Say(Cow<'a, str>),
    /// `/me waves`: what the sender does, told in the third person.
    Me(&'a str),
    /// `/nick NAME`.
    Nick(&'a str),
    /// `/who`, `/names`: who is here, or in another room.
    Who(Option<&'a str>),
    /// `/join ROOM`.
    Join(&'a str),
    /// `/part [ROOM]`.
    Part(Option<&'a str>),
    /// `/rooms`.
    Rooms,
    /// `/topic [TEXT]`: what the room is about; `-` for nothing.
    Topic(Option<&'a str>),
    /// `/msg NICK TEXT`: for one person alone.
    Msg {
        /// The person.
        nick: &'a str,
        /// What to say.
        text: &'a str,
    },
    /// `/whois NICK`.
    Whois(&'a str),
    /// `/away [TEXT]`.
    Away(Option<&'a str>),
    /// `/back`.
    Back,
    /// `/ignore [NICK]`: no word of them, or who that holds for.
    Ignore(Option<&'a str>),
    /// `/unignore NICK`.
    Unignore(&'a str),
    /// `/history [#ROOM | @NICK] [N | 2h | since MOMENT]`: see [`crate::past::place`], [`crate::past::Wanted`].
    History(&'a str),
    /// `/search WORDS`: see [`crate::past::Query`].
    Search(&'a str),
    /// `/register PASSWORD [INVITE]`: what stands after it, see [`register`].
    Register(&'a str),
    /// `/login [NICK] PASSWORD`: what stands after it, see [`login`].
    Login(&'a str),
    /// `/passwd OLD NEW`: what stands after it, see [`passwd`].
    Passwd(&'a str),
    /// `/logout`.
    Logout,
    /// `/kick`, `/ban` and what else keeps order.
    Order(Order<'a>),
    /// `/help`.
    Help,
    /// `/quit`.
    Quit,
    /// Nothing but white space.
    Empty,
    /// A command that does not exist or lacks its argument.
    Wrong(Wrong<'a>),
}

/// Why a line that begins with a slash is no command. Nothing of it is ever sent as a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Wrong<'a> {
    /// There is no such command; perhaps `nearest` was meant.
    Unknown {
        /// The word after the slash, as typed, with any space between them.
        name: &'a str,
        /// The name of the most similar command.
        nearest: Option<&'static str>,
    },
    /// The command needs an argument.
    Incomplete(&'static Spec),
}

impl std::fmt::Display for Wrong<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown { name, nearest: Some(nearest) } => {
                write!(f, "there is no command /{name}; did you mean /{nearest}? Nothing was sent")
            }
            Self::Unknown { name, nearest: None } => {
                write!(f, "there is no command /{name}; /help lists them. Nothing was sent")
            }
            Self::Incomplete(spec) => write!(f, "usage: {}", spec.usage),
        }
    }
}

/// One command, as help and completion show it.
#[derive(Debug, PartialEq, Eq)]
pub struct Spec {
    /// Its name without the slash.
    pub name: &'static str,
    /// How it is typed.
    pub usage: &'static str,
    /// What it does, in a few words.
    pub what: &'static str,
}

/// All commands, in the order in which help shows them.
pub const COMMANDS: &[Spec] = &[
    Spec { name: "help", usage: "/help", what: "shows this list" },
    Spec { name: "nick", usage: "/nick NAME", what: "takes a name" },
    Spec { name: "who", usage: "/who [ROOM]", what: "shows who is here, or in another room" },
    Spec { name: "join", usage: "/join ROOM", what: "enters a room, and talks there" },
    Spec { name: "part", usage: "/part [ROOM]", what: "leaves a room" },
    Spec { name: "rooms", usage: "/rooms", what: "shows the rooms there are" },
    Spec {
        name: "topic",
        usage: "/topic [TEXT]",
        what: "shows or sets what the room is about; - for nothing",
    },
    Spec { name: "msg", usage: "/msg NICK TEXT", what: "says something to one person alone" },
    Spec { name: "whois", usage: "/whois NICK", what: "shows who somebody is" },
    Spec { name: "away", usage: "/away [TEXT]", what: "tells others that you are not there" },
    Spec { name: "back", usage: "/back", what: "tells others that you are there again" },
    Spec {
        name: "ignore",
        usage: "/ignore [NICK]",
        what: "hides what somebody says, or shows who is hidden",
    },
    Spec { name: "unignore", usage: "/unignore NICK", what: "hears somebody again" },
    Spec {
        name: "history",
        usage: "/history [ROOM] [N | 2h | since TIME]",
        what: "shows what was said here, in #ROOM or with @NICK before",
    },
    Spec {
        name: "search",
        usage: "/search WORDS",
        what: "finds messages; from:NICK in:ROOM before:DATE after:DATE narrow it down",
    },
    Spec { name: "register", usage: "/register PASSWORD [INVITE]", what: "makes your name yours alone" },
    Spec { name: "login", usage: "/login [NICK] PASSWORD", what: "shows that a name is yours" },
    Spec { name: "passwd", usage: "/passwd OLD NEW", what: "changes your password" },
    Spec { name: "logout", usage: "/logout", what: "makes you a guest again" },
    Spec {
        name: "create",
        usage: "/create ROOM [--private] [--moderated]",
        what: "opens a room that others do not see, or in which only some speak",
    },
    Spec { name: "invite", usage: "/invite NICK", what: "lets somebody into this private or locked room" },
    Spec { name: "op", usage: "/op NICK", what: "makes somebody an operator of this room" },
    Spec { name: "deop", usage: "/deop NICK", what: "makes somebody an operator no longer" },
    Spec { name: "voice", usage: "/voice NICK", what: "lets somebody speak in this moderated room" },
    Spec { name: "devoice", usage: "/devoice NICK", what: "lets them speak here no longer" },
    Spec {
        name: "slow",
        usage: "/slow SECONDS|off",
        what: "lets each say one message in so many seconds here",
    },
    Spec { name: "lock", usage: "/lock", what: "lets nobody new into this room" },
    Spec { name: "unlock", usage: "/unlock", what: "lets everybody in again" },
    Spec {
        name: "private",
        usage: "/private on|off",
        what: "says whether others find this room, and enter it without /invite",
    },
    Spec {
        name: "moderated",
        usage: "/moderated on|off",
        what: "says whether only operators speak here, and those with a /voice",
    },
    Spec { name: "kick", usage: "/kick NICK [REASON]", what: "puts somebody out of this room for a minute" },
    Spec {
        name: "mute",
        usage: "/mute NICK [1h] [REASON]",
        what: "lets somebody say nothing: operators in this room, moderators everywhere",
    },
    Spec { name: "unmute", usage: "/unmute NICK", what: "lets somebody speak again" },
    Spec {
        name: "ban",
        usage: "/ban NICK|NI*K|NETWORK [1h] [REASON]",
        what: "lets nobody in who is called so, or comes from there",
    },
    Spec { name: "unban", usage: "/unban WHOM", what: "lets them in again" },
    Spec { name: "bans", usage: "/bans", what: "shows who is not let in" },
    Spec { name: "me", usage: "/me TEXT", what: "says what you do: /me waves" },
    Spec { name: "quit", usage: "/quit", what: "leaves" },
];

/// Other names of commands, for those who know them so.
const ALIASES: &[(&str, &str)] = &[
    ("names", "who"),
    ("list", "rooms"),
    ("leave", "part"),
    ("dm", "msg"),
    ("query", "msg"),
    ("tell", "msg"),
    ("last", "history"),
    ("find", "search"),
    ("grep", "search"),
];

/// How a message begins with a slash; the last line of every help.
pub const SLASH_HINT: &str = "a line that begins with // is a message that begins with /";

/// Understands one line without its line end.
pub fn parse(line: &str) -> Typed<'_> {
    let Some(rest) = line.strip_prefix('/') else {
        return if line.trim().is_empty() { Typed::Empty } else { Typed::Say(Cow::Borrowed(line)) };
    };
    if rest.starts_with('/') {
        return Typed::Say(Cow::Borrowed(rest));
    }
    let (name, argument) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let argument = argument.trim();
    let meant =
        ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(name)).map_or(name, |(_, name)| name);
    let Some(spec) = COMMANDS.iter().find(|spec| spec.name.eq_ignore_ascii_case(meant)) else {
        let name = if name.is_empty() { spaced(rest) } else { name };
        return Typed::Wrong(Wrong::Unknown { name, nearest: nearest(name, &[COMMANDS]) });
    };
    let optional = (!argument.is_empty()).then_some(argument);
    match (spec.name, argument) {
        ("nick" | "me" | "join" | "msg" | "whois" | "unignore" | "search", "") => {
            Typed::Wrong(Wrong::Incomplete(spec))
        }
        ("nick", nick) => Typed::Nick(nick),
        ("me", deed) => Typed::Me(deed),
        ("who", _) => Typed::Who(optional),
        ("join", room) => Typed::Join(room),
        ("part", _) => Typed::Part(optional),
        ("rooms", _) => Typed::Rooms,
        ("topic", _) => Typed::Topic(optional),
        ("msg", argument) => match argument.split_once(char::is_whitespace) {
            Some((nick, text)) => Typed::Msg { nick, text: text.trim_start() },
            None => Typed::Wrong(Wrong::Incomplete(spec)),
        },
        ("whois", nick) => Typed::Whois(nick),
        ("away", _) => Typed::Away(optional),
        ("back", _) => Typed::Back,
        ("ignore", _) => Typed::Ignore(optional),
        ("unignore", nick) => Typed::Unignore(nick),
        ("history", asked) => Typed::History(asked),
        ("search", query) => Typed::Search(query),
        ("register", words) => Typed::Register(words),
        ("login", words) => Typed::Login(words),
        ("passwd", words) => Typed::Passwd(words),
        ("logout", _) => Typed::Logout,
        ("quit", _) => Typed::Quit,
        ("help", _) => Typed::Help,
        (name, argument) => {
            Order::parse(name, argument).map_or(Typed::Wrong(Wrong::Incomplete(spec)), Typed::Order)
        }
    }
}

/// The first word and the spaces before it.
fn spaced(rest: &str) -> &str {
    let start = rest.len() - rest.trim_start().len();
    rest[start..].find(char::is_whitespace).map_or(rest.trim_end(), |end| &rest[..start + end])
}

/// The command of these lists, or the other name of one, that is most like what was typed.
pub fn nearest(name: &str, lists: &[&[Spec]]) -> Option<&'static str> {
    let names = lists.iter().flat_map(|specs| specs.iter().map(|spec| spec.name));
    crate::nearest(name.trim_start(), names.chain(ALIASES.iter().map(|(alias, _)| *alias)))
}

/// The password and the invite of a `/register`.
pub fn register(words: &str) -> Option<(&str, Option<&str>)> {
    let mut words = words.split_whitespace();
    let (password, invite) = (words.next()?, words.next());
    words.next().is_none().then_some((password, invite))
}

/// The nick and the password of a `/login`. With a nick before it, a password may have spaces.
pub fn login(words: &str) -> Option<(Option<&str>, &str)> {
    match words.split_once(char::is_whitespace) {
        Some((nick, password)) => Some((Some(nick), password.trim())),
        None => (!words.is_empty()).then_some((None, words)),
    }
}

/// The old and the new password of a `/passwd`.
pub fn passwd(words: &str) -> Option<(&str, &str)> {
    let mut words = words.split_whitespace();
    let (old, new) = (words.next()?, words.next()?);
    words.next().is_none().then_some((old, new))
}

/// How a command is typed.
pub fn usage(name: &str) -> &'static str {
    COMMANDS.iter().find(|spec| spec.name == name).map_or("", |spec| spec.usage)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_lines_are_messages_with_their_indent() {
        assert_eq!(parse("  hi there "), Typed::Say("  hi there ".into()));
        assert_eq!(parse(" /nick x"), Typed::Say(" /nick x".into()));
        assert_eq!(parse(" \t"), Typed::Empty);
    }

    #[test]
    fn commands_and_their_arguments() {
        assert_eq!(parse("/nick  Ana "), Typed::Nick("Ana"));
        assert_eq!(parse("/NICK ana"), Typed::Nick("ana"));
        assert_eq!(parse("/me waves  twice"), Typed::Me("waves  twice"));
        assert_eq!(parse("/who"), Typed::Who(None));
        assert_eq!(parse("/names #ops"), Typed::Who(Some("#ops")));
        assert_eq!(parse("/join ops"), Typed::Join("ops"));
        assert_eq!(parse("/leave"), Typed::Part(None));
        assert_eq!(parse("/topic the disk is full"), Typed::Topic(Some("the disk is full")));
        assert_eq!(parse("/msg ana  hi  there"), Typed::Msg { nick: "ana", text: "hi  there" });
        assert_eq!(parse("/dm ana hi"), Typed::Msg { nick: "ana", text: "hi" });
        assert_eq!(parse("/away"), Typed::Away(None));
        assert_eq!(parse("/ignore bob"), Typed::Ignore(Some("bob")));
        assert_eq!(parse("/help me"), Typed::Help);
        assert_eq!(parse("/quit"), Typed::Quit);
    }

    #[test]
    fn two_slashes_send_one() {
        assert_eq!(parse("//etc/hosts"), Typed::Say("/etc/hosts".into()));
        assert_eq!(parse("//"), Typed::Say("/".into()));
    }

    #[test]
    fn what_is_no_command_is_explained_and_never_a_message() {
        assert_eq!(parse("/nikc x"), Typed::Wrong(Wrong::Unknown { name: "nikc", nearest: Some("nick") }));
        assert_eq!(parse("/"), Typed::Wrong(Wrong::Unknown { name: "", nearest: None }));
        assert_eq!(parse("/ "), Typed::Wrong(Wrong::Unknown { name: "", nearest: None }));
        let spaced = Wrong::Unknown { name: "  Nick", nearest: Some("nick") };
        assert_eq!(parse("/  Nick x y"), Typed::Wrong(spaced), "a command follows its slash at once");
        assert_eq!(parse("/quer x"), Typed::Wrong(Wrong::Unknown { name: "quer", nearest: Some("query") }));
        let Typed::Wrong(wrong) = parse("/me ") else { panic!() };
        assert_eq!(wrong.to_string(), "usage: /me TEXT");
        let Typed::Wrong(wrong) = parse("/msg ana") else { panic!() };
        assert_eq!(wrong.to_string(), "usage: /msg NICK TEXT");
    }

    #[test]
    fn every_command_in_the_table_is_understood() {
        for spec in COMMANDS {
            let argument = match spec.name {
                "slow" => "5",
                "create" => "x",
                "private" | "moderated" => "on",
                _ => "x y",
            };
            let line = format!("/{} {argument}", spec.name);
            assert!(!matches!(parse(&line), Typed::Wrong(_)), "{line}");
        }
        for (alias, name) in ALIASES {
            assert_eq!(parse(&format!("/{alias} x y")), parse(&format!("/{name} x y")));
        }
    }

    proptest! {
        #[test]
        fn a_line_with_one_leading_slash_is_never_said(rest in "[^/].*") {
            let line = format!("/{rest}");
            prop_assert!(!matches!(parse(&line), Typed::Say(_)));
        }
    }
}
