use super::*;

fn message(pos: u64) -> Past<'static> {
    let time = format!("2026-11-23T10:00:{:02}Z", pos % 60);
    Past { pos, time: time.into(), from: "ana".into(), text: "x".into(), action: false, uid: None }
}

fn said(pos: u64) -> Event<'static> {
    let Past { pos, time, from, text, action, uid } = message(pos);
    Event::Message { room: "ops".into(), pos, time, from, text, action, uid }
}

/// A relay that has messages at positions 1 to `last`, and gives `most` of them at once.
fn relay(asked: &History, last: u64, most: usize) -> (Vec<Past<'static>>, bool) {
    let most = most.min(asked.limit.unwrap());
    if let Some(after) = asked.after.or(asked.since.as_ref().map(|since| since.parse().unwrap())) {
        let all: Vec<_> = (after + 1..=last).map(message).collect();
        let more = all.len() > most;
        return (all.into_iter().take(most).collect(), more);
    }
    let all: Vec<_> = (1..asked.before.unwrap_or(last + 1)).map(message).collect();
    let from = all.len().saturating_sub(most);
    (all.into_iter().skip(from).collect(), from > 0)
}

fn told(following: &mut Following) -> Vec<u64> {
    following.take_news().iter().map(|message| message.pos).collect()
}

/// Asks as long as there is something to ask for.
fn reads(following: &mut Following, last: u64, most: usize) -> Vec<u64> {
    let mut all = Vec::new();
    while let Some(asked) = following.wants() {
        let (messages, more) = relay(&asked, last, most);
        following.page(messages, more).unwrap();
        all.extend(told(following));
        assert!(all.len() <= 100_000);
    }
    all
}

fn following(start: Start, follows: bool) -> Following {
    let mut following = Following::new("Ops".into(), start, follows);
    following.welcome("h");
    following.entered("ops", 9);
    following
}

#[test]
fn the_last_messages_are_told_however_many_pages_they_take() {
    for (lines, first) in [(0, 1_001), (1, 1_000), (10, 991), (500, 501), (999, 2), (1_000, 1), (5_000, 1)] {
        for most in [1, 7, 200] {
            let mut this = following(Start::Last(lines), false);
            assert_eq!(
                reads(&mut this, 1_000, most),
                (first..=1_000).collect::<Vec<_>>(),
                "{lines} by {most}"
            );
        }
    }
    assert!(reads(&mut following(Start::Last(10), false), 0, 9).is_empty());
}

#[test]
fn what_is_said_while_the_past_is_told_follows_once_and_in_order() {
    let mut this = following(Start::Since("3".into()), true);
    this.hear(said(11));
    this.hear(said(12));
    let (messages, more) = relay(&this.wants().unwrap(), 11, 99);
    this.page(messages, more).unwrap();
    this.hear(said(13));
    assert_eq!(told(&mut this), (4..=13).collect::<Vec<_>>());
    assert!(this.is_live() && this.wants().is_none());
}

#[test]
fn more_than_can_wait_is_asked_for_again() {
    let mut this = following(Start::Behind(0), true);
    let last = 1 + WAITING_MAX as u64;
    (1..=last).for_each(|pos| this.hear(said(pos)));
    let (messages, more) = relay(&this.wants().unwrap(), 0, 99);
    this.page(messages, more).unwrap();
    assert_eq!(reads(&mut this, last, 99), (1..=last).collect::<Vec<_>>());
}

#[test]
fn it_goes_on_where_it_was_after_a_lost_connection_and_where_something_was_skipped() {
    let mut this = following(Start::Last(2), true);
    assert_eq!(reads(&mut this, 9, 9), [8, 9]);
    this.hear(Event::Gap { room: "ops".into(), skipped: 3 });
    assert_eq!(reads(&mut this, 12, 9), [10, 11, 12]);
    assert!(!this.welcome("h"));
    this.entered("ops", 20);
    assert_eq!(reads(&mut this, 20, 3), (13..=20).collect::<Vec<_>>());
    assert!(this.welcome("another history"), "positions mean nothing there");
    assert_eq!(this.wants().unwrap().since.as_deref(), Some("2026-11-23T10:00:20Z"));
}

#[test]
fn what_its_sender_said_twice_is_told_once() {
    let twice = |pos| match said(pos) {
        Event::Message { room, time, from, text, .. } => {
            Event::Message { room, pos, time, from, text, action: false, uid: Some("run/1".into()) }
        }
        event => event,
    };
    let mut this = following(Start::Behind(0), true);
    this.page(Vec::new(), false).unwrap();
    this.hear(twice(5));
    this.hear(twice(900));
    assert_eq!(told(&mut this), [5]);
}

#[test]
fn what_is_said_after_it_was_asked_for_does_not_keep_it_from_its_end() {
    let mut this = following(Start::Since("0".into()), false);
    assert_eq!(reads(&mut this, 1_000, 5), (1..=9).collect::<Vec<_>>());
}

#[test]
fn a_relay_that_leads_in_circles_is_left() {
    let mut this = following(Start::Behind(0), true);
    this.page(vec![message(5)], true).unwrap();
    assert_eq!(this.page(vec![message(5)], true), Err(ASTRAY));
    assert_eq!(following(Start::Behind(0), true).page(Vec::new(), true), Err(ASTRAY));
    let mut this = following(Start::Last(9), true);
    this.page(vec![message(5)], true).unwrap();
    assert_eq!(this.page(vec![message(5)], true), Err(ASTRAY));
}
