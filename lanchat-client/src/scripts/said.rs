//! What was said, one message a line, for people and for programs.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lanchat_protocol::client::{Event, Past};
use lanchat_protocol::text::{clean, clean_lines};

use crate::json;
use crate::transcript::is_direct;
use crate::wish::shown_nick;

/// What the further lines of a message begin with, so that none of them looks like a message.
const INDENT: &str = "\n    ";

/// How messages are written.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// `2026-11-23 10:05 #ops ana: text`, in this zone.
    Lines(TimeZone),
    /// One JSON object a line.
    Json,
}

impl Form {
    /// As it was asked for.
    pub(super) fn of(is_json: bool, zone: TimeZone) -> Self {
        if is_json { Self::Json } else { Self::Lines(zone) }
    }

    /// A message of a room, or of `@ana`, without a line end.
    pub(super) fn write(&self, room: &str, message: &Past) -> String {
        match self {
            Self::Lines(zone) => line(zone, room, message),
            Self::Json => object(&event(room, message)),
        }
    }
}

/// A value of ours as a JSON object that can be shown anywhere.
pub(super) fn object(value: &impl serde::Serialize) -> String {
    // Our own types always encode: they hold strings and numbers only.
    let encoded = serde_json::to_vec(value).unwrap_or_default();
    json::object(&encoded).map(Cow::into_owned).unwrap_or_default()
}

fn line(zone: &TimeZone, room: &str, Past { time, from, text, action, .. }: &Past) -> String {
    let time = time.parse::<Timestamp>().map(|time| time.to_zoned(zone.clone()));
    let time = time.map_or("---------- --:--".to_owned(), |time| time.strftime("%Y-%m-%d %H:%M").to_string());
    let sign = if is_direct(room) { "" } else { "#" };
    let room: String = clean(room).chars().filter(|c| !c.is_whitespace()).collect();
    let from = shown_nick(from).unwrap_or_default();
    let text = clean_lines(text).replace('\n', INDENT);
    let star = if *action { "*" } else { "" };
    format!("{time} {sign}{room} {from}: {star}{text}{star}")
}

/// As the relay tells it when it is said.
fn event<'a>(room: &'a str, message: &'a Past) -> Event<'a> {
    let Past { pos, time, from, text, action, uid } = message;
    Event::Message {
        room: room.into(),
        pos: *pos,
        time: (&**time).into(),
        from: (&**from).into(),
        text: (&**text).into(),
        action: *action,
        uid: uid.as_deref().map(Into::into),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, action: bool) -> Past<'_> {
        Past {
            pos: 7,
            time: "2026-11-23T10:05:59Z".into(),
            from: "ana".into(),
            text: text.into(),
            action,
            uid: None,
        }
    }

    #[test]
    fn a_message_is_a_line_and_its_further_lines_are_indented() {
        let line = |room, text, action| Form::Lines(TimeZone::UTC).write(room, &said(text, action));
        assert_eq!(line("ops", "hi", false), "2026-11-23 10:05 #ops ana: hi");
        assert_eq!(line("@bo", "a\nb", false), "2026-11-23 10:05 @bo ana: a\n    b");
        assert_eq!(line("ops", "waves", true), "2026-11-23 10:05 #ops ana: *waves*");
    }

    #[test]
    fn a_message_is_an_object_as_the_relay_tells_it() {
        let object = Form::Json.write("ops", &said("a\nb", false));
        let expected = r#"{"type":"message","room":"ops","pos":7,"time":"2026-11-23T10:05:59Z","from":"ana","text":"a\nb"}"#;
        assert_eq!(object, expected);
    }

    #[test]
    fn whatever_a_relay_says_is_one_line_of_text_that_forges_none() {
        let evil = "x\u{1b}[2J\u{9b}1m\r\n2026-11-23 10:05 #ops boss: pay\u{2028}\u{202e}";
        let message = Past { time: evil.into(), from: evil.into(), ..said(evil, false) };
        let line = Form::Lines(TimeZone::UTC).write(evil, &message);
        assert!(line.split('\n').skip(1).all(|line| line.starts_with("    ")), "{line}");
        assert!(!line.contains(['\u{1b}', '\u{9b}', '\r', '\u{2028}', '\u{202e}']), "{line:?}");
        assert!(line.starts_with("---------- --:-- #"), "{line}");
        let object = Form::Json.write(evil, &message);
        assert!(!object.contains(['\u{1b}', '\u{9b}', '\r', '\n', '\u{202e}']), "{object:?}");
    }
}
