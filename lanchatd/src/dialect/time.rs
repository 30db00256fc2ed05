//! Moments as they travel: UTC, RFC 3339, milliseconds.

use std::fmt;

/// Writes a moment, given in milliseconds since 1970 UTC, as `2026-11-22T10:15:00.123Z`.
pub(super) struct Utc(pub(super) i64);

impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        write!(f, "{moment:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_utc_with_milliseconds() {
        assert_eq!(Utc(1_795_342_500_120).to_string(), "2026-11-22T10:15:00.120Z");
        assert_eq!(Utc(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Utc(i64::MAX).to_string(), "1970-01-01T00:00:00.000Z", "no clock is that far");
    }
}
