//! Moments as they travel: UTC, RFC 3339, milliseconds.

use jiff::Timestamp;

pub(super) use lanchat_protocol::moment::utc;

/// Any moment of RFC 3339, in milliseconds since 1970 UTC.
pub(super) fn parse(moment: &str) -> Option<i64> {
    moment.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_with_any_offset() {
        assert_eq!(parse("2026-11-22T10:15:00.120Z"), Some(1_795_342_500_120));
        assert_eq!(parse("2026-11-22T11:15:00+01:00"), Some(1_795_342_500_000));
        assert_eq!(parse("09:15"), None);
    }
}
