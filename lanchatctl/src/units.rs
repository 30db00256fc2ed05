//! Numbers as people read them. Each is one word, so that columns stay columns.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A time span in its two largest units: `5s`, `12m5s`, `4h12m`, `3d4h`.
pub(crate) fn duration(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    if days > 0 {
        format!("{days}d{}h", hours % 24)
    } else if hours > 0 {
        format!("{hours}h{}m", minutes % 60)
    } else if minutes > 0 {
        format!("{minutes}m{}s", seconds % 60)
    } else {
        format!("{seconds}s")
    }
}

/// A time limit as it was given: `30s`, `0.5s`.
pub(crate) fn timeout(limit: Duration) -> String {
    format!("{}s", limit.as_secs_f64())
}

/// A moment that travelled in UTC, as the clocks of a zone showed it: `2026-11-22 09:15:03`. As it is where it is none.
pub(crate) fn moment(utc: &str, zone: &TimeZone) -> String {
    let shown = utc.parse().map(|moment: Timestamp| zone.to_datetime(moment));
    shown.map_or_else(
        |_| utc.to_owned(),
        |shown| {
            let (date, time) = (shown.date(), shown.time());
            format!("{date} {:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
        },
    )
}

/// A number of bytes: `0B`, `1023B`, `1.5KiB`, `2.0GiB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes}B");
    }
    // Tenths in whole numbers, rounded half up; what rounds to 1024.0 belongs to the next unit.
    let tenths = |unit: usize| (u128::from(bytes) * 10 + (1 << (10 * unit + 9))) >> (10 * (unit + 1));
    let unit = (0..UNITS.len()).find(|unit| tenths(*unit) < 10_240).unwrap_or(UNITS.len() - 1);
    format!("{}.{}{}", tenths(unit) / 10, tenths(unit) % 10, UNITS[unit])
}

/// A number of things: `1 client`, `3 clients`.
pub(crate) fn count(number: u64, thing: &str) -> String {
    lanchat_protocol::counted(number, thing).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_show_their_two_largest_units() {
        for (seconds, shown) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m0s"),
            (3_599, "59m59s"),
            (3_600, "1h0m"),
            (86_399, "23h59m"),
            (86_400, "1d0h"),
            (400 * 86_400 + 5 * 3_600, "400d5h"),
        ] {
            assert_eq!(duration(seconds), shown);
        }
        assert_eq!(duration(u64::MAX), "213503982334601d7h");
    }

    #[test]
    fn sizes_are_binary_and_rounded_to_tenths() {
        for (bytes, shown) in [
            (0, "0B"),
            (1_023, "1023B"),
            (1_024, "1.0KiB"),
            (1_536, "1.5KiB"),
            (1_048_575, "1.0MiB"),
            (1_048_576, "1.0MiB"),
            (5 * (1 << 30), "5.0GiB"),
            (u64::MAX, "16.0EiB"),
        ] {
            assert_eq!(size(bytes), shown, "{bytes}");
        }
    }

    #[test]
    fn moments_are_shown_in_the_zone() {
        let zone = TimeZone::fixed(jiff::tz::offset(-3));
        assert_eq!(moment("2026-11-22T01:15:03.999Z", &zone), "2026-11-21 22:15:03");
        assert_eq!(moment("", &zone), "");
        assert_eq!(moment("soon", &zone), "soon");
    }

    #[test]
    fn limits_and_counts_read_as_given() {
        assert_eq!(timeout(Duration::from_millis(500)), "0.5s");
        assert_eq!(timeout(Duration::from_secs(30)), "30s");
        assert_eq!(count(1, "client"), "1 client");
        assert_eq!(count(0, "client"), "0 clients");
    }
}
