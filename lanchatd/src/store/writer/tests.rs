//! A writer without its thread, so that a test decides what its connection can do.

use std::sync::mpsc::{Receiver, channel};

use super::super::tests::Directory;
use super::super::*;
use super::*;
use crate::kept::{Conversation, ConversationKind, Message, MessageKind, Rules};

struct Bench {
    writer: Writer,
    reports: Receiver<Report>,
    database: Arc<Database>,
    _directory: Directory,
}

impl Bench {
    fn new() -> Self {
        let directory = Directory::new();
        let mut database = Database::new(
            Place::claim(&directory.file("chat.db")).unwrap(),
            Durability::Commit,
            Packing::DEFAULT,
        );
        let mut connection = database.establish().unwrap();
        database.has_history(meta::begin_run(&mut connection, 10).unwrap().history);
        let database = Arc::new(database);
        let (tell, reports) = channel();
        let tell: Tell = Arc::new(move |report| tell.send(report).unwrap_or_default());
        let writer = Writer::new(database.clone(), connection, tell).unwrap();
        Self { writer, reports, database, _directory: directory }
    }

    fn set(&self, pragma: &str) {
        let connection = self.writer.connection.as_ref().unwrap();
        let mut statement = connection.prepare(&format!("PRAGMA {pragma}")).unwrap();
        let mut rows = statement.query([]).unwrap();
        while rows.next().unwrap().is_some() {}
    }

    fn write(&mut self, batch: Batch) -> Result<Committed, Box<Unwritten>> {
        self.writer.write(1, batch);
        let Report::Written { result, .. } = self.reports.try_recv().unwrap() else { panic!() };
        result
    }

    fn count(&self) -> i64 {
        let reader = self.database.reader().unwrap();
        reader.query_row("SELECT count(*) FROM messages", [], |row| row.get(0)).unwrap()
    }
}

fn batch(positions: std::ops::Range<u64>, text: &str) -> Batch {
    let conversation = Conversation {
        id: 1,
        kind: ConversationKind::Room,
        key: "lobby".into(),
        name: "lobby".into(),
        topic: None,
        head: 0,
        private: false,
        rules: Rules::default(),
    };
    let message = |position| Message {
        conversation: 1,
        position,
        time_ms: 5,
        kind: MessageKind::Said,
        nick: "ana",
        text,
        uid: None,
    };
    Batch {
        conversations: vec![conversation],
        messages: positions.map(message).collect(),
        ..Batch::default()
    }
}

#[test]
fn when_there_is_room_again_the_same_batch_is_written() {
    let mut bench = Bench::new();
    bench.write(batch(1..3, "before")).unwrap();
    bench.set("max_page_count = 1");
    let long = "much to say ".repeat(1000);
    let unwritten = bench.write(batch(3..50, &long)).unwrap_err();
    assert_eq!(unwritten.error.kind, StoreErrorKind::Full);
    assert!(unwritten.error.to_string().contains("make room"), "{}", unwritten.error);
    assert_eq!(bench.count(), 2);
    let unwritten = bench.write(unwritten.batch).unwrap_err();
    assert!(bench.writer.close().is_err(), "an end with an unwritten batch is not clean");
    bench.set("max_page_count = 1000000");
    assert_eq!(bench.write(unwritten.batch).unwrap(), Committed { new: 47, repeated: 0 });
    assert_eq!(bench.count(), 49);
    bench.writer.close().unwrap();
}

#[test]
fn a_connection_that_cannot_write_is_made_again() {
    let mut bench = Bench::new();
    bench.write(batch(1..3, "before")).unwrap();
    bench.set("query_only = 1");
    let unwritten = bench.write(batch(3..5, "after")).unwrap_err();
    assert_eq!(unwritten.error.kind, StoreErrorKind::ReadOnly, "{}", unwritten.error);
    assert!(bench.writer.connection.is_none());
    bench.write(unwritten.batch).unwrap();
    assert_eq!(bench.count(), 4);
}

#[test]
fn a_lock_of_somebody_else_is_told_about_within_a_moment() {
    let mut bench = Bench::new();
    let other = Connection::open(bench.database.place.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = Instant::now();
    let unwritten = bench.write(batch(1..3, "hi")).unwrap_err();
    assert_eq!(unwritten.error.kind, StoreErrorKind::Busy);
    assert!(began.elapsed() < Duration::from_secs(10));
    other.execute_batch("ROLLBACK").unwrap();
    bench.write(unwritten.batch).unwrap();
}

#[test]
fn upkeep_that_fails_waits_for_a_batch_that_is_written() {
    let mut bench = Bench::new();
    bench.write(batch(1..2000, "words to index")).unwrap();
    assert!(bench.writer.upkeep.is_due());
    bench.set("max_page_count = 1");
    while bench.writer.upkeep.is_due() {
        bench.writer.keep_up();
    }
    let Report::Upkeep(error) = bench.reports.try_recv().unwrap() else { panic!() };
    assert_eq!(error.kind, StoreErrorKind::Full, "{error}");
    bench.set("max_page_count = 1000000");
    bench.write(batch(2000..2001, "more")).unwrap();
    while bench.writer.upkeep.is_due() {
        bench.writer.keep_up();
    }
    assert!(bench.reports.try_recv().is_err(), "it failed again");
    assert_eq!(bench.writer.upkeep.unindexed, 0);
}

#[test]
fn a_purge_that_fails_is_told_about() {
    let mut bench = Bench::new();
    bench.write(batch(1..2000, "words to index")).unwrap();
    bench.writer.purge(9, i64::MAX, None);
    bench.set("query_only = 1");
    while bench.writer.upkeep.is_due() {
        bench.writer.keep_up();
    }
    let Report::Purged { ticket: 9, result: Err(error) } = bench.reports.try_recv().unwrap() else {
        panic!()
    };
    assert_eq!(error.kind, StoreErrorKind::ReadOnly, "{error}");
}

#[test]
fn the_log_moves_into_the_file_when_it_has_grown() {
    let mut bench = Bench::new();
    let long = "much to say ".repeat(300);
    bench.write(batch(1..3000, &long)).unwrap();
    let length = || std::fs::metadata(bench.database.place.path()).unwrap().len();
    let before = length();
    while bench.writer.upkeep.is_due() {
        bench.writer.keep_up();
    }
    assert!(length() > before + 1500 * 3600);
}

#[test]
fn a_reservation_waits_for_the_disk_and_what_follows_need_not() {
    let directory = Directory::new();
    let mut database = Database::new(
        Place::claim(&directory.file("chat.db")).unwrap(),
        Durability::Relaxed,
        Packing::DEFAULT,
    );
    let mut connection = database.establish().unwrap();
    database.has_history(meta::begin_run(&mut connection, 10).unwrap().history);
    let mut writer = Writer::new(Arc::new(database), connection, Arc::new(|_| {})).unwrap();
    let mut synchronous = |reserve_to| {
        writer.write(1, Batch { reserve_to, ..Batch::default() });
        let connection = writer.connection.as_ref().unwrap();
        connection.pragma_query_value(None, "synchronous", |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!((synchronous(Some(50)), synchronous(None)), (2, 1));
}
