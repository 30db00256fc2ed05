//! The names of rooms.

use std::fmt;

use super::{NameError, NickKeys};

/// The name of a room without its `#`: 1 to [`super::NAME_CHARS_MAX`] visible characters of any script, in NFC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomName(Box<str>);

impl RoomName {
    /// The name that `written` stands for, with or without its `#`, spaces around it taken off.
    pub fn parse(written: &str) -> Result<Self, NameError> {
        let written = written.trim();
        super::parse(written.strip_prefix('#').unwrap_or(written)).map(|name| Self(name.into()))
    }

    /// The name as people see it, without its `#`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What makes two rooms the same.
    pub fn key(&self) -> Box<str> {
        NickKeys::of(&self.0).by_case
    }
}

impl fmt::Display for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_may_be_written_with_its_sign() {
        for written in ["ops", "#ops", " #ops "] {
            assert_eq!(RoomName::parse(written).unwrap().as_str(), "ops");
        }
        assert_eq!(RoomName::parse("#"), Err(NameError::Empty));
        assert_eq!(RoomName::parse("##ops"), Err(NameError::BadStart('#')));
    }

    #[test]
    fn a_room_is_never_taken_for_a_person_or_for_two_words() {
        assert_eq!(RoomName::parse("@ana"), Err(NameError::BadStart('@')));
        assert_eq!(RoomName::parse("night shift"), Err(NameError::Forbidden(' ')));
        assert!(RoomName::parse("42").is_ok(), "a room may be a number");
    }

    #[test]
    fn case_and_look_alikes_do_not_tell_rooms_apart() {
        let key = |name: &str| RoomName::parse(name).unwrap().key();
        assert_eq!(key("Ops"), key("ops"));
        assert_eq!(key("ops"), key("οps"), "with a Greek letter");
        assert_ne!(key("ops"), key("oops"));
    }
}
