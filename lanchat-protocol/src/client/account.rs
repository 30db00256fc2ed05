//! What a client says of who it is.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};

use super::borrowed::borrowed;
use crate::password::Password;
use crate::role::Role;

/// `{"type":"register","id":"9","password":"…"}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register<'a> {
    /// What the answer will repeat.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'a, str>>,
    /// The password to have.
    pub password: Password,
    /// The code of an invite, where the relay wants one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<Password>,
}

/// `{"type":"login","id":"10","nick":"ana","password":"…"}` or `{"type":"login","id":"11","token":"…"}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login<'a> {
    /// What the answer will repeat.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'a, str>>,
    /// The nick; left out: the one that the relay said belongs to somebody.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub nick: Option<Cow<'a, str>>,
    /// Its password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
    /// A token, in place of nick and password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Password>,
}

/// `{"type":"passwd","id":"12","old":"…","new":"…"}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passwd<'a> {
    /// What the answer will repeat.
    #[serde(borrow, default, deserialize_with = "borrowed", skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'a, str>>,
    /// The password until now.
    pub old: Password,
    /// The password from here on.
    pub new: Password,
}

/// A role that a newer relay knows is that of somebody who is logged in, at least.
pub(super) fn role<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Role, D::Error> {
    let written = Cow::<str>::deserialize(deserializer)?;
    Ok(Role::ALL.into_iter().find(|role| role.as_str() == written).unwrap_or(Role::Member))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Event;

    #[test]
    fn a_role_that_is_not_known_yet_hides_no_event() {
        for (written, meant) in [("guest", Role::Guest), ("admin", Role::Admin), ("owner", Role::Member)] {
            let line = format!(r#"{{"type":"account","nick":"ana","role":"{written}"}}"#);
            let event: Event = serde_json::from_str(&line).unwrap();
            assert!(matches!(event, Event::Account { role, .. } if role == meant), "{written}");
        }
    }
}
