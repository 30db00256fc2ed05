//! The log: what an administrator finds in the journal, as structured events.
//!
//! Fields go by their own names: `client` (id), `address`, `nick`, `dialect`, `reason`, `code`. What
//! people say is not in it unless `log.messages` is set. Every string has passed the sanitiser.

mod console;
mod setup;

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::Path;

use lanchat_protocol::text::clean;
use tracing::info;

pub use console::{Console, Writer};
pub use setup::{Log, start};

use crate::hub::Occurrence;

/// Somebody connected.
pub fn connected(client: u64, address: SocketAddr) {
    info!(client, %address, "connected");
}

/// A connection has ended, by `ending`.
pub fn disconnected(client: u64, address: SocketAddr, nick: &str, dialect: &str, ending: &dyn Display) {
    info!(client, %address, nick, dialect, reason = %ending, "disconnected");
}

/// A connection was not taken; `unlogged` before it were not reported.
pub fn not_admitted(address: SocketAddr, reason: &str, unlogged: u64) {
    info!(%address, reason, unlogged, "connection refused");
}

/// Something happened in the hub.
pub fn occurrence(
    client: u64,
    address: SocketAddr,
    nick: &str,
    dialect: &str,
    what: &Occurrence,
    shown: &Shown,
) {
    match what {
        Occurrence::Named => info!(client, %address, nick, dialect, "named"),
        Occurrence::Said(text) => {
            if let Some(console) = shown.console {
                console.print(&format!("{address} - {text}\n"));
            }
            if shown.messages {
                info!(client, %address, nick, dialect, text, "said");
            }
        }
        Occurrence::Refused { refusal, unlogged } => {
            let code = refusal.code().as_str();
            let reason = clean(&refusal.to_string()).into_owned();
            info!(client, %address, nick, dialect, code, reason, unlogged, "refused");
        }
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

/// The daemon serves.
pub fn ready(listen: &[SocketAddr], admin: &Path) {
    let listen = listen.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(" ");
    info!(listen, admin = %admin.display(), version = env!("CARGO_PKG_VERSION"), "ready");
}
