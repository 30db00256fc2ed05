//! What travels between `lanchatd`, `lanchatctl` and `lanchat-client`.
//!
//! Pure: no sockets, no files, no clock, no runtime. The contract for people who write clients is
//! `docs/PROTOCOL.md`; this crate is the same contract as types.

pub mod address;
pub mod admin;
pub mod client;
pub mod fingerprint;
pub mod lines;
pub mod link;
pub mod moment;
pub mod names;
pub mod order;
pub mod password;
pub mod past;
pub mod role;
pub mod slash;
pub mod text;

/// The TCP port of the relay when none is named.
pub const PORT: u16 = 5555;

/// The room that everybody is in at first.
pub const LOBBY: &str = "lobby";

/// The closest of `known` to what somebody wrote, if it is close enough to be worth suggesting.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written = written.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&written, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
