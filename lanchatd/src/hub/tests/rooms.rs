//! Rooms: who is in them, who hears what, and how many there are.

use super::*;

impl House {
    /// A netcat user with a nick, whose greeting has been read.
    pub(super) fn named(&mut self, nick: &str) -> Guest {
        let guest = self.netcat();
        self.asks(guest, "", Command::Nick(nick.to_owned().into()));
        self.reads(guest);
        guest
    }

    pub(super) fn joins(&mut self, guest: Guest, room: &str) -> String {
        self.asks(guest, "", Command::Join { room: Some(room.to_owned().into()) });
        self.reads(guest)
    }

    pub(super) fn parts(&mut self, guest: Guest, room: &str) -> String {
        self.asks(guest, "", Command::Part { room: Some(room.to_owned().into()) });
        self.reads(guest)
    }

    pub(super) fn says_in(&mut self, guest: Guest, room: &str, text: &str) {
        let room = Some(room.to_owned().into());
        self.asks(guest, "7", Command::Say { room, text: text.into(), action: false });
    }

    pub(super) fn rooms_of(&self, guest: Guest) -> Vec<String> {
        let clients = self.hub.clients(self.now);
        clients.into_iter().find(|client| client.id == guest.0.serial).unwrap().rooms
    }
}

#[test]
fn what_is_said_in_a_room_is_heard_by_those_who_are_in_it() {
    let mut house = House::open();
    let (ana, bob, eva) = (house.named("ana"), house.named("bob"), house.native("eva"));
    house.reads(ana);
    assert_eq!(house.joins(ana, "ops"), "* you talk in #ops now; nobody else is here\n");
    assert!(house.joins(bob, "#OPS").contains("* you talk in #ops now; 1 other is here\n"));
    assert_eq!(house.reads(ana), "* bob joined\n");
    house.says(ana, "the disk is full");
    assert_eq!(house.reads(bob), "ana: the disk is full\n");
    assert_eq!(house.reads(eva).matches("full").count(), 0);
    assert_eq!(house.rooms_of(ana), ["lobby", "ops"]);
}

#[test]
fn a_text_client_hears_its_other_rooms_by_name() {
    let mut house = House::open();
    let (ana, eva) = (house.named("ana"), house.native("eva"));
    house.joins(eva, "ops");
    house.joins(ana, "ops");
    house.reads(eva);
    house.says_in(eva, "lobby", "lunch");
    house.says_in(eva, "ops", "disk");
    let action = Command::Say { room: Some("lobby".into()), text: "leaves".into(), action: true };
    house.asks(eva, "", action);
    assert_eq!(house.reads(ana), "eva: disk\n#lobby eva: lunch\n#lobby eva: *leaves*\n");
    house.joins(ana, "lobby");
    house.says_in(eva, "lobby", "lunch");
    house.says_in(eva, "ops", "disk");
    assert_eq!(house.reads(ana), "#ops eva: disk\neva: lunch\n", "the current room stands without its name");
}

#[test]
fn whoever_is_not_in_a_room_neither_speaks_nor_sets_a_topic_there() {
    let mut house = House::open();
    let (ana, eva) = (house.named("ana"), house.native("eva"));
    house.joins(ana, "ops");
    house.says_in(eva, "ops", "let me in");
    assert!(house.reads(eva).contains(r#""id":"7","code":"no_such_room""#));
    house.says_in(eva, "attic", "anybody?");
    assert!(house.reads(eva).contains("no_such_room"));
    let topic = Command::Topic { room: Some("ops".into()), topic: Some("mine".into()) };
    house.asks(eva, "8", topic);
    assert!(house.reads(eva).contains("no_such_room"));
    assert!(!house.reads(ana).contains("let me in"));
}

#[test]
fn what_was_said_before_somebody_left_is_theirs_and_what_is_said_after_is_not() {
    let mut house = House::open();
    let (ana, eva) = (house.named("ana"), house.native("eva"));
    house.joins(eva, "ops");
    house.joins(ana, "ops");
    house.says_in(eva, "ops", "before");
    assert_eq!(house.parts(ana, "ops"), "eva: before\n* you have left #ops, and talk in #lobby now\n");
    house.says_in(eva, "ops", "after");
    assert_eq!(house.reads(ana), "");
    assert!(house.reads(eva).contains(r#""change":"left""#));
    house.says(ana, "back in the lobby");
    assert!(house.reads(eva).contains(r#""room":"lobby","#));
}

#[test]
fn whoever_has_left_every_room_is_told_so() {
    let mut house = House::open();
    let ana = house.named("ana");
    assert_eq!(house.parts(ana, "lobby"), "* you have left #lobby; /join ROOM enters another\n");
    house.says(ana, "hello?");
    assert_eq!(house.reads(ana), "* you are in no room: /join ROOM enters one\n");
    house.hub.announce(house.now, "still heard");
    assert_eq!(house.reads(ana), "* announcement: still heard\n");
    assert!(house.joins(ana, "lobby").contains("you talk in #lobby now"));
    house.hands_out();
}

#[test]
fn a_room_that_nobody_has_said_anything_in_goes_with_the_last_who_leaves() {
    let mut house = House::open();
    let ana = house.named("ana");
    house.joins(ana, "ops");
    assert_eq!(house.hub.room_count(), 2);
    house.parts(ana, "ops");
    assert_eq!(house.hub.room_count(), 1);
    house.joins(ana, "ops");
    house.says(ana, "remember this");
    house.leaves(ana, None);
    assert_eq!(house.hub.room_count(), 2, "what was said is kept");
}

#[test]
fn of_as_many_rooms_as_may_be_the_one_that_was_empty_longest_gives_way() {
    let mut house = House::with(Settings { rooms_max: 3, ..settings() });
    let (ana, eva) = (house.named("ana"), house.native("eva"));
    for room in ["one", "two"] {
        house.joins(ana, room);
        house.says(ana, "hi");
        house.waits(Duration::from_secs(1));
    }
    assert!(house.joins(eva, "three").contains("too_many_rooms"), "both are in use");
    house.parts(ana, "two");
    house.waits(Duration::from_secs(1));
    house.parts(ana, "one");
    assert!(house.joins(eva, "three").contains(r#""type":"joined""#));
    house.asks(eva, "", Command::Rooms);
    let rooms = house.reads(eva);
    assert!(rooms.contains(r#""room":"one""#) && !rooms.contains(r#""room":"two""#), "{rooms}");
    house.hands_out();
}

#[test]
fn somebody_is_in_as_many_rooms_as_may_be() {
    let mut house = House::with(Settings { rooms_joined_max: 3, ..settings() });
    let ana = house.named("ana");
    for room in ["one", "two"] {
        assert!(house.joins(ana, room).contains("you talk in"));
    }
    assert!(house.joins(ana, "three").contains("you are in 3 rooms already"));
    assert!(house.joins(ana, "one").contains("you talk in #one"), "where they are they may be");
    house.parts(ana, "two");
    assert!(house.joins(ana, "three").contains("you talk in #three"));
    let mut house = House::with(Settings { rooms_joined_max: 1, ..settings() });
    let ana = house.named("ana");
    assert!(house.joins(ana, "one").contains("you are in 1 room already"));
}

#[test]
fn names_that_mislead_are_no_rooms() {
    let mut house = House::open();
    let eva = house.native("eva");
    for name in ["", "#", "@bob", "*", "a b", "a\u{202e}b", &"x".repeat(33)] {
        assert!(house.joins(eva, name).contains(r#""code":"bad_room""#), "{name:?}");
    }
    assert_eq!(house.hub.room_count(), 1);
}

#[test]
fn a_topic_is_told_to_those_in_the_room_and_to_whoever_joins() {
    let mut house = House::open();
    let (ana, eva, bob) = (house.named("ana"), house.native("eva"), house.named("bob"));
    house.joins(ana, "ops");
    house.joins(eva, "ops");
    house.asks(ana, "", Command::Topic { room: None, topic: Some("disk \u{1b}full".into()) });
    assert!(house.reads(ana).contains("* the topic of #ops: disk full (set by ana)\n"));
    let heard = house.reads(eva);
    assert!(
        heard.contains(r#""nick":"ana","topic":"disk full""#)
            && heard.contains(r#""type":"topic","room":"ops","pos""#),
        "{heard}"
    );
    assert!(house.joins(bob, "ops").contains("Topic: disk full"));
    house.asks(bob, "", Command::Topic { room: None, topic: Some("x".repeat(200).into()) });
    assert!(house.reads(bob).contains("set by bob"));
    house.asks(bob, "", Command::Topic { room: None, topic: Some("x".repeat(201).into()) });
    assert!(house.reads(bob).contains("at most 200 characters"));
    house.asks(bob, "", Command::Topic { room: None, topic: Some("".into()) });
    assert!(house.reads(bob).contains("* #ops has no topic"));
}

#[test]
fn rooms_are_listed_by_how_many_are_in_them() {
    let mut house = House::open();
    let (ana, eva) = (house.named("ana"), house.native("eva"));
    house.joins(ana, "small");
    house.joins(eva, "big");
    house.joins(ana, "big");
    house.reads(ana);
    house.asks(ana, "", Command::Rooms);
    let rooms = "* #big (2, you are in it)\n* #lobby (2, you are in it)\n* #small (1, you are in it)\n";
    assert_eq!(house.reads(ana), rooms);
}

#[test]
fn all_rooms_together_hold_no_more_than_they_may() {
    let max = 2 << 20;
    let mut house = House::with(Settings { timelines_bytes_max: max, ..settings() });
    let (ana, eva) = (house.named("ana"), house.native("eva"));
    for room in 0..6 {
        house.joins(eva, &format!("room{room}"));
        house.joins(ana, &format!("room{room}"));
        for _ in 0..2_000 {
            house.says(ana, &"x".repeat(200));
            house.reads(eva);
        }
        assert!(house.hub.timeline_bytes() <= max + (1 << 20), "{}", house.hub.timeline_bytes());
    }
    assert_eq!(house.hub.totals().messages_skipped, 0, "whoever reads has read it before it goes");
}

#[test]
fn many_rooms_of_which_each_holds_little_hold_no_more_together_than_they_may() {
    let max = 1 << 20;
    let settings = Settings { timelines_bytes_max: max, rooms_joined_max: 50, ..settings() };
    let mut house =
        House::with(Settings { retention: Retention { bytes_max: 4 << 20, events_max: 50_000 }, ..settings });
    let eva = house.native("eva");
    for room in 0..40 {
        house.joins(eva, &format!("room{room}"));
        (0..400).for_each(|_| house.says(eva, &"x".repeat(200)));
        house.reads(eva);
        assert!(house.hub.timeline_bytes() <= max + (1 << 20), "{}", house.hub.timeline_bytes());
    }
}

#[test]
fn a_pass_is_needed_when_many_rooms_together_hold_much_that_nobody_was_offered() {
    let mut house = House::with(Settings { timelines_bytes_max: 80_000, ..settings() });
    let (ana, eva) = (house.named("ana"), house.native("eva"));
    for room in ["one", "two", "three", "four"] {
        house.joins(eva, room);
        house.joins(ana, room);
    }
    house.hands_out();
    for room in ["one", "two", "three"] {
        house.says_in(eva, room, &"x".repeat(2_500));
        assert!(!house.hub.needs_pass());
    }
    house.says_in(eva, "four", &"x".repeat(2_500));
    assert!(house.hub.needs_pass());
    house.hands_out();
    assert!(!house.hub.needs_pass());
}

#[test]
fn who_is_owed_something_by_two_rooms_gets_it_in_one_write_and_the_others_together() {
    let mut house = House::open();
    let people: Vec<_> = ["ana", "bob", "eva", "kim"].map(|nick| house.named(nick)).into();
    for guest in &people[..3] {
        house.joins(*guest, "ops");
    }
    house.joins(people[2], "lobby");
    house.hands_out();
    house.says_in(people[0], "ops", "disk");
    house.says_in(people[3], "lobby", "lunch");
    let got = house.hands_out();
    assert_eq!(got[&people[0].0.slot], "#lobby kim: lunch\n");
    assert_eq!(got[&people[1].0.slot], "ana: disk\n#lobby kim: lunch\n");
    assert_eq!(got[&people[2].0.slot], "#ops ana: disk\nkim: lunch\n");
    assert_eq!(got.get(&people[3].0.slot), None);
    assert_eq!(house.hub.totals().deliveries, 5);
}
