//! What the hub promises, with time as an argument.

use std::collections::HashMap;
use std::time::Duration;

use super::*;
use crate::dialect::{ALL, NATIVE, TEXT};
use crate::timeline::Retention;

/// A hub with a clock that only a test moves.
struct House {
    hub: Hub,
    now: Now,
    people: u16,
}

#[derive(Clone, Copy)]
struct Guest(SessionId);

fn settings() -> Settings {
    Settings {
        line_bytes_max: 4096,
        connections_max: 0,
        connections_per_address_max: 0,
        connections_per_address_on_loopback: false,
        messages_per_second_max: 0,
        messages_burst_max: 1,
        retention: Retention { bytes_max: 1 << 20, events_max: 10_000 },
        report_messages: false,
    }
}

impl House {
    fn open() -> Self {
        Self::with(settings())
    }

    fn with(settings: Settings) -> Self {
        Self { hub: Hub::new(settings, ALL), now: Now::default(), people: 0 }
    }

    fn from(&mut self, address: &str) -> Result<Guest, NotAdmitted> {
        self.people += 1;
        let address = SocketAddr::new(address.parse().unwrap(), self.people);
        self.hub.connect(self.now, address).map(Guest)
    }

    /// A netcat user whose greeting has been read.
    fn netcat(&mut self) -> Guest {
        let guest = self.from("127.0.0.1").unwrap();
        self.hub.choose(guest.0, &TEXT);
        self.reads(guest);
        guest
    }

    fn native(&mut self, nick: &str) -> Guest {
        let guest = self.from("127.0.0.1").unwrap();
        self.hub.choose(guest.0, &NATIVE);
        self.asks(guest, "", Command::Hello { version: 1, nick: Some(nick.to_owned().into()) });
        assert!(self.reads(guest).contains("welcome"));
        guest
    }

    fn asks(&mut self, guest: Guest, tag: &str, command: Command) {
        self.hub.handle(self.now, guest.0, (!tag.is_empty()).then_some(tag), command);
    }

    fn says(&mut self, guest: Guest, text: &str) {
        self.asks(guest, "", Command::Say { room: None, text: text.into(), action: false });
    }

    /// Everything the guest is owed.
    fn reads(&mut self, guest: Guest) -> String {
        self.takes(guest, usize::MAX)
    }

    /// What a socket with room for `room` bytes takes.
    fn takes(&mut self, guest: Guest, room: usize) -> String {
        let mut all = Vec::new();
        loop {
            let owed = self.hub.owed(guest.0);
            let bytes: Vec<u8> = owed.pieces().iter().flat_map(|piece| piece.to_vec()).collect();
            let (offered, was_all) = (owed.bytes, owed.is_all);
            assert_eq!(bytes.len(), offered);
            let taken = offered.min(room - all.len());
            all.extend_from_slice(&bytes[..taken]);
            self.hub.written(guest.0, Written { offered, was_all, taken });
            if taken < offered || was_all {
                return String::from_utf8(all).unwrap();
            }
        }
    }

    /// One pass of the driver, to sockets that take everything but for those of `slow`, which take
    /// `room` bytes. Returns what each guest got in it, for those who got anything.
    fn hands_out(&mut self, slow: &[Guest], room: usize) -> HashMap<usize, String> {
        let mut got = HashMap::new();
        let mut called = Vec::new();
        let is_slow = |slot: usize| slow.iter().any(|guest| guest.0.slot == slot);
        self.hub.pass(&mut called, |fanout, short| {
            let pieces = fanout.owed.pieces().iter();
            let text = String::from_utf8(pieces.flat_map(|piece| piece.to_vec()).collect()).unwrap();
            for slot in fanout.readers.iter().copied() {
                let taken = if is_slow(slot) { room.min(text.len()) } else { text.len() };
                got.insert(slot, text[..taken].to_owned());
                if taken < text.len() {
                    short.push(Short { slot, taken });
                }
            }
        });
        for id in called {
            let text = self.takes(Guest(id), if is_slow(id.slot) { room } else { usize::MAX });
            assert!(got.insert(id.slot, text).is_none(), "two writes to one socket");
        }
        got.retain(|_, text| !text.is_empty());
        got
    }

    fn pass(&mut self, time: Duration) {
        self.now.mono_us += u64::try_from(time.as_micros()).unwrap();
        self.now.wall_ms += i64::try_from(time.as_millis()).unwrap();
    }
}

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
fn what_is_said_before_the_dialect_shows_is_not_missed() {
    let mut house = House::open();
    let ana = house.netcat();
    let late = house.from("127.0.0.1").unwrap();
    house.says(ana, "one");
    assert_eq!(house.reads(late), "", "nothing can be written yet");
    house.hub.choose(late.0, &NATIVE);
    house.says(ana, "two");
    assert_eq!(house.reads(late), "", "and nothing before its hello");
    house.asks(late, "", Command::Hello { version: 1, nick: Some("late".into()) });
    let heard = house.reads(late);
    assert!(heard.contains(r#""rooms":[{"room":"lobby","pos":0}]"#), "{heard}");
    assert!(heard.contains("\"one\"") && heard.contains("\"two\""), "{heard}");
}

#[test]
fn a_silent_client_that_then_speaks_json_is_a_native_one() {
    let mut house = House::open();
    let ana = house.netcat();
    let slow = house.netcat();
    house.hub.choose(slow.0, &NATIVE);
    house.asks(slow, "", Command::Hello { version: 1, nick: Some("slow".into()) });
    house.says(ana, "hi");
    let heard = house.reads(slow);
    assert!(heard.contains("welcome") && heard.contains(r#""text":"hi""#), "{heard}");
    assert_eq!(house.reads(ana), "* slow joined\n");
    assert!(house.hub.find("guest2").is_none(), "the guest's nick is free again");
}

#[test]
fn nicks_are_unique_by_case_and_shape_and_free_again_afterwards() {
    let mut house = House::open();
    let (ana, bob) = (house.native("ana"), house.netcat());
    house.asks(bob, "", Command::Nick("ANA".into()));
    assert!(house.reads(bob).contains("* the nick ANA is taken"));
    house.asks(bob, "", Command::Nick("аna".into()));
    assert!(house.reads(bob).contains("is taken"), "a cyrillic look-alike");
    house.asks(ana, "1", Command::Nick("Ana".into()));
    assert!(
        house.reads(ana).contains(r#"{"type":"nick","id":"1","nick":"Ana"}"#),
        "a case change is one's own"
    );
    house.hub.disconnect(house.now, ana.0, None);
    house.asks(bob, "", Command::Nick("ana".into()));
    assert!(house.reads(bob).contains("* you are now ana\n"));
    assert_eq!(house.hub.find("AnA"), Some(bob.0));
}

#[test]
fn a_native_client_says_hello_first_and_in_a_known_version() {
    let mut house = House::open();
    let guest = house.from("127.0.0.1").unwrap();
    house.hub.choose(guest.0, &NATIVE);
    house.says(guest, "hi");
    assert!(house.reads(guest).contains("hello_first"));
    house.asks(guest, "", Command::Hello { version: 9, nick: None });
    assert!(house.reads(guest).contains("unsupported_version"));
    house.asks(guest, "", Command::Hello { version: 1, nick: Some("a b".into()) });
    assert!(house.reads(guest).contains("bad_nick"));
    house.asks(guest, "", Command::Hello { version: 1, nick: None });
    assert!(house.reads(guest).contains(r#""nick":"guest1""#));
    house.asks(guest, "", Command::Hello { version: 1, nick: None });
    assert!(house.reads(guest).contains("already_welcome"));
}

#[test]
fn too_fast_is_refused_with_the_wait_and_taken_after_it() {
    let mut house = House::with(Settings { messages_per_second_max: 2, messages_burst_max: 3, ..settings() });
    let (ana, bob) = (house.native("ana"), house.netcat());
    for number in 0..4 {
        house.asks(ana, &number.to_string(), Command::Say { room: None, text: "x".into(), action: false });
    }
    let answers = house.reads(ana);
    assert_eq!(answers.matches("\"ack\"").count(), 3);
    assert!(
        answers.contains(r#""id":"3","code":"rate_limited""#) && answers.contains(r#""retry_after_ms":500"#)
    );
    assert_eq!(house.reads(bob).matches("ana: x").count(), 3);
    house.pass(Duration::from_millis(500));
    house.says(ana, "now");
    assert_eq!(house.reads(bob), "ana: now\n");
    assert_eq!(house.hub.totals().refusals, 1);
}

#[test]
fn a_reader_that_falls_behind_is_told_exactly_what_it_missed() {
    let retention = Retention { bytes_max: 64 * 1024, events_max: 10_000 };
    let mut house = House::with(Settings { retention, ..settings() });
    let (ana, slow, quick) = (house.netcat(), house.netcat(), house.netcat());
    house.hands_out(&[], 0);
    house.says(ana, "last words");
    house.hands_out(&[slow], "guest1: last words\n".len() - 1);
    assert_eq!(house.reads(quick), "");
    let mut quick_heard = 0;
    for number in 0..2_000 {
        house.says(ana, &format!("{number} {}", "x".repeat(90)));
        house.says(slow, "own");
        quick_heard += house.reads(quick).lines().filter(|line| line.starts_with("guest1")).count();
    }
    assert_eq!(quick_heard, 2_000);
    let heard = house.reads(slow);
    let heard = heard.strip_prefix('\n').unwrap();
    let (notice, rest) = heard.split_once('\n').unwrap();
    let skipped: usize = notice.split(' ').nth(1).unwrap().parse().unwrap();
    assert!(notice.contains("messages skipped"), "{notice}");
    assert_eq!(skipped + rest.lines().count(), 2_000);
    assert!(!heard.contains("own"));
    let totals = house.hub.totals();
    assert_eq!((totals.gaps, totals.messages_skipped), (1, skipped as u64));
    assert_eq!(totals.messages_accepted, 4_001);
    // ana has read nothing; quick everything by both; slow the first of ana's and what was left.
    assert_eq!(totals.deliveries, (4_001 + 1 + rest.lines().count()) as u64);
    assert!(house.hub.timeline_bytes() <= 64 * 1024 + 4 * 1024);
}

#[test]
fn a_line_that_went_out_in_part_is_finished_before_a_gap_is_told() {
    let retention = Retention { bytes_max: 64 * 1024, events_max: 10_000 };
    let mut house = House::with(Settings { retention, ..settings() });
    let (ana, slow) = (house.netcat(), house.netcat());
    house.says(ana, "first line");
    let mut heard = house.takes(slow, 9);
    assert_eq!(heard, "guest1: f");
    for _ in 0..2_000 {
        house.says(ana, &"x".repeat(100));
    }
    heard.push_str(&house.reads(slow));
    let lines: Vec<_> = heard.lines().collect();
    assert_eq!(lines[0], "guest1: first line");
    assert!(lines[1].starts_with("* ") && lines[1].contains("skipped"), "{}", lines[1]);
    assert!(lines[2..].iter().all(|line| line.len() == "guest1: ".len() + 100));
}

#[test]
fn sockets_that_take_any_number_of_bytes_get_every_line_once() {
    for room in [1, 2, 3, 7, 50, 1000] {
        let mut house = House::open();
        let (ana, bob) = (house.netcat(), house.netcat());
        let mut heard = String::new();
        for number in 0..50 {
            house.says(ana, &format!("line {number}"));
            house.says(bob, "own");
            heard.push_str(&house.takes(bob, room));
        }
        heard.push_str(&house.reads(bob));
        let expected: Vec<_> = (0..50).map(|number| format!("guest1: line {number}")).collect();
        assert_eq!(heard.lines().collect::<Vec<_>>(), expected, "with room for {room} bytes");
        assert_eq!(house.hub.totals().deliveries, 50);
    }
}

#[test]
fn answers_that_are_not_read_are_bounded_and_counted() {
    let mut house = House::open();
    let guest = house.netcat();
    for _ in 0..10_000 {
        house.asks(guest, "", Command::Wrong(Refusal::LineTooLong { max: 4096 }));
    }
    assert!(house.hub.inbox_bytes(guest.0) < INBOX_BYTES_MAX + 200);
    let heard = house.reads(guest);
    let told: u64 = heard.lines().filter(|line| line.contains("longer than")).count() as u64;
    let dropped = heard.lines().find(|line| line.contains("answers were dropped")).unwrap();
    let dropped: u64 = dropped.split(' ').nth(1).unwrap().parse().unwrap();
    assert_eq!(told + dropped, 10_000);
    assert_eq!(house.hub.totals().refusals, 10_000);
}

#[test]
fn refusals_in_a_flood_are_logged_a_few_a_second_and_the_rest_is_counted() {
    let mut house = House::open();
    let guest = house.netcat();
    let refused = |house: &mut House| {
        for _ in 0..50 {
            house.asks(guest, "", Command::Wrong(Refusal::EmptyText));
        }
        house.hub.take_outputs()
    };
    assert_eq!(refused(&mut house).len(), 5);
    house.pass(Duration::from_secs(1));
    let outputs = refused(&mut house);
    let first = Occurrence::Refused { refusal: Refusal::EmptyText, unlogged: 45 };
    assert_eq!(outputs[0], Output::Occurred { id: guest.0, nick: "guest1".into(), what: first });
}

#[test]
fn who_lists_everybody_in_order() {
    let mut house = House::open();
    let (bob, _ana) = (house.netcat(), house.native("ana"));
    house.reads(bob);
    house.asks(bob, "", Command::Who { room: None });
    assert_eq!(house.reads(bob), "* in #lobby (2): ana, guest1\n");
}

#[test]
fn who_names_200_people_and_counts_the_rest() {
    let mut house = House::open();
    let eva = house.native("eva");
    for _ in 1..200 {
        house.netcat();
    }
    house.asks(eva, "1", Command::Who { room: None });
    let all = house.reads(eva);
    assert!(all.matches("connected_s").count() == 200 && !all.contains("others"), "{all}");
    house.netcat();
    house.asks(eva, "2", Command::Who { room: None });
    assert!(house.reads(eva).ends_with("],\"others\":1}\n"));
}

#[test]
fn a_guest_who_only_reads_comes_and_goes_unannounced() {
    let mut house = House::open();
    let (ana, reader, speaker) = (house.netcat(), house.netcat(), house.netcat());
    house.says(speaker, "hi");
    house.hub.disconnect(house.now, reader.0, None);
    house.hub.disconnect(house.now, speaker.0, Some("connection lost"));
    assert_eq!(house.reads(ana), "guest3: hi\n* guest3 left (connection lost)\n");
}

#[test]
fn a_storm_of_comings_does_not_bury_what_is_said() {
    let mut house = House::open();
    let ana = house.netcat();
    for number in 0..500 {
        house.native(&format!("bot{number}"));
    }
    let told = house.reads(ana);
    assert_eq!(told.lines().count(), 20, "{told}");
    house.pass(Duration::from_secs(10));
    house.native("eva");
    assert_eq!(house.reads(ana), "* eva joined (and 480 others came or went)\n");
}

#[test]
fn connections_are_limited_in_all_and_by_address_at_the_bound() {
    let mut house =
        House::with(Settings { connections_max: 4, connections_per_address_max: 2, ..settings() });
    let first = house.from("10.0.0.1").unwrap();
    house.from("10.0.0.1").unwrap();
    assert_eq!(house.from("10.0.0.1").err(), Some(NotAdmitted::TooManyFromAddress { max: 2 }));
    assert_eq!(house.from("::ffff:10.0.0.1").err(), Some(NotAdmitted::TooManyFromAddress { max: 2 }));
    house.from("127.0.0.1").unwrap();
    house.from("127.0.0.1").unwrap();
    assert_eq!(house.from("10.0.0.2").err(), Some(NotAdmitted::Full { max: 4 }));
    house.hub.disconnect(house.now, first.0, None);
    assert!(house.from("10.0.0.1").is_ok());
}

#[test]
fn loopback_is_limited_only_when_asked() {
    let limits = Settings { connections_per_address_max: 1, ..settings() };
    let mut house = House::with(Settings { connections_per_address_on_loopback: true, ..limits });
    assert!(house.from("::1").is_ok());
    assert!(house.from("::1").is_err());
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
fn a_kick_is_told_to_the_room_and_is_the_last_word_to_the_kicked() {
    let mut house = House::open();
    let (ana, eva) = (house.netcat(), house.native("eva"));
    house.reads(ana);
    let kicked = house.hub.kick(house.now, eva.0, Some("spam")).unwrap();
    assert_eq!((kicked.nick.as_str(), kicked.id), ("eva", eva.0));
    house.says(ana, "later");
    assert_eq!(house.reads(eva), "{\"type\":\"bye\",\"code\":\"kicked\",\"reason\":\"kicked: spam\"}\n");
    assert!(house.hub.take_outputs().contains(&Output::Close(eva.0)));
    house.hub.disconnect(house.now, eva.0, None);
    assert_eq!(house.reads(ana), "* eva left (kicked: spam)\n", "once");
}

#[test]
fn a_client_that_never_said_hello_is_no_receiver() {
    let retention = Retention { bytes_max: 64 * 1024, events_max: 10_000 };
    let mut house = House::with(Settings { retention, ..settings() });
    let ana = house.netcat();
    let mute = house.from("127.0.0.1").unwrap();
    house.hub.choose(mute.0, &NATIVE);
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
fn a_stop_takes_nothing_more_and_its_goodbye_comes_last() {
    let mut house = House::open();
    let (ana, bob) = (house.netcat(), house.netcat());
    house.says(ana, "before");
    house.hub.stop(house.now, "maintenance");
    house.says(ana, "after");
    assert_eq!(house.reads(bob), "guest1: before\n* server is stopping: maintenance\n");
    assert!(house.reads(ana).contains("not sent"));
    assert_eq!(house.from("127.0.0.1").err(), Some(NotAdmitted::Stopping));
}

#[test]
fn only_those_who_are_owed_something_and_have_room_are_in_the_pass() {
    let mut house = House::open();
    let (ana, bob, slow, eva) = (house.netcat(), house.netcat(), house.netcat(), house.native("eva"));
    house.hands_out(&[], 0);
    assert!(!house.hub.has_ready());
    house.says(ana, "one");
    assert_eq!(house.hands_out(&[slow], 0).len(), 2, "bob and eva");
    house.says(ana, "two");
    house.says(ana, "three");
    let got = house.hands_out(&[], 0);
    assert_eq!(got[&bob.0.slot], "guest1: two\nguest1: three\n");
    assert_eq!(got[&eva.0.slot].lines().count(), 2);
    assert_eq!(got.len(), 2);
    assert!(!house.hub.has_ready());
    assert_eq!(house.reads(slow), "guest1: one\nguest1: two\nguest1: three\n");
}

#[test]
fn who_is_owed_something_by_two_rooms_gets_it_in_one_write() {
    let mut house = House::open();
    let (ana, bob) = (house.netcat(), house.netcat());
    house.hands_out(&[], 0);
    house.hub.announce(house.now, "lunch");
    house.says(ana, "coming");
    let got = house.hands_out(&[], 0);
    assert_eq!(got[&bob.0.slot], "guest1: coming\n* announcement: lunch\n");
    assert_eq!(got[&ana.0.slot], "* announcement: lunch\n");
}

#[test]
fn who_catches_up_before_a_pass_gets_nothing_twice_in_it() {
    let mut house = House::open();
    let (ana, bob, eva) = (house.netcat(), house.netcat(), house.netcat());
    house.hands_out(&[], 0);
    house.says(ana, "one");
    assert_eq!(house.reads(bob), "guest1: one\n");
    house.says(ana, "two");
    let got = house.hands_out(&[], 0);
    assert_eq!(got[&bob.0.slot], "guest1: two\n");
    assert_eq!(got[&eva.0.slot], "guest1: one\nguest1: two\n");
    assert!(!got.contains_key(&ana.0.slot));
    assert_eq!(house.hub.totals().deliveries, 4);
    assert!(!house.hub.has_ready());
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
            house.pass(Duration::from_millis(7));
            house.asks(*guest, "", Command::Who { room: None });
        }
        guests.iter().map(|guest| house.reads(*guest)).collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
}

mod model;

mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_line_a_text_client_sees_is_prefixed(texts: Vec<String>, actions: Vec<bool>) {
            let mut house = House::open();
            let (ana, bob) = (house.native("ana"), house.netcat());
            for (text, action) in texts.into_iter().zip(actions) {
                house.asks(ana, "", Command::Say { room: None, text: text.into(), action });
            }
            let heard = house.reads(bob);
            for line in heard.split_terminator('\n') {
                prop_assert!(line.starts_with("ana: "), "{line:?}");
                prop_assert!(lanchat_protocol::text::is_clean(line));
            }
        }

        #[test]
        fn arbitrary_bytes_in_either_dialect_never_panic_and_never_reach_others_unclean(
            is_native: bool,
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..8),
        ) {
            use crate::dialect::{Decoder, json, text};
            let mut house = House::open();
            let bob = house.netcat();
            let stranger = house.from("127.0.0.1").unwrap();
            let mut decoder = if is_native {
                Decoder::Native(json::Reader::new(64))
            } else {
                Decoder::Text(text::Reader::new(64))
            };
            house.hub.choose(stranger.0, if is_native { &NATIVE } else { &TEXT });
            let now = house.now;
            for chunk in &chunks {
                decoder.push(chunk, &mut |tag, command| house.hub.handle(now, stranger.0, tag, command));
            }
            for line in house.reads(bob).split_terminator('\n') {
                prop_assert!(line.starts_with("* ") || line.contains(": "), "{line:?}");
                prop_assert!(lanchat_protocol::text::is_clean(line));
            }
        }
    }
}
