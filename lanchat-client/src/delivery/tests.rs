use lanchat_protocol::names::Nick;

use super::*;
use crate::claim::Proof;
use crate::liaison::GOODBYE_MS;
use crate::wish::Wish;

/// A program that pipes lines, and the relay's side of the wire.
struct Pipe {
    delivery: Delivery,
    now_ms: u64,
}

impl Pipe {
    fn online() -> Self {
        Self::online_for(None)
    }

    fn online_for(target: Option<&str>) -> Self {
        let target = target.map(|target| Target::parse(target).unwrap());
        let mut pipe = Self { delivery: connected(target, sender(None)), now_ms: 0 };
        pipe.is_welcomed("[]");
        let asked = pipe.sends();
        assert!(asked.contains("\"type\":\"join\"") != pipe.delivery.wants_input(), "{asked}");
        pipe
    }

    fn is_welcomed(&mut self, rooms: &str) {
        self.is_welcomed_within(4096, rooms);
    }

    fn is_welcomed_within(&mut self, line_bytes_max: usize, rooms: &str) {
        self.hears(&format!(
            r#"{{"type":"welcome","version":1,"nick":"ana","server":"lanchatd","history":"h","rooms":{rooms},
            "limits":{{"line_bytes_max":{line_bytes_max},"messages_per_second_max":0,"messages_burst_max":0}}}}"#
        ));
    }

    fn pipes(&mut self, text: &str) {
        assert!(self.delivery.wants_input());
        self.delivery.take(Some(line(text)), self.now_ms);
    }

    fn ends(&mut self) {
        self.delivery.take(None, self.now_ms);
    }

    fn hears(&mut self, line: &str) {
        self.delivery.hear(line.as_bytes(), self.now_ms);
    }

    fn gets_ack(&mut self, id: u32) {
        self.hears(&format!(r#"{{"type":"ack","id":"{id}","room":"lobby","pos":1,"time":""}}"#));
    }

    fn sends(&mut self) -> String {
        String::from_utf8(self.delivery.liaison.take_unsent()).unwrap()
    }

    fn complains(&mut self) -> String {
        self.delivery.liaison.take_complaints().collect::<Vec<_>>().join("\n")
    }

    fn fails(&self) -> String {
        self.delivery.result().unwrap_err()
    }
}

/// Somebody without any patience.
fn sender(named: Option<Nick>) -> Sender {
    let (wish, proof) = (Wish::of(named.clone()), Proof::default());
    Sender { wish, proof, named, client: None, backlog: None, patience_ms: 0 }
}

fn connected(target: Option<Target>, sender: Sender) -> Delivery {
    let mut delivery = Delivery::new(target, Shape::default(), true, sender);
    delivery.liaison.connected(0);
    delivery
}

fn line(text: &str) -> Input {
    Input::Line { text: text.into(), damaged: false }
}

#[test]
fn every_line_is_a_message_verbatim_and_empty_ones_are_none() {
    let mut pipe = Pipe::online();
    pipe.pipes("/quit  ");
    assert!(pipe.sends().contains(r#""text":"/quit  ""#));
    assert!(!pipe.delivery.wants_input(), "one at a time keeps the order");
    pipe.gets_ack(1);
    pipe.pipes(" \t");
    pipe.ends();
    assert_eq!(pipe.sends(), "{\"type\":\"quit\"}\n");
    pipe.hears(r#"{"type":"bye","reason":"quit"}"#);
    assert!(pipe.delivery.liaison.is_over());
    assert_eq!(pipe.delivery.result(), Ok(()));
}

#[test]
fn without_any_input_it_is_done_after_the_welcome() {
    let mut pipe = Pipe::online();
    pipe.ends();
    assert_eq!(pipe.delivery.due_ms(), Some(GOODBYE_MS));
    pipe.delivery.tick(GOODBYE_MS);
    assert!(pipe.delivery.liaison.is_over(), "a relay that says no goodbye holds nobody up");
    assert_eq!(pipe.delivery.result(), Ok(()));
}

#[test]
fn a_rate_limit_is_waited_out() {
    let mut pipe = Pipe::online();
    pipe.pipes("a");
    pipe.sends();
    pipe.hears(r#"{"type":"error","id":"1","code":"rate_limited","message":"slow","retry_after_ms":700}"#);
    assert_eq!((pipe.sends().as_str(), pipe.delivery.due_ms()), ("", Some(700)));
    pipe.delivery.tick(700);
    assert!(pipe.sends().contains(r#""text":"a""#));
    pipe.gets_ack(1);
    pipe.ends();
    assert_eq!((pipe.complains().as_str(), pipe.delivery.result()), ("", Ok(())));
}

#[test]
fn a_refused_line_is_named_and_the_rest_goes_on() {
    let mut pipe = Pipe::online();
    pipe.pipes("a");
    pipe.hears(r#"{"type":"error","id":"1","code":"empty_text","message":"nothing is left"}"#);
    pipe.pipes(&"x".repeat(5_000));
    pipe.delivery.take(Some(Input::TooLong), 0);
    pipe.pipes("b");
    pipe.gets_ack(3);
    pipe.ends();
    let complaints = pipe.complains();
    for part in ["line 1 was refused: nothing is left", "line 2 was not sent: it takes", "line 3 is too long"]
    {
        assert!(complaints.contains(part), "{complaints}");
    }
    pipe.hears(r#"{"type":"bye","reason":"quit"}"#);
    assert_eq!(pipe.fails(), "3 of 4 messages were not delivered");
}

#[test]
fn a_lost_connection_names_the_message_in_flight_and_counts_the_rest() {
    let mut pipe = Pipe::online();
    pipe.pipes("a");
    pipe.gets_ack(1);
    pipe.pipes("b");
    pipe.delivery.liaison.lost("the relay is gone", 0);
    assert!(pipe.delivery.liaison.is_over());
    let head = "1 of at least 2 messages was not delivered: the relay is gone";
    assert_eq!(pipe.fails(), format!("{head}; line 2, \"b\", may have arrived all the same"));
    pipe.delivery.give_up(Some(line("c")));
    pipe.delivery.give_up(None);
    assert!(pipe.fails().starts_with("2 of 3 messages were not delivered: the relay is gone; line 2"));
}

#[test]
fn being_kicked_while_listening_is_a_failure() {
    let mut pipe = Pipe::online();
    pipe.hears(r#"{"type":"bye","code":"kicked","reason":"kicked"}"#);
    assert_eq!(pipe.fails(), "the relay says goodbye: kicked");
}

#[test]
fn another_nick_than_the_one_asked_for_is_told() {
    let bo = Nick::parse("bo").ok();
    let mut delivery = connected(None, sender(bo));
    delivery.hear(
        br#"{"type":"welcome","version":1,"nick":"bo2","server":"lanchatd","rooms":[],
        "limits":{"line_bytes_max":4096,"messages_per_second_max":0,"messages_burst_max":0}}"#,
        0,
    );
    assert_eq!(
        delivery.liaison.take_complaints().collect::<Vec<_>>(),
        ["somebody has the nick bo; speaking as bo2"]
    );
}

#[test]
fn a_single_message_is_counted_in_the_singular() {
    let mut pipe = Pipe::online();
    pipe.pipes("a");
    pipe.ends();
    pipe.delivery.liaison.lost("the relay is gone", 0);
    assert!(pipe.fails().starts_with("1 of 1 message was not delivered: the relay is gone; line 1"));
}

#[test]
fn no_limit_of_a_relay_is_too_strange() {
    for (most, sent) in [("0", false), ("18446744073709551615", true)] {
        let mut delivery = connected(None, sender(None));
        let welcome = format!(
            r#"{{"type":"welcome","version":1,"nick":"ana","server":"","rooms":[],
            "limits":{{"line_bytes_max":{most},"messages_per_second_max":0,"messages_burst_max":0}}}}"#
        );
        delivery.hear(welcome.as_bytes(), 0);
        delivery.liaison.take_unsent();
        delivery.take(Some(line("a")), 0);
        assert_eq!(!delivery.liaison.take_unsent().is_empty(), sent);
        let told = delivery.liaison.take_complaints().any(|what| what.contains("bytes of at most 0"));
        assert_eq!(told, !sent);
    }
}

#[test]
fn a_nick_that_the_relay_refuses_is_told_with_its_reason_and_no_nick_is_told_at_any_length() {
    let bo = Nick::parse("bo").ok();
    let mut delivery = connected(None, sender(bo));
    delivery.hear(br#"{"type":"error","code":"bad_nick","message":"reserved"}"#, 0);
    let welcome = format!(
        r#"{{"type":"welcome","version":1,"nick":"{}","server":"","rooms":[],
        "limits":{{"line_bytes_max":4096,"messages_per_second_max":0,"messages_burst_max":0}}}}"#,
        "N".repeat(200_000)
    );
    delivery.hear(welcome.as_bytes(), 0);
    let told = format!("the relay refused the nick bo: reserved; speaking as {}", "N".repeat(32));
    assert_eq!(delivery.liaison.take_complaints().collect::<Vec<_>>(), [told]);
}

#[test]
fn a_room_is_entered_before_anything_is_said_there() {
    let mut pipe = Pipe::online_for(Some("#Ops"));
    pipe.hears(r#"{"type":"joined","id":"1","room":"ops","pos":0,"people":1}"#);
    pipe.pipes("a");
    assert!(pipe.sends().contains(r#""room":"ops","text":"a""#));
    pipe.gets_ack(2);
    pipe.ends();
    assert_eq!((pipe.complains().as_str(), pipe.delivery.result()), ("", Ok(())));
}

#[test]
fn a_room_that_is_not_to_be_entered_ends_it_with_one_line() {
    let mut pipe = Pipe::online_for(Some("ops"));
    pipe.hears(r#"{"type":"error","id":"1","code":"rate_limited","message":"slow","retry_after_ms":700}"#);
    pipe.delivery.tick(700);
    assert!(pipe.sends().contains("\"type\":\"join\""), "it waits for its turn");
    pipe.hears(r#"{"type":"error","id":"2","code":"too_many_rooms","message":"you are in 50 rooms"}"#);
    assert!(pipe.delivery.liaison.is_over());
    assert_eq!(pipe.fails(), "nothing can be sent to #ops: you are in 50 rooms");
    pipe.delivery.give_up(Some(line("a")));
    pipe.delivery.give_up(None);
    let told = "1 of 1 message was not delivered: nothing can be sent to #ops: you are in 50 rooms";
    assert_eq!((pipe.fails().as_str(), pipe.complains().as_str()), (told, ""));
}

#[test]
fn one_person_is_talked_to_alone_and_that_they_are_not_here_is_told_once() {
    let mut pipe = Pipe::online_for(Some("@bo"));
    for id in 1..=2 {
        pipe.pipes("a");
        assert!(pipe.sends().contains(r#""room":"@bo","text":"a""#));
        pipe.hears(&format!(r#"{{"type":"ack","id":"{id}","room":"@bo","pos":1,"time":"","waits":true}}"#));
    }
    pipe.ends();
    assert_eq!(pipe.complains(), "bo is not here: what is sent waits for them");
    assert_eq!(pipe.delivery.result(), Ok(()));
}

#[test]
fn a_person_whom_nobody_knows_ends_it_with_the_first_line() {
    let mut pipe = Pipe::online_for(Some("@bo"));
    pipe.pipes("a");
    pipe.hears(r#"{"type":"error","id":"1","code":"no_such_nick","message":"nobody is called bo"}"#);
    assert!(pipe.delivery.liaison.is_over());
    pipe.delivery.give_up(Some(line("b")));
    pipe.delivery.give_up(None);
    let told = "2 of 2 messages were not delivered: nothing can be sent to bo: nobody is called bo";
    assert_eq!((pipe.fails().as_str(), pipe.complains().as_str()), (told, ""));
}

#[test]
fn new_events_pass_as_they_came() {
    let mut pipe = Pipe::online();
    pipe.delivery.take_output();
    let events = [
        r#"{"type":"joined","room":"ops","pos":0,"people":2,"later":[2]}"#,
        r#"{"type":"topic","room":"ops","topic":"disk"}"#,
        r#"{"type":"weather"}"#,
    ];
    for event in events {
        pipe.hears(event);
    }
    assert_eq!(pipe.delivery.take_output().lines().collect::<Vec<_>>(), events);
}

/// Somebody with a minute of patience, in ops.
fn patient() -> Pipe {
    let target = Target::parse("ops").ok();
    let sender = Sender { client: Some("f3".into()), patience_ms: 60_000, ..sender(None) };
    let mut pipe = Pipe { delivery: connected(target, sender), now_ms: 0 };
    assert!(
        pipe.sends().contains(r#""client":"f3","kind":"pipe","rooms":[{"room":"lobby"}],"rooms_only":true}"#)
    );
    pipe.is_welcomed(r#"[{"room":"lobby","pos":5}]"#);
    pipe.sends();
    assert!(!pipe.delivery.wants_input(), "not in the room yet");
    pipe.hears(r#"{"type":"joined","id":"1","room":"ops","pos":7,"people":1}"#);
    pipe
}

#[test]
fn a_line_that_was_out_when_the_connection_broke_is_sent_again_with_its_id() {
    let mut pipe = patient();
    pipe.pipes("a");
    let sent = pipe.sends();
    pipe.delivery.liaison.lost("the relay is gone", 0);
    assert!(!pipe.delivery.liaison.is_over() && !pipe.delivery.wants_input());
    for now_ms in [1_000, 2_000, 59_000] {
        pipe.delivery.liaison.failed("refused", now_ms);
    }
    assert_eq!(pipe.complains(), "connection lost (the relay is gone); trying again for 60 s");
    assert_eq!(pipe.delivery.due_ms(), Some(60_000));
    pipe.delivery.liaison.connected(59_000);
    let hello = pipe.sends();
    assert!(hello.contains(r#""nick":"ana","client":"f3","kind":"pipe","history":"h""#), "{hello}");
    assert!(hello.contains(r#"[{"room":"ops","pos":7},{"room":"lobby","pos":5}]"#), "{hello}");
    pipe.now_ms = 59_000;
    pipe.is_welcomed(r#"[{"room":"lobby","pos":5},{"room":"ops","pos":8}]"#);
    assert_eq!(pipe.sends(), sent);
    pipe.gets_ack(2);
    pipe.pipes("b");
    pipe.gets_ack(3);
    pipe.ends();
    assert_eq!((pipe.complains().as_str(), pipe.delivery.result()), ("", Ok(())));
}

#[test]
fn a_relay_that_stays_away_is_a_failure_after_a_while() {
    let mut pipe = patient();
    pipe.pipes("a");
    pipe.delivery.liaison.lost("the relay is gone", 0);
    pipe.complains();
    pipe.delivery.liaison.connected(30_000);
    pipe.delivery.tick(40_000);
    assert!(
        pipe.delivery.liaison.take_hang_up() && !pipe.delivery.liaison.take_hang_up(),
        "it does not answer"
    );
    pipe.delivery.tick(59_999);
    assert!(!pipe.delivery.liaison.is_over());
    pipe.delivery.tick(60_000);
    assert!(pipe.delivery.liaison.is_over());
    let why = "it does not answer; line 1, \"a\", may have arrived all the same";
    assert_eq!(pipe.fails(), format!("1 of at least 1 message was not delivered: {why}"));
}

#[test]
fn a_relay_that_stops_is_waited_for_and_one_that_throws_out_is_not() {
    let mut pipe = patient();
    pipe.hears(r#"{"type":"bye","code":"stopping","reason":"back soon"}"#);
    assert!(!pipe.delivery.liaison.is_over() && pipe.delivery.liaison.take_hang_up());
    let mut pipe = patient();
    pipe.hears(r#"{"type":"bye","code":"kicked","reason":"no"}"#);
    assert!(pipe.delivery.liaison.is_over());
    assert_eq!(pipe.fails(), "the relay says goodbye: no");
}

#[test]
fn a_late_attempt_of_its_own_costs_a_pipe_no_line() {
    let mut pipe = patient();
    pipe.pipes("a");
    let sent = pipe.sends();
    pipe.hears(r#"{"type":"bye","code":"replaced","reason":"you have connected again"}"#);
    assert!(!pipe.delivery.liaison.is_over() && pipe.delivery.liaison.take_hang_up());
    pipe.delivery.liaison.connected(500);
    pipe.sends();
    pipe.is_welcomed(r#"[{"room":"lobby","pos":5},{"room":"ops","pos":8}]"#);
    assert_eq!(pipe.sends(), sent);
    pipe.gets_ack(2);
    pipe.ends();
    assert_eq!(pipe.delivery.result(), Ok(()));
}

#[test]
fn an_acknowledgement_that_nobody_can_read_counts_as_none_and_the_next_line_goes_out() {
    let mut pipe = patient();
    pipe.pipes("a");
    pipe.hears(r#"{"type":"ack","id":"2","pos":"x"}"#);
    assert_eq!(pipe.complains(), "line 1, \"a\", may not have arrived: the relay's answer could not be read");
    pipe.pipes("b");
    pipe.gets_ack(3);
    pipe.ends();
    assert!(pipe.fails().starts_with("1 of 2 messages was not delivered"), "{}", pipe.fails());
}

#[test]
fn a_room_of_which_the_relay_says_nothing_ends_it() {
    let mut pipe = Pipe::online_for(Some("ops"));
    pipe.delivery.liaison.stir(60_000);
    pipe.delivery.tick(60_000);
    assert_eq!(pipe.fails(), "nothing can be sent to #ops: the relay does not answer");
}

#[test]
fn a_place_that_does_not_fit_into_the_greeting_is_named() {
    let mut pipe = patient();
    pipe.delivery.liaison.lost("reset", 0);
    pipe.delivery.liaison.connected(0);
    pipe.is_welcomed_within(0, r#"[{"room":"lobby","pos":5},{"room":"ops","pos":8}]"#);
    pipe.delivery.liaison.lost("reset", 0);
    pipe.complains();
    pipe.delivery.liaison.connected(0);
    assert!(!pipe.sends().contains("\"pos\""));
    pipe.is_welcomed(r#"[{"room":"lobby","pos":9}]"#);
    let told = ["lobby", "ops"].map(|room| format!("what was said in #{room} meanwhile may be missing"));
    assert_eq!(pipe.complains(), told.join("\n"));
}

#[test]
fn a_program_that_listens_gets_what_it_missed_and_nothing_twice() {
    let mut pipe = patient();
    let message = |pos: u64| {
        format!(
            r#"{{"type":"message","room":"ops","pos":{pos},"time":"","from":"bo","text":"hi","uid":"u"}}"#
        )
    };
    pipe.hears(&message(8));
    pipe.delivery.liaison.lost("reset", 0);
    pipe.delivery.liaison.connected(0);
    assert!(pipe.sends().contains(r#"{"room":"ops","pos":8}"#));
    pipe.is_welcomed(r#"[{"room":"ops","pos":30}]"#);
    pipe.delivery.take_output();
    pipe.hears(&message(29));
    pipe.hears(r#"{"type":"live","room":"ops","pos":30}"#);
    assert_eq!(pipe.delivery.take_output().lines().count(), 1);
}
