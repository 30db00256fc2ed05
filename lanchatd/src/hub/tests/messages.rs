//! What is said, to whom it goes, and what becomes of its text.

use super::*;

#[test]
fn everybody_hears_what_is_said_but_who_said_it() {
    let mut house = House::open();
    let (ana, bob, eva) = (house.netcat(), house.netcat(), house.native("eva"));
    house.reads(ana);
    house.reads(bob);
    house.says(ana, "hi");
    assert_eq!(house.reads(ana), "");
    assert_eq!(house.reads(bob), "guest1: hi\n");
    let heard = house.reads(eva);
    assert!(
        heard.contains(r#""type":"message","room":"lobby","pos":2,"time":"1970-01-01T00:00:00.000Z","from":"guest1","text":"hi""#),
        "{heard}"
    );
    house.asks(eva, "7", Command::Say { room: Some("lobby".into()), text: "hello".into(), action: false });
    assert!(house.reads(eva).starts_with(r#"{"type":"ack","id":"7","room":"lobby","pos":3,"#));
    assert_eq!(house.reads(ana), "eva: hello\n");
}

#[test]
fn an_announcement_reaches_everybody_once() {
    let mut house = House::open();
    let (ana, eva) = (house.netcat(), house.native("eva"));
    house.reads(ana);
    assert_eq!(house.hub.announce(house.now, "backup\nat noon"), 2);
    assert_eq!(house.reads(ana), "* announcement: backup at noon\n");
    assert!(
        house
            .reads(eva)
            .contains(r#"{"type":"announcement","time":"1970-01-01T00:00:00.000Z","text":"backup at noon"}"#)
    );
}

#[test]
fn text_that_reaches_anybody_is_clean_whatever_was_sent() {
    let mut house = House::open();
    let (ana, bob) = (house.native("ana"), house.netcat());
    house.says(ana, "a\u{1b}[2J\u{202e}b\nc\u{9b}\u{0}");
    assert_eq!(house.reads(bob), "ana: a[2Jb c\n");
    house.says(ana, "\u{1b}\u{7}");
    assert!(house.reads(ana).contains("empty_text"));
    assert_eq!(house.reads(bob), "");
}

#[test]
fn the_same_calls_give_the_same_bytes() {
    let run = || {
        let mut house = House::open();
        let guests: Vec<_> = (0..20).map(|_| house.netcat()).collect();
        for (number, guest) in guests.iter().enumerate() {
            house.says(*guest, &format!("{number}"));
            house.waits(Duration::from_millis(7));
            house.asks(*guest, "", Command::Who { room: None });
        }
        guests.iter().map(|guest| house.reads(*guest)).collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
}
