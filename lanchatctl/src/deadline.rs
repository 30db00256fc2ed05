//! How long something may take in all, whatever the number of its steps.

use std::time::{Duration, Instant};

use crate::exit::Failure;

/// A moment by which everything has to be done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    start: Instant,
    after: Duration,
}

impl Deadline {
    /// The moment `after` from now.
    pub(crate) fn new(after: Duration) -> Self {
        Self { start: Instant::now(), after }
    }

    /// How long the whole may take.
    pub(crate) fn after(&self) -> Duration {
        self.after
    }

    /// What is left of it: never zero, which sockets would take for "for ever".
    pub(crate) fn left(&self) -> Result<Duration, Failure> {
        let left = self.after.saturating_sub(self.start.elapsed());
        if left.is_zero() { Err(Failure::Timeout(self.after)) } else { Ok(left) }
    }
}
