//! Last words: of a kick, and of a stop.

use super::*;

#[test]
fn a_kick_is_told_to_the_room_and_is_the_last_word_to_the_kicked() {
    let mut house = House::open();
    let (ana, eva) = (house.netcat(), house.native("eva"));
    house.reads(ana);
    let kicked = house.hub.kick(house.now, eva.0, Some("spam")).unwrap();
    assert_eq!((kicked.nick.as_str(), kicked.id), ("eva", eva.0));
    house.says(ana, "later");
    assert_eq!(house.reads(eva), "{\"type\":\"bye\",\"code\":\"kicked\",\"reason\":\"kicked: spam\"}\n");
    assert!(house.hub.take_outputs().contains(&Output::Close(eva.0)));
    house.leaves(eva, None);
    assert_eq!(house.reads(ana), "* eva left (kicked: spam)\n", "once");
}

#[test]
fn a_stop_takes_nothing_more_and_its_goodbye_comes_last() {
    let mut house = House::open();
    let (ana, bob) = (house.netcat(), house.netcat());
    house.says(ana, "before");
    house.hub.stop(house.now, "maintenance");
    house.says(ana, "after");
    assert_eq!(house.reads(bob), "guest1: before\n* server is stopping: maintenance\n");
    assert!(house.reads(ana).contains("not sent"));
    assert_eq!(house.from("127.0.0.1").err(), Some(NotAdmitted::Stopping));
}
