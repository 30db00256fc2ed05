//! How long to wait before connecting again.

/// The first pause, before jitter, in milliseconds.
const FIRST_MS: u64 = 500;

/// The longest pause, in milliseconds.
const LONGEST_MS: u64 = 30_000;

/// A connection that lasted this long was a good one: the pauses start again from the first.
const GOOD_MS: u64 = 5_000;

/// Growing pauses. The upper half of each is random, so that the clients of a relay that comes back do not
/// all arrive at once.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    attempts: u32,
}

impl Backoff {
    /// The next pause in milliseconds; `jitter` is from 0 up to 1.
    pub(crate) fn pause_ms(&mut self, jitter: f64) -> u64 {
        let longest = FIRST_MS.saturating_mul(1 << self.attempts.min(20)).min(LONGEST_MS);
        self.attempts = self.attempts.saturating_add(1);
        let half = longest / 2;
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "a jitter of at most 15,000 ms needs no more precision than f64 has"
        )]
        let random = (half as f64 * jitter.clamp(0.0, 1.0)) as u64;
        half + random
    }

    /// A connection was lost that had lasted for `lasted_ms`.
    pub(crate) fn connection_lasted(&mut self, lasted_ms: u64) {
        if lasted_ms >= GOOD_MS {
            self.attempts = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_from_half_a_second_to_half_a_minute() {
        let mut backoff = Backoff::default();
        let longest: Vec<_> = (0..9).map(|_| backoff.pause_ms(1.0)).collect();
        assert_eq!(longest, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    }

    #[test]
    fn the_upper_half_of_a_pause_is_random() {
        for attempts in [0, 3, 10, u32::MAX] {
            let pause = |jitter| Backoff { attempts }.pause_ms(jitter);
            assert_eq!(pause(0.0) * 2, pause(1.0));
            assert!(pause(0.0) < pause(0.5) && pause(0.5) < pause(1.0));
        }
    }

    #[test]
    fn only_a_connection_that_lasted_starts_over() {
        let mut backoff = Backoff { attempts: 7 };
        backoff.connection_lasted(100);
        assert_eq!(backoff.pause_ms(1.0), 30_000);
        backoff.connection_lasted(GOOD_MS);
        assert_eq!(backoff.pause_ms(1.0), 500);
    }
}
