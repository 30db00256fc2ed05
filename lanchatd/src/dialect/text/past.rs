//! What was said before, as the text dialect shows it: the relay tells it, so every line begins with `* `.

use std::fmt::{self, Display};
use std::io::Write;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::hub::{RoomHit, Toward};
use crate::kept::{Message, MessageKind};

/// When and where a list of messages is told.
#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) now_ms: i64,
    pub(super) zone: &'a TimeZone,
}

impl Told<'_> {
    fn time(&self, ms: i64) -> DateTime {
        self.zone.to_datetime(Timestamp::from_millisecond(ms).unwrap_or_default())
    }

    fn today(&self) -> Date {
        self.time(self.now_ms).date()
    }
}

/// What was said in a room, with a line where a day begins.
pub(super) fn history(
    room: &str,
    messages: &[Message],
    asked: Option<Toward>,
    more: bool,
    told: Told,
    out: &mut Vec<u8>,
) {
    let place = Place(room);
    if messages.is_empty() && asked.is_some() {
        line(out, format_args!("* nothing was said {place}then, or before"));
    }
    let mut day = told.today();
    for message in messages {
        let time = told.time(message.time_ms);
        if time.date() != day {
            day = time.date();
            line(out, format_args!("* -- {day} --"));
        }
        line(out, format_args!("* {} {}", time.strftime("%H:%M"), Said(message)));
    }
    if !messages.is_empty() && day != told.today() {
        line(out, format_args!("* -- {} --", told.today()));
    }
    if let (Some(Toward::Newer), true, Some(last)) = (asked, more, messages.last()) {
        let next = told.time(last.time_ms);
        line(out, format_args!("* there is more: /history since {}", next.strftime("%Y-%m-%d %H:%M:%S")));
    }
}

/// Messages with words, the newest last.
pub(super) fn found(words: &str, hits: &[RoomHit], more: bool, told: Told, out: &mut Vec<u8>) {
    for RoomHit { room, hit } in hits.iter().rev() {
        for message in &hit.before {
            line(
                out,
                format_args!("*     {} {}", told.time(message.time_ms).strftime("%H:%M"), Said(message)),
            );
        }
        let time = told.time(hit.message.time_ms);
        line(
            out,
            format_args!("* {}{} {}", Place(room), time.strftime("%Y-%m-%d %H:%M"), Said(&hit.message)),
        );
        for message in &hit.after {
            line(
                out,
                format_args!("*     {} {}", told.time(message.time_ms).strftime("%H:%M"), Said(message)),
            );
        }
    }
    let rest = if more { "; older messages were not looked at, before:DATE finds them" } else { "" };
    let what = if words.is_empty() { String::new() } else { format!(" with {words}") };
    match hits.len() {
        0 => line(out, format_args!("* found nothing{what}{rest}")),
        1 => line(out, format_args!("* found 1 message{what}{rest}")),
        count => line(out, format_args!("* found {count} messages{what}{rest}")),
    }
}

struct Said<'a>(&'a Message);

impl Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Message { nick, text, kind, .. } = self.0;
        match kind {
            MessageKind::Said => write!(f, "{nick}: {text}"),
            MessageKind::Done => write!(f, "{nick}: *{}*", text.trim()),
        }
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
