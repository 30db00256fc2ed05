//! Start, wire together, stop.

mod doors;
mod failure;

use std::cell::Cell;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinHandle, LocalSet, spawn_blocking, spawn_local, yield_now};
use tokio::time::timeout;

use crate::admin::{self, Addresses, Claim, Daemon, StopCause};
use crate::config::networks::networks;
use crate::config::{Config, Durability, load};
use crate::keeper::{self, Keeper, Opened};
use crate::log::{self, Console, Log};
use crate::passwords::Passwords;
use crate::relay::Relay;
use crate::systemd::{self, Manager, Passed, Standing};
use crate::tls::Server;
use crate::{descriptors, flusher, foreground, listen, metrics, signals};
use doors::Doors;
pub use failure::Failure;

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
    // A disk that hangs while it is read is not waited for.
    runtime.shutdown_background();
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
    let console = open_console(start.foreground)?;
    let allowed = networks(&config.listen.allow).map_err(|_| Failure::Config("listen.allow".to_owned()))?;
    let Doors { claim, admin: admin_listener, chat: listeners, metrics: metrics_listener } =
        Doors::open(&config, passed)?;
    let addresses = Addresses {
        chat: listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect(),
        metrics: metrics_listener.as_ref().and_then(|listener| listener.local_addr().ok()),
    };
    let (passwords, checked) = Passwords::start()
        .map_err(|source| Failure::System { what: "start the threads for passwords", source })?;
    let relay = Rc::new(Relay::new(&config, allowed, passwords, console.clone()));
    let reload_asked = Cell::new(false);
    let opened = tokio::select! {
        biased;
        signal = signals::stop_asked(&mut signals, &reload_asked) => Err(signal),
        opened = open_files(&config, &relay, &manager) => Ok(opened),
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
        Rc::new(Daemon::new(relay.clone(), steward, log, manager.clone(), addresses, source, config));

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
    spawn_local(relay.clone().answer_checks(checked));
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
    log::ready(&daemon.addresses.chat, claim.path());
    attend(&relay, &manager);
    if reload_asked.get() {
        spawn_local(signals::reload(daemon.clone()));
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

/// Opens what is on the disk: the store, and what TLS goes by.
async fn open_files(config: &Config, relay: &Relay, manager: &Manager) -> Result<Option<Opened>, Failure> {
    let opened = open_store(config, relay, manager).await?;
    let wanted = config.clone();
    // A disk may take its time, as with the store.
    let loading = spawn_blocking(move || Server::load(&wanted, |name| std::env::var_os(name)));
    let lost = |error: JoinError| Failure::System { what: "read the key for TLS", source: error.into() };
    if let Some(server) = loading.await.map_err(lost)?.map_err(Failure::Tls)? {
        log::key(&server, relay.clock.now().wall_ms);
        relay.tls.replace(Some(Rc::new(server)));
    }
    Ok(opened)
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
    if let Some(aside) = opened.keeper.aside() {
        log::store_renewed(&path, Some(&aside));
        relay.act(|hub, _| hub.store_is_renewed(Some(aside.display().to_string())));
    }
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
    relay.changes.begin();
    spawn_local(systemd::follow(relay.clone(), manager.clone(), words));
    spawn_local(systemd::feed(relay.clone(), manager.clone()));
}

fn open_console(foreground: bool) -> Result<Option<Console>, Failure> {
    let console = foreground.then(Console::start).transpose();
    console.map_err(|source| Failure::System { what: "start the console", source })
}
