//! `export`: everything that is kept, a page at a time.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use jiff::tz::TimeZone;
use lanchat_protocol::admin::{Exported, Request, Status};
use lanchat_protocol::client::Event;

use clap_complete::engine::ArgValueCompleter;

use crate::candidates;
use crate::exit::Failure;
use crate::part::Part;
use crate::progress::Progress;
use crate::socket::Connection;
use crate::{output, units};

/// How a message is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One JSON object a line, as the native dialect tells messages
    #[default]
    Ndjson,
    /// Lines of text, in the local time zone: one for each line of a message
    Text,
}

/// What is to be exported, and where to.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub(crate) struct Export {
    /// Only what was said in this room; with --direct, @NICK: only what this person said or was told
    #[arg(long, add = ArgValueCompleter::new(candidates::rooms))]
    room: Option<String>,
    /// Only what was said since then: 2h, 3d, 09:15, yesterday, 2026-11-01, "2026-11-01 09:15"
    #[arg(long, value_name = "MOMENT", value_parser = crate::moment::read)]
    since: Option<i64>,
    /// How each message is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The file to write; standard output where it is left out
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Also what people said to one person alone; left out by default, so that it does not get about by accident
    #[arg(long)]
    direct: bool,
}

pub(super) fn run(connection: &mut Connection, export: &Export) -> Result<(), Failure> {
    let only = partner(export)?;
    let skipped = match &export.output {
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            let progress = Progress::beside_output("messages exported:");
            let skipped = write_all(connection, export, only, &mut out, &progress, &output::failed)?;
            out.flush().map_err(output::failed)?;
            skipped
        }
        Some(path) => to_file(connection, export, only, path)?,
    };
    let trouble = trouble(connection)?;
    let damaged =
        (skipped > 0).then(|| format!("{} left out: damaged in the store", units::count(skipped, "message")));
    let told: Vec<_> = [damaged, trouble].into_iter().flatten().collect();
    if told.is_empty() { Ok(()) } else { Err(Failure::Incomplete(told.join("\n"))) }
}

/// Whose conversations of two people are wanted alone. What they are called tells nobody apart but by nick.
fn partner(export: &Export) -> Result<Option<&str>, Failure> {
    let nick = export.room.as_deref().map(|room| room.strip_prefix('@').ok_or(room));
    match (nick, export.direct) {
        (None | Some(Err(_)), false) | (None, true) => Ok(None),
        (Some(Ok(nick)), true) => Ok(Some(nick)),
        (Some(Ok(nick)), false) => Err(Failure::Options(format!(
            "what people said to one person alone is exported with --direct only: add it for all that {nick} said or was told so"
        ))),
        (Some(Err(room)), true) => Err(Failure::Options(format!(
            "in the room {room:?} nothing is said to one person alone: leave --room out, name a person (--room @NICK), or leave --direct out"
        ))),
    }
}

/// Whether what was said last may be missing, for it is not in the store yet.
fn trouble(connection: &mut Connection) -> Result<Option<String>, Failure> {
    connection.renew();
    let status: Status = super::typed(connection.ask(&Request::Status)?)?;
    let left_out = match status.messages_unwritten {
        0 => String::new(),
        messages => format!(" ({messages} of all that was said)"),
    };
    let told = |why| {
        format!(
            "messages that are not on the disk yet are left out{left_out}, the store is in trouble: {why}"
        )
    };
    Ok(status.store_trouble.map(told))
}

/// The file has another name until it is complete.
fn to_file(
    connection: &mut Connection,
    export: &Export,
    only: Option<&str>,
    path: &Path,
) -> Result<u64, Failure> {
    let failed = |error| Failure::Write(path.to_owned(), error);
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return Err(failed(io::Error::other(
            "it is no regular file; leave --output out and redirect instead",
        )));
    }
    let part = Part::make(path, is_export).map_err(failed)?;
    let mut out = BufWriter::new(part.file());
    let progress = Progress::of("messages exported:");
    let skipped = write_all(connection, export, only, &mut out, &progress, &failed)?;
    out.into_inner().map_err(|error| failed(error.into_error()))?;
    part.publish(path).map_err(failed)?;
    Ok(skipped)
}

/// Whether a file begins as an export does, in either format.
fn is_export(beginning: &[u8]) -> bool {
    const TEXT: &[u8] = b"0000-00-00 00:00:00 ";
    let is_text =
        |(byte, shape): (&u8, &u8)| if *shape == b'0' { byte.is_ascii_digit() } else { byte == shape };
    let room = beginning.get(TEXT.len());
    beginning.starts_with(br#"{"type":"message","room":""#)
        || matches!(room, Some(b'#' | b'@')) && beginning.iter().zip(TEXT).all(is_text)
}

/// Writes page after page. Says how many messages were left out.
fn write_all(
    connection: &mut Connection,
    export: &Export,
    only: Option<&str>,
    out: &mut impl Write,
    progress: &Progress,
    failed: &dyn Fn(io::Error) -> Failure,
) -> Result<u64, Failure> {
    let zone = TimeZone::system();
    let room = if only.is_some() { None } else { export.room.clone() };
    let (mut from, mut written, mut skipped) = (None, 0, 0);
    loop {
        let (room, since_ms, direct) = (room.clone(), export.since, export.direct);
        connection.renew();
        let result = connection.ask(&Request::Export { room, since_ms, direct, from })?;
        let page: Exported = super::typed(result)?;
        let wanted = |message: &&Event<'_>| only.is_none_or(|nick| is_with(message, nick));
        for message in page.messages.iter().filter(wanted) {
            written += 1;
            let line = match export.format {
                Format::Ndjson => ndjson(message)?,
                Format::Text => text(message, &zone),
            };
            out.write_all(line.as_bytes()).map_err(failed)?;
        }
        // Whoever looks on sees it now, and a reader that has gone is noticed.
        out.flush().map_err(failed)?;
        skipped += page.skipped;
        progress.is_at(written, None);
        from = page.next;
        if from.is_none() {
            return Ok(skipped);
        }
    }
}

/// Whether it was said to one person alone, by or to somebody.
fn is_with(message: &Event<'_>, nick: &str) -> bool {
    let Event::Message { room, from, .. } = message else { return false };
    let is_nick = |name: &str| name.to_lowercase() == nick.to_lowercase();
    room.strip_prefix('@').is_some_and(|to| is_nick(to) || is_nick(from))
}

fn ndjson(message: &Event) -> Result<String, Failure> {
    serde_json::to_string(message).map(|json| output::json_line(&json)).map_err(Failure::NotUnderstood)
}

/// `2026-11-22 09:15:03 #ops ana: hi`, and so before each line of several.
fn text(message: &Event, zone: &TimeZone) -> String {
    let Event::Message { room, time, from, text, action, .. } = message else { return String::new() };
    let time = units::moment(time, zone);
    let room = if room.starts_with('@') { room.to_string() } else { format!("#{room}") };
    if *action {
        return output::line(&format!("{time} {room} * {from} {text}"));
    }
    let text = lanchat_protocol::text::clean_lines(text);
    text.split('\n').map(|text| output::line(&format!("{time} {room} {from}: {text}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(room: &'static str, text: &'static str, action: bool) -> Event<'static> {
        let (time, from) = ("2026-11-22T09:15:03.120Z".into(), "ana".into());
        Event::Message { room: room.into(), pos: 7, time, from, text: text.into(), action, uid: None }
    }

    #[test]
    fn a_line_of_text_says_when_where_who_and_what() {
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let line = |room, words, action| text(&message(room, words, action), &zone);
        assert_eq!(line("ops", "hi", false), "2026-11-22 10:15:03 #ops ana: hi\n");
        assert_eq!(line("ops", "waves", true), "2026-11-22 10:15:03 #ops * ana waves\n");
        assert_eq!(line("@bob", "psst", false), "2026-11-22 10:15:03 @bob ana: psst\n");
        let two = "2026-11-22 10:15:03 #ops ana: a[2J\n2026-11-22 10:15:03 #ops ana: b\n";
        assert_eq!(line("ops", "a\x1b[2J\r\nb\n", false), two, "each line says so");
        assert_eq!(line("ops", "a\nb", true), "2026-11-22 10:15:03 #ops * ana a b\n");
        assert_eq!(line("o\nps", "a", false).lines().count(), 1);
    }

    #[test]
    fn an_export_is_known_by_its_beginning() {
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        for (room, is_action) in [("ops", false), ("@bob", true)] {
            let message = message(room, "hi", is_action);
            assert!(is_export(ndjson(&message).unwrap().as_bytes()));
            assert!(is_export(text(&message, &zone).as_bytes()));
        }
        for other in
            ["precious", "{\"type\":\"invoice\"}", "2026-11-22 09:15:03 backup done", "2026-11-22 #x", ""]
        {
            assert!(!is_export(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn one_persons_conversations_are_those_of_two_people_that_they_take_part_in() {
        let is_with = |room, nick| is_with(&message(room, "hi", false), nick);
        assert!(is_with("@bob", "Bob") && is_with("@bob", "ANA"), "ana says it");
        assert!(!is_with("@bob", "eva") && !is_with("ops", "ana"));
    }

    #[test]
    fn a_line_of_json_is_a_message_of_the_native_dialect() {
        let line = ndjson(&message("ops", "hi", false)).unwrap();
        let expected = r#"{"type":"message","room":"ops","pos":7,"time":"2026-11-22T09:15:03.120Z","from":"ana","text":"hi"}"#;
        assert_eq!(line, format!("{expected}\n"));
    }
}
