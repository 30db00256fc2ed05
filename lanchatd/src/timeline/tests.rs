use super::*;

fn plain(_: &Conversation, event: &Event, out: &mut Vec<u8>) {
    if let Body::Said(text) = &event.body {
        out.extend_from_slice(format!("{}:{text}\n", event.position).as_bytes());
    }
}

fn loud(_: &Conversation, event: &Event, out: &mut Vec<u8>) {
    if let Body::Said(text) = &event.body {
        out.extend_from_slice(format!("{}!{}\n", event.position, text.to_uppercase()).as_bytes());
    }
}

fn timeline(bytes_max: usize, events_max: usize) -> Timeline {
    Timeline::new(
        Conversation::Room("lobby".into()),
        [plain, loud, plain],
        Retention { bytes_max, events_max },
        1,
    )
}

fn say(timeline: &mut Timeline, author: Author, text: &str) -> Position {
    timeline.append(author, "ana", 0, Body::Said(text), "")
}

fn read(timeline: &Timeline, track: Track, cursor: Position, without: Option<Author>) -> String {
    let bytes: Vec<u8> = timeline
        .runs(track, cursor, Skip { own: without, ..Skip::default() })
        .flat_map(|run| run.bytes.to_vec())
        .collect();
    String::from_utf8(bytes).unwrap()
}

impl Timeline {
    /// What the retained events take, without what is reserved for more: what the bounds on bytes are about.
    pub(crate) fn bytes_used(&self) -> usize {
        self.segments.iter().map(Segment::bytes_used).sum()
    }

    /// How many readers each track has.
    pub(crate) fn readers(&self) -> [usize; TRACKS] {
        self.readers
    }
}

#[test]
fn a_reader_gets_everything_after_its_cursor_in_one_piece() {
    let mut timeline = timeline(1 << 20, 1000);
    timeline.add_reader(0, 1);
    say(&mut timeline, 1, "a");
    say(&mut timeline, 2, "b");
    assert_eq!(timeline.runs(0, 1, Skip::default()).count(), 1);
    assert_eq!(read(&timeline, 0, 1, None), "1:a\n2:b\n");
    assert_eq!(read(&timeline, 0, 2, None), "2:b\n");
    assert_eq!(read(&timeline, 0, 3, None), "");
}

#[test]
fn nobody_reads_their_own_events() {
    let mut timeline = timeline(1 << 20, 1000);
    timeline.add_reader(0, 1);
    for author in [1, 1, 2, 3, 1, 2, 1] {
        say(&mut timeline, author, "x");
    }
    assert_eq!(read(&timeline, 0, 1, Some(1)), "3:x\n4:x\n6:x\n");
    assert_eq!(
        timeline.runs(0, 1, Skip { own: Some(1), ..Skip::default() }).count(),
        2,
        "neighbours go out together"
    );
    assert_eq!(read(&timeline, 0, 1, Some(9)).lines().count(), 7);
}

#[test]
fn only_dialects_with_readers_are_encoded_and_a_late_one_catches_up_from_its_cursor() {
    let mut timeline = timeline(1 << 20, 1000);
    timeline.add_reader(0, 1);
    say(&mut timeline, 1, "a");
    assert!(!timeline.segments[0].is_encoded(1));
    timeline.add_reader(1, 1);
    say(&mut timeline, 1, "b");
    assert_eq!(read(&timeline, 1, 1, None), "1!A\n2!B\n");
    timeline.remove_reader(1);
    say(&mut timeline, 1, "c");
    assert!(timeline.segments.iter().all(|segment| !segment.is_encoded(1)));
    timeline.add_reader(1, timeline.head());
    say(&mut timeline, 1, "d");
    assert_eq!(read(&timeline, 1, 4, None), "4!D\n");
    timeline.add_reader(1, 2);
    assert_eq!(read(&timeline, 1, 2, None), "2!B\n3!C\n4!D\n", "an older cursor encodes what is missing");
}

#[test]
fn retention_holds_at_its_bound_in_bytes_and_in_events() {
    let mut by_bytes = timeline(64 * 1024, 1_000_000);
    let mut by_events = timeline(1 << 30, 100);
    by_bytes.add_reader(0, 1);
    by_events.add_reader(0, 1);
    for _ in 0..5_000 {
        for timeline in [&mut by_bytes, &mut by_events] {
            say(timeline, 1, &"x".repeat(100));
            while let Some(evicted) = timeline.evict(Position::MAX) {
                timeline.reuse(evicted);
            }
        }
        assert!(by_bytes.bytes() <= 64 * 1024);
        assert!(by_events.head() - by_events.oldest() <= 100);
    }
    assert!(by_bytes.oldest() > 4_000);
    assert_eq!(by_bytes.head(), 5_001, "positions go on");
    assert!(by_events.head() - by_events.oldest() > 90);
}

#[test]
fn what_is_dropped_is_counted_for_each_reader_without_its_own() {
    let mut timeline = timeline(64 * 1024, 1_000_000);
    timeline.add_reader(0, 1);
    let mut missed = 0;
    for number in 0..3_000 {
        say(&mut timeline, number % 2 + 1, &"x".repeat(100));
        while let Some(evicted) = timeline.evict(Position::MAX) {
            missed += evicted.messages_from(1) - evicted.messages_of(1, 1);
        }
    }
    let read = read(&timeline, 0, timeline.oldest(), Some(1)).lines().count() as u64;
    assert_eq!(missed + read, 1_500);
    assert_eq!(timeline.messages_before(timeline.head()), 3_000);
    assert_eq!(timeline.messages_before(timeline.oldest()), timeline.oldest() - 1);
}

#[test]
fn a_write_cut_anywhere_leaves_the_rest_of_its_event() {
    let mut timeline = timeline(1 << 20, 1000);
    timeline.add_reader(0, 1);
    for text in ["a", "bb", "ccc"] {
        say(&mut timeline, 1, text);
    }
    for start in 1..=3 {
        let all = read(&timeline, 0, start, None);
        for written in 0..=all.len() {
            let run = timeline.runs(0, start, Skip::default()).next().unwrap();
            let (position, rest) = run.cut(written);
            let rest = std::str::from_utf8(rest).unwrap();
            let later = read(&timeline, 0, position, None);
            assert_eq!(format!("{}{rest}{later}", &all[..written]), all);
        }
    }
}

#[test]
fn smaller_bounds_hold_at_once_even_where_one_segment_is_larger_than_they_are() {
    let mut timeline = timeline(4 << 20, 1_000_000);
    timeline.add_reader(0, 1);
    for _ in 0..3_000 {
        say(&mut timeline, 1, &"x".repeat(500));
    }
    say(&mut timeline, 1, &"x".repeat(900_000));
    let small = Retention { bytes_max: 64 * 1024, events_max: 1_000 };
    timeline.set_retention(small);
    while let Some(evicted) = timeline.evict(Position::MAX) {
        timeline.reuse(evicted);
    }
    assert!(timeline.bytes() <= small.bytes_max, "{}", timeline.bytes());
    for _ in 0..1_000 {
        say(&mut timeline, 1, &"x".repeat(500));
        while let Some(evicted) = timeline.evict(Position::MAX) {
            timeline.reuse(evicted);
        }
        assert!(timeline.bytes() <= small.bytes_max, "{}", timeline.bytes());
    }
    assert!(timeline.head() - timeline.oldest() > 30, "{}", timeline.head() - timeline.oldest());
}

/// A timeline without readers that retains as much, and in which so many bytes were said.
fn filled(bytes_max: usize, bytes: usize) -> Timeline {
    let mut timeline = timeline(bytes_max, 1_000_000);
    say(&mut timeline, 1, "");
    let empty = timeline.bytes_used();
    let mut left = bytes - empty;
    while left > 0 {
        let piece = if left < 2_000 { left } else { 1_000 };
        say(&mut timeline, 1, &"x".repeat(piece - empty));
        left -= piece;
    }
    assert_eq!(timeline.bytes_used(), bytes);
    timeline
}

#[test]
fn a_timeline_is_well_filled_at_an_eighth_of_its_bytes_and_at_two_segments_at_most() {
    for (bytes_max, bound) in
        [(64 * 1024, 8 * 1024), (8 << 20, 1 << 20), ((8 << 20) + 8, 1 << 20), (1 << 30, 1 << 20)]
    {
        assert!(!filled(bytes_max, bound - 1).is_well_filled_since(1), "a byte below {bound}");
        let mut timeline = filled(bytes_max, bound);
        assert!(timeline.is_well_filled_since(1), "at {bound}");
        timeline.begin_pass();
        assert!(!timeline.is_well_filled_since(timeline.head()));
    }
}

#[test]
fn a_timeline_is_well_filled_at_an_eighth_of_its_events() {
    let mut timeline = timeline(1 << 20, 87);
    (0..30).for_each(|_| _ = say(&mut timeline, 1, "x"));
    assert!(!timeline.is_well_filled_since(timeline.head() - 9));
    assert!(timeline.is_well_filled_since(timeline.head() - 10));
}
