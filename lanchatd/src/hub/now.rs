//! Time, as the driver tells it. The core has no clock.

/// A moment on both clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Microseconds on a clock that never goes back: for rates and durations.
    pub mono_us: u64,
    /// Milliseconds since 1970 UTC: for people.
    pub wall_ms: i64,
}

impl Now {
    /// Whole seconds since an earlier moment on the clock that never goes back.
    pub fn seconds_since(self, earlier_us: u64) -> u64 {
        self.mono_us.saturating_sub(earlier_us) / 1_000_000
    }

    /// The same moment on a clock that goes so many times slower: for rates of less than one a second.
    pub(crate) fn slowed_by(self, factor: u64) -> Self {
        Self { mono_us: self.mono_us / factor, ..self }
    }
}
