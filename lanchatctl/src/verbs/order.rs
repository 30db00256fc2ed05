//! `ban`, `mute` and their opposites: keeping order.

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use lanchat_protocol::admin::{Ban, Bans, Kept, Mute, Ordered, Request};
use lanchat_protocol::moment;
use lanchat_protocol::order::{Measure, Told};
use lanchat_protocol::text::clean;

use crate::table::{self, Column};
use crate::{candidates, units};

const BANS: &[Column] = &[
    Column::Left("BANNED"),
    Column::Left("BY"),
    Column::Left("SINCE"),
    Column::Left("UNTIL"),
    Column::Left("REASON"),
];

const MUTES: &[Column] = &[
    Column::Left("MUTED"),
    Column::Left("ROOM"),
    Column::Left("BY"),
    Column::Left("SINCE"),
    Column::Left("UNTIL"),
    Column::Left("REASON"),
];

/// Whom to ban.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub(crate) struct Banned {
    /// A nick or a pattern of nicks such as 'spam*', account:NICK, an address, or a network such as 10.1.2.0/24
    #[arg(value_name = "WHOM", add = ArgValueCompleter::new(candidates::nicks))]
    whom: String,
    /// For how long, such as 1h or 3d; for good where it is left out
    #[arg(long = "for", value_name = "TIME", value_parser = span)]
    for_s: Option<u32>,
    /// What they are told
    reason: Vec<String>,
}

/// Whom to mute.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub(crate) struct Muted {
    /// Their nick
    #[arg(add = ArgValueCompleter::new(candidates::nicks))]
    nick: String,
    /// In this room only
    #[arg(long, add = ArgValueCompleter::new(candidates::rooms))]
    room: Option<String>,
    /// For how long, such as 1h or 3d; for good where it is left out
    #[arg(long = "for", value_name = "TIME", value_parser = span)]
    for_s: Option<u32>,
    /// What they are told
    reason: Vec<String>,
}

pub(super) fn ban(banned: Banned) -> Request {
    let Banned { whom, for_s, reason } = banned;
    Request::Ban { whom, for_s, reason: words(&reason) }
}

pub(super) fn mute(muted: Muted) -> Request {
    let Muted { nick, room, for_s, reason } = muted;
    Request::Mute { nick, room, for_s, reason: words(&reason) }
}

fn words(reason: &[String]) -> Option<String> {
    (!reason.is_empty()).then(|| reason.join(" "))
}

/// `1h`, in seconds.
fn span(written: &str) -> Result<u32, String> {
    let seconds = moment::span_ms(written).map(|ms| ms / 1000).filter(|s| *s > 0);
    let wrong = || "write a span of time such as 90s, 30m, 2h, 3d or 1w".to_owned();
    seconds.and_then(|s| u32::try_from(s).ok()).ok_or_else(wrong)
}

/// What was done.
pub(super) fn describe(ordered: &Ordered) -> String {
    let ms = |written: &str| written.parse::<Timestamp>().ok().map(Timestamp::as_millisecond);
    let now_ms = Timestamp::now().as_millisecond();
    let told = Told {
        measure: ordered.measure,
        by: ordered.by.as_deref().unwrap_or_default(),
        whom: ordered.whom.as_deref().unwrap_or_default(),
        is_you: false,
        room: ordered.room.as_deref(),
        for_ms: ordered.until.as_deref().and_then(ms).map(|until_ms| until_ms - now_ms),
        seconds: ordered.seconds.unwrap_or_default().into(),
        reason: ordered.reason.as_deref().unwrap_or_default(),
    };
    let kept = match ordered.kept {
        Some(Kept::NotYet) => "; the store is in trouble: kept when that is over",
        Some(Kept::UntilTheEnd) => "; there is no store: until the relay ends",
        Some(Kept::Durable) | None => "",
    };
    let wide = if told.measure == Measure::Banned { wide(told.whom) } else { "" };
    format!("{}{kept}{wide}", clean(&told.sentence()))
}

/// What whoever bans by a pattern may not have meant: who comes without a name is a guest, and called so.
fn wide(whom: &str) -> &'static str {
    let stem = whom.trim_end_matches('*');
    match stem.to_lowercase() {
        _ if stem == whom => "",
        stem if stem.is_empty() => "; that is everybody, members too: lanchatctl unban '*' ends it",
        stem if "guest".starts_with(&stem) => {
            "; netcat users are guests called so until they log in, which they cannot while this holds"
        }
        _ => "",
    }
}

/// Who is not let in, and who may say nothing.
pub(super) fn list(bans: &Bans, zone: &TimeZone) -> String {
    if bans.bans.is_empty() && bans.mutes.is_empty() {
        return "nobody is banned or muted".to_owned();
    }
    let mut shown = String::new();
    if !bans.bans.is_empty() {
        shown += &table::table(BANS, bans.bans.iter().map(|ban| banned(ban, zone)));
    }
    if !bans.mutes.is_empty() {
        shown += if shown.is_empty() { "" } else { "\n" };
        shown += &table::table(MUTES, bans.mutes.iter().map(|mute| muted(mute, zone)));
    }
    shown
}

fn banned(ban: &Ban, zone: &TimeZone) -> Vec<String> {
    let Ban { whom, by, since, until, reason } = ban;
    vec![
        whom.clone(),
        author(by.as_deref()),
        units::moment(since, zone),
        end(until.as_deref(), zone),
        text(reason.as_deref()),
    ]
}

fn muted(mute: &Mute, zone: &TimeZone) -> Vec<String> {
    let Mute { nick, account, room, by, since, until, reason } = mute;
    let nick = if *account { format!("account:{nick}") } else { nick.clone() };
    let room = room.clone().unwrap_or_else(|| "(all)".to_owned());
    vec![
        nick,
        room,
        author(by.as_deref()),
        units::moment(since, zone),
        end(until.as_deref(), zone),
        text(reason.as_deref()),
    ]
}

fn author(by: Option<&str>) -> String {
    by.unwrap_or("(administrator)").to_owned()
}

fn end(until: Option<&str>, zone: &TimeZone) -> String {
    until.map_or_else(|| "for good".to_owned(), |until| units::moment(until, zone))
}

fn text(reason: Option<&str>) -> String {
    reason.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_span_above_nothing() {
        assert_eq!((span("1h"), span("90s")), (Ok(3600), Ok(90)));
        for wrong in ["", "0s", "soon", "-1h", "99999999999999w"] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_was_done_is_one_sentence_without_control_characters() {
        let ordered = Ordered {
            measure: Measure::Banned,
            by: None,
            whom: Some("spam*".to_owned()),
            room: None,
            until: None,
            seconds: None,
            reason: Some("flood\u{1b}[2J".to_owned()),
            kept: Some(Kept::UntilTheEnd),
        };
        assert_eq!(
            describe(&ordered),
            "spam* was banned by the administrator (flood[2J); there is no store: until the relay ends"
        );
    }

    #[test]
    fn a_pattern_that_guests_fit_is_told_of() {
        for (whom, is_wide) in [
            ("*", true),
            ("guest*", true),
            ("G**", true),
            ("guest1", false),
            ("spam*", false),
            ("*guest", false),
        ] {
            assert_eq!(!wide(whom).is_empty(), is_wide, "{whom}");
        }
    }

    #[test]
    fn every_ban_and_every_mute_is_a_line() {
        let ban = Ban {
            whom: "10.1.2.0/24".to_owned(),
            since: "2026-11-22T10:15:00.123Z".to_owned(),
            reason: Some("flood".to_owned()),
            ..Ban::default()
        };
        let mute = Mute {
            nick: "eve".to_owned(),
            by: Some("kim".to_owned()),
            since: "2026-11-22T10:15:00.123Z".to_owned(),
            until: Some("2026-11-22T11:15:00.123Z".to_owned()),
            ..Mute::default()
        };
        let expected = "\
BANNED       BY               SINCE                UNTIL     REASON
10.1.2.0/24  (administrator)  2026-11-22 10:15:00  for good  flood

MUTED  ROOM   BY   SINCE                UNTIL                REASON
eve    (all)  kim  2026-11-22 10:15:00  2026-11-22 11:15:00  -
";
        assert_eq!(list(&Bans { bans: vec![ban], mutes: vec![mute] }, &TimeZone::UTC), expected);
        assert_eq!(list(&Bans::default(), &TimeZone::UTC), "nobody is banned or muted");
    }
}
