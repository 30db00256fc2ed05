//! `--pins`, `--forget` and `--list`: which relays are known, for people to look at and take back.

use std::env;
use std::io::ErrorKind;

use lanchat_protocol::address::Address;

use crate::arguments::Arguments;
use crate::config::{Config, Server};
use crate::exit::End;
use crate::files;
use crate::printer::{complain, write};
use crate::trust::{FILE, KnownRelays, at};

/// Does what was asked for instead of chatting; `None`: nothing was.
pub(crate) fn tend(arguments: &Arguments, config: &Config) -> Option<End> {
    if arguments.list {
        return Some(servers(config).unwrap_or_else(End::failed));
    }
    if !arguments.pins && arguments.forget.is_none() {
        return None;
    }
    let Some(path) = files::path(FILE, |name| env::var_os(name)) else {
        return Some(End::failed("no relay is remembered: there is no home directory"));
    };
    let known = KnownRelays::at(path);
    let done = match &arguments.forget {
        Some(place) => forget(&known, &config.link(place).address),
        None => list(&known),
    };
    Some(done.unwrap_or_else(End::failed))
}

/// One server a line: its name, where it is, and who goes there into which rooms; `*` is the default.
fn servers(config: &Config) -> Result<End, String> {
    let line = |(name, server): (&String, &Server)| {
        let default = if config.default.as_ref() == Some(name) { " *" } else { "" };
        let nick = server.login.as_ref().or(server.nick.as_ref()).or(config.nick.as_ref());
        let nick = nick.map_or_else(String::new, |nick| format!(" as {nick}"));
        let rooms = server.rooms.as_ref().or(config.rooms.as_ref());
        let rooms: Vec<_> = rooms.into_iter().flatten().map(|room| format!(" #{room}")).collect();
        format!("{name}{default} {}{nick}{}", server.address.address, rooms.concat())
    };
    let lines: Vec<_> = config.server.iter().map(line).collect();
    if lines.is_empty() {
        complain("lanchat-client: client.toml names no servers");
        return Ok(End::well());
    }
    tell(&lines.join("\n"))
}

fn list(known: &KnownRelays) -> Result<End, String> {
    let contents = known.read().map_err(|error| at(known, &error))?;
    for number in &contents.damaged {
        let path = known.path().display();
        complain(&format!("lanchat-client: {path}: line {number} is no relay with its key and a date"));
    }
    let lines: Vec<_> = contents.entries.iter().map(ToString::to_string).collect();
    if lines.is_empty() { Ok(End::well()) } else { tell(&lines.join("\n")) }
}

fn forget(known: &KnownRelays, address: &Address) -> Result<End, String> {
    match known.forget(address).map_err(|error| at(known, &error))? {
        Some(pin) => tell(&format!("forgot {address}, known by {}", pin.fingerprint)),
        None => Err(format!("{address} is not known; lanchat-client --pins lists what is")),
    }
}

fn tell(text: &str) -> Result<End, String> {
    match write(&format!("{text}\n")) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(format!("cannot write: {error}")),
        Ok(()) | Err(_) => Ok(End::well()),
    }
}
