//! Those who have business in some rooms only: they are nowhere else, and scripts among them come and go unannounced.

use lanchat_protocol::client::Place;
use lanchat_protocol::order::Order;
use lanchat_protocol::role::Role;

use super::*;
use crate::hub::Asked;

impl House {
    /// A script that is in these rooms and nowhere else; what it is told.
    fn script(&mut self, nick: &str, rooms: &[&str]) -> (Guest, String) {
        let guest = self.from("127.0.0.1").unwrap();
        self.hub.choose(self.now, guest.0, &NATIVE);
        let place = |room: &&str| Place { room: (*room).to_owned().into(), pos: None };
        let rooms = rooms.iter().map(place).collect();
        let nick = Some(nick.to_owned().into());
        let hello = Hello { nick, kind: Kind::Pipe, rooms, rooms_only: true, ..hello() };
        self.asks(guest, "", Command::Hello(hello));
        (guest, self.reads(guest))
    }

    fn people_of(&mut self, guest: Guest, room: &str) -> String {
        self.asks(guest, "9", Command::Who { room: Some(room.to_owned().into()) });
        self.reads(guest)
    }
}

#[test]
fn who_is_in_some_rooms_only_is_not_in_the_lobby() {
    let mut house = House::open();
    let (ana, early) = (house.native("ana"), house.from("127.0.0.1").unwrap());
    house.says_in(ana, "lobby", "before");
    let (script, told) = house.script("deploy", &["ops"]);
    assert!(told.contains(r#""rooms":[{"room":"ops","pos":0}]"#), "{told}");
    assert_eq!(house.rooms_of(script), ["ops"]);
    house.says_in(ana, "lobby", "lunch");
    assert_eq!(house.reads(script), "", "nothing of the lobby is for it");
    house.says(script, "hi");
    assert!(house.reads(script).contains("no_such_room"), "it does not talk there either");
    assert!(!house.people_of(ana, "lobby").contains("deploy"));
    let (nowhere, told) = house.script("look", &[]);
    assert!(told.contains(r#""rooms":[],"#), "{told}");
    assert!(house.people_of(nowhere, "lobby").contains(r#""nick":"ana""#), "but it may ask");
    let (here, told) = house.script("here", &["#Lobby"]);
    assert!(told.contains(r#""rooms":[{"room":"lobby""#), "{told}");
    assert!(house.people_of(ana, "lobby").contains(r#""nick":"here""#));
    house.says(here, "hi");
    assert!(house.reads(ana).contains(r#""text":"hi""#));
    house.leaves(early, None);
    house.says_in(script, "@ana", "psst");
    assert!(house.reads(ana).contains(r#""room":"@deploy""#));
    house.says_in(ana, "@deploy", "psst");
    assert!(house.reads(script).contains(r#""room":"@ana""#));
    let lobby = house.joins(script, "lobby");
    assert!(lobby.contains(r#""type":"joined""#), "it may come in later: {lobby}");
    house.says_in(ana, "lobby", "welcome");
    assert!(house.reads(script).contains(r#""text":"welcome""#));
}

#[test]
fn a_script_comes_and_goes_unannounced_whatever_it_says_and_is_there_meanwhile() {
    let mut house = House::open();
    let (ana, bob) = (house.native("ana"), house.netcat());
    house.joins(ana, "ops");
    house.joins(bob, "ops");
    house.reads(ana);
    let (script, _) = house.script("deploy", &["ops", "lobby"]);
    assert!(house.people_of(ana, "ops").contains(r#""nick":"deploy""#));
    house.says_in(script, "ops", "done");
    house.asks(script, "1", Command::Away { reason: None });
    house.asks(script, "2", Command::Nick("deploy2".into()));
    house.parts(script, "ops");
    house.joins(script, "ops");
    house.leaves(script, None);
    let heard = house.reads(ana);
    assert!(heard.contains(r#""text":"done""#) && !heard.contains("presence"), "{heard}");
    assert_eq!(house.reads(bob), "deploy: done\n");
    let (script, _) = house.script("deploy", &[]);
    house.is_given(script, Role::Member);
    let eva = house.native("eva");
    assert!(house.reads(ana).contains(r#""nick":"eva","change":"joined""#));
    house.leaves(eva, None);
    assert!(house.reads(ana).contains(r#""nick":"eva","change":"left""#), "people are told as ever");
}

#[test]
fn whoever_comes_to_some_rooms_only_has_no_other_rights_there() {
    let mut house = House::open();
    let ana = house.with_role("ana", Role::Admin);
    for (typed, room) in [("den --private", "den"), ("stage --moderated", "stage"), ("vault", "vault")] {
        house.creates(ana, typed);
        house.says_in(ana, room, "gold");
    }
    house.types(ana, Some("vault"), "/lock");
    let (script, told) = house.script("spy", &["den", "stage", "vault"]);
    assert!(told.contains(r#""rooms":[],"#) || told.contains(r#""rooms":[{"room":"stage""#), "{told}");
    assert_eq!(house.rooms_of(script), ["stage"]);
    let private = Some("den".into());
    let past = || Asked::Before { before: None, limit: None };
    house.asks(script, "1", Command::History { room: private, asked: past() });
    house.asks(script, "2", Command::History { room: Some("vault".into()), asked: past() });
    house.asks(script, "3", Command::Who { room: Some("den".into()) });
    let told = house.reads(script);
    assert_eq!(told.matches("no_such_room").count(), 3, "{told}");
    assert!(!told.contains("gold"));
    house.says_in(script, "stage", "hi");
    let told = house.reads(script);
    assert_eq!(House::refusal(&told).as_deref(), Some("not_allowed"), "{told}");
    house.leaves(script, None);
    house.asks(ana, "1", Command::Order { room: None, order: Order::parse("ban", "spy").unwrap() });
    let (spy, told) = house.script("spy", &[]);
    assert!(told.contains("\"banned\"") && told.contains("\"bye\""), "{told}");
    assert!(house.hub.is_closing(spy.0));
}

#[test]
fn whoever_was_put_out_of_the_lobby_and_does_not_come_back_to_it_hears_nothing_of_that() {
    let mut house = House::open();
    let ana = house.with_role("ana", Role::Admin);
    let bob = house.native("bob");
    house.types(ana, Some("lobby"), "/kick bob");
    house.leaves(bob, None);
    let (_, told) = house.script("bob", &["ops"]);
    assert!(told.contains("welcome") && !told.contains("room_locked") && !told.contains("parted"), "{told}");
    let (_, told) = house.script("bob2", &["lobby"]);
    assert!(told.contains(r#""rooms":[{"room":"lobby""#), "{told}");
}

#[test]
fn a_guest_who_has_to_log_in_first_is_not_in_the_lobby_either() {
    let mut house = House::with(Settings { needs_login: true, ..settings() });
    let (script, told) = house.script("deploy", &["ops"]);
    assert!(told.contains(r#""type":"welcome""#) && told.contains(r#""rooms":[],"#), "{told}");
    house.hub.configure(house.now, settings());
    assert_eq!(house.rooms_of(script), [""; 0]);
}
