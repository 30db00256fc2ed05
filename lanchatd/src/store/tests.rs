//! What the store promises, over real files.

mod copying;
mod faults;
mod keeping;
pub(crate) mod memory;
mod model;
mod opening;
mod packing;
mod removing;
mod renewing;
mod searching;

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::*;
use crate::kept::{
    self, Ban, Conversation, ConversationKind, Culprit, Mark, Message, MessageKind, Messages, Mute, Order,
    Person, Rights, Rules, Term, Topic, Uid,
};

const OPTIONS: Options = Options { durability: Durability::Relaxed, reserve: 1000 };
/// Nothing takes so long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(30);
const LOBBY: ConversationId = 1;

/// A directory that is gone when the test is over.
pub(super) struct Directory(PathBuf);

impl Directory {
    pub(super) fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("lanchatd-store-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A store, and whoever asks it and waits for the answers.
struct Keeper {
    store: Option<Store>,
    loaded: Loaded,
    reports: Receiver<Report>,
    tickets: Cell<Ticket>,
}

impl Keeper {
    fn open(path: &Path) -> Self {
        Self::try_open(path).unwrap()
    }

    fn try_open(path: &Path) -> Result<Self, OpenError> {
        Self::open_with(path, OPTIONS)
    }

    fn open_with(path: &Path, options: Options) -> Result<Self, OpenError> {
        Self::open_packing(path, options, Packing::DEFAULT)
    }

    fn open_packing(path: &Path, options: Options, packing: Packing) -> Result<Self, OpenError> {
        let (tell, reports) = sync_channel(1024);
        let tell = move |report| tell.send(report).unwrap_or_default();
        let (store, loaded) = Store::open_packing(path, options, packing, Arc::new(tell))?;
        Ok(Self { store: Some(store), loaded, reports, tickets: Cell::new(0) })
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    fn ticket(&self) -> Ticket {
        self.tickets.set(self.tickets.get() + 1);
        self.tickets.get()
    }

    fn next(&self) -> Report {
        self.reports.recv_timeout(PATIENCE).expect("the store reports")
    }

    /// The next report that is not about how far something is.
    fn result(&self) -> Report {
        loop {
            match self.next() {
                Report::Progress { .. } => {}
                report => return report,
            }
        }
    }

    fn try_write(&self, batch: Batch) -> Result<Committed, Box<Unwritten>> {
        let ticket = self.ticket();
        self.store().write(ticket, batch).unwrap();
        match self.result() {
            Report::Written { ticket: of, result, .. } if of == ticket => result,
            other => panic!("{other:?}"),
        }
    }

    fn write(&self, batch: Batch) -> Committed {
        self.try_write(batch).unwrap_or_else(|unwritten| panic!("{}", unwritten.error))
    }

    fn ask(&self, request: Request) -> Answer {
        let ticket = self.ticket();
        self.store().read(ticket, request).unwrap();
        match self.result() {
            Report::Read { ticket: of, result, .. } if of == ticket => result.unwrap(),
            other => panic!("{other:?}"),
        }
    }

    fn page(&self, request: Request) -> Page {
        let Answer::Page(page) = self.ask(request) else { panic!("not a page") };
        page
    }

    /// The texts of a conversation's last messages.
    fn last(&self, conversation: ConversationId, limit: usize) -> Vec<String> {
        let page = self.page(Request::last(conversation, POSITION_END, limit, PAGE_BYTES_MAX));
        page.messages.into_iter().map(|message| message.text).collect()
    }

    fn find(&self, query: Query) -> Found {
        let Answer::Found(found) = self.ask(Request::Search(query)) else { panic!("nothing found") };
        found
    }

    fn purge(&self, before_ms: i64, conversation: Option<ConversationId>) -> u64 {
        let ticket = self.ticket();
        self.store().purge(ticket, before_ms, conversation).unwrap();
        match self.result() {
            Report::Purged { ticket: of, result } if of == ticket => result.unwrap(),
            other => panic!("{other:?}"),
        }
    }

    fn close(mut self) {
        self.store.take().unwrap().close().unwrap();
    }

    /// Waits until something holds, looking again and again.
    fn wait_until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(self) {
            assert!(Instant::now() < deadline, "not in time: {what}");
            std::thread::yield_now();
        }
    }
}

fn room(id: ConversationId) -> Conversation {
    Conversation {
        id,
        kind: ConversationKind::Room,
        key: format!("room-{id}"),
        name: format!("Room {id}"),
        topic: None,
        head: 0,
        private: false,
        rules: Rules::default(),
    }
}

/// What ana says, a second after the position before.
fn said(conversation: ConversationId, position: u64, text: &str) -> Message {
    Message {
        conversation,
        position,
        time_ms: i64::try_from(position).unwrap() * 1000,
        kind: MessageKind::Said,
        nick: "ana".into(),
        text: text.into(),
        uid: None,
    }
}

/// Rooms, and what is said in them from position 1 on.
fn talk(rooms: &[(ConversationId, &[&str])]) -> Batch {
    let mut batch = Batch::default();
    for (id, texts) in rooms {
        batch.conversations.push(room(*id));
        batch.messages.extend((1..).zip(*texts).map(|(position, text)| said(*id, position, text)));
    }
    batch
}

/// The same batch with its messages changed.
fn changed(batch: Batch, mut change: impl FnMut(&mut Message)) -> Batch {
    let messages = batch.messages.iter().map(|message| {
        let mut message = message.owned();
        change(&mut message);
        message
    });
    Batch { messages: messages.collect(), ..batch }
}

/// So many messages in the lobby, `message 1` and so on.
fn lobby_of(count: u64) -> Batch {
    let mut batch = Batch { conversations: vec![room(LOBBY)], ..Batch::default() };
    batch.messages.extend((1..=count).map(|position| said(LOBBY, position, &format!("message {position}"))));
    batch
}

fn query(words: &[&str]) -> Query {
    Query {
        words: words.iter().map(|&word| word.into()).collect(),
        nick: None,
        conversations: vec![(LOBBY, 0)],
        after_ms: None,
        before_ms: None,
        limit: 20,
        context: 0,
        deadline: Instant::now() + PATIENCE,
    }
}

fn texts(found: &Found) -> Vec<&str> {
    found.hits.iter().map(|hit| hit.message.text.as_str()).collect()
}

/// The file as SQLite sees it, past the store.
fn peek(path: &Path) -> Connection {
    Connection::open(path).unwrap()
}

fn number(path: &Path, sql: &str) -> i64 {
    peek(path).query_row(sql, [], |row| row.get(0)).unwrap()
}
