//! What each verb of an administrator does.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;

use lanchat_protocol::admin::{
    Announced, By, Checked, Code, Happening, Kicked, Lockdown, Metrics, Reply, Request, SCHEMA, Status,
    Stopping, Top,
};
use lanchat_protocol::order::Order;
use lanchat_protocol::text::clean;
use tokio::net::UnixStream;
use tokio::sync::{Mutex, Notify};

use super::accounts;
use super::archive::{self, Wish};
use super::{order, reload};
use crate::config::{Config, load};
use crate::hub::{Hub, Looked};
use crate::keeper::Steward;
use crate::log::{self, Log};
use crate::metrics::{self, Process};
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

/// Who is at the other end of an admin connection.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) uid: u32,
    pid: Option<i32>,
    /// The export of which the log has a record: a room or all, and whether with what was said to one person alone.
    pub(super) export: RefCell<Option<(Option<String>, bool)>>,
}

impl Peer {
    pub(super) fn of(stream: &UnixStream) -> io::Result<Self> {
        let credentials = stream.peer_cred()?;
        Ok(Self { uid: credentials.uid(), pid: credentials.pid(), export: RefCell::default() })
    }
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

/// What a line asks for.
pub(super) fn understand(line: &[u8]) -> Result<Request, Reply> {
    match serde_json::from_slice::<Request>(line) {
        Ok(request) => Ok(request),
        Err(error) => {
            let message = error.to_string();
            let is_verb = message.starts_with("unknown variant");
            let code = if is_verb { Code::UnknownVerb } else { Code::BadRequest };
            Err(Reply::refused(code, format!("not a request: {message}")))
        }
    }
}

/// Carries out one request.
pub(super) async fn carry_out(daemon: &Daemon, peer: &Peer, request: Request) -> Reply {
    match request {
        Request::Status => Reply::ok(&daemon.status()),
        Request::ListClients => Reply::ok(&daemon.relay.ask(Hub::clients)),
        Request::Metrics => Reply::ok(&Metrics { schema: SCHEMA, text: metrics::text(daemon) }),
        Request::Names { prefix } => Reply::ok(&daemon.relay.ask(|hub, _| hub.names(&prefix))),
        Request::Stop => stop(daemon, peer),
        Request::Reload => reload::reload(daemon, peer).await,
        Request::Kick { client, reason } => kick(daemon, peer, &client, reason.as_deref()),
        Request::Ban { whom, for_s, reason } => {
            let (whom, for_ms, reason) = (whom.into(), order::ms(for_s), reason.map(Into::into));
            order::keep(daemon, peer, None, Order::Ban { whom, for_ms, reason }).await
        }
        Request::Unban { whom } => order::keep(daemon, peer, None, Order::Unban { whom: whom.into() }).await,
        Request::Bans => order::bans(daemon),
        Request::Mute { nick, room, for_s, reason } => {
            let (nick, for_ms, reason) = (nick.into(), order::ms(for_s), reason.map(Into::into));
            order::keep(daemon, peer, room, Order::Mute { nick, for_ms, reason }).await
        }
        Request::Unmute { nick, room } => {
            order::keep(daemon, peer, room, Order::Unmute { nick: nick.into() }).await
        }
        Request::Order { room, order } => order::keep(daemon, peer, Some(room), order.order()).await,
        Request::Announce { text } => announce(daemon, peer, &text),
        Request::Lockdown { on } => lockdown(daemon, peer, on),
        Request::CheckConfig { text, name } => check_config(daemon, text, name),
        // These belong to a connection, and are answered there.
        Request::Watch | Request::Top { .. } => {
            Reply::refused(Code::BadRequest, "this is asked on a connection of its own")
        }
        Request::Rooms => archive::rooms(daemon).await,
        Request::Export { room, since_ms, direct, from } => {
            archive::export(daemon, peer, Wish { room, since_ms, direct, from }).await
        }
        Request::Backup { to } => archive::backup(daemon, peer, to).await,
        Request::UserAdd { nick, role, password } => {
            accounts::add_user(daemon, peer, &nick, role, password).await
        }
        Request::UserDel { nick } => accounts::remove_user(daemon, peer, &nick).await,
        Request::UserList => accounts::users(daemon),
        Request::UserPasswd { nick, password } => accounts::set_password(daemon, peer, &nick, password).await,
        Request::UserRole { nick, role } => accounts::set_role(daemon, peer, &nick, role).await,
        Request::TokenNew { nick, name } => accounts::new_token(daemon, peer, &nick, &name).await,
        Request::TokenList { nick } => accounts::tokens(daemon, nick.as_deref()),
        Request::TokenRevoke { id } => accounts::revoke_token(daemon, peer, &id).await,
        Request::Invite { uses, expires_s, role } => {
            accounts::invite(daemon, peer, uses, expires_s, role).await
        }
        Request::InviteList => accounts::invites(daemon),
        Request::InviteRevoke { invite } => accounts::revoke_invite(daemon, peer, &invite).await,
        Request::Purge { before_ms, room } => archive::purge(daemon, peer, before_ms, room).await,
        Request::Follow { task } => archive::follow(daemon, task).await,
    }
}

/// The relay and its first clients.
pub(super) fn top(daemon: &Daemon, by: By, limit: usize, looked: &mut Looked) -> Reply {
    let busy = daemon.relay.ask(|hub, now| hub.busy(now, by, limit, looked));
    Reply::ok(&Top { schema: SCHEMA, status: daemon.status(), busy })
}

fn stop(daemon: &Daemon, peer: &Peer) -> Reply {
    log::stop_asked(peer.uid, peer.pid);
    daemon.stop(StopCause::Admin);
    Reply::ok(&Stopping { pid: std::process::id() })
}

fn kick(daemon: &Daemon, peer: &Peer, client: &str, reason: Option<&str>) -> Reply {
    let mut first = None;
    // Somebody who is logged in may be here more than once.
    for id in daemon.relay.ask(|hub, _| hub.find_all(client)) {
        let Some(kicked) = daemon.relay.act(|hub, now| hub.kick(now, id, reason)) else { continue };
        log::kicked(peer.uid, id.serial, &kicked.address, &kicked.nick, reason);
        daemon.relay.watch.tell(|| Happening::Kicked {
            client: id.serial,
            address: kicked.address.clone(),
            nick: kicked.nick.clone(),
            reason: reason.map(|reason| clean(reason).into_owned()),
            uid: peer.uid,
        });
        let kicked = Kicked { id: id.serial, nick: kicked.nick, address: kicked.address };
        first = first.or(Some(kicked));
    }
    first.map_or_else(|| no_such_client(client), |kicked| Reply::ok(&kicked))
}

fn no_such_client(client: &str) -> Reply {
    let message =
        format!("no client has the id or the nick {:?}: see lanchatctl list-clients", clean(client));
    Reply::refused(Code::NoSuchClient, message)
}

fn announce(daemon: &Daemon, peer: &Peer, text: &str) -> Reply {
    let text = clean(text);
    if text.trim().is_empty() {
        return Reply::refused(Code::BadRequest, "there is nothing to announce");
    }
    let clients = daemon.relay.act(|hub, now| hub.announce(now, &text));
    log::announced(peer.uid, clients);
    daemon.relay.watch.tell(|| Happening::Announced { clients: clients as u64, uid: peer.uid });
    Reply::ok(&Announced { clients: clients as u64 })
}

fn lockdown(daemon: &Daemon, peer: &Peer, on: Option<bool>) -> Reply {
    let changed = on.is_some_and(|on| daemon.relay.act(|hub, _| hub.lock_down(on)));
    let lockdown = daemon.relay.ask(|hub, _| hub.is_locked_down());
    if changed {
        log::lockdown(peer.uid, lockdown);
        daemon.relay.watch.tell(|| Happening::Lockdown { on: lockdown, uid: peer.uid });
    }
    Reply::ok(&Lockdown { lockdown, changed })
}

fn check_config(daemon: &Daemon, text: Option<String>, name: Option<String>) -> Reply {
    let (name, result) = if let Some(text) = text {
        let name = name.unwrap_or_else(|| "configuration".to_owned());
        let result = load::parse(&name, &text);
        (name, result)
    } else {
        let source = daemon.source.as_deref();
        let name = source.map_or("built-in defaults".to_owned(), |path| path.display().to_string());
        (name, load::read_again(source))
    };
    match result {
        Ok(_) => Reply::ok(&Checked { name }),
        Err(errors) => Reply::refused(Code::BadConfig, errors.to_string()),
    }
}
