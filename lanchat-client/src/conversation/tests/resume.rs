//! Coming back.

use super::missed::HELD_MS;
use super::*;

impl Ana {
    /// In the lobby at 5 and in ops at 7, where she talks.
    fn resumable() -> Self {
        let mut ana = Self::knocking_for(&["ops"]);
        ana.sends();
        ana.is_taken_in("h", &[("lobby", 5), ("ops", 7)]);
        ana.sends();
        ana.sees();
        ana
    }

    fn is_taken_in(&mut self, history: &str, rooms: &[(&str, u64)]) {
        let rooms: Vec<_> = rooms
            .iter()
            .map(|(room, pos)| serde_json::json!({"room": room, "pos": pos, "until": pos}))
            .collect();
        let welcome = serde_json::json!({"type": "welcome", "version": 1, "nick": "ana", "server": "lanchatd",
            "history": history, "rooms": rooms,
            "limits": {"line_bytes_max": 4096, "messages_per_second_max": 0, "messages_burst_max": 0}});
        self.hears(&welcome.to_string());
    }

    /// The `hello` of the next connection, which was lost 20 minutes before.
    fn reconnects(&mut self) -> String {
        self.conversation.lost("reset");
        self.wall += jiff::SignedDuration::from_mins(20);
        self.conversation.connected(self.now_ms);
        let hello = self.sends().join("");
        self.sees();
        hello
    }

    fn hears_message(&mut self, room: &str, pos: u64, text: &str) {
        self.hears(&format!(
            r#"{{"type":"message","room":"{room}","pos":{pos},"time":"","from":"bo","text":"{text}","uid":"{room}{text}"}}"#
        ));
    }

    fn hears_live(&mut self, room: &str, pos: u64) {
        self.hears(&format!(r#"{{"type":"live","room":"{room}","pos":{pos}}}"#));
    }
}

#[test]
fn what_was_missed_stands_behind_one_marker_a_room() {
    let mut ana = Ana::resumable();
    let hello = ana.reconnects();
    assert!(hello.contains(r#""history":"h","rooms":[{"room":"lobby","pos":5},{"room":"ops","pos":7}]"#));
    ana.is_taken_in("h", &[("lobby", 9), ("ops", 10)]);
    assert_eq!(ana.sees(), ["* connected again as ana"]);
    assert!(!ana.sends().join("").contains("join"), "she is where she was");
    ana.hears_message("ops", 8, "one");
    ana.hears_message("lobby", 7, "all");
    ana.hears_message("ops", 9, "two");
    assert!(ana.sees().is_empty());
    ana.hears_live("ops", 10);
    ana.hears_message("ops", 11, "three");
    ana.hears_live("lobby", 9);
    assert_eq!(
        ana.sees(),
        [
            "── 2 new since 09:15 ──",
            "--:-- bo: one",
            "--:-- bo: two",
            "--:-- bo: three",
            "── 1 new in #lobby since 09:15 ──",
            "--:-- #lobby bo: all",
        ]
    );
}

#[test]
fn where_nothing_was_missed_there_is_no_marker_and_nothing_is_held() {
    let mut ana = Ana::resumable();
    ana.reconnects();
    ana.is_taken_in("h", &[("lobby", 5), ("ops", 8)]);
    ana.sees();
    ana.hears_message("lobby", 6, "new");
    assert_eq!(ana.sees(), ["--:-- #lobby bo: new"], "no live is waited for");
    ana.hears_live("ops", 8);
    assert!(ana.sees().is_empty(), "what she said herself, for example");
}

#[test]
fn a_conversation_with_one_person_is_resumed_too_and_a_day_is_named() {
    let mut ana = Ana::resumable();
    ana.hears_message("@bo", 1, "psst");
    ana.sees();
    ana.conversation.lost("reset");
    ana.wall = at("2026-11-24T08:00:00Z");
    assert!(ana.reconnects().contains(r#"{"room":"@bo","pos":1}"#));
    ana.is_taken_in("h", &[("lobby", 5), ("ops", 7), ("@bo", 3)]);
    ana.hears_message("@bo", 3, "still there?");
    ana.hears_live("@bo", 3);
    assert_eq!(ana.sees()[1..], ["── 1 new from @bo since 2026-11-22 09:15 ──", "--:-- @bo: still there?"]);
}

#[test]
fn a_message_that_comes_twice_is_shown_and_counted_once() {
    let mut ana = Ana::resumable();
    ana.hears_message("ops", 8, "one");
    ana.sees();
    ana.reconnects();
    ana.is_taken_in("h", &[("lobby", 5), ("ops", 30)]);
    ana.sees();
    ana.hears_message("ops", 29, "one");
    ana.hears_message("ops", 30, "two");
    ana.hears_live("ops", 30);
    assert_eq!(ana.sees(), ["── 1 new since 09:15 ──", "--:-- bo: two"]);
}

#[test]
fn more_than_anybody_reads_is_shown_without_an_end_being_waited_for() {
    let mut ana = Ana::resumable();
    ana.reconnects();
    ana.is_taken_in("h", &[("lobby", 5), ("ops", 9_999)]);
    ana.sees();
    for n in 1..=1_000 {
        ana.hears_message("ops", 7 + n, &n.to_string());
    }
    assert!(ana.sees().is_empty());
    ana.hears_message("ops", 1_008, "1001");
    let seen = ana.sees();
    assert_eq!((seen.len(), seen[0].as_str()), (1_002, "── more than 1,000 new since 09:15 ──"));
    assert_eq!(seen[1_001], "--:-- bo: 1001");
    ana.hears_live("ops", 1_008);
    assert!(ana.sees().is_empty());
}

#[test]
fn a_connection_that_breaks_while_what_was_missed_is_told_loses_and_doubles_nothing() {
    let mut ana = Ana::resumable();
    ana.reconnects();
    ana.is_taken_in("h", &[("lobby", 5), ("ops", 9)]);
    ana.sees();
    ana.hears_message("ops", 8, "one");
    ana.conversation.lost("reset");
    assert_eq!(ana.sees()[..2], ["── 1 new since 09:15 ──", "--:-- bo: one"]);
    ana.conversation.connected(0);
    assert!(ana.sends().join("").contains(r#"{"room":"ops","pos":8}"#));
}

#[test]
fn a_relay_that_is_slow_to_tell_keeps_nobody_waiting() {
    let mut ana = Ana::resumable();
    ana.reconnects();
    ana.is_taken_in("h", &[("lobby", 5), ("ops", 9)]);
    ana.sees();
    ana.hears_message("ops", 8, "one");
    assert_eq!(ana.conversation.due_ms(), Some(HELD_MS));
    ana.conversation.tick(HELD_MS);
    assert_eq!(ana.sees(), ["── more than 1 new since 09:15 ──", "--:-- bo: one"]);
    ana.hears_message("ops", 9, "two");
    assert_eq!(ana.sees(), ["--:-- bo: two"]);
}

#[test]
fn whoever_leaves_meanwhile_has_read_what_was_held() {
    let mut ana = Ana::resumable();
    ana.reconnects();
    ana.is_taken_in("h", &[("lobby", 5), ("ops", 9)]);
    ana.sees();
    ana.hears_message("ops", 8, "one");
    ana.conversation.go();
    assert_eq!(ana.sees()[1], "--:-- bo: one");
}

#[test]
fn what_is_lost_of_it_is_told_in_its_place() {
    let mut ana = Ana::resumable();
    ana.reconnects();
    ana.is_taken_in("h", &[("lobby", 5), ("ops", 900)]);
    ana.sees();
    ana.hears(r#"{"type":"gap","room":"ops","skipped":0}"#);
    ana.hears_message("ops", 900, "one");
    ana.hears_live("ops", 900);
    assert_eq!(
        ana.sees(),
        ["── 1 new since 09:15 ──", "* messages were skipped, nobody knows how many", "--:-- bo: one"]
    );
}

#[test]
fn another_history_is_told_once_and_begun_at_its_end() {
    let mut ana = Ana::resumable();
    ana.reconnects();
    ana.is_taken_in("other", &[("lobby", 2), ("ops", 900)]);
    assert!(ana.sees()[1].contains("the relay's history is another one"));
    ana.hears_message("ops", 901, "one");
    assert_eq!(ana.sees(), ["--:-- bo: one"]);
    assert!(
        ana.reconnects()
            .contains(r#""history":"other","rooms":[{"room":"lobby","pos":2},{"room":"ops","pos":901}]"#)
    );
    ana.is_taken_in("other", &[("lobby", 2), ("ops", 901)]);
    assert_eq!(ana.sees(), ["* connected again as ana"]);
}

#[test]
fn rooms_of_the_command_line_are_entered_with_the_greeting_and_told_once() {
    let mut ana = Ana::knocking_for(&["Ops", "dev"]);
    assert!(ana.sends()[0].contains(r#""rooms":[{"room":"Ops"},{"room":"dev"}]"#));
    ana.is_taken_in("h", &[("lobby", 5), ("ops", 7), ("dev", 0)]);
    assert!(!ana.sends().join("").contains("join"));
    assert_eq!(ana.conversation.standing().room.as_deref(), Some("dev"));
    ana.sees();
    let rooms = r#"{"type":"rooms","id":"rooms","rooms":[{"room":"lobby","people":3,"joined":true},
        {"room":"ops","people":2,"joined":true,"topic":"disk"},{"room":"dev","people":1,"joined":true}]}"#;
    ana.hears(rooms);
    let told =
        ["* you are in #ops; 1 other is here. Topic: disk", "* you talk in #dev now; nobody else is here"];
    assert_eq!(ana.sees(), told);
    ana.hears(rooms);
    assert!(ana.sees().is_empty());
}

#[test]
fn a_room_that_is_not_entered_with_the_greeting_is_told_once() {
    let mut ana = Ana::knocking_for(&["ops"]);
    ana.is_taken_in("h", &[("lobby", 5)]);
    ana.sees();
    ana.hears(r#"{"type":"error","code":"too_many_rooms","message":"you are in 1 room"}"#);
    assert!(ana.sees().is_empty());
    ana.hears(r#"{"type":"error","id":"1","code":"too_many_rooms","message":"you are in 1 room"}"#);
    assert_eq!(ana.sees(), ["* you are not in #ops: you are in 1 room", "* you talk in #lobby now"]);
    ana.hears(r#"{"type":"error","code":"too_many_rooms","message":"you are in 1 room"}"#);
    assert_eq!(ana.sees().len(), 1, "about something else");
}

#[test]
fn whoever_is_replaced_by_a_late_attempt_of_their_own_comes_back_with_every_line() {
    let mut ana = Ana::resumable();
    ana.types("one");
    let sent = ana.sends();
    ana.types("two");
    ana.hears(r#"{"type":"bye","code":"replaced","reason":"you have connected again"}"#);
    ana.hears_message("ops", 8, "too late");
    ana.hangs_up();
    let why = "an earlier attempt to connect has reached the relay after it";
    assert_eq!(ana.sees(), [format!("* connection lost ({why}); trying again until it is back")]);
    assert_eq!(ana.ends(), None);
    assert!(ana.reconnects().contains(r#"{"room":"ops","pos":7}"#));
    ana.is_taken_in("h", &[("lobby", 5), ("ops", 7)]);
    assert!(ana.sends().contains(&sent[0]));
    ana.gets_ack(1);
    assert_eq!(ana.says(), ["two"]);
}

#[test]
fn a_program_that_reads_events_gets_them_at_once_and_a_repeated_one_once() {
    let mut ana = Ana::resumable();
    ana.conversation.json = true;
    ana.reconnects();
    ana.is_taken_in("h", &[("lobby", 5), ("ops", 9)]);
    ana.sees();
    ana.hears_message("ops", 8, "one");
    ana.hears_message("ops", 9, "one");
    ana.hears_live("ops", 9);
    let seen = ana.sees();
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert!(seen[1].contains("live"));
}
