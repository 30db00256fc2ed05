//! What a client says of who it is.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::request::borrowed;
use crate::password::Password;

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
