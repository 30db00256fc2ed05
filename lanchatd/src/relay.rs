//! The shell's side of the hub: the one place through which the tasks of the chat thread reach it.

mod secrecy;
mod settings;
mod tally;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use crate::clock::Clock;
use crate::config::networks::Networks;
use crate::config::{Config, Limits};
use crate::dialect;
use crate::hub::{Check, Checked, Hub, Lookup, NotAdmitted, Now, Output, SessionId};
use crate::link::Link;
use crate::log::{self, Console, Shown};
use crate::outlet::Outlet;
use crate::passwords::{self, Passwords};
use crate::rest::Passed;
use crate::systemd::Changes;
use crate::tls::Server;
use crate::watch::Watch;
pub use settings::settings;
pub use tally::{Tally, add, count};

/// How much is read from one socket at a time, in bytes. One buffer serves all connections.
const READ_BYTES: usize = 64 * 1024;

/// How long nothing is read in a burst, so that those whose sockets are full take what they are owed; and where one of
/// them is about to miss something, because it was not its turn to run.
const BREATHER: Duration = Duration::from_millis(2);
const DEEP_BREATHER: Duration = Duration::from_millis(20);

/// A reader that has taken nothing for so long is not waited for.
const LAGGARD_READS_WITHIN: Duration = Duration::from_millis(100);

/// The hub with its sockets, its clock and its outputs.
#[derive(Debug)]
pub struct Relay {
    hub: RefCell<Hub>,
    /// By the slot of the session.
    links: RefCell<Vec<Option<Rc<Link>>>>,
    /// There is something to write.
    flush: Notify,
    /// The flusher has been told.
    is_pass_due: Cell<bool>,
    /// What the store has yet to be asked.
    lookups: RefCell<VecDeque<Lookup>>,
    look_up: Notify,
    /// There is something to keep.
    keep: Notify,
    /// The keeper has been told.
    is_keep_due: Cell<bool>,
    /// Nothing more will be kept.
    is_keeping_over: Cell<bool>,
    /// Whoever wants to hear how the daemon is.
    pub(crate) changes: Changes,
    /// A pass has ended.
    turned: Notify,
    /// The last connection has gone.
    emptied: Notify,
    pub(crate) read_buffer: RefCell<Box<[u8]>>,
    /// What was read of TLS, opened; kept for its room, empty.
    pub(crate) opened: RefCell<Vec<u8>>,
    /// What a new connection that speaks TLS goes by; `None`: it is not taken.
    pub(crate) tls: RefCell<Option<Rc<Server>>>,
    /// How a pass reaches the sockets.
    pub outlet: Outlet,
    /// When a reader whose socket is full last took something, or began to be one.
    laggard_moved: Cell<Option<Instant>>,
    /// Until when nothing more is read.
    breather: Cell<Option<Instant>>,
    /// Kept between passes for its room; empty.
    pub(crate) called: RefCell<Vec<SessionId>>,
    pub(crate) clock: Clock,
    pub(crate) tally: Tally,
    /// Those who are told what happens.
    pub(crate) watch: Watch,
    limits: RefCell<Rc<Limits>>,
    networks: RefCell<Rc<Networks>>,
    console: Option<Console>,
    log_messages: Cell<bool>,
    /// Looks at passwords.
    pub(crate) passwords: Passwords,
}

impl Relay {
    /// A relay without connections. `console` is shown what happens, where there is one.
    pub fn new(config: &Config, networks: Networks, passwords: Passwords, console: Option<Console>) -> Self {
        Self {
            hub: RefCell::new(Hub::new(settings(config, console.is_some()), dialect::ENCODERS)),
            links: RefCell::default(),
            flush: Notify::new(),
            is_pass_due: Cell::new(false),
            lookups: RefCell::default(),
            look_up: Notify::new(),
            keep: Notify::new(),
            is_keep_due: Cell::new(false),
            is_keeping_over: Cell::new(false),
            changes: Changes::default(),
            turned: Notify::new(),
            emptied: Notify::new(),
            read_buffer: RefCell::new(vec![0; READ_BYTES].into()),
            opened: RefCell::default(),
            tls: RefCell::default(),
            outlet: Outlet::open(config.io.backend),
            laggard_moved: Cell::new(None),
            breather: Cell::new(None),
            called: RefCell::default(),
            clock: Clock::start(),
            tally: Tally::default(),
            watch: Watch::default(),
            limits: RefCell::new(Rc::new(config.limits.clone())),
            networks: RefCell::new(Rc::new(networks)),
            console,
            log_messages: Cell::new(config.log.messages),
            passwords,
        }
    }

    /// Takes over what a reload may change.
    pub fn configure(&self, config: &Config, networks: Networks) {
        *self.limits.borrow_mut() = Rc::new(config.limits.clone());
        *self.networks.borrow_mut() = Rc::new(networks);
        self.log_messages.set(config.log.messages);
        self.act(|hub, now| hub.configure(now, settings(config, self.console.is_some())));
    }

    /// The limits in force.
    pub fn limits(&self) -> Rc<Limits> {
        self.limits.borrow().clone()
    }

    /// Whose connections are taken.
    pub fn networks(&self) -> Rc<Networks> {
        self.networks.borrow().clone()
    }

    /// Tells the hub something, and carries out what comes of it.
    pub fn act<T>(&self, what: impl FnOnce(&mut Hub, Now) -> T) -> T {
        self.act_at(self.clock.now(), what)
    }

    /// The same at a moment that is known already.
    pub fn act_at<T>(&self, now: Now, what: impl FnOnce(&mut Hub, Now) -> T) -> T {
        let mut hub = self.hub.borrow_mut();
        let result = what(&mut hub, now);
        if hub.has_outputs() {
            self.carry_out(&mut hub);
        }
        if !self.is_pass_due.get() && hub.has_ready() {
            self.is_pass_due.set(true);
            self.flush.notify_one();
        }
        if !self.is_keep_due.get() && hub.has_unsaved() {
            self.is_keep_due.set(true);
            self.keep.notify_one();
        }
        self.changes.look(&hub);
        result
    }

    /// Waits until the flusher has made a pass, which is asked for whether there is something to write or not.
    pub(crate) async fn turn(&self) {
        let turned = self.turned.notified();
        self.is_pass_due.set(true);
        self.flush.notify_one();
        turned.await;
    }

    /// Waits until there is something to keep, or nothing will be any more.
    pub(crate) async fn keep_due(&self) {
        self.keep.notified().await;
        self.is_keep_due.set(false);
    }

    /// The next thing that the store is to be asked.
    pub(crate) async fn next_lookup(&self) -> Lookup {
        loop {
            let lookup = self.lookups.borrow_mut().pop_front();
            match lookup {
                Some(lookup) => return lookup,
                None => self.look_up.notified().await,
            }
        }
    }

    /// Hands out what has come of passwords, for as long as the daemon lives.
    pub async fn answer_checks(self: Rc<Self>, mut answers: mpsc::Receiver<passwords::Answer>) {
        while let Some((id, ticket, checked)) = answers.recv().await {
            self.act(|hub, now| hub.checked(now, id, ticket, checked));
            // It is read from again.
            if let Some(link) = self.link(id) {
                link.go_on();
            }
        }
    }

    /// Nothing more will be kept.
    pub fn end_keeping(&self) {
        self.is_keeping_over.set(true);
        self.keep.notify_one();
    }

    /// Whether [`Relay::end_keeping`] was called.
    pub(crate) fn is_keeping_over(&self) -> bool {
        self.is_keeping_over.get()
    }

    /// Asks the hub something.
    pub fn ask<T>(&self, what: impl FnOnce(&Hub, Now) -> T) -> T {
        what(&self.hub.borrow(), self.clock.now())
    }

    /// The hub itself, for the write path.
    pub(crate) fn hub(&self) -> &RefCell<Hub> {
        &self.hub
    }

    /// Takes a connection in.
    pub fn attach(&self, stream: tokio::net::TcpStream, address: SocketAddr) -> Result<Rc<Link>, Refused> {
        let id = match self.act(|hub, now| hub.connect(now, address)) {
            Ok(id) => id,
            Err(why) => return Err(Refused { stream, why }),
        };
        let link = Rc::new(Link::new(stream, id));
        let mut links = self.links.borrow_mut();
        if links.len() <= id.slot {
            links.resize_with(id.slot + 1, || None);
        }
        links[id.slot] = Some(link.clone());
        self.show(address, "connected");
        Ok(link)
    }

    /// Lets a connection go, whose others are told `reason`.
    pub fn detach(&self, id: SessionId, reason: Option<&str>) {
        let address = self.ask(|hub, _| hub.describe(id).map(|(_, address, _)| address));
        self.links.borrow_mut()[id.slot] = None;
        self.act(|hub, now| hub.disconnect(now, id, reason));
        if let Some(address) = address {
            self.show(address, "disconnected");
        }
        if self.ask(|hub, _| hub.session_count()) == 0 {
            self.emptied.notify_one();
        }
    }

    /// The connection of a session.
    pub fn link(&self, id: SessionId) -> Option<Rc<Link>> {
        self.links.borrow().get(id.slot)?.clone().filter(|link| link.id == id)
    }

    /// Waits until there is something to write.
    pub(crate) async fn pass_due(&self) {
        self.flush.notified().await;
    }

    /// Sends everybody who is owed the same what they are owed, and leaves in `called` who has to be
    /// looked at by themselves. Whoever is told something from here on needs another pass.
    pub(crate) fn pass(&self, called: &mut Vec<SessionId>) -> Passed {
        self.is_pass_due.set(false);
        let links = self.links.borrow();
        let mut passed = Passed::default();
        self.hub.borrow_mut().pass(called, |fanout, short| {
            passed.writes += fanout.readers.len();
            passed.bytes += fanout.readers.len() * fanout.owed.bytes;
            self.outlet.send(&links, fanout, short);
            let full = (fanout.readers.len() - short.len()) * fanout.owed.bytes;
            let sent = full + short.iter().map(|short| short.taken).sum::<usize>();
            add(&self.tally.bytes_sent, sent as u64);
            if !short.is_empty() {
                self.note_laggard_moved();
            }
        });
        self.turned.notify_waiters();
        passed
    }

    /// A reader whose socket is full takes what it is owed, if slowly.
    pub(crate) fn note_laggard_moved(&self) {
        self.laggard_moved.set(Some(Instant::now()));
    }

    /// So much has been said at once that readers who still read could lose some of it: nothing more is
    /// read for a moment, in which they take theirs.
    pub(crate) fn take_breather(&self) {
        let now = Instant::now();
        if self.laggard_moved.get().is_some_and(|moved| now - moved < LAGGARD_READS_WITHIN) {
            let is_deep = self.ask(|hub, _| hub.has_reader_about_to_miss());
            self.breather.set(Some(now + if is_deep { DEEP_BREATHER } else { BREATHER }));
        }
    }

    /// Until when nothing is to be read, if so.
    pub(crate) fn breather(&self) -> Option<Instant> {
        let until = self.breather.get()?;
        if until <= Instant::now() {
            self.breather.set(None);
            return None;
        }
        Some(until)
    }

    /// Whether there is something to write already.
    pub(crate) fn is_pass_due(&self) -> bool {
        self.is_pass_due.get()
    }

    /// Waits until the last connection has gone.
    pub async fn empty(&self) {
        while self.ask(|hub, _| hub.session_count()) > 0 {
            self.emptied.notified().await;
        }
    }

    /// Says goodbye to everybody; the connections close when they have read it.
    pub fn stop(&self, reason: &str) {
        self.act(|hub, now| hub.stop(now, reason));
        for link in self.links.borrow().iter().flatten() {
            link.close();
        }
    }

    /// Lines that the console could not take in time.
    pub fn console_lines_dropped(&self) -> u64 {
        self.console.as_ref().map_or(0, Console::dropped)
    }

    fn carry_out(&self, hub: &mut Hub) {
        for output in hub.take_outputs() {
            match output {
                Output::Close(id) => {
                    if let Some(link) = self.link(id) {
                        link.close();
                    }
                }
                Output::Check(Check { ticket, id, work }) => {
                    if !self.passwords.look_at(id, ticket, work) {
                        hub.checked(self.clock.now(), id, ticket, Checked::Failed);
                    }
                }
                Output::LookUp(lookup) => {
                    self.lookups.borrow_mut().push_back(lookup);
                    self.look_up.notify_one();
                }
                Output::Occurred { id, nick, what } => {
                    if let Some((_, address, dialect)) = hub.describe(id) {
                        self.watch.tell_occurrence(id.serial, address, &nick, dialect, &what);
                        let shown =
                            Shown { console: self.console.as_ref(), messages: self.log_messages.get() };
                        log::occurrence(id.serial, address, &nick, dialect, what, &shown);
                    }
                }
            }
        }
    }

    fn show(&self, address: SocketAddr, what: &str) {
        if let Some(console) = &self.console {
            console.print(format!("{address} - {what}"));
        }
    }
}

/// A connection that was not taken.
#[derive(Debug)]
pub struct Refused {
    /// Where to say so.
    pub stream: tokio::net::TcpStream,
    /// Why.
    pub why: NotAdmitted,
}
