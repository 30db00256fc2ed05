//! Nicks, who is here, and what is told of comings and goings.

use super::*;

#[test]
fn nicks_are_unique_by_case_and_shape_and_free_again_afterwards() {
    let mut house = House::open();
    let (ana, bob) = (house.native("ana"), house.netcat());
    house.asks(bob, "", Command::Nick("ANA".into()));
    assert!(house.reads(bob).contains("* the nick ANA is taken"));
    house.asks(bob, "", Command::Nick("аna".into()));
    assert!(house.reads(bob).contains("is taken"), "a cyrillic look-alike");
    house.asks(ana, "1", Command::Nick("Ana".into()));
    assert!(
        house.reads(ana).contains(r#"{"type":"nick","id":"1","nick":"Ana"}"#),
        "a case change is one's own"
    );
    house.leaves(ana, None);
    house.asks(bob, "", Command::Nick("ana".into()));
    assert!(house.reads(bob).contains("* you are now ana\n"));
    assert_eq!(house.hub.find("AnA"), Some(bob.0));
}

#[test]
fn who_lists_everybody_in_order() {
    let mut house = House::open();
    let (bob, _ana) = (house.netcat(), house.native("ana"));
    house.reads(bob);
    house.asks(bob, "", Command::Who { room: None });
    assert_eq!(house.reads(bob), "* in #lobby (2): ana, guest1\n");
}

#[test]
fn who_names_200_people_and_counts_the_rest() {
    let mut house = House::open();
    let eva = house.native("eva");
    for _ in 1..200 {
        house.netcat();
    }
    house.asks(eva, "1", Command::Who { room: None });
    let all = house.reads(eva);
    assert!(all.matches("connected_s").count() == 200 && !all.contains("others"), "{all}");
    house.netcat();
    house.asks(eva, "2", Command::Who { room: None });
    assert!(house.reads(eva).ends_with("],\"others\":1}\n"));
}

#[test]
fn a_guest_who_only_reads_comes_and_goes_unannounced() {
    let mut house = House::open();
    let (ana, reader, speaker) = (house.netcat(), house.netcat(), house.netcat());
    house.says(speaker, "hi");
    house.leaves(reader, None);
    house.leaves(speaker, Some("connection lost"));
    assert_eq!(house.reads(ana), "guest3: hi\n* guest3 left (connection lost)\n");
}

#[test]
fn a_storm_of_comings_does_not_bury_what_is_said() {
    let mut house = House::open();
    let ana = house.netcat();
    for number in 0..500 {
        house.native(&format!("bot{number}"));
    }
    let told = house.reads(ana);
    assert_eq!(told.lines().count(), 20, "{told}");
    house.waits(Duration::from_secs(10));
    house.native("eva");
    assert_eq!(house.reads(ana), "* eva joined (and 480 others came or went)\n");
}
