//! The configuration: what there is to set, and the defaults.
//!
//! [`load`] finds and reads the file, [`check`] says what values may be, [`reload`] plans what a
//! running daemon can take over. `config/lanchatd.toml` shows every key with its default.

pub mod check;
pub mod errors;
mod limits;
pub mod load;
pub mod networks;
pub mod reload;

use std::ffi::OsString;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use limits::Limits;

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
