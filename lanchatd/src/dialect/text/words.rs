//! What the text dialect writes: `nick: text` for what people say, `* ` before what the relay says.
//!
//! No message line ever begins with `* `, because no nick begins with `*`.

use std::io::Write;

use lanchat_protocol::slash::{COMMANDS, SLASH_HINT};
use lanchat_protocol::text::clean;

use crate::hub::Reply;
use crate::timeline::{Body, Event};

/// About how long a line of nicks gets, in bytes.
const NICKS_LINE_BYTES: usize = 400;

/// Writes an event of a room.
pub(in crate::dialect) fn event(_room: &str, event: &Event, out: &mut Vec<u8>) {
    let from = event.from;
    match event.body {
        Body::Said(text) => {
            out.extend_from_slice(from.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(text.as_bytes());
            out.push(b'\n');
        }
        Body::Did(text) => line(out, format_args!("{from}: *{}*", text.trim())),
        Body::Joined { others } => line(out, format_args!("* {from} joined{}", Others(others))),
        Body::Left { reason: None, others } => line(out, format_args!("* {from} left{}", Others(others))),
        Body::Left { reason: Some(reason), others } => {
            line(out, format_args!("* {from} left ({reason}){}", Others(others)));
        }
        Body::Renamed { to, others } => line(out, format_args!("* {from} is now {to}{}", Others(others))),
        Body::Announced(text) => line(out, format_args!("* announcement: {text}")),
        Body::Bye(reason) => line(out, format_args!("* server is stopping: {reason}")),
    }
}

/// Writes a word to one session.
pub(in crate::dialect) fn reply(reply: &Reply, out: &mut Vec<u8>) {
    match reply {
        Reply::Welcome { nick, room, others, .. } => {
            let company = match others {
                0 => "nobody else is here yet".to_owned(),
                1 => "1 other is here".to_owned(),
                _ => format!("{others} others are here"),
            };
            let hint = "/nick NAME takes a name, /help lists commands";
            line(out, format_args!("* Welcome to lanchat, you are {nick} in #{room}; {company}. {hint}."));
        }
        Reply::Ack { .. } | Reply::Pong { .. } => {}
        Reply::NickIs { nick, .. } => line(out, format_args!("* you are now {nick}")),
        Reply::Who { room, people, others, .. } => who(room, people, *others, out),
        Reply::Help => help(out),
        Reply::Gap { skipped, .. } => {
            let messages = if *skipped == 1 { "message" } else { "messages" };
            line(out, format_args!("* {skipped} {messages} skipped: your connection took them too slowly"));
        }
        Reply::Unread { answers } => {
            line(out, format_args!("* {answers} answers were dropped: read what you are sent"));
        }
        Reply::Refused { refusal, .. } => line(out, format_args!("* {}", clean(&refusal.to_string()))),
        Reply::Bye { reason, .. } => line(out, format_args!("* good bye: {reason}")),
    }
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

fn help(out: &mut Vec<u8>) {
    for spec in COMMANDS {
        line(out, format_args!("* {:<12} {}", spec.usage, spec.what));
    }
    line(out, format_args!("* {SLASH_HINT}"));
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
