//! Reading the configuration again, and the files that it names.

use std::path::Path;

use lanchat_protocol::admin::{Code, Happening, Reloaded, Reply};
use tokio::task::spawn_blocking;

use super::daemon::Daemon;
use super::peer::Peer;
use crate::config::networks::{Networks, networks};
use crate::config::reload::Plan;
use crate::config::{self, Config, load};
use crate::tls::Server;
use crate::{flusher, log};

/// What a reload has read.
struct Read {
    plan: Plan,
    merged: Config,
    networks: Networks,
    server: Option<Server>,
}

/// Reads all that a reload needs, and changes nothing.
fn read_again(source: Option<&Path>, old: &Config) -> Result<Read, String> {
    let new = load::read_again(source).map_err(|errors| errors.to_string())?;
    let networks =
        networks(&new.listen.allow).map_err(|_| "listen.allow: not a list of networks".to_owned())?;
    let plan = config::reload::plan(old, &new);
    let merged = config::reload::merge(old, new);
    let server = Server::load(&merged, |name| std::env::var_os(name)).map_err(|error| error.to_string())?;
    Ok(Read { plan, merged, networks, server })
}

impl Daemon {
    /// Reads the configuration again. On any error the old one stays in force. A disk may take its time with the files, and
    /// keeps only those waiting who reload.
    pub async fn reload(&self) -> Result<Reloaded, String> {
        let _one_at_a_time = self.reload.lock().await;
        let _reloading = self.manager.reloading();
        let (source, old) = (self.source.clone(), self.config.borrow().clone());
        let reading = spawn_blocking(move || read_again(source.as_deref(), &old));
        let read = reading.await.map_err(|error| format!("cannot read the configuration: {error}"))??;
        let Read { mut plan, merged, networks, server } = read;
        for key in self.relay.present(server) {
            if !plan.applied.iter().any(|applied| applied == key) {
                plan.applied.push(key.to_owned());
            }
        }
        plan.applied.sort_unstable();
        self.log.set_level(merged.log.level);
        // Other bounds may let go of what nobody was offered yet.
        flusher::pass(&self.relay);
        self.relay.configure(&merged, networks);
        *self.config.borrow_mut() = merged;
        if let Some(steward) = &self.steward {
            steward.retention_changed();
        }
        let config = self.source.as_ref().map(|path| path.display().to_string());
        Ok(Reloaded { config, applied: plan.applied, needs_restart: plan.needs_restart })
    }
}

/// An administrator wants it.
pub(super) async fn reload(daemon: &Daemon, peer: &Peer) -> Reply {
    match daemon.reload().await {
        Ok(reloaded) => {
            log::reloaded(&reloaded, Some(peer.uid));
            daemon.relay.watch.tell_reloaded(&reloaded, Some(peer.uid));
            Reply::ok(&reloaded)
        }
        Err(errors) => {
            log::reload_refused(&errors, Some(peer.uid));
            let (told, uid) = (&errors, Some(peer.uid));
            daemon.relay.watch.tell(|| Happening::ReloadRefused { errors: told.clone(), uid });
            Reply::refused(Code::BadConfig, errors)
        }
    }
}
