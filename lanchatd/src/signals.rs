//! Signals: TERM and INT stop, HUP reloads, XFSZ does nothing.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use futures_util::StreamExt;
use lanchat_protocol::admin::Happening;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;
use signal_hook_tokio::Signals;
use tokio::task::spawn_local;

use crate::admin::{Daemon, StopCause};
use crate::log;

/// Takes the signals over from the system.
pub fn register() -> io::Result<Signals> {
    // It would end the daemon where a file reaches a limit of the system (RLIMIT_FSIZE, setrlimit(2)). Taken by anybody, it
    // leaves the error of the write, which is one of the disk like others. Nobody looks at the flag.
    flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)))?;
    Signals::new([SIGTERM, SIGINT, SIGHUP])
}

/// Waits for one that asks for the stop, before there is a daemon that could be asked. Notes whether one asks for a
/// reload meanwhile.
pub async fn stop_asked(signals: &mut Signals, reload_asked: &Cell<bool>) -> &'static str {
    loop {
        match signals.next().await {
            Some(SIGHUP) => reload_asked.set(true),
            Some(SIGINT) => return "SIGINT",
            Some(_) => return "SIGTERM",
            None => std::future::pending().await,
        }
    }
}

/// Follows the signals for as long as the daemon lives.
pub async fn follow(daemon: Rc<Daemon>, mut signals: Signals) {
    while let Some(signal) = signals.next().await {
        match signal {
            SIGHUP => drop(spawn_local(reload(daemon.clone()))),
            _ if daemon.is_stopping() => daemon.cut.notify_one(),
            SIGINT => daemon.stop(StopCause::Signal("SIGINT")),
            _ => daemon.stop(StopCause::Signal("SIGTERM")),
        }
    }
}

/// Reads the configuration again because of a signal.
pub async fn reload(daemon: Rc<Daemon>) {
    match daemon.reload().await {
        Ok(reloaded) => {
            log::reloaded(&reloaded, None);
            daemon.relay.watch.tell_reloaded(&reloaded, None);
        }
        Err(errors) => {
            log::reload_refused(&errors, None);
            daemon.relay.watch.tell(|| Happening::ReloadRefused { errors, uid: None });
        }
    }
}
