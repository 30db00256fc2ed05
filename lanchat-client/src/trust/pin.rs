//! What a relay is expected to be known by.

use lanchat_protocol::fingerprint::Fingerprint;

use super::distrust::Distrust;

/// A fingerprint, and where it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pin {
    /// What the relay's key is known by.
    pub(crate) fingerprint: Fingerprint,
    /// Who says so.
    pub(crate) origin: Origin,
}

/// Who says what a relay is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It is remembered since this day, `2026-11-23`.
    Remembered(String),
    /// The command line.
    Given,
    /// It was met in this run, and could not be remembered for longer.
    Met,
}

impl Pin {
    /// Makes sure that a relay shows the key that is meant.
    pub(crate) fn admits(&self, shown: Fingerprint) -> Result<(), Distrust> {
        if shown == self.fingerprint {
            return Ok(());
        }
        Err(match self.origin {
            Origin::Remembered(_) | Origin::Met => Distrust::Changed { known: self.clone(), shown },
            Origin::Given => Distrust::NotTheGiven { given: self.fingerprint, shown },
        })
    }
}
