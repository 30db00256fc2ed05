//! The life of one connection, from the first byte to the last.

mod deadlines;
mod ending;
mod grace;
mod last_word;
mod private;

use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until};

pub use ending::Ending;
pub use last_word::{let_read, turn_away};

use crate::dialect::sniff::{Guess, is_half_a_request, sniff};
use crate::dialect::{Decoder, NATIVE, TEXT, json, text};
use crate::flusher::{flush, pass};
use crate::hub::{Dialect, INBOX_BYTES_MAX};
use crate::link::Link;
use crate::log;
use crate::relay::{Relay, count};
use crate::tls::Unshaken;
use deadlines::{Deadlines, Due};
use last_word::linger;

/// How often a full socket is looked at until the write deadline.
const LOOKS_PER_WRITE_DEADLINE: u32 = 8;

/// Serves a connection until it ends.
pub async fn serve(relay: Rc<Relay>, link: Rc<Link>) {
    let ending = Connection::new(relay.clone(), link.clone()).run().await;
    if over(&relay, &link, ending) {
        // Boxed, so that the task of an idle connection has no room for it.
        Box::pin(linger(&relay, &link)).await;
    }
}

/// Draws the conclusions from an ending; says whether the client may still have something to read.
fn over(relay: &Relay, link: &Link, ending: Ending) -> bool {
    let id = link.id;
    if ending == Ending::TooSlow {
        count(&relay.tally.slow_disconnects);
    }
    if matches!(
        ending,
        Ending::Http | Ending::Tls | Ending::Handshake(_) | Ending::Unsealed(_) | Ending::TlsRequired
    ) {
        relay.tally.refuse(ending.code());
    }
    relay.ask(|hub, _| {
        if let Some((nick, address, dialect)) = hub.describe(id) {
            let unlogged = hub.refusals_unlogged(id);
            log::disconnected(id.serial, address, nick, dialect, &ending, unlogged);
            relay.watch.tell_disconnected(id.serial, address, nick, dialect, ending);
        }
    });
    relay.detach(id, ending.for_the_others());
    match ending {
        Ending::ClosedByUs
        | Ending::LoginTimeout
        | Ending::Http
        | Ending::Tls
        | Ending::Handshake(_)
        | Ending::Unsealed(_)
        | Ending::TlsRequired => true,
        Ending::ClosedByPeer => {
            // They may be gone, or still listen.
            let _ = link.finish();
            false
        }
        Ending::Broke(_) | Ending::DidNotReadGoodbye | Ending::TooSlow => false,
    }
}

/// What is known of the client's dialect.
#[derive(Debug)]
enum Phase {
    /// These bytes have not shown it yet.
    Sniffing(Vec<u8>),
    /// It speaks.
    Speaking(Decoder),
}

/// What a connection waits for.
enum Happening {
    /// Something was noted on the link.
    Woken,
    /// A deadline has come.
    Due(Due),
    /// The socket has room again.
    Writable(io::Result<()>),
    /// Something has arrived.
    Readable(io::Result<()>),
}

struct Connection {
    relay: Rc<Relay>,
    link: Rc<Link>,
    phase: Phase,
    deadlines: Deadlines,
    /// The client has closed its side.
    has_ended: bool,
    ending: Option<Ending>,
}

impl Connection {
    fn new(relay: Rc<Relay>, link: Rc<Link>) -> Self {
        let limits = relay.limits();
        let mut deadlines = Deadlines::default();
        let greeting = Instant::now() + Duration::from_millis(limits.greeting_delay_ms);
        deadlines.set(Due::Sniff, Some(greeting));
        Self { relay, link, phase: Phase::Sniffing(Vec::new()), deadlines, has_ended: false, ending: None }
    }

    async fn run(&mut self) -> Ending {
        loop {
            if let Some(ending) = self.step() {
                return ending;
            }
            match poll_fn(|cx| self.poll_next(cx)).await {
                Happening::Woken => {}
                Happening::Due(due) => self.fall_due(due),
                Happening::Writable(ready) => self.resume(ready),
                Happening::Readable(ready) => {
                    while let Some(until) = self.relay.breather() {
                        // Boxed, so that the task of an idle connection has no room for it.
                        Box::pin(sleep_until(until)).await;
                    }
                    if self.read(ready) {
                        yield_now().await;
                    }
                }
            }
        }
    }

    /// Waits for whatever concerns the connection, the most urgent first.
    fn poll_next(&mut self, cx: &mut Context) -> Poll<Happening> {
        let link = &self.link;
        if link.poll_woken(cx).is_ready() {
            return Poll::Ready(Happening::Woken);
        }
        if let Poll::Ready(due) = self.deadlines.poll_due(cx) {
            return Poll::Ready(Happening::Due(due));
        }
        if link.is_lagging()
            && let Poll::Ready(ready) = link.stream.poll_write_ready(cx)
        {
            return Poll::Ready(Happening::Writable(ready));
        }
        let may_read = !self.has_ended && !link.is_closing() && !link.is_paused.get();
        if may_read && let Poll::Ready(ready) = link.stream.poll_read_ready(cx) {
            return Poll::Ready(Happening::Readable(ready));
        }
        Poll::Pending
    }

    /// Draws the conclusions from what has happened: whether it is over, and what is to be waited for.
    fn step(&mut self) -> Option<Ending> {
        if let Some(ending) = self.ending {
            return Some(ending);
        }
        if let Some(kind) = self.link.failure() {
            return Some(Ending::Broke(kind));
        }
        let id = self.link.id;
        let (inbox_bytes, is_being_checked) =
            self.relay.ask(|hub, _| (hub.inbox_bytes(id), hub.is_being_checked(id)));
        self.link.is_paused.set(inbox_bytes >= INBOX_BYTES_MAX || is_being_checked);
        let limits = self.relay.limits();
        if !self.link.is_lagging() {
            self.deadlines.set(Due::Write, None);
        } else if !self.deadlines.is_set(Due::Write) {
            let look = Duration::from_millis(limits.write_deadline_ms) / LOOKS_PER_WRITE_DEADLINE;
            self.deadlines.set(Due::Write, Some(Instant::now() + look));
        }
        // Whoever has sent all that they will is still told whether their password was right, and heard with it.
        if !self.link.is_closing() && (!self.has_ended || is_being_checked) {
            return None;
        }
        if self.link.is_shaking() {
            self.give_handshake_up();
        } else if matches!(self.phase, Phase::Sniffing(_)) {
            self.choose(&TEXT);
        }
        if self.ending.is_some() {
            return self.ending;
        }
        if !self.link.is_lagging() {
            flush(&self.relay, &self.link);
        }
        if !self.link.is_lagging() {
            let closed_by_us = self.link.is_closing();
            return Some(if closed_by_us { Ending::ClosedByUs } else { Ending::ClosedByPeer });
        }
        if !self.deadlines.is_set(Due::Close) {
            let grace = Duration::from_millis(limits.stop_grace_ms);
            self.deadlines.set(Due::Close, Some(Instant::now() + grace));
        }
        None
    }

    fn fall_due(&mut self, due: Due) {
        match due {
            Due::Sniff => self.greet(),
            Due::Handshake => self.fail_handshake(Unshaken::TimedOut),
            Due::Login => self.login_is_due(),
            Due::Quiet => self.decode(|decoder, take| decoder.quiet(take)),
            Due::Write => self.look_at_full_socket(),
            Due::Close => self.ending = Some(Ending::DidNotReadGoodbye),
        }
    }

    fn look_at_full_socket(&mut self) {
        self.write();
        let limit = Duration::from_millis(self.relay.limits().write_deadline_ms);
        if self.link.stuck_since().is_some_and(|since| since.elapsed() >= limit) {
            self.ending = Some(Ending::TooSlow);
        }
    }

    /// The socket has room again.
    fn resume(&mut self, ready: io::Result<()>) {
        match ready {
            Ok(()) => self.write(),
            Err(error) => self.ending = Some(Ending::Broke(error.kind())),
        }
    }

    /// Reads once; says whether there is probably more, so that the others get their turn first.
    fn read(&mut self, ready: io::Result<()>) -> bool {
        let relay = self.relay.clone();
        let mut buffer = relay.read_buffer.borrow_mut();
        match ready.and_then(|()| self.link.stream.try_read(&mut buffer)) {
            Ok(0) => {
                self.end_input();
                false
            }
            Ok(count) => {
                let is_drained = count < buffer.len();
                if is_drained {
                    self.link.note_drained();
                }
                self.received(&buffer[..count]);
                !is_drained
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => false,
            Err(error) => {
                self.ending = Some(Ending::Broke(error.kind()));
                false
            }
        }
    }

    /// The client will send nothing more.
    fn end_input(&mut self) {
        self.has_ended = true;
        if !self.link.is_shaking() {
            self.choose(&TEXT);
            self.decode(|decoder, take| decoder.end(take));
        }
    }

    fn arrived(&mut self, chunk: &[u8]) {
        let Phase::Sniffing(earlier) = &mut self.phase else { return self.push(chunk) };
        let joined;
        let bytes = if earlier.is_empty() {
            chunk
        } else {
            joined = [earlier, chunk].concat();
            &joined
        };
        match sniff(bytes) {
            Guess::Text => self.begin(&TEXT, bytes),
            Guess::Native => self.begin(&NATIVE, bytes),
            Guess::Http => self.refuse_http(),
            Guess::Tls => {
                let bytes = bytes.to_vec();
                self.shake(&bytes);
            }
            Guess::Undecided => {
                let bytes = bytes.to_vec();
                let delay = Duration::from_millis(self.relay.limits().greeting_delay_ms);
                self.deadlines.set(Due::Sniff, Some(Instant::now() + delay));
                self.phase = Phase::Sniffing(bytes);
            }
        }
    }

    /// A silent client is greeted as a text client, and its first bytes may still show another
    /// dialect. Bytes that a silence follows have shown what they can.
    fn greet(&mut self) {
        match &self.phase {
            Phase::Sniffing(_) if self.is_shut_to_plain_text() => self.refuse_plain_text(&TEXT),
            Phase::Sniffing(bytes) if bytes.is_empty() => {
                self.relay.act(|hub, now| hub.choose(now, self.link.id, &TEXT));
            }
            // Its rest is waited for as long as for a hello.
            Phase::Sniffing(bytes) if is_half_a_request(bytes) => {
                if !self.deadlines.is_set(Due::Login) {
                    let grace = Duration::from_millis(self.relay.limits().login_grace_ms);
                    self.deadlines.set(Due::Login, Some(Instant::now() + grace));
                }
            }
            Phase::Sniffing(_) => self.choose(&TEXT),
            Phase::Speaking(_) => {}
        }
    }

    /// The dialect has shown.
    fn choose(&mut self, dialect: &'static Dialect) {
        if let Phase::Sniffing(bytes) = &mut self.phase {
            let bytes = std::mem::take(bytes);
            self.begin(dialect, &bytes);
        }
    }

    fn begin(&mut self, dialect: &'static Dialect, bytes: &[u8]) {
        if self.is_shut_to_plain_text() {
            return self.refuse_plain_text(dialect);
        }
        let line_bytes_max = self.relay.limits().line_bytes_max;
        self.deadlines.set(Due::Sniff, None);
        let decoder = if dialect.needs_hello {
            let grace = Duration::from_millis(self.relay.limits().login_grace_ms);
            self.deadlines.set(Due::Login, Some(Instant::now() + grace));
            Decoder::Native(json::Reader::new(line_bytes_max))
        } else {
            Decoder::Text(text::Reader::new(line_bytes_max))
        };
        self.phase = Phase::Speaking(decoder);
        self.relay.act(|hub, now| hub.choose(now, self.link.id, dialect));
        if !bytes.is_empty() {
            self.push(bytes);
        }
    }

    fn push(&mut self, chunk: &[u8]) {
        self.decode(|decoder, take| decoder.push(chunk, take));
    }

    /// Lets the decoder take something in, and the hub what it understands.
    fn decode(&mut self, step: impl FnOnce(&mut Decoder, &mut crate::dialect::Take)) {
        let Phase::Speaking(decoder) = &mut self.phase else { return };
        let limits = self.relay.limits();
        decoder.set_line_bytes_max(limits.line_bytes_max);
        let (relay, id, now) = (&self.relay, self.link.id, self.relay.clock.now());
        step(decoder, &mut |tag, command| {
            let needs_pass = relay.act_at(now, |hub, now| {
                // What stands after a /quit in the same chunk is no longer said.
                if !hub.is_closing(id) {
                    hub.handle(now, id, tag, command);
                }
                hub.needs_pass()
            });
            if needs_pass {
                pass(relay);
                relay.take_breather();
            }
        });
        let answer = decoder.take_answer();
        if !answer.is_empty() {
            relay.act_at(now, |hub, _| hub.answer(id, &answer));
        }
        let quiet = Duration::from_millis(limits.text_quiet_ms);
        self.deadlines.set(Due::Quiet, decoder.minds_silence().then(|| Instant::now() + quiet));
    }
}
