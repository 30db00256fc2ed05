//! Takes what the hub wants kept to the store, one batch at a time, and the answer back.

mod parts;
mod steward;

use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::thread::Builder;
use std::time::Duration;

use lanchat_protocol::admin::Happening;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

use crate::config;
use parts::parts;
pub use steward::{Followed, Outcome, Steward};

use crate::hub::POSITIONS_AHEAD;
use crate::kept::{Batch, Loaded};
use crate::log;
use crate::lookups::Lookups;
use crate::relay::{Relay, add, count};
use crate::store::{Durability, OpenError, Options, REPORTS_MAX, Report, Store, StoreErrorKind};

/// Whoever waits for a message to be written waits no longer than so: the disk is too slow.
const SLOW_AFTER: Duration = Duration::from_secs(1);

/// How long after a batch could not be written it is tried again, at first and at most.
const AGAIN_AFTER: Duration = Duration::from_millis(250);
const AGAIN_AFTER_MAX: Duration = Duration::from_secs(10);

/// A store that was found damaged or gone so often, one time after the other, gives way to a new one: somebody may be
/// moving the file, or mending it.
const RENEWED_AFTER: u32 = 4;

/// How long the last batch may take when the daemon ends.
const LAST_WITHIN: Duration = Duration::from_secs(5);

/// How long the store may take to close.
const CLOSED_WITHIN: Duration = Duration::from_secs(5);

/// How long [`Keeper::close`] takes at most.
pub const ENDS_WITHIN: Duration = LAST_WITHIN.saturating_add(CLOSED_WITHIN);

/// Much is said where a batch has so many messages. The next one may grow for so long: each takes the disk about as
/// long, whatever is in it.
const MANY_FROM: usize = 16;
const REST: Duration = Duration::from_millis(50);
/// In a flood, which such a batch is a sign of, it grows for longer.
const FLOOD_FROM: usize = 1024;
const FLOOD_REST: Duration = Duration::from_millis(100);
/// Where somebody waits for an acknowledgement, it takes more, and the rest is a millisecond for so many: whoever sends a
/// little and waits then is not held up, while much is still written at once.
const LARGE_FROM: usize = 128;
const RESTS_A_MS_FOR: usize = 64;
const WAITED_FOR_REST_MAX: Duration = Duration::from_millis(20);

/// Writes what is said.
#[derive(Debug)]
pub struct Keeper {
    store: Rc<Store>,
    reports: Receiver<Report>,
    tickets: u64,
    /// What is still to be written of a batch that made trouble, the first last.
    left: Vec<Batch>,
}

/// A batch that was not written.
#[derive(Debug)]
struct Failed {
    batch: Batch,
    why: String,
    /// The same again will not work either.
    is_for_good: bool,
    /// It is the file that is damaged, or gone.
    is_damage: bool,
}

impl Failed {
    fn for_now(batch: Batch, why: &str) -> Self {
        Self { batch, why: why.to_owned(), is_for_good: false, is_damage: false }
    }
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

/// Opens the store. What it has kept before is for the hub. It may take long: nobody is held up meanwhile.
pub async fn open(config: &config::Store, path: &Path) -> Result<Opened, OpenError> {
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
    let (store, loaded) = open_aside(path.to_owned(), move |path| Store::open(path, options, tell)).await?;
    let store = Rc::new(store);
    let lookups = Lookups::new(store.clone(), read);
    let steward = Rc::new(Steward::new(Rc::downgrade(&store)));
    let keeper = Keeper { store, reports: written, tickets: 0, left: Vec::new() };
    Ok(Opened { keeper, lookups, steward, wished, loaded })
}

impl Keeper {
    /// Where a store is that was found damaged and was put aside.
    pub fn aside(&self) -> Option<PathBuf> {
        self.store.aside()
    }

    /// Keeps what is said until nothing more is to be kept.
    pub async fn run(&mut self, relay: &Rc<Relay>) {
        while !relay.is_keeping_over() {
            relay.keep_due().await;
            while let Some(batch) = relay.act(|hub, _| hub.take_batch()) {
                let messages = batch.messages.len();
                self.write(relay, batch).await;
                let is_waited_for = relay.ask(|hub, _| hub.is_ack_waited_for());
                if let Some(rest) = rest_after(messages, is_waited_for) {
                    sleep(rest).await;
                }
            }
        }
    }

    /// Writes a batch, however often it takes. What the store will never take is left out, and counted.
    async fn write(&mut self, relay: &Relay, batch: Batch) {
        let mut again_after = AGAIN_AFTER;
        let (mut is_slow, mut refused, mut why_refused) = (false, 0, None);
        let mut damaged = 0;
        // Not held here: whoever stops waiting for this is not to lose any of it.
        self.left.push(batch);
        while let Some(batch) = self.left.pop() {
            match self.try_write(relay, batch).await {
                Ok(was_slow) => is_slow |= was_slow,
                Err(Failed { batch, why, is_for_good: true, .. }) => {
                    let parts = parts(batch);
                    refused += parts.hopeless;
                    why_refused = Some(why);
                    self.left.extend(parts.worth_trying.into_iter().rev());
                }
                Err(Failed { batch, why, is_for_good: false, is_damage }) => {
                    trouble(relay, &why);
                    self.left.push(batch);
                    if relay.is_keeping_over() {
                        return;
                    }
                    damaged = if is_damage { damaged + 1 } else { 0 };
                    if damaged >= RENEWED_AFTER && self.renew(relay).await {
                        damaged = 0;
                        continue;
                    }
                    sleep(again_after).await;
                    again_after = (2 * again_after).min(AGAIN_AFTER_MAX);
                }
            }
        }
        if let Some(why) = why_refused {
            log::store_refused(&why, refused);
            relay.watch.tell(|| Happening::StoreRefused { reason: why.clone(), messages: refused });
            relay.act(|hub, _| hub.batch_is_refused_in_part(refused));
        }
        if relay.act(|hub, _| hub.batch_is_written(is_slow)) {
            relay.changes.note_trouble();
            log::store_recovered();
            relay.watch.tell(|| Happening::StoreRecovered);
        }
    }

    /// Writes a batch once. Says whether that took too long.
    async fn try_write(&mut self, relay: &Relay, batch: Batch) -> Result<bool, Failed> {
        self.tickets += 1;
        match self.store.write(self.tickets, batch) {
            Ok(()) => self.outcome(relay).await,
            Err(batch) => Err(Failed::for_now(*batch, "the store has too much to do")),
        }
    }

    /// Has a new store take the place of one that is damaged or gone. Whether there is one.
    async fn renew(&mut self, relay: &Relay) -> bool {
        self.tickets += 1;
        let batch = relay.ask(|hub, _| hub.all_but_messages());
        if self.store.renew(self.tickets, batch).is_err() {
            return false;
        }
        match self.outcome(relay).await {
            Ok(_) => {
                let aside = self.store.aside();
                log::store_renewed(self.store.path(), aside.as_deref());
                relay.act(|hub, _| hub.store_is_renewed(aside.map(|aside| aside.display().to_string())));
                true
            }
            Err(Failed { why, .. }) => {
                trouble(relay, &why);
                false
            }
        }
    }

    /// Waits for what comes of the batch that was handed over last. Says whether that took too long.
    async fn outcome(&mut self, relay: &Relay) -> Result<bool, Failed> {
        let (this, mut was_slow, begun) = (self.tickets, false, Instant::now());
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
                    if result.is_ok() {
                        count(&relay.tally.batches);
                        add(&relay.tally.batches_us, begun.elapsed().as_micros() as u64);
                    }
                    return result.map(|_| was_slow).map_err(|unwritten| Failed {
                        batch: unwritten.batch,
                        why: unwritten.error.to_string(),
                        is_damage: unwritten.error.wants_new_store(),
                        is_for_good: unwritten.error.kind == StoreErrorKind::Refused,
                    });
                }
                // Of one that was not waited for any more.
                Some(Report::Written { result: Err(unwritten), .. }) => self.left.push(unwritten.batch),
                Some(_) => {}
                None => return Err(Failed::for_now(Batch::default(), "the store's threads have ended")),
            }
        }
    }

    /// Writes what is left, and closes the store: both only for so long. Nobody may be reading any more.
    pub async fn close(mut self, relay: &Rc<Relay>) {
        let written = timeout(LAST_WITHIN, self.write_last(relay)).await;
        let written = written.unwrap_or_else(|_| Err("writing takes too long".to_owned()));
        let closed = match Rc::try_unwrap(self.store) {
            Ok(store) => close_within(store, CLOSED_WITHIN).await,
            Err(_) => Err("it is still being read".to_owned()),
        };
        let messages = if written.is_ok() { 0 } else { relay.ask(|hub, _| hub.unwritten()) };
        if let Err(why) = written.and(closed) {
            log::store_left(&why, messages);
        }
    }

    async fn write_last(&mut self, relay: &Rc<Relay>) -> Result<(), String> {
        let last = relay.act(|hub, _| hub.last_batch());
        self.left.insert(0, last);
        while let Some(batch) = self.left.pop() {
            self.try_write(relay, batch).await.map_err(|failed| failed.why)?;
        }
        Ok(())
    }
}

/// Opens a store on a thread of its own.
async fn open_aside<T: Send + 'static>(
    path: PathBuf,
    open: impl FnOnce(&Path) -> Result<T, OpenError> + Send + 'static,
) -> Result<T, OpenError> {
    let (done, opened) = oneshot::channel();
    let failed = |source| OpenError::File { what: "start a thread to open", path: path.clone(), source };
    let run = {
        let path = path.clone();
        // Whoever has stopped waiting need not be told.
        move || drop(done.send(open(&path)))
    };
    Builder::new().name("store-opener".to_owned()).spawn(run).map_err(failed)?;
    opened.await.unwrap_or_else(|_| Err(failed(io::Error::other("it has ended"))))
}

/// How long the next batch may grow after one of so many messages.
fn rest_after(messages: usize, is_waited_for: bool) -> Option<Duration> {
    let short = Duration::from_millis((messages / RESTS_A_MS_FOR) as u64);
    let (from, rest) = match (is_waited_for, messages) {
        (true, _) => (LARGE_FROM, short.min(WAITED_FOR_REST_MAX)),
        (false, FLOOD_FROM..) => (FLOOD_FROM, FLOOD_REST),
        (false, _) => (MANY_FROM, REST),
    };
    (messages >= from).then_some(rest)
}

/// Closes a store on a thread of its own, which is left alone where a disk hangs: the process ends all the same.
async fn close_within(store: Store, limit: Duration) -> Result<(), String> {
    let (done, closed) = oneshot::channel();
    let close = move || {
        // Whoever has stopped waiting need not be told.
        let _ = done.send(store.close());
    };
    Builder::new().name("store-closer".to_owned()).spawn(close).map_err(|error| error.to_string())?;
    match timeout(limit, closed).await {
        Ok(Ok(result)) => result.map_err(|error| error.to_string()),
        Ok(Err(_)) => Err("its thread has ended".to_owned()),
        Err(_) => Err("closing takes too long".to_owned()),
    }
}

fn trouble(relay: &Relay, why: &str) {
    let is_news = relay.act(|hub, _| hub.store_is_in_trouble(why));
    relay.changes.note_trouble();
    if is_news {
        log::store_in_trouble(why);
        relay.watch.tell(|| Happening::StoreDegraded { reason: why.to_owned() });
    }
}

#[cfg(test)]
mod tests;
