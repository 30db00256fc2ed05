//! What the memory lets go of because somebody wants it gone.

use lanchat_protocol::names::RoomName;

use super::*;
use crate::kept::Loaded;
use crate::timeline::Body;

impl House {
    /// Says one message a second in a room, named after the second.
    fn talks(&mut self, guest: Guest, room: &str, seconds: std::ops::Range<i64>) {
        for second in seconds {
            self.now.wall_ms = second * 1000;
            self.says_in(guest, room, &second.to_string());
        }
    }

    fn remembered(&self, name: &str) -> Vec<String> {
        let room = self.hub.rooms.named(&RoomName::parse(name).unwrap()).unwrap();
        let timeline = &self.hub.rooms[room].timeline;
        let messages = timeline.events(0).filter_map(|event| match event.body {
            Body::Said(text) => Some(text.to_owned()),
            _ => None,
        });
        messages.collect()
    }
}

fn seconds(seconds: std::ops::Range<i64>) -> Vec<String> {
    seconds.map(|second| second.to_string()).collect()
}

#[test]
fn what_is_older_goes_and_the_rest_is_read_on_without_a_gap() {
    let mut house = House::open();
    let (ana, eva) = (house.netcat(), house.native("eva"));
    house.talks(eva, "lobby", 0..10);
    house.reads(ana);
    house.talks(eva, "lobby", 10..20);
    house.hub.forget_before(5_000, None);
    assert_eq!(house.remembered("lobby"), seconds(5..20));
    house.hub.forget_before(5_000, None);
    assert_eq!(house.remembered("lobby"), seconds(5..20));
    let told = house.reads(ana);
    let told: Vec<_> = told.lines().filter_map(|line| line.strip_prefix("eva: ")).collect();
    assert_eq!(told, seconds(10..20));
    house.hub.forget_before(i64::MAX, None);
    assert_eq!(house.remembered("lobby"), [""; 0]);
    house.talks(eva, "lobby", 20..21);
    assert_eq!(house.reads(ana), "eva: 20\n");
    assert_eq!(house.remembered("lobby"), seconds(20..21));
}

#[test]
fn whoever_had_not_read_it_is_told_how_much_they_miss() {
    let mut house = House::open();
    let (ana, eva) = (house.netcat(), house.native("eva"));
    house.reads(ana);
    house.talks(eva, "lobby", 0..10);
    house.hub.forget_before(4_000, None);
    let told = house.reads(ana);
    assert!(told.contains('4') && told.ends_with("eva: 9\n") && !told.contains("eva: 3\n"), "{told}");
    assert_eq!(house.hub.totals().messages_skipped, 4);
}

#[test]
fn one_room_is_forgotten_without_the_others() {
    let mut house = House::open();
    let eva = house.native("eva");
    house.joins(eva, "ops");
    house.talks(eva, "ops", 0..3);
    house.talks(eva, "lobby", 0..3);
    house.hub.forget_before(2_000, Some(&RoomName::parse("#OPS").unwrap()));
    assert_eq!((house.remembered("ops"), house.remembered("lobby")), (seconds(2..3), seconds(0..3)));
    house.hub.forget_beyond(1);
    assert_eq!((house.remembered("ops"), house.remembered("lobby")), (seconds(2..3), seconds(2..3)));
    house.hub.forget_beyond(1);
    assert_eq!(house.remembered("lobby"), seconds(2..3));
}

#[test]
fn what_is_not_written_yet_is_not_forgotten() {
    let mut house = House::open();
    house.hub.keep(Loaded { reserved: POSITIONS_AHEAD, next_conversation: 1, ..Loaded::default() }, true);
    let eva = house.native("eva");
    house.talks(eva, "lobby", 0..3);
    house.hub.take_batch().unwrap();
    house.talks(eva, "lobby", 3..5);
    assert_eq!((house.hub.unwritten(), house.hub.has_unwritten_before(1)), (5, true));
    house.hub.forget_before(i64::MAX, None);
    assert_eq!(house.remembered("lobby"), seconds(0..5));
    house.hub.batch_is_written(false);
    assert_eq!((house.hub.unwritten(), house.hub.has_unwritten_before(3_000)), (2, false));
    house.hub.forget_before(i64::MAX, None);
    assert_eq!(house.remembered("lobby"), seconds(3..5));
    assert_eq!(house.hub.keeping().lost, 0);
}
