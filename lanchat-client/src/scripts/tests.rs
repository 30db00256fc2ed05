use clap::Parser;

use super::*;
use crate::arguments::{Arguments, Command};

/// Somebody who has a minute.
fn sender() -> Sender {
    Sender {
        proof: Proof::default(),
        wish: Wish::of(None),
        named: None,
        client: Some("f3".to_owned()),
        backlog: None,
        patience_ms: 60_000,
    }
}

/// A question in ops, and the relay's side of the wire.
struct Asker {
    script: Script<ask::Asked>,
    now_ms: u64,
}

impl Asker {
    /// Somebody who has a minute, and is let in.
    fn new() -> Self {
        let words = ["c", "ask", "ops", "Deploy?", "--timeout", "60"];
        let Some(Command::Script(Asked::Ask(asked))) = Arguments::try_parse_from(words).unwrap().command
        else {
            panic!()
        };
        let rooms = asked.target.room().cloned().into_iter().collect();
        let script = Script::new(ask::Asked::new(&asked).unwrap(), Liaison::looking_itself(sender(), rooms));
        let mut asker = Self { script, now_ms: 0 };
        asker.connects("lobby");
        asker.hears(r#"{"type":"joined","id":"1","room":"ops","pos":7,"people":2}"#);
        assert!(asker.sends().contains(r#""text":"Deploy? (yes/no)""#));
        asker
    }

    fn connects(&mut self, room: &str) {
        self.script.liaison_mut().connected(self.now_ms);
        self.hears(&format!(
            r#"{{"type":"welcome","version":1,"nick":"deploy","server":"s","history":"h","rooms":[{{"room":"{room}","pos":9}}],
            "limits":{{"line_bytes_max":4096,"messages_per_second_max":0,"messages_burst_max":0}}}}"#
        ));
    }

    fn hears(&mut self, line: &str) {
        self.script.hear(line.as_bytes(), self.now_ms);
    }

    fn sends(&mut self) -> String {
        String::from_utf8(self.script.liaison_mut().take_unsent()).unwrap()
    }

    /// The question is acknowledged, and nothing has been said since.
    fn has_asked(&mut self) {
        self.hears(r#"{"type":"ack","id":"2","room":"ops","pos":8,"time":""}"#);
        let asked = self.sends();
        assert!(asked.contains(r#""type":"history""#) && asked.contains(r#""after":8"#), "{asked}");
        self.hears(r#"{"type":"history","id":"3","room":"ops","messages":[]}"#);
    }

    fn hears_message(&mut self, pos: u64, from: &str, text: &str) {
        self.hears(&format!(
            r#"{{"type":"message","room":"ops","pos":{pos},"time":"","from":"{from}","text":"{text}"}}"#
        ));
    }

    fn passes(&mut self, now_ms: u64) {
        self.now_ms = now_ms;
        self.script.tick(now_ms);
    }

    fn ends(&mut self) -> (Exit, String) {
        assert!(self.script.liaison().is_over());
        (self.script.end("relay").exit, self.script.take_output())
    }
}

#[test]
fn the_first_choice_of_somebody_else_counts_and_is_told() {
    let mut asker = Asker::new();
    asker.has_asked();
    asker.hears_message(9, "deploy", "no");
    asker.hears_message(10, "bo", "hm");
    assert_eq!(asker.sends(), "");
    asker.hears_message(11, "bo", "Yes.");
    asker.hears_message(12, "al", "no");
    assert!(asker.sends().contains(r#""text":"Deploy? -> yes (bo)""#));
    asker.hears(r#"{"type":"ack","id":"4","room":"ops","pos":13,"time":""}"#);
    assert!(asker.sends().contains("quit"));
    asker.hears(r#"{"type":"bye","code":"quit","reason":""}"#);
    assert_eq!(asker.ends(), (Exit::Well, "bo: yes\n".to_owned()));
}

#[test]
fn a_room_that_cannot_be_told_does_not_change_the_answer() {
    let mut asker = Asker::new();
    asker.has_asked();
    asker.hears_message(9, "bo", "no");
    asker.script.liaison_mut().lost("reset", 0);
    assert_eq!(asker.ends(), (Exit::Failed, "bo: no\n".to_owned()));
}

#[test]
fn time_runs_from_when_the_question_was_asked() {
    let mut asker = Asker::new();
    asker.now_ms = 5_000;
    asker.has_asked();
    assert!(asker.script.due_ms().unwrap() <= 65_000);
    asker.script.liaison_mut().stir(64_999);
    asker.passes(64_999);
    assert_eq!(asker.sends(), "");
    asker.passes(65_000);
    assert!(asker.sends().contains("nobody has answered in time"));
    asker.passes(70_000);
    assert_eq!(asker.ends(), (Exit::TimedOut, String::new()));
}

#[test]
fn without_a_connection_nobody_knows_whether_there_was_an_answer() {
    let mut asker = Asker::new();
    asker.has_asked();
    asker.script.liaison_mut().lost("reset", 30_000);
    asker.passes(60_000);
    assert_eq!(asker.ends().0, Exit::Unable);
}

#[test]
fn an_answer_to_a_question_that_the_relay_has_forgotten_counts() {
    let mut asker = Asker::new();
    asker.script.liaison_mut().lost("reset", 0);
    asker.connects("ops");
    assert!(
        asker.sends().contains(r#""id":"2","room":"ops","text":"Deploy? (yes/no)""#),
        "with the id that it had"
    );
    asker.hears(r#"{"type":"ack","id":"2","room":"ops","pos":30,"time":""}"#);
    assert!(asker.sends().contains(r#""after":7"#), "somebody may have answered meanwhile");
}

#[test]
fn a_room_that_there_is_not_is_looked_for_less_and_less_often_and_read_from_its_beginning() {
    let words = ["c", "tail", "-f", "--room", "dawn"];
    let Some(Command::Script(Asked::Tail(asked))) = Arguments::try_parse_from(words).unwrap().command else {
        panic!()
    };
    let tail = tail::Tail::new(&asked, TimeZone::UTC);
    let rooms = tail.rooms();
    let mut script = Script::new(tail, Liaison::reading(sender(), rooms));
    let mut now_ms = 0;
    script.liaison_mut().connected(now_ms);
    let sends = |script: &mut Script<_>| String::from_utf8(script.liaison_mut().take_unsent()).unwrap();
    let hello = sends(&mut script);
    assert!(hello.contains(r#""rooms_only":true"#) && !hello.contains("dawn"), "{hello}");
    let welcome = br#"{"type":"welcome","version":1,"nick":"guest1","server":"s","history":"h","rooms":[],
        "limits":{"line_bytes_max":4096,"messages_per_second_max":0,"messages_burst_max":0}}"#;
    script.hear(welcome, now_ms);
    for (id, pause_ms) in [(1, 1_000), (2, 2_000), (3, 4_000), (4, 8_000), (5, 10_000), (6, 10_000)] {
        let asked = format!("{{\"type\":\"who\",\"id\":\"{id}\",\"room\":\"dawn\"}}\n");
        assert_eq!(sends(&mut script), asked);
        let refused = format!(r#"{{"type":"error","id":"{id}","code":"no_such_room","message":"none"}}"#);
        script.hear(refused.as_bytes(), now_ms);
        script.tick(now_ms + pause_ms - 1);
        assert_eq!(sends(&mut script), "");
        now_ms += pause_ms;
        script.tick(now_ms);
    }
    assert_eq!(script.liaison_mut().take_complaints().count(), 1);
    sends(&mut script);
    script.hear(br#"{"type":"who","id":"7","room":"dawn","people":[]}"#, now_ms);
    assert_eq!(sends(&mut script), "{\"type\":\"join\",\"id\":\"8\",\"room\":\"dawn\"}\n");
    script.hear(br#"{"type":"joined","id":"8","room":"dawn","pos":30,"people":1}"#, now_ms);
    assert!(sends(&mut script).contains(r#""room":"dawn","after":0"#));
}
