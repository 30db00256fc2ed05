//! What is done to people and rooms, and who learns of it.

use super::*;
use crate::hub::tests::accounts::password;

const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn whoever_is_put_out_of_a_room_is_told_why_and_may_come_back_in_a_minute() {
    let mut house = House::open();
    let (ana, bob, eva) = (house.with_role("ana", Role::Member), house.native("bob"), house.named("eva"));
    for guest in [ana, bob, eva] {
        house.joins(guest, "ops");
    }
    house.reads(bob);
    house.reads(eva);
    let told = house.types(ana, Some("ops"), "/kick bob calm down");
    assert!(told.contains(r#""measure":"kicked","room":"ops""#), "{told}");
    let out = house.reads(bob);
    assert!(out.contains(r#""whom":"bob","you":true,"reason":"calm down""#), "{out}");
    assert!(out.contains(r#"{"type":"parted","room":"ops"}"#), "an older client knows this: {out}");
    assert_eq!(house.reads(eva), "* bob left (put out by ana: calm down)\n");
    assert_eq!(house.rooms_of(bob), ["lobby"]);
    let told = house.joins(bob, "ops");
    assert!(told.contains("room_locked") && told.contains(r#""retry_after_ms":60000"#), "{told}");
    house.waits(MINUTE);
    assert!(house.joins(bob, "ops").contains("joined"));
}

#[test]
fn whoever_is_muted_keeps_order_without_words_and_comes_unannounced() {
    let mut house = House::open();
    let (ana, kim) = (house.with_role("ana", Role::Member), house.with_role("kim", Role::Moderator));
    let (bob, eva) = (house.native("bob"), house.named("eva"));
    for guest in [ana, bob, eva, kim] {
        house.joins(guest, "ops");
    }
    house.types(kim, None, "/mute ana");
    house.reads(eva);
    let told = house.types(ana, Some("ops"), "/kick bob my own words");
    assert!(told.contains(r#""measure":"kicked""#) && !told.contains("my own words"), "{told}");
    assert_eq!(house.reads(eva), "* bob left (put out by ana)\n");
    let told = house.types(ana, Some("ops"), "/mute bob 1h my own words");
    assert!(told.contains(r#""measure":"muted""#) && !told.contains("my own words"), "{told}");
    house.types(kim, None, "/unmute bob");
    let loud = house.native_from("10.1.2.3", "loud");
    house.types(kim, None, "/mute loud");
    house.leaves(loud, None);
    house.reads(eva);
    let loud = house.native_from("10.1.2.3", "my-own-words");
    house.joins(loud, "ops");
    let heard = house.reads(eva);
    assert!(!heard.contains("my-own-words"), "{heard}");
    house.types(kim, None, "/unmute my-own-words");
    house.says_in(loud, "ops", "hi");
    let heard = house.reads(eva);
    assert!(heard.contains("my-own-words: hi"), "{heard}");
}

#[test]
fn an_operator_mutes_in_the_room_and_a_moderator_everywhere() {
    let mut house = House::open();
    let (ana, kim) = (house.with_role("ana", Role::Member), house.with_role("kim", Role::Moderator));
    let bob = house.native("bob");
    for guest in [ana, bob, kim] {
        house.joins(guest, "ops");
    }
    house.types(ana, Some("ops"), "/mute bob 1h spam");
    let told = house.reads(bob);
    assert!(told.contains(r#""type":"order","measure":"muted","room":"ops","pos":"#), "{told}");
    house.says_in(bob, "ops", "hi");
    let told = house.reads(bob);
    assert_eq!(House::refusal(&told).as_deref(), Some("muted"));
    assert!(told.contains("you are muted by ana, for another 1 h (spam); nothing was sent"), "{told}");
    house.says_in(bob, "lobby", "hi");
    assert!(house.reads(bob).contains("ack"));
    house.types(kim, Some("ops"), "/mute bob");
    for place in ["lobby", "ops", "@kim"] {
        house.says_in(bob, place, "hi");
        assert_eq!(House::refusal(&house.reads(bob)).as_deref(), Some("muted"), "{place}");
    }
    let told = house.types(ana, Some("ops"), "/unmute bob");
    assert!(!told.contains("error"), "her own: {told}");
    house.says_in(bob, "ops", "hi");
    assert_eq!(House::refusal(&house.reads(bob)).as_deref(), Some("muted"), "that of the moderator holds");
    house.types(kim, Some("ops"), "/unmute bob");
    house.says_in(bob, "ops", "hi");
    assert!(house.reads(bob).contains("ack"));
    let told = house.types(kim, Some("ops"), "/unmute bob");
    assert_eq!(House::refusal(&told).as_deref(), Some("no_such_ban"));
}

#[test]
fn a_mute_ends_by_itself_and_is_no_matter_of_the_connection() {
    let mut house = House::open();
    let kim = house.with_role("kim", Role::Moderator);
    let bob = house.native_from("10.1.2.3", "bob");
    house.types(kim, None, "/mute bob 1m");
    house.leaves(bob, None);
    let says = |house: &mut House, address, nick| {
        let guest = house.native_from(address, nick);
        house.says_in(guest, "lobby", "hi");
        let told = House::refusal(&house.reads(guest));
        house.leaves(guest, None);
        told
    };
    assert_eq!(says(&mut house, "10.1.2.3", "robert").as_deref(), Some("muted"), "by the address");
    assert_eq!(says(&mut house, "10.1.2.4", "bob").as_deref(), Some("muted"), "by the name");
    assert_eq!(says(&mut house, "10.1.2.4", "robert"), None);
    let mel = house.native_from("10.1.2.3", "mel");
    house.is_given(mel, Role::Member);
    house.says_in(mel, "lobby", "hi");
    assert!(house.reads(mel).contains("ack"), "who is logged in is known by that");
    house.waits(MINUTE);
    assert_eq!(says(&mut house, "10.1.2.3", "bob"), None);
}

#[test]
fn a_mute_is_not_shaken_off_by_becoming_somebody_else() {
    let mut house = House::open();
    let kim = house.with_role("kim", Role::Moderator);
    let ana = house.with_role("ana", Role::Member);
    house.joins(ana, "ops");
    let bob = house.native_from("10.1.2.3", "bob");
    let says = |house: &mut House, guest, room: &str| {
        house.says_in(guest, room, "hi");
        House::refusal(&house.reads(guest))
    };
    let registers = |house: &mut House, guest: Guest| {
        let command = Command::Register { password: password("open sesame"), invite: None };
        house.asked(guest, command)
    };
    // In one room: as another guest, and with an account.
    house.types(ana, Some("ops"), "/mute bob");
    house.leaves(bob, None);
    let bob = house.native_from("10.1.2.3", "robert");
    house.joins(bob, "ops");
    assert!(registers(&mut house, bob).contains(r#""role":"member""#));
    assert_eq!(says(&mut house, bob, "ops").as_deref(), Some("muted"));
    assert_eq!(says(&mut house, bob, "lobby"), None);
    house.types(ana, Some("ops"), "/unmute robert");
    // Everywhere: by logging out, and by registering as another guest.
    house.types(kim, None, "/mute robert");
    house.asks(bob, "2", Command::Logout);
    house.reads(bob);
    assert_eq!(says(&mut house, bob, "lobby").as_deref(), Some("muted"));
    house.leaves(bob, None);
    let bob = house.native_from("10.1.2.3", "bobby");
    assert_eq!(House::refusal(&registers(&mut house, bob)).as_deref(), Some("muted"));
}

#[test]
fn who_registers_the_name_under_which_they_were_muted_can_be_heard_again() {
    let mut house = House::open();
    let (kim, bob) = (house.with_role("kim", Role::Moderator), house.native("bob"));
    house.types(kim, None, "/mute bob");
    house.is_given(bob, Role::Member);
    house.says(bob, "hi");
    assert_eq!(House::refusal(&house.reads(bob)).as_deref(), Some("muted"));
    house.types(kim, None, "/unmute bob");
    house.reads(bob);
    house.says(bob, "hi");
    assert_eq!(House::refusal(&house.reads(bob)), None);
}

#[test]
fn whoever_was_put_out_of_the_lobby_does_not_come_back_by_connecting_again() {
    let mut house = House::open();
    let (kim, bob) = (house.with_role("kim", Role::Moderator), house.native("bob"));
    house.types(kim, None, "/kick bob");
    house.leaves(bob, None);
    let bob = house.native_from("127.0.0.1", "bob");
    let told = house.reads(bob);
    assert!(told.contains(r#""type":"welcome""#) && told.contains(r#""type":"parted""#), "{told}");
    assert_eq!(House::refusal(&told).as_deref(), Some("room_locked"), "{told}");
    house.says(bob, "hi");
    assert!(House::refusal(&house.reads(bob)).is_some());
    house.waits(Duration::from_mins(2));
    assert!(house.joins(bob, "lobby").contains("joined"));
}

#[test]
fn nobody_waits_less_in_a_slow_room_by_another_name() {
    let mut house = House::open();
    let (ana, bob) = (house.with_role("ana", Role::Member), house.native("bob"));
    house.joins(ana, "ops");
    house.joins(bob, "ops");
    house.types(ana, Some("ops"), "/slow 30");
    house.says_in(bob, "ops", "one");
    house.reads(bob);
    house.asks(bob, "1", Command::Nick("robert".into()));
    house.reads(bob);
    house.says_in(bob, "ops", "two");
    assert_eq!(House::refusal(&house.reads(bob)).as_deref(), Some("slow_mode"));
}

#[test]
fn there_are_only_so_many_who_are_muted() {
    let mut house = House::with(Settings { mutes_max: 1, ..settings() });
    let kim = house.with_role("kim", Role::Moderator);
    let (bob, eva) = (house.native("bob"), house.native("eva"));
    house.types(kim, None, "/mute bob 1m");
    let told = house.types(kim, None, "/mute eva");
    assert!(told.contains("table_full") && told.contains("limits.mutes_max"), "{told}");
    house.says_in(eva, "lobby", "hi");
    assert!(house.reads(eva).contains("ack"));
    assert!(!house.types(kim, None, "/mute bob 2m").contains("error"));
    house.waits(2 * MINUTE);
    assert!(!house.types(kim, None, "/mute eva").contains("error"));
    let _ = bob;
}

#[test]
fn nobody_does_anything_to_somebody_of_the_same_or_a_higher_rank() {
    let roles = [Role::Member, Role::Moderator, Role::Admin];
    for (number, asks) in roles.into_iter().enumerate() {
        for (other, role) in roles.into_iter().enumerate() {
            let mut house = House::open();
            let (asker, whom) = (house.with_role("ana", asks), house.with_role("bob", role));
            house.joins(asker, "ops");
            house.joins(whom, "ops");
            for typed in ["/kick bob", "/mute bob", "/ban bob"] {
                // A member is an operator here, since they have opened the room.
                let is_theirs = asks > Role::Member || !typed.starts_with("/ban");
                let may = is_theirs && (other < number || number == 0 && other == 0);
                let told = house.types(asker, Some("ops"), typed);
                let refused = House::refusal(&told);
                assert_eq!(
                    refused.as_deref(),
                    (!may).then_some("not_allowed"),
                    "{asks} {typed}, {role}: {told}"
                );
                house.joins(whom, "ops");
            }
        }
    }
}

#[test]
fn in_a_slow_room_each_says_something_now_and_then_but_for_those_who_keep_order() {
    let mut house = House::open();
    let (ana, bob, eva) = (house.with_role("ana", Role::Member), house.native("bob"), house.named("eva"));
    for guest in [ana, bob, eva] {
        house.joins(guest, "ops");
    }
    house.reads(eva);
    house.types(ana, Some("ops"), "/slow 10");
    assert_eq!(house.reads(eva), "* #ops was slowed down by ana: one message in 10 s from each\n");
    let says = |house: &mut House, guest| {
        house.says_in(guest, "ops", "hi");
        house.reads(guest)
    };
    assert!(says(&mut house, bob).contains("ack"));
    let told = says(&mut house, bob);
    assert!(told.contains(r#""code":"slow_mode""#) && told.contains(r#""retry_after_ms":10000"#), "{told}");
    assert!(says(&mut house, ana).contains("ack") && says(&mut house, ana).contains("ack"));
    house.parts(bob, "ops");
    house.joins(bob, "ops");
    assert!(says(&mut house, bob).contains("slow_mode"), "leaving makes it no faster");
    house.waits(Duration::from_secs(10));
    assert!(says(&mut house, bob).contains("ack"));
    house.types(ana, Some("ops"), "/slow off");
    assert!(says(&mut house, bob).contains("ack"));
    assert!(house.types(ana, Some("ops"), "/slow 3601").contains("bad_request"));
}

#[test]
fn a_message_that_is_sent_again_is_acknowledged_although_its_sender_was_muted_meanwhile() {
    let mut house = House::open();
    let kim = house.with_role("kim", Role::Moderator);
    let bob = house.from("127.0.0.1").unwrap();
    house.hub.choose(house.now, bob.0, &NATIVE);
    let greeting = Hello { nick: Some("bob".into()), client: Some("f3".into()), ..hello() };
    house.asks(bob, "", Command::Hello(greeting));
    house.says_in(bob, "lobby", "hi");
    house.reads(bob);
    house.types(kim, None, "/mute bob");
    house.reads(bob);
    house.says_in(bob, "lobby", "hi");
    assert!(house.reads(bob).contains("ack"));
}

#[test]
fn in_a_moderated_room_those_with_a_voice_speak() {
    let mut house = House::open();
    let (ana, mel) = (house.with_role("ana", Role::Member), house.with_role("mel", Role::Member));
    let bob = house.native("bob");
    house.creates(ana, "ops --moderated");
    for guest in [bob, mel] {
        house.joins(guest, "ops");
    }
    let says = |house: &mut House, guest| {
        house.says_in(guest, "ops", "hi");
        house.reads(guest)
    };
    assert!(says(&mut house, mel).contains("#ops is moderated: ask one of its operators for a voice"));
    house.types(ana, Some("ops"), "/voice mel");
    assert!(says(&mut house, mel).contains("ack"));
    house.parts(mel, "ops");
    house.joins(mel, "ops");
    assert!(says(&mut house, mel).contains("ack"), "a right is the account's");
    let told = house.types(ana, Some("ops"), "/voice bob");
    assert!(told.contains("bob is a guest"), "{told}");
    house.types(ana, Some("ops"), "/devoice mel");
    assert!(says(&mut house, mel).contains("not_allowed"));
}

#[test]
fn whoever_opens_a_room_keeps_order_there_whatever_they_do_meanwhile() {
    let mut house = House::open();
    let (ana, mel) = (house.with_role("ana", Role::Member), house.with_role("mel", Role::Member));
    let bob = house.native("bob");
    house.joins(ana, "ops");
    house.joins(mel, "ops");
    house.joins(bob, "pub");
    assert!(house.types(bob, Some("pub"), "/lock").contains("not_allowed"), "a guest's room has no operator");
    house.parts(ana, "ops");
    house.joins(ana, "ops");
    assert!(!house.types(ana, Some("ops"), "/op mel").contains("error"));
    assert!(!house.types(mel, Some("ops"), "/lock").contains("error"));
    assert!(house.types(mel, Some("ops"), "/deop ana").contains("not_allowed"), "nobody of the same rank");
    assert!(!house.types(mel, Some("ops"), "/deop mel").contains("error"), "but one may step back");
    assert!(house.types(mel, Some("ops"), "/unlock").contains("not_allowed"));
    assert!(house.types(ana, Some("ops"), "/op bob").contains("bob is a guest"));
}

#[test]
fn there_are_only_so_many_with_rights_in_a_room() {
    let mut house = House::with(Settings { room_people_max: 2, ..settings() });
    let ana = house.with_role("ana", Role::Member);
    house.joins(ana, "ops");
    for (nick, is_full) in [("mel", false), ("tom", true)] {
        house.with_role(nick, Role::Member);
        let told = house.types(ana, Some("ops"), &format!("/op {nick}"));
        assert_eq!(told.contains("limits.room_people_max"), is_full, "{told}");
    }
}

#[test]
fn a_locked_room_is_entered_by_nobody_new() {
    let mut house = House::open();
    let (ana, bob, eva) = (house.with_role("ana", Role::Member), house.native("bob"), house.native("eva"));
    house.joins(ana, "ops");
    house.joins(bob, "ops");
    house.types(ana, Some("ops"), "/lock");
    assert!(house.joins(eva, "ops").contains("room_locked"));
    assert!(house.joins(bob, "ops").contains("joined"), "who is there stays");
    house.types(ana, Some("ops"), "/invite eva");
    assert!(house.reads(eva).contains(r#""measure":"invited""#));
    assert!(house.joins(eva, "ops").contains("joined"));
    let amy = house.with_role("amy", Role::Admin);
    assert!(house.types(amy, None, "/lock").contains("not_allowed"), "the lobby is for all");
}

#[test]
fn an_operator_makes_a_room_private_and_opens_it_again() {
    let mut house = House::open();
    let (ana, mel) = (house.with_role("ana", Role::Member), house.with_role("mel", Role::Member));
    let (bob, eva) = (house.native("bob"), house.native("eva"));
    for guest in [ana, mel, bob] {
        house.joins(guest, "ops");
    }
    assert!(house.types(mel, Some("ops"), "/private on").contains("not_allowed"));
    assert!(house.types(ana, Some("ops"), "/private on").contains(r#""measure":"private""#));
    assert!(house.joins(eva, "ops").contains("not_invited"));
    assert!(!house.asked(eva, Command::Rooms).contains("ops"));
    for guest in [mel, bob] {
        house.parts(guest, "ops");
        assert!(house.joins(guest, "ops").contains("joined"), "who was there was invited");
    }
    house.types(ana, Some("ops"), "/private off");
    assert!(house.asked(eva, Command::Rooms).contains("ops"));
    assert!(house.joins(eva, "ops").contains("joined"));
    let amy = house.with_role("amy", Role::Admin);
    assert!(house.types(amy, None, "/private on").contains("not_allowed"), "the lobby is for all");
}

#[test]
fn a_room_with_more_accounts_than_may_have_rights_is_not_made_private() {
    let mut house = House::with(Settings { room_people_max: 2, ..settings() });
    let ana = house.with_role("ana", Role::Member);
    house.joins(ana, "ops");
    for (nick, is_full) in [("mel", false), ("tom", true)] {
        let guest = house.with_role(nick, Role::Member);
        house.joins(guest, "ops");
        let told = house.types(ana, Some("ops"), "/private on");
        assert_eq!(told.contains("limits.room_people_max"), is_full, "{told}");
        house.types(ana, Some("ops"), "/private off");
    }
}

#[test]
fn an_operator_makes_a_room_moderated_and_lets_all_speak_again() {
    let mut house = House::open();
    let (ana, bob) = (house.with_role("ana", Role::Member), house.native("bob"));
    house.joins(ana, "ops");
    house.joins(bob, "ops");
    let says = |house: &mut House| {
        let say = Command::Say { room: Some("ops".into()), text: "hi".into(), action: false };
        house.asks(bob, "1", say);
        house.reads(bob)
    };
    assert!(says(&mut house).contains("ack"));
    assert!(house.types(bob, Some("ops"), "/moderated on").contains("not_allowed"));
    house.types(ana, Some("ops"), "/moderated on");
    assert!(says(&mut house).contains("not_allowed"));
    house.types(ana, Some("ops"), "/moderated off");
    assert!(says(&mut house).contains("ack"));
}

#[test]
fn a_text_client_reads_sentences() {
    let mut house = House::open();
    let (kim, bob) = (house.named("kim"), house.named("bob"));
    house.is_given(kim, Role::Moderator);
    let types = |house: &mut House, guest: Guest, typed: &str| {
        let (name, argument) = typed[1..].split_once(' ').unwrap_or((&typed[1..], ""));
        let order = Order::parse(name, argument).unwrap().into_owned();
        house.asks(guest, "", Command::Order { room: None, order });
        house.reads(guest)
    };
    house.reads(kim);
    assert_eq!(types(&mut house, kim, "/mute bob 1h spam"), "* bob was muted by kim for 1 h (spam)\n");
    assert_eq!(house.reads(bob), "* bob was muted in #lobby by kim for 1 h (spam)\n");
    house.says(bob, "hi");
    assert_eq!(house.reads(bob), "* you are muted by kim, for another 1 h (spam); nothing was sent\n");
    assert_eq!(
        types(&mut house, bob, "/bans"),
        "* only a moderator or the administrator may see who is banned; nothing was done\n"
    );
    assert_eq!(types(&mut house, kim, "/bans"), "* nobody is banned\n");
    types(&mut house, kim, "/ban spam* 2d flood");
    assert_eq!(types(&mut house, kim, "/bans"), "* spam* is banned by kim for another 2 d (flood)\n");
    assert_eq!(
        types(&mut house, kim, "/kick bob"),
        "* bob was put out of #lobby by kim\n* bob left (put out by kim)\n"
    );
    let out = house.reads(bob);
    assert_eq!(
        out,
        "* you were put out of #lobby by kim\n* you have left #lobby; /join ROOM enters another\n"
    );
}

#[test]
fn reasons_are_clean_and_bounded() {
    let mut house = House::open();
    let (kim, bob) = (house.with_role("kim", Role::Moderator), house.native("bob"));
    house.types(kim, None, &format!("/mute bob \u{1b}[2J{}", "x".repeat(1000)));
    let told = house.reads(bob);
    assert!(!told.contains('\u{1b}') && told.contains(&"x".repeat(190)) && !told.contains(&"x".repeat(201)));
}
