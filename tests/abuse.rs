//! Whoever asks for too much is slowed down, told so, counted and named, and the others do not notice.

use std::net::Ipv4Addr;
use std::time::Instant;

use lanchat_tests::{Daemon, Follower, Native, Netcat, Stranger, Value, ctl, eventually, json};

/// What holds for an address holds for those of this machine too: tests come from many of them.
const STRICT: &str = "limits.connections_per_address_on_loopback = true\n";

/// Where somebody is who misbehaves, and somebody who does not.
const BAD: Ipv4Addr = Ipv4Addr::new(127, 3, 0, 1);
const GOOD: Ipv4Addr = Ipv4Addr::new(127, 3, 0, 2);

fn strict(settings: &str) -> Daemon {
    Daemon::with(&format!("{STRICT}{settings}"))
}

/// A native client that says hello from an address.
fn native_from(source: Ipv4Addr, daemon: &Daemon, nick: &str) -> Stranger {
    let mut stranger = Stranger::connect_from(source, daemon);
    stranger.sends(format!("{{\"type\":\"hello\",\"version\":1,\"nick\":\"{nick}\"}}\n").as_bytes());
    stranger.sees("\"welcome\"");
    stranger
}

fn say(text: &str) -> Vec<u8> {
    format!("{}\n", json!({"type": "say", "id": text, "text": text})).into_bytes()
}

fn refused(daemon: &Daemon, code: &str) -> u64 {
    daemon.status()["refusals_by_code"][code].as_u64().unwrap_or(0)
}

#[test]
fn all_clients_at_one_address_share_its_bound_and_those_elsewhere_do_not_notice() {
    let daemon = strict(
        "limits.address_messages_per_second_max = 1\n\
         limits.address_messages_burst_max = 5\n",
    );
    let mut hearer = native_from(GOOD, &daemon, "hearer");
    let mut crowd: Vec<_> = (0..3).map(|number| native_from(BAD, &daemon, &format!("bad{number}"))).collect();
    for (number, stranger) in crowd.iter_mut().enumerate() {
        for message in 0..3 {
            stranger.sends(&say(&format!("{number}-{message}")));
        }
    }
    let told = crowd[2].sees("\"id\":\"2-2\"");
    let told = if told.contains("\"retry_after_ms\"") { told } else { crowd[2].sees("\"retry_after_ms\"") };
    assert!(told.contains("everybody at your address together is too fast, not sent: wait "), "{told}");
    assert!(told.contains("\"limit\":\"address_messages_per_second_max\""), "{told}");
    assert!(refused(&daemon, "rate_limited") >= 3);
    hearer.sends(&say("undisturbed"));
    crowd[0].sees("undisturbed");
    let mut again = native_from(BAD, &daemon, "again");
    again.sends(&say("fresh"));
    again.sees("\"rate_limited\"");
    daemon.log_contains("refused: everybody at your address together is too fast");
}

#[test]
fn all_clients_of_one_account_share_its_bound() {
    let daemon = Daemon::with(
        "accounts.plain_passwords = true\n\
         limits.account_messages_per_second_max = 1\n\
         limits.account_messages_burst_max = 9\n",
    );
    daemon.ctl_with(&["user", "add", "ana"], "open sesame\n").exits(0);
    let mut clients: Vec<_> = (0..2).map(|_| Native::connect(&daemon)).collect();
    for client in &mut clients {
        client.sends(&json!({"type": "hello", "version": 1, "nick": "ana", "password": "open sesame"}));
        client.event("welcome");
    }
    let mut taken = 0;
    let refused = (0..12).find_map(|number: usize| {
        let answer = clients[number % 2].request(json!({"type": "say", "text": "x"}));
        taken += u64::from(answer["type"] == "ack");
        (answer["type"] == "error").then_some(answer)
    });
    let refused = refused.expect("twelve messages do not take seconds");
    assert_eq!(
        (&refused["code"], &refused["limit"]),
        (&json!("rate_limited"), &json!("account_messages_per_second_max")),
        "{refused}"
    );
    assert!(taken >= 9, "{taken}");
    let mut guest = Native::hello(&daemon, "bob");
    for _ in 0..20 {
        guest.says("somebody else");
    }
}

#[test]
fn connections_that_come_too_fast_are_told_so_and_counted_and_named() {
    let mut daemon = strict(
        "limits.connects_per_second_per_address_max = 1\n\
         limits.connects_burst_per_address_max = 3\n\
         limits.connections_per_address_max = 0\n",
    );
    let mut watcher = Follower::start(ctl(&daemon.socket()).args(["watch", "--json"]));
    watcher.sees("watching");
    let mut told = String::new();
    let mut turned_away = 0;
    for _ in 0..300 {
        let mut stranger = Stranger::connect_from(BAD, &daemon);
        stranger.tries_to_send(b"/quit\n");
        let words = stranger.is_closed();
        if !words.contains("Welcome") {
            told.push_str(&words);
            turned_away += 1;
        }
    }
    assert!(told.contains("* too many connect from your address at once: try again in 1 s\n"), "{told}");
    assert!(turned_away >= 200, "{turned_away} of 300 were turned away");
    let _one = native_from(GOOD, &daemon, "good");
    assert_eq!(refused(&daemon, "connecting_too_fast"), turned_away);
    let metrics = daemon.ctl(&["metrics"]).exits(0).out;
    assert!(metrics.contains("lanchat_refusals_total{code=\"connecting_too_fast\"} "), "{metrics}");
    assert_eq!(watcher.json("\"turned_away\"")["code"], "connecting_too_fast");
    daemon.log_contains("connection from 127.3.0.1:");
    daemon.ctl(&["stop"]).exits(0);
    daemon.wait_exit();
    let summary = daemon.log_contains("connection refused: ");
    assert!(summary.contains("mostly connecting_too_fast, all from 127.3.0.1"), "{summary}");
}

#[test]
fn a_summary_names_the_worst_address() {
    let mut daemon = strict(
        "limits.connections_per_address_max = 1\n\
         limits.connects_per_second_per_address_max = 0\n",
    );
    let sources = [BAD, GOOD];
    let _first: Vec<_> = sources
        .iter()
        .map(|source| native_from(*source, &daemon, &format!("n{}", source.octets()[3])))
        .collect();
    for number in 0..400 {
        let source = sources[usize::from(number % 4 == 0)];
        assert!(Stranger::connect_from(source, &daemon).is_closed().contains("close one"));
    }
    daemon.ctl(&["stop"]).exits(0);
    daemon.wait_exit();
    let summary = daemon.log_contains("connection refused: ");
    assert!(summary.contains("mostly too_many_from_address, from 2 addresses, most ("), "{summary}");
    assert!(summary.contains("from 127.3.0.1"), "{summary}");
}

#[test]
fn one_address_opens_only_so_many_rooms() {
    let daemon = strict("limits.rooms_opened_per_hour_max = 3\n");
    let join = |room: &str| format!("{}\n", json!({"type": "join", "id": room, "room": room})).into_bytes();
    let (mut bad, mut good) = (native_from(BAD, &daemon, "bad"), native_from(GOOD, &daemon, "good"));
    for room in ["one", "two", "three"] {
        bad.sends(&join(room));
        bad.sees(&format!("\"joined\",\"id\":\"{room}\""));
    }
    bad.sends(&join("four"));
    let told = bad.sees("\"retry_after_ms\"");
    assert!(told.contains("as many new rooms were opened from your address as may be for now"), "{told}");
    good.sends(&join("four"));
    good.sees("\"joined\",\"id\":\"four\"");
    bad.sends(&join("four"));
    bad.sees("\"joined\",\"id\":\"four\"");
}

#[test]
fn a_lockdown_lets_nobody_new_in_until_it_is_over_or_the_relay_is_restarted() {
    let daemon = Daemon::with("accounts.plain_passwords = true\n");
    let (mut ana, mut bob) = (Native::hello(&daemon, "ana"), Netcat::named(&daemon, "bob"));
    let mut watcher = Follower::start(ctl(&daemon.socket()).args(["watch", "--json"]));
    watcher.sees("watching");
    assert_eq!(daemon.ctl(&["lockdown", "--json"]).exits(0).json()["lockdown"], false);
    let told = daemon.ctl(&["lockdown", "on"]).exits(0).out;
    assert!(told.starts_with("nobody new is let in, whoever is connected stays"), "{told}");
    assert_eq!(watcher.json("\"lockdown\"")["on"], true);
    daemon.log_contains("nobody new is let in from here on, by user ");
    let told = Stranger::connect(&daemon).is_closed();
    assert_eq!(told, "* this relay takes nobody new at the moment: try again later\n");
    ana.says("still here");
    bob.sees("ana: still here");
    let answer = ana.request(json!({"type": "register", "password": "open sesame"}));
    assert_eq!(answer["code"], "lockdown", "{answer}");
    let status = daemon.status();
    assert_eq!((&status["lockdown"], &status["clients"]), (&Value::Bool(true), &json!(2)));
    assert_eq!(refused(&daemon, "lockdown"), 2);
    assert!(daemon.ctl(&["status"]).exits(0).out.contains("attention:      nobody new is let in"));
    let doctor = daemon.ctl(&["doctor", "--json"]);
    assert!(doctor.json()["findings"].to_string().contains("nobody new is let in"));
    assert!(daemon.ctl(&["metrics"]).exits(0).out.contains("lanchat_lockdown 1\n"));
    let again = daemon.ctl(&["lockdown", "on", "--json"]).exits(0).json();
    assert_eq!((&again["lockdown"], &again["changed"]), (&json!(true), &json!(false)));
    let over = daemon.ctl(&["lockdown", "off"]).exits(0).out;
    assert!(over.contains("everybody is let in who may be"), "{over}");
    drop(Native::hello(&daemon, "eva"));
    daemon.ctl(&["lockdown", "on"]).exits(0);
    let daemon = daemon.restart();
    assert_eq!(daemon.status()["lockdown"], false);
    Native::hello(&daemon, "eva");
}

/// Who goes and comes back, and how often.
const CROWD: u64 = 40;
const ROUNDS: u64 = 10;

#[test]
fn a_storm_of_comings_and_goings_is_told_as_a_few_events_that_count_the_rest() {
    let daemon = Daemon::with("limits.messages_per_second_max = 0\n");
    let mut witness = Native::hello_in(&daemon, "witness", "ops");
    let mut crowd: Vec<_> = (0..CROWD).map(|number| Native::hello(&daemon, &format!("v{number}"))).collect();
    let began = Instant::now();
    for round in 0..ROUNDS {
        for (number, visitor) in crowd.iter_mut().enumerate() {
            visitor.sends(&json!({"type": "join", "room": "ops"}));
            visitor.sends(&json!({"type": "away", "reason": "lunch"}));
            visitor.sends(&json!({"type": "nick", "nick": format!("v{number}-{round}")}));
            visitor.sends(&json!({"type": "back"}));
            visitor.sends(&json!({"type": "part", "room": "ops"}));
        }
    }
    for visitor in &mut crowd {
        visitor.request(json!({"type": "ping"}));
    }
    let told = |witness: &Native| {
        let events = witness.events();
        let in_ops = events.iter().filter(|event| event["type"] == "presence" && event["room"] == "ops");
        let others = in_ops.clone().map(|event| event["others"].as_u64().unwrap_or(0)).sum::<u64>();
        let count = in_ops.count() as u64;
        (count, count + others)
    };
    // What was not told yet is told with the next one who comes.
    let all = CROWD * ROUNDS * 5;
    let mut more = 0;
    eventually("everything is told or counted", || {
        crowd[0].answered("joined", json!({"type": "join", "room": "ops"}));
        crowd[0].answered("parted", json!({"type": "part", "room": "ops"}));
        more += 2;
        witness.request(json!({"type": "ping"}));
        (told(&witness).1 >= all).then_some(())
    });
    let (events, total) = told(&witness);
    let events_max = 20 + 5 * (began.elapsed().as_secs() + 1);
    assert!(events <= events_max, "{events} events, at most {events_max}");
    assert!(total <= all + more, "{total} of {all} and {more}");
}

#[test]
fn rooms_that_a_stranger_fills_make_way_and_nothing_of_what_was_said_is_lost() {
    let daemon = Daemon::with("limits.rooms_max = 3\n");
    let mut ana = Native::hello(&daemon, "ana");
    for room in ["ops", "one", "two", "three", "four"] {
        ana.answered("joined", json!({"type": "join", "room": room}));
        ana.says_in(room, &format!("kept in {room}"));
        ana.answered("parted", json!({"type": "part", "room": room}));
    }
    let mut bob = Native::hello_in(&daemon, "bob", "ops");
    let history = bob.answered("history", json!({"type": "history", "room": "ops"}));
    assert!(history.to_string().contains("kept in ops"), "{history}");
    let mut eva = Native::hello_in(&daemon, "eva", "ops");
    bob.says_in("ops", "and it goes on");
    eva.sees_in("ops", "bob", "and it goes on");
}
