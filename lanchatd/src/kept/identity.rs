//! Who may call themselves what: accounts, and what opens them.

use std::net::IpAddr;

use lanchat_protocol::role::Role;

/// A digest (SHA-256) of something that was shown once.
pub type Digest = [u8; 32];

/// One of them as it is from now on. Writing it twice changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// An account.
    Account(Account),
    /// A token.
    Token(Token),
    /// An invite.
    Invite(Invite),
    /// There is no account of this key, and no token of it.
    NoAccount(String),
    /// There is no such token.
    NoToken(Digest),
    /// There is no such invite.
    NoInvite(Digest),
}

/// A name that belongs to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Tells it from all others: the key of its nick.
    pub key: String,
    /// The nick as its owner sees it.
    pub nick: String,
    /// What its owner may do.
    pub role: Role,
    /// What is kept of the password (PHC string); `None`: only tokens open it.
    pub hash: Option<String>,
    /// Since when it has been there: milliseconds since 1970, UTC.
    pub created_ms: i64,
    /// Where its owner has logged in, the last one last.
    pub addresses: Vec<IpAddr>,
}

/// What opens an account without a password, for scripts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its digest; the token itself is nowhere.
    pub digest: Digest,
    /// The key of its account.
    pub account: String,
    /// What it is for.
    pub name: String,
    /// Since when it has been there: milliseconds since 1970, UTC.
    pub created_ms: i64,
}

/// With what somebody may register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// The digest of its code; the code itself is nowhere.
    pub digest: Digest,
    /// What whoever uses it may do.
    pub role: Role,
    /// How often it may be used yet; `None`: as often as anybody likes.
    pub uses: Option<u32>,
    /// From when on it is worth nothing: milliseconds since 1970, UTC; `None`: never.
    pub expires_ms: Option<i64>,
    /// The user of the host who made it; `None`: nobody wrote that down then.
    pub uid: Option<u32>,
}
