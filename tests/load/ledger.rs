//! What one receiver got: everything, once and in order?

use std::fmt;
use std::ops::{AddAssign, Range};

/// What a receiver has of each publisher.
#[derive(Debug)]
pub struct Ledger {
    pages: Vec<Page>,
}

#[derive(Clone, Debug, Default)]
struct Page {
    /// One more than the highest number that came.
    next: u64,
    /// What has not come below it, in order.
    holes: Vec<Range<u64>>,
}

/// How a message stands to those before it.
#[derive(Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The one that was expected.
    Next,
    /// A later one: these are missing.
    Skipped(Range<u64>),
    /// One that was missing.
    Late,
    /// One that came before, or should not come at all.
    Double,
}

impl Ledger {
    /// Of so many publishers, without `own`, who does not hear what it says itself.
    pub fn new(publishers: usize, own: Option<usize>) -> Self {
        let mut pages = vec![Page::default(); publishers];
        if let Some(own) = own {
            pages[own].next = u64::MAX;
        }
        Self { pages }
    }

    /// The number that is expected next.
    pub fn next(&self, publisher: usize) -> Option<u64> {
        self.pages.get(publisher).map(|page| page.next)
    }

    /// What was expected next has come.
    pub fn advance(&mut self, publisher: usize) {
        self.pages[publisher].next += 1;
    }

    /// A message has come.
    pub fn take(&mut self, publisher: usize, number: u64) -> Arrival {
        let page = &mut self.pages[publisher];
        if number < page.next {
            return if page.fill(number) { Arrival::Late } else { Arrival::Double };
        }
        let skipped = page.next..number;
        page.next = number + 1;
        if skipped.is_empty() {
            return Arrival::Next;
        }
        page.holes.push(skipped.clone());
        Arrival::Skipped(skipped)
    }

    /// How many of the first `said` messages of a publisher have not come.
    pub fn missing(&self, publisher: usize, said: u64) -> u64 {
        let page = &self.pages[publisher];
        let holes: u64 = page.holes.iter().map(|hole| hole.end - hole.start).sum();
        holes + said.saturating_sub(page.next)
    }
}

impl Page {
    fn fill(&mut self, number: u64) -> bool {
        let Some(index) = self.holes.iter().position(|hole| hole.contains(&number)) else { return false };
        let hole = self.holes[index].clone();
        let rest = [hole.start..number, number + 1..hole.end];
        self.holes.splice(index..=index, rest.into_iter().filter(|hole| !hole.is_empty()));
        true
    }
}

/// What a relay did wrong, each counted once for each receiver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Messages that never came.
    pub lost: u64,
    /// Messages that came again, or to whoever said them.
    pub doubled: u64,
    /// Messages that came behind later ones of the same publisher.
    pub out_of_order: u64,
    /// Lines that are neither what was said nor a word of the relay.
    pub torn: u64,
    /// Clients that were disconnected. What they missed is not counted as lost.
    pub disconnected: u64,
}

impl Faults {
    /// Whether there are none.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// All counts, with their names.
    pub fn counts(&self) -> [(&'static str, u64); 5] {
        [
            ("lost", self.lost),
            ("double", self.doubled),
            ("out of order", self.out_of_order),
            ("torn", self.torn),
            ("disconnected", self.disconnected),
        ]
    }
}

impl AddAssign for Faults {
    fn add_assign(&mut self, other: Self) {
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.out_of_order += other.out_of_order;
        self.torn += other.torn;
        self.disconnected += other.disconnected;
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_none() {
            return f.write_str("ok");
        }
        let counts = self.counts();
        let counted = counts.iter().filter(|(_, count)| *count > 0);
        let words: Vec<_> = counted.map(|(name, count)| format!("{} {count}", name.to_uppercase())).collect();
        f.write_str(&words.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(numbers: &[u64]) -> (Ledger, Vec<Arrival>) {
        let mut ledger = Ledger::new(1, None);
        let arrivals = numbers.iter().map(|number| ledger.take(0, *number)).collect();
        (ledger, arrivals)
    }

    #[test]
    fn what_comes_in_order_is_complete() {
        let (ledger, arrivals) = taken(&[0, 1, 2]);
        assert_eq!(arrivals, [Arrival::Next, Arrival::Next, Arrival::Next]);
        assert_eq!(ledger.missing(0, 3), 0);
    }

    #[test]
    fn what_never_comes_is_missing_at_the_end_too() {
        let (ledger, arrivals) = taken(&[0, 3, 4]);
        assert_eq!(arrivals, [Arrival::Next, Arrival::Skipped(1..3), Arrival::Next]);
        assert_eq!(ledger.missing(0, 5), 2);
        assert_eq!(ledger.missing(0, 7), 4);
    }

    #[test]
    fn what_comes_again_is_double() {
        let (ledger, arrivals) = taken(&[0, 1, 1, 0]);
        assert_eq!(arrivals[2..], [Arrival::Double, Arrival::Double]);
        assert_eq!(ledger.missing(0, 2), 0);
    }

    #[test]
    fn what_comes_late_is_no_longer_missing_and_once_late_is_double() {
        let (ledger, arrivals) = taken(&[5, 2, 2, 0, 4]);
        assert_eq!(
            arrivals,
            [Arrival::Skipped(0..5), Arrival::Late, Arrival::Double, Arrival::Late, Arrival::Late]
        );
        assert_eq!(ledger.missing(0, 6), 2);
    }

    #[test]
    fn publishers_are_counted_apart_and_hear_nothing_of_themselves() {
        let mut ledger = Ledger::new(2, Some(1));
        assert_eq!(ledger.take(0, 0), Arrival::Next);
        assert_eq!(ledger.take(1, 0), Arrival::Double);
        assert_eq!(ledger.missing(1, 10), 0);
        assert_eq!(ledger.next(2), None);
    }

    #[test]
    fn faults_name_what_went_wrong() {
        let mut faults = Faults::default();
        assert_eq!(faults.to_string(), "ok");
        faults += Faults { lost: 3, torn: 1, ..Faults::default() };
        assert_eq!(faults.to_string(), "LOST 3, TORN 1");
    }
}
