//! A run of a client: the same program goes on, whatever becomes of its connection.
//!
//! The client names its run by a secret of its own. Everybody else learns a name that is made of it, and by which
//! nobody can say anything in its place.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::timeline::Author;

/// The public name of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Run(u64);

impl Run {
    /// The run that has this secret.
    pub(super) fn of(secret: &str) -> Self {
        let digest = Sha256::digest(secret);
        Self(digest.iter().take(8).fold(0, |name, byte| name << 8 | u64::from(*byte)))
    }

    /// The run of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        u64::from_str_radix(name, 16).ok().map(Self)
    }

    /// Who the run is in timelines, whichever session it speaks from: no session and no side of a direct
    /// conversation is called so.
    pub(super) fn author(self) -> Author {
        (self.0 | 1 << 63) & !2
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::room::Direct;

    #[test]
    fn a_run_is_known_by_its_name_but_its_name_is_not_its_secret() {
        let run = Run::of("abc");
        // FIPS 180-2, appendix B.1.
        assert_eq!(run.to_string(), "ba7816bf8f01cfea");
        assert_eq!(Run::named("ba7816bf8f01cfea"), Some(run));
        assert_ne!(Run::of(&run.to_string()), run);
        assert_eq!(Run::named("ana"), None);
    }

    #[test]
    fn no_run_is_taken_for_a_side_of_a_conversation_or_a_session() {
        for run in [Run(0), Run(u64::MAX), Run(u64::MAX - 1)] {
            assert!(run.author() != Direct::author(0) && run.author() != Direct::author(1));
            assert!(run.author() > 1 << 62);
        }
    }
}
