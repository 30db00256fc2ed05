//! What somebody may do, in one word.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What somebody is on a relay. Each may do what those before it may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Has not shown who they are.
    #[default]
    Guest,
    /// Has an account, and is logged in.
    Member,
    /// Keeps order in all rooms.
    Moderator,
    /// May do whatever can be done in the chat.
    Admin,
}

/// What was written is no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRole;

impl Role {
    /// All of them, the least first.
    pub const ALL: [Self; 4] = [Self::Guest, Self::Member, Self::Moderator, Self::Admin];

    /// Those that an account may have.
    pub const OF_ACCOUNTS: [Self; 3] = [Self::Member, Self::Moderator, Self::Admin];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Member => "member",
            Self::Moderator => "moderator",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Role {
    type Err = NoRole;

    /// The role of an account.
    fn from_str(written: &str) -> Result<Self, NoRole> {
        Self::OF_ACCOUNTS.into_iter().find(|role| role.as_str() == written).ok_or(NoRole)
    }
}

impl fmt::Display for NoRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a role is one of: member, moderator, admin")
    }
}

impl std::error::Error for NoRole {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_a_role_by_its_name_and_is_never_a_guest() {
        for role in Role::OF_ACCOUNTS {
            assert_eq!(role.to_string().parse(), Ok(role));
            assert_eq!(serde_json::to_string(&role).unwrap(), format!("\"{role}\""));
        }
        assert_eq!("guest".parse::<Role>(), Err(NoRole));
        assert!(Role::ALL.is_sorted());
    }
}
