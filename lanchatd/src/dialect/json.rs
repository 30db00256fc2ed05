//! The native dialect: the wire types of [`lanchat_protocol::client`] to and from the hub.

use std::borrow::Cow;

use lanchat_protocol::client::{
    Ban, Bans, Change, Code, Event as Wire, Farewell, Login, Measure, Ordered, Passwd, Person, Register,
    Request, RoomAt, RoomInfo, VERSION, write_line,
};
use lanchat_protocol::counted;
use lanchat_protocol::lines::{Framer, Line};
use lanchat_protocol::role::Role;

use super::time::utc;
use super::{Take, past};
use crate::hub::{BanLine, Command, Done, Proof, Reach, Refusal, Reply, RoomLine, RoomStart};
use crate::timeline::{Body, Conversation, Event};

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
        Ok(Request::Hello(hello)) => take(None, Command::Hello(hello)),
        Ok(Request::Say(say)) => {
            take(say.id.as_deref(), Command::Say { room: say.room, text: say.text, action: say.action });
        }
        Ok(Request::Nick(nick)) => take(nick.id.as_deref(), Command::Nick(nick.nick)),
        Ok(Request::Who(who)) => take(who.id.as_deref(), Command::Who { room: who.room }),
        Ok(Request::Join(join)) => take(join.id.as_deref(), Command::Join { room: join.room }),
        Ok(Request::Part(part)) => take(part.id.as_deref(), Command::Part { room: part.room }),
        Ok(Request::Rooms(rooms)) => take(rooms.id.as_deref(), Command::Rooms),
        Ok(Request::Topic(topic)) => {
            take(topic.id.as_deref(), Command::Topic { room: topic.room, topic: topic.topic });
        }
        Ok(Request::Whois(whois)) => {
            take(whois.id.as_deref(), Command::Whois(whois.nick.unwrap_or_default()));
        }
        Ok(Request::Away(away)) => take(away.id.as_deref(), Command::Away { reason: away.text }),
        Ok(Request::Back(back)) => take(back.id.as_deref(), Command::Back),
        Ok(Request::Ignore(whom)) => take(whom.id.as_deref(), Command::Ignore(whom.nick)),
        Ok(Request::Unignore(whom)) => {
            take(whom.id.as_deref(), Command::Unignore(whom.nick.unwrap_or_default()));
        }
        Ok(Request::History(history)) => {
            let id = history.id.clone();
            take(id.as_deref(), past::history(history));
        }
        Ok(Request::Search(search)) => {
            let id = search.id.clone();
            take(id.as_deref(), past::search(search));
        }
        Ok(Request::Register(Register { id, password, invite })) => {
            take(id.as_deref(), Command::Register { password, invite });
        }
        Ok(Request::Login(Login { id, nick, password, token })) => match (password, token) {
            (_, Some(token)) => take(id.as_deref(), Command::Login { nick, proof: Proof::Token(token) }),
            (Some(password), None) => {
                take(id.as_deref(), Command::Login { nick, proof: Proof::Password(password) });
            }
            (None, None) => {
                let message = "a \"login\" needs a \"password\" or a \"token\"".to_owned();
                let refusal = Refusal::Misunderstood { code: Code::BadRequest, message };
                take(id.as_deref(), Command::Wrong(refusal));
            }
        },
        Ok(Request::Passwd(Passwd { id, old, new })) => take(id.as_deref(), Command::Passwd { old, new }),
        Ok(Request::Logout(logout)) => take(logout.id.as_deref(), Command::Logout),
        Ok(Request::Order(ruling)) => {
            let id = ruling.id.clone();
            let (room, order) = ruling.into_order();
            take(id.as_deref(), Command::Order { room, order });
        }
        Ok(Request::Ping(ping)) => take(ping.id.as_deref(), Command::Ping),
        Ok(Request::Quit(quit)) => take(quit.id.as_deref(), Command::Quit),
        Err(wrong) => {
            let refusal = Refusal::Misunderstood { code: wrong.code, message: wrong.message };
            take(wrong.id.as_deref(), Command::Wrong(refusal));
        }
    }
}

/// Writes an event of a conversation.
pub(super) fn event(conversation: &Conversation, event: &Event, out: &mut Vec<u8>) {
    let room: Cow<str> = match conversation {
        Conversation::House => Cow::Borrowed(""),
        Conversation::Room(name) => Cow::Borrowed(name),
        // To whoever reads it, it is what they share with whom it is from.
        Conversation::Direct => Cow::Owned(format!("@{}", event.from)),
    };
    let time: Cow<str> = Cow::Owned(utc(event.time_ms));
    let wire = match event.body {
        Body::Said(text) => message(room, event, time, text, false),
        Body::Did(text) => message(room, event, time, text, true),
        Body::Joined { .. }
        | Body::Left { .. }
        | Body::Renamed { .. }
        | Body::Away { .. }
        | Body::Back { .. } => presence(room, event, time),
        Body::Topic(topic) => Wire::Topic {
            id: None,
            room,
            pos: event.position,
            time: Some(time),
            nick: Some(Cow::Borrowed(event.from)),
            topic: Cow::Borrowed(topic),
        },
        Body::Ordered { measure, whom, reason, number } => {
            let is_slow = measure == Measure::Slow;
            Wire::Order(Ordered {
                id: None,
                measure,
                room: filled(&room).map(|room| Cow::Owned(room.into_owned())),
                pos: event.position,
                time,
                by: filled(event.from),
                whom: filled(whom),
                you: false,
                until: (!is_slow && number > 0).then(|| Cow::Owned(utc(number))),
                seconds: if is_slow { number.cast_unsigned() } else { 0 },
                reason: filled(reason),
                durable: None,
            })
        }
        Body::Announced(text) => Wire::Announcement { time, text: Cow::Borrowed(text) },
        Body::Bye(reason) => Wire::Bye { code: Farewell::Stopping, reason: Cow::Borrowed(reason) },
    };
    write_line(&wire, out);
}

fn message<'a>(
    room: Cow<'a, str>,
    event: &Event<'a>,
    time: Cow<'a, str>,
    text: &'a str,
    action: bool,
) -> Wire<'a> {
    let from = Cow::Borrowed(event.from);
    // A run without an id tells nobody anything.
    let uid = event.uid.split_once(':').filter(|(_, tag)| !tag.is_empty()).map(|_| Cow::Borrowed(event.uid));
    Wire::Message { room, pos: event.position, time, from, text: Cow::Borrowed(text), action, uid }
}

fn presence<'a>(room: Cow<'a, str>, event: &Event<'a>, time: Cow<'a, str>) -> Wire<'a> {
    let (change, to, reason, others) = match event.body {
        Body::Left { reason, others } => (Change::Left, None, reason, others),
        Body::Renamed { to, others } => (Change::Renamed, Some(to), None, others),
        Body::Away { reason, others } => (Change::Away, None, reason, others),
        Body::Back { others } => (Change::Back, None, None, others),
        Body::Joined { others } => (Change::Joined, None, None, others),
        Body::Said(_)
        | Body::Did(_)
        | Body::Topic(_)
        | Body::Ordered { .. }
        | Body::Announced(_)
        | Body::Bye(_) => (Change::Other, None, None, 0),
    };
    let (nick, to, reason) = (Cow::Borrowed(event.from), to.map(Cow::Borrowed), reason.map(Cow::Borrowed));
    Wire::Presence { room, pos: event.position, time, nick, change, to, reason, others }
}

/// What most words fit into, in bytes: an inbox begins empty.
const REPLY_BYTES: usize = 128;

/// Writes a word to one session.
pub(super) fn reply(reply: &Reply, out: &mut Vec<u8>) {
    out.reserve(REPLY_BYTES);
    let wire = match reply {
        Reply::Welcome { nick, history, rooms, others: _, role, is_barred: _, limits, probed_ms } => {
            Wire::Welcome {
                version: VERSION,
                nick: Cow::Borrowed(*nick),
                server: Cow::Borrowed(concat!("lanchatd/", env!("CARGO_PKG_VERSION"))),
                history: Cow::Borrowed(*history),
                rooms: rooms.iter().map(start).collect(),
                limits: *limits,
                role: *role,
                time: probed_ms.map(|time_ms| Cow::Owned(utc(time_ms))),
            }
        }
        Reply::Account { tag, nick, role, durable } => account(*tag, nick, *role, *durable),
        Reply::Displaced { old, nick } => {
            write_line(&displaced(old), out);
            Wire::Nick { id: None, nick: Cow::Borrowed(*nick) }
        }
        Reply::Ack { tag, room, position, time_ms, waits, away, durable } => Wire::Ack {
            id: tag.map(Cow::Borrowed),
            room: Cow::Borrowed(*room),
            pos: *position,
            time: Cow::Owned(utc(*time_ms)),
            waits: *waits,
            away: away.map(Cow::Borrowed),
            durable: *durable,
        },
        Reply::Joined { tag, room, position, topic, people } => Wire::Joined {
            id: tag.map(Cow::Borrowed),
            room: Cow::Borrowed(*room),
            pos: *position,
            topic: filled(topic),
            people: *people as u64,
        },
        Reply::History { tag, room, messages, asked: _, more, zone: _ } => Wire::History {
            id: tag.map(Cow::Borrowed),
            room: Cow::Borrowed(*room),
            messages: past::messages(messages),
            more: more.is_some(),
            next: *more,
        },
        Reply::Live { room, position } => Wire::Live { room: Cow::Borrowed(*room), pos: *position },
        Reply::Found { tag, words: _, hits, reach, zone: _ } => Wire::Found {
            id: tag.map(Cow::Borrowed),
            hits: hits.iter().map(past::hit).collect(),
            more: *reach != Reach::All,
            before: past::before(*reach),
        },
        Reply::Parted { tag, room, current: _ } => {
            Wire::Parted { id: tag.map(Cow::Borrowed), room: Cow::Borrowed(*room) }
        }
        Reply::Rooms { tag, rooms, others } => Wire::Rooms {
            id: tag.map(Cow::Borrowed),
            rooms: rooms.iter().map(info).collect(),
            others: *others,
        },
        Reply::Topic { tag, room, topic, by } => Wire::Topic {
            id: tag.map(Cow::Borrowed),
            room: Cow::Borrowed(*room),
            pos: 0,
            time: by.map(|(_, time_ms)| Cow::Owned(utc(time_ms))),
            nick: by.map(|(nick, _)| Cow::Borrowed(nick)),
            topic: Cow::Borrowed(*topic),
        },
        Reply::Whois { tag, nick, here_s, role, away, seen_ms, rooms } => Wire::Whois {
            id: tag.map(Cow::Borrowed),
            nick: Cow::Borrowed(*nick),
            connected_s: here_s.map(|(connected_s, _)| connected_s),
            idle_s: here_s.map(|(_, idle_s)| idle_s),
            role: *role,
            away: away.map(Cow::Borrowed),
            seen: seen_ms.map(|seen_ms| Cow::Owned(utc(seen_ms))),
            rooms: rooms.iter().map(|room| Cow::Borrowed(&**room)).collect(),
        },
        Reply::Away { tag, away } => Wire::Away { id: tag.map(Cow::Borrowed), away: *away },
        Reply::Ignoring { tag, nicks } => Wire::Ignoring {
            id: tag.map(Cow::Borrowed),
            nicks: nicks.iter().map(|nick| Cow::Borrowed(&**nick)).collect(),
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
        Reply::Ordered { tag, done, is_you, durable } => ordered(*tag, done, *is_you, *durable),
        Reply::Bans { tag, bans, others, now_ms: _ } => banned(*tag, bans, *others),
        Reply::Pong { tag } => Wire::Pong { id: tag.map(Cow::Borrowed) },
        Reply::Help => return,
        Reply::Gap { room, skipped } => Wire::Gap { room: Cow::Borrowed(*room), skipped: *skipped },
        Reply::Unread { answers } => unread(*answers),
        Reply::Refused { tag, refusal } => refused(*tag, refusal),
        Reply::Bye { code, reason } => Wire::Bye { code: *code, reason: Cow::Borrowed(*reason) },
    };
    write_line(&wire, out);
}

fn refused<'a>(tag: Option<&'a str>, refusal: &Refusal) -> Wire<'a> {
    Wire::Error {
        id: tag.map(Cow::Borrowed),
        code: refusal.code(),
        message: Cow::Owned(lanchat_protocol::text::clean(&refusal.to_string()).into_owned()),
        retry_after_ms: refusal.retry_after_ms(),
        limit: refusal.bound().map(Cow::Borrowed),
    }
}

fn account<'a>(tag: Option<&'a str>, nick: &'a str, role: Role, durable: Option<bool>) -> Wire<'a> {
    Wire::Account { id: tag.map(Cow::Borrowed), nick: Cow::Borrowed(nick), role, durable }
}

/// Why somebody has another nick than before.
fn displaced(old: &str) -> Wire<'static> {
    refused(None, &Refusal::NickRegistered { nick: old.to_owned() })
}

fn ordered<'a>(tag: Option<&'a str>, done: &'a Done, you: bool, durable: Option<bool>) -> Wire<'a> {
    Wire::Order(Ordered {
        id: tag.map(Cow::Borrowed),
        measure: done.measure,
        room: done.room.as_deref().map(Cow::Borrowed),
        pos: 0,
        time: Cow::Owned(utc(done.time_ms)),
        by: filled(&done.by),
        whom: filled(&done.whom),
        you,
        until: done.until_ms.map(|until_ms| Cow::Owned(utc(until_ms))),
        seconds: done.seconds.into(),
        reason: filled(&done.reason),
        durable,
    })
}

fn unread(answers: u64) -> Wire<'static> {
    Wire::Error {
        id: None,
        code: Code::AnswersDropped,
        message: Cow::Owned(format!("{} dropped: read what you are sent", counted(answers, "answer"))),
        retry_after_ms: None,
        limit: None,
    }
}

fn banned<'a>(tag: Option<&'a str>, bans: &'a [BanLine], others: u64) -> Wire<'a> {
    Wire::Bans(Bans { id: tag.map(Cow::Borrowed), bans: bans.iter().map(ban).collect(), others })
}

fn ban(line: &BanLine) -> Ban<'_> {
    Ban {
        whom: Cow::Borrowed(&line.whom),
        by: filled(&line.by),
        since: Cow::Owned(utc(line.since_ms)),
        until: line.until_ms.map(|until_ms| Cow::Owned(utc(until_ms))),
        reason: filled(&line.reason),
    }
}

fn start(start: &RoomStart) -> RoomAt<'_> {
    RoomAt { room: Cow::Borrowed(&*start.room), pos: start.position, until: start.seam }
}

fn info(line: &RoomLine) -> RoomInfo<'_> {
    RoomInfo {
        room: Cow::Borrowed(&*line.room),
        people: line.people as u64,
        topic: filled(&line.topic),
        joined: line.is_joined,
        kind: line.kind,
    }
}

pub(super) fn filled(text: &str) -> Option<Cow<'_, str>> {
    (!text.is_empty()).then_some(Cow::Borrowed(text))
}
