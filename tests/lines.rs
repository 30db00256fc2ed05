//! One message of several lines: a program sends and gets it as one, and with netcat each line says whose it is.

use lanchat_tests::{Daemon, Native, Netcat, TempDir, Terminal, json};

/// What looks like a word of the relay in it, and like somebody else's message, is neither.
const SAID: &str = "if x:\r\n\t* bob joined\n\n* bob is now eve\nbob: yes\n";

/// Its lines.
const LINES: [&str; 5] = ["if x:", "\t* bob joined", "", "* bob is now eve", "bob: yes"];

/// What comes next are the other lines, with the same before each of them as before the first.
#[track_caller]
fn sees_the_others(reader: &mut Netcat, first: &str) {
    let before = first.strip_suffix(LINES[0]).unwrap();
    for line in &LINES[1..] {
        assert_eq!(reader.sees_line(), format!("{before}{line}"));
    }
}

#[test]
fn netcat_shows_whose_each_line_is_wherever_it_was_said() {
    let daemon = Daemon::start();
    let mut bob = Netcat::named(&daemon, "bob");
    let mut ana = Native::hello(&daemon, "ana");
    bob.sees("* ana joined");
    ana.says(SAID);
    let first = bob.sees_line();
    assert_eq!(first, "ana: if x:");
    sees_the_others(&mut bob, &first);

    bob.says("/join ops");
    bob.sees("* you talk in #ops now");
    ana.says(SAID);
    let first = bob.sees_line();
    assert_eq!(first, "#lobby ana: if x:");
    sees_the_others(&mut bob, &first);

    ana.says_in("@bob", SAID);
    let first = bob.sees_line();
    assert_eq!(first, "@ana: if x:");
    sees_the_others(&mut bob, &first);
}

#[test]
fn what_was_said_before_shows_whose_each_line_is_also_after_a_restart() {
    let daemon = Daemon::start();
    let mut bob = Netcat::named(&daemon, "bob");
    let mut ana = Native::hello(&daemon, "ana");
    ana.says(SAID);
    bob.sees("bob: yes");
    bob.says("/quit");
    bob.is_closed();
    ana.says_in("@bob", SAID);
    let daemon = daemon.restart();

    let mut bob = Netcat::silent(daemon.address());
    bob.sees("* -- 20");
    let first = bob.sees_line();
    assert!(first.starts_with("* ") && first.ends_with(" ana: if x:"), "{first}");
    sees_the_others(&mut bob, &first);
    bob.says("/nick bob");
    let first = bob.sees("@ana: if x:");
    sees_the_others(&mut bob, &first);
    bob.says("/history 5");
    bob.sees("* -- 20");
    let first = bob.sees_line();
    sees_the_others(&mut bob, &first);
    bob.says("/search joined in:lobby");
    let first = bob.sees("* #lobby ");
    sees_the_others(&mut bob, &first);
    bob.sees("* found 1 message");

    let shown = daemon.ctl(&["export", "--format", "text"]).exits(0).out;
    let shown: Vec<_> = shown.lines().map(|line| &line["2026-11-22 09:15:03 ".len()..]).collect();
    assert_eq!(shown, LINES.map(|line| format!("#lobby ana: {line}")));
    let told = daemon.ctl(&["export"]).exits(0).json();
    assert_eq!(told["text"], LINES.join("\n"));
}

#[test]
fn a_program_gets_it_as_one_message_and_once_however_often_it_was_sent() {
    let daemon = Daemon::start();
    let hello =
        |nick| json!({"type": "hello", "version": 1, "nick": nick, "client": format!("run of {nick}")});
    let mut eva = Native::hello(&daemon, "eva");
    let mut ana = Native::connect(&daemon);
    ana.sends(&hello("ana"));
    ana.event("welcome");
    let say = json!({"type": "say", "id": "1", "text": SAID});
    ana.sends(&say);
    let first = ana.event("ack");
    ana.sends(&say);
    ana.sends(&json!({"type": "ping", "id": "2"}));
    ana.event("pong");
    let acks: Vec<_> = ana.events().into_iter().filter(|event| event["type"] == "ack").collect();
    assert_eq!(acks, [first.clone(), first]);
    eva.sees_message("ana", &LINES.join("\n"));
    ana.says("next");
    eva.sees_message("ana", "next");
    let heard = eva.events().iter().filter(|event| event["type"] == "message").count();
    assert_eq!(heard, 2);
    let past = eva.answered("history", json!({"type": "history", "limit": 2}));
    assert_eq!(past["messages"][0]["text"], LINES.join("\n"));
    let found = eva.answered("found", json!({"type": "search", "words": "joined eve"}));
    assert_eq!(found["hits"][0]["message"]["text"], LINES.join("\n"));
}

#[test]
fn a_message_of_101_lines_is_refused_with_what_to_do() {
    let daemon = Daemon::start();
    let mut bob = Netcat::named(&daemon, "bob");
    let mut ana = Native::hello(&daemon, "ana");
    ana.sends(&json!({"type": "say", "text": "x\n".repeat(101)}));
    let refused = ana.is_refused("too_many_lines");
    assert_eq!(refused["message"], "this message has more than 100 lines and was not sent: send it in parts");
    ana.says(&"x\n".repeat(100));
    bob.sees("* ana joined");
    (0..100).for_each(|_| assert_eq!(bob.sees_line(), "ana: x"));
    ana.says("next");
    assert_eq!(bob.sees_line(), "ana: next");
}

#[test]
fn the_log_and_the_console_take_no_line_of_it_for_one_of_their_own() {
    let daemon = Daemon::with("log.messages = true");
    let mut ana = Native::hello(&daemon, "ana");
    ana.says("a\nERROR forged");
    daemon.log_contains("ana said: a ERROR forged");
    assert!(!daemon.log().iter().any(|line| line.starts_with("ERROR")), "{:?}", daemon.log());

    let daemon = Daemon::in_foreground("");
    let mut ana = Native::hello(&daemon, "ana");
    let address = ana.address();
    ana.says("a\nforged - connected");
    assert_eq!(daemon.shows("forged"), format!("{address} - forged - connected"));
}

#[test]
fn at_a_terminal_the_further_lines_are_indented() {
    let (daemon, home) = (Daemon::start(), TempDir::new());
    let bob = Terminal::named(&home, daemon.address(), "bob");
    let mut ana = Native::hello(&daemon, "ana");
    ana.says("first\n* second\nbob: third");
    bob.sees("  bob: third");
    let rows = bob.rows();
    let (at, indent) =
        rows.iter().enumerate().find_map(|(at, row)| Some((at, " ".repeat(row.find("first")?)))).unwrap();
    let further = ["* second", "bob: third"].map(|line| indent.clone() + line);
    assert_eq!(rows[at + 1..at + 3], further, "{rows:#?}");
}
