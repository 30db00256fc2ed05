//! What is kept, and what an acknowledgement promises.

use lanchat_tests::{Daemon, Native, Netcat, Setup, Value, json};

/// Asks for something, and makes sure that the answer is of this type.
#[track_caller]
fn answered(native: &mut Native, kind: &str, request: Value) -> Value {
    let answer = native.request(request);
    assert_eq!(answer["type"], kind, "{answer}");
    answer
}

#[test]
fn what_was_acknowledged_is_there_after_a_crash_and_no_position_is_used_again() {
    let mut daemon = Daemon::start();
    let mut last = (0, 0);
    for round in 0..3 {
        let mut ana = Native::hello(&daemon, "ana");
        answered(&mut ana, "joined", json!({"type": "join", "room": "ops"}));
        let topic = answered(&mut ana, "topic", json!({"type": "topic", "room": "ops"}));
        let expected = if round == 0 { "" } else { "the disk" };
        assert_eq!(topic["topic"], expected, "{topic}");
        answered(&mut ana, "topic", json!({"type": "topic", "room": "ops", "topic": "the disk"}));
        let said = |ana: &mut Native, room: &str, text: &str| {
            let ack = answered(ana, "ack", json!({"type": "say", "room": room, "text": text}));
            assert_eq!(ack["durable"], true, "{ack}");
            ack["pos"].as_u64().unwrap()
        };
        let positions = (said(&mut ana, "ops", "full"), said(&mut ana, "lobby", "lunch"));
        assert!(positions.0 > last.0 && positions.1 > last.1, "{positions:?} after {last:?}");
        last = positions;
        daemon = daemon.restart();
        let rooms = daemon.status()["rooms"].as_u64().unwrap();
        assert_eq!(rooms, 2, "lobby and ops");
    }
}

#[test]
fn a_message_to_one_person_waits_for_them_through_a_crash() {
    let daemon = Daemon::with("limits.messages_per_second_max = 0\n");
    drop(Netcat::named(&daemon, "bob"));
    let mut ana = Native::hello(&daemon, "ana");
    for number in 0..250 {
        let text = format!("message {number}");
        let ack = answered(&mut ana, "ack", json!({"type": "say", "room": "@bob", "text": text}));
        assert_eq!((&ack["waits"], &ack["durable"]), (&json!(true), &json!(true)), "{ack}");
    }
    let daemon = daemon.restart();
    let mut bob = Netcat::named(&daemon, "bob");
    for number in 0..250 {
        assert_eq!(bob.sees("@ana: "), format!("@ana: message {number}"));
    }
    bob.says("/msg ana thank you");
    bob.sees("* ana is not here: your message waits for them");
    bob.says("/quit");
    bob.is_closed();
    let mut bob = Netcat::named(&daemon, "bob");
    bob.says("/who");
    bob.sees("* in #lobby");
    bob.never_saw("@ana");
    let mut ana = Native::hello(&daemon, "ana");
    assert_eq!(ana.sees_message("bob", "thank you")["room"], "@bob");
}

#[test]
fn without_a_store_nothing_is_promised() {
    let daemon = Daemon::with("store.path = \"\"\n");
    let mut ana = Native::hello(&daemon, "ana");
    let ack = answered(&mut ana, "ack", json!({"type": "say", "text": "hi"}));
    assert_eq!(ack.get("durable"), None, "{ack}");
    assert_eq!(daemon.status()["store"], Value::Null);
    assert!(daemon.ctl(&["status"]).exits(0).out.contains("keeps:          nothing (store.path)\n"));
}

#[test]
fn what_is_no_store_is_refused_and_left_alone() {
    let setup = Setup::new("");
    let file = setup
        .directory()
        .write("lanchat.db", "shopping list: milk, eggs, bread, and more of all that\n".repeat(200).as_str());
    let refused = setup.run();
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("lanchat.db"), "{refused:?}");
    assert!(std::fs::read_to_string(file).unwrap().starts_with("shopping list"));
}
