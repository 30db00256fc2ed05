//! The native dialect: the wire types of [`lanchat_protocol::client`] to and from the hub.

use std::borrow::Cow;

use lanchat_protocol::client::{
    Change, Code, Event as Wire, Farewell, Person, Request, RoomAt, VERSION, write_line,
};
use lanchat_protocol::lines::{Framer, Line};

use super::Take;
use super::time::utc;
use crate::hub::{Command, Refusal, Reply};
use crate::timeline::{Body, Event};

/// Turns a native client's bytes into commands.
#[derive(Debug)]
pub struct Reader {
    framer: Framer,
    line_bytes_max: usize,
}

impl Reader {
    /// A reader of lines up to `line_bytes_max` bytes.
    pub fn new(line_bytes_max: usize) -> Self {
        Self { framer: Framer::new(line_bytes_max), line_bytes_max }
    }

    pub(super) fn set_line_bytes_max(&mut self, line_bytes_max: usize) {
        self.line_bytes_max = line_bytes_max;
        self.framer.set_line_bytes_max(line_bytes_max);
    }

    pub(super) fn push(&mut self, chunk: &[u8], take: &mut Take) {
        let mut lines = self.framer.push(chunk);
        while let Some(line) = lines.next() {
            match line {
                Line::Whole(line) if line.trim_ascii().is_empty() => {}
                Line::Whole(line) => decode(line, take),
                Line::TooLong => take(None, super::too_long(self.line_bytes_max)),
            }
        }
    }
}

fn decode(line: &[u8], take: &mut Take) {
    match Request::parse(line) {
        Ok(Request::Hello(hello)) => take(None, Command::Hello { version: hello.version, nick: hello.nick }),
        Ok(Request::Say(say)) => {
            take(say.id.as_deref(), Command::Say { room: say.room, text: say.text, action: say.action });
        }
        Ok(Request::Nick(nick)) => take(nick.id.as_deref(), Command::Nick(nick.nick)),
        Ok(Request::Who(who)) => take(who.id.as_deref(), Command::Who { room: who.room }),
        Ok(Request::Ping(ping)) => take(ping.id.as_deref(), Command::Ping),
        Ok(Request::Quit(quit)) => take(quit.id.as_deref(), Command::Quit),
        Err(wrong) => {
            let refusal = Refusal::Misunderstood { code: wrong.code, message: wrong.message };
            take(wrong.id.as_deref(), Command::Wrong(refusal));
        }
    }
}

/// Writes an event of a room.
pub(super) fn event(room: &str, event: &Event, out: &mut Vec<u8>) {
    let time: Cow<str> = Cow::Owned(utc(event.time_ms));
    let wire = match event.body {
        Body::Said(text) => message(room, event, time, text, false),
        Body::Did(text) => message(room, event, time, text, true),
        Body::Joined { others } => presence(room, event, time, Change::Joined, others),
        Body::Left { others, .. } => presence(room, event, time, Change::Left, others),
        Body::Renamed { others, .. } => presence(room, event, time, Change::Renamed, others),
        Body::Announced(text) => Wire::Announcement { time, text: Cow::Borrowed(text) },
        Body::Bye(reason) => Wire::Bye { code: Farewell::Stopping, reason: Cow::Borrowed(reason) },
    };
    write_line(&wire, out);
}

fn message<'a>(
    room: &'a str,
    event: &Event<'a>,
    time: Cow<'a, str>,
    text: &'a str,
    action: bool,
) -> Wire<'a> {
    let from = Cow::Borrowed(event.from);
    Wire::Message {
        room: Cow::Borrowed(room),
        pos: event.position,
        time,
        from,
        text: Cow::Borrowed(text),
        action,
    }
}

fn presence<'a>(
    room: &'a str,
    event: &Event<'a>,
    time: Cow<'a, str>,
    change: Change,
    others: u64,
) -> Wire<'a> {
    let (to, reason) = match event.body {
        Body::Renamed { to, .. } => (Some(Cow::Borrowed(to)), None),
        Body::Left { reason, .. } => (None, reason.map(Cow::Borrowed)),
        Body::Joined { .. } | Body::Said(_) | Body::Did(_) | Body::Announced(_) | Body::Bye(_) => {
            (None, None)
        }
    };
    let nick = Cow::Borrowed(event.from);
    Wire::Presence { room: Cow::Borrowed(room), pos: event.position, time, nick, change, to, reason, others }
}

/// What most words fit into, in bytes: an inbox begins empty.
const REPLY_BYTES: usize = 128;

/// Writes a word to one session.
pub(super) fn reply(reply: &Reply, out: &mut Vec<u8>) {
    out.reserve(REPLY_BYTES);
    let wire = match reply {
        Reply::Welcome { nick, room, position, others: _, limits } => Wire::Welcome {
            version: VERSION,
            nick: Cow::Borrowed(*nick),
            server: Cow::Borrowed(concat!("lanchatd/", env!("CARGO_PKG_VERSION"))),
            rooms: vec![RoomAt { room: Cow::Borrowed(*room), pos: *position }],
            limits: *limits,
        },
        Reply::Ack { tag, room, position, time_ms } => Wire::Ack {
            id: tag.map(Cow::Borrowed),
            room: Cow::Borrowed(*room),
            pos: *position,
            time: Cow::Owned(utc(*time_ms)),
        },
        Reply::NickIs { tag, nick } => Wire::Nick { id: tag.map(Cow::Borrowed), nick: Cow::Borrowed(*nick) },
        Reply::Who { tag, room, people, others } => Wire::Who {
            id: tag.map(Cow::Borrowed),
            room: Cow::Borrowed(*room),
            people: people
                .iter()
                .map(|(nick, connected_s)| Person { nick: Cow::Borrowed(&**nick), connected_s: *connected_s })
                .collect(),
            others: *others,
        },
        Reply::Pong { tag } => Wire::Pong { id: tag.map(Cow::Borrowed) },
        Reply::Help => return,
        Reply::Gap { room, skipped } => Wire::Gap { room: Cow::Borrowed(*room), skipped: *skipped },
        Reply::Unread { answers } => Wire::Error {
            id: None,
            code: Code::AnswersDropped,
            message: Cow::Owned(format!("{answers} answers were dropped: read what you are sent")),
            retry_after_ms: None,
        },
        Reply::Refused { tag, refusal } => Wire::Error {
            id: tag.map(Cow::Borrowed),
            code: refusal.code(),
            message: Cow::Owned(lanchat_protocol::text::clean(&refusal.to_string()).into_owned()),
            retry_after_ms: refusal.retry_after_ms(),
        },
        Reply::Bye { code, reason } => Wire::Bye { code: *code, reason: Cow::Borrowed(*reason) },
    };
    write_line(&wire, out);
}
