//! The running daemon, as far as an administrator can reach it.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;

use lanchat_protocol::admin::{Happening, SCHEMA, Status};
use tokio::sync::{Mutex, Notify};

use crate::config::Config;
use crate::keeper::Steward;
use crate::log::Log;
use crate::metrics::Process;
use crate::relay::Relay;
use crate::systemd::Manager;

/// Who asked the daemon to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopCause {
    /// An administrator, by the admin socket.
    Admin,
    /// A signal.
    Signal(&'static str),
    /// `stop`, typed on the console.
    Console,
}

/// Where the daemon listens.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// For clients.
    pub chat: Vec<SocketAddr>,
    /// For those who read metrics, if there is such a place.
    pub metrics: Option<SocketAddr>,
}

/// What an administrator can reach of the running daemon.
#[derive(Debug)]
pub struct Daemon {
    /// The relay.
    pub relay: Rc<Relay>,
    /// The way to the store; `None`: nothing is kept.
    pub steward: Option<Rc<Steward>>,
    /// The log.
    pub log: Rc<Log>,
    /// The service manager.
    pub manager: Rc<Manager>,
    /// Where it listens.
    pub addresses: Addresses,
    /// The configuration file; `None`: built-in defaults.
    pub source: Option<PathBuf>,
    /// The configuration in force.
    pub config: RefCell<Config>,
    stop_cause: Cell<Option<StopCause>>,
    /// Somebody asked for the stop.
    pub(crate) stop_asked: Notify,
    /// A second signal: there is no more time for a goodbye.
    pub(crate) cut: Notify,
    /// Held by whoever reloads.
    pub(super) reload: Mutex<()>,
}

impl Daemon {
    /// The daemon as it starts.
    pub fn new(
        relay: Rc<Relay>,
        steward: Option<Rc<Steward>>,
        log: Rc<Log>,
        manager: Rc<Manager>,
        addresses: Addresses,
        source: Option<PathBuf>,
        config: Config,
    ) -> Self {
        let config = RefCell::new(config);
        Self {
            relay,
            steward,
            log,
            manager,
            addresses,
            source,
            config,
            stop_cause: Cell::new(None),
            stop_asked: Notify::new(),
            cut: Notify::new(),
            reload: Mutex::default(),
        }
    }

    /// Asks for the stop. The first cause counts.
    pub fn stop(&self, cause: StopCause) {
        if self.stop_cause.get().is_none() {
            self.stop_cause.set(Some(cause));
            let cause = match cause {
                StopCause::Admin => "admin",
                StopCause::Console => "console",
                StopCause::Signal(name) => name,
            };
            self.relay.watch.tell(|| Happening::Stopping { cause: cause.to_owned() });
            self.stop_asked.notify_one();
        }
    }

    /// Who asked for the stop, if anybody has.
    pub fn stop_cause(&self) -> Option<StopCause> {
        self.stop_cause.get()
    }

    /// Whether somebody has asked for the stop.
    pub fn is_stopping(&self) -> bool {
        self.stop_cause.get().is_some()
    }

    /// How the relay is.
    pub fn status(&self) -> Status {
        let store = self.config.borrow().store.file(|name| std::env::var_os(name));
        let (tally, outlet) = (&self.relay.tally, &self.relay.outlet);
        let connections_max = self.relay.limits().connections_max;
        let process = Process::look();
        let tls = self.relay.tls_status();
        let dropped = self.log.dropped() + self.relay.console_lines_dropped();
        self.relay.ask(|hub, now| {
            let (totals, keeping) = (hub.totals(), hub.keeping());
            Status {
                schema: SCHEMA,
                version: env!("CARGO_PKG_VERSION").to_owned(),
                pid: std::process::id(),
                uptime_s: now.seconds_since(0),
                listen: self.addresses.chat.iter().map(SocketAddr::to_string).collect(),
                config: self.source.as_ref().map(|path| path.display().to_string()),
                io: outlet.backend().name().to_owned(),
                io_wanted: outlet.wanted().name().to_owned(),
                io_shortfall: outlet.shortfall(),
                store: store.map(|path| path.display().to_string()),
                store_trouble: keeping.trouble,
                messages_not_kept: keeping.lost,
                messages_unwritten: hub.unwritten(),
                metrics: self.addresses.metrics.map(|address| address.to_string()),
                connections_max: connections_max as u64,
                files_max: process.files_max,
                files_open: process.files_open,
                cpu_ms: process.cpu_ms,
                memory_bytes: process.memory_bytes,
                bytes_sent: tally.bytes_sent.get(),
                store_aside: keeping.aside,
                lockdown: hub.is_locked_down(),
                stopping: hub.is_stopping(),
                clients: hub.session_count() as u64,
                connections: totals.connections,
                rooms: hub.room_count() as u64,
                messages_accepted: totals.messages_accepted,
                deliveries: totals.deliveries,
                refusals: totals.refusals + tally.refused.borrow().values().sum::<u64>(),
                refusals_by_code: tally.refusals_by_code(totals),
                slow_disconnects: tally.slow_disconnects.get(),
                gaps: totals.gaps,
                messages_skipped: totals.messages_skipped,
                timeline_bytes: hub.timeline_bytes() as u64,
                log_lines_dropped: dropped,
                tls: tls.with_sessions(hub.encrypted_count() as u64),
            }
        })
    }
}
