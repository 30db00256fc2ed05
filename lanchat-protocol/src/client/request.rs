//! What a client asks.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::{Code, ID_BYTES_MAX};

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
    /// Asks for a `pong`.
    Ping(Bare<'a>),
    /// Leaves; a `bye` follows.
    Quit(Bare<'a>),
}

/// `{"type":"hello","version":1,"nick":"ana"}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello<'a> {
    /// The version of the dialect, [`super::VERSION`].
    pub version: u32,
    /// The nick to have; without one the relay gives `guestN`.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub nick: Option<Cow<'a, str>>,
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
const KINDS: [&str; 15] = [
    "hello", "say", "nick", "who", "join", "part", "rooms", "topic", "whois", "away", "back", "ignore",
    "unignore", "ping", "quit",
];

/// What every request has; read first, so that an answer can name the request it answers.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, deserialize_with = "borrowed", rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "borrowed")]
    id: Option<Cow<'a, str>>,
}

/// A string that may be missing, borrowed from the line where it has no escapes: serde does that for a
/// `Cow<str>`, but not for one in an `Option`.
fn borrowed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    #[derive(Deserialize)]
    struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);
    Ok(Option::<Borrowed>::deserialize(deserializer)?.map(|borrowed| borrowed.0))
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
            "ping" => serde_json::from_str(line).map(Self::Ping),
            "quit" => serde_json::from_str(line).map(Self::Quit),
            other => {
                let nearest = crate::nearest(other, KINDS.iter().copied())
                    .map(|near| format!(" (did you mean \"{near}\"?)"));
                let message = format!("unknown type{}: {}", nearest.unwrap_or_default(), KINDS.join(", "));
                return Err(wrong(Code::UnknownType, message));
            }
        };
        request.map_err(|error| wrong(Code::BadRequest, format!("in a \"{kind}\": {error}")))
    }
}
