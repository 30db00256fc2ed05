//! What clients do.

use std::fmt::Display;
use std::net::SocketAddr;

use lanchat_protocol::counted;
use lanchat_protocol::order::Told;
use lanchat_protocol::text::clean;
use tracing::info;
use tracing::level_filters::LevelFilter;

use super::bounded::{count, is_refusal_written, is_written};
use super::console::Console;
use super::flood::Kind;
use super::setup::later;
use crate::hub::{Done, Occurrence};

/// What a line about a client takes, about, beside its texts.
const LINE_BYTES: usize = 256;

/// Somebody connected.
pub fn connected(client: u64, address: SocketAddr) {
    if is_written(Kind::Connected, Some(address.ip()), 1) && is_wanted() {
        later(LINE_BYTES, move || info!(client, %address, "client {client} connected from {address}"));
    }
}

/// A connection has ended, by `ending`; `unlogged` refusals of it have no record.
pub fn disconnected(
    client: u64,
    address: SocketAddr,
    nick: &str,
    dialect: &'static str,
    ending: &dyn Display,
    unlogged: u64,
) {
    if !is_written(Kind::Disconnected, Some(address.ip()), 1) {
        return count(Kind::Refused, Some(address.ip()), unlogged);
    }
    if is_wanted() {
        let (nick, reason) = (nick.to_owned(), ending.to_string());
        let unlogged = (unlogged > 0).then_some(unlogged);
        later(LINE_BYTES, move || {
            let who = who(client, &nick);
            let and = unlogged
                .map(|unlogged| format!(" ({} not listed)", counted(unlogged, "refusal")))
                .unwrap_or_default();
            info!(client, %address, nick, dialect, reason, unlogged, "{who} at {address}, disconnected: {reason}{and}");
        });
    }
}

/// A connection was not taken.
pub fn not_admitted(address: SocketAddr, code: &'static str, reason: &str) {
    if is_refusal_written(Kind::NotAdmitted, address.ip(), code, 1) && is_wanted() {
        let reason = reason.to_owned();
        later(
            LINE_BYTES,
            move || info!(%address, code, reason, "connection from {address} refused: {reason}"),
        );
    }
}

/// Who is shown what people say.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The console of `--foreground`.
    pub console: Option<&'a Console>,
    /// `log.messages`
    pub messages: bool,
}

/// Something happened in the hub.
pub fn occurrence(
    client: u64,
    address: SocketAddr,
    nick: &str,
    dialect: &'static str,
    what: Occurrence,
    shown: &Shown,
) {
    if let (Occurrence::Said(text), Some(console)) = (&what, shown.console) {
        text.split('\n').for_each(|text| console.print(format!("{address} - {text}")));
    }
    let is_within_bound = match &what {
        Occurrence::Named { .. } | Occurrence::LoggedIn | Occurrence::LoggedOut | Occurrence::Registered => {
            is_written(Kind::Named, Some(address.ip()), 1)
        }
        // Only where its administrator wants all of it.
        Occurrence::Said(_) => shown.messages,
        Occurrence::Joined { .. } | Occurrence::Left { .. } => false,
        Occurrence::Ordered { .. } => is_written(Kind::Ordered, Some(address.ip()), 1),
        Occurrence::Refused { refusal, unlogged } => {
            is_refusal_written(Kind::Refused, address.ip(), refusal.code().as_str(), 1 + unlogged)
        }
    };
    if !is_within_bound || !is_wanted() {
        return;
    }
    let nick = nick.to_owned();
    match what {
        Occurrence::Named { .. } => later(LINE_BYTES, move || {
            info!(client, %address, nick, dialect, "client {client} at {address} is {nick} ({dialect})");
        }),
        Occurrence::LoggedIn => later(LINE_BYTES, move || {
            info!(client, %address, nick, dialect, "client {client} at {address} is logged in as {nick} ({dialect})");
        }),
        Occurrence::Registered => later(LINE_BYTES, move || {
            info!(client, %address, nick, dialect, "client {client} at {address} has registered {nick} ({dialect})");
        }),
        Occurrence::LoggedOut => later(LINE_BYTES, move || {
            info!(client, %address, nick, dialect, "client {client} at {address} is logged out, and is {nick} ({dialect})");
        }),
        Occurrence::Said(text) => {
            // A record is a line: what somebody says is not to look like another one.
            let text = clean(&text).into_owned();
            let bytes = LINE_BYTES + text.len();
            later(bytes, move || info!(client, %address, nick, dialect, text, "{nick} said: {text}"));
        }
        Occurrence::Joined { .. } | Occurrence::Left { .. } => {}
        Occurrence::Ordered { account, done } => {
            let (sentence, account) = (sentence(&done), account.as_deref().map(str::to_owned));
            let (whom, room) = (done.whom.to_string(), done.room.as_deref().map(str::to_owned));
            let bytes = LINE_BYTES + sentence.len() + whom.len();
            later(bytes, move || {
                let who = who(client, &nick);
                info!(client, %address, nick, account, dialect, whom, room, "{who} at {address}, keeps order: {sentence}");
            });
        }
        Occurrence::Refused { refusal, unlogged } => {
            let code = refusal.code().as_str();
            let reason = clean(&refusal.logged()).into_owned();
            let bytes = LINE_BYTES + reason.len();
            later(bytes, move || {
                let who = who(client, &nick);
                let and =
                    if unlogged > 0 { format!(" ({unlogged} before not listed)") } else { String::new() };
                info!(client, %address, nick, dialect, code, reason, unlogged, "{who} at {address}, refused: {reason}{and}");
            });
        }
    }
}

/// A client and who it is, once it has said so: `client 3, ana`.
pub(super) fn who(client: u64, nick: &str) -> String {
    if nick.is_empty() { format!("client {client}") } else { format!("client {client}, {nick}") }
}

/// What was done to keep order, in words.
pub(super) fn sentence(done: &Done) -> String {
    let Done { measure, by, room, whom, reason, until_ms, seconds, time_ms } = done;
    let for_ms = until_ms.map(|until_ms| until_ms - time_ms);
    let (room, seconds, is_you) = (room.as_deref(), u64::from(*seconds), false);
    let told = Told { measure: *measure, by, whom, is_you, room, for_ms, seconds, reason };
    clean(&told.sentence()).into_owned()
}

/// Whether anybody reads this; asked before strings are made.
fn is_wanted() -> bool {
    LevelFilter::current() >= LevelFilter::INFO
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_has_not_said_who_it_is_is_known_by_its_number() {
        assert_eq!(who(3, ""), "client 3");
        assert_eq!(who(3, "ana"), "client 3, ana");
    }
}
