//! How a store is opened and what it keeps.

/// How a store is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// What a power cut may take.
    pub durability: Durability,
    /// How many positions beyond the last one may be given before more are reserved. After an unclean end so
    /// many are given up.
    pub reserve: u64,
}

/// What a power cut may take. Nothing is lost when the process ends, however it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Nothing that was reported as written: each batch waits for the disk (`PRAGMA synchronous=FULL`).
    Commit,
    /// The last batches (`PRAGMA synchronous=NORMAL`). Positions are reserved durably all the same.
    Relaxed,
}

/// What is kept. `None`: without bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Messages that are older go.
    pub age_ms_max: Option<u64>,
    /// Of each conversation, so many of the newest messages stay.
    pub count_max: Option<u64>,
}
