use lanchat_protocol::client::{Hit, Past};
use proptest::prelude::*;

use super::wrap::unbroken;
use super::*;

fn read(palette: Palette, json: &str) -> Option<String> {
    let zone = TimeZone::fixed(jiff::tz::offset(2));
    let event: Event = serde_json::from_str(json).unwrap();
    Transcript::new(zone, palette).line(&event, Some("lobby")).map(|line| unbroken(&line).into_owned())
}

fn plain(json: &str) -> String {
    read(Palette::PLAIN, json).unwrap()
}

#[test]
fn messages_and_deeds_show_the_local_time() {
    let message = r#"{"type":"message","room":"lobby","pos":1,"time":"2026-11-22T12:02:59.123Z","from":"ana","text":"hi"}"#;
    assert_eq!(plain(message), "14:02 ana: hi");
    let deed = r#"{"type":"message","room":"dev","pos":1,"time":"nonsense","from":"ana","text":"waves","action":true}"#;
    assert_eq!(plain(deed), "--:-- #dev ana waves");
}

#[test]
fn comings_and_goings() {
    let presence = |rest| {
        let head = r#"{"type":"presence","room":"lobby","pos":1,"time":"2026-11-22T12:02:00Z","nick":"ana""#;
        plain(&format!("{head},{rest}}}"))
    };
    assert_eq!(presence(r#""change":"joined""#), "14:02 * ana joined");
    assert_eq!(
        presence(r#""change":"left","reason":"bye","others":3"#),
        "14:02 * ana left (bye), and 3 more came or went"
    );
    assert_eq!(presence(r#""change":"renamed","to":"bo""#), "14:02 * ana is now bo");
    assert_eq!(presence(r#""change":"later""#), "14:02 * ana changed");
}

#[test]
fn what_the_relay_says_begins_with_a_star() {
    assert_eq!(
        plain(r#"{"type":"gap","room":"lobby","skipped":312}"#),
        "* 312 messages were skipped, for this client read too slowly"
    );
    assert_eq!(plain(r#"{"type":"bye","reason":"stopping"}"#), "* the relay says goodbye: stopping");
    assert_eq!(plain(r#"{"type":"announcement","time":"","text":"lunch"}"#), "--:-- * announcement: lunch");
    let who = r#"{"type":"who","room":"lobby","people":[{"nick":"ana","connected_s":1},{"nick":"bo","connected_s":2}],"others":5}"#;
    assert_eq!(plain(who), "* in #lobby (7): ana, bo and 5 more");
}

#[test]
fn the_largest_numbers_of_a_relay_are_only_numbers() {
    let most = u64::MAX;
    let who = format!(
        r#"{{"type":"who","room":"lobby","people":[{{"nick":"ana","connected_s":{most}}}],"others":{most}}}"#
    );
    assert_eq!(plain(&who), format!("* in #lobby ({most}): ana and {most} more"));
    let presence = format!(
        r#"{{"type":"presence","room":"lobby","pos":{most},"time":"","nick":"ana","change":"left","others":{most}}}"#
    );
    assert_eq!(plain(&presence), format!("--:-- * ana left, and {most} more came or went"));
    let gap = format!(r#"{{"type":"gap","room":"lobby","skipped":{most}}}"#);
    assert!(plain(&gap).starts_with(&format!("* {most} messages were skipped")));
    let gap = r#"{"type":"gap","room":"lobby","skipped":1}"#;
    assert!(plain(gap).starts_with("* 1 message was skipped"));
}

#[test]
fn answers_that_a_person_need_not_read_show_nothing() {
    for json in
        [r#"{"type":"pong"}"#, r#"{"type":"later"}"#, r#"{"type":"ack","room":"lobby","pos":1,"time":""}"#]
    {
        assert_eq!(read(Palette::PLAIN, json), None);
    }
}

#[test]
fn nicks_have_colours() {
    let message = r#"{"type":"message","room":"lobby","pos":1,"time":"","from":"ana","text":"hi"}"#;
    assert_eq!(read(Palette::FULL, message).unwrap(), "\x1b[2m--:--\x1b[0m \x1b[33mana\x1b[0m: hi");
}

#[test]
fn help_lists_every_command() {
    let mut transcript = Transcript::new(TimeZone::UTC, Palette::PLAIN);
    let help = transcript.help();
    assert!(own::all(true).all(|command| help.contains(command.usage)), "{help}");
    assert!(help.contains("/register [INVITE]") && help.contains("Tab completes"), "{help}");
    transcript.has_no_prompt();
    let help = transcript.help();
    assert!(own::all(false).all(|command| help.contains(command.usage)), "{help}");
    assert!(help.contains("/register PASSWORD [INVITE]") && !help.contains("Tab completes"), "{help}");
}

#[test]
fn a_quote_is_short_and_clean() {
    assert_eq!(quote("a\x1b[2Jb\nc"), "\"a[2Jb c\"");
    assert_eq!(quote(&"é".repeat(61)), format!("\"{}…\"", "é".repeat(60)));
}

proptest! {
    #[test]
    fn nothing_hostile_reaches_the_terminal(evil in "[\\x00-\\u{a0}\\u{2020}-\\u{2070}]{0,12}") {
        let events = [
            serde_json::json!({"type": "message", "room": evil, "pos": 1, "time": evil, "from": evil, "text": evil}),
            serde_json::json!({"type": "presence", "room": evil, "pos": 1, "time": evil, "nick": evil,
                "change": "renamed", "to": evil, "reason": evil}),
            serde_json::json!({"type": "announcement", "time": evil, "text": evil}),
            serde_json::json!({"type": "error", "code": evil, "message": evil}),
            serde_json::json!({"type": "bye", "reason": evil}),
            serde_json::json!({"type": "gap", "room": evil, "skipped": 1}),
            serde_json::json!({"type": "who", "room": evil, "people": [{"nick": evil, "connected_s": 1}]}),
            serde_json::json!({"type": "message", "room": format!("@{evil}"), "pos": 1, "time": evil,
                "from": evil, "text": evil}),
            serde_json::json!({"type": "presence", "room": evil, "pos": 1, "time": evil, "nick": evil,
                "change": "away", "reason": evil}),
            serde_json::json!({"type": "joined", "room": evil, "pos": 1, "topic": evil, "people": 3}),
            serde_json::json!({"type": "rooms", "rooms": [{"room": evil, "people": 1, "topic": evil}]}),
            serde_json::json!({"type": "topic", "room": evil, "topic": evil, "nick": evil}),
            serde_json::json!({"type": "topic", "room": evil, "topic": evil, "nick": evil, "pos": 1,
                "time": evil}),
            serde_json::json!({"type": "whois", "nick": evil, "connected_s": 1, "away": evil, "rooms": [evil]}),
            serde_json::json!({"type": "whois", "nick": evil, "seen": evil}),
            serde_json::json!({"type": "ignoring", "nicks": [evil]}),
        ];
        let transcript = Transcript::new(TimeZone::UTC, Palette::PLAIN);
        let past = Past { pos: 1, time: evil.as_str().into(), from: evil.as_str().into(), text: evil.as_str().into(),
            action: false, uid: None };
        let dated = Past { time: "2026-11-22T12:02:00Z".into(), ..past.clone() };
        let hit = Hit { room: evil.as_str().into(), message: past.clone(), before: vec![dated.clone()], after: vec![] };
        let now = Timestamp::UNIX_EPOCH;
        let texts = [
            transcript.before(&evil, None, &[&past, &dated], now),
            transcript.history(&evil, None, &[&past, &dated], now),
            transcript.found(&[hit], &evil),
            transcript.missed(&evil, None, Count::Exactly(1), now, now),
            transcript.missing(&evil, None, 1, ""),
        ];
        for line in texts.iter().flat_map(|text| text.lines()) {
            let line = unbroken(line);
            prop_assert!(lanchat_protocol::text::is_clean(&line), "{line:?}");
        }
        for event in events {
            let line = plain(&event.to_string());
            for (index, line) in line.split('\n').enumerate() {
                prop_assert!(lanchat_protocol::text::is_clean(line), "{line:?}");
                prop_assert!(index == 0 || event["type"] == "message" && line.starts_with("  "), "{line:?}");
            }
        }
    }
}

#[test]
fn a_message_of_several_lines_is_one_and_no_line_of_it_looks_like_another() {
    let evil = "if x:\r\n\ty\u{2028}14:02 bo: no\n* no\n\n── now ──\n";
    let message = serde_json::json!({"type": "message", "room": "lobby", "pos": 1, "time": "", "from": "ana", "text": evil});
    // Each further line stands under the text, which begins so far to the right.
    let under = |head: &str| {
        let lines = ["if x:", "\ty", "14:02 bo: no", "* no", "", "── now ──"];
        format!("{head}{}", lines.join(&format!("\n{}", " ".repeat(head.len()))))
    };
    assert_eq!(plain(&message.to_string()), under("--:-- ana: "));
    let transcript = Transcript::new(TimeZone::UTC, Palette::PLAIN);
    assert_eq!(unbroken(&transcript.sent("@ana", "", evil)), under("--:-- -> @ana: "));
    let (said, now) = (past("", evil), Timestamp::UNIX_EPOCH);
    assert_eq!(unbroken(&transcript.history("ops", None, &[&said], now)), under("--:-- #ops ana: "));
    let hit = Hit {
        room: "ops".into(),
        message: said.clone(),
        before: vec![Past { pos: 0, ..said }],
        after: vec![],
    };
    let found = transcript.found(&[hit], "");
    let expected = [under("    --:-- ana: "), under("--:-- #ops ana: ")];
    assert_eq!(unbroken(&found), expected.join("\n"));
}

#[test]
fn where_something_is_said_is_told_unless_the_person_talks_there() {
    let message = |room: &str| {
        plain(&format!(r#"{{"type":"message","room":"{room}","pos":1,"time":"","from":"ana","text":"hi"}}"#))
    };
    assert_eq!(message("lobby"), "--:-- ana: hi");
    assert_eq!(message("ops"), "--:-- #ops ana: hi");
    assert_eq!(message("@ana"), "--:-- @ana: hi");
    let transcript = Transcript::new(TimeZone::fixed(jiff::tz::offset(2)), Palette::PLAIN);
    let sent = transcript.sent("@ana", "2026-11-22T12:02:59Z", "hi\x1b[2J");
    assert_eq!(unbroken(&sent), "14:02 -> @ana: hi[2J");
}

#[test]
fn what_happens_in_another_room_is_told_with_its_name() {
    let presence = |rest: &str| {
        let head = r#"{"type":"presence","pos":1,"time":"","nick":"ana""#;
        plain(&format!("{head},{rest}}}"))
    };
    assert_eq!(presence(r#""room":"ops","change":"joined""#), "--:-- * #ops ana joined");
    assert_eq!(presence(r#""room":"lobby","change":"away","reason":"lunch""#), "--:-- * ana is away (lunch)");
    let with_others = presence(r#""room":"ops","change":"away","others":2"#);
    assert_eq!(with_others, "--:-- * #ops ana is away, and 2 more came or went");
    for (rest, told) in [
        (r#""change":"away""#, "ana is away"),
        (r#""change":"back""#, "ana is back"),
        (r#""change":"renamed","to":"bo""#, "ana is now bo"),
    ] {
        assert_eq!(presence(&format!(r#""room":"ops",{rest}"#)), format!("--:-- * {told}"), "wherever");
    }
    assert!(plain(r#"{"type":"gap","room":"ops","skipped":2}"#).starts_with("* #ops 2 messages"));
    assert!(plain(r#"{"type":"gap","room":"@ana","skipped":2}"#).starts_with("* @ana 2 messages"));
}

#[test]
fn topics_that_are_set_and_asked_for() {
    let set = |topic: &str| {
        let head = r#"{"type":"topic","room":"ops","pos":3,"time":"2026-11-22T12:02:00Z","nick":"ana""#;
        plain(&format!(r#"{head},"topic":"{topic}"}}"#))
    };
    assert_eq!(set("disk is full"), "14:02 * #ops ana has set the topic: disk is full");
    assert_eq!(set(""), "14:02 * #ops ana has removed the topic");
    let asked =
        r#"{"type":"topic","id":"1","room":"ops","time":"2026-11-22T12:02:00Z","nick":"ana","topic":"disk"}"#;
    assert_eq!(plain(asked), "* the topic of #ops: disk (set by ana)");
    assert_eq!(plain(r#"{"type":"topic","id":"1","room":"ops","topic":""}"#), "* #ops has no topic");
}

#[test]
fn rooms_that_are_entered_and_listed() {
    let joined =
        |rest: &str| plain(&format!(r#"{{"type":"joined","id":"1","pos":0,"room":"lobby",{rest}}}"#));
    assert_eq!(joined(r#""people":1"#), "* you talk in #lobby now; nobody else is here");
    assert_eq!(
        joined(r#""people":2,"topic":"all""#),
        "* you talk in #lobby now; 1 other is here. Topic: all"
    );
    let elsewhere = r#"{"type":"joined","room":"ops","pos":0,"people":18446744073709551615}"#;
    assert_eq!(plain(elsewhere), format!("* you are in #ops; {} others are here", u64::MAX - 1));
    let rooms = r#"{"type":"rooms","rooms":[{"room":"lobby","people":3,"joined":true},
        {"room":"ops","people":1,"topic":"disk"}],"others":7}"#;
    assert_eq!(plain(rooms), "* #lobby (3, you are in it)\n* #ops (1): disk\n* and 7 more");
    let special =
        r#"{"type":"rooms","rooms":[{"room":"den","people":2,"joined":true,"private":true,"locked":true}]}"#;
    assert_eq!(plain(special), "* #den (2, you are in it, private, locked)");
    assert_eq!(plain(r#"{"type":"rooms","rooms":[]}"#), "* there are no rooms");
}

#[test]
fn who_somebody_is() {
    let here = r#"{"type":"whois","nick":"ana","connected_s":7260,"idle_s":59,"away":"lunch",
        "rooms":["lobby","ops"]}"#;
    assert_eq!(
        plain(here),
        "* ana has been here for 2 h 1 min, silent for 59 s, is away (lunch); in #lobby #ops"
    );
    let known = r#"{"type":"whois","nick":"ana","connected_s":1,"idle_s":1,"role":"moderator"}"#;
    assert!(plain(known).starts_with("* ana (moderator) has been here for 1 s"), "{}", plain(known));
    let plainly = r#"{"type":"whois","nick":"ana","connected_s":18446744073709551615,"away":""}"#;
    assert!(plain(plainly).ends_with("silent for 0 s, is away; in no room"), "{}", plain(plainly));
    let gone = r#"{"type":"whois","nick":"ana","seen":"2026-11-22T12:02:00Z"}"#;
    assert_eq!(plain(gone), "* ana is not here, but was on 2026-11-22 at 14:02");
    assert_eq!(plain(r#"{"type":"whois","nick":"ana","seen":"soon"}"#), "* ana is not here");
}

#[test]
fn away_and_ignored() {
    assert_eq!(plain(r#"{"type":"away","away":true}"#), "* you are away; /back when you are not");
    assert_eq!(plain(r#"{"type":"away","away":false}"#), "* you are back");
    assert_eq!(plain(r#"{"type":"ignoring","nicks":[]}"#), "* you hear everybody");
    assert_eq!(plain(r#"{"type":"ignoring","nicks":["ana","bo"]}"#), "* you hear nothing of ana, bo");
}

fn past<'a>(time: &'a str, text: &'a str) -> Past<'a> {
    Past { pos: 1, time: time.into(), from: "ana".into(), text: text.into(), action: false, uid: None }
}

#[test]
fn the_marker_says_how_much_is_new_since_when_and_where() {
    let transcript = Transcript::new(TimeZone::fixed(jiff::tz::offset(2)), Palette::PLAIN);
    let marker = |room: &str, count, since: &str, now: &str| {
        let marker =
            transcript.missed(room, Some("lobby"), count, since.parse().unwrap(), now.parse().unwrap());
        unbroken(&marker).into_owned()
    };
    let (since, now) = ("2026-11-22T07:15:00Z", "2026-11-22T08:00:00Z");
    assert_eq!(marker("lobby", Count::Exactly(12), since, now), "── 12 new since 09:15 ──");
    assert_eq!(marker("ops", Count::Exactly(1), since, now), "── 1 new in #ops since 09:15 ──");
    assert_eq!(
        marker("@bo", Count::MoreThan(1_000), since, now),
        "── more than 1,000 new from @bo since 09:15 ──"
    );
    let midnight = "2026-11-22T22:00:00Z";
    let long = marker("lobby", Count::Exactly(1_234_567), since, midnight);
    assert_eq!(long, "── 1,234,567 new since 2026-11-22 09:15 ──");
    let coloured = Transcript::new(TimeZone::UTC, Palette::FULL);
    let now = now.parse().unwrap();
    assert_eq!(
        unbroken(&coloured.missed("lobby", Some("lobby"), Count::Exactly(1), now, now)),
        "\x1b[1m── 1 new since 08:00 ──\x1b[0m"
    );
}

#[test]
fn what_was_said_before_matters_less() {
    let transcript = Transcript::new(TimeZone::UTC, Palette::FULL);
    let (past, now) = (past("2026-11-22T09:15:00Z", "hi"), "2026-11-22T10:00:00Z".parse().unwrap());
    let before = transcript.before("ops", Some("lobby"), &[&past], now);
    let faint = ["── said before in #ops ──", "09:15 #ops ana: hi", "── now ──"];
    assert_eq!(unbroken(&before), faint.map(|line| format!("\x1b[2m{line}\x1b[0m")).join("\n"));
    let asked = transcript.history("lobby", Some("lobby"), &[&past], now);
    assert_eq!(unbroken(&asked), "\x1b[2m09:15\x1b[0m \x1b[33mana\x1b[0m: hi");
}

#[test]
fn hits_that_stand_close_together_share_what_is_around_them() {
    let transcript = Transcript::new(TimeZone::UTC, Palette::PLAIN);
    let at = |pos: u64| Past { pos, ..past("", ["a", "b", "c", "d", "e"][usize::try_from(pos).unwrap()]) };
    let hit = |room: &'static str, pos: u64| Hit {
        room: room.into(),
        message: at(pos),
        before: vec![at(pos - 1)],
        after: vec![at(pos + 1)],
    };
    let found = transcript.found(&[hit("dev", 1), hit("ops", 3), hit("ops", 1)], "");
    let found = unbroken(&found);
    let texts: Vec<_> = found.lines().map(|line| line.replace("--:-- ", "").replace("ana: ", "")).collect();
    assert_eq!(texts, ["    a", "#ops b", "    c", "#ops d", "    e", "    a", "#dev b", "    c"]);
}

#[test]
fn words_that_were_searched_for_stand_out_whatever_their_case() {
    let transcript = Transcript::new(TimeZone::UTC, Palette::FULL);
    let shown = |text: &str, words: &str| {
        let hit = Hit { room: "ops".into(), message: past("", text), before: vec![], after: vec![] };
        let line = transcript.found(&[hit], words);
        unbroken(&line).split_once(": ").unwrap().1.replace("\x1b[1m", "<").replace("\x1b[0m", ">")
    };
    assert_eq!(shown("The DISK is full", "disk full"), "The <DISK> is <full>");
    assert_eq!(shown("ÄRGER, ärgerlich", "ärger"), "<ÄRGER>, <ärger>lich");
    assert_eq!(shown("disks", "disk d disks"), "<disks>");
    assert_eq!(shown("disk is full, is it?", r#""is full" it"#), "disk <is full>, is <it>?");
    assert_eq!(shown("nothing", ""), "nothing");
    assert_eq!(shown("İstanbul", "i"), "İstanbul", "no half characters");
}

#[test]
fn the_name_of_who_reads_stands_out() {
    let mut transcript = Transcript::new(TimeZone::UTC, Palette::FULL);
    transcript.is_read_by("ana");
    let said_in = |room: &str, from: &str, text: &str| {
        let message = serde_json::json!({"type": "message", "room": room, "pos": 1, "time": "", "from": from, "text": text});
        let line = transcript.line(&serde_json::from_value(message).unwrap(), None).unwrap();
        line.rsplit_once(TEXT).unwrap().1.replace("\x1b[1m", "<").replace("\x1b[0m", ">")
    };
    let said = |from: &str, text: &str| said_in("lobby", from, text);
    assert_eq!(said("bo", "ana: hi, @Ana, but not banana"), "<ana>: hi, @<Ana>, but not banana");
    assert_eq!(said("Ana", "ana: hi"), "ana: hi", "nobody calls themselves");
    assert_eq!(said_in("@bo", "bo", "psst, ana"), "<psst, ana>", "to her alone");
    assert_eq!(said_in("@bo", "ana", "what?"), "what?");
    assert!(transcript.names_reader("hi \u{1b}ana") && !transcript.names_reader("hi"));
}

#[test]
fn times_are_as_they_are_set() {
    let mut transcript = Transcript::new(TimeZone::fixed(jiff::tz::offset(2)), Palette::PLAIN);
    let message = r#"{"type":"message","room":"lobby","pos":1,"time":"2026-11-22T12:02:59.123Z","from":"ana","text":"hi"}"#;
    let event: Event = serde_json::from_str(message).unwrap();
    for (timestamp, told) in [
        (Timestamps::Long, "2026-11-22 14:02:59 ana: hi"),
        (Timestamps::Off, "ana: hi"),
        (Timestamps::Short, "14:02 ana: hi"),
    ] {
        transcript.set(Settings { timestamp, ..Settings::default() });
        assert_eq!(unbroken(&transcript.line(&event, Some("lobby")).unwrap()), told);
    }
}

#[test]
fn further_lines_of_a_message_stand_under_the_first_and_forge_nothing() {
    let said = |text: &str| {
        let message = serde_json::json!({"type": "message", "room": "lobby", "pos": 1, "time": "", "from": "bo", "text": text});
        plain(&message.to_string())
    };
    assert_eq!(said("\none\n* two\x1b[2J\r\nthree\n"), "--:-- bo: one\n          * two[2J\n          three");
    let without_end = said(&"x\n".repeat(10 * LINES_MAX));
    assert_eq!(without_end.lines().count(), LINES_MAX, "the rest is one line");
    let transcript = Transcript::new(TimeZone::UTC, Palette::PLAIN);
    let marks = |text: &str| body(text).replace(MORE, "+").replace(EXACT, "=");
    assert_eq!(marks("one\ntwo"), "one\n+two");
    assert_eq!(marks("```\na b\n```"), "=```\n+=a b\n+=```");
    assert_eq!(marks("a table\nof  two\n\tcolumns"), "a table\n+=of  two\n+=\tcolumns");
    assert_eq!(marks("a  b"), "a  b", "one line is not taken for one of a table");
    assert!(transcript.help().contains("/theme"));
}
