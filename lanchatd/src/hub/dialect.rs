//! What the hub knows of a dialect.

use super::Reply;
use crate::timeline::{Encoder, Track};

/// How a dialect writes what the hub says.
#[derive(Debug)]
pub struct Dialect {
    /// Its name, for people.
    pub name: &'static str,
    /// How it writes what happens in the room that a session talks in.
    pub here: Encoding,
    /// The same for the other rooms that it is in.
    pub elsewhere: Encoding,
    /// Whether a session has to introduce itself before it may do anything.
    pub needs_hello: bool,
    /// Whether it tells whoever says something that this was taken.
    pub acknowledges: bool,
    /// Whether whoever enters a room talks there from then on. Others say where, or mean the lobby.
    pub talks_where_it_enters: bool,
    /// Lines that one message of it has at most.
    pub lines_max: usize,
    /// Writes a word to one session.
    pub reply: fn(&Reply, &mut Vec<u8>),
}

/// One way of writing the events of a timeline.
#[derive(Debug)]
pub struct Encoding {
    /// Where timelines keep it.
    pub track: Track,
    /// Writes an event.
    pub event: Encoder,
}
