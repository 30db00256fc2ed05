//! What is told how and when: calls, folded comings and goings, days, and what the person sets.

use super::call::APART_MS;
use super::fold::FOLD_MS;
use super::*;

impl Ana {
    fn hears_from(&mut self, room: &str, from: &str, text: &str) {
        let message = serde_json::json!({"type": "message", "room": room, "pos": 1, "time": "", "from": from, "text": text});
        self.hears(&message.to_string());
    }

    fn hears_of(&mut self, nick: &str, change: &str) {
        let presence = serde_json::json!({"type": "presence", "room": "lobby", "pos": 1, "time": "", "nick": nick,
            "change": change});
        self.hears(&presence.to_string());
    }

    fn waits(&mut self, ms: u64) {
        self.now_ms += ms;
        self.conversation.tick(self.now_ms);
    }

    /// What called her since the last look.
    fn is_called(&mut self) -> Vec<String> {
        let calls = self.conversation.take_shown().map(|shown| shown.call().to_owned());
        calls.filter(|call| !call.is_empty()).collect()
    }
}

#[test]
fn somebody_who_names_her_or_writes_to_her_alone_calls_her_once_in_a_while() {
    let mut ana = Ana::online();
    ana.hears_from("lobby", "bo", "hi");
    ana.hears_from("lobby", "bo", "bananas");
    assert!(ana.is_called().is_empty());
    ana.hears_from("lobby", "bo", "@ANA: hi");
    assert_eq!(ana.is_called(), ["\x07"]);
    ana.waits(APART_MS - 1);
    ana.hears_from("lobby", "bo", "ana?");
    assert!(ana.is_called().is_empty(), "not again so soon");
    ana.waits(1);
    ana.hears_from("@bo", "bo", "psst");
    assert_eq!(ana.is_called(), ["\x07"]);
}

#[test]
fn nothing_of_her_own_and_nothing_of_the_past_calls_her() {
    let mut ana = Ana::online();
    ana.hears_from("lobby", "ana", "ana is me");
    ana.hears_from("@bo", "ana", "psst");
    ana.hears(
        r#"{"type":"history","room":"lobby","messages":[{"pos":1,"time":"","from":"bo","text":"ana!"}],"more":false}"#,
    );
    assert!(ana.is_called().is_empty());
    ana.conversation.lost("reset");
    ana.conversation.connected(ana.now_ms);
    ana.hears(
        r#"{"type":"welcome","version":1,"nick":"ana","server":"lanchatd","history":"h",
        "rooms":[{"room":"lobby","pos":1,"until":2000}],
        "limits":{"line_bytes_max":4096,"messages_per_second_max":0,"messages_burst_max":0}}"#,
    );
    for n in 0..1_200 {
        ana.hears_from("lobby", "bo", &format!("ana {n}"));
    }
    assert!(ana.is_called().is_empty(), "more was missed than is held");
    ana.hears(r#"{"type":"live","room":"lobby","pos":2000}"#);
    assert!(ana.is_called().is_empty());
    ana.hears_from("lobby", "bo", "ana?");
    assert_eq!(ana.is_called().len(), 1);
}

#[test]
fn what_calls_her_is_hers_to_say() {
    let mut ana = Ana::online();
    ana.types("/notify osc9");
    ana.hears_from("lobby", "bo", "ana: hi");
    assert_eq!(ana.is_called(), ["\x1b]9;lanchat: bo: ana: hi\x07"]);
    ana.types("/notify off");
    ana.waits(APART_MS);
    ana.hears_from("lobby", "bo", "ana: hi");
    assert!(ana.is_called().is_empty());
    assert!(ana.says().is_empty(), "nothing of it is sent");
}

#[test]
fn one_who_comes_is_told_at_once_and_many_together() {
    let mut ana = Ana::online();
    ana.hears_of("bo", "joined");
    assert_eq!(ana.sees(), ["--:-- * bo joined"]);
    for nick in ["carl", "dora", "emil", "fritz", "gina"] {
        ana.hears_of(nick, "joined");
    }
    ana.hears_of("dora", "left");
    ana.hears_of("hugo", "left");
    assert!(ana.sees().is_empty());
    ana.waits(FOLD_MS - 1);
    assert!(ana.sees().is_empty());
    assert_eq!(ana.conversation.due_ms(), Some(FOLD_MS));
    ana.waits(1);
    assert_eq!(ana.sees(), ["--:-- * carl, emil and 2 others joined", "--:-- * hugo left"]);
    ana.waits(FOLD_MS);
    ana.hears_of("ina", "joined");
    assert_eq!(ana.sees(), ["--:-- * ina joined"]);
}

#[test]
fn nothing_is_told_in_another_order_than_it_happened() {
    let mut ana = Ana::online();
    ana.hears_of("bo", "joined");
    ana.hears_from("lobby", "bo", "one");
    ana.hears_of("carl", "joined");
    ana.hears_from("lobby", "carl", "two");
    ana.hears_of("dora", "joined");
    ana.hears_of("emil", "joined");
    assert_eq!(
        ana.sees(),
        ["--:-- * bo joined", "--:-- bo: one", "--:-- * carl joined", "--:-- carl: two"],
        "all at once"
    );
    ana.types("/help");
    assert_eq!(ana.sees()[0], "--:-- * dora and emil joined");
    ana.hears_of("fritz", "left");
    ana.conversation.lost("reset");
    assert_eq!(ana.sees()[0], "--:-- * fritz left", "no loss of the connection takes it away");
}

#[test]
fn names_without_end_are_told_before_they_take_memory_without_end() {
    let mut ana = Ana::online();
    ana.hears_of("bo", "joined");
    ana.sees();
    for n in 0..3 {
        ana.hears_of(&format!("{n}{}", "x".repeat(30_000)), "joined");
    }
    assert_eq!(ana.sees().len(), 1);
}

#[test]
fn another_day_begins_with_its_date() {
    let mut ana = Ana::online();
    ana.hears_from("lobby", "bo", "one");
    ana.wall = at("2026-11-23T00:00:01Z");
    assert!(ana.sees().len() == 1);
    ana.hears_from("lobby", "bo", "two");
    ana.hears_from("lobby", "bo", "three");
    assert_eq!(ana.sees(), ["── 2026-11-23 ──", "--:-- bo: two", "--:-- bo: three"]);
}

#[test]
fn a_day_begins_with_what_was_said_on_it_whatever_comes_when() {
    let mut ana = Ana::online();
    ana.wall = at("2026-11-23T00:00:01Z");
    let says = |ana: &mut Ana, time: &str| {
        let message = serde_json::json!({"type": "message", "room": "lobby", "pos": 1, "time": time, "from": "bo", "text": "hi"});
        ana.hears(&message.to_string());
    };
    for time in
        ["2026-11-22T23:59:59Z", "2026-11-23T00:00:00Z", "2026-11-22T23:59:59Z", "9999-01-01T00:00:00Z"]
    {
        says(&mut ana, time);
    }
    assert_eq!(
        ana.sees(),
        ["23:59 bo: hi", "── 2026-11-23 ──", "00:00 bo: hi", "23:59 bo: hi", "00:00 bo: hi"]
    );
}

#[test]
fn what_was_missed_over_days_has_their_dates() {
    let mut ana = Ana::online();
    ana.hears(r#"{"type":"pong"}"#);
    ana.conversation.lost("reset");
    ana.wall = at("2026-11-24T10:00:00Z");
    ana.conversation.connected(ana.now_ms);
    ana.hears(
        r#"{"type":"welcome","version":1,"nick":"ana","server":"lanchatd","history":"h",
        "rooms":[{"room":"lobby","pos":1,"until":9}],
        "limits":{"line_bytes_max":4096,"messages_per_second_max":0,"messages_burst_max":0}}"#,
    );
    ana.sees();
    for (pos, time) in [(2, "2026-11-22T20:00:00Z"), (3, "2026-11-23T20:00:00Z")] {
        ana.hears(
            &serde_json::json!({"type": "message", "room": "lobby", "pos": pos, "time": time, "from": "bo", "text": "hi"})
                .to_string(),
        );
    }
    ana.hears(r#"{"type":"live","room":"lobby","pos":3}"#);
    ana.hears_from("lobby", "bo", "now");
    assert_eq!(
        ana.sees(),
        [
            "── 2 new since 2026-11-22 09:15 ──",
            "── 2026-11-22 ──",
            "20:00 bo: hi",
            "── 2026-11-23 ──",
            "20:00 bo: hi",
            "── 2026-11-24 ──",
            "--:-- bo: now"
        ]
    );
}

#[test]
fn what_is_set_is_told_and_a_theme_where_nothing_is_coloured_too() {
    let mut ana = Ana::online();
    ana.conversation.set(Settings::default());
    ana.types("/theme");
    assert_eq!(ana.sees(), ["* theme is dark; /theme [dark|light|none]"]);
    ana.types("/theme light");
    assert_eq!(
        ana.sees(),
        [
            "* theme is light now; theme = \"light\" in client.toml keeps it",
            "* nothing is coloured here: NO_COLOR or --plain-output is set, or this terminal shows no colours"
        ]
    );
    ana.types("/timestamp off");
    ana.hears_from("lobby", "bo", "hi");
    assert_eq!(ana.sees()[1..], ["bo: hi"]);
    assert!(ana.says().is_empty());
}

#[test]
fn a_setting_that_is_misspelt_is_not_sent_and_one_in_capitals_is_obeyed() {
    let mut ana = Ana::online();
    ana.conversation.set(Settings::default());
    for (typed, name) in [("/them", "them"), ("/ theme light", " theme"), ("/tiemstamp", "tiemstamp")] {
        ana.types(typed);
        let meant = if typed.contains("stamp") { "timestamp" } else { "theme" };
        let told = format!("* there is no command /{name}; did you mean /{meant}? Nothing was sent");
        assert_eq!(ana.sees(), [told]);
    }
    ana.types("/THEME");
    assert_eq!(ana.sees(), ["* theme is dark; /theme [dark|light|none]"]);
    assert!(ana.sends().is_empty());
}

#[test]
fn what_somebody_may_not_have_seen_begins_with_a_mark() {
    let mut ana = Ana::online();
    ana.types("hi");
    ana.sees();
    ana.now_ms += 10 * 60 * 1000;
    ana.hears_from("lobby", "bo", "one");
    ana.hears_from("lobby", "bo", "two");
    let shown = ana.sees();
    assert_eq!(shown.iter().position(|line| line.contains("── new ──")), Some(0), "{shown:?}");
    assert_eq!(shown.iter().filter(|line| line.contains("new")).count(), 1, "{shown:?}");
}
