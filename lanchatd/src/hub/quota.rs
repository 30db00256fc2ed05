//! How often somebody may do something: a token bucket in one number (GCRA, ITU-T I.371).

use super::Now;

/// A sustained rate and how much may come at once. A rate of 0 is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    /// Things a second in the long run; 0: no limit.
    pub(crate) per_second_max: u32,
    /// Things at once, at least 1.
    pub(crate) burst_max: u32,
}

/// What one actor has used of a [`Rate`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Quota {
    /// When the bucket will be full again, in microseconds.
    full_at_us: u64,
}

impl Quota {
    /// Takes one, or tells how many microseconds to wait until one may be taken.
    pub(crate) fn take(&mut self, now: Now, rate: Rate) -> Result<(), u64> {
        if rate.per_second_max == 0 {
            return Ok(());
        }
        let interval_us = 1_000_000 / u64::from(rate.per_second_max);
        let tolerance_us = interval_us * u64::from(rate.burst_max.max(1) - 1);
        // No further ahead than this rate allows: another one may have held before.
        let full_at_us = self.full_at_us.clamp(now.mono_us, now.mono_us + tolerance_us + interval_us);
        let ahead_us = full_at_us - now.mono_us;
        if ahead_us > tolerance_us {
            return Err(ahead_us - tolerance_us);
        }
        self.full_at_us = full_at_us + interval_us;
        Ok(())
    }

    /// Gives one back that should not have counted.
    pub(crate) fn give_back(&mut self, rate: Rate) {
        let interval_us = 1_000_000 / u64::from(rate.per_second_max.max(1));
        self.full_at_us = self.full_at_us.saturating_sub(interval_us);
    }

    /// Whether nothing of it is used at this moment.
    pub(crate) fn is_full(self, now: Now) -> bool {
        self.full_at_us <= now.mono_us
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_second_max: 10, burst_max: 3 };

    fn at(mono_us: u64) -> Now {
        Now { mono_us, wall_ms: 0 }
    }

    #[test]
    fn the_burst_passes_and_the_next_one_is_told_the_wait() {
        let mut quota = Quota::default();
        for _ in 0..3 {
            assert_eq!(quota.take(at(5), RATE), Ok(()));
        }
        assert_eq!(quota.take(at(5), RATE), Err(100_000));
        assert_eq!(quota.take(at(100_004), RATE), Err(1));
        assert_eq!(quota.take(at(100_005), RATE), Ok(()), "after exactly the wait it passes");
        assert_eq!(quota.take(at(100_005), RATE), Err(100_000));
    }

    #[test]
    fn after_a_rest_the_whole_burst_is_there_again_and_no_more() {
        let mut quota = Quota::default();
        let taken = |quota: &mut Quota, now| (0..9).filter(|_| quota.take(at(now), RATE).is_ok()).count();
        assert_eq!(taken(&mut quota, 0), 3);
        assert_eq!(taken(&mut quota, 3_600_000_000), 3);
    }

    #[test]
    fn a_rate_of_0_is_no_limit() {
        let mut quota = Quota::default();
        let free = Rate { per_second_max: 0, burst_max: 1 };
        assert!((0..100_000).all(|_| quota.take(at(0), free).is_ok()));
    }
}
