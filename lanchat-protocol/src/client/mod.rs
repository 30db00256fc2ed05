//! The native dialect: one JSON object a line, `type` first.
//!
//! [`Request`] goes to the relay, [`Event`] comes from it. Unknown fields are ignored in both
//! directions; an unknown type of request is answered with an error, an unknown type of event is
//! [`Event::Unknown`] and to be passed over, so that either side may be newer than the other.

mod account;
mod borrowed;
mod code;
mod event;
mod ordered;
mod past;
mod request;
mod room;
mod ruling;
mod turned_away;

use serde::Serialize;

pub use crate::order::Measure;
pub use account::{Login, Passwd, Register};
pub use code::Code;
pub use event::{Change, Event, Farewell, Limits};
pub use ordered::{Ban, Bans, Ordered};
pub use past::{Hit, Past};
pub use request::{
    Away, Bare, Hello, History, InRoom, Kind, Malformed, NewNick, Place, Request, Say, Search, Topic, Whom,
};
pub use room::{Person, RoomAt, RoomInfo, RoomKind};
pub use ruling::{Ruled, Ruling};
pub use turned_away::is_turned_away;

/// The version of the native dialect that this crate speaks.
pub const VERSION: u32 = 1;

/// The longest request id, in bytes.
pub const ID_BYTES_MAX: usize = 64;

/// The longest name that a client gives its run, in bytes.
pub const CLIENT_BYTES_MAX: usize = 64;

/// Messages of one answer to `history` without a `limit`.
pub const HISTORY_LIMIT: usize = 50;
/// The same, at most.
pub const HISTORY_MAX: usize = 200;

/// Hits of one answer to `search` without a `limit`.
pub const HITS: usize = 10;
/// The same, at most.
pub const HITS_MAX: usize = 50;
/// Messages before and after each hit, at most.
pub const CONTEXT_MAX: usize = 5;

/// Appends a request or an event as one line.
///
/// Our own types always encode: they hold strings and numbers only.
pub fn write_line(value: &impl Serialize, out: &mut Vec<u8>) {
    let start = out.len();
    if serde_json::to_writer(&mut *out, value).is_err() {
        debug_assert!(false, "a wire type did not encode");
        out.truncate(start);
        return;
    }
    out.push(b'\n');
}

#[cfg(test)]
mod tests;
