//! What is kept, and what an acknowledgement promises.

use std::collections::BTreeSet;

use lanchat_tests::{Daemon, Native, Netcat, Setup, Value, eventually, json};

#[test]
fn what_was_acknowledged_is_there_after_a_crash_and_no_position_is_used_again() {
    let mut daemon = Daemon::start();
    let mut last = (0, 0);
    for round in 0..3 {
        let mut ana = Native::hello(&daemon, "ana");
        ana.answered("joined", json!({"type": "join", "room": "ops"}));
        let topic = ana.answered("topic", json!({"type": "topic", "room": "ops"}));
        let expected = if round == 0 { "" } else { "the disk" };
        assert_eq!(topic["topic"], expected, "{topic}");
        ana.answered("topic", json!({"type": "topic", "room": "ops", "topic": "the disk"}));
        let said = |ana: &mut Native, room: &str, text: &str| {
            let ack = ana.answered("ack", json!({"type": "say", "room": room, "text": text}));
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
        let ack = ana.answered("ack", json!({"type": "say", "room": "@bob", "text": text}));
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
    let ack = ana.answered("ack", json!({"type": "say", "text": "hi"}));
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

/// How often the daemon is killed, who writes, and how much each of them writes before that.
const CRASHES: usize = 20;
const WRITERS: [&str; 3] = ["ana", "bob", "eva"];
const LINES: usize = 40;

#[test]
fn what_was_acknowledged_as_durable_is_handed_out_once_and_in_order_whatever_is_killed() {
    let mut daemon = Daemon::with("limits.messages_per_second_max = 0\n");
    drop(Netcat::named(&daemon, "archive"));
    let mut promised = BTreeSet::new();
    let mut sent = 0;
    for crash in 0..CRASHES {
        let mut writers = WRITERS.map(|nick| Native::hello(&daemon, nick));
        for line in 0..LINES {
            for writer in &mut writers {
                let number = crash * LINES + line;
                let id = number.to_string();
                writer.sends(&json!({"type": "say", "id": id, "room": "@archive", "text": id}));
                sent += 1;
            }
        }
        // At another moment each time: from right after the first lines until after the last.
        let wanted = crash * LINES / (CRASHES - 1);
        eventually("some are acknowledged", || (acknowledged(&writers[0]).len() >= wanted).then_some(()));
        daemon = daemon.restart();
        for (nick, writer) in WRITERS.iter().zip(&writers) {
            promised.extend(acknowledged(writer).into_iter().map(|number| (*nick, number)));
        }
    }
    let mut archive = Native::hello(&daemon, "archive");
    let last = |archive: &Native| {
        let heard = archive.events().into_iter().filter(|event| event["type"] == "message");
        heard
            .map(|event| {
                (event["from"].as_str().unwrap().to_owned(), event["text"].as_str().unwrap().parse().unwrap())
            })
            .collect::<Vec<(String, usize)>>()
    };
    archive.request(json!({"type": "ping"}));
    eventually("everything that was promised is there", || {
        let heard: BTreeSet<_> = last(&archive).into_iter().collect();
        promised.iter().all(|(nick, number)| heard.contains(&((*nick).to_owned(), *number))).then_some(())
    });
    let heard = last(&archive);
    println!(
        "{CRASHES} crashes: {sent} sent, {} acknowledged as durable, {} in the end",
        promised.len(),
        heard.len()
    );
    for nick in WRITERS {
        let numbers: Vec<_> =
            heard.iter().filter(|(from, _)| from == nick).map(|(_, number)| *number).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b), "{nick}: {numbers:?}");
    }
    assert!(promised.len() > sent / 4, "only {} of {sent} were acknowledged", promised.len());
}

/// The numbers of the messages of which this client knows that they are on the disk.
fn acknowledged(writer: &Native) -> Vec<usize> {
    let durable = writer.events().into_iter().filter(|event| event["durable"] == true);
    durable.map(|event| event["id"].as_str().unwrap().parse().unwrap()).collect()
}

#[test]
fn a_stop_in_trouble_ends_and_says_how_many_messages_were_not_written() {
    let mut daemon = Daemon::start();
    let mut ana = Native::hello(&daemon, "ana");
    ana.says("written");
    std::fs::remove_file(daemon.directory().file("lanchat.db")).unwrap();
    for number in 0..3 {
        let text = number.to_string();
        let ack = ana.answered("ack", json!({"type": "say", "text": text}));
        assert_eq!(ack["durable"], false, "{ack}");
    }
    daemon.ctl(&["stop"]).exits(0);
    assert_eq!(daemon.wait_exit().code(), Some(0));
    let line = daemon.log_contains("the store was not closed in order");
    assert!(line.contains("without 3 messages that were to be written"), "{line}");
}
