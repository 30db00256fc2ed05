//! What one message costs from the command to the last reader's write, but for the sockets.
//!
//! Rounds include what the driver does for those who are called by themselves: a speaker is, and so is
//! who did not take everything. The timeline is full, so that evictions get their share.

use std::net::{Ipv4Addr, SocketAddr};

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use jiff::tz::TimeZone;
use lanchat_protocol::client::Hello;
use lanchatd::config::Config;
use lanchatd::dialect::{ALL, ENCODERS, NATIVE, TEXT};
use lanchatd::hub::{Command, Dialect, Fanout, Hub, Now, SessionId, Settings, Short, Written};
use lanchatd::relay::settings;

/// A message of 100 bytes.
const MESSAGE: &str =
    "The quick brown fox jumps over the lazy dog, and nobody in this room has asked it why it did so. OK?";
/// Parked readers of a pass.
const READERS: usize = 1_000;
/// What fills a timeline, in messages.
const WARM_UP: usize = 20_000;
const NOW: Now = Now { mono_us: 1_000_000, wall_ms: 1_795_342_500_120 };
/// Rounds that are timed as one: an eviction comes only every thousand messages or so.
const ROUNDS: u32 = 100;

/// The relay's defaults, but without limits on connections and rates: all come from one address, and time
/// stands still.
fn without_limits() -> Settings {
    let mut config = Config::default();
    let limits = &mut config.limits;
    (limits.connections_max, limits.connections_per_address_max) = (0, 0);
    (limits.messages_per_second_max, limits.account_messages_per_second_max) = (0, 0);
    (limits.address_messages_per_second_max, limits.connects_per_second_per_address_max) = (0, 0);
    limits.rooms_opened_per_hour_max = 0;
    Settings { zone: TimeZone::UTC, ..settings(&config, false) }
}

/// What people speak.
#[derive(Clone, Copy, Debug)]
enum Tongues {
    Text,
    Native,
    /// One half each. Who speaks alone speaks text.
    Both,
}

impl Tongues {
    fn dialect(self, number: usize) -> &'static Dialect {
        match self {
            Self::Text => &TEXT,
            Self::Native => &NATIVE,
            Self::Both => ALL[number % ALL.len()],
        }
    }
}

const TONGUES: [Tongues; 3] = [Tongues::Text, Tongues::Native, Tongues::Both];

/// A hub with its people, all parked.
struct House {
    hub: Hub,
    /// Each at the index that is also its slot: nobody leaves.
    people: Vec<SessionId>,
    called: Vec<SessionId>,
}

impl House {
    /// One who speaks, and [`READERS`] others.
    fn of(tongues: Tongues) -> Self {
        let mut house =
            Self { hub: Hub::new(without_limits(), ENCODERS), people: Vec::new(), called: Vec::new() };
        for number in 0..=READERS {
            house.enter(tongues.dialect(number));
        }
        house.pass(take_all);
        for _ in 0..WARM_UP {
            house.says(0);
            house.pass(take_all);
        }
        house
    }

    fn enter(&mut self, dialect: &'static Dialect) {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 50_000));
        let id = self.hub.connect(NOW, address).expect("there is no limit on connections");
        self.hub.choose(NOW, id, dialect);
        if dialect.needs_hello {
            self.hub.handle(NOW, id, None, Command::Hello(Hello { version: 1, ..Hello::default() }));
        }
        self.people.push(id);
        drop(self.hub.take_outputs());
    }

    fn says(&mut self, who: usize) {
        let command = Command::Say { room: None, text: black_box(MESSAGE).into(), action: false };
        self.hub.handle(NOW, self.people[who], None, command);
    }

    fn pass(&mut self, send: impl FnMut(&Fanout, &mut Vec<Short>)) {
        self.hub.pass(&mut self.called, send);
        let mut called = std::mem::take(&mut self.called);
        for id in called.drain(..) {
            self.flush(id);
        }
        self.called = called;
    }

    /// The socket takes everything.
    fn flush(&mut self, id: SessionId) {
        loop {
            let owed = self.hub.owed(id);
            black_box(owed.pieces());
            let (offered, was_all) = (owed.bytes, owed.is_all);
            self.hub.written(id, Written { offered, was_all, taken: offered });
            if was_all {
                return;
            }
        }
    }
}

fn take_all(fanout: &Fanout, _: &mut Vec<Short>) {
    black_box(fanout);
}

fn main() {
    divan::main();
}

fn round<'a, 'b>(bencher: Bencher<'a, 'b>, messages: usize) -> Bencher<'a, 'b> {
    bencher.counter(BytesCount::new(messages * MESSAGE.len())).counter(ItemsCount::new(messages))
}

#[divan::bench(args = TONGUES, sample_size = ROUNDS)]
fn one_speaks(bencher: Bencher, tongues: Tongues) {
    let mut house = House::of(tongues);
    round(bencher, 1).bench_local(|| {
        house.says(0);
        house.pass(take_all);
    });
}

#[divan::bench(args = TONGUES, sample_size = ROUNDS)]
fn one_says_64_messages(bencher: Bencher, tongues: Tongues) {
    let mut house = House::of(tongues);
    round(bencher, 64).bench_local(|| {
        for _ in 0..64 {
            house.says(0);
        }
        house.pass(take_all);
    });
}

#[divan::bench(args = TONGUES, sample_size = ROUNDS)]
fn four_speak(bencher: Bencher, tongues: Tongues) {
    let mut house = House::of(tongues);
    round(bencher, 4).bench_local(|| {
        for who in 0..4 {
            house.says(who);
        }
        house.pass(take_all);
    });
}

/// Its socket has room again right after the pass.
#[divan::bench(args = TONGUES, sample_size = ROUNDS)]
fn one_speaks_and_one_reader_takes_half(bencher: Bencher, tongues: Tongues) {
    let mut house = House::of(tongues);
    round(bencher, 1).bench_local(|| {
        house.says(0);
        let mut slow = None;
        house.pass(|fanout, short| {
            black_box(fanout);
            if slow.is_none() {
                let slot = fanout.readers[0];
                short.push(Short { slot, taken: fanout.owed.bytes / 2 });
                slow = Some(slot);
            }
        });
        if let Some(slot) = slow {
            house.flush(house.people[slot]);
        }
    });
}
