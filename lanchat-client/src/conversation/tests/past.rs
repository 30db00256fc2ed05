//! What was said before.

use super::*;

const MONDAY: &str = "2026-11-23T10:00:00Z";

impl Ana {
    fn online_on_monday() -> Self {
        let mut ana = Self::online();
        ana.wall = at(MONDAY);
        ana
    }

    /// The one request that goes out.
    fn requests(&mut self) -> serde_json::Value {
        let sent = self.sends();
        assert_eq!(sent.len(), 1, "{sent:?}");
        serde_json::from_str(&sent[0]).unwrap()
    }

    fn gets_history(&mut self, id: &str, room: &str, messages: &[(u64, &str, &str)], more: bool) {
        let past = |&(pos, time, text): &(u64, &str, &str)| serde_json::json!({"pos": pos, "time": time, "from": "bo", "text": text});
        let messages: Vec<_> = messages.iter().map(past).collect();
        let mut event =
            serde_json::json!({"type": "history", "room": room, "messages": messages, "more": more});
        if !id.is_empty() {
            event["id"] = id.into();
        }
        self.hears(&event.to_string());
    }
}

#[test]
fn what_was_said_before_is_shown_on_the_way_in_with_its_days() {
    let mut ana = Ana::online_on_monday();
    let messages = [
        (1, "2026-11-21T09:15:00Z", "one"),
        (2, "2026-11-21T09:16:00Z", "two"),
        (3, "2026-11-23T09:17:00Z", "three"),
    ];
    ana.gets_history("", "lobby", &messages, true);
    assert_eq!(
        ana.sees().join("\n").lines().collect::<Vec<_>>(),
        [
            "── said before ──",
            "── 2026-11-21 ──",
            "09:15 bo: one",
            "09:16 bo: two",
            "── 2026-11-23 ──",
            "09:17 bo: three",
            "── now ──",
        ]
    );
    ana.gets_history("", "ops", &messages[..1], false);
    assert!(ana.sees().is_empty(), "she is not there");
    ana.types("/join ops");
    ana.gets_history("", "ops", &messages[..1], false);
    let said = "── said before ──\n── 2026-11-21 ──\n09:15 bo: one\n── 2026-11-23 ──\n── now ──";
    assert_eq!(ana.sees(), [said], "what follows is of today");
    ana.gets_history("", "lobby", &[], false);
    assert!(ana.sees().is_empty());
}

#[test]
fn a_history_is_asked_for_by_number_by_time_and_for_any_place() {
    let mut ana = Ana::online_on_monday();
    for (typed, asked) in [
        ("/history", r#"{"room":"lobby","limit":20}"#),
        ("/history 7", r#"{"room":"lobby","limit":7}"#),
        ("/history 2h", r#"{"room":"lobby","since":"2026-11-23T08:00:00Z","limit":200}"#),
        ("/history since 09:30", r#"{"room":"lobby","since":"2026-11-23T09:30:00Z","limit":200}"#),
        ("/history @bo 3", r#"{"room":"@bo","limit":3}"#),
        ("/history #ops", r#"{"room":"ops","limit":20}"#),
    ] {
        ana.types(typed);
        let mut request = ana.requests();
        let id = request["id"].as_str().unwrap().to_owned();
        let mut expected: serde_json::Value = serde_json::from_str(asked).unwrap();
        expected["type"] = "history".into();
        request.as_object_mut().unwrap().remove("id");
        assert_eq!(request, expected, "{typed}");
        ana.gets_history(&id, "lobby", &[], false);
        assert_eq!(ana.sees().len(), 1);
    }
    for typed in ["/history lately", "/history @", "/history more", "/history 0", "/history @bo 0"] {
        ana.types(typed);
        assert!(ana.sends().is_empty() && ana.sees().len() == 1, "{typed}");
    }
}

#[test]
fn what_can_stand_behind_history_is_told_with_what_cannot() {
    let mut ana = Ana::online_on_monday();
    ana.types("/history nope");
    let told = ana.sees().join("");
    for way in ["30m, 2h, 3d", "/history 50", "/history #ROOM"] {
        assert!(told.contains(way), "{told}");
    }
    ana.types("/history 0");
    assert_eq!(ana.sees(), ["* 0 messages show nothing: ask for 1 to 200"]);
}

#[test]
fn there_is_more_and_the_command_that_shows_it_is_told() {
    let mut ana = Ana::online_on_monday();
    let messages = [(40, "2026-11-23T09:00:00Z", "a"), (42, "2026-11-23T09:01:00Z", "b")];
    ana.types("/history 2");
    ana.sends();
    ana.gets_history("1", "lobby", &messages, true);
    assert_eq!(ana.sees(), ["09:00 bo: a\n09:01 bo: b", "* more was said before: /history more goes on"]);
    ana.types("/history more");
    let request = ana.requests();
    assert_eq!((&request["before"], &request["limit"]), (&40.into(), &2.into()));
    ana.gets_history("2", "lobby", &[(3, "2026-11-23T08:00:00Z", "c")], false);
    assert_eq!(ana.sees(), ["08:00 bo: c"]);
    ana.types("/history 1h");
    ana.sends();
    ana.gets_history("3", "lobby", &messages, true);
    assert_eq!(ana.sees()[1], "* more was said: /history more goes on");
    ana.types("/history MORE");
    let request = ana.requests();
    assert_eq!((&request["after"], &request["since"]), (&42.into(), &serde_json::Value::Null));
    ana.gets_history("4", "lobby", &[], false);
    assert_eq!(ana.sees(), ["* nothing was said since then"]);
    ana.types("/history more");
    assert_eq!(ana.sees(), ["* there is no more; /history shows what was said here before"]);
}

#[test]
fn a_search_asks_for_what_was_typed() {
    let mut ana = Ana::online_on_monday();
    ana.types("/search disk full from:@bo in:#ops before:2026-11-20 after:3d");
    let mut request = ana.requests();
    request.as_object_mut().unwrap().remove("id");
    let expected = serde_json::json!({"type": "search", "words": "disk full", "from": "bo", "room": "ops",
        "before": "2026-11-20T00:00:00Z", "after": "2026-11-20T10:00:00Z", "context": 1});
    assert_eq!(request, expected);
    for typed in ["/search", "/search in:ops", "/search x in:@", "/search x before:soon"] {
        ana.types(typed);
        assert!(ana.sends().is_empty() && ana.sees().len() == 1, "{typed}");
    }
}

#[test]
fn what_was_found_is_shown_with_the_newest_last() {
    let mut ana = Ana::online_on_monday();
    let past = |pos: u64, time: &str, from: &str, text: &str| serde_json::json!({"pos": pos, "time": time, "from": from, "text": text});
    let hits = serde_json::json!([
        {"room": "@bo", "message": past(9, "2026-11-23T09:00:00Z", "ana", "DISK again")},
        {"room": "ops", "message": past(2, "2026-11-21T09:15:00Z", "bo", "the disk is full"),
         "before": [past(1, "2026-11-21T09:14:00Z", "al", "what is it?")],
         "after": [past(3, "2026-11-21T09:16:00Z", "al", "oh")]},
    ]);
    ana.types("/search disk");
    ana.sends();
    ana.hears(&serde_json::json!({"type": "found", "id": "1", "hits": hits}).to_string());
    assert_eq!(
        ana.sees().join("\n").lines().collect::<Vec<_>>(),
        [
            "* found 2",
            "    09:14 al: what is it?",
            "2026-11-21 09:15 #ops bo: the disk is full",
            "    09:16 al: oh",
            "2026-11-23 09:00 @bo ana: DISK again",
        ]
    );
    ana.types("/search x");
    ana.hears(r#"{"type":"found","id":"2","hits":[]}"#);
    assert_eq!(ana.sees(), ["* nothing found"]);
    ana.types("/search x");
    ana.hears(r#"{"type":"found","id":"3","hits":[],"more":true}"#);
    let seen = ana.sees();
    assert!(seen[0].starts_with("* nothing found; older messages were not looked at"), "{seen:?}");
    ana.types("/search x from:bo before:2h");
    ana.hears(r#"{"type":"found","id":"4","hits":[],"more":true,"before":"2026-11-21T09:15:00.001Z"}"#);
    let seen = ana.sees();
    let command = "; for older ones: /search x from:bo before:2026-11-21T09:15:00.001Z";
    assert!(seen[0].starts_with("* nothing found; ") && seen[0].ends_with(command), "{seen:?}");
}

#[test]
fn a_search_that_found_more_than_is_shown_tells_how_to_go_on() {
    let mut ana = Ana::online_on_monday();
    ana.types("/search disk before:2026-11-22 from:bo");
    let hit = serde_json::json!({"room": "ops", "message":
        {"pos": 1, "time": "2026-11-21T09:15:00.250Z", "from": "bo", "text": "disk"}});
    let hits = vec![hit; 10];
    ana.hears(&serde_json::json!({"type": "found", "id": "1", "hits": hits}).to_string());
    let command = "/search disk from:bo before:2026-11-21T09:15:00.250Z";
    assert_eq!(ana.sees()[0], format!("* found 10; for older ones: {command}"));
    ana.sends();
    ana.types(command);
    assert_eq!(ana.requests()["before"], "2026-11-21T09:15:00.25Z");
}

#[test]
fn what_the_relay_does_not_keep_is_told_in_its_words() {
    let mut ana = Ana::online_on_monday();
    for (id, typed) in [(1, "/history"), (2, "/search x")] {
        ana.types(typed);
        ana.hears(&format!(
            r#"{{"type":"error","id":"{id}","code":"no_history","message":"nothing is kept"}}"#
        ));
        assert_eq!(ana.sees(), ["* nothing is kept"]);
    }
}
