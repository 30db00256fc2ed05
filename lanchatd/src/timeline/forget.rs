//! Letting go of what is older than a moment, however much may be retained.

use super::{Position, Segment, Timeline};

impl Timeline {
    /// One beyond the last event that is older than a time, in milliseconds since 1970, UTC.
    pub fn end_before(&self, time_ms: i64) -> Position {
        let older = self.events_before(self.next).find(|event| event.time_ms < time_ms);
        older.map_or(self.oldest(), |event| event.position + 1)
    }

    /// The first of so many of the newest messages.
    pub fn end_beyond(&self, messages_max: u64) -> Position {
        let retained = self.messages - self.messages_before(self.oldest());
        let Some(too_many) = retained.checked_sub(messages_max).filter(|too_many| *too_many > 0) else {
            return self.oldest();
        };
        let mut messages = self.events(self.oldest()).filter(|event| event.body.is_message());
        let last = usize::try_from(too_many - 1).ok().and_then(|index| messages.nth(index));
        last.map_or(self.oldest(), |event| event.position + 1)
    }

    /// When something was said last, of what is retained.
    pub fn last_said_ms(&self) -> Option<i64> {
        let last = self.events_before(self.next).find(|event| event.body.is_message());
        last.map(|event| event.time_ms)
    }

    /// Has a segment begin at `position`, so that what is before it can be shed.
    pub fn part_at(&mut self, position: Position) {
        if position == self.next && !self.segments.is_empty() {
            return self.begin_segment();
        }
        let holds = |segment: &Segment| segment.first < position && position < segment.end();
        let Some(index) = self.segments.iter().position(holds) else { return };
        let Some(whole) = self.segments.remove(index) else { return };
        let tracks = std::array::from_fn(|track| whole.is_encoded(track));
        let mut parts = [Segment::new(whole.first, tracks), Segment::new(position, tracks)];
        for event in whole.events_from(whole.first) {
            let before = whole.records().messages_before(whole.index(event.position)).unwrap_or_default();
            let part = &mut parts[usize::from(event.position >= position)];
            part.push(&self.conversation, &event, before, &self.encoders);
        }
        for part in parts.into_iter().rev() {
            self.segments.insert(index, part);
        }
        self.weigh();
    }
}
