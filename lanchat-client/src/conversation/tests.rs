use super::person::LEAVE_MS;
use super::*;
use crate::colour::Palette;
use jiff::tz::TimeZone;
use lanchat_protocol::client::Hello;
use lanchat_protocol::names::Nick;

fn room(name: &str) -> RoomName {
    RoomName::parse(name).unwrap()
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

/// A person at a prompt, and the relay's side of the wire.
struct Ana {
    conversation: Conversation,
    now_ms: u64,
    wall: Timestamp,
}

impl Ana {
    /// Before the first welcome.
    fn knocking() -> Self {
        Self::knocking_for(&[])
    }

    fn knocking_for(rooms: &[&str]) -> Self {
        let transcript = Transcript::new(TimeZone::UTC, Palette::PLAIN);
        let wish = Wish::of(Nick::parse("ana").ok());
        let mut conversation = Conversation::new(
            "relay:5555".into(),
            rooms.iter().map(|name| room(name)).collect(),
            wish,
            transcript,
            Hello::default(),
            false,
            true,
        );
        conversation.connected(0);
        Self { conversation, now_ms: 0, wall: at("2026-11-22T09:15:00Z") }
    }

    /// Taken in, with nothing shown or sent that a test would have to skip.
    fn online() -> Self {
        let mut ana = Self::knocking();
        ana.is_welcomed_as("ana");
        ana.sees();
        ana
    }

    fn is_welcomed_as(&mut self, nick: &str) {
        self.hears(&format!(
            r#"{{"type":"welcome","version":1,"nick":"{nick}","server":"lanchatd","rooms":[],
            "limits":{{"line_bytes_max":4096,"messages_per_second_max":0,"messages_burst_max":0}}}}"#
        ));
        assert!(
            self.sends().iter().any(|line| line.contains(r#""type":"who","id":"here""#))
                || self.conversation.outbox.len() > 0
        );
    }

    fn comes_back(&mut self) {
        self.conversation.connected(self.now_ms);
        self.sends();
        self.hears(
            r#"{"type":"welcome","version":1,"nick":"ana","server":"lanchatd","rooms":[],
            "limits":{"line_bytes_max":4096,"messages_per_second_max":0,"messages_burst_max":0}}"#,
        );
    }

    fn types(&mut self, line: &str) {
        self.conversation.typed(line, self.now_ms, self.wall);
    }

    fn hears(&mut self, line: &str) {
        self.conversation.hear(line.as_bytes(), self.now_ms, self.wall);
    }

    fn gets_ack(&mut self, id: u32) {
        self.hears(&format!(r#"{{"type":"ack","id":"{id}","room":"lobby","pos":1,"time":""}}"#));
    }

    fn sees(&mut self) -> Vec<String> {
        self.conversation.take_shown().map(Shown::into_line).collect()
    }

    fn sends(&mut self) -> Vec<String> {
        let bytes = self.conversation.take_unsent();
        String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
    }

    fn says(&mut self) -> Vec<String> {
        let text = |line: String| {
            let request: serde_json::Value = serde_json::from_str(&line).unwrap();
            request["text"].as_str().map(str::to_owned)
        };
        self.sends().into_iter().filter_map(text).collect()
    }

    /// The conversation wants the connection closed, and it is.
    fn hangs_up(&mut self) {
        let verdict = self.conversation.take_verdict();
        let Some(Verdict::HangUp(why)) = verdict else { panic!("{verdict:?}") };
        self.conversation.lost(&why);
    }

    fn ends(&mut self) -> Option<End> {
        match self.conversation.take_verdict() {
            Some(Verdict::End(end)) => Some(end),
            Some(Verdict::HangUp(why)) => panic!("{why}"),
            None => None,
        }
    }
}

#[test]
fn what_was_typed_while_offline_is_sent_afterwards_once() {
    let mut ana = Ana::online();
    ana.conversation.lost("reset");
    ana.types("one");
    ana.types("two");
    assert!(ana.says().is_empty());
    ana.comes_back();
    assert_eq!(ana.says(), ["one"]);
    ana.gets_ack(1);
    assert_eq!(ana.says(), ["two"]);
    ana.gets_ack(2);
    ana.conversation.lost("reset");
    ana.comes_back();
    assert!(ana.says().is_empty());
}

#[test]
fn a_message_in_flight_is_sent_again_with_its_id_and_the_next_only_after_it() {
    let mut ana = Ana::online();
    ana.types("one");
    ana.types("two");
    let sent = ana.sends();
    ana.sees();
    for _ in 0..3 {
        ana.conversation.lost("reset");
        assert_eq!(ana.sees(), ["* connection lost (reset); trying again until it is back"]);
        ana.comes_back();
        assert_eq!(ana.sees(), ["* connected again as ana; sending the 2 lines that waited"]);
        assert!(ana.sends().contains(&sent[0]), "the same bytes");
    }
    ana.gets_ack(1);
    assert_eq!(ana.says(), ["two"]);
}

#[test]
fn a_topic_in_flight_is_not_set_again_but_named() {
    let mut ana = Ana::online();
    ana.types("/topic disk");
    ana.sees();
    ana.conversation.lost("reset");
    assert!(ana.sees()[1].contains("the topic \"disk\" may not have arrived"));
    ana.comes_back();
    assert!(!ana.sends().join("").contains("disk"));
}

#[test]
fn the_same_trouble_is_told_once() {
    let mut ana = Ana::online();
    ana.conversation.lost("reset");
    for why in ["refused", "refused", "no route", "no route"] {
        ana.conversation.failed(why);
    }
    assert_eq!(ana.sees().len(), 3);
}

#[test]
fn before_the_first_welcome_trouble_ends_the_program_with_the_relays_own_words() {
    let mut ana = Ana::knocking();
    ana.hears("* the relay is full");
    assert_eq!(ana.ends(), None);
    ana.conversation.lost("closed");
    let words = Some("relay:5555: the relay says: the relay is full".to_owned());
    assert_eq!(ana.ends(), Some(End { exit: Exit::Failed, words }));
}

#[test]
fn somebody_who_was_kicked_stays_out_and_one_whose_relay_stops_comes_back() {
    let mut ana = Ana::online();
    ana.hears(r#"{"type":"bye","reason":"stopping"}"#);
    ana.conversation.lost("closed");
    assert_eq!(ana.ends(), None);
    ana.comes_back();
    ana.hears(r#"{"type":"bye","code":"kicked","reason":"kicked: spam"}"#);
    ana.conversation.lost("closed");
    assert_eq!(ana.ends(), Some(End { exit: Exit::Failed, words: Some("relay:5555: kicked: spam".into()) }));
}

#[test]
fn leaving_sends_what_was_typed_first() {
    let mut ana = Ana::online();
    ana.types("one");
    ana.types("/quit");
    assert_eq!(ana.sends().len(), 1);
    assert_eq!(ana.ends(), None);
    ana.gets_ack(1);
    assert_eq!(ana.sends(), [r#"{"type":"quit"}"#]);
    ana.hears(r#"{"type":"bye","reason":"quit"}"#);
    ana.conversation.lost("closed");
    assert_eq!(ana.ends(), Some(End { exit: Exit::Well, words: None }));
}

#[test]
fn leaving_does_not_wait_for_ever() {
    let mut ana = Ana::online();
    ana.types("one");
    ana.types("two");
    ana.sees();
    ana.conversation.leave(0);
    ana.conversation.leave(0);
    assert_eq!(ana.ends(), None, "the end of the input after /quit hurries nothing");
    assert_eq!(ana.conversation.due_ms(), Some(LEAVE_MS));
    ana.conversation.tick(LEAVE_MS);
    let seen = ana.sees();
    assert!(seen[0].contains("\"one\" may not have arrived"), "{seen:?}");
    assert_eq!(seen[1], "* not sent: \"two\"");
    assert!(ana.ends().unwrap().exit != Exit::Well);
}

#[test]
fn a_text_of_several_lines_is_one_message_or_as_many_as_it_needs() {
    let mut ana = Ana::online();
    ana.types("a\r\n/quit\r\r//b\n");
    assert_eq!(ana.says(), ["a\n/quit\n\n//b"]);
    ana.gets_ack(1);
    ana.conversation.pasted("/quit\n/me", true, ana.now_ms, ana.wall);
    assert_eq!(ana.says(), ["/quit\n/me"]);
    ana.gets_ack(2);
    ana.types("/msg bob a\nb");
    assert!(ana.sends()[0].contains(r#""room":"@bob","text":"a\nb""#));
    ana.gets_ack(3);
    ana.types(&"x\n".repeat(101));
    assert_eq!(ana.says()[0].lines().count(), 100);
    ana.gets_ack(4);
    assert_eq!(ana.says(), ["x"]);
    assert_eq!(ana.ends(), None);
}

#[test]
fn what_was_pasted_is_shown_as_if_typed_in_a_form_that_nobody_elses_has() {
    let mut ana = Ana::online();
    ana.conversation.pasted("a\r\n09:15 bo: hi\n\x1b[2J\n", true, ana.now_ms, ana.wall);
    assert_eq!(ana.sees(), ["#lobby ana> a\n            09:15 bo: hi\n            [2J"]);
    assert_eq!(ana.says().len(), 1);
    ana.gets_ack(1);
    assert!(ana.sees().is_empty(), "once");
    ana.conversation.pasted("/msg bo a\nb", false, ana.now_ms, ana.wall);
    assert_eq!(ana.sees(), ["#lobby ana> /msg bo a\n            b"]);
    assert_eq!(ana.says(), ["a\nb"]);
    ana.gets_ack(2);
    ana.conversation.pasted(&"x\n".repeat(101), true, ana.now_ms, ana.wall);
    let shown = ana.sees();
    assert_eq!((shown.len(), shown[0].lines().count(), &*shown[1]), (2, 100, "#lobby ana> x"));
    ana.gets_ack(3);
    ana.sends();
    ana.conversation.lost("reset");
    ana.sees();
    ana.conversation.pasted("c\nd", true, ana.now_ms, ana.wall);
    assert_eq!(ana.sees()[0], "#lobby ana, offline, 1 queued> c\n                               d");
}

#[test]
fn a_command_with_a_text_behind_it_is_not_done() {
    for text in ["/quit\nx", "/join ops\nhi", "/nikc x\ny", "/topic a\nb"] {
        let mut ana = Ana::online();
        ana.types(text);
        assert!(ana.sees()[0].contains("Nothing was sent"), "{text}");
        assert_eq!((ana.sends(), ana.ends()), (vec![], None), "{text}");
    }
}

#[test]
fn talking_in_another_room_of_ones_own_asks_the_relay_for_nothing() {
    let mut ana = Ana::online();
    ana.types("/join ops");
    ana.hears(r#"{"type":"joined","id":"1","room":"ops","pos":0,"people":1}"#);
    ana.sends();
    for (room, here) in [("lobby", "lobby"), ("attic", "lobby"), ("ops", "ops")] {
        ana.conversation.talks_in(room);
        assert_eq!(ana.conversation.standing().room.as_deref(), Some(here));
    }
    assert_eq!(ana.sends(), [""; 0]);
    assert_eq!(*ana.conversation.standing().rooms, ["lobby", "ops"].map(Box::from));
}

#[test]
fn a_wrong_command_is_explained_and_never_sent() {
    let mut ana = Ana::online();
    ana.types("/nikc x");
    ana.types("/nick a b");
    assert!(ana.sends().is_empty());
    let seen = ana.sees().join("\n");
    assert!(seen.contains("did you mean /nick") && seen.contains("has no space"), "{seen}");
}

#[test]
fn a_new_nick_is_asked_for_again_after_a_lost_connection() {
    let mut ana = Ana::online();
    ana.types("/nick bo");
    assert!(ana.conversation.standing().is_unsettled);
    ana.hears(r#"{"type":"nick","id":"1","nick":"bo"}"#);
    assert!(!ana.conversation.standing().is_unsettled);
    assert_eq!(ana.sees(), ["* you are now bo"]);
    assert_eq!(ana.conversation.standing().nick, "bo");
    ana.conversation.lost("reset");
    ana.sends();
    ana.conversation.connected(0);
    assert_eq!(ana.sends(), [r#"{"type":"hello","version":1,"nick":"bo"}"#]);
}

#[test]
fn a_varied_nick_is_told_in_one_line_and_the_wish_stays() {
    let mut ana = Ana::knocking();
    ana.sends();
    ana.hears(r#"{"type":"error","code":"nick_taken","message":"taken"}"#);
    assert_eq!(ana.sends(), [r#"{"type":"hello","version":1,"nick":"ana2"}"#]);
    ana.is_welcomed_as("ana2");
    assert_eq!(ana.sees()[0], "* somebody has the nick ana; you are ana2");
    ana.conversation.lost("reset");
    ana.conversation.connected(0);
    assert_eq!(ana.sends(), [r#"{"type":"hello","version":1,"nick":"ana"}"#]);
}

#[test]
fn a_rate_limit_is_told_once_and_waited_out() {
    let mut ana = Ana::online();
    ana.types("one");
    ana.types("two");
    ana.sends();
    for id in [1, 1] {
        let slow = r#""code":"rate_limited","message":"slow down","retry_after_ms":700}"#;
        ana.hears(&format!(r#"{{"type":"error","id":"{id}",{slow}"#));
        assert!(ana.sends().is_empty());
        ana.now_ms += 700;
        assert_eq!(ana.conversation.due_ms(), Some(ana.now_ms));
        ana.conversation.tick(ana.now_ms);
        assert_eq!(ana.says(), ["one"]);
    }
    assert_eq!(ana.sees().len(), 1);
}

#[test]
fn people_who_come_and_go_are_known_for_completion() {
    let mut ana = Ana::online();
    let known = |ana: &Ana| ana.conversation.known().people.beginning_with("", 9).join(" ");
    ana.hears(r#"{"type":"who","id":"here","room":"lobby","people":[{"nick":"bo","connected_s":1}]}"#);
    assert_eq!(ana.sees(), ["* in #lobby (1): bo"]);
    let presence = r#"{"type":"presence","room":"lobby","pos":1,"time":"","nick":"#;
    ana.hears(&format!(r#"{presence}"carl","change":"joined"}}"#));
    ana.hears(&format!(r#"{presence}"bo","change":"renamed","to":"bob"}}"#));
    assert_eq!(known(&ana), "bob carl");
    ana.hears(&format!(r#"{presence}"bob","change":"left"}}"#));
    assert_eq!(known(&ana), "carl");
}

#[test]
fn a_message_too_long_for_the_relay_is_told_at_once() {
    let mut ana = Ana::online();
    ana.types(&"x".repeat(5_000));
    ana.types("short");
    assert_eq!(ana.says(), ["short"]);
    assert!(ana.sees()[0].contains("bytes of at most 4096"));
}

#[test]
fn what_is_no_relay_on_a_new_connection_is_retried_and_what_waits_stays() {
    let mut ana = Ana::online();
    ana.conversation.lost("reset");
    ana.types("one");
    ana.types("two");
    ana.sees();
    let version = r#"{"type":"error","code":"unsupported_version","message":"2 is spoken"}"#;
    for answer in ["SSH-2.0-x", "SSH-2.0-x", version, version] {
        ana.conversation.connected(ana.now_ms);
        ana.hears(answer);
        ana.hangs_up();
        assert_eq!(ana.ends(), None);
    }
    let seen = ana.sees();
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert!(seen[0].contains("cannot connect to relay:5555: what answers there is not"), "{seen:?}");
    assert!(seen[1].contains("2 is spoken"), "{seen:?}");
    ana.comes_back();
    assert_eq!(ana.says(), ["one"]);
}

#[test]
fn what_is_no_relay_at_first_ends_the_program_even_after_plain_words() {
    let mut ana = Ana::knocking();
    ana.hears("* Welcome to lanchat, you are guest1");
    ana.hears(r#"{"type":"error","code":"unsupported_version","message":"2 is spoken"}"#);
    ana.hears(r#"{"type":"bye","reason":"not heard any more"}"#);
    ana.hangs_up();
    let end = ana.ends().unwrap();
    assert!(end.exit != Exit::Well && end.words.unwrap().contains("2 is spoken"));
}

#[test]
fn whatever_ends_the_program_what_was_typed_is_named_once() {
    let mut ana = Ana::online();
    ana.types("one");
    ana.types("two");
    ana.hears(r#"{"type":"bye","code":"kicked","reason":"kicked"}"#);
    ana.sees();
    ana.conversation.lost("closed");
    ana.conversation.go();
    let seen = ana.sees();
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert!(seen[0].contains("\"one\" may not have arrived") && seen[1].contains("not sent: \"two\""));
    assert_eq!(ana.ends(), Some(End { exit: Exit::Failed, words: Some("relay:5555: kicked".into()) }));
}

#[test]
fn a_relay_that_accepts_and_takes_nobody_in_is_told_once() {
    let mut ana = Ana::online();
    ana.conversation.lost("reset");
    for _ in 0..50 {
        ana.conversation.connected(ana.now_ms);
        ana.conversation.lost("the relay closed it");
        ana.conversation.connected(ana.now_ms);
        ana.now_ms += 10_000;
        ana.conversation.tick(ana.now_ms);
        ana.hangs_up();
    }
    let seen = ana.sees();
    assert_eq!(seen.len(), 3, "{seen:?}");
    assert_eq!(seen[1], "* cannot connect to relay:5555: the relay closed it (trying again)");
    assert_eq!(seen[2], "* cannot connect to relay:5555: it does not answer (trying again)");
    ana.comes_back();
    ana.conversation.lost("reset");
    ana.conversation.connected(ana.now_ms);
    ana.sees();
    ana.conversation.lost("the relay closed it");
    assert_eq!(ana.sees().len(), 1, "after a welcome it is news again");
}

#[test]
fn troubles_without_end_are_remembered_to_a_bound() {
    let mut ana = Ana::online();
    (0..100).for_each(|n| ana.conversation.failed(&n.to_string()));
    assert_eq!(ana.conversation.troubles.len(), TROUBLES_MAX);
}

#[test]
fn a_nick_from_the_relay_is_never_longer_than_a_nick() {
    let long = "N".repeat(200_000);
    let mut ana = Ana::knocking();
    ana.is_welcomed_as(&long);
    assert_eq!(ana.conversation.standing().nick, "N".repeat(32));
    ana.hears(&format!(r#"{{"type":"nick","nick":"M\u001b{long}"}}"#));
    assert_eq!(ana.conversation.standing().nick, format!("M{}", "N".repeat(31)));
    ana.hears(r#"{"type":"nick","nick":"\u001b "}"#);
    assert_eq!(
        ana.conversation.standing().nick,
        format!("M{}", "N".repeat(31)),
        "what is nothing is ignored"
    );
    assert!(ana.sees().iter().all(|line| line.chars().count() < 200));
}

#[test]
fn a_nick_that_the_relay_does_not_allow_is_told_so() {
    let mut ana = Ana::knocking();
    ana.hears(r#"{"type":"error","code":"bad_nick","message":"reserved"}"#);
    ana.is_welcomed_as("guest1");
    assert_eq!(ana.sees()[0], "* the relay refused the nick ana: reserved; you are guest1");
}

#[test]
fn a_storm_of_comings_and_goings_costs_one_question_in_ten_seconds() {
    let mut ana = Ana::online();
    let answer = r#"{"type":"who","id":"here","room":"lobby","people":[]}"#;
    ana.hears(answer);
    let presence = r#"{"type":"presence","room":"lobby","pos":1,"time":"","nick":"bo","change":"left""#;
    for _ in 0..1_000 {
        ana.hears(&format!(r#"{presence},"others":18446744073709551615}}"#));
    }
    assert!(ana.sends().is_empty());
    assert_eq!(ana.conversation.due_ms(), Some(10_000));
    ana.now_ms = 10_000;
    for _ in 0..1_000 {
        ana.hears(&format!(r#"{presence},"others":1}}"#));
    }
    assert_eq!(ana.sends().len(), 1, "and no second one while it is out");
    ana.sees();
    ana.hears(r#"{"type":"error","id":"here","code":"rate_limited","message":"slow","retry_after_ms":1}"#);
    assert!(ana.sees().is_empty(), "nobody asked");
    ana.conversation.tick(20_000);
    assert_eq!(ana.sends().len(), 1);
}

#[test]
fn a_relay_that_takes_no_line_at_all_has_every_errand_named() {
    let mut ana = Ana::online();
    ana.conversation.line_bytes_max = 0;
    for line in ["hi", "/nick bo", "/who"] {
        ana.types(line);
    }
    let seen = ana.sees();
    assert!(ana.sends().is_empty() && ana.conversation.standing().waiting == 0);
    assert_eq!(seen.len(), 3, "{seen:?}");
    assert!(seen.iter().all(|line| line.contains("bytes of at most 0")), "{seen:?}");
}

mod meanwhile;
mod past;
mod resume;
mod rooms;
mod screen;
mod unanswered;

/// Logged in as `ana`, with a line that waits, when the relay does not believe it any more.
fn disbelieved() -> Ana {
    let mut ana = Ana::online();
    ana.types("/login ana secret");
    ana.hears(r#"{"type":"account","id":"1","nick":"ana","role":"member"}"#);
    ana.conversation.lost("gone");
    ana.types("in my name");
    ana.conversation.connected(ana.now_ms);
    assert!(ana.sends()[0].contains(r#""password":"secret""#));
    ana.hears(r#"{"type":"error","code":"wrong_password","message":"wrong password"}"#);
    assert!(!ana.sends()[0].contains("secret"));
    ana.sees();
    ana
}

#[test]
fn what_was_typed_before_a_login_fails_waits_until_the_person_says_who_they_are() {
    for (line, answer) in [
        ("/login ana other", r#"{"type":"account","id":"2","nick":"ana","role":"member"}"#),
        ("/nick bo", r#"{"type":"nick","id":"2","nick":"bo"}"#),
    ] {
        let mut ana = disbelieved();
        ana.is_welcomed_as("ana2");
        let told = ana.sees().join("\n");
        assert!(
            told.contains("connected again as ana2; the line that waited will wait: /login ana"),
            "{told}"
        );
        assert!(ana.conversation.standing().is_held);
        ana.types("and this");
        ana.types(line);
        let sent = ana.sends();
        assert!(sent.len() == 1 && !sent[0].contains("\"say\""), "{sent:?}");
        ana.hears(answer);
        assert!(ana.sees().contains(&"* sending the 2 lines that waited".to_owned()));
        assert_eq!(ana.says(), ["in my name"]);
        ana.gets_ack(3);
        assert_eq!(ana.says(), ["and this"]);
        assert!(!ana.conversation.standing().is_held);
    }
}

#[test]
fn who_is_called_the_same_after_a_failed_login_says_what_waited_and_who_leaves_has_it_named() {
    let mut ana = disbelieved();
    ana.is_welcomed_as("ana");
    assert!(!ana.conversation.standing().is_held);
    let mut ana = disbelieved();
    ana.is_welcomed_as("ana2");
    ana.types("/quit");
    assert!(matches!(ana.conversation.take_verdict(), Some(Verdict::End(_))), "it waits for nothing");
    assert!(ana.sees().contains(&"* not sent: \"in my name\"".to_owned()));
}
