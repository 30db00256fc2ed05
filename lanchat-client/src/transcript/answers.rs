//! What the relay answers, as lines for people.

use std::borrow::Cow;

use jiff::Timestamp;
use lanchat_protocol::client::{Ban, Bans, Ordered, Person, RoomInfo};
use lanchat_protocol::role::Role;
use lanchat_protocol::text::clean;

use super::wrap::TEXT;
use super::{Transcript, because};

impl Transcript {
    /// What was done to keep order.
    pub(super) fn ordered(&self, ordered: &Ordered) -> String {
        let note = self.note(&ordered.told().sentence());
        // What the person has done themselves is an answer.
        if ordered.id.is_some() { note } else { self.time(&ordered.time) + &note }
    }

    /// Who is not let in, one a line.
    pub(super) fn bans(&self, bans: &Bans) -> String {
        if bans.bans.is_empty() {
            return self.note("nobody is banned");
        }
        let line = |ban: &Ban| {
            let by = ban.by.as_deref().unwrap_or("the administrator");
            let until = ban.until.as_deref().and_then(|until| until.parse::<Timestamp>().ok());
            let until = until.map_or_else(
                || "until somebody ends it".to_owned(),
                |until| format!("until {}", until.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M")),
            );
            self.note(&format!("{} is banned by {by} {until}{}", ban.whom, because(ban.reason.as_deref())))
        };
        let more = (bans.others > 0).then(|| self.note(&format!("and {} more", bans.others)));
        bans.bans.iter().map(line).chain(more).collect::<Vec<_>>().join("\n")
    }

    /// Who is in a room.
    pub(super) fn people(&self, room: &str, people: &[Person], others: u64) -> String {
        let names: Vec<_> = people.iter().map(|person| self.nick(&person.nick)).collect();
        let more = if others > 0 { format!(" and {others} more") } else { String::new() };
        let count = others.saturating_add(people.len() as u64);
        format!("{} {TEXT}in #{} ({count}): {}{more}", self.star(), clean(room), names.join(", "))
    }

    /// A room that the person is in now, and whether they talk there.
    pub(crate) fn entered(&self, room: &str, topic: Option<&str>, people: u64, talks: bool) -> String {
        let company = match people {
            0 | 1 => "nobody else is here".to_owned(),
            2 => "1 other is here".to_owned(),
            people => format!("{} others are here", people - 1),
        };
        let topic = match topic {
            Some(topic) if !topic.is_empty() => format!(". Topic: {topic}"),
            _ => String::new(),
        };
        let place = if talks { format!("you talk in #{room} now") } else { format!("you are in #{room}") };
        self.note(&format!("{place}; {company}{topic}"))
    }

    /// The rooms there are, one a line.
    pub(super) fn rooms(&self, rooms: &[RoomInfo], others: u64) -> String {
        let line = |it: &RoomInfo| {
            let here = if it.joined { ", you are in it" } else { "" };
            let topic = it.topic.as_ref().map(|topic| format!(": {topic}")).unwrap_or_default();
            self.note(&format!("#{} ({}{here}{}){topic}", it.room, it.people, it.kind))
        };
        let more = match (rooms.len(), others) {
            (0, 0) => Some("there are no rooms".to_owned()),
            (_, 0) => None,
            (_, others) => Some(format!("and {others} more")),
        };
        let lines = rooms.iter().map(line).chain(more.map(|more| self.note(&more)));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// What a room is about, and who has said so.
    pub(super) fn topic(&self, room: &str, topic: &str, by: Option<&str>) -> String {
        if topic.is_empty() {
            return self.note(&format!("#{room} has no topic"));
        }
        let by = by.map(|nick| format!(" (set by {nick})")).unwrap_or_default();
        self.note(&format!("the topic of #{room}: {topic}{by}"))
    }

    /// Who somebody is who is here, for how long, and since when they are silent.
    pub(super) fn whois(
        &self,
        nick: &str,
        (connected_s, idle_s): (u64, u64),
        role: Role,
        away: Option<&str>,
        rooms: &[Cow<str>],
    ) -> String {
        let (here, silent) = (span(connected_s), span(idle_s));
        let away = away.map(|away| format!(", is away{}", because(Some(away)))).unwrap_or_default();
        let rooms: Vec<_> = rooms.iter().map(|room| format!("#{}", clean(room))).collect();
        let rooms =
            if rooms.is_empty() { "in no room".to_owned() } else { format!("in {}", rooms.join(" ")) };
        let role = if role > Role::Guest { format!(" ({role})") } else { String::new() };
        let (star, nick) = (self.star(), self.nick(nick));
        format!("{star} {TEXT}{nick}{role} has been here for {here}, silent for {silent}{away}; {rooms}")
    }

    /// Who somebody is who is not here, and when they were.
    pub(super) fn was(&self, nick: &str, seen: Option<&str>) -> String {
        let seen = seen.and_then(|seen| seen.parse::<Timestamp>().ok());
        let seen = seen.map(|seen| {
            let seen = seen.to_zoned(self.zone.clone());
            format!(", but was on {} at {:02}:{:02}", seen.date(), seen.hour(), seen.minute())
        });
        format!("{} {TEXT}{} is not here{}", self.star(), self.nick(nick), seen.unwrap_or_default())
    }

    /// Of whom the person hears nothing.
    pub(super) fn ignoring(&self, nicks: &[Cow<str>]) -> String {
        match nicks {
            [] => self.note("you hear everybody"),
            nicks => self.note(&format!("you hear nothing of {}", nicks.join(", "))),
        }
    }

    fn star(&self) -> String {
        self.palette.strong("*")
    }
}

/// A span of time, given in seconds, in its two largest units.
fn span(s: u64) -> String {
    match s {
        0..60 => format!("{s} s"),
        60..3600 => format!("{} min {} s", s / 60, s % 60),
        3600..86_400 => format!("{} h {} min", s / 3600, s % 3600 / 60),
        _ => format!("{} d {} h", s / 86_400, s % 86_400 / 3600),
    }
}
