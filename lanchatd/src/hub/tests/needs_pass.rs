//! When so much has been said that a pass has to come before more is: at an eighth of what a room retains.

use super::*;

/// Has something appended to a room.
type Tell = fn(&mut House, Guest, &str);

const ROOMS: [(RoomId, Tell); 2] = [
    (LOBBY, |house, guest, text| house.says(guest, text)),
    (HOUSE, |house, _, text| {
        house.hub.announce(house.now, text);
    }),
];

/// A house with two netcat users, of whom one speaks, in which nothing waits for a pass.
fn quiet_house(bytes_max: usize, events_max: usize) -> (House, Guest) {
    let mut house = House::retaining(bytes_max, events_max);
    let (ana, _bob) = (house.netcat(), house.netcat());
    // What follows does not begin at the start of a segment.
    for (_, tell) in ROOMS {
        tell(&mut house, ana, &"before ".repeat(300));
    }
    house.hands_out();
    assert!(!house.hub.needs_pass());
    (house, ana)
}

#[test]
fn a_pass_is_needed_at_the_events_bound_of_either_room_and_not_after_it() {
    for (room, tell) in ROOMS {
        for events_max in [80, 87] {
            let (mut house, ana) = quiet_house(1 << 20, events_max);
            for _ in 0..20 {
                for number in 1..=12 {
                    tell(&mut house, ana, "x");
                    assert_eq!(house.hub.needs_pass(), number >= 10, "event {number} in room {room}");
                }
                house.hands_out();
                assert!(!house.hub.needs_pass());
            }
        }
    }
}

/// Has five things said, of which no pass is needed before the last.
fn talk(house: &mut House, guest: Guest, tell: Tell) {
    for length in [1, 10, 100, 1_000, 2_000] {
        assert!(!house.hub.needs_pass());
        tell(house, guest, &"x".repeat(length));
    }
}

/// How many bytes a talk takes in a room that retains all of it. Text says no positions: it is always the same.
fn talk_bytes(room: RoomId, tell: Tell) -> usize {
    let (mut house, ana) = quiet_house(1 << 20, 10_000);
    let before = house.hub.rooms[room].timeline.bytes_used();
    talk(&mut house, ana, tell);
    house.hub.rooms[room].timeline.bytes_used() - before
}

#[test]
fn a_pass_is_needed_at_the_byte_bound_of_either_room_and_not_after_it() {
    for (room, tell) in ROOMS {
        let bytes = talk_bytes(room, tell);
        for (bytes_max, needs_pass) in [(8 * (bytes + 1), false), (8 * bytes + 7, true), (8 * bytes, true)] {
            let (mut house, ana) = quiet_house(bytes_max, 10_000);
            for _ in 0..20 {
                talk(&mut house, ana, tell);
                assert_eq!(house.hub.needs_pass(), needs_pass, "{bytes} of {bytes_max} bytes in room {room}");
                house.hands_out();
                assert!(!house.hub.needs_pass());
            }
        }
    }
}

#[test]
fn what_is_said_in_one_room_neither_fills_the_other_nor_does_for_a_pass() {
    for (_, tell) in ROOMS {
        let (mut house, ana) = quiet_house(1 << 20, 80);
        // A pass in between is for both rooms.
        for _ in 0..2 {
            for (_, tell) in ROOMS {
                (0..8).for_each(|_| tell(&mut house, ana, "x"));
            }
            tell(&mut house, ana, "the ninth");
            assert!(!house.hub.needs_pass());
            tell(&mut house, ana, "the tenth");
            assert!(house.hub.needs_pass());
            for (_, tell) in ROOMS {
                tell(&mut house, ana, "x");
                assert!(house.hub.needs_pass());
            }
            house.hands_out();
            assert!(!house.hub.needs_pass());
        }
    }
}

#[test]
fn a_pass_is_needed_until_everybody_was_offered_what_was_said_and_taken_or_not() {
    let (mut house, ana) = quiet_house(1 << 20, 80);
    let bob = house.netcat();
    (0..10).for_each(|_| house.says(ana, "x"));
    assert_eq!(house.reads(bob).lines().count(), 10);
    assert!(house.hub.needs_pass(), "one reader is not everybody");
    let got = house.hands_out_within(|_| 0);
    assert!(got.is_empty());
    assert!(!house.hub.needs_pass());
    (0..9).for_each(|_| house.says(ana, "x"));
    assert!(!house.hub.needs_pass(), "what a full socket has not taken was offered");
}
