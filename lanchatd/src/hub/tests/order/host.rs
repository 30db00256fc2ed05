//! What the administrator of the host decides about rooms.

use super::*;
use crate::hub::tests::keeping::loaded;

/// What a room is told of it, where everybody has read everything before.
fn decides(house: &mut House, room: &str, typed: &str) -> Result<Done, Refusal> {
    let (name, argument) = typed[1..].split_once(' ').unwrap_or((&typed[1..], ""));
    let order = Order::parse(name, argument).expect("an order");
    house.hub.order_by_host(house.now, Some(room), &order).map(|(done, _)| done)
}

#[test]
fn the_room_is_told_what_the_administrator_decides_and_it_holds() {
    let mut house = House::open();
    let (ana, bob) = (house.with_role("ana", Role::Member), house.named("bob"));
    house.joins(ana, "ops");
    house.joins(bob, "ops");
    let mel = house.with_role("mel", Role::Member);
    house.reads(bob);
    for (typed, told) in [
        ("/op mel", "mel was made an operator of #ops by the administrator"),
        ("/deop ana", "ana was relieved as an operator of #ops by the administrator"),
        ("/voice ana", "ana was given a voice in #ops by the administrator"),
        ("/devoice ana", "ana's voice in #ops was taken back by the administrator"),
        ("/slow 5", "#ops was slowed down by the administrator: one message in 5 s from each"),
        ("/slow off", "#ops is as fast as ever again, by the administrator"),
        ("/lock", "#ops was locked by the administrator: nobody new enters"),
        ("/unlock", "#ops was unlocked by the administrator"),
        ("/private on", "#ops was made private by the administrator: one enters it by invitation"),
        (
            "/moderated on",
            "#ops was made moderated by the administrator: its operators speak, and those with a voice",
        ),
    ] {
        let done = decides(&mut house, "#ops", typed).expect("everything is allowed");
        assert_eq!((&*done.by, done.room.as_deref()), ("", Some("ops")), "{typed}");
        assert_eq!(house.reads(bob), format!("* {told}\n"), "{typed}");
    }
    let told = house.reads(mel);
    assert!(told.contains(r#""measure":"operator","room":"ops""#), "who is not in the room too: {told}");
    assert!(told.contains(r#""you":true"#), "{told}");
    assert!(house.joins(mel, "ops").contains("joined"), "an operator enters a private room");
    assert!(!house.types(mel, Some("ops"), "/unlock").contains("error"));
    house.says_in(ana, "ops", "hi");
    assert!(house.reads(ana).contains("not_allowed"), "she is no operator any more, and has no voice");
}

#[test]
fn what_makes_no_sense_is_refused_to_the_administrator_too() {
    let mut house = House::open();
    let ana = house.with_role("ana", Role::Member);
    house.native("bob");
    house.joins(ana, "ops");
    for (room, typed, code) in [
        ("nowhere", "/lock", "no_such_room"),
        ("@ana", "/lock", "no_such_room"),
        ("ops", "/op nobody", "no_such_nick"),
        ("ops", "/op bob", "not_allowed"),
        ("ops", "/slow 3601", "bad_request"),
        ("lobby", "/lock", "not_allowed"),
        ("lobby", "/private on", "not_allowed"),
    ] {
        let refused = decides(&mut house, room, typed).expect_err(typed);
        assert_eq!(refused.code().as_str(), code, "{typed} in {room}: {refused}");
    }
    assert!(decides(&mut house, "ops", "/slow 3600").is_ok());
}

#[test]
fn a_room_that_nobody_is_in_is_changed_without_being_woken() {
    let mut house = House::with(Settings { rooms_max: 4, ..settings() });
    house.hub.keep(loaded(), true);
    let ana = house.with_role("ana", Role::Member);
    let writes = |house: &mut House| {
        while house.hub.take_batch().is_some() {
            house.hub.batch_is_written(false);
        }
        house.hands_out();
    };
    for room in ["ops", "dev", "hr", "it"] {
        house.joins(ana, room);
        house.says_in(ana, room, "hi");
        writes(&mut house);
        house.parts(ana, room);
        writes(&mut house);
    }
    let asleep = house.hub.rooms.asleep();
    assert!(asleep > 0, "ops has made way");
    for typed in ["/lock", "/private on", "/voice ana", "/slow 5"] {
        decides(&mut house, "ops", typed).expect("it is there");
    }
    assert_eq!(house.hub.rooms.asleep(), asleep);
    let batch = house.hub.take_batch().expect("it is to be kept");
    let ops = batch.conversations.iter().find(|it| it.name == "ops").expect("the room");
    assert!(ops.rules.is_locked && ops.rules.slow_s == 5 && ops.private, "{ops:?}");
}

#[test]
fn who_decides_something_is_answered_when_it_is_on_the_disk() {
    let mut house = House::open();
    house.hub.keep(loaded(), true);
    let kim = house.with_role("kim", Role::Moderator);
    let (tom, bob) = (house.named("tom"), house.named("bob"));
    house.is_given(tom, Role::Moderator);
    house.reads(tom);
    let writes = |house: &mut House| {
        house.hub.take_batch().expect("something to write");
        house.hub.batch_is_written(false);
    };
    writes(&mut house);
    house.reads(kim);
    assert_eq!(house.types(kim, None, "/ban spam*"), "", "not before it is on the disk");
    writes(&mut house);
    let told = house.reads(kim);
    assert!(told.contains(r#""id":"1","measure":"banned""#) && told.contains(r#""durable":true"#), "{told}");
    // Whom it is about does not wait for that, nor do the others.
    house.reads(bob);
    assert_eq!(house.types(kim, None, "/mute bob 1h"), "");
    assert_eq!(house.reads(bob), "* bob was muted in #lobby by kim for 1 h\n");
    // Whoever goes before it is known is told what was done all the same.
    house.asks(kim, "", Command::Quit);
    let told = house.reads(kim);
    let lines: Vec<_> = told.lines().collect();
    assert!(lines[0].contains(r#""durable":false"#) && lines[1].contains(r#""type":"bye""#), "{told}");
    house.hub.store_is_in_trouble("full");
    house.reads(tom);
    house.asks(tom, "", Command::Order { room: None, order: Order::Unban { whom: "spam*".into() } });
    assert_eq!(
        house.reads(tom),
        "* spam* was let in again by tom; the relay cannot keep what has changed at the moment, and may forget it\n"
    );
}

#[test]
fn who_waits_for_the_disk_beyond_4096_is_promised_nothing_and_need_not_wait() {
    let mut house = House::open();
    house.hub.keep(loaded(), true);
    let (kim, tom, eva) = (
        house.with_role("kim", Role::Moderator),
        house.with_role("tom", Role::Moderator),
        house.with_role("eva", Role::Moderator),
    );
    while house.hub.take_batch().is_some() {
        house.hub.batch_is_written(false);
    }
    for guest in [kim, tom, eva] {
        house.reads(guest);
    }
    assert_eq!(house.types(kim, None, "/ban spam*"), "");
    let change = house.hub.changed_until_now();
    for _ in 1..4_095 {
        house.hub.tell_account(kim.0, None, Some(change));
    }
    assert_eq!(house.types(tom, None, "/ban eggs*"), "", "one more waits");
    assert!(house.types(eva, None, "/ban ham*").contains(r#""durable":false"#), "and no other");
    house.hub.take_batch().expect("something to write");
    house.hub.batch_is_written(false);
    assert!(house.reads(tom).contains(r#""durable":true"#));
    assert_eq!(house.types(eva, None, "/ban jam*"), "", "there is room again");
}

#[test]
fn where_nobody_waits_for_the_disk_an_order_is_answered_at_once() {
    let mut house = House::open();
    house.hub.keep(loaded(), false);
    let kim = house.with_role("kim", Role::Moderator);
    let told = house.types(kim, None, "/ban spam*");
    assert!(told.contains("banned") && !told.contains("durable"), "{told}");
}
