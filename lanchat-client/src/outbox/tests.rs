use super::*;
use lanchat_protocol::names::RoomName;

fn say(text: &str) -> Errand {
    say_in("lobby", text)
}

fn say_in(room: &str, text: &str) -> Errand {
    Errand::Say { to: room.into(), text: text.into(), action: false }
}

fn room(name: &str) -> RoomName {
    RoomName::parse(name).unwrap()
}

fn typed(errand: Errand) -> Settled {
    Settled { errand, is_typed: true }
}

fn outbox<const N: usize>(texts: [&str; N]) -> Outbox {
    let mut outbox = Outbox::new(100);
    for text in texts {
        outbox.push(say(text)).unwrap();
    }
    outbox
}

fn send(outbox: &mut Outbox, now_ms: u64) -> String {
    let mut out = Vec::new();
    assert_eq!(outbox.send(now_ms, 4096, &mut out), None);
    String::from_utf8(out).unwrap()
}

#[test]
fn one_request_is_out_at_a_time_and_each_goes_out_once() {
    let mut outbox = outbox(["a", "b"]);
    assert_eq!(send(&mut outbox, 0), "{\"type\":\"say\",\"id\":\"1\",\"room\":\"lobby\",\"text\":\"a\"}\n");
    assert_eq!(send(&mut outbox, 0), "");
    assert_eq!(outbox.done(Some("2")), None);
    assert_eq!(outbox.done(None), None);
    assert_eq!(outbox.done(Some("1")), Some(typed(say("a"))));
    assert_eq!(outbox.done(Some("1")), None);
    assert!(send(&mut outbox, 0).contains("\"text\":\"b\""));
    assert_eq!(outbox.done(Some("2")), Some(typed(say("b"))));
    assert_eq!((send(&mut outbox, 0).as_str(), outbox.len()), ("", 0));
}

#[test]
fn a_rate_limit_is_waited_out_in_order() {
    let mut outbox = outbox(["a", "b"]);
    send(&mut outbox, 0);
    let refusal = outbox.refused(Some("1"), Code::RateLimited, Some(700), 1_000);
    assert_eq!(refusal, Refusal::Later(700));
    assert_eq!(outbox.due_ms(), Some(1_700));
    assert_eq!(send(&mut outbox, 1_699), "");
    assert!(send(&mut outbox, 1_700).contains("\"text\":\"a\""));
}

#[test]
fn no_relay_can_ask_for_an_endless_pause_or_for_none() {
    for (asked_ms, pause_ms) in [(u64::MAX, 60_000), (0, 10)] {
        let mut outbox = outbox(["a"]);
        send(&mut outbox, 0);
        let refusal = outbox.refused(Some("1"), Code::RateLimited, Some(asked_ms), 1_000);
        assert_eq!(refusal, Refusal::Later(pause_ms));
        assert_eq!(outbox.due_ms(), Some(1_000 + pause_ms));
    }
}

#[test]
fn a_question_overtakes_messages_and_a_nick_does_not() {
    let mut outbox = outbox(["a", "b"]);
    send(&mut outbox, 0);
    outbox.push(Errand::Nick("bo".into())).unwrap();
    outbox.push(Errand::Who(room("lobby"))).unwrap();
    let order: Vec<_> = outbox.errands().cloned().collect();
    assert_eq!(order, [say("a"), Errand::Who(room("lobby")), say("b"), Errand::Nick("bo".into())]);
}

#[test]
fn a_refused_message_is_dropped_and_the_next_one_goes_on() {
    let mut outbox = outbox(["a", "b", "c"]);
    send(&mut outbox, 0);
    assert_eq!(outbox.refused(None, Code::NotUtf8, None, 0), Refusal::NotOurs);
    assert_eq!(outbox.refused(Some("9"), Code::EmptyText, None, 0), Refusal::NotOurs);
    assert_eq!(outbox.refused(Some("1"), Code::EmptyText, None, 0), Refusal::Final(typed(say("a"))));
    assert!(send(&mut outbox, 0).contains("\"text\":\"b\""));
    assert_eq!(outbox.refused(None, Code::LineTooLong, None, 0), Refusal::Final(typed(say("b"))));
    assert!(send(&mut outbox, 0).contains("\"text\":\"c\""));
}

#[test]
fn what_was_out_when_the_connection_broke_goes_out_again_with_its_id() {
    let mut outbox = outbox(["a", "b"]);
    let first = send(&mut outbox, 0);
    assert!(first.contains("\"id\":\"1\""));
    for _ in 0..3 {
        assert_eq!(outbox.disconnected(), None);
        assert_eq!(send(&mut outbox, 0), first);
    }
    assert_eq!(outbox.done(Some("1")), Some(typed(say("a"))));
    assert!(send(&mut outbox, 0).contains("\"id\":\"2\",\"room\":\"lobby\",\"text\":\"b\""));
}

#[test]
fn what_may_have_been_accepted_before_keeps_its_id_whatever_the_relay_refuses_for_a_while() {
    let mut outbox = outbox(["a"]);
    let first = send(&mut outbox, 0);
    outbox.disconnected();
    for now_ms in 0..3 {
        assert_eq!(send(&mut outbox, 1_000 * now_ms), first);
        let refusal = outbox.refused(Some("1"), Code::RateLimited, Some(1_000), 1_000 * now_ms);
        assert_eq!(refusal, Refusal::Later(1_000));
    }
    assert_eq!((outbox.abandoned(), outbox.len()), (vec![say("a")], 0), "it may have arrived at first");
}

#[test]
fn at_the_end_what_may_have_arrived_is_told_from_what_was_never_sent() {
    let mut outbox = outbox(["a", "b"]);
    assert!(outbox.abandoned().is_empty());
    send(&mut outbox, 0);
    outbox.disconnected();
    outbox.push(Errand::Rooms).unwrap();
    send(&mut outbox, 0);
    assert_eq!(outbox.abandoned(), [Errand::Rooms, say("a")]);
    assert!(outbox.errands().eq([&say("b")]));
}

#[test]
fn a_question_that_was_out_is_not_asked_again_ahead_of_messages() {
    let mut outbox = outbox(["a"]);
    outbox.push(Errand::Rooms).unwrap();
    assert!(send(&mut outbox, 0).contains("\"rooms\""));
    assert_eq!(outbox.disconnected(), Some(Errand::Rooms));
    assert!(send(&mut outbox, 0).contains("\"text\":\"a\""));
}

#[test]
fn what_is_never_answered_is_given_up_and_a_message_is_not() {
    let mut outbox = Outbox::new(2);
    outbox.push(Errand::Nick("bo".into())).unwrap();
    outbox.push(say("a")).unwrap();
    send(&mut outbox, 0);
    assert_eq!(outbox.give_up_overdue(), Some(typed(Errand::Nick("bo".into()))));
    let sent = send(&mut outbox, 0);
    assert_eq!((outbox.give_up_overdue(), outbox.disconnected()), (None, None));
    assert_eq!(send(&mut outbox, 0), sent);
}

#[test]
fn what_waits_for_an_answer_is_asked_again_on_the_next_connection() {
    let mut outbox = Outbox::new(2);
    outbox.push(Errand::Nick("bo".into())).unwrap();
    outbox.push(Errand::Who(room("lobby"))).unwrap();
    assert_eq!(outbox.push(Errand::Who(room("lobby"))), Err(Errand::Who(room("lobby"))), "the bound");
    assert!(send(&mut outbox, 0).contains("\"nick\":\"bo\""));
    assert_eq!(outbox.disconnected(), None);
    assert!(send(&mut outbox, 0).contains("\"nick\":\"bo\""));
}

#[test]
fn a_message_that_fits_no_line_is_given_back_with_its_size() {
    let mut outbox = outbox(["xxxxxxxxxx", "b"]);
    let mut out = Vec::new();
    let too_long = outbox.send(0, 57, &mut out).unwrap();
    assert_eq!((too_long.settled, too_long.bytes), (typed(say("xxxxxxxxxx")), 58));
    assert!(out.is_empty());
    assert_eq!(outbox.send(0, 49, &mut out), None, "at the bound it passes");
    assert_eq!(out.len(), 50);
}

#[test]
fn an_answer_that_never_comes_is_noticed() {
    let mut outbox = outbox(["a"]);
    assert_eq!(outbox.due_ms(), Some(0));
    send(&mut outbox, 5);
    assert_eq!(outbox.due_ms(), Some(60_005));
    assert!(!outbox.is_overdue(60_004) && outbox.is_overdue(60_005));
}

#[test]
fn a_question_does_not_overtake_the_room_that_it_may_be_about() {
    let mut outbox = outbox(["a"]);
    outbox.push(Errand::Join(room("ops"))).unwrap();
    outbox.push(say_in("ops", "b")).unwrap();
    outbox.push(Errand::Who(room("ops"))).unwrap();
    let order: Vec<_> = outbox.errands().cloned().collect();
    assert_eq!(order, [say("a"), Errand::Join(room("ops")), Errand::Who(room("ops")), say_in("ops", "b")]);
}

#[test]
fn what_there_was_is_restored_first_and_counts_for_nothing() {
    let mut outbox = outbox(["a"]);
    outbox.restore([Errand::Join(room("ops")), Errand::Back]);
    assert_eq!(send(&mut outbox, 0), "{\"type\":\"join\",\"id\":\"1\",\"room\":\"ops\"}\n");
    assert_eq!((outbox.len(), outbox.errands().count()), (1, 1));
    let refusal = outbox.refused(Some("1"), Code::RateLimited, Some(700), 0);
    assert_eq!(refusal, Refusal::Later(700));
    assert!(send(&mut outbox, 700).contains("\"type\":\"join\""));
    let settled = Settled { errand: Errand::Join(room("ops")), is_typed: false };
    assert_eq!(outbox.done(Some("2")), Some(settled));
    assert!(send(&mut outbox, 700).contains("\"type\":\"back\""));
    assert_eq!(outbox.disconnected(), None);
    assert!(send(&mut outbox, 700).contains("\"text\":\"a\""), "the next connection restores anew");
}

#[test]
fn a_topic_that_was_out_is_not_set_again_and_an_entrance_is_made_again() {
    let mut outbox = Outbox::new(9);
    let topic = Errand::Topic { room: room("ops"), topic: Some("disk".into()) };
    outbox.push(topic.clone()).unwrap();
    outbox.push(Errand::Join(room("ops"))).unwrap();
    send(&mut outbox, 0);
    assert_eq!(outbox.disconnected(), Some(topic));
    for _ in 0..2 {
        assert!(send(&mut outbox, 0).contains("\"type\":\"join\""));
        assert_eq!(outbox.disconnected(), None);
    }
}

#[test]
fn what_is_held_waits_but_for_questions_and_who_the_person_is() {
    let mut outbox = outbox(["a"]);
    outbox.push(Errand::Nick("before".into())).unwrap();
    outbox.hold();
    assert_eq!((send(&mut outbox, 0).as_str(), outbox.due_ms()), ("", None), "nothing is worth a look");
    outbox.push(say("b")).unwrap();
    outbox.push(Errand::Rooms).unwrap();
    outbox.push(Errand::Nick("bo".into())).unwrap();
    assert!(send(&mut outbox, 0).contains("\"rooms\""));
    outbox.done(Some("1"));
    let nick = send(&mut outbox, 0);
    assert!(nick.contains("\"bo\""), "{nick}");
    assert_eq!(outbox.refused(Some("2"), Code::RateLimited, Some(700), 0), Refusal::Later(700));
    assert_eq!(send(&mut outbox, 700), nick, "it passes still");
    outbox.disconnected();
    assert_eq!(send(&mut outbox, 0), nick, "and so it does on the next connection");
    outbox.done(Some("2"));
    assert_eq!((send(&mut outbox, 0).as_str(), outbox.len()), ("", 3));
    outbox.release();
    assert!(send(&mut outbox, 0).contains("\"text\":\"a\""));
}
