//! Answers that never come, or that nobody can read.

use super::*;

const UNREADABLE: &str = "the relay's answer could not be read";

#[test]
fn an_answer_that_nobody_can_read_is_told_and_keeps_nothing_waiting() {
    for answer in [
        r#"{"type":"found","id":"1","hits":7}"#,
        r#"{"type":"found","id":"1","hits":[{"room":"lobby"}]}"#,
        r#"{"type":"weather","id":"1"}"#,
        r#"{"id":"1"}"#,
    ] {
        let mut ana = Ana::online();
        ana.types("/search disk");
        ana.types("hi");
        assert!(ana.sends().join("").contains("search"));
        ana.hears(r#"{"type":"found","id":"9","hits":7}"#);
        assert!(ana.says().is_empty() && ana.sees().is_empty(), "it answers something else");
        ana.hears(answer);
        assert_eq!(ana.sees(), [format!("* /search disk: {UNREADABLE}")], "{answer}");
        assert_eq!(ana.says(), ["hi"]);
        ana.gets_ack(2);
        assert_eq!(ana.conversation.outbox.len(), 0);
    }
}

#[test]
fn an_answer_that_is_too_long_is_that_to_the_question_and_to_no_message() {
    let mut ana = Ana::online();
    ana.types("/history 200");
    ana.types("hi");
    ana.sends();
    ana.conversation.overheard(0);
    assert_eq!(ana.sees()[1..], [format!("* /history: {UNREADABLE}")]);
    assert_eq!(ana.says(), ["hi"]);
    ana.conversation.overheard(0);
    assert_eq!((ana.sees().len(), ana.conversation.outbox.len()), (1, 1));
}

#[test]
fn an_unreadable_acknowledgement_leaves_it_open_whether_the_message_arrived() {
    let mut ana = Ana::online();
    ana.types("hi");
    ana.types("ho");
    ana.sends();
    ana.hears(r#"{"type":"ack","id":"1","pos":"x"}"#);
    let seen = ana.sees();
    assert_eq!(seen[0], format!("* \"hi\": {UNREADABLE}"));
    assert!(seen[1].contains("may not have arrived"), "{seen:?}");
    assert_eq!(ana.says(), ["ho"]);
}

#[test]
fn a_question_that_breaks_the_connection_is_dropped_with_a_word_and_the_messages_go_out() {
    let mut ana = Ana::online();
    ana.types("/search disk");
    ana.types("hi");
    ana.sends();
    ana.conversation.lost("reset");
    assert_eq!(ana.sees()[1], "* /search disk: the connection broke before the answer; ask again");
    ana.comes_back();
    assert_eq!(ana.says(), ["hi"]);
}

#[test]
fn what_is_never_answered_is_given_up_with_the_connection_and_the_messages_go_out() {
    for typed in ["/history", "/nick bo", "/join ops"] {
        let mut ana = Ana::online();
        ana.types(typed);
        ana.types("hi");
        ana.sends();
        ana.hears(r#"{"type":"pong"}"#);
        ana.now_ms = 60_000;
        ana.conversation.stir(ana.now_ms);
        ana.conversation.tick(ana.now_ms);
        let seen = ana.sees();
        assert_eq!(seen[0], format!("* {typed}: the relay does not answer"));
        ana.hangs_up();
        ana.comes_back();
        assert_eq!(ana.says(), ["hi"], "{typed}");
    }
}
