//! `lanchat-client` whose connection is lost: no line of anybody is lost or doubled.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use lanchat_tests::{Daemon, Native, Piped, Proxy, Signal, TempDir, Terminal, Value, eventually, json};

/// A daemon that does not slow anybody down.
const QUICK: &str = "limits.messages_per_second_max = 0";

/// The rows in which somebody says something, without the time.
fn said(terminal: &Terminal, by: &str) -> Vec<String> {
    let words = |row: &String| Some(row.split_once(by)?.1.trim_end().to_owned());
    terminal.rows().iter().filter_map(words).collect()
}

fn numbered(what: &str, numbers: std::ops::RangeInclusive<u32>) -> Vec<String> {
    numbers.map(|n| format!("{what}{n}.")).collect()
}

/// What was said in a room, as the relay's history has it.
fn kept(daemon: &Daemon, room: &str) -> Vec<String> {
    let mut reader = Native::hello_in(daemon, "reader", room);
    let history = reader.answered("history", json!({ "type": "history", "room": room, "limit": 200 }));
    let texts = history["messages"].as_array().unwrap().iter();
    texts.map(|message| message["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_was_missed_stands_behind_a_marker_and_every_line_is_there_once() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let wire = Proxy::to(daemon.address());
    let mut ana = Terminal::named(&home, wire.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    ana.sees("bob joined");
    for round in 0..3 {
        let n = |n: u32| n + 20 * round;
        bob.says(&format!("bob{}.", n(1)));
        ana.sees(&format!("bob: bob{}.", n(1)));
        wire.cut();
        ana.has_line("#lobby ana, offline> ");
        for n in n(2)..=n(13) {
            bob.says(&format!("bob{n}."));
        }
        ana.enters(&format!("ana{}.", 2 * round + 1));
        ana.enters(&format!("ana{}.", 2 * round + 2));
        ana.has_line("#lobby ana, offline, 2 queued> ");
        wire.mend();
        bob.sees_message("ana", &format!("ana{}.", 2 * round + 2));
        bob.says(&format!("bob{}.", n(14)));
        ana.sees(&format!("bob: bob{}.", n(14)));
        for n in n(15)..=n(20) {
            bob.says(&format!("bob{n}."));
        }
        ana.sees(&format!("bob: bob{}.", n(20)));
        ana.has_line("#lobby ana> ");
    }
    assert_eq!(said(&ana, "bob: "), numbered("bob", 1..=60));
    let rows = ana.rows();
    let markers: Vec<_> = rows.iter().filter(|row| row.contains(" new ")).collect();
    assert_eq!(markers.len(), 3, "{rows:#?}");
    for (round, marker) in (0..).zip(markers) {
        assert!(marker.starts_with("── 12 new since ") && marker.trim_end().ends_with(" ──"), "{marker}");
        let row = |words: &str| rows.iter().position(|row| row.contains(words)).unwrap();
        let at = rows.iter().enumerate().filter(|(_, row)| row.contains(" new ")).nth(round).unwrap().0;
        let first = 20 * round + 2;
        assert!(at < row(&format!("bob: bob{first}.")) && at > row(&format!("bob: bob{}.", first - 1)));
    }
    let from_ana = |event: &Value| event["type"] == "message" && event["from"] == "ana";
    let heard: Vec<_> =
        bob.events().into_iter().filter(from_ana).map(|event| event["text"].clone()).collect();
    assert_eq!(heard, numbered("ana", 1..=6));
}

#[test]
fn a_line_whose_acknowledgement_was_lost_arrives_once() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let wire = Proxy::to(daemon.address());
    let mut ana = Terminal::named(&home, wire.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    ana.sees("bob joined");
    wire.deafen();
    ana.enters("precious");
    ana.enters("next");
    bob.sees_message("ana", "precious");
    wire.cut();
    ana.has_line("#lobby ana, offline, 2 queued> ");
    wire.mend();
    ana.sees("connected again as ana; sending the 2 lines that waited");
    bob.sees_message("ana", "next");
    bob.says("done");
    ana.sees("bob: done");
    ana.has_line("#lobby ana> ");
    assert_eq!(kept(&daemon, "lobby"), ["precious", "next", "done"]);
    let heard = bob.events().iter().filter(|event| event["text"] == "precious").count();
    assert_eq!(heard, 1);
    assert!(!ana.rows().iter().any(|row| row.contains("may not have")), "{:#?}", ana.rows());
}

#[test]
fn each_room_and_conversation_has_a_marker_of_its_own_and_none_where_nothing_was_missed() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let wire = Proxy::to(daemon.address());
    let address = wire.address().to_string();
    let arguments = [&*address, "--nick", "ana", "--room", "dev", "--room", "ops"];
    let mut ana = Terminal::start(&home, &[], &arguments);
    ana.sees("* you talk in #ops now; nobody else is here");
    let mut bob = Native::hello_in(&daemon, "bob", "ops");
    ana.sees("* bob joined");
    bob.says_in("@ana", "psst");
    ana.sees("@bob: psst");
    wire.cut();
    ana.has_line("#ops ana, offline> ");
    bob.says_in("ops", "one");
    bob.says("two");
    bob.says_in("@ana", "three");
    bob.says_in("ops", "four");
    wire.mend();
    for (marker, line) in [
        ("── 2 new since ", "bob: one"),
        ("── 1 new in #lobby since ", "#lobby bob: two"),
        ("── 1 new from @bob since ", "@bob: three"),
        ("── 2 new since ", "bob: four"),
    ] {
        ana.sees(line);
        ana.sees(marker);
    }
    ana.enters("/join lobby");
    ana.has_line("#lobby ana> ");
    wire.cut();
    ana.has_line("#lobby ana, offline> ");
    wire.mend();
    let told = |ana: &Terminal| ana.rows().iter().filter(|row| row.contains("connected again")).count();
    eventually("connected again", || (told(&ana) == 2).then_some(()));
    bob.says("live");
    ana.sees("live");
    let rows = ana.rows();
    assert_eq!(rows.iter().filter(|row| row.contains(" new ")).count(), 3, "{rows:#?}");
}

#[test]
fn a_relay_that_is_killed_and_started_again_loses_and_doubles_nothing() {
    let home = TempDir::new();
    let daemon = Daemon::with(QUICK);
    let wire = Proxy::to(daemon.address());
    let mut ana = Terminal::named(&home, wire.address(), "ana");
    ana.enters("/join ops");
    ana.has_line("#ops ana> ");
    let mut bob = Native::hello_in(&daemon, "bob", "ops");
    ana.sees("bob joined");
    wire.deafen();
    ana.enters("ana1.");
    bob.sees_message("ana", "ana1.");
    ana.enters("ana2.");
    wire.cut();
    for n in 1..=5 {
        bob.says_in("ops", &format!("bob{n}."));
    }
    ana.has_line("#ops ana, offline, 2 queued> ");
    let daemon = daemon.restart();
    let mut bob = Native::hello_in(&daemon, "bob", "ops");
    for n in 6..=9 {
        bob.says_in("ops", &format!("bob{n}."));
    }
    wire.mend();
    ana.sees("── 9 new since ");
    bob.sees_message("ana", "ana2.");
    bob.says_in("ops", "bob10.");
    ana.sees("bob: bob10.");
    ana.has_line("#ops ana> ");
    assert_eq!(said(&ana, "bob: "), numbered("bob", 1..=10));
    let kept = kept(&daemon, "ops");
    assert_eq!(kept.iter().filter(|text| *text == "ana1.").count(), 1, "{kept:?}");
    assert_eq!(kept.iter().filter(|text| *text == "ana2.").count(), 1, "{kept:?}");
}

#[test]
fn a_relay_that_is_killed_again_and_again_loses_and_doubles_nothing() {
    let home = TempDir::new();
    let mut daemon = Daemon::with(QUICK);
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let bob_home = TempDir::new();
    let mut bob = Terminal::named(&bob_home, daemon.address(), "bob");
    for round in 0..3 {
        for n in 1..=5 {
            ana.enters(&format!("ana{}.", 5 * round + n));
            bob.enters(&format!("bob{}.", 5 * round + n));
        }
        daemon = daemon.restart();
    }
    ana.sees("bob: bob15.");
    bob.sees("ana: ana15.");
    assert_eq!(said(&ana, "bob: "), numbered("bob", 1..=15));
    assert_eq!(said(&bob, "ana: "), numbered("ana", 1..=15));
}

#[test]
fn a_relay_that_has_lost_its_history_is_told_and_chatted_on_with() {
    let home = TempDir::new();
    let mut daemon = Daemon::with(QUICK);
    let ana = Terminal::named(&home, daemon.address(), "ana");
    Native::hello(&daemon, "bob").says("before");
    ana.sees("bob: before");
    daemon.signal(Signal::KILL);
    daemon.wait_exit();
    for file in std::fs::read_dir(daemon.directory().path()).unwrap().map(Result::unwrap) {
        if file.file_name().to_string_lossy().starts_with("lanchat.db") {
            std::fs::remove_file(file.path()).unwrap();
        }
    }
    let daemon = daemon.restart();
    ana.sees("the relay's history is another one");
    Native::hello(&daemon, "bob").says("after");
    ana.sees("bob: after");
    assert_eq!(said(&ana, "bob: "), ["before", "after"]);
}

#[test]
fn a_pipe_delivers_every_line_once_whatever_becomes_of_its_connection() {
    let daemon = Daemon::with(QUICK);
    let wire = Proxy::to(daemon.address());
    let address = wire.address().to_string();
    let mut bob = Native::hello_in(&daemon, "bob", "ops");
    let mut script = Piped::start(&[&address, "--nick", "script", "--room", "ops", "--json"]);
    for round in 0..3 {
        let first = 10 * round + 1;
        script.writes(format!("line{first}.\n").as_bytes());
        // The request before the first line was to enter the room.
        script.prints(&format!(r#""ack","id":"{}""#, first + 1));
        wire.deafen();
        let lines: String = (first + 1..first + 10).map(|n| format!("line{n}.\n")).collect();
        script.writes(lines.as_bytes());
        bob.sees_message("script", &format!("line{}.", first + 1));
        wire.cut();
        wire.mend();
    }
    let ran = script.ends().exits(0);
    assert!(ran.err.lines().all(|line| line.contains("trying again for 60 s")), "{}", ran.err);
    assert_eq!(kept(&daemon, "ops"), numbered("line", 1..=30));
    let from_script = |event: &Value| event["type"] == "message" && event["from"] == "script";
    let heard = bob.events().into_iter().filter(from_script).map(|event| event["text"].clone());
    assert_eq!(heard.collect::<Vec<_>>(), numbered("line", 1..=30));
}

#[test]
fn a_pipe_delivers_every_line_once_though_the_relay_is_killed_and_started_again() {
    let mut daemon = Daemon::with(QUICK);
    let address = daemon.address().to_string();
    let mut script = Piped::start(&[&address, "--nick", "script"]);
    for round in 0..3 {
        let mut bob = Native::hello(&daemon, "bob");
        let first = 40 * round + 1;
        let lines: String = (first..first + 40).map(|n| format!("line{n}.\n")).collect();
        script.writes(lines.as_bytes());
        bob.sees_message("script", &format!("line{}.", first + 20));
        daemon = daemon.restart();
    }
    script.ends().exits(0);
    assert_eq!(kept(&daemon, "lobby"), numbered("line", 1..=120));
}

#[test]
fn a_program_that_listens_gets_every_event_once() {
    let daemon = Daemon::with(QUICK);
    let wire = Proxy::to(daemon.address());
    let address = wire.address().to_string();
    let ear = Piped::start(&[&address, "--json", "--nick", "ear", "--room", "ops"]);
    ear.prints("\"joined\"");
    let mut bob = Native::hello_in(&daemon, "bob", "ops");
    for round in 0..3 {
        let first = 10 * round + 1;
        bob.says_in("ops", &format!("bob{first}."));
        ear.prints(&format!("bob{first}."));
        wire.cut();
        eventually("it is gone", || (daemon.clients().len() == 1).then_some(()));
        for n in first + 1..first + 10 {
            bob.says_in("ops", &format!("bob{n}."));
        }
        wire.mend();
        ear.prints(&format!("bob{}.", first + 9));
    }
    let ran = ear.ends().exits(0);
    let events = ran.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let messages = events.filter(|event| event["type"] == "message");
    assert_eq!(messages.map(|event| event["text"].clone()).collect::<Vec<_>>(), numbered("bob", 1..=30));
}

#[test]
fn a_greeting_that_arrives_late_and_takes_the_nick_ends_nothing() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let wire = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = wire.local_addr().unwrap().to_string();
    let mut ana = Terminal::start(&home, &[], &[&address, "--nick", "ana", "--plain"]);
    let hello = forwarded(&wire, &daemon);
    let mut bob = Native::hello(&daemon, "bob");
    ana.sees("bob joined");
    let mut late = TcpStream::connect(daemon.address()).unwrap();
    late.write_all(hello.as_bytes()).unwrap();
    ana.sees("an earlier attempt to connect has reached the relay");
    ana.enters("precious");
    forwarded(&wire, &daemon);
    ana.sees("connected again as ana");
    bob.sees_message("ana", "precious");
    bob.says("done");
    ana.sees("bob: done");
    assert_eq!(kept(&daemon, "lobby"), ["precious", "done"]);
}

/// Takes one connection to the relay. What the client greets it with.
fn forwarded(wire: &TcpListener, daemon: &Daemon) -> String {
    let (client, _) = wire.accept().unwrap();
    let mut relay = TcpStream::connect(daemon.address()).unwrap();
    let mut from_client = BufReader::new(client.try_clone().unwrap());
    let mut hello = String::new();
    from_client.read_line(&mut hello).unwrap();
    relay.write_all(hello.as_bytes()).unwrap();
    let (mut from_relay, mut to_client) = (relay.try_clone().unwrap(), client);
    thread::spawn(move || {
        let _ = io::copy(&mut from_relay, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    thread::spawn(move || {
        let _ = io::copy(&mut from_client, &mut relay);
        let _ = relay.shutdown(Shutdown::Both);
    });
    hello
}
