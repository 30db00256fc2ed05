//! Contiguous encoded events: what a write takes.

use std::collections::VecDeque;

use super::segment::Segment;
use super::{Position, Skip, Track};

/// Encoded events that lie side by side.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// All of them, as their dialect writes them.
    pub bytes: &'a [u8],
    /// The position of the first.
    pub first: Position,
    /// The position after the last.
    pub end: Position,
    /// Where each one ends, as offsets that begin at `base`.
    ends: &'a [u32],
    base: usize,
}

impl<'a> Run<'a> {
    /// What it means that `written` bytes of this run went out: the position up to which whole events
    /// did, and the bytes that are missing of an event that went out in part.
    pub fn cut(&self, written: usize) -> (Position, &'a [u8]) {
        let whole = self.ends.partition_point(|end| *end as usize - self.base <= written);
        let whole_bytes = if whole == 0 { 0 } else { self.ends[whole - 1] as usize - self.base };
        let position = self.first + whole as u64;
        if whole_bytes == written {
            return (position, &[]);
        }
        (position + 1, &self.bytes[written..self.ends[whole] as usize - self.base])
    }
}

/// The runs from a cursor on. See [`super::Timeline::runs`].
#[derive(Debug)]
pub struct Runs<'a> {
    segments: &'a VecDeque<Segment>,
    /// The segment to look at next.
    index: usize,
    track: Track,
    at: Position,
    skip: Skip<'a>,
}

impl<'a> Runs<'a> {
    pub(super) fn new(segments: &'a VecDeque<Segment>, track: Track, at: Position, skip: Skip<'a>) -> Self {
        let newer = segments.iter().rev().take_while(|segment| segment.end() > at).count();
        Self { segments, index: segments.len() - newer, track, at, skip }
    }
}

impl<'a> Iterator for Runs<'a> {
    type Item = Run<'a>;

    fn next(&mut self) -> Option<Run<'a>> {
        loop {
            let segment = self.segments.get(self.index)?;
            let encoded = segment.encoded(self.track)?;
            let is_skipped = |index: usize| self.skip.skips(segment.records(), index);
            let count = segment.len();
            let mut start = self.at.saturating_sub(segment.first) as usize;
            while !self.skip.is_nothing() && start < count && is_skipped(start) {
                start += 1;
            }
            if start >= count {
                self.index += 1;
                self.at = segment.end();
                continue;
            }
            let end = if self.skip.is_nothing() {
                count
            } else {
                (start..count).find(|index| is_skipped(*index)).unwrap_or(count)
            };
            let base = encoded.start(start);
            self.at = segment.first + end as u64;
            return Some(Run {
                bytes: &encoded.bytes[base..encoded.start(end)],
                first: segment.first + start as u64,
                end: self.at,
                ends: &encoded.ends[start..end],
                base,
            });
        }
    }
}
