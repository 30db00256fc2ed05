//! People talk: with netcat, with raw programs, with native clients, all in one room.

use lanchat_tests::{Daemon, Native, Netcat, Signal, Stranger, json};

#[test]
fn two_people_with_netcat_hear_each_other_and_not_themselves() {
    let daemon = Daemon::start();
    let mut alice = Netcat::named(&daemon, "alice");
    let mut bob = Netcat::named(&daemon, "bob");
    alice.says("hi bob");
    assert_eq!(bob.sees("hi bob"), "alice: hi bob");
    bob.says("hi alice");
    assert_eq!(alice.sees("hi alice"), "bob: hi alice");
    alice.never_saw("hi bob");
    bob.never_saw("hi alice");
}

#[test]
fn netcat_and_a_native_client_talk_both_ways() {
    let daemon = Daemon::start();
    let mut bob = Netcat::named(&daemon, "bob");
    let mut eva = Native::hello(&daemon, "eva");
    bob.sees("* eva joined");
    let first = eva.says("hi from a program");
    assert_eq!(bob.sees("hi from"), "eva: hi from a program");
    bob.says("hi from a person");
    let heard = eva.sees_message("bob", "hi from a person");
    assert_eq!((&heard["room"], heard["pos"].as_u64()), (&json!("lobby"), Some(first + 1)));
    assert!(heard["time"].as_str().unwrap().ends_with('Z'), "{heard}");
    eva.never_saw(|event| event["text"] == "hi from a program");
}

#[test]
fn a_raw_program_that_sends_no_newline_is_heard_and_hears_within_a_second() {
    let daemon = Daemon::start();
    let mut bob = Netcat::named(&daemon, "bob");
    let mut raw = Stranger::connect(&daemon);
    let start = std::time::Instant::now();
    raw.sends(b"Hi");
    bob.sees("guest2: Hi");
    assert!(start.elapsed().as_secs_f64() < 1.0, "{:?}", start.elapsed());
    raw.sends("schön, 日".as_bytes());
    bob.sees("guest2: schön, 日");
    let start = std::time::Instant::now();
    bob.says("welcome");
    raw.sees("bob: welcome\n");
    assert!(start.elapsed().as_secs_f64() < 1.0, "{:?}", start.elapsed());
}

#[test]
fn a_keyboard_that_sends_each_key_is_heard_in_whole_lines() {
    let daemon = Daemon::start();
    let mut bob = Netcat::named(&daemon, "bob");
    let mut keys = Netcat::connect(&daemon);
    for key in ["h", "e", "l", "o", "\x08", "l", "o", "\r\n"] {
        keys.sends(key.as_bytes());
        // Each key arrives by itself.
        keys.is_read();
    }
    assert_eq!(bob.sees(&format!("{}: ", keys.nick())), format!("{}: hello", keys.nick()));
}

#[test]
fn a_raw_program_that_sends_single_characters_is_heard_too() {
    let daemon = Daemon::start();
    let mut bob = Netcat::named(&daemon, "bob");
    let mut raw = Netcat::connect(&daemon);
    for piece in ["👍", "👍", "Hello everybody"] {
        raw.sends(piece.as_bytes());
        raw.is_read();
    }
    bob.sees(": 👍👍");
    bob.sees(": Hello everybody");
}

#[test]
fn latin_1_without_a_newline_is_heard() {
    let daemon = Daemon::start();
    let mut bob = Netcat::named(&daemon, "bob");
    let mut raw = Stranger::connect(&daemon);
    raw.sends(b"caf\xe9");
    bob.sees(": caf\u{fffd}");
}

#[test]
fn somebody_kicked_before_the_greeting_is_told_why() {
    let daemon = Daemon::with("limits.greeting_delay_ms = 10000");
    let mut early = Stranger::connect(&daemon);
    daemon.log_contains("client 1 connected");
    daemon.ctl(&["kick", "1", "wrong", "door"]).exits(0);
    assert_eq!(early.is_closed(), "* good bye: kicked: wrong door\n");
}

#[test]
fn telnet_negotiation_reaches_nobody() {
    let daemon = Daemon::start();
    let mut bob = Netcat::named(&daemon, "bob");
    let mut telnet = Stranger::connect(&daemon);
    telnet.sends(b"\xff\xfb\x18\xff\xfd\x03\xff\xfa\x18\x00xterm\xff\xf0hel\xff\xf1lo\r\0");
    assert_eq!(bob.sees("hello"), "guest2: hello");
}

#[test]
fn somebody_who_only_listens_gets_everything() {
    let daemon = Daemon::with("limits.messages_per_second_max = 0");
    let mut listener = Netcat::connect(&daemon);
    let mut alice = Netcat::named(&daemon, "alice");
    for number in 0..500 {
        alice.says(&format!("line {number}"));
    }
    for number in 0..500 {
        assert_eq!(listener.sees("line"), format!("alice: line {number}"));
    }
}

#[test]
fn what_is_said_while_a_client_is_connecting_is_not_missed() {
    let daemon = Daemon::with("limits.greeting_delay_ms = 10000");
    let mut alice = Netcat::named(&daemon, "alice");
    let mut late = Stranger::connect(&daemon);
    daemon.log_contains("client 2 connected");
    alice.says("early");
    alice.says("/who");
    alice.sees("in #lobby");
    late.sends(b"\n");
    late.sees("alice: early\n");
}

#[test]
fn a_native_session_can_be_typed_by_hand_into_netcat() {
    let daemon = Daemon::start();
    let mut alice = Netcat::named(&daemon, "alice");
    let mut typist = Netcat::connect(&daemon);
    typist.says(r#"{"type":"hello","version":1,"nick":"slow"}"#);
    typist.sees(r#"{"type":"welcome","version":1,"nick":"slow""#);
    typist.says(r#"{"type":"say","id":"1","room":"lobby","text":"hi"}"#);
    typist.sees(r#"{"type":"ack","id":"1","room":"lobby""#);
    alice.sees("slow: hi");
}

#[test]
fn commands_work_in_netcat() {
    let daemon = Daemon::start();
    let mut alice = Netcat::connect(&daemon);
    let mut bob = Netcat::named(&daemon, "bob");
    alice.says("/help");
    alice.sees("* /nick NAME");
    alice.says("/nick alice");
    alice.sees("* you are now alice");
    alice.says("/who");
    alice.sees("* in #lobby (2): alice, bob");
    alice.says("/me waves");
    bob.sees("alice: *waves*");
    alice.says("//help is a command");
    bob.sees("alice: /help is a command");
    alice.says("/nikc al");
    alice.sees("did you mean /nick?");
    alice.says("/quit");
    alice.sees("* good bye");
    alice.is_closed();
    bob.sees("* alice left");
    bob.never_saw("nikc");
}

#[test]
fn the_last_words_of_a_pipe_are_heard_and_answered() {
    let daemon = Daemon::start();
    let mut bob = Netcat::named(&daemon, "bob");
    let mut pipe = Stranger::connect(&daemon);
    pipe.sends(b"deployed\n/who\nno newline at the end");
    pipe.ends_input();
    let answers = pipe.is_closed();
    assert!(answers.contains("* in #lobby (2): bob, guest2"), "{answers}");
    bob.sees("guest2: deployed");
    bob.sees("guest2: no newline at the end");
}

#[test]
fn a_client_that_is_killed_in_the_middle_of_a_line_harms_nobody() {
    let daemon = Daemon::start();
    let mut bob = Netcat::named(&daemon, "bob");
    let mut eva = Native::hello(&daemon, "eva");
    let mut doomed = Stranger::connect(&daemon);
    doomed.sends(b"{\"type\":\"hello\",\"version\":1,\"nick\":\"doomed\"}\n{\"type\":\"say\",\"te");
    bob.sees("* doomed joined");
    doomed.resets();
    bob.sees("* doomed left (connection lost)");
    eva.says("still here?");
    bob.sees("eva: still here?");
}

#[test]
fn the_console_shows_who_says_what_and_stop_ends_it() {
    let mut daemon = Daemon::in_foreground("");
    let mut alice = Netcat::connect(&daemon);
    let address = alice.address();
    assert_eq!(daemon.shows("connected"), format!("{address} - connected"));
    alice.says("hi");
    assert_eq!(daemon.shows("hi"), format!("{address} - hi"));
    daemon.is_typed("nonsense");
    daemon.is_typed("stop");
    alice.sees("* server is stopping");
    assert_eq!(daemon.wait_exit().code(), Some(0));
    assert_eq!(daemon.shows("disconnected"), format!("{address} - disconnected"));
}

#[test]
fn what_people_say_is_logged_only_when_asked() {
    let daemon = Daemon::start();
    let mut alice = Netcat::named(&daemon, "alice");
    let mut bob = Netcat::named(&daemon, "bob");
    alice.says("a secret");
    bob.sees("a secret");
    drop(alice);
    daemon.log_contains("disconnected");
    assert!(!daemon.log().iter().any(|line| line.contains("secret")), "{:?}", daemon.log());

    let daemon = Daemon::with("log.messages = true");
    let mut alice = Netcat::named(&daemon, "alice");
    alice.says("no secret");
    daemon.log_contains("alice said: no secret");
}

#[test]
fn every_connection_and_its_end_is_one_structured_event() {
    let daemon = Daemon::start();
    let mut eva = Native::hello(&daemon, "eva");
    let address = eva.address();
    eva.sends(&json!({ "type": "say", "text": 7 }));
    eva.is_refused("bad_request");
    drop(eva);
    daemon.log_contains(&format!("client 1 connected from {address}"));
    daemon.log_contains(&format!("client 1 at {address} is eva (native)"));
    daemon.log_contains(&format!("client 1, eva at {address}, refused: "));
    daemon.log_contains(&format!("client 1, eva at {address}, disconnected: "));
    let count = |what: &str| daemon.log().iter().filter(|line| line.contains(what)).count();
    assert_eq!((count(" connected "), count(", disconnected: ")), (1, 1), "{:?}", daemon.log());
}

#[test]
fn it_listens_on_several_addresses_also_ipv6() {
    let daemon = Daemon::with("listen.chat = [\"127.0.0.1:0\", \"[::1]:0\"]");
    let mut four = Netcat::connect_to(daemon.addresses()[0]);
    let mut six = Netcat::connect_to(daemon.addresses()[1]);
    four.says("hi six");
    six.sees("hi six");
    six.says("hi four");
    four.sees("hi four");
}

#[test]
fn a_hangup_signal_reloads_and_the_clients_stay() {
    let mut daemon = Daemon::with("limits.line_bytes_max = 64");
    let mut alice = Netcat::named(&daemon, "alice");
    let mut bob = Netcat::named(&daemon, "bob");
    alice.says(&"x".repeat(65));
    alice.sees("longer than 64 bytes");
    daemon.configure("limits.line_bytes_max = 128");
    daemon.signal(Signal::HUP);
    daemon.log_contains("reloaded");
    alice.says(&"y".repeat(65));
    bob.sees("yyy");
}

#[test]
fn whoever_only_begins_a_line_after_the_greeting_still_hears() {
    let daemon = Daemon::start();
    let mut listeners: Vec<_> = ["\n", "x", "/", "  "]
        .into_iter()
        .map(|beginning| {
            let mut listener = Netcat::connect(&daemon);
            listener.sends(beginning.as_bytes());
            listener.is_read();
            listener
        })
        .collect();
    let mut ana = Netcat::named(&daemon, "ana");
    ana.says("do you hear me?");
    for listener in &mut listeners {
        listener.sees("ana: do you hear me?");
    }
}
