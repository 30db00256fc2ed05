//! Moments as they travel: UTC, RFC 3339, milliseconds.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;

const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

/// A moment, given in milliseconds since 1970 UTC, as `2026-11-22T10:15:00.123Z`.
pub(super) fn utc(ms: i64) -> String {
    let moment = Timestamp::from_millisecond(ms).unwrap_or_default();
    let mut written = String::with_capacity("2026-11-22T10:15:00.123Z".len());
    // Writing to memory does not fail.
    let _ = PRINTER.print_timestamp(&moment, &mut written);
    written
}

/// The same the other way round: any moment of RFC 3339, in milliseconds since 1970 UTC.
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

    #[test]
    fn moments_are_utc_with_milliseconds() {
        assert_eq!(utc(1_795_342_500_120), "2026-11-22T10:15:00.120Z");
        assert_eq!(utc(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(utc(i64::MAX), "1970-01-01T00:00:00.000Z", "no clock is that far");
    }
}
