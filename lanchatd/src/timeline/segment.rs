//! A stretch of a timeline that is kept and dropped as one.

use super::{Encoder, Event, Position, TRACKS, Track};

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

    fn push(&mut self, name: &str, event: &Event, encoder: Encoder) {
        encoder(name, event, &mut self.bytes);
        self.ends.push(self.bytes.len() as u32);
    }
}

#[derive(Debug)]
pub(super) struct Segment {
    pub(super) first: Position,
    events: Vec<Event>,
    body_bytes: usize,
    /// Either all of the segment's events or nothing.
    tracks: [Option<Encoded>; TRACKS],
}

impl Segment {
    pub(super) fn new(first: Position, tracks: [bool; TRACKS]) -> Self {
        let tracks = tracks.map(|wanted| wanted.then(Encoded::default));
        Self { first, events: Vec::new(), body_bytes: 0, tracks }
    }

    /// The position after the last event.
    pub(super) fn end(&self) -> Position {
        self.first + self.events.len() as u64
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub(super) fn events(&self) -> &[Event] {
        &self.events
    }

    pub(super) fn event(&self, position: Position) -> Option<&Event> {
        self.events.get(usize::try_from(position.checked_sub(self.first)?).ok()?)
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
        self.events.capacity() * size_of::<Event>()
            + self.body_bytes
            + self.tracks.iter().flatten().map(encoded).sum::<usize>()
    }

    /// The same without what is reserved for more.
    pub(super) fn bytes_used(&self) -> usize {
        let encoded = |track: &Encoded| track.bytes.len() + size_of_val(&*track.ends);
        size_of_val(&*self.events)
            + self.body_bytes
            + self.tracks.iter().flatten().map(encoded).sum::<usize>()
    }

    pub(super) fn push(&mut self, name: &str, event: Event, encoders: &[Encoder; TRACKS]) {
        for (track, encoder) in self.tracks.iter_mut().zip(encoders) {
            if let Some(track) = track {
                track.push(name, &event, *encoder);
            }
        }
        self.body_bytes += event.body.bytes();
        self.events.push(event);
    }

    pub(super) fn encode(&mut self, name: &str, track: Track, encoder: Encoder) {
        if self.tracks[track].is_some() {
            return;
        }
        let mut encoded = Encoded::default();
        for event in &self.events {
            encoded.push(name, event, encoder);
        }
        self.tracks[track] = Some(encoded);
    }

    pub(super) fn forget(&mut self, track: Track) {
        self.tracks[track] = None;
    }
}
