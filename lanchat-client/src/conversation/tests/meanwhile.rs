//! Rooms that do not fit into the greeting.

use super::*;

const TIME: &str = "2026-11-22T09:30:00Z";

impl Ana {
    /// Back in the lobby at 5 and in ops, where she talks, at 7; of dev, which was read up to 3, the greeting says
    /// nothing.
    fn back_without_dev() -> Self {
        let mut ana = Self::knocking_for(&["dev", "ops"]);
        ana.is_let_in(4096, &[("lobby", 5), ("dev", 3), ("ops", 7)]);
        ana.sends();
        ana.conversation.lost("reset");
        for bytes_max in 0..4096 {
            ana.conversation.line_bytes_max = bytes_max;
            ana.conversation.connected(0);
            let hello = ana.sends().join("");
            if hello.contains("lobby") && hello.contains("ops") {
                assert!(!hello.contains("dev"), "{hello}");
                break;
            }
        }
        ana.is_let_in(4096, &[("lobby", 5), ("ops", 7)]);
        assert!(ana.sends().join("").contains(r#""type":"join","id":"1","room":"dev""#));
        ana.hears(r#"{"type":"joined","id":"1","room":"dev","pos":300,"people":2}"#);
        ana.sees();
        ana
    }

    fn is_let_in(&mut self, bytes_max: usize, rooms: &[(&str, u64)]) {
        let rooms: Vec<_> = rooms
            .iter()
            .map(|(room, pos)| serde_json::json!({"room": room, "pos": pos, "until": pos}))
            .collect();
        let welcome = serde_json::json!({"type": "welcome", "version": 1, "nick": "ana", "server": "lanchatd",
            "history": "h", "rooms": rooms, "limits": {"line_bytes_max": bytes_max,
            "messages_per_second_max": 0, "messages_burst_max": 0}});
        self.hears(&welcome.to_string());
    }

    fn gets_page(&mut self, id: &str, messages: &[(u64, &str, &str)], more: bool) {
        let past = |&(pos, from, text): &(u64, &str, &str)| serde_json::json!({"pos": pos, "time": TIME, "from": from, "text": text});
        let messages: Vec<_> = messages.iter().map(past).collect();
        let mut page =
            serde_json::json!({"type": "history", "room": "dev", "messages": messages, "more": more});
        if !id.is_empty() {
            page["id"] = id.into();
        }
        self.hears(&page.to_string());
    }
}

#[test]
fn what_was_said_there_is_asked_for_page_by_page_and_shown_as_missed() {
    let mut ana = Ana::back_without_dev();
    ana.gets_page("", &[(300, "bo", "four")], true);
    let asked = ana.sends().join("");
    assert!(asked.contains(r#""id":"2","room":"dev","after":3,"limit":200"#), "{asked}");
    ana.hears(&format!(
        r#"{{"type":"message","room":"dev","pos":301,"time":"{TIME}","from":"bo","text":"five"}}"#
    ));
    ana.gets_page("2", &[(4, "bo", "one"), (5, "ana", "mine"), (203, "bo", "two")], true);
    assert!(ana.sends().join("").contains(r#""id":"3","room":"dev","after":203,"limit":200"#));
    assert!(ana.sees().is_empty());
    ana.gets_page("3", &[(204, "bo", "three"), (300, "bo", "four"), (301, "bo", "five")], true);
    let said = ["one", "two", "three", "four", "five"].map(|text| format!("09:30 #dev bo: {text}"));
    let seen = ana.sees();
    assert_eq!(seen[0], "── 5 new in #dev since 09:15 ──");
    assert_eq!(seen[1..], said, "each once");
    assert!(ana.sends().is_empty());
}

#[test]
fn a_connection_that_breaks_meanwhile_is_gone_on_with_where_it_was() {
    let mut ana = Ana::back_without_dev();
    ana.gets_page("2", &[(4, "bo", "one"), (203, "bo", "two")], true);
    ana.conversation.lost("reset");
    assert_eq!(ana.sees()[1..3], ["09:30 #dev bo: one", "09:30 #dev bo: two"]);
    ana.conversation.connected(0);
    assert!(ana.sends().join("").contains(r#"{"room":"dev","pos":203}"#));
}

#[test]
fn what_is_not_to_be_had_is_told_with_the_room() {
    for answer in [
        r#"{"type":"error","id":"2","code":"no_such_room","message":"there is no such room"}"#,
        r#"{"type":"history","id":"2","room":7}"#,
    ] {
        let mut ana = Ana::back_without_dev();
        ana.types("hi");
        ana.sends();
        ana.hears(answer);
        let told = "* what was said in #dev meanwhile may be missing: /history #dev shows it";
        assert_eq!(ana.sees().last().map(String::as_str), Some(told), "{answer}");
        assert_eq!(ana.says(), ["hi"]);
    }
}
