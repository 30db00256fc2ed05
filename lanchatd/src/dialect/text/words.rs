//! What the text dialect writes: `nick: text` for what people say, `* ` before what the relay says.
//!
//! No line of a message ever begins with `* `, because no nick begins with `*`, and each line has it.

use std::io::Write;

use lanchat_protocol::counted;
use lanchat_protocol::moment::span;
use lanchat_protocol::order::{Measure, Told};
use lanchat_protocol::role::Role;
use lanchat_protocol::slash::{COMMANDS, SLASH_HINT};
use lanchat_protocol::text::clean;

use super::past;
use crate::hub::{BanLine, Done, Reply, RoomLine};
use crate::timeline::{Body, Conversation, Event};

/// About how long a line of nicks gets, in bytes.
const NICKS_LINE_BYTES: usize = 400;

/// Writes what happens in the room that the reader talks in, or to the reader alone.
pub(in crate::dialect) fn event(conversation: &Conversation, event: &Event, out: &mut Vec<u8>) {
    let (sign, room) = match conversation {
        Conversation::Direct => ("@", ""),
        Conversation::Room(name) => ("", &**name),
        Conversation::House => ("", ""),
    };
    write(sign, "", room, event, out);
}

/// Writes what happens in another room that the reader is in: with the name of the room before it.
pub(in crate::dialect) fn event_elsewhere(conversation: &Conversation, event: &Event, out: &mut Vec<u8>) {
    match conversation {
        Conversation::Room(name) => write(&format!("#{name} "), &format!("#{name} "), name, event, out),
        Conversation::House | Conversation::Direct => self::event(conversation, event, out),
    }
}

/// `before` stands before what people say, `place` before what the relay says of them in `room`.
fn write(before: &str, place: &str, room: &str, event: &Event, out: &mut Vec<u8>) {
    let from = event.from;
    match event.body {
        Body::Said(text) => {
            for text in text.split('\n') {
                for piece in [before, from, ": ", text, "\n"] {
                    out.extend_from_slice(piece.as_bytes());
                }
            }
        }
        Body::Did(text) => line(out, format_args!("{before}{from}: *{}*", text.trim())),
        Body::Joined { others } => line(out, format_args!("* {place}{from} joined{}", Others(others))),
        Body::Left { reason, others } => {
            line(out, format_args!("* {place}{from} left{}{}", Because(reason), Others(others)));
        }
        Body::Renamed { to, others } => {
            line(out, format_args!("* {place}{from} is now {to}{}", Others(others)));
        }
        Body::Away { reason, others } => {
            line(out, format_args!("* {place}{from} is away{}{}", Because(reason), Others(others)));
        }
        Body::Back { others } => line(out, format_args!("* {place}{from} is back{}", Others(others))),
        Body::Topic("") => line(out, format_args!("* {place}{from} has removed the topic")),
        Body::Topic(topic) => line(out, format_args!("* {place}{from} has set the topic: {topic}")),
        Body::Ordered { measure, whom, reason, number } => {
            let for_ms = (measure != Measure::Slow && number > 0).then(|| number - event.time_ms);
            let seconds = if measure == Measure::Slow { number.cast_unsigned() } else { 0 };
            let (room, is_you) = (Some(room).filter(|room| !room.is_empty()), false);
            let told = Told { measure, by: from, whom, is_you, room, for_ms, seconds, reason };
            line(out, format_args!("* {}", told.sentence()));
        }
        Body::Announced(text) => line(out, format_args!("* announcement: {text}")),
        Body::Bye(reason) => line(out, format_args!("* server is stopping: {reason}")),
    }
}

/// Writes a word to one session.
pub(in crate::dialect) fn reply(reply: &Reply, out: &mut Vec<u8>) {
    match reply {
        Reply::Welcome { nick, is_barred: true, .. } => {
            let hint = "/login NICK PASSWORD, or /nick NAME and /register PASSWORD";
            line(
                out,
                format_args!(
                    "* Welcome to lanchat, you are {nick}. Only who is logged in chats here: {hint}."
                ),
            );
        }
        Reply::Account { nick, role: Role::Guest, .. } => {
            line(out, format_args!("* you are not logged in any more, and are now {nick}"));
        }
        Reply::Account { nick, role, durable, .. } => {
            line(out, format_args!("* you are logged in as {nick} ({role}){}", but(*durable)));
        }
        Reply::Displaced { old, nick } => {
            let own = format_args!("if that is you, /login {old} PASSWORD");
            line(out, format_args!("* the nick {old} belongs to somebody, and you are now {nick}: {own}"));
        }
        Reply::Welcome { nick, rooms, others, .. } => {
            let room = rooms.first().map_or("", |start| &start.room);
            let company = match others {
                0 => "nobody else is here yet".to_owned(),
                1 => "1 other is here".to_owned(),
                _ => format!("{others} others are here"),
            };
            let hint = "/nick NAME takes a name, /help lists commands";
            line(out, format_args!("* Welcome to lanchat, you are {nick} in #{room}; {company}. {hint}."));
        }
        Reply::Ack { room, waits: true, .. } => {
            line(out, format_args!("* {} is not here: your message waits for them", person(room)));
        }
        Reply::Ack { room, away: Some(away), .. } => {
            line(out, format_args!("* {} is away{}", person(room), Because(Some(away))));
        }
        Reply::Ack { .. } | Reply::Pong { .. } => {}
        Reply::Joined { room, topic, people, .. } => {
            let company = match people {
                0 | 1 => "nobody else is here".to_owned(),
                2 => "1 other is here".to_owned(),
                people => format!("{} others are here", people - 1),
            };
            let topic = if topic.is_empty() { String::new() } else { format!(". Topic: {topic}") };
            line(out, format_args!("* you talk in #{room} now; {company}{topic}"));
        }
        Reply::History { room, messages, asked, more, zone, .. } => {
            past::history(room, messages, *asked, more.is_some(), zone, out);
        }
        Reply::Found { words, hits, reach, zone, .. } => past::found(&clean(words), hits, *reach, zone, out),
        Reply::Live { .. } => {}
        Reply::Parted { room, current, .. } => match current {
            Some(current) => line(out, format_args!("* you have left #{room}, and talk in #{current} now")),
            None => line(out, format_args!("* you have left #{room}; /join ROOM enters another")),
        },
        Reply::Rooms { rooms, others, .. } => list(rooms, *others, out),
        Reply::Topic { room, topic: "", .. } => line(out, format_args!("* #{room} has no topic")),
        Reply::Topic { room, topic, by, .. } => {
            let by = by.map(|(nick, _)| format!(" (set by {nick})")).unwrap_or_default();
            line(out, format_args!("* the topic of #{room}: {topic}{by}"));
        }
        Reply::Whois { nick, here_s: Some(here_s), role, away, rooms, .. } => {
            is_here(nick, *here_s, *role, *away, rooms, out);
        }
        Reply::Whois { nick, .. } => line(out, format_args!("* {nick} is not here")),
        Reply::Away { away: true, .. } => line(out, format_args!("* you are away; /back when you are not")),
        Reply::Away { away: false, .. } => line(out, format_args!("* you are back")),
        Reply::Ignoring { nicks: [], .. } => line(out, format_args!("* you hear everybody")),
        Reply::Ignoring { nicks, .. } => {
            line(out, format_args!("* you hear nothing of {}", nicks.join(", ")));
        }
        Reply::Ordered { done, is_you, durable, .. } => {
            line(out, format_args!("* {}{}", ordered(done, *is_you), but(*durable)));
        }
        Reply::Bans { bans, others, now_ms, .. } => bans_are(bans, *others, *now_ms, out),
        Reply::NickIs { nick, .. } => line(out, format_args!("* you are now {nick}")),
        Reply::Who { room, people, others, .. } => who(room, people, *others, out),
        Reply::Help => help(out),
        Reply::Gap { skipped: 0, .. } => {
            line(out, format_args!("* messages are missing here that the relay cannot tell"));
        }
        Reply::Gap { skipped, .. } => {
            let messages = if *skipped == 1 { "message" } else { "messages" };
            line(out, format_args!("* {skipped} {messages} skipped: your connection took them too slowly"));
        }
        Reply::Unread { answers } => {
            line(out, format_args!("* {} dropped: read what you are sent", counted(*answers, "answer")));
        }
        Reply::Refused { refusal, .. } => line(out, format_args!("* {}", clean(&refusal.to_string()))),
        Reply::Bye { reason, .. } => line(out, format_args!("* good bye: {reason}")),
    }
}

/// Somebody who is here: since when, and for how long they have been silent, in seconds.
fn is_here(
    nick: &str,
    (connected_s, idle_s): (u64, u64),
    role: Role,
    away: Option<&str>,
    rooms: &[std::rc::Rc<str>],
    out: &mut Vec<u8>,
) {
    let role = if role > Role::Guest { format!(" ({role})") } else { String::new() };
    let rooms: Vec<_> = rooms.iter().map(|room| format!("#{room}")).collect();
    let away = away.map(|away| format!(", is away{}", Because(Some(away)))).unwrap_or_default();
    let (here, idle) = (Span(connected_s), Span(idle_s));
    let rooms = if rooms.is_empty() { String::new() } else { format!("; in {}", rooms.join(" ")) };
    line(out, format_args!("* {nick}{role} has been here for {here}, silent for {idle}{away}{rooms}"));
}

fn who(room: &str, people: &[(std::rc::Rc<str>, u64)], others: u64, out: &mut Vec<u8>) {
    let count = people.len() as u64 + others;
    let mut nicks = String::new();
    for (nick, _) in people {
        if nicks.len() + nick.len() > NICKS_LINE_BYTES {
            line(out, format_args!("* in #{room} ({count}): {nicks}"));
            nicks.clear();
        }
        if !nicks.is_empty() {
            nicks.push_str(", ");
        }
        nicks.push_str(nick);
    }
    let more = if others > 0 { format!(" and {others} more") } else { String::new() };
    line(out, format_args!("* in #{room} ({count}): {nicks}{more}"));
}

/// What is wrong with a change that was made.
fn but(durable: Option<bool>) -> &'static str {
    match durable {
        Some(false) => "; the relay cannot keep what has changed at the moment, and may forget it",
        Some(true) | None => "",
    }
}

/// What was done to keep order, in words.
fn ordered(done: &Done, is_you: bool) -> String {
    let Done { measure, by, room, whom, reason, until_ms, seconds, time_ms } = done;
    let for_ms = until_ms.map(|until_ms| until_ms - time_ms);
    let (room, seconds) = (room.as_deref(), u64::from(*seconds));
    Told { measure: *measure, by, whom, is_you, room, for_ms, seconds, reason }.sentence()
}

fn bans_are(bans: &[BanLine], others: u64, now_ms: i64, out: &mut Vec<u8>) {
    if bans.is_empty() {
        line(out, format_args!("* nobody is banned"));
    }
    for BanLine { whom, by, reason, until_ms, .. } in bans {
        let by = if by.is_empty() { "the administrator" } else { by };
        let left = until_ms.map_or_else(
            || "until somebody ends it".to_owned(),
            |until_ms| format!("for another {}", span(until_ms - now_ms)),
        );
        line(out, format_args!("* {whom} is banned by {by} {left}{}", Because(Some(reason))));
    }
    if others > 0 {
        line(out, format_args!("* and {others} more"));
    }
}

fn help(out: &mut Vec<u8>) {
    for spec in COMMANDS {
        line(out, format_args!("* {:<12} {}", spec.usage, spec.what));
    }
    line(out, format_args!("* {SLASH_HINT}"));
}

fn list(rooms: &[RoomLine], others: u64, out: &mut Vec<u8>) {
    for RoomLine { room, people, topic, is_joined, kind } in rooms {
        let here = if *is_joined { ", you are in it" } else { "" };
        let topic = if topic.is_empty() { String::new() } else { format!(": {topic}") };
        line(out, format_args!("* #{room} ({people}{here}{kind}){topic}"));
    }
    if others > 0 {
        line(out, format_args!("* and {others} more"));
    }
}

/// A title such as `@ana` as a nick.
fn person(room: &str) -> &str {
    room.strip_prefix('@').unwrap_or(room)
}

/// A reason in brackets, if there is one.
struct Because<'a>(Option<&'a str>);

impl std::fmt::Display for Because<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            None | Some("") => Ok(()),
            Some(reason) => write!(f, " ({reason})"),
        }
    }
}

/// A span of time, given in seconds, in its two largest units.
struct Span(u64);

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(s) = *self;
        match s {
            0..60 => write!(f, "{s} s"),
            60..3600 => write!(f, "{} min {} s", s / 60, s % 60),
            3600..86_400 => write!(f, "{} h {} min", s / 3600, s % 3600 / 60),
            _ => write!(f, "{} d {} h", s / 86_400, s % 86_400 / 3600),
        }
    }
}

/// How many more came or went than are told.
struct Others(u64);

impl std::fmt::Display for Others {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            0 => Ok(()),
            1 => f.write_str(" (and 1 other came or went)"),
            others => write!(f, " (and {others} others came or went)"),
        }
    }
}

fn line(out: &mut Vec<u8>, text: std::fmt::Arguments) {
    // Writing to memory does not fail.
    let _ = writeln!(out, "{text}");
}
