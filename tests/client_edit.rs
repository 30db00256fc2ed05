//! The line editor of `lanchat-client`: pasted texts, drafts, rooms under keys, and what waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use lanchat_tests::{
    Daemon, Identity, Impostor, Native, PATIENCE, TempDir, Terminal, Value, answer, eventually, json, skip,
};

/// A daemon that does not slow anybody down.
const QUICK: &str = "limits.messages_per_second_max = 0";

/// What whoever presses Ctrl-C on an empty line is told.
const INSIST: &str = "* press Ctrl-C again, or Ctrl-D, to leave";

/// Alt and a key.
fn alt(key: &str) -> String {
    format!("\x1b{key}")
}

/// What a terminal sends for a pasted text.
fn pasted(text: &str) -> String {
    format!("\x1b[200~{}\x1b[201~", text.replace('\n', "\r"))
}

/// A relay that has rooms, and what it heard said.
fn relay() -> Impostor {
    Impostor::that(None, |line| {
        let request: Value = serde_json::from_str(line).unwrap_or_default();
        match request["type"].as_str() {
            Some("join") => vec![
                json!({ "type": "joined", "id": request["id"], "room": request["room"], "pos": 0, "people": 1 })
                    .to_string(),
            ],
            Some("say") => vec![
                json!({
                    "type": "ack", "id": request["id"], "room": request["room"], "pos": 1,
                    "time": "2026-11-23T10:00:00Z",
                })
                .to_string(),
            ],
            _ => answer(line),
        }
    })
}

fn said(relay: &Impostor) -> Vec<(String, String)> {
    let heard = relay.heard().into_iter().filter_map(|line| serde_json::from_str::<Value>(&line).ok());
    let says = heard.filter(|request| request["type"] == "say");
    let word = |word: &Value| word.as_str().unwrap_or_default().to_owned();
    says.map(|request| (word(&request["room"]), word(&request["text"]))).collect()
}

/// Waits until the relay has heard just this said.
#[track_caller]
fn hears(relay: &Impostor, expected: &[(&str, &str)]) {
    eventually("all is said", || (said(relay).len() >= expected.len()).then_some(()));
    let said = said(relay);
    let said: Vec<_> = said.iter().map(|(room, text)| (&**room, &**text)).collect();
    assert_eq!(said, expected);
}

/// `ana` at a relay, in the lobby and these rooms.
fn start(relay: &Impostor, home: &TempDir, rooms: &[&str]) -> Terminal {
    let mut terminal =
        Terminal::start(home, &[], &[&relay.address().to_string(), "--plain", "--nick", "ana"]);
    terminal.has_line("#lobby ana> ");
    for room in rooms {
        terminal.enters(&format!("/join {room}"));
        terminal.sees(&format!("you talk in #{room} now"));
        terminal.has_line(&format!("#{room} ana> "));
    }
    terminal
}

/// How many rows have this in them.
fn count(terminal: &Terminal, needle: &str) -> usize {
    terminal.rows().iter().filter(|row| row.contains(needle)).count()
}

#[test]
fn a_paste_of_500_lines_is_asked_about_once_and_sent_as_few_messages() {
    let (relay, home) = (relay(), TempDir::new());
    let mut ana = start(&relay, &home, &[]);
    let lines: Vec<_> = (1..=500).map(|n| format!("this is line {n:03}")).collect();
    ana.types(&pasted(&lines.join("\n")));
    ana.has_line("500 lines, 9 KiB: send as 5 messages? [Y/n] ");
    assert_eq!(said(&relay), []);
    ana.enters("");
    let messages: Vec<_> = lines.chunks(100).map(|lines| lines.join("\n")).collect();
    let messages: Vec<_> = messages.iter().map(|text| ("lobby", &**text)).collect();
    hears(&relay, &messages);
    ana.sees("this is line 500");
    ana.has_line("#lobby ana> ");
    assert_eq!((count(&ana, "this is line"), count(&ana, "500 lines")), (500, 1), "{:#?}", ana.rows());
    let firsts = ["001", "101", "201", "301", "401"].map(|n| format!("#lobby ana> this is line {n}"));
    assert!(firsts.iter().all(|first| count(&ana, first) == 1), "{:#?}", ana.rows());
    ana.enters("after");
    eventually("after", || said(&relay).contains(&("lobby".into(), "after".into())).then_some(()));
}

#[test]
fn messages_arrive_while_a_paste_is_asked_about_and_the_half_typed_line_is_kept() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    ana.types("look: !\x1b[D");
    ana.sees("look: !");
    let rows_before = ana.rows().iter().filter(|row| !row.is_empty()).count();
    ana.types(&pasted("one\ntwo\nthree"));
    ana.has_line("3 lines, 20 B: send as one message? [Y/n/e] ");
    for n in 1..=100 {
        bob.says(&format!("message {n}."));
        if n % 10 == 0 {
            ana.sees(&format!("bob: message {n}."));
            ana.has_line("3 lines, 20 B: send as one message? [Y/n/e] ");
        }
    }
    ana.types("perhaps");
    ana.enters("");
    ana.has_line("3 lines, 20 B: send as one message? [Y/n/e] ");
    ana.enters("n");
    ana.sees("#lobby ana> look: !");
    ana.types("x");
    ana.sees("#lobby ana> look: x!");
    let shown = ana.rows().iter().filter(|row| row.contains("bob: message")).count();
    assert!(shown == 100 && rows_before > 1, "{:#?}", ana.rows());
    ana.enters("");
    bob.sees_message("ana", "look: x!");
}

#[test]
fn a_pasted_text_is_edited_where_it_fits_and_goes_out_as_one_message() {
    let (relay, home) = (relay(), TempDir::new());
    let mut ana = start(&relay, &home, &[]);
    ana.types(&pasted("one\ntwo\n"));
    ana.has_line("2 lines, 7 B: send as one message? [Y/n/e] ");
    ana.enters("e");
    ana.sees("#lobby ana> one");
    ana.types("\x1b[F\x1b[H\x7f and "); // to the end, to the start of the last line, and no line break there
    ana.sees("two and");
    ana.types("\x03");
    ana.has_line("#lobby ana> ");
    ana.types(&pasted("three\nfour"));
    ana.has_line("2 lines, 10 B: send as one message? [Y/n/e] ");
    ana.enters("e");
    ana.has_line("four");
    ana.types(&alt("\r"));
    ana.types("five");
    ana.has_line("five");
    ana.enters("");
    hears(&relay, &[("lobby", "three\nfour\nfive")]);
    ana.has_line("#lobby ana> ");
    ana.types("\x1b[A");
    ana.has_line("five");
    assert_eq!(count(&ana, "#lobby ana> three"), 2, "as entered, and brought back: {:#?}", ana.rows());
}

#[test]
fn pastes_and_answers_in_one_piece_are_told_apart() {
    let (relay, home) = (relay(), TempDir::new());
    let mut ana = start(&relay, &home, &[]);
    ana.types(&format!("{}n\r", pasted("not\nthis")));
    ana.sees("send as one message? [Y/n/e] n");
    ana.has_line("#lobby ana> ");
    ana.types(&format!("{}\r", pasted("/quit\nsaid")));
    hears(&relay, &[("lobby", "/quit\nsaid")]);
    ana.sees("#lobby ana> /quit");
    ana.sees("            said");
    ana.types(&pasted("a single line\n"));
    ana.types("\r");
    ana.types(&format!("{}{}\r", pasted("a\nb"), pasted("\nc\nd")));
    hears(
        &relay,
        &[("lobby", "/quit\nsaid"), ("lobby", "a single line\n"), ("lobby", "a\nb\nc\nd")]
            .map(|(room, text)| (room, text.trim_end())),
    );
    ana.has_line("#lobby ana> ");
}

#[test]
fn each_room_keeps_its_draft_and_keys_lead_from_one_to_another() {
    let (relay, home) = (relay(), TempDir::new());
    let mut ana = start(&relay, &home, &["ops", "dev"]);
    ana.types("drat 3\x1b[D\x1b[D\x1b[D");
    ana.sees("#dev ana> drat 3");
    ana.types(&alt("1"));
    ana.has_line("#lobby ana> ");
    ana.types("\x10f\x05");
    ana.has_line("#dev ana> draft 3");
    ana.types(&alt("1"));
    ana.has_line("#lobby ana> ");
    let long = "and in the lobby there is a long draft of several rows, 日本語 included, ".repeat(3);
    ana.types(&long);
    ana.types("end");
    ana.sees("included, end");
    ana.types("\x0e");
    ana.has_line("#ops ana> ");
    let trails = (count(&ana, "in the lobby"), count(&ana, "draft 3"));
    assert_eq!(trails, (0, 0), "{:#?}\n{:?}", ana.rows(), ana.raw());
    ana.enters("said in ops");
    hears(&relay, &[("ops", "said in ops")]);
    ana.has_line("#ops ana> ");
    ana.types("\x0e");
    ana.has_line("#dev ana> draft 3");
    ana.types("\x0e");
    ana.sees("included, end");
    ana.types("\x10");
    ana.has_line("#dev ana> draft 3");
    ana.types(&alt("7")); // there is none
    ana.types(&alt("-"));
    ana.has_line("#dev ana> draft 3");
    ana.enters(" still");
    ana.has_line("#dev ana> ");
    ana.types(&alt("1"));
    ana.sees("included, end");
    ana.enters("");
    hears(&relay, &[("ops", "said in ops"), ("dev", "draft 3 still"), ("lobby", &format!("{long}end"))]);
    assert_eq!(count(&ana, "#lobby ana> and in the lobby"), 1, "{:#?}", ana.rows());
}

#[test]
fn what_is_typed_right_behind_a_key_to_another_room_is_for_that_room() {
    let (relay, home) = (relay(), TempDir::new());
    let mut ana = start(&relay, &home, &["ops"]);
    ana.types(&format!("{}hello\r\x0e3 more\r{}2 less\r", alt("1"), alt("1")));
    hears(&relay, &[("lobby", "hello"), ("ops", "3 more"), ("lobby", "2 less")]);
    ana.has_line("#lobby ana> ");
}

#[test]
fn a_number_to_multiply_a_key_with_holds_no_message_back() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    ana.types("half");
    ana.has_line("#lobby ana> half");
    for n in 0..=9 {
        ana.types(&alt(&n.to_string()));
        bob.says(&format!("message {n}."));
        ana.sees(&format!("bob: message {n}."));
        ana.has_line("#lobby ana> half");
    }
}

#[test]
fn escape_holds_no_message_back_and_swallows_no_key() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    ana.types("half\x1b");
    bob.says("now.");
    ana.sees("bob: now.");
    ana.types("b");
    ana.has_line("#lobby ana> halfb");
}

#[test]
fn a_half_typed_text_of_several_lines_stays_intact_through_1000_messages() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    ana.types(&["first 日本", "second é", "third 👍"].join(&alt("\r")));
    ana.has_line("third 👍");
    for n in 1..=1_000 {
        bob.says(&format!("message {n}."));
    }
    ana.sees("bob: message 1000.");
    ana.has_line("third 👍");
    let rows = ana.rows();
    assert_eq!(rows.iter().filter(|row| row.contains("bob: message")).count(), 1_000);
    let first = rows.iter().rposition(|row| row.starts_with("#lobby ana> first 日本")).unwrap();
    assert_eq!((&*rows[first + 1], &*rows[first + 2]), ("second é", "third 👍"), "{rows:#?}");
    assert_eq!(rows.iter().filter(|row| row.contains("second")).count(), 1, "{rows:#?}");
    ana.enters("");
    bob.sees("the text", |event| {
        let words = event["text"].as_str().unwrap_or_default().split_whitespace();
        words.eq(["first", "日本", "second", "é", "third", "👍"])
    });
}

/// Waits until the rows are as expected.
#[track_caller]
fn is_shown_by(terminal: &Terminal, is_right: impl Fn(&[String]) -> bool) {
    let start = std::time::Instant::now();
    loop {
        let rows = terminal.rows();
        if is_right(&rows) {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "not so: {rows:#?}");
        std::thread::yield_now();
    }
}

/// The same for all rows, one behind the other.
#[track_caller]
fn is_shown(terminal: &Terminal, is_right: impl Fn(&str) -> bool) {
    is_shown_by(terminal, |rows| is_right(&rows.concat()));
}

/// A draft that takes four rows of wide, combining and plain characters, and how it is told from others.
fn long_draft() -> (String, Vec<String>) {
    let marks: Vec<_> = (1..=24).map(|n| format!("{n:02}日本語")).collect();
    (marks.iter().map(|mark| format!("{mark}e\u{301}👍 ")).collect(), marks)
}

#[test]
fn a_half_typed_line_of_several_rows_is_there_once_however_often_the_relay_goes_and_comes_back() {
    let (draft, marks) = long_draft();
    let middle = draft.find(&marks[12]).unwrap();
    let to_middle = format!("\x01{}", "\x06".repeat(draft[..middle].chars().count() - 12));
    let mut daemon = Daemon::with(QUICK);
    let begins = |(nick, keys, at): (&'static str, &str, usize)| {
        let home = TempDir::new();
        let mut terminal = Terminal::named(&home, daemon.address(), nick);
        terminal.types(&draft);
        terminal.sees(&marks[23]);
        terminal.types(keys);
        (terminal, nick, at, home)
    };
    let mut people = [("ana", "", draft.len()), ("bea", &to_middle, middle), ("cat", "\x01", 0)].map(begins);
    for round in 1..=4 {
        daemon = daemon.restart();
        let mut bob = Native::hello(&daemon, "bob");
        for n in 1..=5 {
            bob.says(&format!("round {round}, message {n}."));
        }
        for (terminal, ..) in &people {
            terminal.sees(&format!("bob: round {round}, message 5."));
        }
    }
    for (terminal, nick, ..) in &people {
        let first = format!("#lobby {nick}> 01");
        let once = [&*first, "connected to", "in #lobby ("];
        // What stays behind of a line stays for ever, but a line that is drawn anew is not there for a moment.
        is_shown(terminal, |all| {
            marks.iter().map(String::as_str).chain(once).all(|seen| all.matches(seen).count() == 1)
                && all.matches("connection lost").count() == 4
                && all.matches("bob: round").count() == 20
        });
    }
    let mut bob = Native::hello(&daemon, "bob");
    for (terminal, _, at, _) in &mut people {
        terminal.enters("X");
        let sent = format!("{}X{}", &draft[..*at], &draft[*at..]);
        bob.sees("the draft", |event| event["text"] == *sent);
    }
}

#[test]
fn what_stands_above_a_line_of_several_rows_stays_when_a_key_puts_it_away() {
    let (draft, marks) = long_draft();
    let middle = draft.find(&marks[12]).unwrap();
    let to_middle = format!("\x01{}", "\x06".repeat(draft[..middle].chars().count() - 12));
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    ana.enters("/join ops");
    ana.has_line("#ops ana> ");
    let messages: Vec<_> = (1..=30).map(|n| format!("bob: message {n}.")).collect();
    for message in &messages {
        bob.says(message.trim_start_matches("bob: "));
    }
    ana.sees(&messages[29]);
    for keys in ["", &to_middle, "\x01"] {
        ana.types(&draft);
        ana.sees(&marks[23]);
        ana.types(keys);
        ana.types(&alt("1"));
        ana.has_line("#lobby ana> ");
        is_shown_by(&ana, |rows| {
            let once = |seen: &String| rows.iter().filter(|row| row.contains(seen.as_str())).count() == 1;
            let is_gone = |mark: &String| !rows.iter().any(|row| row.contains(mark.as_str()));
            let is_whole = !rows.iter().rev().skip_while(|row| row.is_empty()).any(String::is_empty);
            messages.iter().all(once) && marks.iter().all(is_gone) && is_whole
        });
        ana.types(&alt("2"));
        ana.sees(&marks[23]);
        // To the end of it, and all of it away.
        ana.types("\x05\x15");
        ana.has_line("#ops ana> ");
    }
}

#[test]
fn a_draft_of_several_lines_outlasts_a_suspension() {
    if std::process::Command::new("bash").arg("--version").output().is_err() {
        return skip("bash, whose job control is tested, is not installed");
    }
    let (daemon, home) = (Daemon::start(), TempDir::new());
    let mut ana = Terminal::in_shell(&home, daemon.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    ana.sees("bob joined");
    ana.enters("/join ops");
    ana.has_line("#ops ana> ");
    ana.types(&format!("one{}two", alt("\r")));
    ana.has_line("two");
    ana.types(&alt("1"));
    ana.has_line("#lobby ana> ");
    ana.types("half");
    ana.has_line("#lobby ana> half");
    ana.types("\x1a");
    ana.has_line("$ ");
    ana.types("fg\n");
    ana.is_edited();
    ana.types(" a line");
    ana.has_line("#lobby ana> half a line");
    ana.enters("");
    bob.sees_message("ana", "half a line");
    ana.types("\x0e");
    ana.has_line("two");
    ana.types("\x1a");
    ana.has_line("$ ");
    ana.types("fg\n");
    ana.is_edited();
    ana.types(" three");
    ana.has_line("two three");
}

#[test]
fn ctrl_c_and_ctrl_d_think_better_of_a_paste_and_clear_a_text_and_then_leave() {
    let (relay, home) = (relay(), TempDir::new());
    let mut ana = start(&relay, &home, &[]);
    for key in ["\x03", "\x04"] {
        ana.types(&pasted("one\ntwo"));
        ana.has_line("2 lines, 7 B: send as one message? [Y/n/e] ");
        ana.types(key);
        ana.has_line("#lobby ana> ");
    }
    ana.types(&format!("one{}two", alt("\r")));
    ana.has_line("two");
    ana.types("\x03");
    ana.has_line("#lobby ana> ");
    ana.types("\x04");
    assert_eq!(ana.exits(), 0);
    assert!(ana.is_sane());
    assert_eq!(said(&relay), []);
}

#[test]
fn a_second_ctrl_c_leaves_unless_something_was_typed_after_the_first() {
    let (daemon, home) = (Daemon::start(), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    for round in 1..=2 {
        ana.types("\x03");
        eventually("asked", || (count(&ana, INSIST) == round).then_some(()));
        ana.has_line("#lobby ana> ");
        ana.types("half");
        ana.has_line("#lobby ana> half");
        ana.types("\x03");
        ana.has_line("#lobby ana> ");
    }
    drop(daemon);
    ana.has_line("#lobby ana, offline> ");
    ana.types("\x03still here\x03\x03");
    eventually("asked", || (count(&ana, INSIST) == 4).then_some(()));
    ana.has_line("#lobby ana, offline> ");
    assert_eq!(count(&ana, "ana> ") + count(&ana, "ana, offline> "), 1, "no trails: {:#?}", ana.rows());
    ana.types("\x03");
    assert_eq!(ana.exits(), 0);
    assert!(ana.is_sane());
}

#[test]
fn ctrl_c_twice_in_one_piece_and_ctrl_d_leave_at_once() {
    let (relay, home) = (relay(), TempDir::new());
    for keys in ["\x03\x03", "\x03\x04", "\x04"] {
        let mut ana = start(&relay, &home, &[]);
        ana.types(keys);
        assert_eq!(ana.exits(), 0, "{keys:?}");
        assert!(ana.is_sane());
    }
}

#[test]
fn ctrl_c_leaves_at_once_where_lines_are_not_edited_and_before_there_is_a_prompt() {
    let (relay, home) = (relay(), TempDir::new());
    let address = relay.address().to_string();
    for (environment, more) in [(&[("TERM", "dumb")][..], &[][..]), (&[], &["--plain-output"])] {
        let arguments = [&[&*address, "--plain", "--nick", "ana"], more].concat();
        let mut ana = Terminal::start(&home, environment, &arguments);
        ana.sees("connected to");
        ana.types("half\x03");
        assert_eq!(ana.exits(), 0, "{arguments:?}");
    }
    let silent = Impostor::that(None, |_| Vec::new());
    let mut ana = Terminal::start(&home, &[], &[&silent.address().to_string(), "--plain", "--nick", "ana"]);
    eventually("greeted", || (!silent.heard().is_empty()).then_some(()));
    ana.types("\x03");
    ana.exits();
    assert!(ana.is_sane());
}

/// `ana` in the lobby, who has entered these lines.
fn who_has_entered(relay: &Impostor, home: &TempDir, lines: &[&str]) -> Terminal {
    let mut terminal = start(relay, home, &[]);
    terminal.sees("connected to");
    for line in lines {
        terminal.enters(line);
        terminal.sees(&format!("#lobby ana> {line}"));
        terminal.has_line("#lobby ana> ");
    }
    terminal
}

#[test]
fn ctrl_r_finds_what_was_entered_as_one_types_and_gives_it_to_be_edited() {
    let (relay, home) = (relay(), TempDir::new());
    let entered = ["Deploy web-1", "lunch?", "deploy web-2", "/themes hunter2"];
    let mut ana = who_has_entered(&relay, &home, &entered);
    ana.types("half");
    ana.has_line("#lobby ana> half");
    ana.types("\x12");
    ana.sees("(search) type to find; ");
    ana.types("web");
    ana.sees("(search) web → deploy web-2");
    for (key, found) in [
        ("\x12", "Deploy web-1"),
        ("\x12", "Deploy web-1"),
        ("\x13", "deploy web-2"),
        ("\x1b[A", "Deploy web-1"),
        ("\x1b[B", "deploy web-2"),
    ] {
        ana.types(key);
        ana.sees(&format!("(search) web → {found}"));
    }
    ana.types("\x7f\x7f\x7fD");
    ana.sees("(search) D → Deploy web-1");
    ana.types("\x15hunter");
    ana.sees("(search) hunter (nothing found)");
    ana.types("\x17unch");
    ana.sees("(search) unch → lunch?");
    ana.types("\r");
    ana.has_line("#lobby ana> lunch?");
    ana.enters(" now");
    ana.has_line("#lobby ana> ");
    // Other keys that take it, and all in one piece.
    for (key, line) in [("\t", "tab"), ("\x1b[C", "right"), ("\r", "enter")] {
        ana.types(&format!("\x12deploy w{key} {line}\r"));
        eventually("said", || said(&relay).iter().any(|(_, text)| text.ends_with(line)).then_some(()));
        ana.has_line("#lobby ana> ");
    }
    let deploys = ["tab", "tab right", "tab right enter"].map(|more| format!("deploy web-2 {more}"));
    let mut expected = vec!["Deploy web-1", "lunch?", "deploy web-2", "lunch? now"];
    expected.extend(deploys.iter().map(String::as_str));
    let expected: Vec<_> = expected.into_iter().map(|text| ("lobby", text)).collect();
    hears(&relay, &expected);
    assert_eq!(count(&ana, "(search)"), 0, "{:#?}", ana.rows());
}

#[test]
fn a_search_that_is_given_up_gives_the_half_typed_line_back() {
    let (relay, home) = (relay(), TempDir::new());
    let mut ana = who_has_entered(&relay, &home, &["first", "second"]);
    ana.types(&format!("one{}two!\x1b[D", alt("\r")));
    ana.sees("two!");
    for (nth, key) in ["\x1b", "\x03", "\x07", "\x15\x04", "\x15nowhere\r"].iter().enumerate() {
        ana.types("\x12s");
        ana.sees("(search) s → second");
        assert_eq!(count(&ana, "#lobby ana> one"), 0, "{:#?}", ana.rows());
        // Neither leads anywhere from here.
        ana.types(&format!("\x0e{}e", alt("1")));
        ana.sees("(search) se → second");
        ana.types(key);
        ana.sees("#lobby ana> one");
        ana.types(&format!("{nth}"));
        ana.sees(&format!("{nth}!"));
    }
    assert_eq!((count(&ana, "(search)"), count(&ana, "two01234!")), (0, 1), "{:#?}", ana.rows());
    ana.enters("");
    hears(&relay, &[("lobby", "first"), ("lobby", "second"), ("lobby", "one\ntwo01234!")]);
}

#[test]
fn a_search_holds_no_message_back_and_stays_intact_through_200_of_them_and_a_restart() {
    let (mut daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let long = format!("a line of several rows: {}", "日本語".repeat(30));
    ana.enters(&long);
    ana.has_line("#lobby ana> ");
    let mut bob = Native::hello(&daemon, "bob");
    ana.types("half\x12several");
    ana.sees("(search) several → a line of several rows: 日本語");
    let says = |bob: &mut Native, ana: &Terminal, numbers: std::ops::RangeInclusive<u32>| {
        for n in numbers {
            bob.says(&format!("message {n}."));
            if n % 10 == 0 {
                ana.sees(&format!("bob: message {n}."));
            }
        }
    };
    says(&mut bob, &ana, 1..=100);
    daemon = daemon.restart();
    ana.sees("connected again");
    says(&mut Native::hello(&daemon, "bob"), &ana, 101..=200);
    ana.types("ly");
    ana.sees("(search) severally (nothing found)");
    ana.types("\x7f\x7f");
    is_shown(&ana, |all| {
        (1..=200).all(|n| all.matches(&format!("bob: message {n}.")).count() == 1)
            && all.matches("(search)").count() == 1
            && all.matches("(search) several → a line").count() == 1
    });
    ana.types("\x1b");
    ana.has_line("#lobby ana> half");
    ana.types("\x12several\r");
    ana.sees("#lobby ana> a line of several rows");
    is_shown(&ana, |all| !all.contains("(search)"));
    ana.enters("!");
    let mut bob = Native::hello(&daemon, "bob");
    bob.sees("what was found", |event| event.to_string().contains("語!"));
}

#[test]
fn what_a_search_finds_takes_one_row_however_narrow_the_window_becomes() {
    let (relay, home) = (relay(), TempDir::new());
    let mut ana = who_has_entered(&relay, &home, &["short", "one"]);
    ana.enters(&format!("deploy {}", "0123456789".repeat(7)));
    ana.has_line("#lobby ana> ");
    ana.types("\x12ploy");
    let row = ana.sees("(search) ploy → deploy 0123");
    assert_eq!((row.chars().count(), row.ends_with('…')), (79, true), "{row:?}");
    for columns in [60, 30] {
        ana.resizes(24, columns);
        let width = usize::from(columns) - 1;
        is_shown_by(&ana, |rows| {
            let searches: Vec<_> = rows.iter().filter(|row| row.starts_with("(search)")).collect();
            searches.len() == 1 && searches[0].chars().count() == width && searches[0].ends_with('…')
        });
    }
    ana.types("\r");
    ana.sees("#lobby ana> deploy 0123");
}

#[test]
fn a_line_break_by_hand_is_not_made_beyond_the_screen() {
    let (relay, home) = (relay(), TempDir::new());
    let mut ana = start(&relay, &home, &[]);
    for n in 0..30 {
        ana.types(&format!("{n}{}", alt("\r")));
    }
    ana.types("end");
    ana.sees("29end");
    assert_eq!(count(&ana, "#lobby ana> 0"), 1, "{:#?}", ana.rows());
    ana.enters("");
    eventually("said", || (said(&relay).len() == 1).then_some(()));
    assert_eq!(said(&relay)[0].1.lines().count(), 23);
}

#[test]
fn tab_gives_those_first_who_spoke_last() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let _others = ["brunhild", "brunella"].map(|nick| Native::hello(&daemon, nick));
    let mut bruno = Native::hello(&daemon, "bruno");
    ana.sees("bruno joined");
    bruno.says("hi");
    ana.sees("bruno: hi");
    ana.types("b\t\t");
    let row = ana.sees("brunhild:");
    let at = |nick: &str| row.find(nick).unwrap_or_else(|| panic!("{row}"));
    assert!(at("bruno:") < at("brunella:") && at("brunella:") < at("brunhild:"), "{row}");
    ana.types("o\t");
    ana.has_line("#lobby ana> bruno: ");
    ana.types("ask brunh\t");
    ana.has_line("#lobby ana> bruno: ask brunhild ");
}

#[test]
fn reply_goes_to_who_wrote_last_and_last_shows_what_was_for_me() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    ana.enters("/reply anybody?");
    ana.sees("nobody has written to you alone yet; /msg NICK TEXT does. Nothing was sent");
    bob.says("not for banana");
    bob.says("so, Ana, lunch?");
    bob.says_in("@ana", "psst");
    ana.sees("psst");
    ana.enters("/reply what?");
    bob.sees("the reply", |event| event["text"] == "what?");
    ana.has_line("#lobby ana> ");
    ana.enters("/last");
    ana.sees("the last 2 messages that named you, or were for you alone:");
    eventually("shown again", || {
        let all = (count(&ana, "so, Ana, lunch?"), count(&ana, "psst"), count(&ana, "banana"));
        (all == (2, 2, 1)).then_some(())
    });
}

#[test]
fn what_is_no_command_is_never_sent() {
    let (relay, home) = (relay(), TempDir::new());
    let mut ana = start(&relay, &home, &[]);
    ana.enters("/nikc bob");
    ana.sees("there is no command /nikc; did you mean /nick? Nothing was sent");
    ana.enters("/rely hi");
    ana.sees("there is no command /rely; did you mean /reply?");
    ana.enters("/xyzzy");
    ana.sees("there is no command /xyzzy; /help lists them. Nothing was sent");
    ana.enters("//etc/hosts");
    hears(&relay, &[("lobby", "/etc/hosts")]);
}

#[test]
fn lines_that_wait_are_not_said_by_a_guest_when_the_login_fails_after_a_reconnect() {
    let (relay, mood) = relay_with_accounts();
    let home = TempDir::new();
    let mut ana = Terminal::start(&home, &[], &[&relay.address().to_string(), "--nick", "ana"]);
    ana.has_line("#lobby ana> ");
    ana.enters("/login ana");
    ana.has_line("password: ");
    ana.enters("secret");
    ana.sees("you are logged in as ana");
    ana.has_line("#lobby ana> ");
    mood.store(SILENT, Ordering::SeqCst);
    relay.hangs_up();
    ana.sees("connection lost");
    ana.has_line("#lobby ana, offline> ");
    ana.enters("in my name");
    ana.has_line("#lobby ana, offline, 1 queued> ");
    mood.store(STRICT, Ordering::SeqCst);
    relay.hangs_up();
    ana.sees("not logged in any more: wrong password");
    ana.sees("connected again as ana2; the line that waited will wait");
    ana.has_line("#lobby ana2, not logged in, 1 queued> ");
    ana.enters("this too");
    ana.has_line("#lobby ana2, not logged in, 2 queued> ");
    assert_eq!(said(&relay), []);
    ana.enters("/login ana");
    ana.has_line("password: ");
    ana.enters("other");
    ana.sees("you are logged in as ana");
    ana.sees("sending the 2 lines that waited");
    hears(&relay, &[("lobby", "in my name"), ("lobby", "this too")]);
    ana.has_line("#lobby ana> ");
}

/// What a relay makes of those who say hello: it takes everybody in, says nothing, or believes no password and gives
/// nobody the nick `ana`.
const FRIENDLY: u8 = 0;
const SILENT: u8 = 1;
const STRICT: u8 = 2;

fn relay_with_accounts() -> (Impostor, Arc<AtomicU8>) {
    let mood = Arc::new(AtomicU8::new(FRIENDLY));
    let now = Arc::clone(&mood);
    let relay = Impostor::that(Some(&Identity::new()), move |line| {
        let request: Value = serde_json::from_str(line).unwrap_or_default();
        let error = |code: &str, words: &str| {
            vec![json!({ "type": "error", "code": code, "message": words }).to_string()]
        };
        match (request["type"].as_str(), now.load(Ordering::SeqCst)) {
            (Some("hello"), SILENT) => Vec::new(),
            (Some("hello"), STRICT) if request["password"].is_string() => {
                error("wrong_password", "wrong password")
            }
            (Some("hello"), STRICT) if request["nick"] == "ana" => {
                error("nick_registered", "it is somebody's")
            }
            (Some("login"), _) => {
                let account =
                    json!({ "type": "account", "id": request["id"], "nick": "ana", "role": "member" });
                vec![account.to_string()]
            }
            _ => answer(line),
        }
    });
    (relay, mood)
}

#[test]
fn a_terminal_that_shows_what_is_typed_registers_with_a_password_alone() {
    let home = TempDir::new();
    let daemon = Daemon::start();
    let address = daemon.address().to_string();
    let mut ana = Terminal::start(&home, &[("TERM", "dumb")], &[&address, "--nick", "ana"]);
    ana.sees("connected to");
    ana.types("/register correct-horse-battery\n");
    ana.sees("you are logged in as ana");
}
