//! What a timeline is the sequence of.

use std::rc::Rc;

/// Whose conversation it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conversation {
    /// Everybody's: what the relay has to say to all.
    House,
    /// That of a room, with its name.
    Room(Rc<str>),
    /// That of two persons: to each of them it bears the name of the other.
    Direct,
}
