//! Moments as people write them, `2h`, `09:15`, `yesterday`, `2026-11-01 09:15`, and as they travel.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz::TimeZone;

const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

/// The longest moment, in bytes: what is longer is something else.
const WORDS_BYTES_MAX: usize = 64;

const SECOND_MS: i64 = 1000;
const DAY_MS: i64 = 24 * 60 * 60 * SECOND_MS;

/// What was written is no moment. `Display` says what can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAMoment;

impl fmt::Display for NotAMoment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "write how long ago (90s, 30m, 2h, 3d, 1w), a time of day (09:15), a date (2026-11-01), both (2026-11-01 09:15), a moment with its offset (2026-11-01T09:15:00Z), today or yesterday",
        )
    }
}

impl std::error::Error for NotAMoment {}

/// The moment that somebody means, in milliseconds since 1970, UTC.
///
/// A day of a span has 24 hours. A time of day is the last one that is not after now. Where the zone's clocks
/// were set forward over what was written, it is as much later; where they showed it twice, a date and time
/// mean the first.
pub fn parse(words: &str, now_ms: i64, zone: &TimeZone) -> Result<i64, NotAMoment> {
    let words = words.trim();
    if words.len() > WORDS_BYTES_MAX {
        return Err(NotAMoment);
    }
    let now = Timestamp::from_millisecond(now_ms).map_err(|_| NotAMoment)?;
    let moment = day(words, now, zone)
        .or_else(|| span_ms(words).and_then(|ms| Timestamp::from_millisecond(now_ms.checked_sub(ms)?).ok()))
        .or_else(|| last(time(words)?, now, zone))
        .or_else(|| start(date(words)?, zone))
        .or_else(|| date_and_time(words, zone))
        .or_else(|| words.parse().ok());
    moment.map(Timestamp::as_millisecond).ok_or(NotAMoment)
}

/// A moment as it travels: `2026-11-22T10:15:00.123Z` for milliseconds since 1970, UTC.
pub fn utc(ms: i64) -> String {
    let moment = Timestamp::from_millisecond(ms).unwrap_or_default();
    let mut written = String::with_capacity("2026-11-22T10:15:00.123Z".len());
    // Writing to memory does not fail.
    let _ = PRINTER.print_timestamp(&moment, &mut written);
    written
}

/// A span of time in its two largest units: `1 h 30 min`. What is less than a second counts as one.
pub fn span(ms: i64) -> String {
    let s = ms.div_euclid(SECOND_MS) + i64::from(ms.rem_euclid(SECOND_MS) > 0);
    let (first, second) = match s {
        ..60 => return format!("{} s", s.max(1)),
        60..3600 => ((s / 60, "min"), (s % 60, "s")),
        3600..86_400 => ((s / 3600, "h"), (s % 3600 / 60, "min")),
        _ => ((s / 86_400, "d"), (s % 86_400 / 3600, "h")),
    };
    match second {
        (0, _) => format!("{} {}", first.0, first.1),
        (number, unit) => format!("{} {} {number} {unit}", first.0, first.1),
    }
}

fn day(words: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let today = zone.to_datetime(now).date();
    if words.eq_ignore_ascii_case("today") {
        start(today, zone)
    } else if words.eq_ignore_ascii_case("yesterday") {
        start(today.yesterday().ok()?, zone)
    } else {
        None
    }
}

/// How long `90s` or `1h30m` is, in milliseconds; `None`: that is no span of time.
pub fn span_ms(words: &str) -> Option<i64> {
    let mut total_ms: i64 = 0;
    let mut rest = words;
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = rest[..unit_at].parse().ok()?;
        let unit_ms = match rest.as_bytes()[unit_at] {
            b's' => SECOND_MS,
            b'm' => 60 * SECOND_MS,
            b'h' => 60 * 60 * SECOND_MS,
            b'd' => DAY_MS,
            b'w' => 7 * DAY_MS,
            _ => return None,
        };
        total_ms = total_ms.checked_add(number.checked_mul(unit_ms)?)?;
        rest = &rest[unit_at + 1..];
    }
    (!words.is_empty()).then_some(total_ms)
}

/// The last time at which the clocks showed `time`.
fn last(time: Time, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let today = zone.to_datetime(now).date();
    let days = [Some(today), today.yesterday().ok()];
    days.into_iter().flatten().find_map(|day| {
        let shown = zone.to_ambiguous_timestamp(day.to_datetime(time));
        [shown.later(), shown.compatible()].into_iter().flatten().find(|moment| *moment <= now)
    })
}

fn start(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    at(day.to_datetime(Time::midnight()), zone)
}

/// `2026-11-01 09:15`, `2026-11-01T09:15:03`
fn date_and_time(words: &str, zone: &TimeZone) -> Option<Timestamp> {
    let (day, hour) = words.split_once([' ', 'T', 't'])?;
    at(date(day)?.to_datetime(time(hour.trim_start())?), zone)
}

fn at(shown: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(shown).compatible().ok()
}

/// `2026-11-01`
fn date(words: &str) -> Option<Date> {
    let (year, _) = words.split_once('-')?;
    // Of "26-11-01", nobody knows what the year is.
    let [year, month, day] = if year.len() == 4 { numbers(words, '-', [4, 2, 2])? } else { return None };
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// `09:15`, `09:15:03`
fn time(words: &str) -> Option<Time> {
    let [hour, minute, second] =
        numbers(words, ':', [2, 2, 2]).or_else(|| numbers(words, ':', [2, 2]).map(|[h, m]| [h, m, 0]))?;
    Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, i8::try_from(second).ok()?, 0).ok()
}

/// Exactly so many numbers, each of at most so many digits.
fn numbers<const N: usize>(words: &str, between: char, digits_max: [usize; N]) -> Option<[i16; N]> {
    let mut found = [0; N];
    let mut parts = words.split(between);
    for (number, digits_max) in found.iter_mut().zip(digits_max) {
        let part = parts.next()?;
        let is_number = part.len() <= digits_max && part.bytes().all(|byte| byte.is_ascii_digit());
        *number = if is_number { part.parse().ok()? } else { return None };
    }
    parts.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use jiff::tz::{TimeZone, offset};
    use proptest::prelude::*;

    use super::*;

    /// A Sunday afternoon: 2026-11-22 14:30:15.250 UTC.
    const NOW: &str = "2026-11-22T14:30:15.250Z";

    /// Central European time, without a look at the system's database.
    fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    fn ms(written: &str) -> i64 {
        written.parse::<Timestamp>().unwrap().as_millisecond()
    }

    fn meant_at(now: &str, zone: &TimeZone, words: &str) -> Option<String> {
        let moment = parse(words, ms(now), zone).ok()?;
        Some(Timestamp::from_millisecond(moment).unwrap().to_string())
    }

    fn means(zone: &TimeZone, words: &str, moment: &str) {
        assert_eq!(meant_at(NOW, zone, words).as_deref(), Some(moment), "{words}");
    }

    #[test]
    fn a_span_is_told_in_its_two_largest_units() {
        for (written, told) in [("1s", "1 s"), ("90s", "1 min 30 s"), ("1h", "1 h"), ("1w2h", "7 d 2 h")] {
            assert_eq!(span(span_ms(written).unwrap()), told);
        }
        assert_eq!((span(0), span(i64::MIN), span(1)), ("1 s".into(), "1 s".into(), "1 s".into()));
        assert_eq!(span_ms("bob"), None);
    }

    #[test]
    fn a_span_goes_back_from_now() {
        for (words, moment) in [
            ("0s", "2026-11-22T14:30:15.25Z"),
            ("90s", "2026-11-22T14:28:45.25Z"),
            ("30m", "2026-11-22T14:00:15.25Z"),
            ("2h", "2026-11-22T12:30:15.25Z"),
            ("3d", "2026-11-19T14:30:15.25Z"),
            ("1w", "2026-11-15T14:30:15.25Z"),
            ("1h30m", "2026-11-22T13:00:15.25Z"),
        ] {
            means(&TimeZone::UTC, words, moment);
            means(&berlin(), words, moment);
        }
    }

    #[test]
    fn a_time_of_day_is_the_last_one_in_the_zone() {
        means(&TimeZone::UTC, "09:15", "2026-11-22T09:15:00Z");
        means(&TimeZone::UTC, "9:15", "2026-11-22T09:15:00Z");
        means(&TimeZone::UTC, "14:30", "2026-11-22T14:30:00Z");
        means(&TimeZone::UTC, "14:30:15", "2026-11-22T14:30:15Z");
        means(&TimeZone::UTC, "14:30:16", "2026-11-21T14:30:16Z");
        means(&berlin(), "15:30", "2026-11-22T14:30:00Z");
        means(&berlin(), "15:31", "2026-11-21T14:31:00Z");
        means(&berlin(), "00:00", "2026-11-21T23:00:00Z");
        means(&TimeZone::fixed(offset(14)), "23:00", "2026-11-22T09:00:00Z");
    }

    #[test]
    fn a_date_begins_at_its_midnight_in_the_zone() {
        means(&TimeZone::UTC, "2026-11-01", "2026-11-01T00:00:00Z");
        means(&berlin(), "2026-11-01", "2026-10-31T23:00:00Z");
        means(&berlin(), "2026-7-1", "2026-06-30T22:00:00Z");
        means(&berlin(), "2030-01-01", "2029-12-31T23:00:00Z");
        means(&berlin(), "today", "2026-11-21T23:00:00Z");
        means(&berlin(), "Yesterday", "2026-11-20T23:00:00Z");
        means(&TimeZone::fixed(offset(14)), "today", "2026-11-22T10:00:00Z");
    }

    #[test]
    fn a_date_and_a_time_are_one_moment_of_the_zone() {
        for words in ["2026-11-01 09:15", "2026-11-01T09:15", "  2026-11-01  09:15:00 ", "2026-11-01t9:15"] {
            means(&TimeZone::UTC, words, "2026-11-01T09:15:00Z");
            means(&berlin(), words, "2026-11-01T08:15:00Z");
        }
    }

    #[test]
    fn an_offset_says_it_all() {
        for zone in [TimeZone::UTC, berlin()] {
            means(&zone, "2026-11-01T09:15:00Z", "2026-11-01T09:15:00Z");
            means(&zone, "2026-11-01 09:15:00.5z", "2026-11-01T09:15:00.5Z");
            means(&zone, "2026-11-01T09:15:00+05:30", "2026-11-01T03:45:00Z");
        }
    }

    #[test]
    fn clocks_that_are_set_leave_nothing_unsaid() {
        // 02:30 is left out on the 29th of March, and shown twice on the 25th of October.
        means(&berlin(), "2026-03-29 02:30", "2026-03-29T01:30:00Z");
        means(&berlin(), "2026-10-25 02:30", "2026-10-25T00:30:00Z");
        let of = |now, words| meant_at(now, &berlin(), words).unwrap();
        assert_eq!(of("2026-03-29T02:00:00Z", "02:30"), "2026-03-29T01:30:00Z");
        assert_eq!(of("2026-03-29T01:10:00Z", "02:30"), "2026-03-28T01:30:00Z");
        assert_eq!(of("2026-10-25T00:45:00Z", "02:30"), "2026-10-25T00:30:00Z");
        assert_eq!(of("2026-10-25T01:45:00Z", "02:30"), "2026-10-25T01:30:00Z");
        // A zone whose clocks are set at midnight: the day begins at one.
        let midnight = TimeZone::posix("<-03>3<-02>,M10.3.0/0,M2.3.0/0").unwrap();
        assert_eq!(meant_at(NOW, &midnight, "2026-10-18").unwrap(), "2026-10-18T03:00:00Z");
    }

    #[test]
    fn what_is_no_moment_is_told_with_what_would_be() {
        let long = "1".repeat(1 << 16);
        for words in [
            "",
            " ",
            "s",
            "h2",
            "2",
            "-2h",
            "+2h",
            "2 h",
            "2y",
            "2h30",
            "٣d",
            "2h\0",
            "9",
            "09:",
            ":15",
            "24:00",
            "23:60",
            "12:00:60",
            "1:2:3:4",
            "009:15",
            "2026",
            "2026-11",
            "2026-11-31",
            "2026-13-01",
            "26-11-01",
            "2026/11/01",
            "2026-11-01T",
            "2026-11-01 25:00",
            "now-ish",
            "tomorrow",
            "9999999999999999999s",
            "9223372036854775807w",
            "9223372036854775807s",
            "99999999999999999999999999:00",
            "-999999-01-01T00:00:00Z",
            long.as_str(),
        ] {
            assert_eq!(parse(words, ms(NOW), &berlin()), Err(NotAMoment), "{words:?}");
        }
        assert!(NotAMoment.to_string().contains("2026-11-01 09:15"));
    }

    #[test]
    fn moments_travel_in_utc_with_milliseconds() {
        assert_eq!(utc(1_795_342_500_120), "2026-11-22T10:15:00.120Z");
        assert_eq!(utc(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(utc(i64::MAX), "1970-01-01T00:00:00.000Z", "no clock is that far");
    }

    #[test]
    fn a_clock_at_the_end_of_time_is_no_panic() {
        for now_ms in
            [i64::MIN, i64::MAX, Timestamp::MIN.as_millisecond(), Timestamp::MAX.as_millisecond(), 0]
        {
            for zone in [TimeZone::UTC, berlin(), TimeZone::fixed(offset(-25)), TimeZone::fixed(offset(25))] {
                for words in [
                    "1s",
                    "999999w",
                    "00:00",
                    "23:59",
                    "today",
                    "yesterday",
                    "0000-01-01",
                    "9999-12-31 23:59",
                ] {
                    let _ = parse(words, now_ms, &zone);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_written_panics(words in "\\PC{0,70}", now_ms: i64) {
            let _ = parse(&words, now_ms, &berlin());
        }

        #[test]
        fn nothing_that_looks_like_a_moment_panics(words in "[0-9smhdwTZ :+.-]{0,30}", now_ms: i64) {
            let _ = parse(&words, now_ms, &berlin());
        }

        #[test]
        fn a_time_of_day_was_within_the_last_two_days(
            hour in 0..24, minute in 0..60, now_ms in 0_i64..4_000_000_000_000,
        ) {
            let moment = parse(&format!("{hour}:{minute:02}"), now_ms, &berlin()).unwrap();
            prop_assert!(moment <= now_ms && now_ms - moment <= DAY_MS + DAY_MS / 12, "{moment}");
        }
    }
}
