//! Who sits in a room, by slot.

use crate::timeline::TRACKS;

/// Where parked members sit: those who are all sent the same by their track, then the picky.
pub(super) type Bench = usize;

/// Those who do not want to hear everybody are each sent something else.
pub(super) const PICKY: Bench = TRACKS;

/// All benches.
pub(super) const BENCHES: usize = TRACKS + 1;

/// The parked members by bench, and all others.
#[derive(Debug, Default)]
pub(super) struct Members {
    parked: [Vec<usize>; BENCHES],
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
    pub(super) fn parked(&self, bench: Bench) -> &[usize] {
        &self.parked[bench]
    }

    /// Those with a cursor of their own.
    pub(super) fn roused(&self) -> &[usize] {
        &self.roused
    }

    /// Gives somebody a place, parked or roused, and returns it.
    pub(super) fn sit(&mut self, bench: Option<Bench>, slot: usize) -> usize {
        let bench = self.bench(bench);
        bench.push(slot);
        bench.len() - 1
    }

    /// Takes somebody from a place. Returns who has it from now on, if anybody.
    pub(super) fn rise(&mut self, bench: Option<Bench>, index: usize) -> Option<usize> {
        let bench = self.bench(bench);
        bench.swap_remove(index);
        bench.get(index).copied()
    }

    fn bench(&mut self, bench: Option<Bench>) -> &mut Vec<usize> {
        match bench {
            Some(bench) => &mut self.parked[bench],
            None => &mut self.roused,
        }
    }
}
