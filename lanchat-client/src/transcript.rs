//! What a person reads: events as lines.
//!
//! A message reads `14:02 ana: hi`, a deed `14:02 ana waves`, and what the relay or this program says
//! begins with `* `. No nick holds a colon or a space or begins with a star, so nobody can imitate those.
//! Every string from the relay passes the sanitiser here, whatever the relay did with it.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lanchat_protocol::client::{Change, Event, Person};
use lanchat_protocol::slash::{COMMANDS, SLASH_HINT};
use lanchat_protocol::text::clean;

use crate::colour::Palette;

/// A quoted message is cut to this many characters.
const QUOTE_CHARS_MAX: usize = 60;

/// Turns events into lines.
#[derive(Clone, Debug)]
pub(crate) struct Transcript {
    zone: TimeZone,
    palette: Palette,
    room: String,
}

impl Transcript {
    /// Lines with the time in `zone`; `room` is the one whose name need not be told.
    pub(crate) fn new(zone: TimeZone, palette: Palette, room: String) -> Self {
        Self { zone, palette, room }
    }

    /// The line for an event; `None` where there is nothing to read.
    pub(crate) fn line(&self, event: &Event) -> Option<String> {
        let line = match event {
            Event::Message { room, time, from, text, action, .. } => {
                let end = if *action { "" } else { ":" };
                format!("{}{}{}{end} {}", self.time(time), self.room(room), self.nick(from), clean(text))
            }
            Event::Presence { room, time, nick, change, to, reason, others, .. } => {
                let what = self.presence(nick, *change, to.as_deref(), reason.as_deref(), *others);
                format!("{}{}{}", self.time(time), self.room(room), self.faint_note(&what))
            }
            Event::Announcement { time, text } => {
                let announcement = format!("* announcement: {}", clean(text));
                format!("{}{}", self.time(time), self.palette.strong(&announcement))
            }
            Event::Gap { room, skipped } => {
                let room = self.room(room);
                let were = if *skipped == 1 { "message was" } else { "messages were" };
                let what = format!("{skipped} {were} skipped, for this client read too slowly");
                format!("{room}{}", self.note(&what))
            }
            Event::Error { message, .. } => self.note(message),
            Event::Bye { reason, .. } => self.note(&format!("the relay says goodbye: {reason}")),
            Event::Who { room, people, others, .. } => self.people(room, people, *others),
            Event::Welcome { .. }
            | Event::Ack { .. }
            | Event::Nick { .. }
            | Event::Pong { .. }
            | Event::Joined { .. }
            | Event::Parted { .. }
            | Event::Rooms { .. }
            | Event::Topic { .. }
            | Event::Whois { .. }
            | Event::Away { .. }
            | Event::Ignoring { .. }
            | Event::Unknown => return None,
        };
        Some(line)
    }

    /// Something that this program says.
    pub(crate) fn note(&self, what: &str) -> String {
        self.palette.strong("*") + " " + &clean(what)
    }

    /// The list of commands.
    pub(crate) fn help(&self) -> String {
        let commands = COMMANDS.iter().map(|command| format!("  {:<12} {}", command.usage, command.what));
        let head = self.note("commands:");
        let lines = std::iter::once(head).chain(commands).chain([format!("  {SLASH_HINT}")]);
        lines.collect::<Vec<_>>().join("\n")
    }

    fn presence(
        &self,
        nick: &str,
        change: Change,
        to: Option<&str>,
        reason: Option<&str>,
        others: u64,
    ) -> String {
        let nick = self.nick(nick);
        let what = match (change, to) {
            (Change::Joined, _) => format!("{nick} joined"),
            (Change::Left, _) => format!("{nick} left"),
            (Change::Renamed, Some(to)) => format!("{nick} is now {}", self.nick(to)),
            (Change::Away, _) => format!("{nick} is away"),
            (Change::Back, _) => format!("{nick} is back"),
            (Change::Renamed | Change::Other, _) => format!("{nick} changed"),
        };
        let reason = reason.map(|reason| format!(" ({})", clean(reason))).unwrap_or_default();
        let others = if others > 0 { format!(", and {others} more came or went") } else { String::new() };
        format!("{what}{reason}{others}")
    }

    fn people(&self, room: &str, people: &[Person], others: u64) -> String {
        let names: Vec<_> = people.iter().map(|person| self.nick(&person.nick)).collect();
        let more = if others > 0 { format!(" and {others} more") } else { String::new() };
        let count = others.saturating_add(people.len() as u64);
        format!("{} in #{} ({count}): {}{more}", self.palette.strong("*"), clean(room), names.join(", "))
    }

    /// Already cleaned and coloured text as a note: cleaning again would take the colours out.
    fn faint_note(&self, what: &str) -> String {
        format!("{} {what}", self.palette.faint("*"))
    }

    fn nick(&self, nick: &str) -> String {
        self.palette.nick(&clean(nick))
    }

    fn room(&self, room: &str) -> String {
        if room == self.room { String::new() } else { format!("[{}] ", clean(room)) }
    }

    fn time(&self, time: &str) -> String {
        let local = time.parse::<Timestamp>().map(|time| time.to_zoned(self.zone.clone()));
        let time =
            local.map_or("--:--".to_owned(), |time| format!("{:02}:{:02}", time.hour(), time.minute()));
        self.palette.faint(&time) + " "
    }
}

/// A message as a notice names it: in quotation marks, clean, on one line, and not too long.
pub(crate) fn quote(text: &str) -> String {
    format!("\"{}\"", shorten(text, QUOTE_CHARS_MAX))
}

/// The clean text, cut to so many characters.
pub(crate) fn shorten(text: &str, chars_max: usize) -> Cow<'_, str> {
    let text = clean(text);
    match text.char_indices().nth(chars_max) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(palette: Palette, json: &str) -> Option<String> {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let event: Event = serde_json::from_str(json).unwrap();
        Transcript::new(zone, palette, "lobby".into()).line(&event)
    }

    fn plain(json: &str) -> String {
        read(Palette::PLAIN, json).unwrap()
    }

    #[test]
    fn messages_and_deeds_show_the_local_time() {
        let message = r#"{"type":"message","room":"lobby","pos":1,"time":"2026-11-22T12:02:59.123Z","from":"ana","text":"hi"}"#;
        assert_eq!(plain(message), "14:02 ana: hi");
        let deed = r#"{"type":"message","room":"dev","pos":1,"time":"nonsense","from":"ana","text":"waves","action":true}"#;
        assert_eq!(plain(deed), "--:-- [dev] ana waves");
    }

    #[test]
    fn comings_and_goings() {
        let presence = |rest| {
            let head =
                r#"{"type":"presence","room":"lobby","pos":1,"time":"2026-11-22T12:02:00Z","nick":"ana""#;
            plain(&format!("{head},{rest}}}"))
        };
        assert_eq!(presence(r#""change":"joined""#), "14:02 * ana joined");
        assert_eq!(
            presence(r#""change":"left","reason":"bye","others":3"#),
            "14:02 * ana left (bye), and 3 more came or went"
        );
        assert_eq!(presence(r#""change":"renamed","to":"bo""#), "14:02 * ana is now bo");
        assert_eq!(presence(r#""change":"later""#), "14:02 * ana changed");
    }

    #[test]
    fn what_the_relay_says_begins_with_a_star() {
        assert_eq!(
            plain(r#"{"type":"gap","room":"lobby","skipped":312}"#),
            "* 312 messages were skipped, for this client read too slowly"
        );
        assert_eq!(plain(r#"{"type":"bye","reason":"stopping"}"#), "* the relay says goodbye: stopping");
        assert_eq!(
            plain(r#"{"type":"announcement","time":"","text":"lunch"}"#),
            "--:-- * announcement: lunch"
        );
        let who = r#"{"type":"who","room":"lobby","people":[{"nick":"ana","connected_s":1},{"nick":"bo","connected_s":2}],"others":5}"#;
        assert_eq!(plain(who), "* in #lobby (7): ana, bo and 5 more");
    }

    #[test]
    fn the_largest_numbers_of_a_relay_are_only_numbers() {
        let most = u64::MAX;
        let who = format!(
            r#"{{"type":"who","room":"lobby","people":[{{"nick":"ana","connected_s":{most}}}],"others":{most}}}"#
        );
        assert_eq!(plain(&who), format!("* in #lobby ({most}): ana and {most} more"));
        let presence = format!(
            r#"{{"type":"presence","room":"lobby","pos":{most},"time":"","nick":"ana","change":"left","others":{most}}}"#
        );
        assert_eq!(plain(&presence), format!("--:-- * ana left, and {most} more came or went"));
        let gap = format!(r#"{{"type":"gap","room":"lobby","skipped":{most}}}"#);
        assert!(plain(&gap).starts_with(&format!("* {most} messages were skipped")));
        let gap = r#"{"type":"gap","room":"lobby","skipped":1}"#;
        assert!(plain(gap).starts_with("* 1 message was skipped"));
    }

    #[test]
    fn answers_that_a_person_need_not_read_show_nothing() {
        for json in [
            r#"{"type":"pong"}"#,
            r#"{"type":"later"}"#,
            r#"{"type":"ack","room":"lobby","pos":1,"time":""}"#,
        ] {
            assert_eq!(read(Palette::PLAIN, json), None);
        }
    }

    #[test]
    fn nicks_have_colours() {
        let message = r#"{"type":"message","room":"lobby","pos":1,"time":"","from":"ana","text":"hi"}"#;
        assert_eq!(read(Palette::FULL, message).unwrap(), "\x1b[2m--:--\x1b[0m \x1b[33mana\x1b[0m: hi");
    }

    #[test]
    fn help_lists_every_command() {
        let help = Transcript::new(TimeZone::UTC, Palette::PLAIN, "lobby".into()).help();
        assert!(COMMANDS.iter().all(|command| help.contains(command.usage)), "{help}");
    }

    #[test]
    fn a_quote_is_short_and_clean() {
        assert_eq!(quote("a\x1b[2Jb\nc"), "\"a[2Jb c\"");
        assert_eq!(quote(&"é".repeat(61)), format!("\"{}…\"", "é".repeat(60)));
    }

    proptest! {
        #[test]
        fn nothing_hostile_reaches_the_terminal(evil in "[\\x00-\\u{a0}\\u{2020}-\\u{2070}]{0,12}") {
            let events = [
                serde_json::json!({"type": "message", "room": evil, "pos": 1, "time": evil, "from": evil, "text": evil}),
                serde_json::json!({"type": "presence", "room": evil, "pos": 1, "time": evil, "nick": evil,
                    "change": "renamed", "to": evil, "reason": evil}),
                serde_json::json!({"type": "announcement", "time": evil, "text": evil}),
                serde_json::json!({"type": "error", "code": evil, "message": evil}),
                serde_json::json!({"type": "bye", "reason": evil}),
                serde_json::json!({"type": "gap", "room": evil, "skipped": 1}),
                serde_json::json!({"type": "who", "room": evil, "people": [{"nick": evil, "connected_s": 1}]}),
            ];
            for event in events {
                let line = plain(&event.to_string());
                prop_assert!(lanchat_protocol::text::is_clean(&line), "{line:?}");
            }
        }
    }
}
