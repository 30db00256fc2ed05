//! Moments as an administrator writes them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lanchat_protocol::moment;

/// A moment in the local time zone, in milliseconds since 1970.
pub(crate) fn read(written: &str) -> Result<i64, String> {
    let now_ms = Timestamp::now().as_millisecond();
    moment::parse(written, now_ms, &TimeZone::system()).map_err(|error| error.to_string())
}
