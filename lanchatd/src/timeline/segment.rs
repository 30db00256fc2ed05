//! A stretch of a timeline that is kept and dropped as one.

use super::record::Records;
use super::{Conversation, Encoder, Event, Position, TRACKS, Track};

/// The events of a segment as one dialect writes them, one after the other.
#[derive(Debug, Default)]
pub(super) struct Encoded {
    pub(super) bytes: Vec<u8>,
    /// Where each event ends in `bytes`.
    pub(super) ends: Vec<u32>,
}

impl Encoded {
    /// Where the event at `index` begins.
    pub(super) fn start(&self, index: usize) -> usize {
        if index == 0 { 0 } else { self.ends[index - 1] as usize }
    }

    fn push(&mut self, conversation: &Conversation, event: &Event, encoder: Encoder) {
        encoder(conversation, event, &mut self.bytes);
        self.ends.push(self.bytes.len() as u32);
    }
}

#[derive(Debug)]
pub(super) struct Segment {
    pub(super) first: Position,
    records: Records,
    /// Either all of the segment's events or nothing.
    tracks: [Option<Encoded>; TRACKS],
}

impl Segment {
    pub(super) fn new(first: Position, tracks: [bool; TRACKS]) -> Self {
        let tracks = tracks.map(|wanted| wanted.then(Encoded::default));
        Self { first, records: Records::default(), tracks }
    }

    /// An empty segment in the memory of this one.
    pub(super) fn renew(mut self, first: Position, tracks: [bool; TRACKS]) -> Self {
        self.first = first;
        self.records.clear();
        for (track, wanted) in self.tracks.iter_mut().zip(tracks) {
            let old = track.take().filter(|_| wanted);
            *track = wanted.then(|| {
                let Encoded { mut bytes, mut ends } = old.unwrap_or_default();
                bytes.clear();
                ends.clear();
                Encoded { bytes, ends }
            });
        }
        self
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// The position after the last event.
    pub(super) fn end(&self) -> Position {
        self.first + self.records.len() as u64
    }

    pub(super) fn records(&self) -> &Records {
        &self.records
    }

    /// The events from `cursor` on.
    pub(super) fn events_from(&self, cursor: Position) -> impl Iterator<Item = Event<'_>> {
        (self.index(cursor)..self.len()).map(|index| self.records.event(index, self.first + index as u64))
    }

    /// The events before `end`, the last one first.
    pub(super) fn events_before(&self, end: Position) -> impl Iterator<Item = Event<'_>> {
        let indices = 0..self.index(end).min(self.len());
        indices.rev().map(|index| self.records.event(index, self.first + index as u64))
    }

    /// The index of a position that is not before the segment.
    pub(super) fn index(&self, position: Position) -> usize {
        usize::try_from(position.saturating_sub(self.first)).unwrap_or(usize::MAX)
    }

    pub(super) fn encoded(&self, track: Track) -> Option<&Encoded> {
        self.tracks[track].as_ref()
    }

    pub(super) fn is_encoded(&self, track: Track) -> bool {
        self.tracks[track].is_some()
    }

    /// What the segment takes of the process's memory.
    pub(super) fn bytes(&self) -> usize {
        let encoded = |track: &Encoded| track.bytes.capacity() + track.ends.capacity() * size_of::<u32>();
        self.records.bytes() + self.tracks.iter().flatten().map(encoded).sum::<usize>()
    }

    /// The same without what is reserved for more.
    pub(super) fn bytes_used(&self) -> usize {
        let encoded = |track: &Encoded| track.bytes.len() + size_of_val(&*track.ends);
        self.records.bytes_used() + self.tracks.iter().flatten().map(encoded).sum::<usize>()
    }

    /// Appends an event whose position is [`Segment::end`].
    pub(super) fn push(
        &mut self,
        conversation: &Conversation,
        event: &Event,
        messages_before: u64,
        encoders: &[Encoder; TRACKS],
    ) {
        for (track, encoder) in self.tracks.iter_mut().zip(encoders) {
            if let Some(track) = track {
                track.push(conversation, event, *encoder);
            }
        }
        self.records.push(event, messages_before);
    }

    pub(super) fn encode(&mut self, conversation: &Conversation, track: Track, encoder: Encoder) {
        if self.tracks[track].is_some() {
            return;
        }
        let mut encoded = Encoded::default();
        for index in 0..self.records.len() {
            let event = self.records.event(index, self.first + index as u64);
            encoded.push(conversation, &event, encoder);
        }
        self.tracks[track] = Some(encoded);
    }

    pub(super) fn forget(&mut self, track: Track) {
        self.tracks[track] = None;
    }

    /// Gives back what is reserved, if that is much: there will be no more events.
    pub(super) fn seal(&mut self) {
        if self.bytes() - self.bytes_used() > self.bytes_used() / 4 {
            self.records.shrink();
            for track in self.tracks.iter_mut().flatten() {
                track.bytes.shrink_to_fit();
                track.ends.shrink_to_fit();
            }
        }
    }
}
