//! The bounds on what one client or address may do, each at the bound.

use super::*;

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
    let dropped = heard.lines().find(|line| line.contains("answers were dropped")).unwrap();
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
