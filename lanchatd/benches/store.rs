//! What it costs to keep messages, and to find them again among a million.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use divan::Bencher;
use divan::counter::ItemsCount;
use lanchatd::kept::{Batch, Conversation, ConversationKind, Message, MessageKind, Rules, Uid};
use lanchatd::store::{
    Answer, Durability, Found, Options, PAGE_BYTES_MAX, POSITION_END, Query, Report, Request, Store,
};
use rusqlite::Connection;

/// Messages of about 100 bytes.
const WORDS: usize = 16;
/// Different words.
const RANKS: usize = 1 << 14;
const MILLION: u64 = 1_000_000;
const BATCH: usize = 1000;
const BATCHES: [u64; 3] = [1, 100, 1000];
const ROOM: u32 = 1;

const SYLLABLES: [&str; 24] = [
    "ba", "ke", "ti", "lo", "mu", "ran", "des", "tor", "pil", "ing", "con", "ter", "al", "ent", "ion", "ver",
    "sta", "qu", "er", "sch", "on", "re", "is", "ous",
];

fn main() {
    divan::main();
    let _ = fs::remove_dir_all(directory());
}

fn directory() -> PathBuf {
    std::env::temp_dir().join(format!("lanchatd-bench-{}", std::process::id()))
}

/// Words like those of a language: the first ones are said all the time, the last ones hardly ever.
struct Speaker {
    words: Vec<String>,
    random: u64,
}

impl Speaker {
    fn new() -> Self {
        let mut speaker = Self { words: Vec::new(), random: 88_172_645_463_325_252 };
        for _ in 0..RANKS {
            let syllables = 1 + speaker.draw(4);
            let word = (0..syllables).map(|_| SYLLABLES[speaker.draw(24)]).collect();
            speaker.words.push(word);
        }
        speaker
    }

    fn draw(&mut self, below: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        usize::try_from(self.random >> 33).unwrap_or(0) % below
    }

    /// A word that is about as common as the rank says, and not too short to be looked up.
    fn word(&self, rank: usize) -> String {
        self.words[rank..].iter().find(|word| word.len() >= 5).cloned().unwrap_or_default()
    }

    fn text(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..WORDS {
            // A word is as rare as its rank is high (Zipf's law).
            let magnitude = self.draw(15);
            let word = self.draw(1 << magnitude);
            text.push_str(&self.words[word]);
            text.push(' ');
        }
        text
    }

    fn batch(&mut self, from: u64, count: u64) -> Batch {
        let room = Conversation {
            id: ROOM,
            kind: ConversationKind::Room,
            key: "lobby".into(),
            name: "lobby".into(),
            topic: None,
            head: 0,
            private: false,
            rules: Rules::default(),
        };
        let message = |position| Message {
            conversation: ROOM,
            position,
            time_ms: 1_795_342_500_120 + position.cast_signed() * 1000,
            kind: MessageKind::Said,
            nick: "guest17".into(),
            text: self.text(),
            uid: None,
        };
        let messages = (from..from + count).map(message).collect();
        Batch { conversations: vec![room], messages, ..Batch::default() }
    }
}

struct Keeper {
    store: Store,
    reports: Receiver<Report>,
}

impl Keeper {
    fn open(name: &str) -> Self {
        let (tell, reports) = sync_channel(64);
        let tell = move |report| tell.send(report).unwrap_or_default();
        let options = Options { durability: Durability::Relaxed, reserve: 1_000_000 };
        let (store, _) = Store::open(&directory().join(name), options, tell).expect("it opens");
        Self { store, reports }
    }

    fn write(&self, batch: Batch) {
        self.store.write(0, batch).expect("nothing else waits");
        let report = self.reports.recv().expect("the store reports");
        assert!(matches!(report, Report::Written { result: Ok(_), .. }), "{report:?}");
    }

    fn ask(&self, request: Request) -> Answer {
        self.store.read(0, request).expect("nothing else waits");
        let report = self.reports.recv().expect("the store reports");
        let Report::Read { result: Ok(answer), .. } = report else { panic!("{report:?}") };
        answer
    }
}

/// A store with a million messages in one room, all of them in the index and with names of their senders. Closed.
fn million() -> &'static str {
    static MADE: OnceLock<()> = OnceLock::new();
    MADE.get_or_init(|| {
        let keeper = Keeper::open("million.db");
        let mut speaker = Speaker::new();
        for from in (1..=MILLION).step_by(BATCH) {
            let mut batch = speaker.batch(from, BATCH as u64);
            let named = batch.messages.iter().map(|message| {
                let uid = Uid { client: "0123456789abcdef".into(), tag: message.position.to_string() };
                Message { uid: Some(uid), ..message.owned() }
            });
            batch.messages = named.collect();
            keeper.write(batch);
        }
        let file = Connection::open(directory().join("million.db")).expect("it opens");
        let behind = "SELECT count(*) FROM conversations WHERE indexed < head";
        while file.query_row(behind, [], |row| row.get(0)) != Ok(0_i64) {
            thread::sleep(Duration::from_millis(10));
        }
        drop(file);
        keeper.store.close().expect("all was written");
    });
    "million.db"
}

#[divan::bench(args = BATCHES)]
fn commit(bencher: Bencher, messages: u64) {
    let keeper = Keeper::open(&format!("commit-{messages}.db"));
    let mut speaker = Speaker::new();
    let mut from = 1;
    bencher
        .counter(ItemsCount::new(messages))
        .with_inputs(|| {
            from += messages;
            speaker.batch(from - messages, messages)
        })
        .bench_local_values(|batch| keeper.write(batch));
}

#[divan::bench(sample_count = 20)]
fn open_a_million(bencher: Bencher) {
    let name = million();
    bencher.bench_local(|| Keeper::open(name).store.close().expect("nothing was written"));
}

#[divan::bench]
fn last_50_of_a_million(bencher: Bencher) {
    let keeper = Keeper::open(million());
    bencher.bench_local(|| {
        let Answer::Page(page) = keeper.ask(Request::last(ROOM, POSITION_END, 50, PAGE_BYTES_MAX)) else {
            panic!()
        };
        assert_eq!(page.messages.len(), 50);
    });
}

/// Ranks of words: how common they are.
#[divan::bench(args = [[5, 60], [1000, 2000], [3000, 15_000], [0, 16_000]])]
fn search_two_words_in_a_million(bencher: Bencher, ranks: [usize; 2]) {
    let keeper = Keeper::open(million());
    let words = ranks.map(|rank| Speaker::new().word(rank));
    bencher.bench_local(|| search(&keeper, &words));
}

#[divan::bench]
fn search_what_nobody_said_in_a_million(bencher: Bencher) {
    let keeper = Keeper::open(million());
    // Every piece of them is common.
    let words = ["contertor", "desstaran"].map(str::to_owned);
    bencher.bench_local(|| search(&keeper, &words));
}

fn search(keeper: &Keeper, words: &[String]) -> Found {
    let query = Query {
        words: words.to_vec(),
        nick: None,
        conversations: vec![(ROOM, 0)],
        after_ms: None,
        before_ms: None,
        limit: 20,
        context: 2,
        deadline: Instant::now() + Duration::from_secs(5),
    };
    let Answer::Found(found) = keeper.ask(Request::Search(query)) else { panic!() };
    assert!(found.is_complete);
    found
}
