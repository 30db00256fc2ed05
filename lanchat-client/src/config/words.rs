//! What stands in `client.toml` as words, read as the command line reads it.

use lanchat_protocol::link::Link;
use lanchat_protocol::names::{Nick, RoomName};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::arguments::Place;
use crate::target::bad_room;

pub(super) fn nick<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Nick>, D::Error> {
    let written = String::deserialize(deserializer)?;
    let nick = Nick::parse(&written);
    nick.map(Some).map_err(|error| D::Error::custom(format!("{written:?}: a nick {error}")))
}

pub(super) fn rooms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<RoomName>>, D::Error> {
    let read = |written: &String| {
        RoomName::parse(written)
            .map_err(|error| D::Error::custom(format!("{written:?}: {}", bad_room(error))))
    };
    Vec::<String>::deserialize(deserializer)?.iter().map(read).collect::<Result<_, _>>().map(Some)
}

pub(super) fn link<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Link, D::Error> {
    let written = String::deserialize(deserializer)?;
    let place = Place::parse(&written).map_err(|why| D::Error::custom(format!("{written:?}: {why}")))?;
    Ok(place.into_link())
}
