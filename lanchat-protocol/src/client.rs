//! The native dialect: one JSON object a line, `type` first.
//!
//! [`Request`] goes to the relay, [`Event`] comes from it. Unknown fields are ignored in both
//! directions; an unknown type of request is answered with an error, an unknown type of event is
//! [`Event::Unknown`] and to be passed over, so that either side may be newer than the other.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The version of the native dialect that this crate speaks.
pub const VERSION: u32 = 1;

/// The longest request id, in bytes.
pub const ID_BYTES_MAX: usize = 64;

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
    Who(Who<'a>),
    /// Asks for a `pong`.
    Ping(Bare<'a>),
    /// Leaves; a `bye` follows.
    Quit(Bare<'a>),
}

/// `{"type":"hello","version":1,"nick":"ana"}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello<'a> {
    /// The version of the dialect, [`VERSION`].
    pub version: u32,
    /// The nick to have; without one the relay gives `guestN`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub nick: Option<Cow<'a, str>>,
}

/// `{"type":"say","id":"1","room":"lobby","text":"hi"}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Say<'a> {
    /// What the `ack` will repeat.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'a, str>>,
    /// The room; `lobby` where it is left out.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
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
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'a, str>>,
    /// The nick to take.
    #[serde(borrow)]
    pub nick: Cow<'a, str>,
}

/// `{"type":"who","id":"3","room":"lobby"}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who<'a> {
    /// What the answer will repeat.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'a, str>>,
    /// The room; `lobby` where it is left out.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub room: Option<Cow<'a, str>>,
}

/// A request that has no more than its type: `{"type":"ping","id":"4"}`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bare<'a> {
    /// What the answer will repeat.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
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

/// What every request has; read first, so that an answer can name the request it answers.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
}

impl<'a> Request<'a> {
    /// Reads one line without its line end.
    pub fn parse(line: &'a [u8]) -> Result<Self, Malformed> {
        let envelope: Envelope = serde_json::from_slice(line).map_err(|error| Malformed {
            id: None,
            code: Code::BadJson,
            message: format!("not a JSON object with a \"type\" and an \"id\" that are strings: {error}"),
        })?;
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
            "hello" => serde_json::from_slice(line).map(Self::Hello),
            "say" => serde_json::from_slice(line).map(Self::Say),
            "nick" => serde_json::from_slice(line).map(Self::Nick),
            "who" => serde_json::from_slice(line).map(Self::Who),
            "ping" => serde_json::from_slice(line).map(Self::Ping),
            "quit" => serde_json::from_slice(line).map(Self::Quit),
            other => {
                let known = ["hello", "say", "nick", "who", "ping", "quit"];
                let nearest = crate::nearest(other, known).map(|near| format!(" (did you mean \"{near}\"?)"));
                let message = format!("unknown type{}: {}", nearest.unwrap_or_default(), known.join(", "));
                return Err(wrong(Code::UnknownType, message));
            }
        };
        request.map_err(|error| wrong(Code::BadRequest, format!("in a \"{kind}\": {error}")))
    }
}

/// What the relay tells a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event<'a> {
    /// The answer to `hello`.
    Welcome {
        /// The version of the dialect that is spoken from here on.
        version: u32,
        /// The nick that the session has.
        nick: Cow<'a, str>,
        /// Name and version of the relay.
        server: Cow<'a, str>,
        /// The rooms that the session is in, each with the position of its last event (0: none yet).
        rooms: Vec<RoomAt<'a>>,
        /// What the relay allows.
        limits: Limits,
    },
    /// A `say` was accepted.
    Ack {
        /// The id of the `say`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Cow<'a, str>>,
        /// The room it went to.
        room: Cow<'a, str>,
        /// Its position there.
        pos: u64,
        /// When it was accepted, UTC, RFC 3339.
        time: Cow<'a, str>,
    },
    /// Somebody else said something.
    Message {
        /// The room.
        room: Cow<'a, str>,
        /// The position in the room: 1, 2, 3 …; never used twice.
        pos: u64,
        /// When it was accepted, UTC, RFC 3339.
        time: Cow<'a, str>,
        /// The nick of the sender.
        from: Cow<'a, str>,
        /// What was said.
        text: Cow<'a, str>,
        /// Whether the text tells what the sender does (`/me`).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        action: bool,
    },
    /// Somebody else came, went or took another nick.
    Presence {
        /// The room.
        room: Cow<'a, str>,
        /// The position in the room.
        pos: u64,
        /// When, UTC, RFC 3339.
        time: Cow<'a, str>,
        /// Whose presence changed: the nick before the change.
        nick: Cow<'a, str>,
        /// What changed.
        change: Change,
        /// The new nick, for [`Change::Renamed`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Cow<'a, str>>,
        /// Why, for [`Change::Left`] where there is more to say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Cow<'a, str>>,
        /// How many more changes happened since the last one that was told.
        #[serde(default, skip_serializing_if = "is_zero")]
        others: u64,
    },
    /// A word from the administrator.
    Announcement {
        /// When, UTC, RFC 3339.
        time: Cow<'a, str>,
        /// What was said.
        text: Cow<'a, str>,
    },
    /// The answer to `nick`.
    Nick {
        /// The id of the request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Cow<'a, str>>,
        /// The nick that the session has now.
        nick: Cow<'a, str>,
    },
    /// The answer to `who`.
    Who {
        /// The id of the request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Cow<'a, str>>,
        /// The room.
        room: Cow<'a, str>,
        /// Who is there, ordered by nick; at most as many as fit an answer.
        people: Vec<Person<'a>>,
        /// How many more there are.
        #[serde(default, skip_serializing_if = "is_zero")]
        others: u64,
    },
    /// The answer to `ping`.
    Pong {
        /// The id of the request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Cow<'a, str>>,
    },
    /// This client read too slowly and missed messages.
    Gap {
        /// The room.
        room: Cow<'a, str>,
        /// How many messages were skipped.
        skipped: u64,
    },
    /// A request was refused, or something else went wrong for this client.
    Error {
        /// The id of the request, where it had one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Cow<'a, str>>,
        /// What went wrong, for programs.
        code: Code,
        /// What went wrong and what to do, for people.
        message: Cow<'a, str>,
        /// When it is worth trying again, for [`Code::RateLimited`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
    /// The last event: the relay closes the connection.
    Bye {
        /// Why.
        reason: Cow<'a, str>,
    },
    /// An event that a newer relay knows. Pass it over.
    #[serde(other)]
    Unknown,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// A room and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomAt<'a> {
    /// The room.
    pub room: Cow<'a, str>,
    /// The position of its last event; 0 before the first.
    pub pos: u64,
}

/// What the relay allows, as told in `welcome`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// The longest line, in bytes without its end.
    pub line_bytes_max: usize,
    /// Messages per second in the long run; 0: no limit.
    pub messages_per_second_max: u32,
    /// Messages at once before that counts.
    pub messages_burst_max: u32,
}

/// Somebody in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person<'a> {
    /// The nick.
    pub nick: Cow<'a, str>,
    /// For how long they have been connected, in seconds.
    pub connected_s: u64,
}

/// What happened to somebody's presence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Came.
    Joined,
    /// Went.
    Left,
    /// Took another nick.
    Renamed,
    /// A change that a newer relay knows.
    #[serde(other)]
    Other,
}

/// Every reason for which a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The line is not a JSON object.
    BadJson,
    /// A field is missing or of the wrong kind.
    BadRequest,
    /// There is no such type of request.
    UnknownType,
    /// There is no such slash command, or it lacks its argument.
    UnknownCommand,
    /// Not UTF-8; the text was taken with U+FFFD in place of what is not.
    NotUtf8,
    /// The line is longer than `line_bytes_max`.
    LineTooLong,
    /// Nothing is left of the text, or nothing was there.
    EmptyText,
    /// Too many messages; `retry_after_ms` says when the next one is taken.
    RateLimited,
    /// Somebody else has this nick or one that looks the same.
    NickTaken,
    /// No nick can look like this.
    BadNick,
    /// The first request has to be a `hello`.
    HelloFirst,
    /// `hello` was said before.
    AlreadyWelcome,
    /// This version of the native dialect is not spoken here.
    UnsupportedVersion,
    /// There is no such room, or the client is not in it.
    NoSuchRoom,
    /// The client sent requests without reading the answers; some answers were dropped.
    AnswersDropped,
    /// No `hello` arrived in time.
    LoginTimeout,
    /// The relay has as many connections as it takes.
    Full,
    /// The relay is stopping.
    Stopping,
    /// A code that a newer relay knows.
    #[serde(other)]
    Other,
}

impl Code {
    /// The code as it is written on the wire and in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadJson => "bad_json",
            Self::BadRequest => "bad_request",
            Self::UnknownType => "unknown_type",
            Self::UnknownCommand => "unknown_command",
            Self::NotUtf8 => "not_utf8",
            Self::LineTooLong => "line_too_long",
            Self::EmptyText => "empty_text",
            Self::RateLimited => "rate_limited",
            Self::NickTaken => "nick_taken",
            Self::BadNick => "bad_nick",
            Self::HelloFirst => "hello_first",
            Self::AlreadyWelcome => "already_welcome",
            Self::UnsupportedVersion => "unsupported_version",
            Self::NoSuchRoom => "no_such_room",
            Self::AnswersDropped => "answers_dropped",
            Self::LoginTimeout => "login_timeout",
            Self::Full => "full",
            Self::Stopping => "stopping",
            Self::Other => "other",
        }
    }
}

/// Appends a request or an event as one line.
///
/// Our own types always encode: they hold strings and numbers only.
pub fn write_line(value: &impl Serialize, out: &mut Vec<u8>) {
    let start = out.len();
    if serde_json::to_writer(&mut *out, value).is_err() {
        debug_assert!(false, "a wire type did not encode");
        out.truncate(start);
        return;
    }
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(value: &impl Serialize) -> String {
        let mut out = Vec::new();
        write_line(value, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn requests_look_as_documented() {
        let hello = Request::Hello(Hello { version: 1, nick: Some("ana".into()) });
        assert_eq!(line(&hello), "{\"type\":\"hello\",\"version\":1,\"nick\":\"ana\"}\n");
        let say = "{\"type\":\"say\",\"id\":\"1\",\"room\":\"lobby\",\"text\":\"hi\"}";
        let parsed = Request::parse(say.as_bytes()).unwrap();
        assert_eq!(line(&parsed).trim_end(), say);
    }

    #[test]
    fn a_malformed_request_is_named_by_its_id_and_told_what_is_missing() {
        let wrong = Request::parse(br#"{"type":"say","id":"7"}"#).unwrap_err();
        assert_eq!((wrong.id.as_deref(), wrong.code), (Some("7"), Code::BadRequest));
        assert!(wrong.message.contains("missing field `text`"), "{}", wrong.message);
        let wrong = Request::parse(br#"{"type":"sya","id":"7"}"#).unwrap_err();
        assert_eq!(wrong.code, Code::UnknownType);
        assert!(wrong.message.contains("did you mean \"say\""), "{}", wrong.message);
        assert_eq!(Request::parse(b"{}").unwrap_err().code, Code::BadRequest);
        assert_eq!(Request::parse(b"[1]").unwrap_err().code, Code::BadJson);
    }

    #[test]
    fn json_100_000_deep_is_refused_without_recursion() {
        let deep = format!("{{\"type\":{}", "[".repeat(100_000));
        assert_eq!(Request::parse(deep.as_bytes()).unwrap_err().code, Code::BadJson);
    }

    #[test]
    fn unknown_fields_and_events_are_passed_over() {
        assert!(Request::parse(br#"{"type":"ping","id":"1","later":[1,2]}"#).is_ok());
        let event: Event = serde_json::from_str(r#"{"type":"topic","room":"x"}"#).unwrap();
        assert_eq!(event, Event::Unknown);
        let code: Code = serde_json::from_str("\"brand_new\"").unwrap();
        assert_eq!(code, Code::Other);
    }

    #[test]
    fn codes_are_written_as_serde_writes_them() {
        for code in
            [Code::BadJson, Code::LineTooLong, Code::AlreadyWelcome, Code::NotUtf8, Code::LoginTimeout]
        {
            assert_eq!(serde_json::to_string(&code).unwrap(), format!("\"{}\"", code.as_str()));
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = Request::parse(&bytes);
        }

        #[test]
        fn any_text_travels_unchanged_on_one_line(text: String, id in "[a-z0-9]{0,64}") {
            let say = Request::Say(Say { id: Some(id.into()), room: None, text: text.into(), action: true });
            let line = line(&say);
            prop_assert_eq!(line.find('\n'), Some(line.len() - 1));
            prop_assert_eq!(Request::parse(line.trim_end_matches('\n').as_bytes()).unwrap(), say);
        }
    }
}
