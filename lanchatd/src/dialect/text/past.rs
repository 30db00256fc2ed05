//! What was said before, as the text dialect shows it: the relay tells it, so every line begins with `* `.

use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::io::Write;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::hub::{Reach, RoomHit, Toward};
use crate::kept::{Message, MessageKind};

/// What was said in a room, with a line where a day begins.
pub(super) fn history(
    room: &str,
    messages: &[Message],
    asked: Option<Toward>,
    more: bool,
    zone: &TimeZone,
    out: &mut Vec<u8>,
) {
    if messages.is_empty() && asked.is_some() {
        let (preposition, place) = (if room.starts_with('@') { "with" } else { "in" }, Place(room));
        line(out, format_args!("* nothing was said {preposition} {place}then, or before"));
    }
    let mut day = None;
    for message in messages {
        let time = at(zone, message.time_ms);
        if day.replace(time.date()) != Some(time.date()) {
            line(out, format_args!("* -- {} --", time.date()));
        }
        said(format_args!("{}", time.strftime("%H:%M")), message, out);
    }
    if let (Some(Toward::Newer), true, Some(last)) = (asked, more, messages.last()) {
        let next = at(zone, last.time_ms);
        line(out, format_args!("* there is more: /history since {}", next.strftime("%Y-%m-%d %H:%M:%S")));
    }
}

/// Messages with words, the newest last.
pub(super) fn found(words: &str, hits: &[RoomHit], reach: Reach, zone: &TimeZone, out: &mut Vec<u8>) {
    // Hits that stand close together share what is around them.
    let place = |message: &Message| (message.conversation, message.position);
    let mut shown: BTreeSet<_> = hits.iter().map(|RoomHit { hit, .. }| place(&hit.message)).collect();
    for RoomHit { room, hit } in hits.iter().rev() {
        let mut is_new = |message: &&Message| shown.insert(place(message));
        let around = |message: &Message, out: &mut Vec<u8>| {
            said(format_args!("    {}", at(zone, message.time_ms).strftime("%H:%M")), message, out);
        };
        hit.before.iter().filter(&mut is_new).for_each(|message| around(message, out));
        let time = at(zone, hit.message.time_ms);
        said(format_args!("{}{}", Place(room), time.strftime("%Y-%m-%d %H:%M")), &hit.message, out);
        hit.after.iter().filter(&mut is_new).for_each(|message| around(message, out));
    }
    let rest = match reach {
        Reach::All => String::new(),
        Reach::From(None) => "; older messages were not looked at, before:DATE finds them".to_owned(),
        Reach::From(Some(ms)) => {
            // To the next second, so that nothing is left out.
            let from = at(zone, ms.saturating_add(999)).strftime("%Y-%m-%dT%H:%M:%S");
            format!("; older messages were not looked at, before:{from} finds them")
        }
    };
    let what = if words.is_empty() { String::new() } else { format!(" with {words}") };
    match hits.len() {
        0 => line(out, format_args!("* found nothing{what}{rest}")),
        1 => line(out, format_args!("* found 1 message{what}{rest}")),
        count => line(out, format_args!("* found {count} messages{what}{rest}")),
    }
}

fn at(zone: &TimeZone, ms: i64) -> DateTime {
    zone.to_datetime(Timestamp::from_millisecond(ms).unwrap_or_default())
}

/// A message, with `place` before each of its lines.
fn said(place: fmt::Arguments, message: &Message, out: &mut Vec<u8>) {
    let Message { nick, text, kind, .. } = message;
    match kind {
        MessageKind::Said => {
            text.split('\n').for_each(|text| line(out, format_args!("* {place} {nick}: {text}")));
        }
        MessageKind::Done => line(out, format_args!("* {place} {nick}: *{}*", text.trim())),
    }
}

/// A room before something else; `@ana` stays as it is.
struct Place<'a>(&'a str);

impl Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(room) = self;
        if room.starts_with('@') { write!(f, "{room} ") } else { write!(f, "#{room} ") }
    }
}

fn line(out: &mut Vec<u8>, text: fmt::Arguments) {
    // Writing to memory does not fail.
    let _ = writeln!(out, "{text}");
}
