//! Any sequence of comings, words, passes and slow sockets, compared with a list of what each reader is due.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Copy, Debug)]
enum Op {
    Connect,
    Choose(u8, bool),
    Hello(u8),
    Say(u8, u16),
    Burst(u8, u8),
    Announce,
    Who(u8),
    Nick(u8, u8),
    Kick(u8),
    Disconnect(u8),
    Pass(u64),
    Flush(u8, u16),
    Retain(u8),
}

fn op() -> impl Strategy<Value = Op> {
    let who = || any::<u8>();
    prop_oneof![
        6 => Just(Op::Connect),
        7 => (who(), any::<bool>()).prop_map(|(i, n)| Op::Choose(i, n)),
        5 => who().prop_map(Op::Hello),
        12 => (who(), 0u16..1500).prop_map(|(i, n)| Op::Say(i, n)),
        6 => (who(), 1u8..40).prop_map(|(i, n)| Op::Burst(i, n)),
        3 => Just(Op::Announce),
        3 => who().prop_map(Op::Who),
        2 => (who(), any::<u8>()).prop_map(|(i, n)| Op::Nick(i, n)),
        1 => who().prop_map(Op::Kick),
        1 => who().prop_map(Op::Disconnect),
        12 => any::<u64>().prop_map(Op::Pass),
        8 => (who(), any::<u16>()).prop_map(|(i, n)| Op::Flush(i, n)),
        2 => any::<u8>().prop_map(Op::Retain),
    ]
}

#[derive(Debug)]
struct Reader {
    id: SessionId,
    dialect: Option<bool>,
    is_welcome: bool,
    is_closing: bool,
    is_lagging: bool,
    /// Messages of others since it connected.
    due: Vec<u64>,
    bytes: Vec<u8>,
}

struct Model {
    house: House,
    readers: Vec<Reader>,
    gone: Vec<Reader>,
    number: u64,
    announced: u64,
    heeds_needs_pass: bool,
    /// Sessions that left with something unread: the books are not compared.
    is_inexact: bool,
}

pub(super) fn room_of(seed: u64, slot: usize) -> usize {
    let mut x = seed ^ (slot as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x ^= x >> 29;
    x = x.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x ^= x >> 32;
    match x % 8 {
        0 => 0,
        1 => (x >> 8) as usize % 20,
        2 => (x >> 8) as usize % 4000,
        _ => usize::MAX,
    }
}

impl Model {
    fn reader(&mut self, slot: usize) -> &mut Reader {
        self.readers.iter_mut().find(|reader| reader.id.slot == slot).unwrap()
    }

    fn flush(&mut self, id: SessionId, room: usize) {
        let handed = self.house.flushes(id, room);
        self.take(&handed);
    }

    fn pass(&mut self, seed: u64, all: bool) {
        let room = |slot| if all { usize::MAX } else { room_of(seed, slot) };
        for handed in self.house.passes(room) {
            let reader = self.reader(handed.slot);
            assert!(!reader.is_lagging, "its socket is full");
            assert!(handed.called.is_some() || (!reader.is_closing && reader.is_welcome));
            self.take(&handed);
        }
    }

    fn take(&mut self, handed: &Handed) {
        let reader = self.reader(handed.slot);
        assert!(handed.called.is_none_or(|id| id == reader.id));
        reader.bytes.extend_from_slice(&handed.bytes);
        reader.is_lagging = handed.is_short;
    }

    fn say(&mut self, index: usize, padding: usize) {
        let reader = &self.readers[index];
        let id = reader.id;
        if reader.is_closing {
            return;
        }
        let is_welcome = reader.is_welcome;
        let before = self.house.hub.totals().messages_accepted;
        let text = format!("m{} {}", self.number, "\"x".repeat(padding / 2));
        self.house.says(Guest(id), text.trim());
        let accepted = self.house.hub.totals().messages_accepted - before;
        if !is_welcome {
            assert_eq!(accepted, 0);
        } else if accepted == 1 {
            for reader in self.readers.iter_mut().filter(|reader| reader.id != id && !reader.is_closing) {
                reader.due.push(self.number);
            }
            self.number += 1;
        }
        if self.heeds_needs_pass && self.house.hub.needs_pass() {
            self.pass(self.number, false);
        }
    }

    fn disconnect(&mut self, index: usize) {
        let reader = self.readers.swap_remove(index);
        self.house.leaves(Guest(reader.id), None);
        self.gone.push(reader);
    }

    #[expect(clippy::too_many_lines, reason = "one arm an operation reads better in one place")]
    fn step(&mut self, op: Op) {
        let count = self.readers.len();
        let at = |i: u8| (count > 0).then(|| i as usize % count.max(1));
        self.house.now.mono_us += 300_000;
        match op {
            Op::Connect => {
                let id = self.house.from("127.0.0.1").unwrap().0;
                self.readers.push(Reader {
                    id,
                    dialect: None,
                    is_welcome: false,
                    is_closing: false,
                    is_lagging: false,
                    due: Vec::new(),
                    bytes: Vec::new(),
                });
            }
            Op::Choose(i, native) => {
                let Some(i) = at(i) else { return };
                let reader = &mut self.readers[i];
                if reader.is_closing || reader.dialect == Some(true) {
                    return;
                }
                // Whoever has spoken does not change its dialect any more; that it is chosen again does nothing.
                let native = native && reader.dialect.is_none_or(|_| reader.id.serial.is_multiple_of(2));
                if native
                    && reader.dialect == Some(false)
                    && self.house.hub.sessions[reader.id.slot].messages > 0
                {
                    return;
                }
                let is_new = reader.dialect != Some(native);
                reader.dialect = Some(native);
                if is_new {
                    reader.is_welcome = !native;
                }
                let id = reader.id;
                self.house.hub.choose(self.house.now, id, if native { &NATIVE } else { &TEXT });
            }
            Op::Hello(i) => {
                let Some(i) = at(i) else { return };
                let reader = &mut self.readers[i];
                if reader.dialect != Some(true) || reader.is_closing {
                    return;
                }
                let id = reader.id;
                self.house.asks(Guest(id), "", Command::Hello(hello()));
                self.reader(id.slot).is_welcome = self.house.hub.sessions[id.slot].nick.is_some();
            }
            Op::Say(i, padding) => {
                let Some(i) = at(i) else { return };
                self.say(i, padding.into());
            }
            Op::Burst(i, times) => {
                let Some(i) = at(i) else { return };
                for n in 0..times {
                    self.say(i, 40 + usize::from(n) * 13);
                }
            }
            Op::Announce => {
                self.announced += 1;
                self.house.hub.announce(self.house.now, &format!("a{}", self.announced));
            }
            Op::Who(i) => {
                let Some(i) = at(i) else { return };
                let reader = &self.readers[i];
                if reader.dialect.is_some() && !reader.is_closing {
                    let id = reader.id;
                    self.house.asks(Guest(id), "w", Command::Who { room: None });
                }
            }
            Op::Nick(i, n) => {
                let Some(i) = at(i) else { return };
                let reader = &self.readers[i];
                if reader.is_welcome && !reader.is_closing {
                    let id = reader.id;
                    self.house.asks(Guest(id), "n", Command::Nick(format!("nick{}", n % 20).into()));
                }
            }
            Op::Kick(i) => {
                let Some(i) = at(i) else { return };
                let reader = &mut self.readers[i];
                if reader.dialect.is_some() && !reader.is_closing {
                    reader.is_closing = true;
                    let id = reader.id;
                    self.house.hub.kick(self.house.now, id, Some("out"));
                }
            }
            Op::Disconnect(i) => {
                let Some(i) = at(i) else { return };
                self.is_inexact = true;
                self.disconnect(i);
            }
            Op::Pass(seed) => self.pass(seed, false),
            Op::Flush(i, room) => {
                let Some(i) = at(i) else { return };
                // A task writes by itself when its socket has room again, or when it is over.
                let reader = &self.readers[i];
                if reader.is_lagging || reader.is_closing {
                    self.flush(reader.id, if room % 3 == 0 { usize::MAX } else { room.into() });
                }
            }
            Op::Retain(which) => {
                let retention = match which % 4 {
                    0 => Retention { bytes_max: 65_536, events_max: 100 },
                    1 => Retention { bytes_max: 20_000, events_max: 30 },
                    2 => Retention { bytes_max: 65_536, events_max: 10_000 },
                    _ => Retention { bytes_max: 1 << 20, events_max: 10_000 },
                };
                self.house.hub.configure(self.house.now, Settings { retention, ..settings() });
            }
        }
    }

    fn finish(&mut self, stops: bool) {
        if stops {
            self.house.hub.stop(self.house.now, "over");
        }
        for _ in 0..3 {
            let lagging: Vec<_> =
                self.readers.iter().filter(|r| r.is_lagging || r.is_closing).map(|r| r.id).collect();
            for id in lagging {
                self.flush(id, usize::MAX);
            }
            self.pass(0, true);
        }
        assert!(!self.house.hub.has_ready());
        for reader in &self.readers {
            check(reader, stops);
        }
        while !self.readers.is_empty() {
            self.disconnect(0);
        }
        for reader in &self.gone {
            let _ = heard(reader);
        }
        if !self.is_inexact {
            let due = |r: &Reader| if r.is_welcome { r.due.len() as u64 } else { heard(r).0 + heard(r).1 };
            let due: u64 = self.gone.iter().map(due).sum();
            let totals = self.house.hub.totals();
            let told: u64 = self.gone.iter().map(|r| heard(r).0).sum();
            let skipped: u64 = self.gone.iter().map(|r| heard(r).1).sum();
            assert_eq!(totals.deliveries, told, "deliveries");
            assert!(totals.messages_skipped >= skipped);
            assert_eq!(
                totals.deliveries + totals.messages_skipped,
                due,
                "every message is delivered or skipped"
            );
        }
    }
}

/// Messages heard, messages told to be missed, whether all that was due is accounted for. Panics where the order is wrong.
fn heard(reader: &Reader) -> (u64, u64, usize, Option<String>) {
    let text = String::from_utf8(reader.bytes.clone()).unwrap();
    let (mut messages, mut skipped, mut next, mut last_announced) = (0, 0, 0usize, 0u64);
    let mut last = None;
    for line in text.split_inclusive('\n') {
        let Some(line) = line.strip_suffix('\n') else { break };
        last = Some(line.to_owned());
        let (mut message, mut gap, mut announced) = (None, None, None);
        if line.starts_with('{') {
            let value: serde_json::Value =
                serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line:?}"));
            match value["type"].as_str().unwrap() {
                "message" => message = value["text"].as_str().map(str::to_owned),
                "gap" => gap = Some(value["skipped"].as_u64().unwrap_or_else(|| panic!("{line}"))),
                "announcement" => announced = value["text"].as_str().map(str::to_owned),
                _ => {}
            }
        } else if let Some(notice) = line.strip_prefix("* ") {
            if notice.contains("skipped") {
                gap = Some(notice.split(' ').next().unwrap().parse().unwrap());
            } else if let Some(words) = notice.strip_prefix("announcement: ") {
                announced = Some(words.to_owned());
            }
        } else {
            let (from, words) = line.split_once(": ").unwrap_or_else(|| panic!("torn: {line:?}"));
            assert!(from.starts_with("guest") || from.starts_with("nick"), "torn: {line:?}");
            message = Some(words.to_owned());
        }
        if let Some(words) = message {
            let number: u64 = words[1..].split(' ').next().unwrap().parse().unwrap();
            assert_eq!(Some(&number), reader.due.get(next), "serial {}: {line:.60?}", reader.id.serial);
            messages += 1;
            next += 1;
        }
        if let Some(gap) = gap {
            skipped += gap;
            next += gap as usize;
        }
        if let Some(words) = announced {
            let number: u64 = words[1..].parse().unwrap();
            assert!(number > last_announced, "announcement twice");
            last_announced = number;
        }
    }
    (messages, skipped, next, last)
}

fn check(reader: &Reader, stops: bool) {
    let (_, _, next, last) = heard(reader);
    assert!(reader.bytes.is_empty() || reader.bytes.ends_with(b"\n"), "an unfinished line");
    if reader.is_closing {
        assert!(last.unwrap().contains("kicked"), "its goodbye is last");
        return;
    }
    if reader.is_welcome {
        assert_eq!(
            next,
            reader.due.len(),
            "serial {}: not all was heard or told to be missed",
            reader.id.serial
        );
        if stops {
            assert!(last.unwrap().contains("stopping"), "its goodbye is last");
        }
    }
}

fn run(ops: Vec<Op>, heeds_needs_pass: bool, stops: bool) {
    let mut model = Model {
        house: House::retaining(65_536, 100),
        readers: Vec::new(),
        gone: Vec::new(),
        number: 0,
        announced: 0,
        heeds_needs_pass,
        is_inexact: false,
    };
    for _ in 0..5 {
        model.step(Op::Connect);
    }
    for i in 0..4 {
        model.step(Op::Choose(i, i % 2 == 0));
        model.step(Op::Hello(i));
    }
    for op in ops {
        model.step(op);
    }
    model.finish(stops);
}

/// `PROPTEST_CASES` may ask for more cases than are always run.
fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig { cases: default.cases.max(500), max_shrink_iters: 20_000, ..default }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_reader_gets_what_is_due_once_in_order_or_is_told(
        ops in prop::collection::vec(op(), 0..120), heeds: bool, stops: bool,
    ) {
        run(ops, heeds, stops);
    }
}
