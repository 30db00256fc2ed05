//! The bounds on what one client or address may do, each at the bound.

use super::*;
use lanchat_protocol::password::Password;

#[test]
fn too_fast_is_refused_with_the_wait_and_taken_after_it() {
    let mut house = House::with(Settings { messages_per_second_max: 2, messages_burst_max: 3, ..settings() });
    let (ana, bob) = (house.native("ana"), house.netcat());
    for number in 0..4 {
        house.asks(ana, &number.to_string(), Command::Say { room: None, text: "x".into(), action: false });
    }
    let answers = house.reads(ana);
    assert_eq!(answers.matches("\"ack\"").count(), 3);
    assert!(
        answers.contains(r#""id":"3","code":"rate_limited""#) && answers.contains(r#""retry_after_ms":500"#)
    );
    assert_eq!(house.reads(bob).matches("ana: x").count(), 3);
    house.waits(Duration::from_millis(500));
    house.says(ana, "now");
    assert_eq!(house.reads(bob), "ana: now\n");
    assert_eq!(house.hub.totals().refusals, 1);
}

#[test]
fn answers_that_are_not_read_are_bounded_and_counted() {
    let mut house = House::open();
    let guest = house.netcat();
    for _ in 0..10_000 {
        house.asks(guest, "", Command::Wrong(Refusal::LineTooLong { max: 4096 }));
    }
    assert!(house.hub.inbox_bytes(guest.0) < INBOX_BYTES_MAX + 200);
    let heard = house.reads(guest);
    let told: u64 = heard.lines().filter(|line| line.contains("longer than")).count() as u64;
    let dropped = heard.lines().find(|line| line.contains(" dropped: read what you are sent")).unwrap();
    let dropped: u64 = dropped.split(' ').nth(1).unwrap().parse().unwrap();
    assert_eq!(told + dropped, 10_000);
    assert_eq!(house.hub.totals().refusals, 10_000);
}

#[test]
fn refusals_in_a_flood_are_logged_a_few_a_second_and_the_rest_is_counted() {
    let mut house = House::open();
    let guest = house.netcat();
    let refused = |house: &mut House| {
        for _ in 0..50 {
            house.asks(guest, "", Command::Wrong(Refusal::EmptyText));
        }
        house.hub.take_outputs()
    };
    assert_eq!(refused(&mut house).len(), 5);
    house.waits(Duration::from_secs(1));
    let outputs = refused(&mut house);
    let first = Occurrence::Refused { refusal: Refusal::EmptyText, unlogged: 45 };
    assert_eq!(outputs[0], Output::Occurred { id: guest.0, nick: "guest1".into(), what: first });
}

#[test]
fn connections_are_limited_in_all_and_by_address_at_the_bound() {
    let mut house =
        House::with(Settings { connections_max: 4, connections_per_address_max: 2, ..settings() });
    let first = house.from("10.0.0.1").unwrap();
    house.from("10.0.0.1").unwrap();
    assert_eq!(house.from("10.0.0.1").err(), Some(NotAdmitted::TooManyFromAddress { max: 2 }));
    assert_eq!(house.from("::ffff:10.0.0.1").err(), Some(NotAdmitted::TooManyFromAddress { max: 2 }));
    house.from("127.0.0.1").unwrap();
    house.from("127.0.0.1").unwrap();
    assert_eq!(house.from("10.0.0.2").err(), Some(NotAdmitted::Full { max: 4 }));
    house.leaves(first, None);
    assert!(house.from("10.0.0.1").is_ok());
}

#[test]
fn loopback_is_limited_only_when_asked() {
    let limits = Settings { connections_per_address_max: 1, ..settings() };
    let mut house = House::with(Settings { connections_per_address_on_loopback: true, ..limits });
    assert!(house.from("::1").is_ok());
    assert!(house.from("::1").is_err());
}

impl House {
    /// How many of so many messages are taken, and what it is told last.
    fn says_often(&mut self, guest: Guest, times: usize) -> (usize, String) {
        let mut taken = 0;
        let mut last = String::new();
        for number in 0..times {
            let say = Command::Say { room: None, text: "x".into(), action: false };
            self.asks(guest, &number.to_string(), say);
            last = self.reads(guest);
            taken += last.matches("\"ack\"").count();
        }
        (taken, last)
    }
}

#[test]
fn all_clients_at_one_address_share_what_may_come_from_there() {
    let limits = Settings {
        address_messages_per_second_max: 2,
        address_messages_burst_max: 5,
        messages_per_second_max: 2,
        messages_burst_max: 4,
        ..settings()
    };
    let mut house = House::with(limits);
    let (ana, bob) = (house.native_from("10.0.0.1", "ana"), house.native_from("10.0.0.1", "bob"));
    let eva = house.native_from("10.0.0.2", "eva");
    let (taken, told) = house.says_often(ana, 6);
    assert_eq!(taken, 4, "what the session may alone");
    assert!(told.contains(r#""limit":"messages_per_second_max""#), "{told}");
    let (taken, told) = house.says_often(bob, 3);
    assert_eq!(taken, 1, "what was refused before has not counted");
    assert!(told.contains(r#""code":"rate_limited","message":"everybody at your address"#), "{told}");
    assert!(told.contains(r#""retry_after_ms":500,"limit":"address_messages_per_second_max""#), "{told}");
    house.leaves(bob, None);
    let bob = house.native_from("10.0.0.1", "bob");
    assert_eq!(house.says_often(bob, 3).0, 0, "whoever comes again has not more");
    assert_eq!(house.says_often(eva, 3).0, 3);
    house.waits(Duration::from_millis(500));
    assert_eq!(house.says_often(bob, 3).0, 1);
}

#[test]
fn the_networks_of_ipv6_are_addresses_and_loopback_is_exempt() {
    let limits = Settings { address_messages_per_second_max: 1, address_messages_burst_max: 3, ..settings() };
    let mut house = House::with(limits.clone());
    let (ana, bob) = (house.native_from("2001:db8::1", "ana"), house.native_from("2001:db8::2", "bob"));
    let (eva, kim) = (house.native_from("127.0.0.1", "eva"), house.native_from("2001:db8:0:1::1", "kim"));
    assert_eq!(house.says_often(ana, 2).0 + house.says_often(bob, 9).0, 3);
    assert_eq!(house.says_often(kim, 9).0, 3);
    assert_eq!(house.says_often(eva, 9).0, 9);
    house.hub.configure(house.now, Settings { connections_per_address_on_loopback: true, ..limits });
    assert_eq!(house.says_often(eva, 9).0, 3, "it holds for who is there already");
}

#[test]
fn questions_count_as_much_as_what_is_said() {
    let limits = Settings { messages_per_second_max: 1, messages_burst_max: 3, ..settings() };
    let room = || Some("ops".into());
    let commands: [fn() -> Command<'static>; 10] = [
        || Command::Ping,
        || Command::Help,
        || Command::Rooms,
        || Command::Back,
        || Command::Away { reason: None },
        || Command::Nick("ana".into()),
        || Command::Who { room: None },
        || Command::Whois("ana".into()),
        || Command::Ignore(None),
        || Command::Topic { room: None, topic: None },
    ];
    for command in commands {
        let mut house = House::with(limits.clone());
        let ana = house.native("ana");
        (0..3).for_each(|_| house.asks(ana, "", command()));
        house.hub.take_outputs();
        let refused = house.hub.totals().refusals_by_code.get("rate_limited").copied();
        assert_eq!(refused, None, "{:?}", command());
        house.asks(ana, "", command());
        let refused = house.hub.totals().refusals_by_code.get("rate_limited").copied();
        assert_eq!(refused, Some(1), "{:?}", command());
    }
    let mut house = House::with(limits);
    let ana = house.native("ana");
    for _ in 0..2 {
        house.asks(ana, "", Command::Join { room: room() });
        house.asks(ana, "", Command::Part { room: room() });
    }
    assert_eq!(house.hub.totals().refusals_by_code["rate_limited"], 1);
}

#[test]
fn hellos_that_fail_count_and_the_one_that_does_not_leaves_everything() {
    let mut house = House::with(Settings { messages_per_second_max: 1, messages_burst_max: 3, ..settings() });
    house.native("eva");
    let ana = house.from("127.0.0.1").unwrap();
    house.hub.choose(house.now, ana.0, &NATIVE);
    let mut hello_as = |nick: &'static str| {
        house.asks(ana, "", Command::Hello(Hello { nick: Some(nick.into()), ..hello() }));
        house.reads(ana)
    };
    (0..3).for_each(|_| assert!(hello_as("eva").contains("nick_taken")));
    assert!(hello_as("eva").contains("rate_limited"));
    let bob = house.native("bob");
    assert_eq!(house.says_often(bob, 9).0, 3);
}

#[test]
fn connections_from_one_address_come_as_fast_as_they_may_and_others_do_not_notice() {
    let mut house = House::with(Settings {
        connects_per_second_per_address_max: 2,
        connects_burst_per_address_max: 3,
        ..settings()
    });
    for address in ["10.0.0.1", "::ffff:10.0.0.1", "10.0.0.1"] {
        let guest = house.from(address).unwrap();
        house.leaves(guest, None);
    }
    assert_eq!(house.from("10.0.0.1").err(), Some(NotAdmitted::TooFast { wait_ms: 500 }));
    assert!(house.from("10.0.0.2").is_ok());
    (0..9).for_each(|_| assert!(house.from("127.0.0.1").is_ok()));
    for host in 1..4 {
        assert!(house.from(&format!("2001:db8::{host}")).is_ok());
    }
    assert!(house.from("2001:db8::4").is_err(), "they are one network");
    house.waits(Duration::from_millis(500));
    assert!(house.from("10.0.0.1").is_ok());
    assert!(house.from("10.0.0.1").is_err());
}

#[test]
fn connections_from_one_network_of_ipv6_are_those_of_one_address() {
    let mut house = House::with(Settings { connections_per_address_max: 2, ..settings() });
    let first = house.from("2001:db8::1").unwrap();
    house.from("2001:db8::2").unwrap();
    assert_eq!(house.from("2001:db8::3").err(), Some(NotAdmitted::TooManyFromAddress { max: 2 }));
    assert!(house.from("2001:db8:0:1::3").is_ok());
    house.leaves(first, None);
    assert!(house.from("2001:db8::3").is_ok());
}

#[test]
fn one_address_opens_as_many_rooms_in_an_hour_as_it_may() {
    let mut house = House::with(Settings { rooms_opened_per_hour_max: 3, ..settings() });
    let (ana, bob) = (house.native_from("10.0.0.1", "ana"), house.native_from("10.0.0.1", "bob"));
    let eva = house.native_from("10.0.0.2", "eva");
    assert!(house.joins(ana, "one").contains("joined"));
    assert!(house.joins(bob, "two").contains("joined"));
    house.says_in(ana, "@eva", "hi");
    assert!(house.reads(ana).contains("ack"), "what two share is a room");
    let told = house.joins(ana, "three");
    assert!(
        told.contains(r#"wait 20 min","retry_after_ms":1199999,"limit":"rooms_opened_per_hour_max""#),
        "{told}"
    );
    house.says_in(bob, "@eva", "hi");
    assert!(house.reads(bob).contains("rate_limited"));
    assert!(house.joins(bob, "one").contains("joined"), "a room that is there may be entered");
    house.says_in(ana, "@eva", "again");
    assert!(house.reads(ana).contains("ack"));
    assert!(house.joins(eva, "three").contains("joined"), "others do not notice");
    house.waits(Duration::from_mins(20));
    assert!(house.joins(ana, "four").contains("joined"));
    assert!(house.joins(ana, "five").contains("rate_limited"));
}

#[test]
fn a_room_that_could_not_be_opened_does_not_count() {
    let mut house = House::with(Settings { rooms_opened_per_hour_max: 2, rooms_max: 2, ..settings() });
    let ana = house.native_from("10.0.0.1", "ana");
    assert!(house.joins(ana, "one").contains("joined"));
    (0..3).for_each(|_| assert!(house.joins(ana, "two").contains("too_many_rooms")));
    house.parts(ana, "one");
    assert!(house.joins(ana, "two").contains("joined"));
    house.parts(ana, "two");
    assert!(house.joins(ana, "three").contains("rate_limited"));
}

#[test]
fn nobody_new_is_let_in_during_a_lockdown_and_whoever_is_here_stays() {
    let mut house = House::open();
    let (ana, bob) = (house.native("ana"), house.netcat());
    assert!(house.hub.lock_down(true));
    assert!(!house.hub.lock_down(true), "that is no news");
    assert_eq!(house.from("127.0.0.1").err(), Some(NotAdmitted::LockedDown));
    house.says(ana, "still here");
    assert_eq!(house.reads(bob), "ana: still here\n");
    let password = Password::new("correct horse battery");
    house.asks(ana, "1", Command::Register { password, invite: None });
    assert!(house.reads(ana).contains(r#""code":"lockdown""#));
    assert!(house.hub.lock_down(false));
    assert!(house.from("127.0.0.1").is_ok());
}

/// How many events somebody got, and how many comings and goings they tell of together.
fn heard(lines: &str) -> (usize, u64) {
    let events = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let events: Vec<_> = events.filter(|event| event["type"] == "presence").collect();
    let untold = events.iter().map(|event| event["others"].as_u64().unwrap_or(0)).sum::<u64>();
    (events.len(), events.len() as u64 + untold)
}

#[test]
fn a_storm_of_comings_and_goings_reaches_others_as_a_few_events_that_tell_how_many_there_were() {
    let mut house = House::open();
    let ana = house.native("ana");
    let crowd: Vec<_> = (0..200).map(|number| house.native(&format!("v{number}"))).collect();
    house.waits(Duration::from_mins(1));
    house.asks(crowd[0], "", Command::Away { reason: None });
    house.asks(crowd[0], "", Command::Back);
    house.reads(ana);
    house.waits(Duration::from_mins(1));
    for round in 0..3 {
        for (number, guest) in crowd.iter().enumerate() {
            house.asks(*guest, "", Command::Nick(format!("v{number}-{round}").into()));
            house.asks(*guest, "", Command::Away { reason: Some("lunch".into()) });
            house.asks(*guest, "", Command::Back);
            house.asks(*guest, "", Command::Part { room: Some("lobby".into()) });
            house.asks(*guest, "", Command::Join { room: Some("lobby".into()) });
        }
    }
    let storm = house.reads(ana);
    house.waits(Duration::from_secs(1));
    house.asks(crowd[0], "", Command::Away { reason: None });
    let (events, told) = heard(&format!("{storm}{}", house.reads(ana)));
    assert_eq!(events, 21, "20 at once, and the one after them");
    assert_eq!(told, 3 * 200 * 5 + 1, "all of them are counted");
}

#[test]
fn a_room_has_no_storm_of_topics() {
    let mut house = House::open();
    let (ana, bob) = (house.native("ana"), house.netcat());
    let set = |house: &mut House, number: usize| {
        let topic = Some(format!("topic {number}").into());
        house.asks(ana, "1", Command::Topic { room: None, topic });
        house.reads(ana)
    };
    (0..20).for_each(|number| assert!(set(&mut house, number).contains(r#""type":"topic""#)));
    let told = set(&mut house, 20);
    assert!(told.contains("rate_limited") && told.contains(r#""retry_after_ms":1000"#), "{told}");
    assert_eq!(house.reads(bob).lines().count(), 20);
    house.waits(Duration::from_secs(1));
    assert!(set(&mut house, 21).contains(r#""type":"topic""#));
}
