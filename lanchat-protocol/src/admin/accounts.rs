//! Accounts, tokens and invites, as administrators see them.

use serde::{Deserialize, Serialize};

use crate::role::Role;

/// The answer to `user-list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Users {
    /// All accounts, by nick.
    pub users: Vec<User>,
}

/// An account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The nick.
    pub nick: String,
    /// What its owner may do.
    pub role: Role,
    /// Whether a password opens it.
    pub password: bool,
    /// How many tokens open it.
    pub tokens: u64,
    /// How many connections are logged in to it.
    pub online: u64,
    /// Since when it has been there, UTC, RFC 3339.
    pub created: String,
}

/// The answer to what changes an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserChanged {
    /// The nick, as its owner sees it.
    pub nick: String,
    /// How the change is kept.
    pub kept: Kept,
}

/// How a change is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// It is on the disk.
    #[default]
    Durable,
    /// The store is in trouble: it is kept when that is over, if the relay lives until then.
    NotYet,
    /// There is no store: until the relay ends.
    UntilTheEnd,
}

/// The answer to `token-list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// By account, the oldest first.
    pub tokens: Vec<Token>,
}

/// A token, without itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// What it is called: 8 hex digits.
    pub id: String,
    /// The nick of its account.
    pub nick: String,
    /// What it is for.
    pub name: String,
    /// Since when it has been there, UTC, RFC 3339.
    pub created: String,
}

/// The answer to `token-new`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewToken {
    /// What it is.
    #[serde(flatten)]
    pub token: Token,
    /// The token itself, which is told this once.
    pub secret: String,
    /// How it is kept.
    pub kept: Kept,
}

/// The answer to `token-revoke`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRevoked {
    /// What it was.
    #[serde(flatten)]
    pub token: Token,
    /// How that is kept.
    pub kept: Kept,
}

/// The answer to `invite-list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invites {
    /// Those that may be used yet: the next one to expire first, those that never do last.
    pub invites: Vec<Invite>,
}

/// An invite, without its code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// What it is called: 8 hex digits.
    pub id: String,
    /// What whoever registers with it may do.
    pub role: Role,
    /// How often it may be used yet; `None`: as often as anybody likes.
    pub uses: Option<u32>,
    /// When it ends, UTC, RFC 3339; `None`: never.
    pub expires: Option<String>,
    /// The user of the host who made it; `None`: that is not known.
    pub uid: Option<u32>,
}

/// The answer to `invite-revoke`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteRevoked {
    /// What it was.
    #[serde(flatten)]
    pub invite: Invite,
    /// How that is kept.
    pub kept: Kept,
}

/// The answer to `invite`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// What the invite is called, to revoke it; left out where none was wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The code, which is told this once; left out where none was wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// When it ends, UTC, RFC 3339; left out: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// How often it may be used; left out: as often as anybody likes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<u32>,
    /// Where the relay listens.
    pub listen: Vec<String>,
    /// How the code is kept.
    pub kept: Kept,
}
