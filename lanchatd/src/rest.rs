//! The rest between two passes of a relay that is busy.
//!
//! A write costs about the same for one message as for ten. When messages arrive faster than passes
//! finish, waiting as long as a pass took lets more of them go out in one write: the cost falls, and
//! nobody waits much longer than they would have for the pass before theirs.

use std::time::Duration;

/// What a pass came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Writes to sockets.
    pub writes: usize,
    /// Bytes offered to them.
    pub bytes: usize,
}

/// A shorter pass is not worth a rest: so fine is the timer.
const PASS_MIN: Duration = Duration::from_millis(1);

/// From here on a write costs what its bytes cost, and a larger one is not cheaper.
const BYTES_PER_WRITE_MAX: usize = 4 * 1024;

/// How long to rest, at most `max`, after a pass that took `took`, if more is to be written already.
pub fn rest(passed: Passed, took: Duration, max: Duration) -> Option<Duration> {
    let is_batched = passed.bytes > passed.writes * BYTES_PER_WRITE_MAX;
    (!max.is_zero() && took >= PASS_MIN && !is_batched).then(|| took.min(max))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Passed = Passed { writes: 1000, bytes: 100_000 };

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn the_rest_is_as_long_as_the_pass_up_to_its_bound() {
        assert_eq!(rest(SMALL, ms(3), ms(5)), Some(ms(3)));
        assert_eq!(rest(SMALL, ms(5), ms(5)), Some(ms(5)));
        assert_eq!(rest(SMALL, ms(60), ms(5)), Some(ms(5)));
    }

    #[test]
    fn nothing_is_rested_where_nothing_is_gained_or_nothing_allowed() {
        assert_eq!(rest(SMALL, ms(3), Duration::ZERO), None);
        assert_eq!(rest(SMALL, Duration::from_micros(999), ms(5)), None);
        let at_bound = Passed { writes: 10, bytes: 10 * BYTES_PER_WRITE_MAX };
        assert_eq!(rest(at_bound, ms(3), ms(5)), Some(ms(3)));
        assert_eq!(rest(Passed { bytes: at_bound.bytes + 1, ..at_bound }, ms(3), ms(5)), None);
    }
}
