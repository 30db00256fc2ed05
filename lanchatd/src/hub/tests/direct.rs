//! What is said to one person alone.

use super::*;

#[test]
fn a_direct_message_reaches_one_person_alone() {
    let mut house = House::open();
    let (ana, bob, eva) = (house.named("ana"), house.named("bob"), house.native("eva"));
    house.hands_out();
    house.says_in(ana, "@bob", "psst");
    assert_eq!(house.reads(bob), "@ana: psst\n");
    assert_eq!((house.reads(ana), house.reads(eva)), (String::new(), String::new()));
    house.says_in(bob, "@ANA", "yes?");
    assert_eq!(house.reads(ana), "@bob: yes?\n");
    house.says_in(ana, "@eva", "and you");
    let heard = house.reads(eva);
    assert!(
        heard.contains(r#""room":"@ana","pos":1"#) && heard.contains(r#""from":"ana","text":"and you""#),
        "{heard}"
    );
    assert_eq!(house.rooms_of(ana), ["lobby"], "the administrator does not see who talks to whom");
}

#[test]
fn one_to_somebody_who_is_away_for_now_waits_for_them() {
    let mut house = House::open();
    let (ana, bob) = (house.native("ana"), house.named("bob"));
    house.leaves(bob, None);
    house.reads(ana);
    house.says_in(ana, "@bob", "first");
    let ack = house.reads(ana);
    assert!(ack.contains(r#""room":"@bob","pos":1"#) && ack.contains(r#""waits":true"#), "{ack}");
    house.says_in(ana, "@bob", "second");
    house.leaves(ana, None);

    let bob = house.netcat();
    house.asks(bob, "", Command::Nick("bob".into()));
    assert!(house.reads(bob).ends_with("* you are now bob\n@ana: first\n@ana: second\n"));
    house.says_in(bob, "@ana", "thank you");
    assert!(house.reads(bob).contains("* ana is not here: your message waits for them"));
    house.leaves(bob, None);

    let bob = house.native("bob");
    assert_eq!(house.reads(bob), "", "what was read does not come again");
    let ana = house.from("127.0.0.1").unwrap();
    house.hub.choose(house.now, ana.0, &NATIVE);
    house.asks(ana, "", Command::Hello(Hello { nick: Some("ana".into()), ..hello() }));
    let heard = house.reads(ana);
    assert!(heard.contains(r#"{"room":"@bob","pos":2}"#), "{heard}");
    assert!(heard.contains(r#""from":"bob","text":"thank you""#) && !heard.contains("first"), "{heard}");
}

#[test]
fn a_welcome_names_100_conversations_in_which_nothing_waits_and_all_in_which_something_does() {
    let mut house = House::with(Settings { people_max: 300, rooms_max: 300, ..settings() });
    let eva = house.native("eva");
    let friends: Vec<_> = (0..102).map(|n| house.named(&format!("friend{n}"))).collect();
    let named = |welcome: &str| welcome.lines().next().unwrap().matches(r#"{"room":"@friend"#).count();
    let comes = |house: &mut House| {
        let eva = house.from("127.0.0.1").unwrap();
        house.hub.choose(house.now, eva.0, &NATIVE);
        house.asks(eva, "", Command::Hello(Hello { nick: Some("eva".into()), ..hello() }));
        let welcome = house.reads(eva);
        (eva, welcome)
    };
    let mut eva = eva;
    for (told, expected) in [(99, 99), (100, 100), (101, 100)] {
        for friend in &friends[..told] {
            house.says_in(*friend, "@eva", "hi");
        }
        house.reads(eva);
        house.leaves(eva, None);
        let (back, welcome) = comes(&mut house);
        eva = back;
        assert_eq!(named(&welcome), expected, "of {told}");
    }
    house.leaves(eva, None);
    house.says_in(friends[101], "@eva", "are you there?");
    house.says_in(friends[0], "@eva", "are you there?");
    let (_, welcome) = comes(&mut house);
    assert_eq!(named(&welcome), 102, "two wait, and 100 of the others");
}

#[test]
fn one_that_was_not_taken_before_the_wire_broke_waits_too() {
    let mut house = House::open();
    let (ana, bob) = (house.native("ana"), house.named("bob"));
    house.says_in(ana, "@bob", "lost?");
    house.leaves(bob, Some("connection lost"));
    let bob = house.netcat();
    house.asks(bob, "", Command::Nick("Bob".into()));
    assert!(house.reads(bob).ends_with("@ana: lost?\n"));
}

#[test]
fn nobody_sends_to_strangers_guests_who_have_gone_or_themselves() {
    let mut house = House::open();
    let (ana, guest) = (house.native("ana"), house.netcat());
    house.says_in(ana, "@guest1", "hello guest");
    assert_eq!(house.reads(guest).lines().last(), Some("@ana: hello guest"));
    house.leaves(guest, None);
    for nobody in ["guest1", "nobody", "", " "] {
        house.reads(ana);
        house.says_in(ana, &format!("@{nobody}"), "hello?");
        assert!(house.reads(ana).contains(r#""code":"no_such_nick""#), "{nobody}");
    }
    house.says_in(ana, "@Ana", "hello me");
    assert!(house.reads(ana).contains("that is you"));
    house.leaves(ana, None);
    assert_eq!(house.hub.room_count(), 1, "what a guest was told goes with the guest and the other");
}

#[test]
fn what_waits_for_a_person_is_not_for_whom_they_become() {
    let mut house = House::open();
    let (ana, bob) = (house.native("ana"), house.named("bob"));
    house.says_in(ana, "@bob", "before");
    house.asks(bob, "", Command::Nick("robert".into()));
    assert_eq!(house.reads(bob), "* you are now robert\n@ana: before\n");
    house.says_in(ana, "@bob", "after");
    assert!(house.reads(ana).contains(r#""waits":true"#));
    assert_eq!(house.reads(bob), "");
    house.asks(bob, "", Command::Nick("bob".into()));
    assert_eq!(house.reads(bob), "* you are now bob\n@ana: after\n");
}

#[test]
fn a_room_where_something_waits_does_not_give_way() {
    let mut house = House::with(Settings { rooms_max: 2, ..settings() });
    let (ana, bob) = (house.native("ana"), house.named("bob"));
    house.leaves(bob, None);
    house.says_in(ana, "@bob", "wait for it");
    house.leaves(ana, None);
    let eva = house.native("eva");
    assert!(house.joins(eva, "ops").contains("too_many_rooms"));
    let bob = house.netcat();
    house.asks(bob, "", Command::Nick("bob".into()));
    assert!(house.reads(bob).ends_with("@ana: wait for it\n"));
    house.leaves(bob, None);
    assert!(house.joins(eva, "ops").contains(r#""type":"joined""#), "now it was read");
}

#[test]
fn those_who_were_here_longest_ago_are_forgotten_first() {
    let mut house = House::with(Settings { people_max: 2, ..settings() });
    for nick in ["old", "new"] {
        let guest = house.named(nick);
        house.leaves(guest, None);
        house.waits(Duration::from_secs(1));
    }
    let eva = house.native("eva");
    house.says_in(eva, "@old", "remember me?");
    assert!(house.reads(eva).contains("no_such_nick"));
    house.says_in(eva, "@new", "remember me?");
    assert!(house.reads(eva).contains(r#""waits":true"#));
}

#[test]
fn whoever_is_away_says_so_to_those_who_write_to_them() {
    let mut house = House::open();
    let (ana, bob, eva) = (house.named("ana"), house.named("bob"), house.native("eva"));
    house.hands_out();
    house.asks(bob, "", Command::Away { reason: Some("lunch".into()) });
    assert_eq!(house.reads(bob), "* you are away; /back when you are not\n");
    assert_eq!(house.reads(ana), "* bob is away (lunch)\n");
    assert!(house.reads(eva).contains(r#""nick":"bob","change":"away","reason":"lunch""#));
    house.says_in(ana, "@bob", "hungry?");
    assert_eq!(house.reads(ana), "* bob is away (lunch)\n");
    house.says_in(eva, "@bob", "hungry?");
    assert!(house.reads(eva).contains(r#""away":"lunch""#));
    house.asks(eva, "1", Command::Whois("bob".into()));
    assert!(house.reads(eva).contains(r#""away":"lunch","rooms":["lobby"]"#));
    house.reads(bob);
    house.asks(bob, "", Command::Back);
    assert_eq!(house.reads(bob), "* you are back\n");
    assert!(house.reads(ana).ends_with("* bob is back\n"));
    house.asks(bob, "", Command::Back);
    assert_eq!((house.reads(bob), house.reads(ana)), ("* you are back\n".to_owned(), String::new()));
}

#[test]
fn whois_knows_who_is_here_and_who_was() {
    let mut house = House::open();
    let (ana, bob) = (house.named("ana"), house.native("bob"));
    house.joins(ana, "ops");
    house.waits(Duration::from_secs(90));
    house.asks(bob, "9", Command::Whois("ANA".into()));
    let told = house.reads(bob);
    assert!(
        told.contains(r#""id":"9","nick":"ana","connected_s":90,"idle_s":90,"rooms":["lobby","ops"]"#),
        "{told}"
    );
    house.leaves(bob, None);
    house.asks(ana, "", Command::Whois("bob".into()));
    assert!(house.reads(ana).contains("* bob is not here\n"));
    house.asks(ana, "", Command::Whois("nobody".into()));
    assert!(house.reads(ana).contains("nobody called nobody is here"));
}

#[test]
fn whom_somebody_ignores_they_do_not_hear_anywhere() {
    let mut house = House::open();
    let (ana, bob, eva) = (house.named("ana"), house.named("Bob"), house.native("eva"));
    house.hands_out();
    house.says(bob, "before");
    house.asks(ana, "", Command::Ignore(Some("BOB".into())));
    assert_eq!(house.reads(ana), "Bob: before\n* you hear nothing of bob\n");
    house.hands_out();
    house.says(bob, "noise");
    house.says(eva, "news");
    house.says_in(bob, "@ana", "noise for one");
    house.says(bob, "more noise");
    let got = house.hands_out();
    assert_eq!(got[&ana.0.slot], "eva: news\n");
    assert_eq!(house.hub.totals().deliveries, 2 + 4, "two heard the first, then eva three... and bob one");
    house.asks(ana, "", Command::Unignore("bob".into()));
    assert_eq!(house.reads(ana), "* you hear everybody\n");
    house.says(bob, "hello again");
    assert_eq!(house.hands_out()[&ana.0.slot], "Bob: hello again\n");
}

#[test]
fn somebody_ignores_as_many_as_may_be_and_only_whom_the_relay_knows() {
    let mut house = House::with(Settings { ignored_max: 2, ..settings() });
    let ana = house.native("ana");
    for nick in ["one", "two", "three"] {
        house.native(nick);
    }
    house.reads(ana);
    for (nick, answer) in [
        ("nobody", "no_such_nick"),
        ("one", "[\"one\"]"),
        ("one", "[\"one\"]"),
        ("two", "[\"one\",\"two\"]"),
        ("three", "too_many_ignored"),
    ] {
        house.asks(ana, "1", Command::Ignore(Some(nick.into())));
        let told = house.reads(ana);
        assert!(told.contains(answer), "{nick}: {told}");
    }
    house.asks(ana, "1", Command::Ignore(None));
    assert!(house.reads(ana).contains("[\"one\",\"two\"]"));
}
