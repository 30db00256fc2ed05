//! More rooms than one, and words for one person alone.

use super::fold::FOLD_MS;
use super::*;

impl Ana {
    /// What goes out, each request as `type room-or-nick text`, without what nobody typed.
    fn asks(&mut self) -> Vec<String> {
        let words = |line: String| {
            let request: serde_json::Value = serde_json::from_str(&line).unwrap();
            let nobody_typed = ["here", "rooms"].iter().any(|id| request["id"] == **id);
            let fields = ["type", "room", "nick", "text", "topic"];
            let words: Vec<_> = fields.iter().filter_map(|field| request[*field].as_str()).collect();
            (!nobody_typed).then(|| words.join(" "))
        };
        self.sends().into_iter().filter_map(words).collect()
    }

    /// The relay takes her into a room, as the answer to the request with this id.
    fn joins(&mut self, id: u32, room: &str) {
        self.hears(&format!(r#"{{"type":"joined","id":"{id}","room":"{room}","pos":0,"people":1}}"#));
    }

    fn parts(&mut self, id: u32, room: &str) {
        self.hears(&format!(r#"{{"type":"parted","id":"{id}","room":"{room}"}}"#));
    }

    fn is_refused(&mut self, id: u32, code: &str) {
        self.hears(&format!(r#"{{"type":"error","id":"{id}","code":"{code}","message":"no: {code}"}}"#));
    }

    fn talks_in(&self) -> Option<String> {
        self.conversation.standing().room
    }

    /// In the lobby and in this room, where she talks. Two requests were made.
    fn in_room(room: &str) -> Self {
        let mut ana = Self::online();
        ana.types(&format!("/join {room}"));
        ana.joins(1, room);
        ana.sends();
        ana.sees();
        ana
    }
}

#[test]
fn lines_go_to_the_room_that_was_entered_last_and_after_leaving_it_to_the_one_before() {
    let mut ana = Ana::online();
    ana.types("/join #ops");
    assert_eq!(ana.asks(), ["join ops"]);
    assert!(ana.conversation.standing().is_unsettled);
    ana.joins(1, "ops");
    assert!(!ana.conversation.standing().is_unsettled);
    assert_eq!(ana.sees(), ["* you talk in #ops now; nobody else is here"]);
    ana.types("hi");
    ana.gets_ack(2);
    ana.types("/me waves");
    ana.gets_ack(3);
    ana.types("/part");
    assert_eq!(ana.asks(), ["say ops hi", "say ops waves", "part ops"]);
    ana.parts(4, "ops");
    assert_eq!(ana.sees(), ["* you have left #ops, and talk in #lobby now"]);
    ana.types("back");
    assert_eq!(ana.asks(), ["say lobby back"]);
}

#[test]
fn what_is_typed_ahead_goes_where_it_is_meant_for() {
    let mut ana = Ana::online();
    for line in ["one", "/join ops", "two", "/part", "three"] {
        ana.types(line);
    }
    let mut asked = ana.asks();
    for id in 1..=4 {
        match id {
            2 => ana.joins(2, "ops"),
            4 => ana.parts(4, "ops"),
            _ => ana.gets_ack(id),
        }
        asked.extend(ana.asks());
    }
    assert_eq!(asked, ["say lobby one", "join ops", "say ops two", "part ops", "say lobby three"]);
}

#[test]
fn whoever_is_in_no_room_is_told_so_and_nothing_is_sent() {
    let mut ana = Ana::online();
    ana.types("/part");
    ana.parts(1, "lobby");
    assert_eq!(ana.sees(), ["* you have left #lobby; /join ROOM enters another"]);
    ana.asks();
    for line in ["hi", "/me waves", "/who", "/topic", "/part"] {
        ana.types(line);
        assert!(ana.sees()[0].contains("you are in no room: /join ROOM enters one"), "{line}");
    }
    assert!(ana.asks().is_empty());
    assert_eq!(ana.talks_in(), None);
    ana.types("/msg bo hi");
    assert_eq!(ana.asks(), ["say @bo hi"], "a person can be talked to all the same");
}

#[test]
fn a_room_that_is_not_to_be_entered_gets_nothing_and_the_one_before_is_talked_in_again() {
    let mut ana = Ana::online();
    ana.types("/join ops");
    ana.types("secret");
    assert_eq!(ana.talks_in().as_deref(), Some("ops"));
    ana.is_refused(1, "too_many_rooms");
    assert_eq!(ana.sees(), ["* no: too_many_rooms", "* you talk in #lobby now"]);
    assert_eq!(ana.asks(), ["join ops", "say ops secret"], "never to the lobby");
    ana.is_refused(2, "no_such_room");
    assert_eq!(ana.sees(), ["* not sent: \"secret\": no: no_such_room"]);
    assert_eq!(ana.talks_in().as_deref(), Some("lobby"));
}

#[test]
fn names_that_no_room_has_are_explained_and_not_asked_for() {
    let mut ana = Ana::online();
    for line in ["/join night shift", "/who @bo", "/part a:b"] {
        ana.types(line);
        assert!(ana.sees()[0].starts_with("* the name of a room "), "{line}");
    }
    assert!(ana.asks().is_empty());
}

#[test]
fn a_room_that_is_entered_again_is_talked_in_again() {
    let mut ana = Ana::in_room("ops");
    ana.types("/join lobby");
    assert_eq!(ana.asks(), ["join lobby"]);
    ana.joins(2, "lobby");
    assert_eq!(ana.sees(), ["* you talk in #lobby now; nobody else is here"]);
    ana.types("hi");
    assert_eq!(ana.asks(), ["say lobby hi"]);
}

#[test]
fn what_waited_goes_to_the_room_that_it_was_typed_for_after_the_rooms_are_entered_again() {
    let mut ana = Ana::in_room("ops");
    ana.types("/join dev");
    ana.joins(2, "dev");
    ana.sends();
    ana.conversation.lost("reset");
    ana.types("for dev");
    ana.types("/join ops");
    ana.types("for ops");
    ana.sees();
    ana.comes_back();
    assert_eq!(ana.sees(), ["* connected again as ana; sending the 3 lines that waited"]);
    let mut asked = ana.asks();
    ana.joins(3, "ops");
    asked.extend(ana.asks());
    ana.joins(4, "dev");
    assert!(ana.sees().is_empty(), "that she is where she was is no news");
    asked.extend(ana.asks());
    ana.gets_ack(5);
    asked.extend(ana.asks());
    ana.joins(6, "ops");
    asked.extend(ana.asks());
    ana.gets_ack(7);
    asked.extend(ana.asks());
    assert_eq!(asked, ["join ops", "join dev", "say dev for dev", "join ops", "say ops for ops"]);
    assert_eq!(ana.talks_in().as_deref(), Some("ops"));
    assert_eq!(ana.conversation.standing().waiting, 0);
}

#[test]
fn a_lobby_that_was_left_is_left_again_and_its_messages_are_sent_before() {
    let mut ana = Ana::in_room("ops");
    ana.types("/part lobby");
    ana.parts(2, "lobby");
    ana.sends();
    ana.sees();
    ana.conversation.lost("reset");
    ana.comes_back();
    let mut asked = ana.asks();
    ana.joins(3, "ops");
    asked.extend(ana.asks());
    ana.parts(4, "lobby");
    asked.extend(ana.asks());
    assert_eq!(asked, ["join ops", "part lobby"]);
    assert_eq!(ana.sees().len(), 2, "lost and connected again");

    // What is left offline is left only once what was said there before has arrived.
    ana.conversation.lost("reset");
    for line in ["last words", "/part", "/join lobby", "hello"] {
        ana.types(line);
    }
    ana.comes_back();
    let mut asked = ana.asks();
    ana.joins(5, "ops");
    asked.extend(ana.asks());
    ana.parts(6, "lobby");
    asked.extend(ana.asks());
    ana.gets_ack(7);
    asked.extend(ana.asks());
    assert_eq!(asked, ["join ops", "part lobby", "say ops last words", "part ops"]);
}

#[test]
fn a_connection_that_breaks_while_rooms_are_entered_again_loses_none_of_them() {
    let mut ana = Ana::in_room("ops");
    ana.types("/join dev");
    ana.joins(2, "dev");
    ana.sends();
    for _ in 0..2 {
        ana.conversation.lost("reset");
        ana.comes_back();
        assert_eq!(ana.asks(), ["join ops"]);
        assert_eq!(ana.conversation.standing().waiting, 0);
    }
    ana.joins(4, "ops");
    assert_eq!(ana.asks(), ["join dev"]);
}

#[test]
fn a_room_that_is_not_to_be_entered_again_is_told_and_what_was_for_it_is_named() {
    let mut ana = Ana::in_room("ops");
    ana.conversation.lost("reset");
    ana.types("hi");
    ana.comes_back();
    ana.asks();
    ana.sees();
    ana.is_refused(2, "too_many_rooms");
    assert_eq!(ana.sees(), ["* you are not in #ops: no: too_many_rooms", "* you talk in #lobby now"]);
    assert_eq!(ana.asks(), ["say ops hi"]);
    ana.is_refused(3, "no_such_room");
    assert_eq!(ana.sees(), ["* not sent: \"hi\": no: no_such_room"]);
    ana.conversation.lost("reset");
    ana.comes_back();
    assert!(ana.asks().is_empty(), "and it is not tried again");
}

#[test]
fn rooms_of_the_command_line_are_entered_after_the_welcome_and_the_last_is_talked_in() {
    let mut ana = Ana::knocking_for(&["ops", "dev"]);
    ana.is_welcomed_as("ana");
    assert_eq!(ana.talks_in().as_deref(), Some("dev"));
    ana.sees();
    ana.types("hi");
    ana.joins(1, "ops");
    ana.joins(2, "dev");
    assert_eq!(
        ana.sees(),
        ["* you are in #ops; nobody else is here", "* you talk in #dev now; nobody else is here"]
    );
    assert_eq!(ana.asks(), ["join dev", "say dev hi"]);
}

#[test]
fn words_for_one_person_are_shown_once_they_are_accepted_with_what_became_of_them() {
    let mut ana = Ana::online();
    let mut sends = |id: u32, line: &str, rest: &str| {
        ana.types(line);
        assert!(ana.sees().is_empty());
        ana.hears(&format!(r#"{{"type":"ack","id":"{id}","room":"@bo","pos":1,"time":""{rest}}}"#));
        (ana.asks(), ana.sees())
    };
    let (asked, seen) = sends(1, "/msg bo hi  there", "");
    assert_eq!((asked, seen), (vec!["say @bo hi  there".into()], vec!["--:-- -> @bo: hi  there".into()]));
    let (asked, seen) = sends(2, "/dm @bo hi", r#","away":"lunch""#);
    assert_eq!(asked, ["say @bo hi"]);
    assert_eq!(seen, ["--:-- -> @bo: hi", "* bo is away (lunch)"]);
    assert_eq!(sends(3, "/tell bo hi", r#","away":"""#).1[1], "* bo is away");
    let (_, seen) = sends(4, "/msg bo hi", r#","waits":true"#);
    assert_eq!(seen, ["--:-- -> @bo: hi", "* bo is not here: your message waits for them"]);
    ana.types("/msg nobody hi");
    ana.is_refused(5, "no_such_nick");
    assert_eq!(ana.sees(), ["* not sent: \"hi\": no: no_such_nick"]);
}

#[test]
fn words_for_one_person_that_were_on_their_way_are_sent_again_and_shown_once() {
    let mut ana = Ana::online();
    ana.types("/msg bo secret");
    ana.types("/msg bo more");
    ana.asks();
    ana.conversation.lost("reset");
    ana.comes_back();
    ana.sees();
    assert_eq!(ana.asks(), ["say @bo secret"]);
    ana.hears(r#"{"type":"ack","id":"1","room":"@bo","pos":1,"time":""}"#);
    assert_eq!(ana.sees(), ["--:-- -> @bo: secret"]);
    assert_eq!(ana.asks(), ["say @bo more"]);
}

#[test]
fn what_is_heard_is_told_with_where_it_was_said() {
    let mut ana = Ana::in_room("ops");
    let message =
        |room| format!(r#"{{"type":"message","room":"{room}","pos":1,"time":"","from":"bo","text":"hi"}}"#);
    for room in ["ops", "lobby", "@bo"] {
        ana.hears(&message(room));
    }
    assert_eq!(ana.sees(), ["--:-- bo: hi", "--:-- #lobby bo: hi", "--:-- @bo: hi"]);
    ana.types("/join lobby");
    for room in ["ops", "lobby"] {
        ana.hears(&message(room));
    }
    assert_eq!(ana.sees(), ["--:-- #ops bo: hi", "--:-- bo: hi"]);
}

#[test]
fn what_concerns_a_person_is_told_once_though_both_are_in_two_rooms() {
    let mut ana = Ana::in_room("ops");
    let presence = |room: &str, rest: &str| {
        format!(r#"{{"type":"presence","room":"{room}","pos":1,"time":"","nick":"bo",{rest}}}"#)
    };
    for rest in [r#""change":"away","reason":"lunch""#, r#""change":"back""#, r#""change":"left""#] {
        for room in ["lobby", "ops"] {
            ana.hears(&presence(room, rest));
        }
    }
    assert_eq!(ana.sees(), ["--:-- * bo is away (lunch)", "--:-- * bo is back", "--:-- * #lobby bo left"]);
    ana.now_ms += FOLD_MS;
    ana.conversation.tick(ana.now_ms);
    assert_eq!(ana.sees(), ["--:-- * bo left"], "each room for itself");
}

#[test]
fn questions_and_their_answers() {
    let mut ana = Ana::in_room("ops");
    let mut asks = |id: u32, line: &str, answer: &str| {
        ana.types(line);
        ana.hears(&answer.replacen('{', &format!(r#"{{"id":"{id}","#), 1));
        (ana.asks().join(";"), ana.sees().join("\n"))
    };
    let rooms = r#"{"type":"rooms","rooms":[{"room":"ops","people":1,"joined":true}]}"#;
    assert_eq!(asks(2, "/rooms", rooms), ("rooms".into(), "* #ops (1, you are in it)".into()));
    let topic = r#"{"type":"topic","room":"ops","topic":"disk","nick":"ana"}"#;
    let told = "* the topic of #ops: disk (set by ana)".to_owned();
    assert_eq!(asks(3, "/topic disk", topic), ("topic ops disk".into(), told.clone()));
    assert_eq!(asks(4, "/topic", topic), ("topic ops".into(), told));
    let none = r#"{"type":"topic","room":"ops","topic":""}"#;
    assert_eq!(asks(5, "/topic -", none), ("topic ops ".into(), "* #ops has no topic".into()));
    let whois = r#"{"type":"whois","nick":"bo","connected_s":5,"idle_s":3,"rooms":["lobby"]}"#;
    let told = "* bo has been here for 5 s, silent for 3 s; in #lobby";
    assert_eq!(asks(6, "/whois @bo", whois), ("whois bo".into(), told.into()));
    let who = r#"{"type":"who","room":"dev","people":[{"nick":"bo","connected_s":1}]}"#;
    assert_eq!(asks(7, "/names dev", who), ("who dev".into(), "* in #dev (1): bo".into()));
    assert_eq!(asks(8, "/who", who).0, "who ops");
    let ignoring = r#"{"type":"ignoring","nicks":["bo"]}"#;
    assert_eq!(asks(9, "/ignore bo", ignoring), ("ignore bo".into(), "* you hear nothing of bo".into()));
    assert_eq!(asks(10, "/ignore", ignoring).0, "ignore");
    let nobody = r#"{"type":"ignoring","nicks":[]}"#;
    assert_eq!(asks(11, "/unignore @bo", nobody), ("unignore bo".into(), "* you hear everybody".into()));
    let away = r#"{"type":"away","away":true}"#;
    let told = "* you are away; /back when you are not";
    assert_eq!(asks(12, "/away lunch", away), ("away lunch".into(), told.into()));
    let back = r#"{"type":"away","away":false}"#;
    assert_eq!(asks(13, "/back", back), ("back".into(), "* you are back".into()));
}

#[test]
fn whoever_was_away_and_hid_somebody_is_and_does_so_on_the_next_connection() {
    let mut ana = Ana::online();
    ana.types("/away lunch");
    ana.hears(r#"{"type":"away","id":"1","away":true}"#);
    ana.types("/ignore bo");
    ana.hears(r#"{"type":"ignoring","id":"2","nicks":["al","bo"]}"#);
    ana.asks();
    ana.conversation.lost("reset");
    ana.comes_back();
    ana.sees();
    ana.hears(r#"{"type":"message","room":"@Bo","pos":1,"time":"","from":"Bo","text":"hi"}"#);
    assert!(ana.sees().is_empty(), "what waited for her at the relay");
    let mut asked = ana.asks();
    ana.hears(r#"{"type":"ignoring","id":"3","nicks":["al"]}"#);
    asked.extend(ana.asks());
    ana.is_refused(4, "no_such_nick");
    asked.extend(ana.asks());
    ana.hears(r#"{"type":"away","id":"5","away":true}"#);
    assert_eq!(asked, ["ignore al", "ignore bo", "away lunch"]);
    assert_eq!(ana.sees(), ["* you may hear of bo again: no: no_such_nick"]);
    ana.types("/back");
    ana.hears(r#"{"type":"away","id":"6","away":false}"#);
    ana.asks();
    ana.conversation.lost("reset");
    ana.comes_back();
    assert_eq!(ana.asks(), ["ignore al"], "back, and what was refused is not asked for again");
}

#[test]
fn rooms_that_the_relay_gives_or_takes_by_itself_are_followed() {
    let mut ana = Ana::online();
    ana.hears(r#"{"type":"joined","room":"ops","pos":0,"people":2}"#);
    assert_eq!(ana.sees(), ["* you are in #ops; 1 other is here"]);
    assert_eq!(ana.talks_in().as_deref(), Some("lobby"));
    ana.hears(r#"{"type":"parted","room":"lobby"}"#);
    ana.conversation.lost("reset");
    ana.asks();
    ana.comes_back();
    assert_eq!(ana.asks(), ["join ops"]);
}

#[test]
fn who_is_in_a_room_is_learned_without_a_word_and_forgotten_with_it() {
    let mut ana = Ana::online();
    let known = |ana: &Ana| ana.conversation.known().people.beginning_with("", 9).join(" ");
    ana.hears(r#"{"type":"who","id":"here","room":"lobby","people":[{"nick":"al","connected_s":1}]}"#);
    ana.sees();
    ana.types("/join ops");
    ana.joins(1, "ops");
    assert!(ana.sends().last().unwrap().contains(r#""id":"here","room":"ops""#));
    ana.hears(r#"{"type":"who","id":"here","room":"ops","people":[{"nick":"bo","connected_s":1}]}"#);
    ana.hears(r#"{"type":"message","room":"@eve","pos":1,"time":"","from":"eve","text":"hi"}"#);
    assert_eq!(ana.sees().len(), 2, "of her entrance and from eve");
    assert_eq!(known(&ana), "eve al bo");
    let presence = r#"{"type":"presence","pos":1,"time":"","nick":"bo","change":"joined""#;
    ana.hears(&format!(r#"{presence},"room":"lobby"}}"#));
    ana.types("/part");
    ana.parts(2, "ops");
    assert_eq!(known(&ana), "eve al bo", "bo is in the lobby too");
    assert_eq!(ana.conversation.known().places.beginning_with("", 9), ["ops"]);
}

#[test]
fn what_rooms_there_are_is_learned_without_a_word() {
    let mut ana = Ana::online();
    ana.hears(r#"{"type":"rooms","id":"rooms","rooms":[{"room":"ops","people":1}]}"#);
    ana.hears(r#"{"type":"error","id":"rooms","code":"unknown_type","message":"what?"}"#);
    assert!(ana.sees().is_empty());
    assert_eq!(ana.conversation.known().places.beginning_with("o", 9), ["ops"]);
}

#[test]
fn a_program_that_reads_events_sees_them_as_they_are_and_nothing_twice() {
    let mut ana = Ana::knocking();
    ana.conversation.json = true;
    ana.is_welcomed_as("ana");
    ana.sees();
    ana.types("/msg bo hi");
    let events = [
        r#"{"type":"ack","id":"1","room":"@bo","pos":1,"time":"","waits":true,"later":1}"#,
        r#"{"type":"joined","room":"ops","pos":0,"people":2,"later":[2]}"#,
        r#"{"type":"parted","room":"ops"}"#,
        r#"{"type":"rooms","rooms":[]}"#,
        r#"{"type":"topic","room":"ops","topic":"disk"}"#,
        r#"{"type":"whois","nick":"bo"}"#,
        r#"{"type":"away","away":true}"#,
        r#"{"type":"ignoring","nicks":[]}"#,
        r#"{"type":"weather","room":"ops"}"#,
    ];
    for event in events {
        ana.hears(event);
    }
    assert_eq!(ana.sees(), events);
}

#[test]
fn an_event_of_a_newer_relay_is_harmless() {
    let mut ana = Ana::in_room("ops");
    ana.hears(r#"{"type":"weather","room":"ops"}"#);
    ana.hears(r#"{"type":"presence","room":"ops","pos":1,"time":"","nick":"bo","change":"danced","how":1}"#);
    assert_eq!(ana.sees(), ["--:-- * bo changed"]);
    assert!(ana.sends().is_empty());
}
