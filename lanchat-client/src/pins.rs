//! `--pins` and `--forget`: what relays are known by, for people to look at and take back.

use std::env;
use std::io::ErrorKind;

use lanchat_protocol::address::Address;

use crate::arguments::Arguments;
use crate::exit::End;
use crate::files;
use crate::printer::{complain, write};
use crate::trust::{FILE, KnownRelays, at};

/// Does what was asked for instead of chatting; `None`: nothing was.
pub(crate) fn tend(arguments: &Arguments) -> Option<End> {
    if !arguments.pins && arguments.forget.is_none() {
        return None;
    }
    let Some(path) = files::path(FILE, |name| env::var_os(name)) else {
        return Some(End::failed("no relay is remembered: there is no home directory"));
    };
    let known = KnownRelays::at(path);
    let done = match &arguments.forget {
        Some(relay) => forget(&known, &relay.address),
        None => list(&known),
    };
    Some(done.unwrap_or_else(End::failed))
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
