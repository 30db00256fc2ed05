use clap::Parser;

use super::*;
use crate::arguments::{Arguments, Command};

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
        let sender = Sender {
            proof: Proof::default(),
            wish: Wish::of(None),
            named: None,
            client: Some("f3".to_owned()),
            backlog: None,
            patience_ms: 60_000,
        };
        let rooms = asked.target.to_enter().cloned().into_iter().collect();
        let script = Script::new(ask::Asked::new(&asked).unwrap(), Liaison::looking_itself(sender, rooms));
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
