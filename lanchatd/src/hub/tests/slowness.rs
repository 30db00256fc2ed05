//! Readers that take little, in part, or too late.

use super::*;

#[test]
fn a_reader_that_falls_behind_is_told_exactly_what_it_missed() {
    let mut house = House::retaining(64 * 1024, 10_000);
    let (ana, slow, quick) = (house.netcat(), house.netcat(), house.netcat());
    house.hands_out();
    house.says(ana, "last words");
    house.hands_out_but(slow, "guest1: last words\n".len() - 1);
    assert_eq!(house.reads(quick), "");
    let mut quick_heard = 0;
    for number in 0..2_000 {
        house.says(ana, &format!("{number} {}", "x".repeat(90)));
        house.says(slow, "own");
        quick_heard += house.reads(quick).lines().filter(|line| line.starts_with("guest1")).count();
    }
    assert_eq!(quick_heard, 2_000);
    let heard = house.reads(slow);
    let heard = heard.strip_prefix('\n').unwrap();
    let (notice, rest) = heard.split_once('\n').unwrap();
    let skipped: usize = notice.split(' ').nth(1).unwrap().parse().unwrap();
    assert!(notice.contains("messages skipped"), "{notice}");
    assert_eq!(skipped + rest.lines().count(), 2_000);
    assert!(!heard.contains("own"));
    let totals = house.hub.totals();
    assert_eq!((totals.gaps, totals.messages_skipped), (1, skipped as u64));
    assert_eq!(totals.messages_accepted, 4_001);
    // ana has read nothing; quick everything by both; slow the first of ana's and what was left.
    assert_eq!(totals.deliveries, (4_001 + 1 + rest.lines().count()) as u64);
    assert!(house.hub.timeline_bytes() <= 64 * 1024 + 4 * 1024);
}

#[test]
fn a_line_that_went_out_in_part_is_finished_before_a_gap_is_told() {
    let mut house = House::retaining(64 * 1024, 10_000);
    let (ana, slow) = (house.netcat(), house.netcat());
    house.says(ana, "first line");
    let mut heard = house.takes(slow, 9);
    assert_eq!(heard, "guest1: f");
    for _ in 0..2_000 {
        house.says(ana, &"x".repeat(100));
    }
    heard.push_str(&house.reads(slow));
    let lines: Vec<_> = heard.lines().collect();
    assert_eq!(lines[0], "guest1: first line");
    assert!(lines[1].starts_with("* ") && lines[1].contains("skipped"), "{}", lines[1]);
    assert!(lines[2..].iter().all(|line| line.len() == "guest1: ".len() + 100));
}

#[test]
fn sockets_that_take_any_number_of_bytes_get_every_line_once() {
    for room in [1, 2, 3, 7, 50, 1000] {
        let mut house = House::open();
        let (ana, bob) = (house.netcat(), house.netcat());
        let mut heard = String::new();
        for number in 0..50 {
            house.says(ana, &format!("line {number}"));
            house.says(bob, "own");
            heard.push_str(&house.takes(bob, room));
        }
        heard.push_str(&house.reads(bob));
        let expected: Vec<_> = (0..50).map(|number| format!("guest1: line {number}")).collect();
        assert_eq!(heard.lines().collect::<Vec<_>>(), expected, "with room for {room} bytes");
        assert_eq!(house.hub.totals().deliveries, 50);
    }
}
