//! Why an administrator's request was not carried out.

use serde::{Deserialize, Serialize};

/// Why a request was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// For programs.
    pub code: Code,
    /// For people.
    pub message: String,
}

/// The reasons for which an administrator's request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The request is not JSON, lacks a field, or is longer than [`LINE_BYTES_MAX`](super::LINE_BYTES_MAX).
    BadRequest,
    /// There is no such verb.
    UnknownVerb,
    /// There is no such client.
    NoSuchClient,
    /// There is no such room.
    NoSuchRoom,
    /// Nobody has registered this nick.
    NoSuchUser,
    /// There is no such token.
    NoSuchToken,
    /// There is no such invite.
    NoSuchInvite,
    /// The nick, or one that looks the same, is registered already.
    NameTaken,
    /// Order cannot be kept like that: nobody can be meant, there is no such ban, or there are too many.
    BadOrder,
    /// The configuration has errors; the message has all of them, a line each.
    BadConfig,
    /// The daemon tried and failed.
    Failed,
    /// A code that a newer daemon knows.
    #[serde(other)]
    Other,
}
