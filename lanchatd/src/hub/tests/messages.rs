//! What is said, to whom it goes, and what becomes of its text.

use lanchat_protocol::names::RoomName;
use lanchat_protocol::text::LINES_MAX;

use super::*;
use crate::hub::room::LOBBY;

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
    assert_eq!(house.reads(bob), "ana: a[2Jb\nana: c\n");
    house.says(ana, "\u{1b}\u{7}");
    assert!(house.reads(ana).contains("empty_text"));
    assert_eq!(house.reads(bob), "");
}

#[test]
fn a_message_of_several_lines_is_one_message_and_to_netcat_each_line_says_whose_it_is() {
    let mut house = House::open();
    let (ana, eva, bob) = (house.native("ana"), house.native("eva"), house.netcat());
    house.says(ana, "\n  if x:\r\n* forged\u{2028}\nbob: y\n \n");
    let heard = house.reads(bob);
    assert_eq!(heard, "ana:   if x:\nana: * forged\nana: \nana: bob: y\n");
    let told = house.reads(eva);
    assert!(
        told.contains(
            r#""pos":3,"time":"1970-01-01T00:00:00.000Z","from":"ana","text":"  if x:\n* forged\n\nbob: y""#
        ),
        "{told}"
    );
    assert_eq!(house.hub.totals().messages_accepted, 1);
    house.joins(bob, "ops");
    house.says(ana, "a\n* b");
    assert_eq!(house.reads(bob), "#lobby ana: a\n#lobby ana: * b\n");
    house.says_in(ana, "@guest1", "a\n* b");
    assert_eq!(house.reads(bob), "@ana: a\n@ana: * b\n");
}

#[test]
fn only_what_a_native_client_says_has_several_lines() {
    let mut house = House::open();
    let (ana, bob, eva) = (house.native("ana"), house.netcat(), house.netcat());
    house.asks(ana, "", Command::Say { room: None, text: "waves\n* b".into(), action: true });
    assert_eq!(house.reads(bob), "ana: *waves * b*\n");
    house.says(eva, "a\u{2028}* b\u{b}c");
    assert_eq!(house.reads(bob), "guest2: a * b c\n", "lines are what netcat sends, nothing else");
    house.asks(ana, "", Command::Topic { room: None, topic: Some("a\nb".into()) });
    assert_eq!(house.reads(bob), "* ana has set the topic: a b\n");
    house.asks(ana, "", Command::Away { reason: Some("a\nb".into()) });
    assert_eq!(house.reads(bob), "* ana is away (a b)\n");
}

/// So many lines of one byte.
fn lines(count: usize) -> String {
    vec!["x"; count].join("\n")
}

#[test]
fn a_message_has_as_many_lines_as_it_may_and_not_one_more() {
    let mut house = House::open();
    let (ana, bob) = (house.native("ana"), house.netcat());
    house.says(ana, &format!("\n{}\n \n", lines(LINES_MAX)));
    assert_eq!(house.reads(bob), "ana: x\n".repeat(LINES_MAX), "blank ones around them do not count");
    house.reads(ana);
    house.asks(ana, "7", Command::Say { room: None, text: lines(LINES_MAX + 1).into(), action: false });
    let told = house.reads(ana);
    assert!(
        told.contains(r#""id":"7","code":"too_many_lines","message":"this message has more than 100 lines"#),
        "{told}"
    );
    assert_eq!(house.reads(bob), "");
    house.says(ana, "\n \r\n");
    assert!(house.reads(ana).contains("empty_text"));
}

#[test]
fn what_many_lines_take_in_memory_is_bounded_whatever_names_stand_before_them() {
    // Four bytes for each character: no name takes more.
    let (nick, room) = ("\u{20000}".repeat(32), "\u{20001}".repeat(32));
    // "#ROOM NICK: x\n"
    let line_bytes = 1 + room.len() + 1 + nick.len() + 2 + 2;
    let mut house = House::retaining(64 * 1024, 10_000);
    let ana = house.native(&nick);
    let (here, elsewhere) = (house.netcat(), house.netcat());
    for guest in [ana, here, elsewhere] {
        house.joins(guest, &room);
    }
    house.joins(elsewhere, "ops");
    house.reads(here);
    house.reads(elsewhere);
    house.says_in(ana, &room, &lines(LINES_MAX));
    assert_eq!(house.reads(here).len(), LINES_MAX * (line_bytes - room.len() - 2));
    assert_eq!(house.reads(elsewhere).len(), LINES_MAX * line_bytes, "26 kB of a request of 330 bytes");
    let once_bytes = LINES_MAX * 2 * line_bytes;
    let id = house.hub.rooms.named(&RoomName::parse(&room).unwrap()).unwrap();
    for _ in 0..200 {
        house.says_in(ana, &room, &lines(LINES_MAX));
        house.reads(ana);
        let bytes = house.hub.rooms[id].timeline.bytes();
        assert!(bytes <= 2 * 64 * 1024 + 2 * once_bytes, "{bytes}");
    }
    assert!(house.reads(elsewhere).contains(" messages skipped: "), "whoever is slow is told");
}

#[test]
fn an_answer_of_many_lines_is_cut_short_as_any_long_one() {
    let mut house = House::with(Settings { backlog: 50, ..settings() });
    let nick = "\u{20000}".repeat(32);
    let ana = house.native(&nick);
    (0..50).for_each(|_| house.says(ana, &lines(LINES_MAX)));
    let bob = house.from("127.0.0.1").unwrap();
    house.hub.choose(house.now, bob.0, &TEXT);
    let backlog = house.reads(bob);
    assert!(backlog.len() < 32 * 1024, "{}", backlog.len());
    assert_eq!(backlog.matches(": x\n").count(), LINES_MAX, "one message always fits");
    house.asks(bob, "", Command::History { room: None, asked: Asked::Typed("200".into()) });
    let history = house.reads(bob);
    assert!(history.len() < 32 * 1024, "{}", history.len());
    assert!(history.lines().all(|line| line.starts_with("* ")), "{history}");
    assert_eq!(house.hub.rooms[LOBBY].timeline.messages_before(u64::MAX), 50);
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
