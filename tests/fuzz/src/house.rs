//! A relay without sockets: one whose bytes are fuzzed, and two who listen.

use std::net::{Ipv4Addr, SocketAddr};

use jiff::tz::TimeZone;
use lanchat_protocol::client::{Event, Hello};
use lanchatd::config::Config;
use lanchatd::dialect::{Decoder, ENCODERS, NATIVE, TEXT, json, text};
use lanchatd::hub::{Check, Checked, Command, Dialect, Hub, Now, Output, SessionId, Settings, Written};
use lanchatd::relay::settings;

use crate::{assert_clean, pieces};

/// Short enough for a fuzzer to reach it.
const LINE_BYTES_MAX: usize = 256;

/// The relay, and who is in it.
pub struct House {
    hub: Hub,
    now: Now,
    stranger: SessionId,
    decoder: Decoder,
    netcat: SessionId,
    native: SessionId,
    /// What was written to each, by the slot of the session.
    heard: [Vec<u8>; 3],
}

impl House {
    /// A house into which a stranger comes who speaks text.
    pub fn of_text() -> Self {
        Self::open(&TEXT, Decoder::Text(text::Reader::new(LINE_BYTES_MAX)))
    }

    /// The same with one who speaks the native dialect.
    pub fn of_native() -> Self {
        Self::open(&NATIVE, Decoder::Native(json::Reader::new(LINE_BYTES_MAX)))
    }

    fn open(dialect: &'static Dialect, decoder: Decoder) -> Self {
        let settings = Settings {
            zone: TimeZone::UTC,
            messages_per_second_max: 0,
            ..settings(&Config::default(), false)
        };
        let mut hub = Hub::new(settings, ENCODERS);
        let now = Now { mono_us: 1_000_000, wall_ms: 1_795_342_500_120 };
        let mut enter = |dialect: &'static Dialect| {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 50_000));
            let id = hub.connect(now, address).expect("there is room");
            hub.choose(now, id, dialect);
            id
        };
        let (netcat, native, stranger) = (enter(&TEXT), enter(&NATIVE), enter(dialect));
        hub.secure(stranger);
        let hello = Hello { version: 1, nick: Some("witness".into()), ..Hello::default() };
        hub.handle(now, native, None, Command::Hello(hello));
        Self { hub, now, stranger, decoder, netcat, native, heard: Default::default() }
    }

    /// The stranger sends all of it, goes silent, and leaves. What everybody is written is fit to be read.
    pub fn hear(mut self, input: &[u8]) {
        for piece in pieces(input) {
            self.decode(|decoder, take| decoder.push(piece, take));
            self.look();
        }
        if self.decoder.minds_silence() {
            self.decode(Decoder::quiet);
        }
        self.decode(Decoder::end);
        self.look();
        self.hub.disconnect(self.now, self.stranger, None);
        self.look();
    }

    fn decode(&mut self, step: impl FnOnce(&mut Decoder, &mut lanchatd::dialect::Take)) {
        let (hub, now, id) = (&mut self.hub, self.now, self.stranger);
        step(&mut self.decoder, &mut |tag, command| {
            if !hub.is_closing(id) {
                hub.handle(now, id, tag, command);
            }
        });
        // Telnet's own: no text.
        drop(self.decoder.take_answer());
        self.now.mono_us += 1_000;
        self.now.wall_ms += 1;
    }

    fn look(&mut self) {
        self.check_passwords();
        self.pass();
        for line in self.take_heard(self.netcat).split_terminator('\n') {
            assert!(line.starts_with("* ") || line.contains(": "), "no message, and not the relay: {line:?}");
            assert_clean(line);
        }
        for line in self.take_heard(self.native).split_terminator('\n') {
            let _: Event = serde_json::from_str(line).expect("an event that the client understands");
        }
        for line in self.take_heard(self.stranger).split_terminator('\n') {
            assert_clean(&without_own_id(line));
        }
    }

    /// Every new password is fine, and every other one is wrong.
    fn check_passwords(&mut self) {
        for output in self.hub.take_outputs() {
            if let Output::Check(Check { ticket, id, work }) = output {
                let is_new = work.verify.is_none();
                let checked = if is_new { Checked::Right(Some("hash".into())) } else { Checked::Wrong };
                self.hub.checked(self.now, id, ticket, checked);
            }
        }
    }

    /// Everybody's socket takes all that they are owed.
    fn pass(&mut self) {
        let mut called = Vec::new();
        let heard = &mut self.heard;
        self.hub.pass(&mut called, |fanout, _| {
            for slot in fanout.readers {
                fanout.owed.pieces().iter().for_each(|piece| heard[*slot].extend_from_slice(piece));
            }
        });
        for id in called {
            loop {
                let owed = self.hub.owed(id);
                owed.pieces().iter().for_each(|piece| self.heard[id.slot].extend_from_slice(piece));
                let (offered, was_all) = (owed.bytes, owed.is_all);
                self.hub.written(id, Written { offered, was_all, taken: offered });
                if was_all {
                    break;
                }
            }
        }
    }

    /// What a session was written since the last time.
    fn take_heard(&mut self, id: SessionId) -> String {
        let heard = std::mem::take(&mut self.heard[id.slot]);
        String::from_utf8(heard).expect("what the relay writes is UTF-8")
    }
}

/// An answer repeats the id of the request as it was, to whoever has sent it and nobody else.
fn without_own_id(line: &str) -> String {
    match serde_json::from_str::<serde_json::Map<_, serde_json::Value>>(line) {
        Ok(mut event) => {
            event.remove("id");
            serde_json::Value::Object(event).to_string()
        }
        Err(_) => line.to_owned(),
    }
}
