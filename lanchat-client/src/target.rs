//! Where what is said goes: a room, or one person.

use std::fmt;

use lanchat_protocol::names::{NameError, Nick, RoomName};

/// A room, or a person: `ops`, `#ops`, `@ana`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Everybody in it.
    Room(RoomName),
    /// That person alone.
    Person(Nick),
}

impl Target {
    /// What is written; an error says what is wrong with it.
    pub(crate) fn parse(written: &str) -> Result<Self, String> {
        match written.trim().strip_prefix('@') {
            Some(nick) => Nick::parse(nick).map(Self::Person).map_err(|error| format!("a nick {error}")),
            None => RoomName::parse(written).map(Self::Room).map_err(bad_room),
        }
    }

    /// The room that one has to be in to say something there.
    pub(crate) fn room(&self) -> Option<&RoomName> {
        match self {
            Self::Room(room) => Some(room),
            Self::Person(_) => None,
        }
    }

    /// As the wire has it.
    pub(crate) fn on_the_wire(&self) -> String {
        match self {
            Self::Room(room) => room.to_string(),
            Self::Person(nick) => format!("@{nick}"),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Room(room) => write!(f, "#{room}"),
            Self::Person(nick) => write!(f, "{nick}"),
        }
    }
}

/// What is wrong with the name of a room.
pub(crate) fn bad_room(error: NameError) -> String {
    format!("the name of a room {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_room_or_a_person() {
        let wire = |written| Target::parse(written).map(|target| target.on_the_wire());
        assert_eq!(wire("ops").as_deref(), Ok("ops"));
        assert_eq!(wire("#ops").as_deref(), Ok("ops"));
        assert_eq!(wire("@ana").as_deref(), Ok("@ana"));
        assert!(wire("night shift").unwrap_err().starts_with("the name of a room has no space"));
        assert!(wire("@a b").unwrap_err().starts_with("a nick has no space"));
        assert!(wire("@").is_err() && wire("").is_err());
    }

    #[test]
    fn who_talks_to_one_person_need_be_in_no_room() {
        let enters = |written| Target::parse(written).unwrap().room().cloned();
        assert_eq!(enters("@ana"), None);
        assert_eq!(enters("ops").unwrap().as_str(), "ops");
    }
}
