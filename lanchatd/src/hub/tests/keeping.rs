//! What is handed to the store, and who waits for that.

use super::*;
use crate::hub::seats::ASLEEP_FOR_EACH_MAX;
use crate::kept::{Batch, ConversationKind, Loaded};

/// What an empty store has.
pub(super) fn loaded() -> Loaded {
    Loaded { reserved: POSITIONS_AHEAD, next_conversation: 1, ..Loaded::default() }
}

fn keeping(acks_wait: bool) -> House {
    House::open().keeping(acks_wait)
}

impl House {
    fn keeping(mut self, acks_wait: bool) -> Self {
        self.hub.keep(loaded(), acks_wait);
        self
    }

    fn batch(&mut self) -> Batch {
        self.hub.take_batch().unwrap()
    }

    /// What was said by the messages of a batch, in their order.
    fn texts(batch: &Batch) -> Vec<&str> {
        batch.messages.iter().map(|message| message.text).collect()
    }
}

#[test]
fn an_acknowledgement_waits_for_the_disk_and_nobody_else_does() {
    let mut house = keeping(true);
    let (ana, eva) = (house.netcat(), house.native("eva"));
    house.reads(ana);
    house.says_in(eva, "lobby", "one");
    assert_eq!(house.reads(ana), "eva: one\n");
    let batch = house.batch();
    house.says_in(eva, "lobby", "two");
    assert_eq!(house.reads(eva), "");
    assert_eq!(House::texts(&batch), ["one"]);
    assert!(house.hub.take_batch().is_none(), "one at a time");
    assert!(!house.hub.batch_is_written(false));
    let acks = house.reads(eva);
    assert!(acks.lines().count() == 1 && acks.contains(r#""durable":true"#), "{acks}");
    let batch = house.batch();
    assert_eq!(House::texts(&batch), ["two"], "what was said meanwhile is the next batch");
    house.hub.batch_is_written(false);
    assert!(house.reads(eva).contains(r#""durable":true"#));
    assert!(!house.hub.has_unsaved());
}

#[test]
fn in_trouble_nobody_waits_and_nothing_is_promised() {
    let mut house = keeping(true);
    let eva = house.native("eva");
    house.says_in(eva, "lobby", "one");
    house.batch();
    house.says_in(eva, "lobby", "two");
    assert!(house.hub.store_is_in_trouble("no space left"), "that is news");
    assert_eq!(house.reads(eva).matches(r#""durable":false"#).count(), 2);
    assert!(!house.hub.store_is_in_trouble("no space left"), "that is not");
    house.says_in(eva, "lobby", "three");
    assert!(house.reads(eva).contains(r#""durable":false"#));
    assert_eq!(house.hub.keeping().trouble.as_deref(), Some("no space left"));
    assert!(house.hub.batch_is_written(false), "the end of it");
    assert_eq!(House::texts(&house.batch()), ["two", "three"], "nothing is lost");
    assert_eq!(house.hub.keeping(), Keeping { is_on: true, ..Keeping::default() });
}

#[test]
fn where_acknowledgements_do_not_wait_they_promise_nothing() {
    let mut house = keeping(false);
    let eva = house.native("eva");
    house.says_in(eva, "lobby", "one");
    let ack = house.reads(eva);
    assert!(ack.contains(r#""type":"ack""#) && !ack.contains("durable"), "{ack}");
}

#[test]
fn whoever_leaves_learns_what_is_known_before_the_last_word() {
    let mut house = keeping(true);
    let eva = house.native("eva");
    house.says_in(eva, "lobby", "one");
    house.asks(eva, "", Command::Quit);
    let told = house.reads(eva);
    let lines: Vec<_> = told.lines().collect();
    assert!(lines[0].contains(r#""durable":false"#) && lines[1].contains(r#""type":"bye""#), "{told}");
}

#[test]
fn what_the_store_has_not_got_stays_in_memory_for_a_while_and_is_counted_when_it_goes() {
    let mut house = House::retaining(64 * 1024, 10_000);
    house.hub.keep(Loaded { reserved: POSITIONS_AHEAD, next_conversation: 1, ..Loaded::default() }, true);
    let ana = house.netcat();
    let text = "x".repeat(1000);
    for _ in 0..45 {
        house.says(ana, &text);
    }
    house.hub.store_is_in_trouble("slow");
    assert_eq!(house.hub.keeping().lost, 0, "twice as much as may be is held");
    for _ in 0..1000 {
        house.says(ana, &text);
    }
    let lost = house.hub.keeping().lost;
    let kept = std::iter::from_fn(|| {
        let batch = house.hub.take_batch()?;
        house.hub.batch_is_written(false);
        Some(batch.messages.len() as u64)
    });
    assert_eq!(kept.sum::<u64>() + lost, 1045);
    assert!(lost > 900, "{lost}");
}

#[test]
fn rooms_topics_people_and_what_waits_are_there_again() {
    let mut house = keeping(true);
    let (ana, bob) = (house.native("ana"), house.named("bob"));
    house.joins(ana, "ops");
    house.asks(ana, "", Command::Topic { room: Some("ops".into()), topic: Some("disk".into()) });
    house.leaves(bob, None);
    house.says_in(ana, "@bob", "call me");
    let mut kept = Vec::new();
    while house.hub.has_unsaved() {
        kept.push(house.batch());
        house.hub.batch_is_written(false);
    }
    let conversations: Vec<_> = kept.iter().flat_map(|batch| batch.conversations.clone()).collect();
    let names: Vec<_> = conversations.iter().map(|it| (it.kind, it.name.as_str())).collect();
    assert!(
        names.contains(&(ConversationKind::Room, "ops"))
            && names.contains(&(ConversationKind::Direct, "ana\nbob")),
        "{names:?}"
    );
    let messages: Vec<_> = kept.iter().flat_map(|batch| batch.messages.iter()).collect();
    let loaded = Loaded {
        floor: 1000,
        reserved: 2000,
        next_conversation: 9,
        people: kept.iter().flat_map(|batch| batch.people.clone()).collect(),
        marks: kept.iter().flat_map(|batch| batch.marks.clone()).collect(),
        conversations,
        ..Loaded::default()
    };

    let mut house = House::open();
    house.hub.keep(loaded, true);
    let bob = house.netcat();
    assert!(house.joins(bob, "OPS").contains("* you talk in #ops now; nobody else is here. Topic: disk\n"));
    house.asks(bob, "", Command::Nick("bob".into()));
    house.reads(bob);
    let wanted = house.hub.take_outputs().into_iter().find_map(|output| match output {
        Output::LookUp(lookup) => Some(lookup),
        Output::Check(_) | Output::Close(_) | Output::Occurred { .. } => None,
    });
    let lookup = wanted.expect("what waits is read from the store");
    let Wanted::Page { conversation, .. } = lookup.what else { panic!("{lookup:?}") };
    house.says(bob, "first");
    let (page, next) = (messages.iter().filter(|it| it.conversation == conversation), None);
    let page: Vec<_> = page.map(|message| message.owned()).collect();
    house.hub.found(house.now, lookup.id, lookup.ticket, None);
    assert!(house.reads(bob).starts_with("* what was said before cannot be read now"));
    house.leaves(bob, None);
    let bob = house.netcat();
    house.asks(bob, "", Command::Nick("BOB".into()));
    house.reads(bob);
    let again = house.hub.take_outputs().into_iter().find_map(|output| match output {
        Output::LookUp(lookup) => Some(lookup),
        Output::Check(_) | Output::Close(_) | Output::Occurred { .. } => None,
    });
    let lookup = again.expect("it waits on");
    house.hub.found(house.now, lookup.id, lookup.ticket, Some(Found::Page(page, next)));
    assert_eq!(house.reads(bob), "@ana: call me\n");
    let batch = house.batch();
    assert!(batch.messages.iter().all(|message| message.position > 1000), "{batch:?}");
}

#[test]
fn no_position_is_given_that_was_not_reserved() {
    let mut house = House::open();
    house.hub.keep(Loaded { reserved: 3, next_conversation: 1, ..Loaded::default() }, true);
    let eva = house.native("eva");
    house.says_in(eva, "lobby", "two");
    house.says_in(eva, "lobby", "three");
    house.says_in(eva, "lobby", "four");
    assert_eq!(house.reads(eva).matches(r#""code":"store_failed""#).count(), 1);
    let batch = house.batch();
    assert_eq!((batch.reserve_to, batch.messages.len()), (Some(3 + POSITIONS_AHEAD), 2));
    house.hub.batch_is_written(false);
    house.says_in(eva, "lobby", "four");
    assert_eq!(House::texts(&house.batch()), ["four"]);
}

#[test]
fn comings_and_goings_take_no_position_that_was_not_reserved_either() {
    let mut house = House::open();
    house.hub.keep(Loaded { reserved: 2, next_conversation: 1, ..Loaded::default() }, true);
    let (ana, _bob, _eva) = (house.netcat(), house.native("bob"), house.native("eva"));
    house.native("kim");
    assert_eq!(house.reads(ana), "* bob joined\n* eva joined\n");
    house.asks(ana, "", Command::Topic { room: None, topic: Some("tea".into()) });
    assert!(house.reads(ana).contains("the relay's store has failed for too long"));
    house.batch();
    house.hub.batch_is_written(false);
    house.native("lea");
    assert_eq!(house.reads(ana), "* lea joined (and 1 other came or went)\n");
}

#[test]
fn a_batch_holds_about_eight_mebibytes() {
    let mut house = House::retaining(64 << 20, 10_000);
    house.hub.keep(Loaded { reserved: POSITIONS_AHEAD, next_conversation: 1, ..Loaded::default() }, true);
    let ana = house.netcat();
    let text = "x".repeat(4000);
    for _ in 0..3500 {
        house.says(ana, &text);
        house.reads(ana);
    }
    let sizes: Vec<usize> = std::iter::from_fn(|| {
        let batch = house.hub.take_batch()?;
        house.hub.batch_is_written(false);
        Some(batch.messages.iter().map(|message| message.text.len()).sum())
    })
    .collect();
    assert!(sizes.len() == 2 && sizes.iter().all(|bytes| *bytes <= (8 << 20) + 4000), "{sizes:?}");
    assert_eq!(sizes.iter().sum::<usize>() / 4000, 3500);
}

#[test]
fn so_many_wait_for_the_disk_and_no_more() {
    let mut house = House::retaining(1 << 30, 1 << 20).keeping(true);
    let eva = house.native("eva");
    house.batch();
    for _ in 0..65_536 {
        house.says(eva, "x");
    }
    assert_eq!((house.reads(eva).as_str(), house.hub.keeping().trouble), ("", None));
    house.says(eva, "one too many");
    assert!(house.hub.keeping().trouble.unwrap().contains("does not keep up"));
    assert_eq!(house.reads(eva).matches(r#""durable":false"#).count(), 65_537);
}

#[test]
fn a_disk_that_stays_slow_is_one_trouble_until_it_is_quick_again() {
    let mut house = keeping(true);
    let eva = house.native("eva");
    for _ in 0..3 {
        house.says(eva, "x");
        house.batch();
        house.hub.store_is_in_trouble("slow");
        assert!(!house.hub.batch_is_written(true));
        assert!(house.hub.keeping().trouble.is_some());
    }
    house.says(eva, "x");
    assert_eq!(house.reads(eva).matches(r#""durable":false"#).count(), 4, "nobody waits for it");
    house.batch();
    assert!(house.hub.batch_is_written(false), "the end of it");
}

#[test]
fn what_left_the_memory_unkept_is_not_said_to_be_kept_and_may_be_sent_again() {
    let mut house = House::retaining(8192, 16);
    house.hub.keep(Loaded { reserved: POSITIONS_AHEAD, next_conversation: 1, ..Loaded::default() }, true);
    let eva = house.back("eva", &[]);
    let says = |house: &mut House, id: usize| {
        let text = format!("message {id}").into();
        house.asks(eva, &id.to_string(), Command::Say { room: None, text, action: false });
    };
    (0..100).for_each(|id| says(&mut house, id));
    let told = house.reads(eva);
    assert!(told.contains(r#""id":"0""#) && !told.contains(r#""durable":true"#), "{told}");
    let kept = house.batch();
    house.hub.batch_is_written(false);
    let told = house.reads(eva);
    assert_eq!(told.matches(r#""durable":true"#).count(), kept.messages.len(), "{told}");
    says(&mut house, 0);
    assert_eq!(House::texts(&house.batch()), ["message 0"]);
    says(&mut house, 99);
    assert!(
        house.reads(eva).contains(r#""id":"99","room":"lobby","pos":101,"#),
        "what was kept is where it was"
    );
}

#[test]
fn the_last_batch_has_what_could_not_be_written_before_and_all_positions() {
    let mut house = keeping(true);
    let (eva, _bob) = (house.native("eva"), house.native("bob"));
    house.asks(eva, "", Command::Join { room: Some("attic".into()) });
    house.says_in(eva, "lobby", "one");
    house.batch();
    house.hub.store_is_in_trouble("no space left");
    house.says_in(eva, "lobby", "two");
    let last = house.hub.last_batch();
    assert_eq!(House::texts(&last), ["one", "two"]);
    assert!(last.people.iter().any(|person| person.nick == "eva"));

    let (mut before, mut after) = (keeping(true), House::open());
    let _ana = before.native("ana");
    let conversations = before.hub.last_batch().conversations;
    after.hub.keep(Loaded { reserved: POSITIONS_AHEAD, conversations, ..Loaded::default() }, true);
    let reader = after.netcat();
    after.native("kim");
    assert_eq!(after.reads(reader), "* kim joined\n");
    assert_eq!(after.hub.rooms[LOBBY].timeline.oldest(), 2, "the place of ana's coming is taken");
}

#[test]
fn what_is_sent_again_under_another_name_is_where_it_was() {
    let mut house = keeping(true);
    house.native("bob");
    let guest = house.from("127.0.0.1").unwrap();
    let come = |house: &mut House, guest: Guest| {
        house.hub.choose(house.now, guest.0, &NATIVE);
        house.asks(guest, "", Command::Hello(Hello { client: Some("a run".into()), ..hello() }));
        house.reads(guest);
        house.asks(guest, "7", Command::Say { room: Some("@bob".into()), text: "hi".into(), action: false });
        assert!(house.reads(guest).contains(r#""id":"7","room":"@bob","pos":1"#));
    };
    come(&mut house, guest);
    house.leaves(guest, None);
    let again = house.from("127.0.0.1").unwrap();
    come(&mut house, again);
}

#[test]
fn how_far_two_people_have_read_is_written_when_it_was_handed_out() {
    let mut house = keeping(true);
    let (ana, eva) = (house.native("ana"), house.native("eva"));
    house.batch();
    house.hub.batch_is_written(false);
    house.asks(ana, "", Command::Say { room: Some("@eva".into()), text: "psst".into(), action: false });
    let read = |batch: Batch| {
        let mark = batch.marks.into_iter().find(|mark| mark.key == "eva");
        mark.map(|mark| mark.position)
    };
    assert_eq!(read(house.batch()), Some(0));
    house.hub.batch_is_written(false);
    assert!(house.reads(eva).contains("psst"));
    // Nobody says anything more, and nobody leaves.
    assert_eq!(read(house.batch()), Some(1));
    house.hub.batch_is_written(false);
    assert!(!house.hub.has_unsaved());
}

impl House {
    /// Says something in a room of its own, and leaves it when that is written.
    fn leaves_words_in(&mut self, guest: Guest, room: &str) {
        assert!(self.joins(guest, room).contains(r#""type":"joined""#), "{room}");
        self.says_in(guest, room, room);
        self.parts(guest, room);
        self.hands_out();
        while self.hub.take_batch().is_some() {
            self.hub.batch_is_written(false);
        }
        self.waits(Duration::from_secs(1));
    }
}

#[test]
fn rooms_whose_words_are_kept_sleep_where_there_are_too_many_and_wake_when_somebody_comes() {
    let mut house = House::with(Settings { rooms_max: 3, ..settings() }).keeping(false);
    let eva = house.native("eva");
    for number in 0..3 * ASLEEP_FOR_EACH_MAX + 2 {
        house.leaves_words_in(eva, &format!("room{number}"));
    }
    let timelines = house.hub.rooms.iter().filter(|(_, room)| room.timeline.has_messages()).count();
    assert_eq!((house.hub.rooms.asleep(), timelines), (12, 2), "the oldest are asleep");
    assert!(house.joins(eva, "one more").contains("bad_room"));
    assert!(house.joins(eva, "another").contains("too_many_rooms"), "at the bound of those who are asleep");
    let woken = house.joins(eva, "room0");
    assert!(woken.contains(r#""type":"joined""#) && !woken.contains(r#""pos":0"#), "{woken}");
    assert_eq!(house.hub.rooms.asleep(), 11);
    house.says_in(eva, "room0", "again");
    assert_eq!(House::texts(&house.batch()), ["again"], "what was written is not written again");
    house.hub.batch_is_written(false);
    let kept = house.hub.all_but_messages().conversations;
    assert_eq!(kept.len(), 14, "a new store knows all of them");
}

#[test]
fn a_room_whose_words_are_not_all_kept_does_not_sleep() {
    let mut house = House::with(Settings { rooms_max: 2, ..settings() }).keeping(false);
    let eva = house.native("eva");
    house.joins(eva, "one");
    house.says_in(eva, "one", "hi");
    house.parts(eva, "one");
    house.hands_out();
    assert!(house.joins(eva, "two").contains("too_many_rooms"), "nothing of it is written");
    house.batch();
    assert!(house.joins(eva, "two").contains("too_many_rooms"), "it is being written");
    house.hub.batch_is_written(false);
    assert!(house.joins(eva, "two").contains(r#""type":"joined""#));
}
