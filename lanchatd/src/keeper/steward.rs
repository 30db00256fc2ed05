//! Carries an administrator's wishes to the store, and its answers back. Some take long: those are tasks, which go on
//! whether somebody follows them or not.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::rc::{Rc, Weak};
use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::sync::{Mutex, Notify, oneshot};
use tokio::time::timeout;

use crate::kept::ConversationId;
use crate::relay::Relay;
use crate::store::{Answer, BackedUp, Report, Request, Retention, Store, Ticket};
use crate::{flusher, log};

/// Tickets from here on are the steward's.
pub(super) const TICKETS_FROM: Ticket = 1 << 48;

/// Tasks at one time, those included of whose end nobody has heard.
const TASKS_MAX: usize = 16;

/// How often what is beyond the retention is removed.
const RETAINED_EVERY: Duration = Duration::from_mins(10);

/// How long the store may take to answer: a disk may hang, and others want to read too.
const READ_WITHIN: Duration = Duration::from_secs(30);

/// How long a task is waited for before it is told how far it is.
const FOLLOWED_FOR: Duration = Duration::from_millis(500);

/// An administrator's way to the store.
#[derive(Debug)]
pub struct Steward {
    /// The keeper has it, and closes it at the end.
    store: Weak<Store>,
    tickets: Cell<Ticket>,
    /// Who waits for which report.
    waiting: RefCell<HashMap<Ticket, oneshot::Sender<Report>>>,
    tasks: RefCell<BTreeMap<Ticket, State>>,
    /// Something has come of a task.
    moved: Notify,
    /// There may be another retention.
    retention_changed: Notify,
    /// One request at a time: people who read come first.
    reading: Mutex<()>,
}

/// How a task is.
#[derive(Debug)]
enum State {
    Running { done: u64, of: Option<u64> },
    Over(Result<Outcome, String>),
}

/// What a task has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A copy.
    BackedUp(BackedUp),
    /// So many messages went.
    Purged(u64),
}

/// How a task is towards those who follow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Followed {
    /// It goes on.
    Running {
        /// Messages removed, or pages written.
        done: u64,
        /// Of how many, where that is known.
        of: Option<u64>,
    },
    /// It is over, and this is told once.
    Over(Result<Outcome, String>),
    /// There is no such task.
    Unknown,
}

impl Steward {
    pub(super) fn new(store: Weak<Store>) -> Self {
        Self {
            store,
            tickets: Cell::new(TICKETS_FROM),
            waiting: RefCell::default(),
            tasks: RefCell::default(),
            moved: Notify::new(),
            retention_changed: Notify::new(),
            reading: Mutex::default(),
        }
    }

    /// Hands the store's reports out for as long as the daemon lives.
    pub async fn run(self: Rc<Self>, mut reports: Receiver<Report>) {
        while let Some(report) = reports.recv().await {
            let ticket = match &report {
                Report::Progress { ticket, done, of } => {
                    self.moves(*ticket, State::Running { done: *done, of: *of });
                    continue;
                }
                Report::Upkeep(error) => {
                    log::store_upkeep_failed(&error.to_string());
                    continue;
                }
                Report::Written { ticket, .. }
                | Report::Read { ticket, .. }
                | Report::Purged { ticket, .. }
                | Report::BackedUp { ticket, .. } => *ticket,
            };
            if let Some(waiting) = self.waiting.borrow_mut().remove(&ticket) {
                // Who does not wait any more need not be told.
                let _ = waiting.send(report);
            }
        }
    }

    /// Asks the store for something.
    pub async fn read(&self, request: Request) -> Result<Answer, String> {
        let _turn = self.reading.lock().await;
        let (ticket, report) = self.expect_report();
        self.store()?
            .read(ticket, request)
            .map_err(|_| "the store has too much to read: try again".to_owned())?;
        match timeout(READ_WITHIN, report).await {
            Ok(Ok(Report::Read { result, .. })) => result.map_err(|error| error.to_string()),
            Ok(_) => Err(closed()),
            Err(_) => Err(format!("the store has not answered within {} s", READ_WITHIN.as_secs())),
        }
    }

    /// Begins a copy of the store.
    pub fn back_up(self: &Rc<Self>, to: PathBuf) -> Result<Ticket, String> {
        let (ticket, report) = self.expect_report();
        self.begin(ticket)?;
        if self.store()?.back_up(ticket, to).is_err() {
            self.tasks.borrow_mut().remove(&ticket);
            return Err("another backup is being written: wait for its end".to_owned());
        }
        let this = self.clone();
        tokio::task::spawn_local(async move {
            let result = match report.await {
                Ok(Report::BackedUp { result, .. }) => {
                    result.map(Outcome::BackedUp).map_err(|e| e.to_string())
                }
                _ => Err(closed()),
            };
            this.moves(ticket, State::Over(result));
        });
        Ok(ticket)
    }

    /// Begins a purge: `first` is what has to be so before, `last` what is to be done when it was successful.
    pub fn purge(
        self: &Rc<Self>,
        before_ms: i64,
        conversation: Option<ConversationId>,
        first: impl Future<Output = Result<(), String>> + 'static,
        last: impl FnOnce(u64) + 'static,
    ) -> Result<Ticket, String> {
        let (ticket, report) = self.expect_report();
        self.begin(ticket)?;
        let this = self.clone();
        tokio::task::spawn_local(async move {
            let begun = first.await.and_then(|()| {
                let asked = this.store()?.purge(ticket, before_ms, conversation);
                asked.map_err(|_| "the store has too much to do: try again".to_owned())
            });
            let result = match begun {
                Ok(()) => match report.await {
                    Ok(Report::Purged { result, .. }) => result.map_err(|error| error.to_string()),
                    _ => Err(closed()),
                },
                Err(why) => Err(why),
            };
            if let Ok(messages) = result {
                last(messages);
            }
            this.moves(ticket, State::Over(result.map(Outcome::Purged)));
        });
        Ok(ticket)
    }

    /// Removes what is beyond the retention, at once and every now and then, from the store and from the memory.
    pub async fn retain(self: Rc<Self>, relay: Rc<Relay>, retention: impl Fn() -> Retention) {
        loop {
            let retention = retention();
            if retention != Retention::default() {
                let now_ms = relay.ask(|_, now| now.wall_ms);
                // Where the store has too much to do, the next time will do.
                let _ = self.store().map(|store| store.retain(now_ms, retention));
                // Those who are here are still told what is on its way to them.
                flusher::pass(&relay);
                relay.act(|hub, _| {
                    if let Some(age_ms) = retention.age_ms_max {
                        hub.forget_before(now_ms.saturating_sub_unsigned(age_ms), None);
                    }
                    if let Some(count) = retention.count_max {
                        hub.forget_beyond(count);
                    }
                });
            }
            // Either will do.
            let _ = timeout(RETAINED_EVERY, self.retention_changed.notified()).await;
        }
    }

    /// Another retention may be in force.
    pub fn retention_changed(&self) {
        self.retention_changed.notify_one();
    }

    /// How a task is. Waits a moment for its end.
    pub async fn follow(&self, task: Ticket) -> Followed {
        // Where that takes longer, it is told how far it is.
        let _ = timeout(FOLLOWED_FOR, self.over(task)).await;
        let mut tasks = self.tasks.borrow_mut();
        match tasks.get(&task) {
            Some(State::Running { done, of }) => Followed::Running { done: *done, of: *of },
            Some(State::Over(_)) => match tasks.remove(&task) {
                Some(State::Over(result)) => Followed::Over(result),
                Some(State::Running { .. }) | None => Followed::Unknown,
            },
            None => Followed::Unknown,
        }
    }

    async fn over(&self, task: Ticket) {
        loop {
            let moved = self.moved.notified();
            if !matches!(self.tasks.borrow().get(&task), Some(State::Running { .. })) {
                return;
            }
            moved.await;
        }
    }

    fn store(&self) -> Result<Rc<Store>, String> {
        self.store.upgrade().ok_or_else(closed)
    }

    fn expect_report(&self) -> (Ticket, oneshot::Receiver<Report>) {
        let ticket = self.tickets.get() + 1;
        self.tickets.set(ticket);
        let (report, reported) = oneshot::channel();
        let mut waiting = self.waiting.borrow_mut();
        waiting.retain(|_, waiting| !waiting.is_closed());
        waiting.insert(ticket, report);
        (ticket, reported)
    }

    /// Makes room for a task, where nobody has asked for the end of an old one.
    fn begin(&self, ticket: Ticket) -> Result<(), String> {
        let mut tasks = self.tasks.borrow_mut();
        if tasks.len() >= TASKS_MAX {
            let over = tasks.iter().find(|(_, state)| matches!(state, State::Over(_))).map(|(task, _)| *task);
            let Some(over) = over else {
                return Err(format!("{TASKS_MAX} tasks are under way already: wait for the end of one"));
            };
            tasks.remove(&over);
        }
        tasks.insert(ticket, State::Running { done: 0, of: None });
        Ok(())
    }

    /// What is over does not move any more.
    fn moves(&self, task: Ticket, to: State) {
        if let Some(state @ State::Running { .. }) = self.tasks.borrow_mut().get_mut(&task) {
            *state = to;
        }
        self.moved.notify_waiters();
    }
}

fn closed() -> String {
    "the store is being closed: the relay stops".to_owned()
}
