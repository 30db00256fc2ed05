//! A private room is not there for those who are not in it.

use lanchat_protocol::client::Place;

use super::*;
use crate::hub::Asked;

/// All that somebody could ask about a room.
fn questions(room: &str) -> Vec<Command<'static>> {
    let room = || Some(room.to_owned().into());
    let order = |order| Command::Order { room: room(), order };
    vec![
        Command::Who { room: room() },
        Command::Part { room: room() },
        Command::Topic { room: room(), topic: None },
        Command::Topic { room: room(), topic: Some("mine".into()) },
        Command::Say { room: room(), text: "hi".into(), action: false },
        Command::History { room: room(), asked: Asked::Before { before: None, limit: None } },
        order(Order::Lock),
        order(Order::Unlock),
        order(Order::Private { on: false }),
        order(Order::Moderated { on: true }),
        order(Order::Slow { seconds: 1 }),
        order(Order::Kick { nick: "ana".into(), reason: None }),
        order(Order::Invite { nick: "bob".into() }),
    ]
}

#[test]
fn what_is_asked_about_a_private_room_is_answered_as_if_there_were_none() {
    let mut house = House::open();
    let (ana, bob) = (house.with_role("ana", Role::Member), house.with_role("bob", Role::Member));
    house.creates(ana, "den --private");
    house.asks(ana, "", Command::Topic { room: Some("den".into()), topic: Some("gold".into()) });
    house.says_in(ana, "den", "gold");
    for name in ["den", "DEN", "#den"] {
        for (about, nothing) in
            questions(name).into_iter().zip(questions(&name.replace("en", "an").replace("EN", "AN")))
        {
            house.asks(bob, "1", about);
            let told = house.reads(bob);
            house.asks(bob, "1", nothing);
            let should = house.reads(bob).replace("dan", "den").replace("DAN", "DEN");
            assert_eq!(told, should);
            assert_eq!(House::refusal(&told).as_deref(), Some("no_such_room"), "{told}");
        }
    }
    house.asks(bob, "1", Command::Rooms);
    house.asks(bob, "2", Command::Whois("ana".into()));
    let told = house.reads(bob);
    assert!(!told.contains("den") && !told.contains("gold") && told.contains("lobby"), "{told}");
    house.reads(ana);
    house.asks(ana, "1", Command::Rooms);
    house.asks(ana, "2", Command::Whois("ana".into()));
    assert_eq!(house.reads(ana).matches(r#""den""#).count(), 2, "who is in it sees it");
}

#[test]
fn a_private_room_is_entered_by_invitation_also_where_a_client_comes_back() {
    let mut house = House::open();
    let (ana, bob) = (house.with_role("ana", Role::Member), house.with_role("bob", Role::Member));
    house.creates(ana, "den --private");
    house.says_in(ana, "den", "gold");
    let back = |house: &mut House| {
        let guest = house.from("127.0.0.1").unwrap();
        house.hub.choose(house.now, guest.0, &NATIVE);
        let rooms = vec![Place { room: "den".into(), pos: Some(0) }];
        let history = Some(house.hub.history.to_string().into());
        let nick = Some("cat".into());
        house.asks(guest, "", Command::Hello(Hello { nick, history, rooms, backlog: Some(9), ..hello() }));
        let told = house.reads(guest);
        house.leaves(guest, None);
        told
    };
    let told = back(&mut house);
    assert!(told.contains("not_invited") && !told.contains("gold"), "{told}");
    let told = house.joins(bob, "den");
    assert_eq!(House::refusal(&told).as_deref(), Some("not_invited"));
    house.types(ana, Some("den"), "/invite bob");
    let told = house.reads(bob);
    assert!(told.contains(r#""measure":"invited","room":"den""#) && told.contains(r#""you":true"#), "{told}");
    assert!(house.joins(bob, "den").contains("joined"));
    house.parts(bob, "den");
    assert!(house.joins(bob, "den").contains("joined"), "the invitation is the account's");
    house.types(ana, Some("den"), "/kick bob");
    house.waits(Duration::from_mins(2));
    assert!(house.joins(bob, "den").contains("not_invited"), "until somebody puts them out");
}

#[test]
fn the_invitation_of_a_guest_is_not_that_of_the_next_one_with_the_name() {
    let mut house = House::open();
    let (ana, bob) = (house.with_role("ana", Role::Member), house.native("bob"));
    house.creates(ana, "den --private");
    house.types(ana, Some("den"), "/invite bob");
    assert!(house.joins(bob, "den").contains("joined"));
    house.leaves(bob, None);
    let bob = house.native("bob");
    assert!(house.joins(bob, "den").contains("not_invited"));
}

#[test]
fn an_invitation_is_not_to_another_room_in_the_same_place() {
    let mut house = House::open();
    let (ana, bob) = (house.with_role("ana", Role::Member), house.native("bob"));
    house.joins(ana, "ops");
    house.types(ana, Some("ops"), "/invite bob");
    house.parts(ana, "ops");
    house.creates(ana, "den --private");
    assert!(house.joins(bob, "den").contains("not_invited"));
}

#[test]
fn whoever_is_somebody_else_or_less_than_before_has_no_seat_in_a_private_room() {
    let mut house = House::open();
    let (ana, bob) = (house.with_role("ana", Role::Member), house.with_role("bob", Role::Member));
    let (kim, eva) = (house.with_role("kim", Role::Moderator), house.native("eva"));
    let zoe = house.with_role("zoe", Role::Member);
    house.creates(ana, "den --private");
    for nick in ["bob", "eva", "zoe"] {
        house.types(ana, Some("den"), &format!("/invite {nick}"));
    }
    for guest in [bob, kim, eva, zoe] {
        assert!(house.joins(guest, "den").contains("joined"));
    }
    house.asks(bob, "1", Command::Logout);
    house.hub.set_user_role(house.now, "kim", Role::Member).unwrap();
    house.hub.set_user_role(house.now, "zoe", Role::Moderator).unwrap();
    house.hub.remove_user(house.now, "ana").unwrap();
    let den = house.hub.rooms.named(&lanchat_protocol::names::RoomName::parse("den").unwrap()).unwrap();
    let mut sits = |guest: Guest| house.hub.session(guest.0).unwrap().seat_in(den).is_some();
    assert_eq!([ana, bob, kim, eva, zoe].map(&mut sits), [false, false, false, true, true]);
    assert!(house.reads(kim).contains(r#""type":"parted""#));
}

#[test]
fn nobody_outside_learns_what_happens_in_a_private_room() {
    let mut house = House::open();
    let (ana, mel) = (house.with_role("ana", Role::Member), house.with_role("mel", Role::Member));
    let eve = house.named("eve");
    house.creates(ana, "den --private");
    house.types(ana, Some("den"), "/invite mel");
    house.joins(mel, "den");
    house.types(ana, Some("den"), "/slow 5");
    house.types(ana, Some("den"), "/op mel");
    house.asks(mel, "", Command::Topic { room: Some("den".into()), topic: Some("gold".into()) });
    house.parts(mel, "den");
    assert_eq!(house.reads(eve), "");
}

#[test]
fn a_room_cannot_be_made_twice_and_a_guest_makes_no_private_one() {
    let mut house = House::open();
    let (ana, bob) = (house.with_role("ana", Role::Member), house.native("bob"));
    assert!(house.creates(ana, "den --private").contains(r#""type":"joined""#));
    let mel = house.with_role("mel", Role::Member);
    assert_eq!(House::refusal(&house.creates(mel, "den")).as_deref(), Some("room_exists"));
    assert_eq!(House::refusal(&house.creates(mel, "lobby")).as_deref(), Some("room_exists"));
    assert_eq!(House::refusal(&house.creates(bob, "hole --private")).as_deref(), Some("not_allowed"));
}
