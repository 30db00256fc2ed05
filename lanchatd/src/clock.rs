//! The clocks, read for the core.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::hub::Now;

/// Turns the system's clocks into [`Now`].
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock that starts here.
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// The moment.
    pub fn now(&self) -> Now {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now {
            mono_us: u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX),
            wall_ms: i64::try_from(wall.as_millis()).unwrap_or(i64::MAX),
        }
    }
}
