//! `client.toml`: what a person does not want to type each time.

mod file;
mod words;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use lanchat_protocol::link::Link;
use lanchat_protocol::names::{Nick, RoomName};
use lanchat_protocol::nearest;
use serde::Deserialize;

use crate::arguments::Place;
use crate::settings::{Notify, Settings, Theme, Timestamps};

pub(crate) use self::file::load;

/// So many servers are named to whoever has named none of them.
const NAMED_MAX: usize = 5;

/// All of it; each key may be left out.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Where to go when nothing is said: the name of a server, or an address.
    pub(crate) default: Option<String>,
    /// The name that others see, wherever a server says nothing else.
    #[serde(deserialize_with = "words::nick")]
    pub(crate) nick: Option<Nick>,
    /// Rooms to enter beside the lobby, wherever a server says nothing else.
    #[serde(deserialize_with = "words::rooms")]
    pub(crate) rooms: Option<Vec<RoomName>>,
    /// The colours.
    pub(crate) theme: Option<Theme>,
    /// What stands before a line.
    pub(crate) timestamp: Option<Timestamps>,
    /// What happens when somebody names this person, or writes to them alone.
    pub(crate) notify: Option<Notify>,
    /// Whether lines are to be plain, as a screen reader reads them.
    pub(crate) plain_output: Option<bool>,
    /// What stands for an address.
    pub(crate) server: BTreeMap<String, Server>,
}

impl Config {
    /// How things look, and what calls the person. `plain_output`: the command line says that lines are to be plain.
    pub(crate) fn settings(&self, plain_output: bool) -> Settings {
        let usual = Settings::usual(plain_output || self.plain_output.unwrap_or_default());
        Settings {
            theme: self.theme.unwrap_or(usual.theme),
            timestamp: self.timestamp.unwrap_or(usual.timestamp),
            notify: self.notify.unwrap_or(usual.notify),
            ..usual
        }
    }

    /// The server that is meant, if it is one of these.
    pub(crate) fn server(&self, place: &Place) -> Option<&Server> {
        self.server.get(place.name()?)
    }

    /// Where that is.
    pub(crate) fn link(&self, place: &Place) -> Link {
        self.server(place).map_or_else(|| place.clone().into_link(), |server| server.address.clone())
    }

    /// For when there is no such host: that it is no server either, and what the servers are called, the nearest first.
    pub(crate) fn misnamed(&self, place: &Place) -> Option<Arc<str>> {
        let written = place.name().filter(|written| !self.server.contains_key(*written))?;
        let names = || self.server.keys().map(String::as_str);
        let nearest = nearest(written, names());
        let mut named: Vec<_> =
            nearest.into_iter().chain(names().filter(|name| Some(*name) != nearest)).collect();
        let more = named.len().saturating_sub(NAMED_MAX);
        named.truncate(NAMED_MAX);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let named = named.join(", ");
        (!named.is_empty())
            .then(|| format!("client.toml has no server {written}; it has {named}{more}").into())
    }
}

/// A relay that has a name.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Server {
    /// Where it is, and what it is known by where that is a link.
    #[serde(deserialize_with = "words::link")]
    pub(crate) address: Link,
    /// The name that others see there.
    #[serde(default, deserialize_with = "words::nick")]
    pub(crate) nick: Option<Nick>,
    /// The account to log in to.
    #[serde(default, deserialize_with = "words::nick")]
    pub(crate) login: Option<Nick>,
    /// The file with the password of `login`.
    pub(crate) password_file: Option<PathBuf>,
    /// The file with a token.
    pub(crate) token_file: Option<PathBuf>,
    /// Rooms to enter beside the lobby.
    #[serde(default, deserialize_with = "words::rooms")]
    pub(crate) rooms: Option<Vec<RoomName>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_that_there_are_are_named_the_nearest_first_and_not_all_of_many() {
        let misnamed = |names: &[&str], written: &str| {
            let named = |name: &&str| format!("[server.{name}]\naddress = \"{name}.lan\"\n");
            let file = names.iter().map(named).collect::<Vec<_>>().concat();
            let config: Config = toml::from_str(&file).unwrap();
            config.misnamed(&Place::parse(written).unwrap()).map(|told| told.to_string())
        };
        let told = |named: &str| Some(format!("client.toml has no server ofice; it has {named}"));
        assert_eq!(misnamed(&["lab", "office"], "ofice"), told("office, lab"));
        assert_eq!(misnamed(&["b", "a"], "ofice"), told("a, b"));
        assert_eq!(misnamed(&["a", "b", "c", "d", "office"], "ofice"), told("office, a, b, c, d"));
        assert_eq!(
            misnamed(&["a", "b", "c", "d", "e", "office"], "ofice"),
            told("office, a, b, c, d and 1 more")
        );
        assert_eq!(misnamed(&[], "ofice"), None);
        assert_eq!(misnamed(&["office"], "office"), None);
        assert_eq!(misnamed(&["office"], "lanchat://ofice"), None, "a link names a host");
    }
}
