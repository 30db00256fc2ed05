//! How a session comes in: its dialect, its hello, and what it hears from then on.

use super::*;

#[test]
fn what_is_said_before_the_dialect_shows_is_not_missed() {
    let mut house = House::open();
    let ana = house.netcat();
    let late = house.from("127.0.0.1").unwrap();
    house.says(ana, "one");
    assert_eq!(house.reads(late), "", "nothing can be written yet");
    house.hub.choose(house.now, late.0, &NATIVE);
    house.says(ana, "two");
    assert_eq!(house.reads(late), "", "and nothing before its hello");
    house.asks(late, "", Command::Hello(Hello { nick: Some("late".into()), ..hello() }));
    let heard = house.reads(late);
    assert!(heard.contains(r#""rooms":[{"room":"lobby","pos":0}]"#), "{heard}");
    assert!(heard.contains("\"one\"") && heard.contains("\"two\""), "{heard}");
}

#[test]
fn a_silent_client_that_then_speaks_json_is_a_native_one() {
    let mut house = House::open();
    let ana = house.netcat();
    let slow = house.netcat();
    house.hub.choose(house.now, slow.0, &NATIVE);
    house.asks(slow, "", Command::Hello(Hello { nick: Some("slow".into()), ..hello() }));
    house.says(ana, "hi");
    let heard = house.reads(slow);
    assert!(heard.contains("welcome") && heard.contains(r#""text":"hi""#), "{heard}");
    assert_eq!(house.reads(ana), "* slow joined\n");
    assert!(house.hub.find("guest2").is_none(), "the guest's nick is free again");
}

#[test]
fn a_native_client_says_hello_first_and_in_a_known_version() {
    let mut house = House::open();
    let guest = house.from("127.0.0.1").unwrap();
    house.hub.choose(house.now, guest.0, &NATIVE);
    house.says(guest, "hi");
    assert!(house.reads(guest).contains("hello_first"));
    house.asks(guest, "", Command::Hello(Hello { version: 9, ..hello() }));
    assert!(house.reads(guest).contains("unsupported_version"));
    house.asks(guest, "", Command::Hello(Hello { nick: Some("a b".into()), ..hello() }));
    assert!(house.reads(guest).contains("bad_nick"));
    house.asks(guest, "", Command::Hello(hello()));
    assert!(house.reads(guest).contains(r#""nick":"guest1""#));
    house.asks(guest, "", Command::Hello(hello()));
    assert!(house.reads(guest).contains("already_welcome"));
}

#[test]
fn a_client_that_never_said_hello_is_no_receiver() {
    let mut house = House::retaining(64 * 1024, 10_000);
    let ana = house.netcat();
    let mute = house.from("127.0.0.1").unwrap();
    house.hub.choose(house.now, mute.0, &NATIVE);
    for _ in 0..2_000 {
        house.says(ana, &"x".repeat(100));
    }
    house.asks(mute, "1", Command::Ping);
    assert_eq!(house.reads(mute), "{\"type\":\"pong\",\"id\":\"1\"}\n", "and hears of no gap");
    house.hub.close(mute.0, lanchat_protocol::client::Farewell::LoginTimeout, "too late");
    assert!(house.reads(mute).contains("login_timeout"));
    assert_eq!(house.hub.totals().deliveries, 0);
}

#[test]
fn a_probe_is_answered_as_its_hello_would_be_and_comes_in_nowhere() {
    let mut house = House::open();
    let ana = house.netcat();
    house.hub.find("guest1").unwrap();
    let probe = house.from("127.0.0.1").unwrap();
    house.hub.choose(house.now, probe.0, &NATIVE);
    let of = |nick: Option<&'static str>| {
        Command::Hello(Hello { nick: nick.map(Into::into), kind: Kind::Probe, ..hello() })
    };
    for (nick, part) in [
        (Some("bob"), r#""nick":"bob""#),
        (Some("bob"), r#""nick":"bob""#),
        (Some("guest1"), r#""code":"nick_taken""#),
        (Some("a b"), r#""code":"bad_nick""#),
        (None, r#""nick":"guest"#),
    ] {
        house.asks(probe, "", of(nick));
        let heard = house.reads(probe);
        assert!(heard.contains(part), "{nick:?}: {heard}");
        let is_welcome = heard.contains(r#""type":"welcome""#);
        assert_eq!(heard.contains(r#""rooms":[],"#) && heard.contains(r#""time":""#), is_welcome, "{heard}");
    }
    assert!(house.hub.find("bob").is_none(), "nobody has taken the nick");
    assert_eq!(house.rooms_of(probe), [""; 0], "it is no one of those who are counted in the lobby");
    house.says(ana, "hi");
    assert_eq!((house.reads(ana), house.reads(probe)), (String::new(), String::new()));
    house.says(probe, "hi");
    assert!(house.reads(probe).contains("hello_first"));
    house.asks(probe, "", Command::Hello(Hello { nick: Some("bob".into()), ..hello() }));
    assert!(house.reads(probe).contains(r#""rooms":[{"room":"lobby","pos":1}]"#));
    assert_eq!(house.reads(ana), "* bob joined\n");
    house.says(ana, "welcome");
    assert!(house.reads(probe).contains(r#""text":"welcome""#));
    house.says(probe, "thanks");
    assert_eq!(house.reads(ana), "bob: thanks\n", "it talks there");
}

#[test]
fn where_only_who_is_logged_in_chats_a_guests_probe_says_so() {
    let mut house = House::with(Settings { needs_login: true, ..settings() });
    let probe = house.from("127.0.0.1").unwrap();
    house.hub.choose(house.now, probe.0, &NATIVE);
    house.asks(probe, "", Command::Hello(Hello { kind: Kind::Probe, ..hello() }));
    assert!(house.reads(probe).contains("login_required"));
}

#[test]
fn whoever_only_probes_is_kept_while_they_ask_and_for_an_hour_at_most() {
    const GRACE_MS: u64 = 10_000;
    let mut house = House::open();
    let mute = house.from("127.0.0.1").unwrap();
    let probe = house.from("127.0.0.1").unwrap();
    house.hub.choose(house.now, probe.0, &NATIVE);
    let is_kept = |house: &House, guest: Guest| house.hub.is_probing(house.now, guest.0, GRACE_MS);
    assert!(!is_kept(&house, probe), "it has not said hello");
    house.asks(probe, "", Command::Hello(Hello { kind: Kind::Probe, ..hello() }));
    house.waits(Duration::from_millis(GRACE_MS));
    assert!(is_kept(&house, probe) && !is_kept(&house, mute));
    house.waits(Duration::from_millis(1));
    assert!(!is_kept(&house, probe), "it asks for nothing");
    house.waits(Duration::from_millis(3_600_000 - GRACE_MS - 2));
    house.asks(probe, "1", Command::Ping);
    assert!(house.reads(probe).contains("pong") && is_kept(&house, probe));
    house.waits(Duration::from_millis(1));
    assert!(!is_kept(&house, probe), "an hour is over");
}
