//! What it costs to append to a timeline, and to read at a cursor.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use lanchatd::dialect::{ALL, ENCODERS, NATIVE, TEXT};
use lanchatd::hub::Dialect;
use lanchatd::timeline::{Author, Body, Conversation, Position, Retention, Skip, Timeline};

/// A message of 100 bytes.
const MESSAGE: &str =
    "The quick brown fox jumps over the lazy dog, and nobody in this room has asked it why it did so. OK?";
/// The relay's defaults.
const RETENTION: Retention = Retention { bytes_max: 4 * 1024 * 1024, events_max: 50_000 };
/// Events that are appended in one go: growing, sealing and evicting get their share of each figure.
const BATCH: usize = 1_000;
/// How far a reader is behind, in events.
const BACKLOGS: [u64; 3] = [1, 16, 256];

const READER: Author = 1;
const OTHERS: Author = 2;

/// Whose bytes are encoded.
#[derive(Clone, Copy, Debug)]
enum Readers {
    Text,
    TextAndNative,
}

const READERS: [Readers; 2] = [Readers::Text, Readers::TextAndNative];

impl Readers {
    fn dialects(self) -> &'static [&'static Dialect] {
        match self {
            Self::Text => &ALL[..1],
            Self::TextAndNative => &ALL,
        }
    }

    fn timeline(self) -> Timeline {
        let mut timeline = Timeline::new(Conversation::Room("lobby".into()), ENCODERS, RETENTION, 1);
        for dialect in self.dialects() {
            timeline.add_reader(dialect.here.track, timeline.head());
        }
        timeline
    }
}

fn main() {
    divan::main();
}

fn append(timeline: &mut Timeline, author: Author) -> Position {
    timeline.append(author, "guest17", 1_795_342_500_120, Body::Said(black_box(MESSAGE)), "")
}

fn append_and_evict(timeline: &mut Timeline) {
    append(timeline, OTHERS);
    while let Some(evicted) = timeline.evict(Position::MAX) {
        timeline.reuse(evicted);
    }
}

#[divan::bench(args = READERS)]
fn append_to_a_new_timeline(bencher: Bencher, readers: Readers) {
    bencher
        .counter(BytesCount::new(BATCH * MESSAGE.len()))
        .counter(ItemsCount::new(BATCH))
        .with_inputs(|| readers.timeline())
        .bench_local_refs(|timeline| {
            for _ in 0..BATCH {
                append(timeline, OTHERS);
            }
        });
}

#[divan::bench(args = READERS)]
fn append_where_old_segments_are_reused(bencher: Bencher, readers: Readers) {
    let mut timeline = readers.timeline();
    while timeline.oldest() == 1 {
        append_and_evict(&mut timeline);
    }
    bencher.counter(BytesCount::new(BATCH * MESSAGE.len())).counter(ItemsCount::new(BATCH)).bench_local(
        || {
            for _ in 0..BATCH {
                append_and_evict(&mut timeline);
            }
        },
    );
}

/// A timeline that goes on for a while before the reader's cursor, and has so many events after it.
fn behind(backlog: u64, author: impl Fn(u64) -> Author) -> (Timeline, Position) {
    let mut timeline = Readers::Text.timeline();
    for _ in 0..BATCH {
        append(&mut timeline, OTHERS);
    }
    let cursor = timeline.head();
    for number in 0..backlog {
        append(&mut timeline, author(number));
    }
    (timeline, cursor)
}

fn read(timeline: &Timeline, cursor: Position, without: Option<Author>) {
    for run in timeline.runs(TEXT.here.track, black_box(cursor), Skip { own: without, ..Skip::default() }) {
        black_box(run.bytes);
    }
}

#[divan::bench(args = BACKLOGS)]
fn read_events(bencher: Bencher, backlog: u64) {
    let (timeline, cursor) = behind(backlog, |_| OTHERS);
    bencher.counter(ItemsCount::new(backlog)).bench_local(|| read(&timeline, cursor, None));
}

#[divan::bench(args = BACKLOGS)]
fn read_events_looking_for_own(bencher: Bencher, backlog: u64) {
    let (timeline, cursor) = behind(backlog, |_| OTHERS);
    bencher.counter(ItemsCount::new(backlog)).bench_local(|| read(&timeline, cursor, Some(READER)));
}

#[divan::bench(args = BACKLOGS)]
fn read_events_of_which_every_fourth_is_own(bencher: Bencher, backlog: u64) {
    let (timeline, cursor) = behind(backlog, |number| if number % 4 == 3 { READER } else { OTHERS });
    bencher.counter(ItemsCount::new(backlog)).bench_local(|| read(&timeline, cursor, Some(READER)));
}

#[divan::bench(args = BACKLOGS)]
fn cut_in_the_middle(bencher: Bencher, backlog: u64) {
    let (timeline, cursor) = behind(backlog, |_| OTHERS);
    let run = timeline
        .runs(TEXT.here.track, cursor, Skip::default())
        .next()
        .expect("there are events after the cursor");
    bencher.bench_local(|| black_box(run).cut(black_box(run.bytes.len() / 2)));
}

/// The first reader of a dialect that comes while others are being written to: a whole segment is encoded.
#[divan::bench]
fn add_a_reader_who_is_behind(bencher: Bencher) {
    let backlog = 256;
    bencher
        .counter(ItemsCount::new(BATCH as u64 + backlog))
        .with_inputs(|| behind(backlog, |_| OTHERS))
        .bench_local_refs(|(timeline, cursor)| timeline.add_reader(NATIVE.here.track, *cursor));
}
