//! This run of the program, as the relay knows it.

use std::hash::{BuildHasher, RandomState};

/// A name that nobody guesses, of 128 random bits: who knows it can say things as this run.
pub(crate) fn token() -> String {
    // The standard library keys each of them at random.
    let half = || RandomState::new().hash_one(0);
    format!("{:016x}{:016x}", half(), half())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lanchat_protocol::client::CLIENT_BYTES_MAX;

    #[test]
    fn no_two_runs_have_the_same_name() {
        let (one, other) = (token(), token());
        assert!(one != other && one.len() == 32 && one.len() <= CLIENT_BYTES_MAX);
        assert!(one.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
