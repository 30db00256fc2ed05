//! The configuration: what there is to set, and the defaults.
//!
//! [`load`] finds and reads the file, [`check`] says what values may be, [`reload`] plans what a
//! running daemon can take over. `config/lanchatd.toml` shows every key with its default.

pub mod check;
pub mod errors;
pub mod load;
pub mod networks;
pub mod reload;

use std::ffi::OsString;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::store::Retention;

/// Everything that can be set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `[listen]`
    pub listen: Listen,
    /// `[admin]`
    pub admin: Admin,
    /// `[limits]`
    pub limits: Limits,
    /// `[io]`
    pub io: Io,
    /// `[log]`
    pub log: Log,
    /// `[metrics]`
    pub metrics: Metrics,
    /// `[store]`
    pub store: Store,
    /// `[tls]`
    pub tls: Tls,
    /// `[accounts]`
    pub accounts: Accounts,
}

/// `[listen]`: where chat clients connect, and who may.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Listen {
    /// Addresses with ports; port 0 takes a free one.
    pub chat: Vec<String>,
    /// `"lan"`, `"any"`, or a list of networks.
    pub allow: Allow,
}

impl Default for Listen {
    fn default() -> Self {
        Self { chat: vec!["127.0.0.1:5555".to_owned()], allow: Allow::Named("lan".to_owned()) }
    }
}

/// Whose connections are taken, as written. [`networks::networks`] understands it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "\"lan\", \"any\", or a list of networks such as [\"10.1.0.0/16\"]")]
pub enum Allow {
    /// `"lan"` or `"any"`.
    Named(String),
    /// Networks in CIDR notation.
    Networks(Vec<String>),
}

/// `[admin]`: where `lanchatctl` connects.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Admin {
    /// The socket's path; `""`: the first of [`lanchat_protocol::admin::socket_candidates`].
    pub socket: String,
}

/// `[limits]`: every bound has its name here. 0 means "no limit" where noted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The longest line of a client, in bytes without its end.
    pub line_bytes_max: usize,
    /// Connections at once, in all; 0: no limit.
    pub connections_max: usize,
    /// Connections at once from one address; 0: no limit.
    pub connections_per_address_max: usize,
    /// Whether the limit per address holds for loopback too.
    pub connections_per_address_on_loopback: bool,
    /// Messages a second that a client may send in the long run; 0: no limit.
    pub messages_per_second_max: u32,
    /// Messages that a client may send at once before the rate counts.
    pub messages_burst_max: u32,
    /// How long a native client may take to say a complete `hello`.
    pub login_grace_ms: u64,
    /// How long a socket may take nothing of what it is owed before it is closed.
    pub write_deadline_ms: u64,
    /// How long a text client's unfinished line has to be quiet to be a message.
    pub text_quiet_ms: u64,
    /// How long a TLS handshake may take in all.
    pub handshake_ms: u64,
    /// How long a new connection may be silent before it is greeted as a text client.
    pub greeting_delay_ms: u64,
    /// The longest rest between two passes of a busy relay; 0: none. See [`crate::rest`].
    pub rest_ms_max: u64,
    /// How long a stop may take to hand out what clients are owed.
    pub stop_grace_ms: u64,
    /// Bytes that one timeline keeps in memory.
    pub timeline_bytes_max: usize,
    /// Events that one timeline keeps in memory.
    pub timeline_events_max: usize,
    /// Bytes that all timelines keep in memory.
    pub timelines_bytes_max: usize,
    /// Rooms at once, those between two people included.
    pub rooms_max: usize,
    /// Rooms that one client may be in.
    pub rooms_joined_max: usize,
    /// People whom one client may hide.
    pub ignored_max: usize,
    /// People who are remembered when they have gone, so that messages can wait for them.
    pub people_max: usize,
    /// Accounts.
    pub accounts_max: usize,
    /// Bans at once.
    pub bans_max: usize,
    /// People at once who may say nothing: everywhere, and in each room.
    pub mutes_max: usize,
    /// People who are operators of one room, have a voice there, or are invited.
    pub room_people_max: usize,
    /// Messages of a room that whoever enters it is told, if they do not say how many; 0: none.
    pub backlog_messages: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line_bytes_max: 4096,
            connections_max: 10_000,
            connections_per_address_max: 64,
            connections_per_address_on_loopback: false,
            messages_per_second_max: 20,
            messages_burst_max: 100,
            login_grace_ms: 10_000,
            write_deadline_ms: 30_000,
            text_quiet_ms: 150,
            handshake_ms: 10_000,
            greeting_delay_ms: 300,
            rest_ms_max: 5,
            stop_grace_ms: 5_000,
            timeline_bytes_max: 4 * 1024 * 1024,
            timeline_events_max: 50_000,
            timelines_bytes_max: 256 * 1024 * 1024,
            rooms_max: 10_000,
            rooms_joined_max: 50,
            ignored_max: 100,
            people_max: 10_000,
            accounts_max: 10_000,
            bans_max: 1_000,
            mutes_max: 1_000,
            room_people_max: 200,
            backlog_messages: 20,
        }
    }
}

/// `[io]`: how the relay writes to its sockets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Io {
    /// What carries a message to many.
    pub backend: Backend,
}

/// What carries a message to many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backend {
    /// io_uring where the system has it and allows it, else as with [`Backend::Epoll`].
    #[default]
    Auto,
    /// A system call for each receiver.
    Epoll,
    /// As [`Backend::Auto`], but the lack of io_uring needs attention.
    IoUring,
}

impl Backend {
    /// As the configuration says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Epoll => "epoll",
            Self::IoUring => "io_uring",
        }
    }
}

/// `[log]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// The least important level that is logged.
    pub level: Level,
    /// Where to.
    pub target: Target,
    /// Whether what people say is logged.
    pub messages: bool,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: Level::Info, target: Target::Auto, messages: false }
    }
}

/// How important a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Something failed.
    Error,
    /// Something is not as it should be.
    Warn,
    /// Comings, goings, refusals, starts and stops.
    Info,
    /// What a developer wants to see.
    Debug,
    /// Everything.
    Trace,
}

/// Where log lines go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// journald when started by systemd, else standard error.
    Auto,
    /// journald.
    Journald,
    /// Standard error.
    Stderr,
}

/// `[metrics]`: counters for Prometheus.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// An address with a port, at which `/metrics` is served over HTTP; `""`: it is not.
    pub listen: String,
}

/// `[store]`: what is kept of what is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Store {
    /// The file; `""`: nothing is kept; `"auto"`: where [`Store::auto_path`] says.
    pub path: String,
    /// What an acknowledgement promises.
    pub durability: Durability,
    /// Messages that are older go, in days; 0: none do.
    pub retention_days: u64,
    /// Of each room, so many of the newest messages stay; 0: all do.
    pub retention_messages: u64,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            path: "auto".to_owned(),
            durability: Durability::Commit,
            retention_days: 0,
            retention_messages: 0,
        }
    }
}

/// The file of a store whose path is `"auto"`, in the directory of the store.
const STORE: &str = "lanchat.db";

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

impl Store {
    /// Where the store is; `None`: there is to be none. `env` looks an environment variable up.
    pub fn file(&self, env: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
        match self.path.as_str() {
            "" => None,
            "auto" => Self::auto_path(env),
            path => Some(path.into()),
        }
    }

    /// What is kept of it.
    pub fn retention(&self) -> Retention {
        let bound = |number: u64| (number > 0).then_some(number);
        let age_ms_max = bound(self.retention_days).map(|days| days.saturating_mul(DAY_MS));
        Retention { age_ms_max, count_max: bound(self.retention_messages) }
    }

    /// The file in `$STATE_DIRECTORY`, else in `$XDG_STATE_HOME/lanchatd`, else in `~/.local/state/lanchatd`.
    pub fn auto_path(env: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
        let directory = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = || directory("HOME").map(|home| home.join(".local/state"));
        let own = || directory("XDG_STATE_HOME").or_else(home).map(|state| state.join("lanchatd"));
        directory("STATE_DIRECTORY").or_else(own).map(|directory| directory.join(STORE))
    }
}

/// What an acknowledgement promises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// That the message is on the disk.
    #[default]
    Commit,
    /// That it was taken: it is on the disk soon.
    Relaxed,
}

/// `[tls]`: whether connections may be encrypted, and by which key the relay is known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// Who may or has to.
    pub mode: Mode,
    /// The file of the certificate, and of those between it and its authority; `""`: see [`crate::tls`].
    pub certificate: String,
    /// The file of its key.
    pub key: String,
}

/// Who speaks TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Nobody.
    Off,
    /// Whoever wants to.
    #[default]
    Optional,
    /// Everybody.
    Required,
}

impl Mode {
    /// As the configuration says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Optional => "optional",
            Self::Required => "required",
        }
    }
}

/// `[accounts]`: who chats, and whose a name is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Accounts {
    /// Who chats, and who may register.
    pub who: Who,
    /// Passwords and tokens are taken over connections that are not encrypted.
    pub plain_passwords: bool,
}

/// Who chats, and who may register.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Everybody chats, and anybody may register.
    #[default]
    Open,
    /// Only who is logged in chats; anybody may register.
    Registered,
    /// The same, and registering takes an invite.
    Invited,
}
