use super::*;

/// Somebody who reads, and the relay's side of the wire.
struct Reader {
    reading: Reading,
}

impl Reader {
    /// In the lobby at 5 and in ops at 7, in the history `h`.
    fn welcome() -> Self {
        let mut reader = Self { reading: Reading::default() };
        assert!(!reader.is_welcomed("h", &[("lobby", 5), ("ops", 7)]));
        reader
    }

    fn is_welcomed(&mut self, history: &str, rooms: &[(&str, u64)]) -> bool {
        let rooms: Vec<_> =
            rooms.iter().map(|&(room, pos)| RoomAt { room: room.into(), pos, until: Some(pos) }).collect();
        self.reading.welcome(history, &rooms)
    }

    fn hears(&mut self, event: &str) -> bool {
        self.reading.take(&serde_json::from_str(event).unwrap())
    }

    fn hears_message(&mut self, room: &str, pos: u64, uid: &str) -> bool {
        self.hears(&format!(
            r#"{{"type":"message","room":"{room}","pos":{pos},"time":"","from":"bo","text":"hi","uid":"{uid}"}}"#
        ))
    }

    /// `lobby 5, ops 7`, as the next connection would be opened.
    fn says(&mut self, rooms: &[&str]) -> String {
        let hello = self.reading.hello(Hello::default(), rooms.iter().copied(), 4096);
        let place = |place: &Place| match place.pos {
            Some(pos) => format!("{} {pos}", place.room),
            None => place.room.to_string(),
        };
        hello.rooms.iter().map(place).collect::<Vec<_>>().join(", ")
    }
}

const BOTH: &[&str] = &["lobby", "ops"];

#[test]
fn a_first_connection_names_rooms_and_one_that_comes_back_how_far_they_were_read() {
    let mut reader = Reader { reading: Reading::default() };
    assert_eq!(reader.says(BOTH), "ops", "everybody is in the lobby");
    reader.is_welcomed("h", &[("lobby", 5), ("ops", 0)]);
    assert_eq!(reader.says(BOTH), "lobby 5, ops 0");
    let hello = reader.reading.hello(Hello::default(), [], 4096);
    assert_eq!(hello.history.as_deref(), Some("h"));
}

#[test]
fn what_is_heard_in_a_room_moves_its_position_and_what_is_answered_does_not() {
    let mut reader = Reader::welcome();
    reader.hears(r#"{"type":"ack","id":"1","room":"lobby","pos":9,"time":""}"#);
    assert_eq!(reader.says(BOTH), "lobby 5, ops 7", "others may have spoken before it");
    reader.hears_message("lobby", 8, "a");
    reader.hears(r#"{"type":"presence","room":"ops","pos":8,"time":"","nick":"bo","change":"joined"}"#);
    assert_eq!(reader.says(BOTH), "lobby 8, ops 8");
    reader.hears(r#"{"type":"topic","room":"ops","pos":9,"time":"","nick":"bo","topic":"x"}"#);
    reader.hears(r#"{"type":"topic","id":"2","room":"ops","topic":"x"}"#);
    reader.hears_message("lobby", 6, "b");
    assert_eq!(reader.says(BOTH), "lobby 8, ops 9", "never back");
}

#[test]
fn while_the_relay_tells_what_was_missed_only_that_counts() {
    let mut reader = Reader::welcome();
    assert_eq!(reader.says(BOTH), "lobby 5, ops 7");
    assert!(!reader.is_welcomed("h", &[("lobby", 9), ("ops", 7)]));
    assert_eq!(reader.reading.behind().collect::<Vec<_>>(), ["lobby"], "in ops nothing was missed");
    reader.hears(r#"{"type":"presence","room":"lobby","pos":10,"time":"","nick":"bo","change":"joined"}"#);
    assert_eq!(reader.says(BOTH), "lobby 5, ops 7");
    reader.hears_message("lobby", 7, "a");
    assert_eq!(reader.says(BOTH), "lobby 7, ops 7", "the connection breaks in the middle");
    reader.is_welcomed("h", &[("lobby", 10), ("ops", 7)]);
    reader.hears(r#"{"type":"live","room":"lobby","pos":10}"#);
    assert_eq!(reader.reading.behind().count(), 0);
    reader.hears(r#"{"type":"presence","room":"lobby","pos":11,"time":"","nick":"bo","change":"left"}"#);
    assert_eq!(reader.says(BOTH), "lobby 11, ops 7");
}

#[test]
fn in_another_history_no_position_means_anything() {
    let mut reader = Reader::welcome();
    reader.hears_message("@bo", 3, "a");
    assert!(reader.is_welcomed("other", &[("lobby", 2)]));
    assert_eq!(reader.says(BOTH), "lobby 2, ops");
    assert!(!reader.is_welcomed("other", &[("lobby", 2)]));
    let mut reader = Reader::welcome();
    assert!(reader.is_welcomed("", &[("lobby", 2)]));
    assert_eq!(reader.says(BOTH), "ops", "a relay that names none cannot resume");
}

#[test]
fn a_room_that_was_left_is_entered_anew() {
    let mut reader = Reader::welcome();
    reader.hears(r#"{"type":"joined","id":"1","room":"ops","pos":30,"people":1}"#);
    assert_eq!(reader.says(BOTH), "lobby 5, ops 7", "she was there already");
    reader.hears(r#"{"type":"parted","id":"2","room":"ops"}"#);
    reader.hears(r#"{"type":"joined","id":"3","room":"ops","pos":40,"people":1}"#);
    assert_eq!(reader.says(BOTH), "lobby 5, ops 40");
}

#[test]
fn a_message_that_comes_twice_is_news_once() {
    let mut reader = Reader::welcome();
    assert!(reader.hears_message("lobby", 6, "a"));
    assert!(!reader.hears_message("lobby", 106, "a"));
    assert_eq!(reader.says(BOTH), "lobby 106, ops 7", "it was passed all the same");
    reader.hears(
        r#"{"type":"history","room":"ops","messages":[{"pos":1,"time":"","from":"bo","text":"x","uid":"b"}]}"#,
    );
    assert!(!reader.hears_message("ops", 8, "b"), "it was shown on the way in");
    assert!(reader.hears_message("ops", 9, "c"));
}

#[test]
fn messages_without_end_are_known_to_a_bound() {
    let mut uids = Uids::default();
    for n in 0..UIDS_MAX + 10 {
        assert!(uids.is_new(&n.to_string()));
    }
    assert!(uids.is_new(&"x".repeat(1_000)) && uids.is_new(&"x".repeat(1_000)));
    assert_eq!((uids.known.len(), uids.order.len()), (UIDS_MAX, UIDS_MAX));
    assert!(!uids.is_new("10") && uids.is_new("9"), "the oldest go first");
}

#[test]
fn a_hello_fits_a_line_whatever_was_read_and_the_newest_conversations_are_in_it() {
    let mut reader = Reader::welcome();
    for n in 1..=2 * SPOTS_MAX as u64 {
        reader.hears_message(&format!("@somebody{n}"), n, &n.to_string());
    }
    reader.hears_message(&"@".repeat(1_000), 1, "long");
    assert_eq!(reader.reading.spots.len(), SPOTS_MAX);
    let hello = Hello { client: Some("c".repeat(64).into()), ..Hello::default() };
    let hello = reader.reading.hello(hello, BOTH.iter().copied(), 4096);
    let mut line = Vec::new();
    write_line(&hello, &mut line);
    assert!(line.len() <= 4096 - 256 && line.len() > 3000, "{}", line.len());
    assert_eq!((&*hello.rooms[1].room, &*hello.rooms[2].room), ("ops", "@somebody998"));
    assert_eq!(reader.reading.spots.len(), hello.rooms.len(), "of the others nothing will be told");
}

#[test]
fn a_room_that_fits_into_no_hello_keeps_its_position_until_what_was_said_there_is_told() {
    let mut reader = Reader::welcome();
    let hello =
        |reader: &mut Reader, bytes_max| reader.reading.hello(Hello::default(), ["ops", "lobby"], bytes_max);
    let bytes_max = (0..4096).find(|&bytes_max| hello(&mut reader, bytes_max).rooms.len() == 1).unwrap();
    assert_eq!(hello(&mut reader, bytes_max).rooms[0].room, "ops", "what comes first matters most");
    assert_eq!(reader.reading.unlisted().collect::<Vec<_>>(), [("lobby", 5)]);
    reader.is_welcomed("h", &[("ops", 7), ("lobby", 40)]);
    assert!(reader.reading.is_asked_for("lobby", 40) && !reader.reading.is_asked_for("lobby", 41));
    reader.hears_message("lobby", 41, "a");
    reader.reading.caught_up("lobby", Some(30));
    assert_eq!(reader.says(&["ops", "lobby"]), "ops 7, lobby 30", "the connection broke before the rest");
    assert_eq!(reader.reading.unlisted().count(), 0);
}
