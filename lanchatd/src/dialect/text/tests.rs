use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::hub::{Reach, RoomHit};
use crate::kept::{Hit, Message, MessageKind};
use crate::timeline::{Body, Conversation, Event};

/// What a reader understands of chunks; `None` in place of a chunk is a silence.
fn understand(max: usize, chunks: &[Option<&[u8]>]) -> Vec<String> {
    let mut reader = Reader::new(max);
    let mut seen = Vec::new();
    let mut take = |_: Option<&str>, command: Command| seen.push(describe(command));
    for chunk in chunks {
        match chunk {
            Some(chunk) => reader.push(chunk, &mut take),
            None if reader.minds_silence() => reader.quiet(&mut take),
            None => {}
        }
    }
    reader.end(&mut take);
    seen
}

fn describe(command: Command) -> String {
    match command {
        Command::Say { text, action: false, .. } => format!("say {text}"),
        Command::Say { text, .. } => format!("do {text}"),
        Command::Nick(nick) => format!("nick {nick}"),
        Command::Wrong(refusal) => format!("wrong {}", refusal.code().as_str()),
        other => format!("{other:?}"),
    }
}

fn said(chunks: &[&str]) -> Vec<String> {
    let chunks: Vec<_> = chunks.iter().map(|chunk| (*chunk != "…").then_some(chunk.as_bytes())).collect();
    understand(64, &chunks)
}

#[test]
fn lines_and_commands_are_understood() {
    assert_eq!(said(&["hi\r\n/nick ana\n//x\n", "\n"]), ["say hi", "nick ana", "say /x"]);
    assert_eq!(said(&["/me waves\n/nonsense\n"]), ["do waves", "wrong unknown_command"]);
}

#[test]
fn a_chunk_without_a_newline_is_a_message_after_a_silence() {
    assert_eq!(said(&["Hi", "…", "there", "…"]), ["say Hi", "say there"]);
    assert_eq!(said(&["Hel", "lo", "…"]), ["say Hello"]);
    assert_eq!(said(&["Hi", "…", "y", "…"]), ["say Hi", "say y"], "also a single letter");
}

#[test]
fn a_client_that_has_sent_a_newline_is_never_cut_by_a_silence() {
    assert_eq!(said(&["hi\n", "half", "…", " line\n"]), ["say hi", "say half line"]);
}

#[test]
fn a_keyboard_is_not_torn_into_letters() {
    assert_eq!(
        said(&["h", "…", "i", "…", "!", "\r\n", "y", "…", "o", "\r", "\0", "a", "\r", "\n"]),
        ["say hi!", "say yo", "say a"]
    );
    assert_eq!(said(&["h", "a", "\x08", "i", "\n"]), ["say hi"]);
    assert_eq!(said(&["h", "\r", "h", "a", "l", "f"]), ["say h"], "what Enter did not end is not sent");
}

#[test]
fn a_single_letter_at_the_end_is_a_message() {
    assert_eq!(said(&["y"]), ["say y"]);
    assert_eq!(said(&["y", "…", "hello", "…"]), ["say y", "say hello"]);
    assert_eq!(said(&["hi\n", "bye"]), ["say hi", "say bye"]);
}

#[test]
fn a_program_that_sends_single_characters_first_is_heard_after_all() {
    assert_eq!(
        said(&["👍", "…", "👍", "…", "Hello everybody", "…", "y", "…"]),
        ["say 👍👍", "say Hello everybody", "say y"]
    );
    assert_eq!(said(&["k", "…", "y", "…"]), ["say ky"], "at the latest when it ends");
}

#[test]
fn telnet_orders_never_reach_anybody() {
    let chunks =
        [Some(&b"\xff\xfb\x1f\xff\xfd\x03"[..]), Some(b"he\xff"), Some(b"\xf1y"), None, Some(b"!\r\0")];
    assert_eq!(understand(64, &chunks), ["say hey!"]);
}

#[test]
fn what_is_not_utf8_is_replaced_and_told_once() {
    let chunks = [Some(&b"caf\xe9\n"[..]), Some(b"\xc3\xa9t\xe9\n")];
    assert_eq!(understand(64, &chunks), ["wrong not_utf8", "say caf\u{fffd}", "say ét\u{fffd}"]);
}

#[test]
fn a_character_that_is_cut_by_a_segment_survives() {
    assert_eq!(understand(64, &[Some(b"\xe6\x97"), None, Some(b"\xa5\xe6\x9c\xac"), None]), ["say 日本"]);
    let latin = [Some(&b"caf\xe9"[..]), None, None, Some(b"hello"), None];
    assert_eq!(
        understand(64, &latin),
        ["wrong not_utf8", "say caf\u{fffd}", "say hello"],
        "but not for ever"
    );
}

#[test]
fn an_over_long_chunk_is_refused_and_the_next_one_is_heard() {
    let long = [b'x'; 65];
    assert_eq!(
        understand(64, &[Some(&long), None, Some(b"short"), None]),
        ["wrong line_too_long", "say short"]
    );
    assert_eq!(understand(64, &[Some(&long), Some(b"/quit\nok\n")]), ["wrong line_too_long", "say ok"]);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(chunks: Vec<Option<Vec<u8>>>, max in 1usize..80) {
        let chunks: Vec<_> = chunks.iter().map(|chunk| chunk.as_deref()).collect();
        understand(max, &chunks);
    }

    #[test]
    fn each_line_of_what_was_said_is_one_with_its_place_and_nick_and_none_gets_lost(
        said in "([a* #@:/\t\r\n\u{2028}]|\\PC){0,40}", nick in "[a-z]{1,9}", room in "[a-z]{1,9}"
    ) {
        let said = text::clean_lines(&said);
        let lines: Vec<_> = said.split('\n').collect();
        let in_room = Conversation::Room(room.as_str().into());
        let event = Event { position: 1, time_ms: 0, author: 1, from: &nick, body: Body::Said(&said), uid: "" };
        let written = |encode: &dyn Fn(&mut Vec<u8>)| {
            let mut out = Vec::new();
            encode(&mut out);
            let out = String::from_utf8(out).unwrap();
            out.split_terminator('\n').map(str::to_owned).collect::<Vec<_>>()
        };
        let prefixed = |prefix: &str| lines.iter().map(|line| format!("{prefix}{nick}: {line}")).collect::<Vec<_>>();
        prop_assert_eq!(written(&|out| words::event(&in_room, &event, out)), prefixed(""));
        prop_assert_eq!(written(&|out| words::event_elsewhere(&in_room, &event, out)), prefixed(&format!("#{room} ")));
        prop_assert_eq!(written(&|out| words::event(&Conversation::Direct, &event, out)), prefixed("@"));
        prop_assert_eq!(written(&|out| words::event_elsewhere(&Conversation::Direct, &event, out)), prefixed("@"));

        let (zone, text) = (TimeZone::UTC, said.clone().into_owned());
        let message = Message {
            conversation: 1, position: 1, time_ms: 0, kind: MessageKind::Said, nick: nick.clone(), text, uid: None,
        };
        let history = written(&|out| past::history(&room, std::slice::from_ref(&message), None, false, &zone, out));
        prop_assert_eq!(&history[0], "* -- 1970-01-01 --");
        prop_assert_eq!(&history[1..], &*prefixed("* 00:00 "));
        let at = |position| vec![Message { position, ..message.clone() }];
        let hit = Hit { message: message.clone(), before: at(0), after: at(2) };
        let hits = [RoomHit { room: room.as_str().into(), hit: &hit }];
        let found = written(&|out| past::found("", &hits, Reach::All, &zone, out));
        let around = prefixed("*     00:00 ");
        let expected = [&*around, &prefixed(&format!("* #{room} 1970-01-01 00:00 ")), &around].concat();
        prop_assert_eq!(&found[..found.len() - 1], &*expected);
    }

    #[test]
    fn hits_that_stand_close_together_share_what_is_around_them(
        places in proptest::collection::btree_set(1u64..30, 1..9), context in 0u64..2
    ) {
        let at = |position| Message {
            conversation: 1, position, time_ms: 0, kind: MessageKind::Said, nick: "ana".into(),
            text: position.to_string(), uid: None,
        };
        let around = |place: u64| Hit {
            message: at(place),
            before: (place.saturating_sub(context).max(1)..place).map(at).collect(),
            after: (place + 1..=place + context).map(at).collect(),
        };
        let hits: Vec<_> = places.iter().rev().map(|place| around(*place)).collect();
        let hits: Vec<_> = hits.iter().map(|hit| RoomHit { room: "ops".into(), hit }).collect();
        let mut out = Vec::new();
        past::found("", &hits, Reach::All, &TimeZone::UTC, &mut out);
        let out = String::from_utf8(out).unwrap();
        let shown: Vec<u64> = out.lines().filter_map(|line| line.split(": ").nth(1)?.parse().ok()).collect();
        let is_due = |place: &u64| places.iter().any(|hit| hit.abs_diff(*place) <= context);
        prop_assert_eq!(shown, (1..40).filter(is_due).collect::<Vec<_>>());
        let hits = out.lines().filter(|line| line.starts_with("* #ops ")).count();
        prop_assert_eq!(hits, places.len());
    }

    #[test]
    fn lines_are_the_same_however_they_are_split(text in "([a-zé/ ]{0,9}\r?\n){1,6}", cut in 0usize..40) {
        let cut = cut.min(text.len());
        let (head, tail) = text.as_bytes().split_at(cut);
        // A first piece of one character is a keyboard's; its lines are the same.
        prop_assert_eq!(understand(64, &[Some(head), Some(tail)]), understand(64, &[Some(text.as_bytes())]));
    }
}
