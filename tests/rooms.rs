//! People in rooms, and two people alone: with netcat and with native clients.

use std::time::{Duration, Instant};

use lanchat_tests::{Daemon, Native, Netcat, Stranger, eventually, json};

#[test]
fn netcat_and_a_native_client_meet_in_a_room_that_others_do_not_hear() {
    let daemon = Daemon::start();
    let (mut ana, mut bob) = (Netcat::named(&daemon, "ana"), Netcat::named(&daemon, "bob"));
    let mut eva = Native::hello(&daemon, "eva");
    ana.says("/join ops");
    ana.sees("* you talk in #ops now; nobody else is here");
    let joined = eva.answered("joined", json!({"type": "join", "room": "OPS"}));
    assert_eq!((&joined["room"], &joined["people"]), (&json!("ops"), &json!(2)));
    ana.sees("* eva joined");
    ana.says("the disk is full");
    let heard = eva.sees_message("ana", "the disk is full");
    assert_eq!(heard["room"], "ops");
    ana.says("/join lobby");
    ana.sees("* you talk in #lobby now");
    ana.says("lunch?");
    assert_eq!(bob.sees("lunch?"), "ana: lunch?");
    bob.never_saw("the disk is full");
    eva.answered("ack", json!({"type": "say", "room": "ops", "text": "swept"}));
    assert_eq!(ana.sees("swept"), "#ops eva: swept");
    ana.says("/part ops");
    ana.sees("* you have left #ops");
    eva.sees("that ana has left", |event| event["change"] == "left" && event["room"] == "ops");
    let rooms = daemon.clients().iter().find(|client| client["nick"] == "eva").unwrap()["rooms"].clone();
    assert_eq!(rooms, json!(["lobby", "ops"]));
    assert_eq!(daemon.status()["rooms"], 2);
}

#[test]
fn what_is_said_to_one_person_reaches_them_alone_also_when_they_come_back() {
    let daemon = Daemon::start();
    let (mut ana, mut bob) = (Netcat::named(&daemon, "ana"), Netcat::named(&daemon, "bob"));
    let mut eva = Native::hello(&daemon, "eva");
    ana.says("/msg bob psst");
    assert_eq!(bob.sees("psst"), "@ana: psst");
    bob.says("/quit");
    ana.sees("* bob left");
    ana.says("/msg bob are you there");
    ana.sees("* bob is not here: your message waits for them");
    let ack = eva.answered("ack", json!({"type": "say", "room": "@bob", "text": "call me"}));
    assert_eq!((&ack["room"], &ack["waits"]), (&json!("@bob"), &json!(true)));
    let mut bob = Netcat::named(&daemon, "bob");
    let waited = [bob.sees("@"), bob.sees("@")];
    assert!(waited.contains(&"@ana: are you there".to_owned()), "{waited:?}");
    assert!(waited.contains(&"@eva: call me".to_owned()), "{waited:?}");
    bob.never_saw("psst");
    bob.says("/msg eva in a minute");
    let heard = eva.sees_message("bob", "in a minute");
    assert_eq!(heard["room"], "@bob");
    eva.never_saw(|event| event["text"] == "are you there");
    ana.says("/msg nobody hello");
    ana.sees("* nobody called nobody is here or has been");
}

#[test]
fn topics_away_and_ignore_with_netcat() {
    let daemon = Daemon::start();
    let (mut ana, mut bob) = (Netcat::named(&daemon, "ana"), Netcat::named(&daemon, "bob"));
    let mut eva = Native::hello(&daemon, "eva");
    ana.says("/topic release on friday");
    bob.sees("* ana has set the topic: release on friday");
    let topic = eva.answered("topic", json!({"type": "topic"}));
    assert_eq!((&topic["topic"], &topic["nick"]), (&json!("release on friday"), &json!("ana")));
    bob.says("/away lunch");
    ana.sees("* bob is away (lunch)");
    ana.says("/whois bob");
    ana.sees(", is away (lunch); in #lobby");
    bob.says("/back");
    ana.sees("* bob is back");
    ana.says("/ignore bob");
    ana.sees("* you hear nothing of bob");
    bob.says("noise");
    eva.sees_message("bob", "noise");
    eva.says("news");
    assert_eq!(ana.sees("news"), "eva: news");
    ana.never_saw("noise");
}

/// How long a message may take to somebody who reads, whatever others do: what the product promises.
const HEARD_WITHIN: Duration = Duration::from_millis(500);

#[test]
fn a_flooded_room_does_not_hold_up_another() {
    let daemon = Daemon::with("limits.messages_per_second_max = 0\nlimits.timelines_bytes_max = 4194304\n");
    let mut talkers = ["ana", "bob"].map(|nick| Native::hello(&daemon, nick));
    for talker in &mut talkers {
        talker.answered("joined", json!({"type": "join", "room": "quiet"}));
    }
    let mut listeners: Vec<_> =
        (0..20).map(|number| Netcat::named(&daemon, &format!("listener{number}"))).collect();
    for listener in &mut listeners {
        listener.says("/part lobby");
        listener.says("/join noise");
        listener.sees("* you talk in #noise now");
    }
    let flood = format!("{}\n", "noise ".repeat(20)).repeat(500);
    let mut shouter = Stranger::connect(&daemon);
    shouter.sends(b"/join noise\n");
    shouter.sees("you talk in #noise now");
    let [ana, bob] = &mut talkers;
    let mut worst = Duration::ZERO;
    let mut shouted = 0;
    for number in 0..100 {
        shouter.sends(flood.as_bytes());
        shouted += 500;
        let start = Instant::now();
        let text = format!("between us {number}");
        ana.sends(&json!({"type": "say", "room": "quiet", "text": text}));
        bob.sees_message("ana", &text);
        worst = worst.max(start.elapsed());
    }
    println!("{shouted} lines shouted, the worst delivery beside them took {worst:?}");
    assert!(worst < HEARD_WITHIN, "{worst:?}");
    eventually("every line is accepted", || {
        (daemon.status()["messages_accepted"] == shouted + 100).then_some(())
    });
}
