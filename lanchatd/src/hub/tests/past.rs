//! What was said before: which part comes from where, what of it may be read, and what a store that fails does to it.

use lanchat_protocol::client::{HISTORY_MAX, Kind, Place};

use super::*;
use crate::kept::{Hit, Loaded, Message, MessageKind};

/// A store without a disk: what was written is in it, and it looks up what it is asked for.
#[derive(Default)]
struct Store(Vec<Message>);

impl Store {
    fn write(&mut self, house: &mut House) {
        while let Some(batch) = house.hub.take_batch() {
            self.0.extend(batch.messages.iter().map(Message::owned));
            house.hub.batch_is_written(false);
        }
    }

    fn page(&self, wanted: &Wanted) -> Found {
        let Wanted::Page { conversation, from, until, limit, is_backward, .. } = wanted else {
            panic!("not a page: {wanted:?}")
        };
        let is_in = |message: &&Message| {
            message.conversation == *conversation && (*from..*until).contains(&message.position)
        };
        let all: Vec<_> = self.0.iter().filter(is_in).cloned().collect();
        let count = all.len().min(*limit);
        if *is_backward {
            let next = (all.len() > count).then(|| all[all.len() - count].position);
            Found::Page(all[all.len() - count..].to_vec(), next)
        } else {
            Found::Page(all[..count].to_vec(), all.get(count).map(|message| message.position))
        }
    }
}

impl House {
    /// One whose memory holds about ten events, and whose store all.
    fn forgetful() -> Self {
        let mut house = Self::with(Settings { backlog: 5, ..settings() });
        house.hub.configure(
            house.now,
            Settings {
                backlog: 5,
                retention: Retention { bytes_max: 1 << 20, events_max: 16 },
                ..settings()
            },
        );
        let loaded = Loaded { reserved: 1 << 20, next_conversation: 1, ..Loaded::default() };
        house.hub.keep(Loaded { history: "h".into(), ..loaded }, true);
        house
    }

    fn lookup(&mut self) -> Option<Lookup> {
        self.hub.take_outputs().into_iter().find_map(|output| match output {
            Output::LookUp(lookup) => Some(lookup),
            Output::Check(_) | Output::Close(_) | Output::Occurred { .. } => None,
        })
    }

    fn answers(&mut self, lookup: &Lookup, found: Option<Found>) {
        self.hub.found(self.now, lookup.id, lookup.ticket, found);
    }

    /// Reads until nothing more comes, with a store that answers at once.
    fn reads_all(&mut self, guest: Guest, store: &Store) -> String {
        let mut all = String::new();
        loop {
            let read = self.reads(guest);
            let lookup = self.lookup();
            if let Some(lookup) = &lookup {
                self.answers(lookup, Some(store.page(&lookup.what)));
            }
            if read.is_empty() && lookup.is_none() {
                return all;
            }
            all += &read;
        }
    }

    fn history(&mut self, guest: Guest, asked: Asked) {
        self.asks(guest, "h", Command::History { room: None, asked });
    }
}

/// The texts of messages, in the order in which they were told.
fn texts(lines: &str) -> Vec<String> {
    let texts = lines.split("\"text\":\"").skip(1);
    texts.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

fn numbers(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

/// A house in which 40 lines were said, of which the memory has the last few.
fn house_of_40() -> (House, Store, Guest) {
    let (mut house, mut store) = (House::forgetful(), Store::default());
    let eva = house.native("eva");
    for number in 0..40 {
        house.says(eva, &number.to_string());
        store.write(&mut house);
        house.reads(eva);
    }
    (house, store, eva)
}

#[test]
fn a_backlog_comes_from_the_memory_if_that_has_enough_and_from_the_store_if_not() {
    let (mut house, store, _) = house_of_40();
    let ana = house.from("127.0.0.1").unwrap();
    house.hub.choose(house.now, ana.0, &NATIVE);
    house.asks(ana, "", Command::Hello(Hello { nick: Some("ana".into()), ..hello() }));
    assert!(house.lookup().is_none());
    assert_eq!(texts(&house.reads(ana)), numbers(35..40));
    let bob = house.from("127.0.0.1").unwrap();
    house.hub.choose(house.now, bob.0, &NATIVE);
    let backlog = Hello { nick: Some("bob".into()), backlog: Some(30), ..hello() };
    house.asks(bob, "", Command::Hello(backlog));
    let lookup = house.lookup().expect("the memory has not 30");
    // Nothing that is said meanwhile comes before it.
    house.says(ana, "meanwhile");
    assert_eq!(texts(&house.reads(bob)), [""; 0]);
    house.answers(&lookup, Some(store.page(&lookup.what)));
    assert_eq!(
        texts(&house.reads_all(bob, &store)),
        [numbers(10..40), vec!["meanwhile".to_owned()]].concat()
    );
}

#[test]
fn programs_are_told_no_backlog_and_nobody_more_than_may_be() {
    let (mut house, store, _) = house_of_40();
    for kind in [Kind::Bot, Kind::Pipe, Kind::Other] {
        let bot = house.from("127.0.0.1").unwrap();
        house.hub.choose(house.now, bot.0, &NATIVE);
        house.asks(bot, "", Command::Hello(Hello { kind, ..hello() }));
        assert_eq!(texts(&house.reads_all(bot, &store)), [""; 0]);
    }
    let all = house.from("127.0.0.1").unwrap();
    house.hub.choose(house.now, all.0, &NATIVE);
    house.asks(all, "", Command::Hello(Hello { backlog: Some(usize::MAX), ..hello() }));
    let Wanted::Page { limit, .. } = house.lookup().unwrap().what else { panic!() };
    assert!(limit <= HISTORY_MAX);
}

#[test]
fn a_store_that_fails_takes_the_backlog_and_nothing_else() {
    let (mut house, store, eva) = house_of_40();
    let bob = house.from("127.0.0.1").unwrap();
    house.hub.choose(house.now, bob.0, &NATIVE);
    house.asks(bob, "", Command::Hello(Hello { nick: Some("bob".into()), backlog: Some(30), ..hello() }));
    let lookup = house.lookup().unwrap();
    house.says(eva, "meanwhile");
    house.answers(&lookup, None);
    let read = house.reads_all(bob, &store);
    assert!(read.contains("store_failed") && texts(&read).last().unwrap() == "meanwhile", "{read}");
    assert!(texts(&read).len() < 30, "what the memory has is told");
    // An answer that comes after all is for nobody.
    house.answers(&lookup, Some(store.page(&lookup.what)));
    assert_eq!(house.reads_all(bob, &store), "");
    house.history(bob, Asked::Before { before: None, limit: Some(30) });
    let lookup = house.lookup().unwrap();
    house.answers(&lookup, None);
    assert!(house.reads(bob).contains(r#""id":"h","code":"store_failed""#));
}

#[test]
fn nobody_waits_for_more_than_four_answers() {
    let (mut house, store, eva) = house_of_40();
    for _ in 0..5 {
        house.history(eva, Asked::Before { before: None, limit: Some(40) });
    }
    assert_eq!(house.reads(eva).matches("rate_limited").count(), 1);
    let lookups = house.hub.take_outputs().into_iter().filter_map(|output| match output {
        Output::LookUp(lookup) => Some(lookup),
        Output::Check(_) | Output::Close(_) | Output::Occurred { .. } => None,
    });
    let lookups: Vec<_> = lookups.collect();
    assert_eq!(lookups.len(), 4);
    for lookup in lookups.iter().rev() {
        house.answers(lookup, Some(store.page(&lookup.what)));
    }
    assert_eq!(texts(&house.reads(eva)).len(), 4 * 40);
    house.history(eva, Asked::Before { before: None, limit: Some(40) });
    assert!(house.lookup().is_some());
}

#[test]
fn a_page_goes_on_in_memory_only_where_nothing_has_left_it_meanwhile() {
    let (mut house, mut store, eva) = house_of_40();
    house.history(eva, Asked::After { after: 0, limit: Some(200) });
    let lookup = house.lookup().unwrap();
    let page = store.page(&lookup.what);
    house.answers(&lookup, Some(page.clone()));
    let read = house.reads(eva);
    assert!(texts(&read) == numbers(0..40) && !read.contains("more"), "{read}");
    house.history(eva, Asked::After { after: 0, limit: Some(200) });
    let lookup = house.lookup().unwrap();
    for number in 40..80 {
        house.says(eva, &number.to_string());
        store.write(&mut house);
    }
    house.reads(eva);
    house.answers(&lookup, Some(page));
    let read = house.reads(eva);
    assert!(texts(&read).len() < 40 && read.contains(r#""more":true"#), "{read}");
}

#[test]
fn who_leaves_a_room_or_goes_does_not_read_on_in_it() {
    let (mut house, store, _) = house_of_40();
    let ana = house.native("ana");
    house.reads(ana);
    house.history(ana, Asked::After { after: 0, limit: Some(200) });
    let lookup = house.lookup().unwrap();
    house.asks(ana, "", Command::Part { room: None });
    house.reads(ana);
    house.answers(&lookup, Some(store.page(&lookup.what)));
    assert!(house.reads(ana).contains("no_such_room"));
    house.asks(ana, "", Command::Join { room: None });
    house.reads_all(ana, &store);
    house.history(ana, Asked::Since { time_ms: 0, limit: None });
    let lookup = house.lookup().unwrap();
    house.leaves(ana, None);
    house.answers(&lookup, Some(Found::Since(Some(1))));
}

#[test]
fn what_was_missed_is_told_a_page_at_a_time_through_store_and_memory() {
    let (mut house, mut store, eva) = house_of_40();
    let back = |house: &mut House, history: &'static str| {
        let ana = house.from("127.0.0.1").unwrap();
        house.hub.choose(house.now, ana.0, &NATIVE);
        let rooms = vec![Place { room: "#Lobby".into(), pos: Some(11) }];
        let hello = Hello { client: Some("secret".into()), history: Some(history.into()), rooms, ..hello() };
        house.asks(ana, "", Command::Hello(hello));
        ana
    };
    for number in 40..200 {
        house.says(eva, &number.to_string());
        store.write(&mut house);
    }
    let ana = back(&mut house, "h");
    house.says(eva, "new");
    let read = house.reads_all(ana, &store);
    let (missed, new) =
        read.split_once(r#"{"type":"live","room":"lobby","pos":"#).expect("what was missed ends");
    // Position 1 is that eva came.
    assert_eq!(texts(missed), numbers(10..200));
    assert_eq!(texts(new), ["new"]);
    // Positions of another history mean nothing.
    let bob = back(&mut house, "another");
    let read = house.reads_all(bob, &store);
    assert!(!read.contains("live") && texts(&read).len() == 5, "{read}");
}

#[test]
fn without_a_store_what_has_left_the_memory_is_named_as_missing() {
    let mut house = House::retaining(1 << 20, 16);
    house.hub.name_history("h");
    let eva = house.native("eva");
    for number in 0..100 {
        house.says(eva, &number.to_string());
        house.reads(eva);
    }
    let ana = house.from("127.0.0.1").unwrap();
    house.hub.choose(house.now, ana.0, &NATIVE);
    let rooms = vec![Place { room: "lobby".into(), pos: Some(1) }];
    let hello = Hello { history: Some("h".into()), rooms, ..hello() };
    house.asks(ana, "", Command::Hello(hello));
    let read = house.reads_all(ana, &Store::default());
    assert!(read.contains(r#"{"type":"gap","room":"lobby","skipped":0}"#), "{read}");
    assert_eq!(texts(&read).last().unwrap(), "99");
    assert!(read.trim_end().ends_with(r#"{"type":"live","room":"lobby","pos":101}"#), "{read}");
}

#[test]
fn a_search_waits_for_what_was_said_before_it_unless_the_disk_is_in_trouble() {
    let mut house = House::forgetful();
    let eva = house.native("eva");
    let search = || Command::Search(Searched::Typed("one".into()));
    house.says(eva, "zero");
    let flight = house.hub.take_batch();
    house.says(eva, "one");
    house.asks(eva, "s", search());
    assert!(flight.is_some() && house.lookup().is_none());
    house.hub.batch_is_written(false);
    assert!(house.lookup().is_none(), "one is not written yet");
    house.hub.take_batch();
    house.hub.batch_is_written(false);
    let lookup = house.lookup().expect("everything is written");
    house.answers(&lookup, Some(Found::Hits(Vec::new(), Reach::All)));
    assert!(house.reads(eva).contains(r#"{"type":"found","id":"s","hits":[]}"#));
    house.says(eva, "two");
    house.hub.take_batch();
    house.asks(eva, "t", search());
    assert!(house.lookup().is_none());
    house.hub.store_is_in_trouble("slow");
    assert!(house.lookup().is_some());
}

#[test]
fn answers_are_cut_before_they_are_too_long() {
    let mut house = House::open();
    let eva = house.native("eva");
    for _ in 0..50 {
        house.says(eva, &"x".repeat(4000));
        house.reads(eva);
    }
    house.history(eva, Asked::Before { before: None, limit: Some(200) });
    let read = house.reads(eva);
    assert!(read.len() < INBOX_BYTES_MAX && read.contains(r#""more":true"#), "{}", read.len());
    assert_eq!(texts(&read).len(), 5);
    let ana = house.netcat();
    house.asks(ana, "", Command::History { room: None, asked: Asked::Typed("200".into()) });
    assert_eq!(house.reads(ana).lines().count(), 6, "a day, and what fits");
}

#[test]
fn what_the_store_never_got_is_named_as_missing_to_whoever_comes_back() {
    let (mut house, mut store, eva) = house_of_40();
    // The disk takes nothing until the memory has let go of some of it.
    house.hub.take_batch();
    for number in 40..100 {
        house.says(eva, &number.to_string());
        house.reads(eva);
    }
    house.hub.batch_is_written(false);
    store.write(&mut house);
    let lost = house.hub.keeping().lost;
    assert!(lost > 10);
    let ana = house.from("127.0.0.1").unwrap();
    house.hub.choose(house.now, ana.0, &NATIVE);
    let rooms = vec![Place { room: "lobby".into(), pos: Some(1) }];
    house.asks(ana, "", Command::Hello(Hello { history: Some("h".into()), rooms, ..hello() }));
    let read = house.reads_all(ana, &store);
    assert!(read.contains(&format!(r#"{{"type":"gap","room":"lobby","skipped":{lost}}}"#)), "{read}");
    assert_eq!(texts(&read).len() as u64, 100 - lost);
}

#[test]
fn what_leaves_the_memory_while_the_missed_is_told_is_told_too() {
    let (mut house, mut store, eva) = house_of_40();
    let ana = house.from("127.0.0.1").unwrap();
    house.hub.choose(house.now, ana.0, &NATIVE);
    let rooms = vec![Place { room: "lobby".into(), pos: Some(1) }];
    house.asks(ana, "", Command::Hello(Hello { history: Some("h".into()), rooms, ..hello() }));
    house.reads(ana);
    let lookup = house.lookup().unwrap();
    for number in 40..100 {
        house.says(eva, &number.to_string());
        store.write(&mut house);
        house.reads(eva);
    }
    house.answers(&lookup, Some(store.page(&lookup.what)));
    let read = house.reads_all(ana, &store);
    assert!(!read.contains("gap"), "{read}");
    assert_eq!(texts(&read), numbers(0..100));
}

#[test]
fn a_run_knows_what_it_said_without_an_id_and_nobody_else_learns_a_name_for_it() {
    let (mut house, mut store, eva) = house_of_40();
    let back = |house: &mut House, position| {
        let ana = house.from("127.0.0.1").unwrap();
        house.hub.choose(house.now, ana.0, &NATIVE);
        let rooms = vec![Place { room: "lobby".into(), pos: position }];
        let (client, history) = (Some("secret".into()), Some("h".into()));
        let hello = Hello { nick: Some("ana".into()), client, history, rooms, ..hello() };
        house.asks(ana, "", Command::Hello(hello));
        ana
    };
    let ana = back(&mut house, Some(41));
    house.reads_all(ana, &store);
    house.says(ana, "my own");
    assert!(!house.reads(eva).contains("uid"));
    // Far enough for it to come from the store.
    for number in 0..60 {
        house.says(eva, &number.to_string());
        store.write(&mut house);
        house.reads(eva);
    }
    house.leaves(ana, None);
    let ana = back(&mut house, Some(41));
    assert_eq!(texts(&house.reads_all(ana, &store)), numbers(0..60));
}

#[test]
fn a_search_has_as_many_words_as_it_may_have_and_no_more() {
    let mut house = House::forgetful();
    let eva = house.native("eva");
    house.asks(eva, "s", Command::Search(Searched::Typed("a ".repeat(32).into())));
    assert!(house.lookup().is_some() && !house.reads(eva).contains("error"));
    house.asks(eva, "s", Command::Search(Searched::Typed("a ".repeat(33).into())));
    assert!(house.lookup().is_none() && house.reads(eva).contains("at most 32 words"));
}

#[test]
fn an_answer_with_hits_of_many_lines_is_cut_short_and_says_so() {
    let (mut house, _, eva) = house_of_40();
    let bob = house.from("127.0.0.1").unwrap();
    house.hub.choose(house.now, bob.0, &TEXT);
    house.reads(bob);
    let message = |position| Message {
        conversation: 1,
        position,
        time_ms: 1_795_342_500_001,
        kind: MessageKind::Said,
        nick: "\u{20000}".repeat(32),
        text: vec!["x"; 100].join("\n"),
        uid: None,
    };
    let hit = |position| {
        let (before, after) = (vec![message(position - 1); 5], vec![message(position + 1); 5]);
        Hit { message: message(position), before, after }
    };
    for guest in [bob, eva] {
        house.asks(guest, "s", Command::Search(Searched::Typed("x".into())));
        let lookup = house.lookup().expect("everything is written");
        house.answers(&lookup, Some(Found::Hits((10..60).rev().map(hit).collect(), Reach::All)));
    }
    let found = house.reads(bob);
    assert!(found.len() < 32 * 1024, "{}", found.len());
    assert!(found.lines().all(|line| line.starts_with("* ")), "{found}");
    assert_eq!(found.matches(": x\n").count(), 100, "the newest is told, without what is around it");
    assert!(found.ends_with(
        "* found 1 message with x; older messages were not looked at, before:2026-11-22T10:15:01 finds them\n"
    ));
    let found = house.reads(eva);
    assert!(
        found.contains(r#""pos":59,"#)
            && found.ends_with(
                r#""more":true,"before":"2026-11-22T10:15:00.001Z"}
"#
            ),
        "{found}"
    );
}

#[test]
fn so_many_searches_wait_for_what_was_said_before_them_and_no_more() {
    let mut house = House::forgetful();
    let eva = house.native("eva");
    house.says(eva, "zero");
    house.hub.take_batch();
    let search = |house: &mut House| {
        let guest = house.native(&format!("g{}", house.people));
        for _ in 0..4 {
            house.asks(guest, "s", Command::Search(Searched::Typed("zero".into())));
        }
        let outputs = house.hub.take_outputs().into_iter();
        let is_search =
            |output: &Output| matches!(output, Output::LookUp(Lookup { what: Wanted::Search(_), .. }));
        outputs.filter(is_search).count()
    };
    for _ in 0..16 {
        assert_eq!(search(&mut house), 0);
    }
    assert_eq!(search(&mut house), 4, "the 65th does not wait");
}
