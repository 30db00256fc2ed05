//! Who is in a pass and what they get in it.

use super::*;

#[test]
fn only_those_who_are_owed_something_and_have_room_are_in_the_pass() {
    let mut house = House::open();
    let (ana, bob, slow, eva) = (house.netcat(), house.netcat(), house.netcat(), house.native("eva"));
    house.hands_out();
    assert!(!house.hub.has_ready());
    house.says(ana, "one");
    assert_eq!(house.hands_out_but(slow, 0).len(), 2, "bob and eva");
    house.says(ana, "two");
    house.says(ana, "three");
    let got = house.hands_out();
    assert_eq!(got[&bob.0.slot], "guest1: two\nguest1: three\n");
    assert_eq!(got[&eva.0.slot].lines().count(), 2);
    assert_eq!(got.len(), 2);
    assert!(!house.hub.has_ready());
    assert_eq!(house.reads(slow), "guest1: one\nguest1: two\nguest1: three\n");
}

#[test]
fn who_is_owed_something_by_two_rooms_gets_it_in_one_write() {
    let mut house = House::open();
    let (ana, bob) = (house.netcat(), house.netcat());
    house.hands_out();
    house.hub.announce(house.now, "lunch");
    house.says(ana, "coming");
    let got = house.hands_out();
    assert_eq!(got[&bob.0.slot], "guest1: coming\n* announcement: lunch\n");
    assert_eq!(got[&ana.0.slot], "* announcement: lunch\n");
}

#[test]
fn who_catches_up_before_a_pass_gets_nothing_twice_in_it() {
    let mut house = House::open();
    let (ana, bob, eva) = (house.netcat(), house.netcat(), house.netcat());
    house.hands_out();
    house.says(ana, "one");
    assert_eq!(house.reads(bob), "guest1: one\n");
    house.says(ana, "two");
    let got = house.hands_out();
    assert_eq!(got[&bob.0.slot], "guest1: two\n");
    assert_eq!(got[&eva.0.slot], "guest1: one\nguest1: two\n");
    assert!(!got.contains_key(&ana.0.slot));
    assert_eq!(house.hub.totals().deliveries, 4);
    assert!(!house.hub.has_ready());
}

#[test]
fn what_has_left_the_timeline_before_a_pass_is_not_in_it() {
    let mut house = House::open();
    let (ana, bob, eva) = (house.netcat(), house.netcat(), house.netcat());
    house.hands_out();
    (0..100).for_each(|_| house.says(ana, &"x".repeat(100)));
    house.hub.configure(
        house.now,
        Settings { retention: Retention { bytes_max: 1, events_max: 1 }, ..settings() },
    );
    let notice = "* 100 messages skipped: your connection took them too slowly\n";
    assert_eq!(house.reads(bob), notice);
    house.says(ana, "now");
    let got = house.hands_out();
    assert_eq!(got[&bob.0.slot], "guest1: now\n");
    assert_eq!(got[&eva.0.slot], format!("{notice}guest1: now\n"));
    assert_eq!(got.len(), 2);
    assert!(!house.hub.has_ready());
}
