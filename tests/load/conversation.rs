//! Everybody in the room, and the one loop that carries their bytes.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;

use crate::client::{Client, Dialect};
use crate::failure::Failure;
use crate::interrupt;
use crate::ledger::Faults;
use crate::scenario::Load;
use crate::socket::{Happenings, Origin, begin};
use crate::stream::{Stream, sealing};
use crate::talk::Talk;

/// What all clients read into: more than a usual window holds.
const BUFFER_BYTES: usize = 256 * 1024;

/// How many clients may be on their way in at once: fewer than wait in the usual accept queue (4,096), from
/// which whoever does not fit is sent away for a second.
const ARRIVING_MAX: usize = 1_024;

/// How long it may take until somebody else is let in.
const ARRIVAL_MAX: Duration = Duration::from_secs(10);

/// How long to wait for events before looking at the clock again.
const LOOK: Duration = Duration::from_millis(50);

/// While something is under way at a set pace, this program looks after it this often instead of being woken
/// by each of the relay's writes: that would be charged to the relay, whose clients are elsewhere in real
/// life. Latencies are exact to about twice as much.
const NAP: Duration = Duration::from_micros(50);

/// All clients of one run. The publishers come first.
pub struct Conversation {
    clients: Vec<Client>,
    /// What is said and heard.
    pub talk: Talk,
    /// What those who listen go by where they speak TLS.
    sealing: Option<Arc<ClientConfig>>,
    happenings: Happenings,
    buffer: Vec<u8>,
    start: Instant,
    /// When somebody last heard something, or began to wait for it.
    stirred: Instant,
    patience: Duration,
    /// Who speaks next.
    turn: usize,
}

impl Conversation {
    /// Has all clients that `load` asks for connect to the relay, and waits until they are in the room.
    pub fn gather(address: SocketAddr, load: &Load) -> Result<Self, Failure> {
        let publishers = usize::from(load.publishers);
        let now = Instant::now();
        let mut gathering = Self {
            clients: Vec::new(),
            talk: Talk::new(publishers, load.payload_bytes),
            sealing: load.is_sealed.then(sealing),
            happenings: Happenings::new().map_err(epoll_failed)?,
            buffer: vec![0; BUFFER_BYTES],
            start: now,
            stirred: now,
            patience: load.patience,
            turn: 0,
        };
        for index in 0..publishers {
            gathering.enter(address, load.dialect(index), Some(index))?;
        }
        for index in 0..load.receivers {
            gathering.enter(address, load.dialect(index), None)?;
        }
        gathering.wait_until(address, |talk| talk.arriving == 0)?;
        Ok(gathering)
    }

    fn enter(
        &mut self,
        address: SocketAddr,
        dialect: Dialect,
        publisher: Option<usize>,
    ) -> Result<(), Failure> {
        let connect = |source| Failure::Connect { address, source };
        let socket = begin(address, Origin::default()).map_err(connect)?;
        self.happenings.add(&socket, self.clients.len()).map_err(epoll_failed)?;
        let sealing = self.sealing.as_ref().filter(|_| publisher.is_none());
        let stream = Stream::new(socket, sealing).map_err(connect)?;
        self.clients.push(match publisher {
            Some(publisher) => Client::publisher(stream, dialect, publisher, &mut self.talk),
            None => Client::receiver(stream, dialect, &mut self.talk),
        });
        self.wait_until(address, |talk| talk.arriving < ARRIVING_MAX)
    }

    fn wait_until(&mut self, address: SocketAddr, is_so: impl Fn(&Talk) -> bool) -> Result<(), Failure> {
        let mut arrived = (self.talk.present, Instant::now());
        while !is_so(&self.talk) {
            self.turn(LOOK)?;
            if self.talk.faults.disconnected > 0 {
                return Err(self.left_out(address, Client::is_gone));
            }
            if self.talk.present != arrived.0 {
                arrived = (self.talk.present, Instant::now());
            } else if arrived.1.elapsed() > ARRIVAL_MAX {
                return Err(self.left_out(address, |client| !client.is_present()));
            }
        }
        Ok(())
    }

    /// The first client that `is_it` does not get in.
    fn left_out(&self, address: SocketAddr, is_it: impl Fn(&Client) -> bool) -> Failure {
        let index = self.clients.iter().position(is_it).unwrap_or_default();
        let who = match index.checked_sub(self.talk.voices.len()) {
            Some(receiver) => format!("receiver {receiver}"),
            None => format!("publisher {index}"),
        };
        let last_word = self.clients.get(index).map(Client::last_word).unwrap_or_default();
        Failure::LeftOut { who, address, last_word }
    }

    /// The first receiver notes which visitors it hears.
    pub fn observe_visitors(&mut self) {
        if let Some(observer) = self.clients.get_mut(self.talk.voices.len()) {
            observer.observe();
        }
    }

    /// Speaks as fast as a window of messages under way allows, for so long.
    pub fn rush(&mut self, window: usize, length: Duration) -> Result<(), Failure> {
        let end = Instant::now() + length;
        while Instant::now() < end && !self.is_stalled() {
            let now_ns = self.now_ns();
            // A publisher that is gone says nothing: so many tries, not so many messages.
            for _ in self.talk.under_way..window {
                self.say(now_ns);
            }
            self.send();
            self.turn(LOOK)?;
        }
        Ok(())
    }

    /// Speaks at a set pace, in messages a second, whether those before were heard or not. `meanwhile` is
    /// done in each turn and says whether it has anything under way itself.
    pub fn pace(
        &mut self,
        rate: f64,
        length: Duration,
        mut meanwhile: impl FnMut(&mut Talk) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        let start_ns = self.now_ns();
        let end_ns = start_ns + length.as_nanos() as u64;
        let due_ns = |number: u64| start_ns + (number as f64 * 1e9 / rate) as u64;
        let mut number = 1;
        loop {
            let now_ns = self.now_ns();
            while due_ns(number) <= now_ns.min(end_ns) {
                self.say(due_ns(number));
                number += 1;
            }
            self.send();
            if now_ns >= end_ns || self.is_stalled() {
                return Ok(());
            }
            let is_busy = meanwhile(&mut self.talk)? || self.talk.under_way > 0;
            let pause = if is_busy {
                NAP
            } else {
                Duration::from_nanos(due_ns(number).min(end_ns) - now_ns).min(LOOK)
            };
            std::thread::sleep(pause);
            self.turn(Duration::ZERO)?;
        }
    }

    /// Waits until everybody has heard everything, or nothing comes any more.
    pub fn finish(&mut self) -> Result<(), Failure> {
        while self.talk.under_way > 0 && !self.is_stalled() {
            self.turn(LOOK)?;
        }
        Ok(())
    }

    /// What went wrong for all clients together.
    pub fn faults(&self) -> Faults {
        let present = self.clients.iter().filter(|client| client.is_present());
        let lost = present.map(|client| client.missing(&self.talk)).sum();
        Faults { lost, ..self.talk.faults }
    }

    /// What the relay itself said last to the first publisher: why it took nothing more, perhaps.
    pub fn last_word(&self) -> String {
        self.clients.first().map(Client::last_word).unwrap_or_default()
    }

    /// Waits for events, for so long at most, and deals with them.
    pub fn turn(&mut self, timeout: Duration) -> Result<(), Failure> {
        interrupt::check()?;
        let count = self.happenings.wait(timeout).map_err(epoll_failed)?;
        let (start, heard) = (self.start, self.talk.deliveries);
        for position in 0..count {
            let happening = self.happenings.get(position);
            let client = &mut self.clients[happening.index];
            client.serve(happening, &mut self.buffer, &mut self.talk, || start.elapsed().as_nanos() as u64);
        }
        if self.talk.deliveries > heard {
            self.stirred = Instant::now();
        }
        Ok(())
    }

    /// The publisher whose turn it is says something.
    fn say(&mut self, due_ns: u64) {
        if self.talk.under_way == 0 {
            self.stirred = Instant::now();
        }
        self.clients[self.turn].say(due_ns, &mut self.talk);
        self.turn = (self.turn + 1) % self.talk.voices.len();
    }

    fn send(&mut self) {
        for client in &mut self.clients[..self.talk.voices.len()] {
            client.send(&mut self.talk);
        }
    }

    /// Whether nobody is left, or something is under way and nobody has heard anything for longer than
    /// patience lasts.
    fn is_stalled(&self) -> bool {
        let is_quiet = self.talk.under_way > 0 && self.stirred.elapsed() > self.patience;
        self.talk.present == 0 || is_quiet
    }

    fn now_ns(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }
}

fn epoll_failed(source: io::Error) -> Failure {
    Failure::System { what: "watch sockets", source }
}
