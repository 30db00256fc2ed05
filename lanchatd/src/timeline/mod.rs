//! A timeline: the append-only sequence of events of one conversation.
//!
//! Readers have cursors, not queues: a cursor is the position of the next event to read. An event is
//! encoded once for each dialect that has readers, into contiguous bytes, so that what a reader is
//! owed goes out in one write. What is retained is bounded; the oldest segment goes first.

mod conversation;
mod event;
mod forget;
mod record;
mod run;
mod segment;
mod skip;

use std::collections::VecDeque;
use std::ops::Range;

pub use conversation::Conversation;
pub use event::{Author, Body, Event, RELAY};
pub use run::{Run, Runs};
use segment::Segment;
pub use skip::Skip;

/// The place of an event in its timeline: 1, 2, 3 …. Never names another event.
pub type Position = u64;

/// A cached encoding: one for each way in which a dialect writes an event.
pub type Track = usize;

/// How many cached encodings a timeline has at most.
pub const TRACKS: usize = 3;

/// Appends one event of a conversation, as its dialect writes it, to the bytes of a track.
pub type Encoder = fn(&Conversation, &Event, &mut Vec<u8>);

/// How large a segment grows, in bytes, where little or much is retained.
const SEGMENT_BYTES_MIN: usize = 4 * 1024;
const SEGMENT_BYTES_MAX: usize = 512 * 1024;

/// What a timeline retains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Bytes, encodings included.
    pub bytes_max: usize,
    /// Events.
    pub events_max: usize,
}

/// The events of one conversation, the newest at the end.
#[derive(Debug)]
pub struct Timeline {
    conversation: Conversation,
    encoders: [Encoder; TRACKS],
    /// How many readers each track has; a track without readers is not encoded.
    readers: [usize; TRACKS],
    retention: Retention,
    segments: VecDeque<Segment>,
    /// The last segment takes no more.
    is_last_full: bool,
    /// Bytes of all segments but the last, which still grows.
    sealed_bytes: usize,
    /// A segment that was dropped, whose memory serves the next.
    spare: Option<Segment>,
    first: Position,
    next: Position,
    /// Bytes appended since the last pass, as far as they are known without looking.
    bytes_since_pass: usize,
    /// Messages ever appended: what [`Body::is_message`] says.
    messages: u64,
}

impl Timeline {
    /// An empty timeline whose first event will have the position `first`.
    pub fn new(
        conversation: Conversation,
        encoders: [Encoder; TRACKS],
        retention: Retention,
        first: Position,
    ) -> Self {
        Self {
            conversation,
            encoders,
            readers: [0; TRACKS],
            retention,
            segments: VecDeque::new(),
            is_last_full: false,
            sealed_bytes: 0,
            spare: None,
            first,
            next: first,
            bytes_since_pass: 0,
            messages: 0,
        }
    }

    /// Whose it is.
    pub fn conversation(&self) -> &Conversation {
        &self.conversation
    }

    /// The position that the next event will have: the cursor of a reader that has read everything.
    pub fn head(&self) -> Position {
        self.next
    }

    /// The position of its first event.
    pub fn begins(&self) -> Position {
        self.first
    }

    /// The oldest position that is retained; [`Timeline::head`] where nothing is.
    pub fn oldest(&self) -> Position {
        self.segments.front().map_or(self.next, |segment| segment.first)
    }

    /// Whether anything that people said is retained.
    pub fn has_messages(&self) -> bool {
        self.messages > self.messages_before(self.oldest())
    }

    /// Bytes held, encodings included.
    pub fn bytes(&self) -> usize {
        let others = self.segments.back().into_iter().chain(&self.spare);
        self.sealed_bytes + others.map(Segment::bytes).sum::<usize>()
    }

    /// Takes other bounds; they hold from the next [`Timeline::evict`] on.
    pub fn set_retention(&mut self, retention: Retention) {
        self.retention = retention;
        self.spare = None;
        // What is there can be dropped only when something else is begun.
        if self.segments.back().is_some_and(|last| last.bytes() >= self.segment_limits().bytes_max) {
            self.begin_segment();
        }
    }

    /// Appends an event and encodes it for the tracks that have readers.
    pub fn append(&mut self, author: Author, from: &str, time_ms: i64, body: Body, uid: &str) -> Position {
        let position = self.next;
        let event = Event { position, time_ms, author, from, body, uid };
        if self.segments.is_empty() || self.is_last_full {
            self.begin_segment();
        }
        let limits = self.segment_limits();
        if let Some(last) = self.segments.back_mut() {
            let before = last.bytes_used();
            last.push(&self.conversation, &event, self.messages, &self.encoders);
            let after = last.bytes_used();
            self.bytes_since_pass += after - before;
            self.is_last_full = after >= limits.bytes_max || last.len() >= limits.events_max;
        }
        self.next += 1;
        self.messages += u64::from(event.body.is_message());
        position
    }

    /// Everybody is being offered what there is.
    pub fn begin_pass(&mut self) {
        self.bytes_since_pass = 0;
    }

    /// Whether a good part of what is retained has not been offered to anybody, since the last pass came
    /// up to `passed`. Two segments at most, however much is retained: more is too much for one write.
    pub fn is_well_filled_since(&self, passed: Position) -> bool {
        self.bytes_since_pass >= (self.retention.bytes_max / 8).min(2 * SEGMENT_BYTES_MAX)
            || self.next - passed >= (self.retention.events_max / 8) as u64
    }

    /// Whether a reader at `cursor` is about to miss something: it stands in the older half of what is retained, and
    /// little more is taken before the oldest goes.
    pub fn is_about_to_drop(&self, cursor: Position) -> bool {
        let (oldest, head) = (self.oldest(), self.next);
        let Retention { bytes_max, events_max } = self.retention;
        let is_full = self.bytes() >= bytes_max / 4 * 3 || head - oldest >= events_max as u64 / 4 * 3;
        is_full && cursor < oldest + (head - oldest) / 2
    }

    /// Drops the oldest segment if there is more than may be retained. To be called until `None`,
    /// so that the caller can account for readers that had not read it, and hand it back with
    /// [`Timeline::reuse`].
    ///
    /// What is at or after `hold` is not to go yet, unless there is twice as much as may be retained.
    pub fn evict(&mut self, hold: Position) -> Option<Evicted> {
        let events = usize::try_from(self.next - self.oldest()).unwrap_or(usize::MAX);
        let needs_another = self.is_last_full && self.spare.is_none();
        let wanted = if needs_another { self.segment_limits().bytes_max } else { 0 };
        let is_held = self.segments.front().is_some_and(|oldest| oldest.end() > hold);
        let times = if is_held { 2 } else { 1 };
        let Retention { bytes_max, events_max } = self.retention;
        let over = self.bytes() + wanted > times * bytes_max || events > times * events_max;
        if over { self.shed() } else { None }
    }

    /// Drops the oldest segment, however much may be retained, if it is not the only one.
    pub fn shed(&mut self) -> Option<Evicted> {
        if self.segments.len() < 2 {
            return None;
        }
        let oldest = self.segments.pop_front()?;
        self.sealed_bytes -= oldest.bytes();
        let messages_end = self.messages_before(oldest.end());
        Some(Evicted { segment: oldest, messages_end })
    }

    /// What is retained can be dropped, although all of it lies in one segment that still grows.
    pub fn part_last(&mut self) {
        if self.segments.len() == 1 {
            self.begin_segment();
        }
    }

    /// Takes back the memory of what was dropped.
    pub fn reuse(&mut self, evicted: Evicted) {
        // A segment that one large event has swollen, or that was made under other bounds, is let go.
        if evicted.segment.bytes() <= 2 * self.segment_limits().bytes_max {
            self.spare = Some(evicted.segment);
        }
    }

    /// Gives back what is kept for the next segment.
    pub fn drop_spare(&mut self) {
        self.spare = None;
    }

    /// A reader of `track` comes, who will read from `cursor` on.
    pub fn add_reader(&mut self, track: Track, cursor: Position) {
        self.readers[track] += 1;
        if self.readers[track] > 1 && self.is_encoded_from(track, cursor) {
            return;
        }
        if cursor == self.next {
            // What is there stays unencoded for this track: nobody will read it.
            if self.segments.back().is_some_and(|last| !last.is_encoded(track)) {
                self.begin_segment();
            }
            return;
        }
        for segment in self.segments.iter_mut().filter(|segment| segment.end() > cursor) {
            segment.encode(&self.conversation, track, self.encoders[track]);
        }
        self.weigh();
    }

    /// A reader of `track` goes. The last one takes the track's bytes with it.
    pub fn remove_reader(&mut self, track: Track) {
        self.readers[track] -= 1;
        if self.readers[track] == 0 {
            for segment in &mut self.segments {
                segment.forget(track);
            }
            self.weigh();
        }
    }

    /// The encoded events from `cursor` on, but for those to skip, in as few pieces as can be.
    pub fn runs<'a>(&'a self, track: Track, cursor: Position, skip: Skip<'a>) -> Runs<'a> {
        Runs::new(&self.segments, track, cursor, skip)
    }

    /// The events from `cursor` on, as far as they are retained.
    pub fn events(&self, cursor: Position) -> impl Iterator<Item = Event<'_>> {
        let newer = self.segments.iter().skip_while(move |segment| segment.end() <= cursor);
        newer.flat_map(move |segment| segment.events_from(cursor))
    }

    /// The events before `end`, as far as they are retained, the last one first.
    pub fn events_before(&self, end: Position) -> impl Iterator<Item = Event<'_>> {
        let older = self.segments.iter().rev().skip_while(move |segment| segment.first >= end);
        older.flat_map(move |segment| segment.events_before(end))
    }

    /// How many messages stand before `position`.
    pub fn messages_before(&self, position: Position) -> u64 {
        let segment = self.segments.iter().rev().find(|segment| segment.first <= position);
        segment
            .and_then(|segment| segment.records().messages_before(segment.index(position)))
            .unwrap_or(self.messages)
    }

    /// How many messages by `author` stand at these positions. Looks at each of them.
    pub fn messages_of(&self, author: Author, positions: Range<Position>) -> u64 {
        let later = self.segments.iter().rev().take_while(|segment| segment.end() > positions.start);
        let count = |segment: &Segment| {
            let indices = segment.index(positions.start)..segment.index(positions.end);
            segment.records().messages_of(indices, author)
        };
        later.map(count).sum()
    }

    fn is_encoded_from(&self, track: Track, cursor: Position) -> bool {
        self.segments.iter().filter(|segment| segment.end() > cursor).all(|segment| segment.is_encoded(track))
    }

    fn begin_segment(&mut self) {
        match self.segments.back_mut() {
            Some(last) if last.len() == 0 => self.spare = self.segments.pop_back(),
            Some(last) => last.seal(),
            None => {}
        }
        self.is_last_full = false;
        let tracks = std::array::from_fn(|track| self.readers[track] > 0);
        let segment = match self.spare.take() {
            Some(spare) => spare.renew(self.next, tracks),
            None => Segment::new(self.next, tracks),
        };
        self.segments.push_back(segment);
        self.weigh();
    }

    fn weigh(&mut self) {
        self.sealed_bytes = self.segments.iter().rev().skip(1).map(Segment::bytes).sum();
    }

    /// A segment is small enough that dropping one is a small step, and large enough that most reads
    /// lie in one.
    fn segment_limits(&self) -> Retention {
        Retention {
            bytes_max: (self.retention.bytes_max / 8).clamp(SEGMENT_BYTES_MIN, SEGMENT_BYTES_MAX),
            events_max: (self.retention.events_max / 16).max(1),
        }
    }
}

/// A segment that is no longer retained.
#[derive(Debug)]
pub struct Evicted {
    segment: Segment,
    /// Messages before its end, in all of the timeline.
    messages_end: u64,
}

impl Evicted {
    /// The position after its last event.
    pub fn end(&self) -> Position {
        self.segment.end()
    }

    /// How many of its messages stand at or after `cursor`.
    pub fn messages_from(&self, cursor: Position) -> u64 {
        let before = self.segment.records().messages_before(self.segment.index(cursor));
        self.messages_end - before.unwrap_or(self.messages_end)
    }

    /// How many of these are by `author`. Looks at each of them.
    pub fn messages_of(&self, cursor: Position, author: Author) -> u64 {
        self.segment.records().messages_of(self.segment.index(cursor)..usize::MAX, author)
    }

    /// How many of its messages at or after `cursor` are for a reader that skips some. Looks at each of them.
    pub fn messages_but(&self, cursor: Position, skip: Skip) -> u64 {
        let records = self.segment.records();
        let read = (self.segment.index(cursor)..records.len())
            .filter(|index| records.is_message(*index) && !skip.skips(records, *index));
        read.count() as u64
    }
}

#[cfg(test)]
mod tests;
