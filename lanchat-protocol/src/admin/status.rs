//! How the relay is, and who is connected.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprint;
use crate::role::Role;

/// How the relay is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// [`super::SCHEMA`].
    pub schema: u32,
    /// The daemon's version.
    pub version: String,
    /// Its process id.
    pub pid: u32,
    /// For how long it has been running, in seconds.
    pub uptime_s: u64,
    /// The addresses it takes chat connections on.
    pub listen: Vec<String>,
    /// The configuration file; `None`: built-in defaults.
    pub config: Option<String>,
    /// How it sends a message to many: `io_uring` or `epoll`.
    #[serde(default)]
    pub io: String,
    /// How it was to, as `io.backend` says it.
    #[serde(default)]
    pub io_wanted: String,
    /// Why that is not `io_uring` although it was to be.
    #[serde(default)]
    pub io_shortfall: Option<String>,
    /// The file in which is kept what is said; `None`: nothing is kept.
    #[serde(default)]
    pub store: Option<String>,
    /// Why what is said is not kept at the moment.
    #[serde(default)]
    pub store_trouble: Option<String>,
    /// Where a store is that was damaged and was put aside since the start.
    #[serde(default)]
    pub store_aside: Option<String>,
    /// Messages that left the memory while they could not be kept: they are in no history.
    #[serde(default)]
    pub messages_not_kept: u64,
    /// Messages that are to be kept and are not on the disk yet.
    #[serde(default)]
    pub messages_unwritten: u64,
    /// Where Prometheus finds `/metrics`; `None`: nowhere.
    #[serde(default)]
    pub metrics: Option<String>,
    /// Connections that it takes at most; 0: no limit.
    #[serde(default)]
    pub connections_max: u64,
    /// Files and sockets that it may have open; 0: no limit.
    #[serde(default)]
    pub files_max: u64,
    /// Those that it has open.
    #[serde(default)]
    pub files_open: u64,
    /// Processor time that it has used, in milliseconds.
    #[serde(default)]
    pub cpu_ms: u64,
    /// Memory that it has resident, in bytes.
    #[serde(default)]
    pub memory_bytes: u64,
    /// Bytes that its clients' sockets took since the start.
    #[serde(default)]
    pub bytes_sent: u64,
    /// Whether nobody new is let in: an administrator wants that, until they do not or the relay ends.
    #[serde(default)]
    pub lockdown: bool,
    /// Whether it is on its way out.
    pub stopping: bool,
    /// Connections now.
    pub clients: u64,
    /// Connections since the start.
    pub connections: u64,
    /// Rooms now.
    pub rooms: u64,
    /// Messages accepted since the start.
    pub messages_accepted: u64,
    /// Messages handed to a receiver's socket since the start, counted once for each receiver.
    pub deliveries: u64,
    /// Requests, messages and connections refused since the start.
    pub refusals: u64,
    /// The same by code: those of the native dialect for requests and messages; for connections `full`, `too_many_from_address`,
    /// `connecting_too_fast`, `banned`, `lockdown`, `not_from_here`, `stopping`, `http`, `tls`, `tls_required`, `handshake`
    /// and `unsealed`.
    #[serde(default)]
    pub refusals_by_code: BTreeMap<String, u64>,
    /// Clients disconnected because their socket took nothing for the write deadline.
    pub slow_disconnects: u64,
    /// How often a slow reader was told that it missed something.
    pub gaps: u64,
    /// Messages that slow readers missed, counted once for each receiver.
    pub messages_skipped: u64,
    /// Bytes that the timelines hold now.
    pub timeline_bytes: u64,
    /// Lines that the console or the log could not take in time and that were dropped.
    pub log_lines_dropped: u64,
    /// How it encrypts.
    #[serde(default)]
    pub tls: Tls,
}

/// How the relay encrypts what its clients say and are told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tls {
    /// `off`, `optional` or `required`, as `tls.mode` says it.
    pub mode: String,
    /// What the relay's key is known by; `None`: it has none.
    pub fingerprint: Option<Fingerprint>,
    /// Where the key is.
    pub key: Option<String>,
    /// When the certificate ends, where it does: RFC 3339, UTC.
    pub expires: Option<String>,
    /// What of the key or its certificate needs attention.
    pub warnings: Vec<String>,
    /// Connections now that are encrypted.
    pub sessions: u64,
    /// Handshakes that were done since the start.
    pub handshakes: u64,
    /// Handshakes that came to nothing since the start, and sessions that broke.
    pub failures: u64,
}

impl Tls {
    /// The same with so many sessions.
    #[must_use]
    pub fn with_sessions(self, sessions: u64) -> Self {
        Self { sessions, ..self }
    }
}

/// One connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Names the connection; never used twice in the life of the process.
    pub id: u64,
    /// The nick; empty before a native client's `hello`.
    pub nick: String,
    /// Where it comes from.
    pub address: String,
    /// `text`, `native`, or `new` before the first bytes have shown it.
    pub dialect: String,
    /// Whether nobody on the way can read what it says and is told.
    #[serde(default)]
    pub tls: bool,
    /// What whoever speaks there may do: a guest has not shown who they are.
    #[serde(default)]
    pub role: Role,
    /// The rooms it is in.
    pub rooms: Vec<String>,
    /// For how long it has been connected, in seconds.
    pub connected_s: u64,
    /// Messages accepted from it.
    pub messages: u64,
    /// Bytes that it is owed and whose socket did not take yet.
    pub backlog_bytes: u64,
    /// Messages that it missed by reading too slowly.
    pub skipped: u64,
}

/// The counters as Prometheus reads them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metrics {
    /// [`super::SCHEMA`].
    pub schema: u32,
    /// `OpenMetrics` 1.0, which ends with `# EOF`.
    pub text: String,
}

/// How clients and rooms are called, for those who type: each at most [`NAMES_MAX`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// [`super::SCHEMA`].
    pub schema: u32,
    /// Clients, in no order.
    pub clients: Vec<Named>,
    /// Rooms, in no order.
    pub rooms: Vec<String>,
}

/// How many names are told at most.
pub const NAMES_MAX: usize = 200;

/// How a client is called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Names the connection.
    pub id: u64,
    /// The nick.
    pub nick: String,
    /// Where it comes from.
    pub address: String,
}
