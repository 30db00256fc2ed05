//! Who sits in a room, by slot.

use crate::timeline::{TRACKS, Track};

/// The parked members by track, and all others.
#[derive(Debug, Default)]
pub(super) struct Members {
    parked: [Vec<usize>; TRACKS],
    roused: Vec<usize>,
}

impl Members {
    pub(super) fn len(&self) -> usize {
        self.parked_len() + self.roused.len()
    }

    pub(super) fn parked_len(&self) -> usize {
        self.parked.iter().map(Vec::len).sum()
    }

    /// Everybody.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        self.parked.iter().flatten().chain(&self.roused).copied()
    }

    /// Those who have read up to the last pass and have nothing else to be told.
    pub(super) fn parked(&self, track: Track) -> &[usize] {
        &self.parked[track]
    }

    /// Those with a cursor of their own.
    pub(super) fn roused(&self) -> &[usize] {
        &self.roused
    }

    /// Gives somebody a place, parked on a track or roused, and returns it.
    pub(super) fn sit(&mut self, track: Option<Track>, slot: usize) -> usize {
        let bench = self.bench(track);
        bench.push(slot);
        bench.len() - 1
    }

    /// Takes somebody from a place. Returns who has it from now on, if anybody.
    pub(super) fn rise(&mut self, track: Option<Track>, index: usize) -> Option<usize> {
        let bench = self.bench(track);
        bench.swap_remove(index);
        bench.get(index).copied()
    }

    fn bench(&mut self, track: Option<Track>) -> &mut Vec<usize> {
        match track {
            Some(track) => &mut self.parked[track],
            None => &mut self.roused,
        }
    }
}
