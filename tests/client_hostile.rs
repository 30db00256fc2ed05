//! `lanchat-client` and a hostile relay: whatever it says, nothing of it reaches the terminal but text.

use std::io::Write;
use std::process::{Command, Stdio};

use lanchat_protocol::client::{
    Ban, Bans, Change, Code, Event, Farewell, Hit, Limits, Measure, Ordered, Past, Person, RoomAt, RoomInfo,
    RoomKind,
};
use lanchat_protocol::role::Role;
use lanchat_tests::{Identity, Impostor, TempDir, Terminal, Value, answer, json, program};

/// What a terminal or a reader could take for something else than text, at the end of each string.
const EVIL: &str =
    "\u{1b}[66;66H\u{1b}]0;owned\u{7}\u{9b}77;77H\r\nforged\u{b}\u{c}\u{85}\u{2028}\u{202e}\u{2066}\0\u{7f}";

/// What must not be printed. The editor has escape sequences of its own, but none of these.
const FORBIDDEN: [&str; 13] = [
    "\u{1b}[66",
    "\u{1b}]",
    "\u{7}",
    "\u{9b}",
    "\u{85}",
    "\u{b}",
    "\u{c}",
    "\u{2028}",
    "\u{202e}",
    "\u{2066}",
    "\0",
    "\u{7f}",
    "\nforged",
];

fn past() -> Past<'static> {
    let time = "2026-11-23T10:00:00Z".into();
    Past { pos: 1, time, from: "eve".into(), text: "past".into(), action: false, uid: Some("u".into()) }
}

/// One of each event, with each field that it has. A new one, or a new field of one, does not compile before it is here.
fn every_event() -> Vec<Event<'static>> {
    let (id, time, room, nick) = (Some("id".into()), "2026-11-23T10:00:00Z", "lobby", "eve");
    let limits = Limits { line_bytes_max: 4096, messages_per_second_max: 0, messages_burst_max: 0 };
    let events = vec![
        Event::Welcome {
            version: 1,
            nick: "ana".into(),
            server: "server".into(),
            history: "h".into(),
            rooms: vec![RoomAt { room: room.into(), pos: 0, until: Some(0) }],
            limits,
            role: Role::Admin,
            time: Some(time.into()),
        },
        Event::Account { id: id.clone(), nick: nick.into(), role: Role::Member, durable: Some(false) },
        Event::Ack {
            id: id.clone(),
            room: room.into(),
            pos: 2,
            time: time.into(),
            waits: true,
            away: Some("lunch".into()),
            durable: Some(false),
        },
        Event::Message {
            room: room.into(),
            pos: 3,
            time: time.into(),
            from: nick.into(),
            text: "message".into(),
            action: false,
            uid: Some("uid".into()),
        },
        Event::History {
            id: id.clone(),
            room: room.into(),
            messages: vec![past()],
            more: true,
            next: Some(1),
        },
        Event::Live { room: room.into(), pos: 3 },
        Event::Found {
            id: id.clone(),
            hits: vec![Hit { room: room.into(), message: past(), before: vec![past()], after: vec![past()] }],
            more: true,
            before: Some(time.into()),
        },
        Event::Presence {
            room: room.into(),
            pos: 4,
            time: time.into(),
            nick: nick.into(),
            change: Change::Away,
            to: Some("mallory".into()),
            reason: Some("reason".into()),
            others: 3,
        },
        Event::Announcement { time: time.into(), text: "announcement".into() },
        Event::Nick { id: id.clone(), nick: "ana".into() },
        Event::Who {
            id: id.clone(),
            room: room.into(),
            people: vec![Person { nick: nick.into(), connected_s: 1 }],
            others: 1,
        },
        Event::Joined { id: id.clone(), room: "attic".into(), pos: 0, topic: Some("dust".into()), people: 2 },
        Event::Parted { id: id.clone(), room: "attic".into() },
        Event::Rooms {
            id: id.clone(),
            rooms: vec![RoomInfo {
                room: "hall".into(),
                people: 1,
                topic: Some("t".into()),
                joined: false,
                kind: RoomKind { private: true, moderated: true, locked: true },
            }],
            others: 1,
        },
        Event::Topic {
            id: id.clone(),
            room: room.into(),
            pos: 5,
            time: Some(time.into()),
            nick: Some(nick.into()),
            topic: "topic".into(),
        },
        Event::Whois {
            id: id.clone(),
            nick: nick.into(),
            connected_s: Some(1),
            idle_s: Some(1),
            role: Role::Admin,
            away: Some("away".into()),
            seen: Some(time.into()),
            rooms: vec![room.into()],
        },
        Event::Away { id: id.clone(), away: true },
        Event::Ignoring { id: id.clone(), nicks: vec!["zoe".into()] },
        Event::Pong { id: id.clone() },
        Event::Gap { room: room.into(), skipped: 3 },
        Event::Error {
            id,
            code: Code::Other,
            message: "error".into(),
            retry_after_ms: None,
            limit: Some("limit".into()),
        },
        Event::Bye { code: Farewell::Kicked, reason: "bye".into() },
        Event::Order(Ordered {
            id: None,
            measure: Measure::Muted,
            room: Some("lobby".into()),
            pos: 9,
            time: time.into(),
            by: Some("kim".into()),
            whom: Some("bob".into()),
            you: false,
            until: Some(time.into()),
            seconds: 0,
            reason: Some("spam".into()),
            durable: None,
        }),
        Event::Bans(Bans {
            id: None,
            bans: vec![Ban {
                whom: "spam*".into(),
                by: Some("kim".into()),
                since: time.into(),
                until: Some(time.into()),
                reason: Some("flood".into()),
            }],
            others: 1,
        }),
        Event::Unknown,
    ];
    events.iter().for_each(is_listed);
    events
}

fn is_listed(event: &Event) {
    match event {
        Event::Welcome { .. } | Event::Ack { .. } | Event::Message { .. } | Event::History { .. } => {}
        Event::Live { .. } | Event::Found { .. } | Event::Presence { .. } | Event::Announcement { .. } => {}
        Event::Nick { .. } | Event::Who { .. } | Event::Joined { .. } | Event::Parted { .. } => {}
        Event::Rooms { .. } | Event::Topic { .. } | Event::Whois { .. } | Event::Away { .. } => {}
        Event::Ignoring { .. } | Event::Pong { .. } | Event::Gap { .. } | Event::Error { .. } => {}
        Event::Bye { .. } | Event::Account { .. } | Event::Order(_) | Event::Bans(_) | Event::Unknown => {}
    }
}

/// How many strings there are in it; `evil` goes behind the one of this number, or behind all.
fn poison(value: &mut Value, count: &mut usize, number: Option<usize>) {
    match value {
        Value::String(text) => {
            if number.is_none_or(|number| number == *count) {
                text.push_str(EVIL);
            }
            *count += 1;
        }
        Value::Array(values) => values.iter_mut().for_each(|value| poison(value, count, number)),
        Value::Object(fields) => {
            fields.iter_mut().filter(|(name, _)| *name != "type").for_each(|(_, value)| {
                poison(value, count, number);
            });
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The event with each of its strings made evil, one at a time, and with all of them; `id` stays as it is.
fn poisoned(event: &Event, id: &Value) -> Vec<String> {
    let mut whole = serde_json::to_value(event).unwrap();
    if let Some(fields) = whole.as_object_mut() {
        fields.remove("id");
    }
    let mut strings = 0;
    poison(&mut whole.clone(), &mut strings, Some(usize::MAX));
    let with = |number| {
        let mut event = whole.clone();
        poison(&mut event, &mut 0, number);
        if !id.is_null() {
            event["id"] = id.clone();
        }
        event[format!("odd{EVIL}")] = "odd".into();
        event.to_string()
    };
    (0..strings).map(|number| with(Some(number))).chain([with(None)]).collect()
}

/// A relay that welcomes, says everything there is to say, and answers each request in all evil ways.
fn hostile() -> Impostor {
    Impostor::that(Some(&Identity::new()), |line| {
        let request: Value = serde_json::from_str(line).unwrap_or_default();
        let events = every_event();
        let all = |id: &Value, wanted: fn(&Event) -> bool| {
            let events = events.iter().filter(|event| wanted(event));
            events.flat_map(|event| poisoned(event, id)).collect::<Vec<_>>()
        };
        let ends = |event: &Event| matches!(event, Event::Bye { .. } | Event::Welcome { .. });
        match request["type"].as_str() {
            Some("hello") => {
                let mut lines = vec![format!("* words{EVIL}")];
                let welcome = events.iter().find(|event| matches!(event, Event::Welcome { .. })).unwrap();
                lines.extend(poisoned(welcome, &Value::Null).pop());
                lines.extend(all(&Value::Null, |event| {
                    !matches!(event, Event::Bye { .. } | Event::Welcome { .. })
                }));
                lines.push(format!("garbage{EVIL}"));
                lines
            }
            // The last word of the person.
            Some("say") if line.contains("finish") => {
                let end = json!({ "type": "message", "room": "lobby", "pos": 999, "time": "", "from": "bob", "text": "finished" });
                [answer(line), vec![end.to_string()]].concat()
            }
            Some(_) => events
                .iter()
                .filter(|event| !ends(event))
                .flat_map(|event| poisoned(event, &request["id"]))
                .collect(),
            None => Vec::new(),
        }
    })
}

#[track_caller]
fn is_harmless(printed: &str) {
    for forbidden in FORBIDDEN {
        if let Some(at) = printed.find(forbidden) {
            let around: String = printed[..at].chars().rev().take(80).collect();
            panic!("{forbidden:?} behind {:?}", around.chars().rev().collect::<String>());
        }
    }
}

#[test]
fn no_field_of_any_event_moves_a_cursor_or_forges_a_line() {
    for environment in [("NO_COLOR", ""), ("TERM", "dumb")] {
        let (relay, home) = (hostile(), TempDir::new());
        let address = relay.address().to_string();
        let mut ana = Terminal::start(&home, &[environment], &[&address, "--nick", "ana"]);
        ana.sees("connected to");
        for line in [
            "/who",
            "/rooms",
            "/whois eve",
            "/topic",
            "/topic x",
            "/history",
            "/history more",
            "/search x",
            "/away",
            "/back",
            "/ignore eve",
            "/unignore eve",
            "/join attic",
            "/part",
            "/nick eve",
            "/msg eve hi",
            "hi",
            "/join lobby",
        ] {
            ana.types(&format!("{line}\r"));
        }
        // What was learnt of people and places is offered for completion.
        ana.types("/msg \t\t\x15/join \t\t\x15");
        ana.types("/msg bob finish\r");
        ana.sees("finished");
        is_harmless(&ana.raw());
    }
}

#[test]
fn no_field_of_any_event_reaches_a_program_in_the_raw() {
    for more in [&["--json"][..], &[]] {
        let (relay, home) = (hostile(), TempDir::new());
        let mut command = Command::new(program("lanchat-client"));
        command
            .args([&relay.address().to_string(), "--accept-new"])
            .args(more)
            .env("XDG_STATE_HOME", home.path());
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"one\ntwo\nfinish\n").unwrap();
        let output = child.wait_with_output().unwrap();
        let (out, err) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        is_harmless(&out);
        is_harmless(&err);
        assert!(out.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{out}");
        assert!(!out.contains('\u{1b}') && !err.contains('\u{1b}'));
        assert_eq!(out.is_empty(), more.is_empty());
    }
}

#[test]
fn no_field_of_any_event_reaches_a_script_in_the_raw() {
    for words in [
        &["send", "hi"][..],
        &["send", "--room", "ops", "hi"],
        &["tail"],
        &["tail", "--json"],
        &["tail", "--since", "2026-01-01", "--with", "eve"],
        &["tail", "--follow", "--timeout", "0"],
        &["ask", "lobby", "Deploy?", "--choices", "message,past", "--timeout", "1"],
        &["ask", "lobby", "Deploy?", "--json", "--timeout", "1"],
        &["who"],
        &["who", "--json"],
        &["search", "x"],
        &["search", "x", "--json"],
    ] {
        let (relay, home) = (hostile(), TempDir::new());
        let mut command = Command::new(program("lanchat-client"));
        command.args(words).args(["--relay", &relay.address().to_string(), "--accept-new"]);
        command.env("XDG_STATE_HOME", home.path()).stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut relay = Some(relay);
        if words.contains(&"--follow") {
            // It would go on for ever, but for a relay that is gone.
            let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
            let mut first = String::new();
            std::io::BufRead::read_line(&mut out, &mut first).unwrap();
            is_harmless(&first);
            relay.take().unwrap().hangs_up();
        }
        let output = child.wait_with_output().unwrap();
        let (out, err) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        is_harmless(&out);
        is_harmless(&err);
        assert!(!out.contains('\u{1b}') && !err.contains('\u{1b}'), "{words:?}: {out}\n{err}");
        if words.contains(&"--json") {
            assert!(out.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{words:?}: {out}");
        }
    }
}

#[test]
fn a_last_word_is_as_harmless_as_all_others() {
    let bye = |code: &str| json!({ "type": "bye", "code": code, "reason": format!("bye{EVIL}") });
    let error = |code: &str| json!({ "type": "error", "code": code, "message": format!("no{EVIL}") });
    let first_words = [
        format!("* words{EVIL}"),
        format!("SSH-2.0{EVIL}"),
        format!("{{{EVIL}"),
        bye("kicked").to_string(),
        bye("stopping").to_string(),
        error("full").to_string(),
        error("unsupported_version").to_string(),
        error("nick_taken").to_string(),
        error("bad_nick").to_string(),
    ];
    for words in first_words {
        for is_first in [true, false] {
            let said = words.clone();
            let relay = Impostor::that(Some(&Identity::new()), move |line| {
                let before = if is_first { Vec::new() } else { answer(line) };
                before.into_iter().chain([said.clone(), String::new()]).collect()
            });
            let (address, home) = (relay.address().to_string(), TempDir::new());
            let ana = Terminal::start(&home, &[], &[&address, "--nick", "ana"]);
            ana.sees(if is_first { "lanchat-client: " } else { "connected to" });
            is_harmless(&ana.raw());
        }
    }
}

#[test]
fn what_calls_somebody_is_one_sequence_whatever_the_relay_says() {
    for notify in ["off", "bell", "osc9", "osc777"] {
        let relay = Impostor::that(Some(&Identity::new()), |line| {
            let mut lines = answer(line);
            if line.contains("finish") {
                let from = format!("eve{EVIL}");
                let said = |room: &str, text: &str| {
                    json!({ "type": "message", "room": room, "pos": 9, "time": "", "from": from, "text": text }).to_string()
                };
                lines.push(said("lobby", &format!("ana: {EVIL};{EVIL} ana")));
                lines.push(said(&format!("@{from}"), EVIL));
                lines.push(said("lobby", "finished"));
            }
            lines
        });
        let (address, home) = (relay.address().to_string(), TempDir::new());
        let mut ana = Terminal::start(&home, &[], &[&address, "--nick", "ana"]);
        ana.sees("connected to");
        ana.types(&format!("/notify {notify}\r"));
        ana.sees(&format!("notify is {notify} now"));
        ana.types("finish\r");
        ana.sees("finished");
        let raw = ana.raw();
        let begin = match notify {
            "osc9" => "\u{1b}]9;lanchat: eve",
            "osc777" => "\u{1b}]777;notify;lanchat: eve",
            _ => "\u{7}",
        };
        let (before, rest) = raw.split_once(begin).unwrap_or((&raw, ""));
        let called = rest.len() < raw.len() && !rest.is_empty();
        assert_eq!(called, notify != "off", "{notify}: {raw:?}");
        let (inside, behind) =
            if notify.starts_with("osc") { rest.split_once('\u{7}').unwrap() } else { ("", rest) };
        assert!(!inside.contains(|c: char| c.is_control()), "{inside:?}");
        is_harmless(before);
        is_harmless(inside);
        is_harmless(behind);
    }
}
