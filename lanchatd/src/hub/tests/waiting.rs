//! What waits for a person: for whom, for how long, and that nothing of it is lost unsaid.

use super::*;

impl House {
    fn renamed(&mut self, guest: Guest, nick: &str) -> String {
        self.asks(guest, "", Command::Nick(nick.to_owned().into()));
        self.reads(guest)
    }
}

#[test]
fn what_is_for_somebody_who_has_gone_is_not_for_who_looks_like_them() {
    let mut house = House::open();
    let (bob, iana) = (house.native("bob"), house.named("Iana"));
    house.leaves(iana, None);
    let lana = house.named("lana");
    house.reads(bob);
    for nick in ["iana", "Iana"] {
        house.says_in(bob, &format!("@{nick}"), "for you alone");
        let ack = house.reads(bob);
        assert!(ack.contains(r#""room":"@Iana""#) && ack.contains(r#""waits":true"#), "{ack}");
    }
    assert_eq!(house.reads(lana), "");
    house.leaves(lana, None);
    let iana = house.netcat();
    assert_eq!(house.renamed(iana, "iana").matches("@bob: for you alone").count(), 2);
}

#[test]
fn a_guest_is_not_the_person_who_took_the_nick_of_one() {
    let mut house = House::open();
    let (ana, person) = (house.native("ana"), house.named("guest3"));
    house.says_in(ana, "@guest3", "for the person");
    house.leaves(person, None);
    let (_, guest) = (house.netcat(), house.netcat());
    house.asks(guest, "", Command::Whois("guest3".into()));
    assert!(house.reads(guest).contains("guest3"));
    let ids = [house.netcat(), house.netcat()];
    let is_third = |guest: &Guest| house.hub.sessions[guest.0.slot].nick.as_deref() == Some("guest3");
    let third = [guest].into_iter().chain(ids).find(is_third).unwrap();
    house.reads(ana);
    house.says_in(ana, "@guest3", "for the guest");
    assert!(!house.reads(ana).contains("waits"));
    assert_eq!(house.reads(third), "@ana: for the guest\n");
    assert!(house.renamed(third, "guest3").contains("@ana: for the person"), "whoever takes the name has it");
}

#[test]
fn what_a_guest_says_to_somebody_who_is_not_here_waits_although_the_guest_goes() {
    let mut house = House::open();
    let (guest, bob) = (house.netcat(), house.named("bob"));
    house.leaves(bob, None);
    house.says_in(guest, "@bob", "call me");
    assert!(house.reads(guest).contains("your message waits for them\n"));
    house.leaves(guest, None);
    let bob = house.netcat();
    assert!(house.renamed(bob, "bob").ends_with("@guest1: call me\n"));
    house.hands_out();
    assert_eq!(house.hub.room_count(), 1, "nobody can say more there");
}

#[test]
fn strangers_who_come_and_go_do_not_fill_the_relay_with_what_they_said_to_somebody() {
    let mut house = House::with(Settings { rooms_max: 4, ..settings() });
    let bob = house.named("bob");
    for number in 0..20 {
        let guest = house.netcat();
        house.says_in(guest, "@bob", "hi");
        assert!(!house.reads(guest).contains("rooms"), "stranger {number}");
        house.leaves(guest, None);
        let got = house.hands_out();
        assert!(got[&bob.0.slot].ends_with(": hi\n"));
        house.hands_out();
    }
    assert_eq!(house.hub.room_count(), 1);
}

#[test]
fn nobody_hears_what_they_said_themselves_when_they_come_back_spelled_otherwise() {
    let mut house = House::open();
    let (ana, bob) = (house.named("ana"), house.named("bob"));
    house.says_in(ana, "@bob", "one");
    house.says_in(bob, "@ana", "two");
    house.says_in(ana, "@bob", "three");
    house.leaves(bob, Some("connection lost"));
    let bob = house.netcat();
    assert_eq!(house.renamed(bob, "BOB"), "* you are now BOB\n@ana: one\n@ana: three\n");
    house.says_in(ana, "@bob", "four");
    assert_eq!(house.reads(bob), "@ana: four\n");
}

#[test]
fn somebody_who_comes_back_is_told_what_could_not_wait_any_longer() {
    let mut house = House::retaining(1 << 20, 32);
    let (ana, bob) = (house.native("ana"), house.named("bob"));
    house.says_in(bob, "@ana", "my own is not missed");
    house.leaves(bob, None);
    (0..100).for_each(|_| house.says_in(ana, "@bob", "x"));
    let bob = house.netcat();
    let told = house.renamed(bob, "bob");
    let heard = told.matches("@ana: x\n").count();
    assert!(
        (20..=32).contains(&heard) && told.contains(&format!("* {} messages skipped", 100 - heard)),
        "{told}"
    );
    assert_eq!(house.hub.totals().messages_skipped, 100 - heard as u64);
}

#[test]
fn what_a_full_socket_did_not_take_waits_for_a_person_who_is_kicked() {
    let mut house = House::open();
    let (ana, bob) = (house.native("ana"), house.named("bob"));
    house.says_in(ana, "@bob", "before");
    house.hands_out_but(bob, 0);
    house.says_in(ana, "@bob", "and after");
    house.hub.kick(house.now, bob.0, None);
    house.leaves(bob, None);
    let bob = house.netcat();
    assert!(house.renamed(bob, "bob").ends_with("@ana: before\n@ana: and after\n"));
    assert_eq!(house.hub.totals().messages_skipped, 0);
}

#[test]
fn nobody_who_is_here_is_forgotten_with_what_waits_for_them() {
    let mut house = House::with(Settings { people_max: 2, ..settings() });
    let (ana, bob) = (house.native("ana"), house.named("bob"));
    for nick in ["one", "two", "three"] {
        house.waits(Duration::from_secs(1));
        let guest = house.named(nick);
        house.leaves(guest, None);
    }
    house.says_in(ana, "@bob", "hi");
    house.leaves(bob, None);
    house.says_in(ana, "@bob", "are you there?");
    assert!(house.reads(ana).contains(r#""waits":true"#));
    let bob = house.netcat();
    assert!(house.renamed(bob, "bob").ends_with("@ana: hi\n@ana: are you there?\n"));
}

#[test]
fn whoever_wrote_first_is_heard_first() {
    let mut house = House::open();
    let (ana, bob, eva) = (house.named("ana"), house.named("bob"), house.named("eva"));
    house.leaves(ana, None);
    house.says_in(bob, "@ana", "first");
    house.says_in(eva, "@ana", "second");
    let ana = house.netcat();
    assert!(house.renamed(ana, "ana").ends_with("@bob: first\n@eva: second\n"));
}

#[test]
fn whoever_leaves_a_room_is_told_what_their_full_socket_did_not_take() {
    let mut house = House::open();
    let (ana, eva) = (house.native("ana"), house.named("eva"));
    house.joins(ana, "ops");
    house.joins(eva, "ops");
    house.hands_out_but(eva, 0);
    (0..3).for_each(|_| house.says_in(ana, "ops", "x"));
    house.hands_out_but(eva, 0);
    house.asks(eva, "", Command::Part { room: None });
    let told = house.reads(eva);
    assert!(told.starts_with("* 3 messages skipped"), "{told}");
    assert_eq!(house.hub.totals().messages_skipped, 3);
}

#[test]
fn the_goodbye_comes_last_for_one_who_did_not_read_its_answers() {
    let mut house = House::open();
    let eva = house.native("eva");
    for _ in 0..1_000 {
        house.asks(eva, &"x".repeat(60), Command::Ping);
    }
    house.hands_out_but(eva, 0);
    house.hub.kick(house.now, eva.0, None);
    let told = house.reads(eva);
    assert!(told.contains("answers_dropped") && told.lines().last().unwrap().contains("kicked"));
}

#[test]
fn whoever_is_hidden_is_meant_however_they_are_written() {
    let mut house = House::open();
    let (ana, bob, eva) = (house.named("ana"), house.named("BoΣ"), house.native("eva"));
    house.hands_out();
    house.asks(ana, "", Command::Ignore(Some("B0Σ".into())));
    house.reads(ana);
    house.says(bob, "noise");
    house.says(eva, "news");
    assert_eq!(house.hands_out()[&ana.0.slot], "eva: news\n");
    house.asks(ana, "", Command::Unignore("BOΣ".into()));
    assert_eq!(house.reads(ana), "* you hear everybody\n");
}

#[test]
fn nobody_is_told_that_they_missed_whom_they_hide() {
    let mut house = House::retaining(1 << 20, 32);
    let (ana, bob, eva) = (house.named("ana"), house.named("bob"), house.native("eva"));
    house.asks(ana, "", Command::Ignore(Some("bob".into())));
    house.reads(ana);
    house.says(eva, "first");
    house.hands_out_but(ana, 0);
    (0..100).for_each(|_| house.says(bob, "noise"));
    assert_eq!(house.reads(ana), "* 1 message skipped: your connection took them too slowly\n");
}

#[test]
fn somebody_whom_there_was_no_room_to_remember_is_remembered_when_there_is() {
    let full = Settings { people_max: 2, ..settings() };
    let mut house = House::with(full);
    let (ana, bob) = (house.named("ana"), house.named("bob"));
    house.says_in(ana, "@bob", "we two fill it");
    let eva = house.named("eva");
    house.says_in(ana, "@eva", "hello");
    house.hands_out_but(eva, 0);
    house.hub.configure(house.now, settings());
    house.hub.kick(house.now, eva.0, None);
    house.leaves(eva, None);
    house.leaves(bob, None);
    let eva = house.netcat();
    assert!(house.renamed(eva, "eva").ends_with("@ana: hello\n"));
}
