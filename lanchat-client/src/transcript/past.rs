//! What was said before, as lines for people.

use jiff::civil::Date;
use jiff::{Timestamp, Zoned};
use lanchat_protocol::client::Past;
use lanchat_protocol::text::clean;

use super::wrap::TEXT;
use super::{Transcript, body, is_direct};

/// How many messages were missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    /// So many.
    Exactly(usize),
    /// So many, and those that follow.
    MoreThan(usize),
}

impl Transcript {
    /// The marker above what was missed in a place since a moment: `── 12 new since 09:15 ──`.
    pub(crate) fn missed(
        &self,
        room: &str,
        here: Option<&str>,
        count: Count,
        since: Timestamp,
        now: Timestamp,
    ) -> String {
        let count = match count {
            Count::Exactly(count) => grouped(count),
            Count::MoreThan(count) => format!("more than {}", grouped(count)),
        };
        let place = place_of(room, here);
        let (since, today) = (self.local(since), self.local(now).date());
        let day = if since.date() == today { String::new() } else { format!("{} ", since.date()) };
        let since = format!("{day}{:02}:{:02}", since.hour(), since.minute());
        self.palette.strong(&rule(&format!("{count} new{place} since {since}")))
    }

    /// The marker above the first message that the person may not have seen: `── new ──`.
    pub(crate) fn unread(&self) -> String {
        self.palette.strong(&rule("new"))
    }

    /// What was lost of what was said; `why` explains it.
    pub(crate) fn missing(&self, room: &str, here: Option<&str>, skipped: u64, why: &str) -> String {
        let what = match skipped {
            0 => "messages were skipped, nobody knows how many".to_owned(),
            1 => "1 message was skipped".to_owned(),
            skipped => format!("{skipped} messages were skipped"),
        };
        format!("{} {TEXT}{}{what}{why}", self.palette.strong("*"), self.place(room, here))
    }

    /// What whoever enters a room is told of what was said there, between two marks: it matters less than what is
    /// said now, and where there are no colours nothing else tells them apart.
    pub(crate) fn before(&self, room: &str, here: Option<&str>, past: &[&Past], now: Timestamp) -> String {
        let plain = self.without_colours();
        let line = |message: &&Past| (self.day(&message.time), plain.past(room, here, message));
        let lines =
            self.by_day(past.iter().map(line).map(|(day, line)| (day, self.palette.faint(&line))), now);
        let mark = |words: &str| self.palette.faint(&rule(words));
        let head = format!("said before{}", place_of(room, here));
        format!("{}\n{}\n{}", mark(&head), lines.join("\n"), mark("now"))
    }

    /// What was said in a room, as somebody has asked for it.
    pub(crate) fn history(&self, room: &str, here: Option<&str>, past: &[&Past], now: Timestamp) -> String {
        let line = |message: &&Past| (self.day(&message.time), self.past(room, here, message));
        self.by_day(past.iter().map(line), now).join("\n")
    }

    pub(super) fn past(&self, room: &str, here: Option<&str>, message: &Past) -> String {
        let place = self.place(room, here);
        self.said(&message.time, &place, &message.from, message.action, &body(&message.text))
    }

    /// The mark where another day begins.
    pub(crate) fn date(&self, day: Date) -> String {
        self.palette.faint(&rule(&day.to_string()))
    }

    /// The day of a moment, in the zone of whoever reads.
    pub(crate) fn day(&self, time: &str) -> Option<Date> {
        time.parse::<Timestamp>().ok().map(|time| self.local(time).date())
    }

    pub(crate) fn local(&self, time: Timestamp) -> Zoned {
        time.to_zoned(self.zone.clone())
    }

    /// The lines, with the date wherever it is another one than that of the line before; what is said now is
    /// said today.
    pub(crate) fn by_day(
        &self,
        lines: impl Iterator<Item = (Option<Date>, String)>,
        now: Timestamp,
    ) -> Vec<String> {
        let today = self.local(now).date();
        let (mut all, mut shown) = (Vec::new(), today);
        for (day, line) in lines {
            let day = day.unwrap_or(shown);
            if std::mem::replace(&mut shown, day) != day {
                all.push(self.date(day));
            }
            all.push(line);
        }
        if shown != today {
            all.push(self.date(today));
        }
        all
    }
}

/// Where something was said, unless the person talks there.
fn place_of(room: &str, here: Option<&str>) -> String {
    match clean(room) {
        room if Some(&*room) == here => String::new(),
        room if is_direct(&room) => format!(" from {room}"),
        room => format!(" in #{room}"),
    }
}

/// A line that is no message: nobody's nick is followed by a colon in it.
fn rule(words: &str) -> String {
    format!("── {TEXT}{words} ──")
}

/// A number with its digits in groups of three.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
