//! Start, wire together, stop.

use std::cell::Cell;
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::net::SocketAddr;
use std::os::unix::net;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use lanchat_protocol::admin::socket_candidates;
use sd_notify::NotifyState;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, LocalSet, spawn_local, yield_now};
use tokio::time::timeout;

use crate::admin::{self, Claim, ClaimError, Daemon, StopCause};
use crate::config::networks::networks;
use crate::config::{Config, Durability, load};
use crate::keeper::{self, Keeper, Opened};
use crate::log::{self, Console, Log};
use crate::relay::Relay;
use crate::store::OpenError;
use crate::systemd::{self, Manager, Passed, PassedError, Standing};
use crate::{descriptors, flusher, foreground, listen, metrics, signals};

/// How long the log and the console may take with their last lines.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(2);

/// How long a batch that is being written when the daemon ends is waited for.
const KEEPING_ENDS_WITHIN: Duration = Duration::from_secs(5);

/// How the daemon was started.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// The configuration file that was named.
    pub config: Option<PathBuf>,
    /// Whether somebody looks on.
    pub foreground: bool,
}

/// Why the daemon could not do its work. `Display` says what to do.
#[derive(Debug)]
pub enum Failure {
    /// The configuration has errors: all of them, a line each.
    Config(String),
    /// An address cannot be listened on.
    Listen {
        /// Which one.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// Metrics cannot be served.
    Metrics {
        /// Where.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// The admin socket cannot be had.
    Admin(ClaimError),
    /// The store cannot be opened.
    Store(OpenError),
    /// The sockets that the service manager passes cannot be used.
    Passed(PassedError),
    /// There is no place for the store.
    NoStorePlace,
    /// The system does not give what every process needs.
    System {
        /// What.
        what: &'static str,
        /// Why.
        source: io::Error,
    },
    /// A second signal ended it before everybody was told.
    Cut,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(errors) => f.write_str(errors),
            Self::Listen { address, source } if source.kind() == io::ErrorKind::AddrInUse => write!(
                f,
                "cannot listen on {address}: another program does, or another address in listen.chat; see with: ss -ltnp"
            ),
            Self::Listen { address, source } => {
                write!(f, "cannot listen on {address}: {source}; check listen.chat")
            }
            Self::Metrics { address, source } => {
                write!(f, "cannot serve metrics on {address}: {source}; check metrics.listen")
            }
            Self::Admin(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::Passed(error) => error.fmt(f),
            Self::NoStorePlace => f.write_str(
                "there is no place to keep what is said: set store.path, $STATE_DIRECTORY or $HOME, or store.path = \"\" to keep nothing",
            ),
            Self::System { what, source } => write!(f, "cannot {what}: {source}"),
            Self::Cut => f.write_str("stopped at once by a second signal: some clients were not told"),
        }
    }
}

impl std::error::Error for Failure {}

/// Runs until somebody stops it.
pub fn run(start: &Start) -> Result<(), Failure> {
    // Before anything is opened.
    let passed = Passed::take().map_err(Failure::Passed);
    let result = passed.and_then(|passed| begin(start, passed));
    match &result {
        Ok(()) => {}
        Err(Failure::Config(errors)) => log::configuration_refused(errors, start.foreground),
        Err(failure) => log::failed(&failure.to_string(), start.foreground),
    }
    result
}

fn begin(start: &Start, passed: Passed) -> Result<(), Failure> {
    let source = load::find(start.config.as_deref());
    let config = load::read(source.as_deref()).map_err(|errors| Failure::Config(errors.to_string()))?;
    let system = |what| move |source| Failure::System { what, source };
    let log = log::start(&config.log, start.foreground).map_err(system("start the log"))?;
    let log = Rc::new(log);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(system("start the runtime"))?;
    let result = LocalSet::new().block_on(&runtime, live(start, source, config, passed, log.clone()));
    drop(runtime);
    log.finish();
    result
}

async fn live(
    start: &Start,
    source: Option<PathBuf>,
    config: Config,
    passed: Passed,
    log: Rc<Log>,
) -> Result<(), Failure> {
    let manager = Rc::new(Manager::reach());
    if manager.is_there() {
        let manager = manager.clone();
        spawn_local(async move { manager.catch_up().await });
    }
    descriptors::raise(config.limits.connections_max);
    let mut signals =
        signals::register().map_err(|source| Failure::System { what: "take signals over", source })?;
    // Its administrator first: a second daemon is to hear who holds the place, not that a port is taken.
    let (is_chat_passed, is_admin_passed) = (!passed.chat.is_empty(), passed.admin.is_some());
    let (claim, admin_listener) = claim(&config, passed.admin)?;
    let listeners = match listeners(&config, passed.chat) {
        Ok(listeners) => listeners,
        Err(failure) => {
            claim.release();
            return Err(failure);
        }
    };
    let metrics_listener = match metrics::bind(&config.metrics) {
        Ok(listener) => listener,
        Err(source) => {
            claim.release();
            let address = config.metrics.listen;
            return Err(Failure::Metrics { address, source });
        }
    };
    let metrics_address = metrics_listener.as_ref().and_then(|listener| listener.local_addr().ok());
    let addresses: Vec<_> = listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect();
    if is_chat_passed || is_admin_passed {
        let chat = if is_chat_passed { &addresses[..] } else { &[] };
        log::sockets_passed(chat, is_admin_passed.then(|| claim.path()));
    }
    let console = open_console(start.foreground)?;
    let allowed = networks(&config.listen.allow).map_err(|_| Failure::Config("listen.allow".to_owned()))?;
    let relay = Rc::new(Relay::new(&config, allowed, console.clone()));
    let reload_asked = Cell::new(false);
    let opened = tokio::select! {
        biased;
        signal = signals::stop_asked(&mut signals, &reload_asked) => Err(signal),
        opened = open_store(&config, &relay, &manager) => Ok(opened),
    };
    let opened = match opened {
        Ok(Ok(opened)) => opened,
        Ok(Err(failure)) => {
            claim.release();
            return Err(failure);
        }
        Err(signal) => {
            give_up(signal, &manager, claim);
            return Ok(());
        }
    };
    let steward = opened.as_ref().map(|opened| opened.steward.clone());
    let daemon =
        Rc::new(Daemon::new(relay.clone(), steward, log, manager.clone(), addresses.clone(), metrics_address, source, config));

    let keeping = opened.map(|opened| {
        let Opened { keeper, lookups, steward, wished, .. } = opened;
        let daemon = daemon.clone();
        let retention = move || daemon.config.borrow().store.retention();
        spawn_local(steward.clone().run(wished));
        spawn_local(steward.retain(relay.clone(), retention));
        let cut = Rc::new(Notify::new());
        let keeping = spawn_local(keep(keeper, relay.clone(), cut.clone()));
        (keeping, cut, spawn_local(lookups.run(relay.clone())))
    });
    spawn_local(log::sum_up());
    spawn_local(flusher::run(relay.clone()));
    if let Some(listener) = metrics_listener {
        spawn_local(metrics::accept(daemon.clone(), listener));
    }
    spawn_local(admin::accept(daemon.clone(), admin_listener));
    spawn_local(signals::follow(daemon.clone(), signals));
    if start.foreground {
        spawn_local(foreground::follow(daemon.clone()));
    }
    let accepting: Vec<_> =
        listeners.into_iter().map(|listener| spawn_local(listen::accept(relay.clone(), listener))).collect();
    // Those who accept do so from here on.
    yield_now().await;
    log::ready(&addresses, claim.path());
    attend(&relay, &manager);
    if reload_asked.get() {
        signals::reload(&daemon);
    }

    daemon.stop_asked.notified().await;
    for task in accepting {
        task.abort();
    }
    let result = say_goodbye(&daemon).await;
    if let Some((keeping, cut, reading)) = keeping {
        reading.abort();
        end_keeping(&daemon, keeping, &cut).await;
    }
    claim.release();
    log::stopped();
    daemon.relay.watch.end().await;
    if let Some(console) = console {
        console.finish();
    }
    result
}

/// Ends before it serves: a disk that hangs is not to keep whoever stops the start waiting.
fn give_up(signal: &'static str, manager: &Manager, claim: Claim) {
    log::stopping(Some(signal));
    manager.tell(&[NotifyState::Stopping]);
    claim.release();
    log::stopped();
}

/// Tells everybody, and gives them the time to read it. A second signal ends it at once.
async fn say_goodbye(daemon: &Daemon) -> Result<(), Failure> {
    let reason = match daemon.stop_cause() {
        Some(StopCause::Signal(signal)) => {
            log::stopping(Some(signal));
            "it was told to by its host"
        }
        Some(StopCause::Admin | StopCause::Console) | None => {
            log::stopping(None);
            "its administrator stopped it"
        }
    };
    let relay = &daemon.relay;
    relay.stop(reason);
    let grace = Duration::from_millis(relay.limits().stop_grace_ms);
    let words = Standing::of(relay).to_string();
    daemon.manager.tell(&[NotifyState::Stopping, NotifyState::Status(&words)]);
    daemon.manager.needs(grace + LAST_WORDS_WITHIN);
    tokio::select! {
        biased;
        () = daemon.cut.notified() => return Err(Failure::Cut),
        emptied = timeout(grace, relay.empty()) => {
            if emptied.is_err() {
                let clients = relay.ask(|hub, _| hub.session_count());
                log::goodbye_unread(clients);
            }
        }
    }
    Ok(())
}

/// Opens the store, and has the hub go on from what was kept.
async fn open_store(config: &Config, relay: &Relay, manager: &Manager) -> Result<Option<Opened>, Failure> {
    if config.store.path.is_empty() {
        relay.act(|hub, _| hub.name_history(&unlike_any_other()));
        return Ok(None);
    }
    let path = config.store.file(|name| std::env::var_os(name)).ok_or(Failure::NoStorePlace)?;
    let opening = keeper::open(&config.store, &path);
    let mut opened = manager.holds_on("opening the store", opening).await.map_err(Failure::Store)?;
    let loaded = std::mem::take(&mut opened.loaded);
    log::store_opened(&path, loaded.conversations.len(), loaded.skipped);
    let acks_wait = config.store.durability == Durability::Commit;
    relay.act(|hub, _| hub.keep(loaded, acks_wait));
    Ok(Some(opened))
}

/// A name that nobody has given to anything else.
fn unlike_any_other() -> String {
    let random = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", random(), random())
}

/// Keeps what is said, until nothing more is said or the keeper is not waited for any more.
async fn keep(mut keeper: Keeper, relay: Rc<Relay>, cut: Rc<Notify>) -> Keeper {
    tokio::select! {
        () = keeper.run(&relay) => {}
        () = cut.notified() => {}
    }
    keeper
}

/// Everybody has gone: what they said is written, if the store still can.
async fn end_keeping(daemon: &Daemon, mut keeping: JoinHandle<Keeper>, cut: &Notify) {
    let Daemon { relay, manager, .. } = daemon;
    relay.end_keeping();
    manager.tell(&[NotifyState::Status(&Standing::of(relay).to_string())]);
    manager.needs(KEEPING_ENDS_WITHIN + keeper::ENDS_WITHIN + LAST_WORDS_WITHIN);
    let keeper = if let Ok(keeper) = timeout(KEEPING_ENDS_WITHIN, &mut keeping).await {
        keeper
    } else {
        cut.notify_one();
        keeping.await
    };
    if let Ok(keeper) = keeper {
        keeper.close(relay).await;
    }
}

/// Tells the service manager that the daemon serves, and from then on how it is and that it turns.
fn attend(relay: &Rc<Relay>, manager: &Rc<Manager>) {
    if !manager.is_there() {
        return;
    }
    let words = Standing::of(relay).to_string();
    manager.tell(&[NotifyState::Ready, NotifyState::Status(&words)]);
    relay.watch.begin();
    spawn_local(systemd::follow(relay.clone(), manager.clone(), words));
    spawn_local(systemd::feed(relay.clone(), manager.clone()));
}

/// The admin socket: the one that was passed, else the one that the configuration names.
fn claim(
    config: &Config,
    passed: Option<(PathBuf, net::UnixListener)>,
) -> Result<(Claim, UnixListener), Failure> {
    let Some((path, listener)) = passed else {
        return admin::claim(&admin_path(config)).map_err(Failure::Admin);
    };
    let what = "take the admin socket over that was passed";
    let listener = UnixListener::from_std(listener).map_err(|source| Failure::System { what, source })?;
    Ok((Claim::passed(path), listener))
}

/// The chat sockets: those that were passed, else those that the configuration names.
fn listeners(config: &Config, passed: Vec<std::net::TcpListener>) -> Result<Vec<TcpListener>, Failure> {
    if passed.is_empty() {
        return bind(config);
    }
    let what = "take the chat sockets over that were passed";
    let adopted = passed.into_iter().map(listen::adopt).collect::<io::Result<_>>();
    adopted.map_err(|source| Failure::System { what, source })
}

fn bind(config: &Config) -> Result<Vec<TcpListener>, Failure> {
    let listen = |address: &String| {
        let wrong = |source| Failure::Listen { address: address.clone(), source };
        let parsed: SocketAddr =
            address.parse().map_err(|error| wrong(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
        listen::bind(parsed).map_err(wrong)
    };
    config.listen.chat.iter().map(listen).collect()
}

fn admin_path(config: &Config) -> PathBuf {
    if !config.admin.socket.is_empty() {
        return config.admin.socket.clone().into();
    }
    let uid = rustix::process::geteuid().as_raw();
    socket_candidates(|name| std::env::var_os(name), uid).swap_remove(0)
}

fn open_console(foreground: bool) -> Result<Option<Console>, Failure> {
    let console = foreground.then(Console::start).transpose();
    console.map_err(|source| Failure::System { what: "start the console", source })
}
