//! Who is busy.

use serde::{Deserialize, Serialize};

use super::{Client, Status};

/// How many clients are told at most, however many are asked for.
pub const TOP_MAX: usize = 500;

/// What makes a client come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Messages since the last time.
    #[default]
    Rate,
    /// Messages since it connected.
    Messages,
    /// What it is owed.
    Backlog,
    /// For how long it has been connected.
    Connected,
}

/// The relay, and those of its clients that come first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Top {
    /// [`super::SCHEMA`].
    pub schema: u32,
    /// How the relay is.
    pub status: Status,
    /// The first ones.
    pub busy: Vec<Busy>,
}

/// A client, and how busy it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Busy {
    /// Who.
    #[serde(flatten)]
    pub client: Client,
    /// Messages accepted from it since the same connection asked last; 0 the first time.
    pub recent: u64,
}
