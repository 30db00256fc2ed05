//! What the hub promises, with time as an argument: the small chat that the tests drive.

mod accounts;
mod apart;
mod busy;
mod chat;
mod direct;
mod forgetting;
mod goodbye;
mod keeping;
mod limits;
mod messages;
mod model;
mod needs_pass;
mod order;
mod owners;
mod passes;
mod past;
mod people;
mod properties;
mod resuming;
mod rooms;
mod simulation;
mod slowness;
mod sound;
mod waiting;
mod welcome;

use std::collections::HashMap;
use std::time::Duration;

use lanchat_protocol::client::{Hello, Kind};

use super::*;
use crate::dialect::{ENCODERS, NATIVE, TEXT};
use crate::timeline::Retention;

/// A hub with a clock that only a test moves.
struct House {
    hub: Hub,
    now: Now,
    people: u16,
}

#[derive(Clone, Copy)]
struct Guest(SessionId);

/// What one reader got in a pass.
struct Handed {
    slot: usize,
    /// The session, where it was looked at by itself; `None` for the reader of a fan-out.
    called: Option<SessionId>,
    bytes: Vec<u8>,
    /// Whether its socket did not take all of it.
    is_short: bool,
}

fn settings() -> Settings {
    Settings {
        line_bytes_max: 4096,
        connections_max: 0,
        connections_per_address_max: 0,
        connections_per_address_on_loopback: false,
        messages_per_second_max: 0,
        messages_burst_max: 1,
        account_messages_per_second_max: 0,
        account_messages_burst_max: 1,
        address_messages_per_second_max: 0,
        address_messages_burst_max: 1,
        connects_per_second_per_address_max: 0,
        connects_burst_per_address_max: 1,
        rooms_opened_per_hour_max: 0,
        rooms_max: 100,
        rooms_joined_max: 10,
        ignored_max: 10,
        people_max: 100,
        accounts_max: 100,
        needs_login: false,
        needs_invite: false,
        plain_passwords: true,
        bans_max: 100,
        mutes_max: 100,
        room_people_max: 100,
        timelines_bytes_max: 1 << 30,
        retention: Retention { bytes_max: 1 << 20, events_max: 10_000 },
        backlog: 0,
        zone: jiff::tz::TimeZone::UTC,
        report_messages: false,
    }
}

/// A hello without anything.
fn hello() -> Hello<'static> {
    Hello { version: 1, ..Hello::default() }
}

impl House {
    fn open() -> Self {
        Self::with(settings())
    }

    fn with(settings: Settings) -> Self {
        Self { hub: Hub::new(settings, ENCODERS), now: Now::default(), people: 0 }
    }

    fn retaining(bytes_max: usize, events_max: usize) -> Self {
        Self::with(Settings { retention: Retention { bytes_max, events_max }, ..settings() })
    }

    fn from(&mut self, address: &str) -> Result<Guest, NotAdmitted> {
        self.people += 1;
        let address = SocketAddr::new(address.parse().unwrap(), self.people);
        self.hub.connect(self.now, address).map(Guest)
    }

    /// A netcat user whose greeting has been read.
    fn netcat(&mut self) -> Guest {
        let guest = self.from("127.0.0.1").unwrap();
        self.hub.choose(self.now, guest.0, &TEXT);
        self.reads(guest);
        guest
    }

    fn native(&mut self, nick: &str) -> Guest {
        let guest = self.from("127.0.0.1").unwrap();
        self.hub.choose(self.now, guest.0, &NATIVE);
        self.asks(guest, "", Command::Hello(Hello { nick: Some(nick.into()), ..hello() }));
        assert!(self.reads(guest).contains("welcome"));
        guest
    }

    fn asks(&mut self, guest: Guest, tag: &str, command: Command) {
        self.hub.handle(self.now, guest.0, (!tag.is_empty()).then_some(tag), command);
    }

    fn says(&mut self, guest: Guest, text: &str) {
        self.asks(guest, "", Command::Say { room: None, text: text.into(), action: false });
    }

    fn leaves(&mut self, guest: Guest, reason: Option<&str>) {
        self.hub.disconnect(self.now, guest.0, reason);
    }

    /// Everything the guest is owed.
    fn reads(&mut self, guest: Guest) -> String {
        self.takes(guest, usize::MAX)
    }

    /// What a socket with room for `room` bytes takes.
    fn takes(&mut self, guest: Guest, room: usize) -> String {
        String::from_utf8(self.flushes(guest.0, room).bytes).unwrap()
    }

    /// Writes to one socket, which has room for `room` bytes, what its session is owed.
    fn flushes(&mut self, id: SessionId, room: usize) -> Handed {
        let mut handed = Handed { slot: id.slot, called: Some(id), bytes: Vec::new(), is_short: false };
        loop {
            let owed = self.hub.owed(id);
            let bytes = bytes_of(&owed);
            let (offered, was_all) = (owed.bytes, owed.is_all);
            let taken = offered.min(room - handed.bytes.len());
            handed.bytes.extend_from_slice(&bytes[..taken]);
            self.hub.written(id, Written { offered, was_all, taken });
            handed.is_short = taken < offered;
            if handed.is_short || was_all {
                return handed;
            }
        }
    }

    /// One pass of the driver, to sockets of which each has so much room, in bytes, as `room` says of its slot.
    fn passes(&mut self, room: impl Fn(usize) -> usize) -> Vec<Handed> {
        let mut all = Vec::new();
        let mut called = Vec::new();
        self.hub.pass(&mut called, |fanout, short| {
            let bytes = bytes_of(&fanout.owed);
            assert!(!bytes.is_empty(), "a fan-out of nothing");
            for slot in fanout.readers.iter().copied() {
                let taken = room(slot).min(bytes.len());
                let is_short = taken < bytes.len();
                all.push(Handed { slot, called: None, bytes: bytes[..taken].to_vec(), is_short });
                if is_short {
                    short.push(Short { slot, taken });
                }
            }
        });
        all.extend(called.into_iter().map(|id| self.flushes(id, room(id.slot))));
        let mut slots: Vec<_> = all.iter().map(|handed| handed.slot).collect();
        slots.sort_unstable();
        assert!(slots.is_sorted_by(|a, b| a < b), "two writes to one socket: {slots:?}");
        all
    }

    /// One pass to sockets that take everything: what each guest got in it, by slot, for those who got anything.
    fn hands_out(&mut self) -> HashMap<usize, String> {
        self.hands_out_within(|_| usize::MAX)
    }

    /// The same, but the socket of `slow` takes no more than `room` bytes.
    fn hands_out_but(&mut self, slow: Guest, room: usize) -> HashMap<usize, String> {
        self.hands_out_within(|slot| if slot == slow.0.slot { room } else { usize::MAX })
    }

    fn hands_out_within(&mut self, room: impl Fn(usize) -> usize) -> HashMap<usize, String> {
        let handed = self.passes(room).into_iter().filter(|handed| !handed.bytes.is_empty());
        handed.map(|handed| (handed.slot, String::from_utf8(handed.bytes).unwrap())).collect()
    }

    fn waits(&mut self, time: Duration) {
        self.now.mono_us += u64::try_from(time.as_micros()).unwrap();
        self.now.wall_ms += i64::try_from(time.as_millis()).unwrap();
    }
}

/// What is offered, in one piece.
fn bytes_of(owed: &Owed) -> Vec<u8> {
    let bytes: Vec<u8> = owed.pieces().iter().flat_map(|piece| piece.to_vec()).collect();
    assert_eq!(bytes.len(), owed.bytes);
    bytes
}
