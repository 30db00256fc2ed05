//! `lanchat-client` in scripts.

use std::io::Read;
use std::process::{Command, Stdio};

use lanchat_tests::{Daemon, Native, Piped, Ran, Signal, Value, eventually, json, program, run};

/// A daemon that does not slow anybody down.
const QUICK: &str = "limits.messages_per_second_max = 0";

#[test]
fn every_line_of_a_pipe_arrives_in_order_and_the_exit_code_says_so() {
    let daemon = Daemon::with(QUICK);
    let mut bob = Native::hello(&daemon, "bob");
    let mut script = Piped::start(&[&daemon.address().to_string(), "--nick", "script"]);
    let lines: String = (1..=500).map(|n| format!("line {n}\n\n")).collect();
    script.writes(lines.as_bytes());
    script.writes(b"/quit is no command here\r\nlast, without an end");
    let ran = script.ends().exits(0);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", ""));
    for n in 1..=500 {
        assert_eq!(bob.event("message")["text"], format!("line {n}"));
    }
    assert_eq!(bob.event("message")["text"], "/quit is no command here");
    assert_eq!(bob.event("message")["text"], "last, without an end");
}

#[test]
fn a_rate_limit_is_waited_out() {
    let daemon = Daemon::with("limits.messages_per_second_max = 10\nlimits.messages_burst_max = 2");
    let mut bob = Native::hello(&daemon, "bob");
    let mut script = Piped::start(&[&daemon.address().to_string()]);
    script.writes(b"1\n2\n3\n4\n5\n6\n");
    let ran = script.ends().exits(0);
    assert_eq!(ran.err, "");
    for n in 1..=6 {
        assert_eq!(bob.event("message")["text"], n.to_string());
    }
    assert!(daemon.status()["refusals"].as_u64().unwrap() > 0, "the limit was met");
}

#[test]
fn a_refused_line_is_named_and_the_rest_arrives() {
    let daemon = Daemon::with(QUICK);
    let mut bob = Native::hello(&daemon, "bob");
    let mut script = Piped::start(&[&daemon.address().to_string(), "--nick", "script"]);
    script.writes(format!("first\n{}\n{}\nlast\n", "x".repeat(5_000), "y".repeat(2_000_000)).as_bytes());
    let ran = script.ends().exits(1);
    bob.sees_message("script", "first");
    bob.sees_message("script", "last");
    for part in ["line 2 was not sent", "line 3 is too long", "2 of 4 messages were not delivered"] {
        assert!(ran.err.contains(part), "{}", ran.err);
    }
}

#[test]
fn a_relay_that_dies_midway_and_stays_away_is_a_failure_with_the_count() {
    let daemon = Daemon::with(QUICK);
    let mut bob = Native::hello(&daemon, "bob");
    let address = daemon.address().to_string();
    let mut script = Piped::start(&[&address, "--nick", "script", "--json", "--patience", "1"]);
    script.writes(b"1\n2\n3\n4\n");
    bob.sees_message("script", "4");
    eventually("four acknowledgements", || (script.prints("\"id\":\"4\"").contains("ack")).then_some(()));
    daemon.signal(Signal::KILL);
    script.writes(b"5\n6\n7\n");
    let ran = script.ends().exits(1);
    assert_eq!(ran.err.lines().count(), 2, "{}", ran.err);
    assert!(ran.err.contains("trying again for 1 s"), "{}", ran.err);
    assert!(ran.err.contains("3 of 7 messages were not delivered"), "{}", ran.err);
}

#[test]
fn json_prints_the_events_of_a_room_for_as_long_as_the_pipe_is_open() {
    let daemon = Daemon::with(QUICK);
    let script = Piped::start(&[&daemon.address().to_string(), "--json", "--nick", "ear"]);
    let welcome: Value = serde_json::from_str(&script.prints("welcome")).unwrap();
    assert_eq!(welcome["nick"], "ear");
    let mut bob = Native::hello(&daemon, "bob");
    bob.says("hello, script");
    let message: Value = serde_json::from_str(&script.prints("hello, script")).unwrap();
    assert_eq!(message["from"], "bob");
    let ran = script.ends().exits(0);
    assert!(ran.out.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{}", ran.out);
}

#[test]
fn with_nothing_to_say_it_is_done_after_the_welcome() {
    let daemon = Daemon::start();
    let ran = run(client(&daemon).arg("--json")).exits(0);
    assert!(ran.out.starts_with("{\"type\":\"welcome\""), "{}", ran.out);
    run(&mut client(&daemon)).exits(0);
}

#[test]
fn a_relay_that_is_not_there_is_told_in_one_line() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut command = Command::new(program("lanchat-client"));
    let ran = run(command.arg(&nobody)).exits(1);
    assert_eq!(
        ran.err,
        format!(
            "lanchat-client: nothing on this machine takes connections at {nobody}: is lanchatd running?  systemctl status lanchatd\n",
        )
    );
    let ran = run(Command::new(program("lanchat-client")).arg("no-such-host.invalid")).exits(1);
    assert!(
        ran.err.starts_with("lanchat-client: cannot find the host") && ran.err.lines().count() == 1,
        "{}",
        ran.err
    );
}

#[test]
fn wrong_usage_is_explained_with_exit_code_2() {
    for arguments in [&["relay:0"][..], &["--nick", "a b"], &["--bogus"], &["a", "b"]] {
        let ran = run(Command::new(program("lanchat-client")).args(arguments)).exits(2);
        assert!(ran.err.starts_with("error: "), "{}", ran.err);
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure_and_the_lines_still_arrive() {
    let daemon = Daemon::with(QUICK);
    let mut bob = Native::hello(&daemon, "bob");
    let client = program("lanchat-client");
    let address = daemon.address();
    let script = format!(
        "seq 300 | {} {address} --plain --json --nick script; echo \"exit $?\" >&2",
        client.display()
    );
    let ran = run(Command::new("sh").arg("-c").arg(format!("{{ {script}; }} | head -n 1")));
    assert_eq!(ran.err, "exit 0\n");
    assert_eq!(ran.out.lines().count(), 1);
    for n in 1..=300 {
        bob.sees_message("script", &n.to_string());
    }
}

#[test]
fn events_that_cannot_be_written_are_a_failure_told_at_once_and_the_lines_still_arrive() {
    let daemon = Daemon::with(QUICK);
    let mut bob = Native::hello(&daemon, "bob");
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut sh = Command::new("sh");
    let (client, address) = (program("lanchat-client"), daemon.address());
    sh.arg("-c").arg(format!("seq 50 | {} {address} --plain --json --nick script", client.display()));
    let mut child = sh.stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    for n in 1..=50 {
        bob.sees_message("script", &n.to_string());
    }
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{err}");
    assert_eq!(err.matches("cannot write the events").count(), 1, "{err}");
    assert!(err.contains("every message was delivered, but events were lost"), "{err}");
}

#[test]
fn a_reader_that_has_left_hides_no_refused_line() {
    let daemon = Daemon::with(QUICK);
    let (client, address) = (program("lanchat-client"), daemon.address());
    let mut sh = Command::new("sh");
    let lines = format!("seq 50; echo {}; seq 50; sleep 3", "x".repeat(5_000));
    sh.arg("-c").arg(format!(
        "{{ {{ {lines}; }} | {} {address} --plain --json; echo \"exit $?\" >&2; }} | head -n 1",
        client.display()
    ));
    let ran = run(&mut sh);
    for part in ["line 51 was not sent", "1 of 101 messages was not delivered", "exit 1"] {
        assert!(ran.err.contains(part), "{}", ran.err);
    }
}

#[test]
fn a_closed_standard_error_is_no_panic() {
    let mut command = Command::new("sh");
    let client = program("lanchat-client");
    command.arg("-c").arg(format!("echo hi | {} 127.0.0.1:1 2>&-; echo \"exit $?\"", client.display()));
    assert_eq!(run(command.stderr(Stdio::piped())).out, "exit 1\n");
}

#[test]
fn the_lines_of_a_pipe_go_to_its_room() {
    let daemon = Daemon::with(QUICK);
    let mut bob = Native::hello_in(&daemon, "bob", "ops");
    let address = daemon.address().to_string();
    let mut script = Piped::start(&[&address, "--nick", "script", "--room", "#ops"]);
    script.writes(b"one\ntwo\n/quit is no command\n");
    let ran = script.ends().exits(0);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", ""));
    for text in ["one", "two", "/quit is no command"] {
        bob.sees_in("ops", "script", text);
    }
}

#[test]
fn the_lines_of_a_pipe_go_to_one_person() {
    let daemon = Daemon::with(QUICK);
    let mut bob = Native::hello(&daemon, "bob");
    let mut eve = Native::hello(&daemon, "eve");
    let address = daemon.address().to_string();
    let mut script = Piped::start(&[&address, "--nick", "script", "--room", "@bob"]);
    script.writes(b"for you\n");
    let ran = script.ends().exits(0);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", ""));
    bob.sees_in("@script", "script", "for you");
    drop(bob);
    eve.event("presence");
    let nobody = Piped::start(&[&address, "--nick", "script", "--room", "@nobody"]);
    let ran = ends_after(nobody, b"one\ntwo\n").exits(1);
    let told = "2 of 2 messages were not delivered: nothing can be sent to nobody: nobody called nobody";
    assert!(ran.err.contains(told) && ran.err.lines().count() == 1, "{}", ran.err);
    eve.says("done");
    eve.never_saw(|event| event["type"] == "message");
}

#[test]
fn a_room_that_a_pipe_may_not_enter_is_a_failure_told_in_one_line() {
    let daemon = Daemon::with("limits.rooms_joined_max = 1\nlimits.messages_per_second_max = 0");
    let address = daemon.address().to_string();
    let quiet = Piped::start(&[&address, "--room", "ops"]);
    ends_after(quiet, b"one\n").exits(0);
    // Whoever listens is in the lobby too.
    let script = Piped::start(&[&address, "--room", "ops", "--json"]);
    let ran = ends_after(script, b"one\ntwo\n").exits(1);
    let told = "2 of 2 messages were not delivered: nothing can be sent to #ops: you are in 1 room already";
    assert!(ran.err.contains(told) && ran.err.lines().count() == 1, "{}", ran.err);
}

#[test]
fn a_pipe_has_one_target_and_a_valid_one() {
    for arguments in [&["--room", "a", "--room", "b"][..], &["--room", "night shift"], &["--room", "@a b"]] {
        let ran = run(Command::new(program("lanchat-client")).args(arguments)).exits(2);
        assert!(ran.err.starts_with("error: "), "{}", ran.err);
    }
}

#[test]
fn json_prints_what_happens_in_a_room_as_it_came() {
    let daemon = Daemon::with(QUICK);
    let script = Piped::start(&[&daemon.address().to_string(), "--json", "--nick", "ear", "--room", "ops"]);
    let event = |needle: &str| serde_json::from_str::<Value>(&script.prints(needle)).unwrap();
    assert_eq!(event("\"joined\"")["room"], "ops");
    let mut bob = Native::hello_in(&daemon, "bob", "ops");
    bob.says_in("ops", "hello, script");
    assert_eq!(event("hello, script")["room"], "ops");
    bob.request(json!({ "type": "topic", "room": "ops", "topic": "disk" }));
    assert_eq!(event("\"topic\"")["nick"], "bob");
    bob.says_in("@ear", "psst");
    assert_eq!(event("psst")["room"], "@bob");
    script.ends().exits(0);
}

fn client(daemon: &Daemon) -> Command {
    let mut command = Command::new(program("lanchat-client"));
    command.args([&*daemon.address().to_string(), "--plain"]);
    command
}

fn ends_after(mut script: Piped, text: &[u8]) -> Ran {
    script.writes(text);
    script.ends()
}
