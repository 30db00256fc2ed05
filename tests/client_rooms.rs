//! `lanchat-client` at a terminal, in many rooms, and between two people.

use lanchat_tests::{Daemon, Native, Netcat, Setup, Signal, TempDir, Terminal, eventually, json};

/// A daemon that does not slow anybody down.
const QUICK: &str = "limits.messages_per_second_max = 0";

#[test]
fn a_person_enters_a_room_talks_there_and_goes_back() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bob = Native::hello_in(&daemon, "bob", "ops");
    ana.enters("/join ops");
    ana.sees("* you talk in #ops now; 1 other is here");
    ana.has_line("#ops ana> ");
    ana.enters("hi ops");
    bob.sees_in("ops", "ana", "hi ops");
    ana.enters("/me waves");
    assert_eq!(bob.event("message")["action"], true);
    ana.has_line("#ops ana> ");
    ana.enters("/topic the disk is full");
    assert_eq!(bob.event("topic")["topic"], "the disk is full");
    ana.sees("* the topic of #ops: the disk is full (set by ana)");
    ana.enters("/join lobby");
    ana.has_line("#lobby ana> ");
    ana.enters("hi lobby");
    bob.sees_in("lobby", "ana", "hi lobby");
    ana.enters("/part ops");
    ana.sees("* you have left #ops, and talk in #lobby now");
    ana.enters("/part");
    ana.has_line("(no room) ana> ");
    ana.enters("anybody?");
    ana.sees("* you are in no room: /join ROOM enters one. Nothing was sent");
    ana.enters("/join ops");
    ana.has_line("#ops ana> ");
    ana.sees("Topic: the disk is full");
    ana.enters("back");
    bob.sees_in("ops", "ana", "back");
    bob.never_saw(|event| event["text"] == "anybody?");
}

#[test]
fn what_is_said_and_done_in_another_room_is_shown_with_its_name() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    ana.enters("/join ops");
    ana.has_line("#ops ana> ");
    let mut bob = Native::hello_in(&daemon, "bob", "ops");
    ana.sees("* bob joined");
    bob.says("hello, lobby");
    let row = ana.sees("hello, lobby");
    assert_eq!(&row["14:02 ".len()..], "#lobby bob: hello, lobby");
    bob.says_in("ops", "hello, ops");
    let row = ana.sees("hello, ops");
    assert_eq!(&row["14:02 ".len()..], "bob: hello, ops");
    ana.has_line("#ops ana> ");
    ana.enters("/join lobby");
    ana.has_line("#lobby ana> ");
    bob.request(json!({ "type": "topic", "room": "ops", "topic": "disk" }));
    ana.sees("* #ops bob has set the topic: disk");
    bob.request(json!({ "type": "part", "room": "ops" }));
    ana.sees("* #ops bob left");
    ana.has_line("#lobby ana> ");
}

#[test]
fn what_two_people_say_to_each_other_is_marked_both_ways() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bob = Netcat::named(&daemon, "bob");
    ana.sees("bob joined");
    ana.enters("/msg bob between us");
    bob.sees("@ana: between us");
    let row = ana.sees("-> @bob: between us");
    assert_eq!(row.find("->"), Some("14:02 ".len()), "{row}");
    bob.says("/msg ana understood");
    let row = ana.sees("@bob: understood");
    assert_eq!(row.find("@bob"), Some("14:02 ".len()), "{row}");
    ana.enters("/msg nobody hi");
    ana.sees("* not sent: \"hi\": nobody called nobody is here");
    bob.says("/away lunch");
    ana.sees("* bob is away (lunch)");
    ana.enters("/msg bob later");
    ana.sees("-> @bob: later");
    let notes =
        |ana: &Terminal| ana.rows().iter().filter(|row| row.contains("* bob is away (lunch)")).count();
    eventually("it told with the message too", || (notes(&ana) == 2).then_some(()));
}

#[test]
fn a_message_for_somebody_who_is_not_here_waits_for_them() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    drop(Native::hello(&daemon, "bob"));
    ana.sees("bob left");
    ana.enters("/whois bob");
    ana.sees("* bob is not here, but was on ");
    ana.enters("/msg bob call me");
    ana.sees("-> @bob: call me");
    ana.sees("* bob is not here: your message waits for them");
    let bob_home = TempDir::new();
    let bob = Terminal::named(&bob_home, daemon.address(), "bob");
    bob.sees("@ana: call me");
}

#[test]
fn whoever_is_away_is_seen_to_be_and_whoever_is_hidden_is_not_heard() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let bob_home = TempDir::new();
    let mut bob = Terminal::named(&bob_home, daemon.address(), "bob");
    ana.sees("bob joined");
    for person in [&mut ana, &mut bob] {
        person.enters("/join ops");
        person.sees("* you talk in #ops now");
    }
    ana.enters("/away lunch");
    ana.sees("* you are away; /back when you are not");
    bob.sees("* ana is away (lunch)");
    bob.enters("/msg ana hello?");
    bob.sees("-> @ana: hello?");
    bob.enters("/whois ana");
    bob.sees("is away (lunch); in #lobby #ops");
    ana.enters("/back");
    ana.sees("* you are back");
    bob.sees("* ana is back");
    let rows = bob.rows();
    let told = rows.iter().filter(|row| row.contains("* ana is away (lunch)")).count();
    assert_eq!(told, 2, "when it happened, and with the message to her: {rows:#?}");
    bob.enters("/ignore ana");
    bob.sees("* you hear nothing of ana");
    ana.enters("can you hear me?");
    ana.enters("/msg bob and now?");
    ana.sees("-> @bob: and now?");
    bob.enters("/unignore ana");
    bob.sees("* you hear everybody");
    ana.enters("and again?");
    bob.sees("ana: and again?");
    assert!(
        !bob.rows().iter().any(|row| row.contains("hear me") || row.contains("and now")),
        "{:#?}",
        bob.rows()
    );
}

#[test]
fn rooms_that_the_command_line_names_are_entered_and_the_last_is_talked_in() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut bob = Native::hello_in(&daemon, "bob", "dev");
    let address = daemon.address().to_string();
    let mut ana =
        Terminal::start(&home, &[], &[&address, "--nick", "ana", "--room", "ops", "--room", "#dev"]);
    ana.sees("* you are in #ops; nobody else is here");
    ana.sees("* you talk in #dev now; 1 other is here");
    ana.sees("* in #dev (2): ana, bob");
    ana.has_line("#dev ana> ");
    ana.enters("hi");
    bob.sees_in("dev", "ana", "hi");
    ana.enters("/rooms");
    for room in ["#lobby (2, you are in it)", "#dev (2, you are in it)", "#ops (1, you are in it)"] {
        ana.sees(room);
    }
    let ana = Terminal::start(&home, &[], &[&address, "--room", "@ana"]);
    ana.sees("at the prompt, type /msg ana TEXT");
    assert_eq!(ana.exits(), 2);
}

#[test]
fn rooms_outlive_the_relay_and_each_line_goes_where_it_was_typed() {
    let home = TempDir::new();
    let mut daemon = Setup::new(QUICK).start();
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    ana.enters("/join ops");
    ana.has_line("#ops ana> ");
    daemon.signal(Signal::TERM);
    assert!(daemon.wait_exit().success());
    ana.has_line("#ops ana, offline> ");
    ana.enters("for ops");
    ana.has_line("#ops ana, offline, 1 queued> ");
    ana.enters("/join dev");
    ana.has_line("#dev ana, offline, 2 queued> ");
    ana.enters("for dev");
    ana.has_line("#dev ana, offline, 3 queued> ");
    let daemon = daemon.restart();
    ana.sees("connected again as ana; sending the 3 lines that waited");
    ana.sees("* you talk in #dev now; nobody else is here");
    ana.has_line("#dev ana> ");
    ana.enters("/rooms");
    for room in ["#lobby (1, you are in it)", "#dev (1, you are in it)", "#ops (1, you are in it)"] {
        ana.sees(room);
    }
    assert_eq!(daemon.status()["messages_accepted"], 2);
    assert!(!ana.rows().iter().any(|row| row.contains("not sent")), "{:#?}", ana.rows());
    let mut bob = Native::hello_in(&daemon, "bob", "ops");
    ana.enters("/join ops");
    ana.has_line("#ops ana> ");
    ana.enters("still here");
    bob.sees_in("ops", "ana", "still here");
}

#[test]
fn tab_completes_rooms_and_people() {
    let (daemon, home) = (Daemon::start(), TempDir::new());
    let _bruno = Native::hello_in(&daemon, "bruno", "operations");
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    ana.types("/jo\top\t");
    ana.has_line("#lobby ana> /join operations");
    ana.enters("");
    ana.has_line("#operations ana> ");
    ana.types("/wh\t");
    ana.sees("/whois");
    ana.types("is br\t");
    ana.has_line("#operations ana> /whois bruno ");
    ana.types("\x15see #o\t");
    ana.has_line("#operations ana> see #operations ");
}
