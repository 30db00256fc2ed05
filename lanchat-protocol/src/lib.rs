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

/// So many things, as people say it: see [`counted`].
#[derive(Clone, Copy, Debug)]
pub struct Counted<'a, N> {
    number: N,
    thing: &'a str,
}

/// A number of things of the kind that one `thing` is: `1 message`, `3 messages`, `2 addresses`.
pub fn counted<N>(number: N, thing: &str) -> Counted<'_, N> {
    Counted { number, thing }
}

impl<N: std::fmt::Display + From<u8> + PartialEq> std::fmt::Display for Counted<'_, N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { number, thing } = self;
        let ending = match *number == N::from(1) {
            true => "",
            false if thing.ends_with('s') => "es",
            false => "s",
        };
        write!(f, "{number} {thing}{ending}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_one_and_all_else_are_many() {
        let told =
            [counted(0_u64, "message"), counted(1, "message"), counted(2, "message"), counted(21, "address")];
        assert_eq!(
            told.map(|told| told.to_string()),
            ["0 messages", "1 message", "2 messages", "21 addresses"]
        );
        assert_eq!(counted(1_usize, "address").to_string(), "1 address");
    }
}
