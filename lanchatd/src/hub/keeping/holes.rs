//! What a store in trouble never got: whoever comes back is told of it.

use std::ops::Range;

use crate::hub::Position;

/// Holes that are told apart; the newest takes in what is more.
const HOLES_MAX: usize = 32;

/// The holes of a conversation, the oldest first.
#[derive(Debug, Default)]
pub(in crate::hub) struct Holes(Vec<Hole>);

#[derive(Debug)]
struct Hole {
    positions: Range<Position>,
    messages: u64,
}

impl Holes {
    /// Messages at these positions, which are beyond all before, are nowhere any more.
    pub(super) fn note(&mut self, positions: Range<Position>, messages: u64) {
        let is_full = self.0.len() == HOLES_MAX;
        match self.0.last_mut() {
            Some(last) if last.positions.end == positions.start || is_full => {
                last.positions.end = positions.end;
                last.messages += messages;
            }
            _ => self.0.push(Hole { positions, messages }),
        }
    }

    /// How many messages are missing at these positions: told once, with the first position of a hole.
    pub(in crate::hub) fn messages_in(&self, positions: &Range<Position>) -> u64 {
        let begin_here = self.0.iter().filter(|hole| positions.contains(&hole.positions.start));
        begin_here.map(|hole| hole.messages).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hole_is_counted_where_it_begins() {
        let mut holes = Holes::default();
        holes.note(10..20, 7);
        holes.note(20..30, 5);
        holes.note(50..51, 1);
        assert_eq!(holes.messages_in(&(0..10)), 0);
        assert_eq!(holes.messages_in(&(0..11)), 12);
        assert_eq!(holes.messages_in(&(11..60)), 1);
        (1..100).for_each(|at| holes.note(at * 100..at * 100 + 1, 1));
        assert_eq!((holes.0.len(), holes.messages_in(&(0..10_000))), (HOLES_MAX, 112));
    }
}
