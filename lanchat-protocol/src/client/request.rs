//! What a client asks.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::account::{Login, Passwd, Register};
use super::borrowed::borrowed;
use super::ruling::{Ruled, Ruling};
use super::{Code, ID_BYTES_MAX};
use crate::password::Password;

/// What a client asks. Every request but `hello` may carry an `id`, which the answer repeats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Request<'a> {
    /// Opens the session.
    Hello(Hello<'a>),
    /// Says something in a room.
    Say(Say<'a>),
    /// Takes another nick.
    Nick(NewNick<'a>),
    /// Asks who is in a room.
    Who(InRoom<'a>),
    /// Enters a room, which is made where there is none.
    Join(InRoom<'a>),
    /// Leaves a room.
    Part(InRoom<'a>),
    /// Asks which rooms there are.
    Rooms(Bare<'a>),
    /// Asks for the topic of a room, or sets it.
    Topic(Topic<'a>),
    /// Asks about a person.
    Whois(Whom<'a>),
    /// Is not there for a while.
    Away(Away<'a>),
    /// Is there again.
    Back(Bare<'a>),
    /// Wants to hear no more of a person; without one, asks for the list.
    Ignore(Whom<'a>),
    /// Wants to hear of a person again.
    Unignore(Whom<'a>),
    /// Asks for what was said before.
    History(History<'a>),
    /// Asks for messages with words.
    Search(Search<'a>),
    /// Makes an account of the nick that it has.
    Register(Register<'a>),
    /// Shows who it is.
    Login(Login<'a>),
    /// Changes the password.
    Passwd(Passwd<'a>),
    /// Is a guest again.
    Logout(Bare<'a>),
    /// Asks for a `pong`.
    Ping(Bare<'a>),
    /// Leaves; a `bye` follows.
    Quit(Bare<'a>),
    /// Keeps order: `kick`, `ban` … by what it says itself.
    #[serde(untagged)]
    Order(Ruling<'a>),
}

/// `{"type":"hello","version":1,"nick":"ana"}`
///
/// A client that comes back says who it was and where: `{"type":"hello","version":1,"nick":"ana",
/// "client":"f3…","history":"9c…","rooms":[{"room":"ops","pos":17}]}`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello<'a> {
    /// The version of the dialect, [`super::VERSION`].
    pub version: u32,
    /// The nick to have; without one the relay gives `guestN`.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub nick: Option<Cow<'a, str>>,
    /// The password of the nick, if it belongs to somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
    /// A token in place of nick and password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Password>,
    /// This run of the client: a random string of its own, which nobody else learns. With it, what it says
    /// again after its connection was lost is known again.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub client: Option<Cow<'a, str>>,
    /// What the client is, which says how much it wants to hear of what was said before.
    #[serde(default, skip_serializing_if = "Kind::is_person")]
    pub kind: Kind,
    /// How many messages it wants to hear that were said in each room before; without it, as many as the relay
    /// is set to give to such a client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backlog: Option<usize>,
    /// The history in which the positions are, as `welcome` named it.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub history: Option<Cow<'a, str>>,
    /// Rooms to enter beside the lobby, and how far the client has read them.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<Place<'a>>,
    /// Whether it is in no room but these: in the lobby only if that is one of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rooms_only: bool,
}

impl Hello<'_> {
    /// The same, kept for later.
    pub fn into_owned(self) -> Hello<'static> {
        let own = |words: Option<Cow<str>>| words.map(|words| Cow::Owned(words.into_owned()));
        let Self { version, nick, password, token, client, kind, backlog, history, rooms, rooms_only } = self;
        let (nick, client, history) = (own(nick), own(client), own(history));
        let place = |place: Place| Place { room: Cow::Owned(place.room.into_owned()), pos: place.pos };
        let rooms = rooms.into_iter().map(place).collect();
        Hello { version, nick, password, token, client, kind, backlog, history, rooms, rooms_only }
    }
}

/// A room that a client enters with its `hello`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place<'a> {
    /// The room, or `@ana` for what is shared with ana.
    #[serde(borrow)]
    pub room: Cow<'a, str>,
    /// The last position that the client has read or passed there; with it, what came later is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pos: Option<u64>,
}

/// What a client is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A person reads and writes.
    #[default]
    Person,
    /// A program answers by itself.
    Bot,
    /// A script passes something on, or looks something up: its comings and goings are told to nobody.
    Pipe,
    /// Only asks what its `hello` would come to. It is let in nowhere, and may say `hello` again.
    Probe,
    /// What a newer client may be.
    #[serde(other)]
    Other,
}

impl Kind {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
    fn is_person(&self) -> bool {
        *self == Self::Person
    }
}

/// `{"type":"say","id":"1","room":"lobby","text":"hi"}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Say<'a> {
    /// What the `ack` will repeat.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'a, str>>,
    /// The room, or `@ana` for that person alone; `lobby` where it is left out.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub room: Option<Cow<'a, str>>,
    /// The message.
    #[serde(borrow)]
    pub text: Cow<'a, str>,
    /// Whether the text tells what the sender does (`/me`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub action: bool,
}

/// `{"type":"nick","id":"2","nick":"bruno"}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewNick<'a> {
    /// What the answer will repeat.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'a, str>>,
    /// The nick to take.
    #[serde(borrow)]
    pub nick: Cow<'a, str>,
}

/// A request about a room: `{"type":"join","id":"3","room":"ops"}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InRoom<'a> {
    /// What the answer will repeat.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'a, str>>,
    /// The room; `lobby` where it is left out.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub room: Option<Cow<'a, str>>,
}

/// A request about a person: `{"type":"whois","id":"4","nick":"ana"}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whom<'a> {
    /// What the answer will repeat.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'a, str>>,
    /// The person.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub nick: Option<Cow<'a, str>>,
}

/// `{"type":"topic","id":"5","room":"ops","topic":"the disk is full"}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic<'a> {
    /// What the answer will repeat.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'a, str>>,
    /// The room; `lobby` where it is left out.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub room: Option<Cow<'a, str>>,
    /// The topic from here on, `""` for none; left out: asks for it.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub topic: Option<Cow<'a, str>>,
}

/// `{"type":"away","id":"6","text":"lunch"}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away<'a> {
    /// What the answer will repeat.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'a, str>>,
    /// Why, where there is more to say than that.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub text: Option<Cow<'a, str>>,
}

/// `{"type":"history","id":"7","room":"ops","before":120,"limit":50}`
///
/// With `after` or `since` the first messages from there on, otherwise the last ones before `before`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History<'a> {
    /// What the answer will repeat.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'a, str>>,
    /// The room, or `@ana`; `lobby` where it is left out.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub room: Option<Cow<'a, str>>,
    /// Only what is before this position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// Only what is after this position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// Only what was said from this moment on, RFC 3339.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub since: Option<Cow<'a, str>>,
    /// How many messages, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// `{"type":"search","id":"8","words":"disk full","from":"ana","room":"ops"}`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search<'a> {
    /// What the answer will repeat.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'a, str>>,
    /// What the messages hold: words or parts of words, all of them, in any order and case.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub words: Option<Cow<'a, str>>,
    /// Whose messages.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub from: Option<Cow<'a, str>>,
    /// Where, `ops` or `@ana`; everywhere that the client is, where it is left out.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub room: Option<Cow<'a, str>>,
    /// Only what was said before this moment, RFC 3339.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub before: Option<Cow<'a, str>>,
    /// Only what was said from this moment on, RFC 3339.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub after: Option<Cow<'a, str>>,
    /// How many messages, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// How many messages before and after each, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<usize>,
}

/// A request that has no more than its type: `{"type":"ping","id":"4"}`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bare<'a> {
    /// What the answer will repeat.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'a, str>>,
}

/// Why a line is no request.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The id of the request, where one could be read.
    pub id: Option<String>,
    /// What is wrong.
    pub code: Code,
    /// The same for people.
    pub message: String,
}

/// Every type of request.
const KINDS: [&str; 21] = [
    "hello", "say", "nick", "who", "join", "part", "rooms", "topic", "whois", "away", "back", "ignore",
    "unignore", "history", "search", "register", "login", "passwd", "logout", "ping", "quit",
];

/// What every request has; read first, so that an answer can name the request it answers.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, deserialize_with = "borrowed", rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "borrowed")]
    id: Option<Cow<'a, str>>,
}

impl<'a> Request<'a> {
    /// Reads one line without its line end.
    pub fn parse(line: &'a [u8]) -> Result<Self, Malformed> {
        if line.trim_ascii_start().first() != Some(&b'{') {
            let message = "not a JSON object".to_owned();
            return Err(Malformed { id: None, code: Code::BadJson, message });
        }
        let no_object = |error: &dyn fmt::Display| Malformed {
            id: None,
            code: Code::BadJson,
            message: format!("not a JSON object with a \"type\" and an \"id\" that are strings: {error}"),
        };
        let line = str::from_utf8(line).map_err(|error| no_object(&error))?;
        let envelope: Envelope = serde_json::from_str(line).map_err(|error| no_object(&error))?;
        let id = envelope.id.as_deref();
        if id.is_some_and(|id| id.len() > ID_BYTES_MAX) {
            let message = format!("an \"id\" has at most {ID_BYTES_MAX} bytes");
            return Err(Malformed { id: None, code: Code::BadRequest, message });
        }
        let wrong = |code, message| Malformed { id: id.map(str::to_owned), code, message };
        let Some(kind) = envelope.kind.as_deref() else {
            return Err(wrong(Code::BadRequest, "the field \"type\" is missing".to_owned()));
        };
        let request = match kind {
            "hello" => serde_json::from_str(line).map(Self::Hello),
            "say" => serde_json::from_str(line).map(Self::Say),
            "nick" => serde_json::from_str(line).map(Self::Nick),
            "who" => serde_json::from_str(line).map(Self::Who),
            "join" => serde_json::from_str(line).map(Self::Join),
            "part" => serde_json::from_str(line).map(Self::Part),
            "rooms" => serde_json::from_str(line).map(Self::Rooms),
            "topic" => serde_json::from_str(line).map(Self::Topic),
            "whois" => serde_json::from_str(line).map(Self::Whois),
            "away" => serde_json::from_str(line).map(Self::Away),
            "back" => serde_json::from_str(line).map(Self::Back),
            "ignore" => serde_json::from_str(line).map(Self::Ignore),
            "unignore" => serde_json::from_str(line).map(Self::Unignore),
            "history" => serde_json::from_str(line).map(Self::History),
            "search" => serde_json::from_str(line).map(Self::Search),
            "register" => serde_json::from_str(line).map(Self::Register),
            "login" => serde_json::from_str(line).map(Self::Login),
            "passwd" => serde_json::from_str(line).map(Self::Passwd),
            "logout" => serde_json::from_str(line).map(Self::Logout),
            "ping" => serde_json::from_str(line).map(Self::Ping),
            "quit" => serde_json::from_str(line).map(Self::Quit),
            order if Ruled::NAMES.contains(&order) => serde_json::from_str(line).map(Self::Order),
            other => {
                let kinds: Vec<_> = KINDS.iter().chain(&Ruled::NAMES).copied().collect();
                let nearest = crate::nearest(other, kinds.iter().copied())
                    .map(|near| format!(" (did you mean \"{near}\"?)"));
                let message = format!("unknown type{}: {}", nearest.unwrap_or_default(), kinds.join(", "));
                return Err(wrong(Code::UnknownType, message));
            }
        };
        request.map_err(|error| wrong(Code::BadRequest, format!("in a \"{kind}\": {error}")))
    }
}
