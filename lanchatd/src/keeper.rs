//! Takes what the hub wants kept to the store, one batch at a time, and the answer back.

mod steward;

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::{sleep, timeout};

use crate::config;
pub use steward::{Followed, Outcome, Steward};

use crate::hub::POSITIONS_AHEAD;
use crate::kept::{Batch, Loaded};
use crate::log;
use crate::lookups::Lookups;
use crate::relay::Relay;
use crate::store::{Durability, OpenError, Options, REPORTS_MAX, Report, Store};

/// Whoever waits for a message to be written waits no longer than so: the disk is too slow.
const SLOW_AFTER: Duration = Duration::from_secs(1);

/// How long after a batch could not be written it is tried again, at first and at most.
const AGAIN_AFTER: Duration = Duration::from_millis(250);
const AGAIN_AFTER_MAX: Duration = Duration::from_secs(10);

/// How long the last batch may take when the daemon ends.
const LAST_WITHIN: Duration = Duration::from_secs(5);

/// Writes what is said.
#[derive(Debug)]
pub struct Keeper {
    store: Rc<Store>,
    reports: Receiver<Report>,
    tickets: u64,
}

/// A store that is open, and who works with it.
#[derive(Debug)]
pub struct Opened {
    /// Writes what is said.
    pub keeper: Keeper,
    /// Reads what people are to be told.
    pub lookups: Lookups,
    /// Does what administrators want.
    pub steward: Rc<Steward>,
    /// The reports that are for the steward.
    pub wished: Receiver<Report>,
    /// What was kept before.
    pub loaded: Loaded,
}

/// Opens the store. What it has kept before is for the hub.
pub fn open(config: &config::Store, path: &Path) -> Result<Opened, OpenError> {
    let durability = match config.durability {
        config::Durability::Commit => Durability::Commit,
        config::Durability::Relaxed => Durability::Relaxed,
    };
    let options = Options { durability, reserve: POSITIONS_AHEAD };
    // The queues have room for everything that can be on its way; progress may be dropped.
    let ((writes, written), (reads, read)) = (channel(REPORTS_MAX), channel(REPORTS_MAX));
    let (wishes, wished) = channel(2 * REPORTS_MAX);
    let tell = move |report| match report {
        Report::Progress { .. } if wishes.capacity() < REPORTS_MAX => {}
        Report::Progress { .. } | Report::Purged { .. } | Report::BackedUp { .. } | Report::Upkeep(_) => {
            drop(wishes.try_send(report));
        }
        Report::Read { ticket, .. } if ticket >= steward::TICKETS_FROM => drop(wishes.try_send(report)),
        Report::Read { .. } => drop(reads.try_send(report)),
        Report::Written { .. } => drop(writes.try_send(report)),
    };
    let (store, loaded) = Store::open(path, options, tell)?;
    let store = Rc::new(store);
    let lookups = Lookups::new(store.clone(), read);
    let steward = Rc::new(Steward::new(Rc::downgrade(&store)));
    let keeper = Keeper { store, reports: written, tickets: 0 };
    Ok(Opened { keeper, lookups, steward, wished, loaded })
}

impl Keeper {
    /// Keeps what is said until nothing more is to be kept.
    pub async fn run(&mut self, relay: &Rc<Relay>) {
        while !relay.is_keeping_over() {
            relay.keep_due().await;
            while let Some(batch) = relay.act(|hub, _| hub.take_batch()) {
                self.write(relay, batch).await;
            }
        }
    }

    /// Writes a batch, however often it takes.
    async fn write(&mut self, relay: &Relay, mut batch: Batch) {
        let mut again_after = AGAIN_AFTER;
        loop {
            let (failed, why) = match self.try_write(relay, batch).await {
                Ok(was_slow) => {
                    if relay.act(|hub, _| hub.batch_is_written(was_slow)) {
                        log::store_recovered();
                    }
                    return;
                }
                Err(failed) => failed,
            };
            trouble(relay, &why);
            if relay.is_keeping_over() {
                return;
            }
            batch = failed;
            sleep(again_after).await;
            again_after = (2 * again_after).min(AGAIN_AFTER_MAX);
        }
    }

    /// Writes a batch once. Says whether that took too long; on failure the batch comes back with the reason.
    async fn try_write(&mut self, relay: &Relay, batch: Batch) -> Result<bool, (Batch, String)> {
        let mut was_slow = false;
        self.tickets += 1;
        let this = self.tickets;
        if let Err(batch) = self.store.write(this, batch) {
            return Err((batch, "the store has too much to do".to_owned()));
        }
        loop {
            let report = if let Ok(report) = timeout(SLOW_AFTER, self.reports.recv()).await {
                report
            } else {
                was_slow = true;
                trouble(relay, &format!("writing takes longer than {} s", SLOW_AFTER.as_secs()));
                self.reports.recv().await
            };
            match report {
                Some(Report::Written { ticket, result, .. }) if ticket == this => {
                    return result
                        .map(|_| was_slow)
                        .map_err(|unwritten| (unwritten.batch, unwritten.error.to_string()));
                }
                Some(_) => {}
                None => return Err((Batch::default(), "the store's threads have ended".to_owned())),
            }
        }
    }

    /// Writes what is left, and closes the store. Nobody may be reading any more.
    pub async fn close(mut self, relay: &Rc<Relay>) {
        let last = relay.act(|hub, _| hub.last_batch());
        let written = timeout(LAST_WITHIN, self.try_write(relay, last)).await;
        match written {
            Ok(Ok(_)) => {}
            Ok(Err((_, why))) => return log::store_left(&why),
            Err(_) => return log::store_left("writing takes too long"),
        }
        let Ok(store) = Rc::try_unwrap(self.store) else { return log::store_left("it is still being read") };
        if let Err(error) = store.close() {
            log::store_left(&error.to_string());
        }
    }
}

fn trouble(relay: &Relay, why: &str) {
    if relay.act(|hub, _| hub.store_is_in_trouble(why)) {
        log::store_in_trouble(why);
    }
}
