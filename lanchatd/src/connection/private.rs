//! What a connection has to do with TLS: the handshake, and what arrives sealed.

use std::time::Duration;

use tokio::time::Instant;

use super::deadlines::Due;
use super::{Connection, Ending, Phase};
use crate::flusher::flush;
use crate::hub::{Dialect, Refusal, Reply};
use crate::relay::count;
use crate::tls::{Unshaken, Wire};

/// What is kept of the memory in which TLS is opened, in bytes: about what one read brings.
const OPENED_BYTES_KEPT: usize = 64 * 1024;

impl Connection {
    /// The first bytes are those of a TLS handshake.
    pub(super) fn shake(&mut self, bytes: &[u8]) {
        let Some(server) = self.relay.tls.borrow().clone() else {
            self.ending = Some(Ending::Tls);
            return;
        };
        let is_greeted = self.is_greeted();
        if is_greeted || self.link.wire().is_some() {
            return self.fail_handshake(if is_greeted { Unshaken::Late } else { Unshaken::Malformed });
        }
        match Wire::new(server.config()) {
            Ok(wire) => self.link.secure(wire),
            Err(why) => return self.fail_handshake(why),
        }
        self.phase = Phase::Sniffing(Vec::new());
        self.deadlines.set(Due::Sniff, None);
        let limit = Duration::from_millis(self.relay.limits().handshake_ms);
        self.deadlines.set(Due::Handshake, Some(Instant::now() + limit));
        self.open(bytes);
    }

    /// Takes in what has arrived, whatever the connection speaks.
    pub(super) fn received(&mut self, bytes: &[u8]) {
        if self.link.wire().is_some() { self.open(bytes) } else { self.arrived(bytes) }
    }

    fn open(&mut self, sealed: &[u8]) {
        let link = self.link.clone();
        let Some(wire) = link.wire() else { return };
        let mut plain = self.relay.opened.take();
        let was_shaking = wire.borrow().is_shaking();
        // What comes of it may write to this very link.
        let opened = wire.borrow_mut().open(sealed, &mut plain);
        link.push();
        let is_shaking = wire.borrow().is_shaking();
        if was_shaking && !is_shaking {
            self.is_secured();
        }
        if !plain.is_empty() {
            self.arrived(&plain);
        }
        plain.clear();
        plain.shrink_to(OPENED_BYTES_KEPT);
        self.relay.opened.replace(plain);
        match opened {
            Ok(false) => {}
            Ok(true) => self.end_input(),
            Err(why) if is_shaking => self.fail_handshake(why),
            Err(why) => {
                count(&self.relay.tally.tls_failures[why.kind()]);
                self.ending = Some(Ending::Unsealed(why));
            }
        }
    }

    /// The handshake is done: the client has as much time to say something as one that has just connected.
    fn is_secured(&mut self) {
        count(&self.relay.tally.handshakes);
        self.deadlines.set(Due::Handshake, None);
        let delay = Duration::from_millis(self.relay.limits().greeting_delay_ms);
        self.deadlines.set(Due::Sniff, Some(Instant::now() + delay));
        self.relay.act(|hub, _| hub.secure(self.link.id));
    }

    pub(super) fn fail_handshake(&mut self, why: Unshaken) {
        count(&self.relay.tally.tls_failures[why.kind()]);
        self.ending = Some(Ending::Handshake(why));
    }

    /// It is over before the handshake is.
    pub(super) fn give_handshake_up(&mut self) {
        if self.link.is_closing() {
            self.ending = Some(Ending::ClosedByUs);
        } else {
            self.fail_handshake(Unshaken::GaveUp);
        }
    }

    /// Writes what is owed, as far as the socket takes it.
    pub(super) fn write(&mut self) {
        if !self.link.is_shaking() {
            flush(&self.relay, &self.link);
        } else if self.link.push() {
            self.link.caught_up();
        }
    }

    /// Whether the client was told something: it is there, though it has said nothing yet.
    fn is_greeted(&self) -> bool {
        self.relay.ask(|hub, _| hub.describe(self.link.id).is_some_and(|(.., name)| name != "new"))
    }

    /// Whether what arrived is not sealed and ought to be. Who was greeted before that was so stays.
    pub(super) fn is_shut_to_plain_text(&self) -> bool {
        let is_required = || self.relay.tls.borrow().as_ref().is_some_and(|server| server.is_required());
        self.link.wire().is_none() && is_required() && !self.is_greeted()
    }

    /// Says why nothing is said here, in the client's own dialect.
    pub(super) fn refuse_plain_text(&mut self, dialect: &'static Dialect) {
        let mut words = Vec::new();
        (dialect.reply)(&Reply::Refused { tag: None, refusal: &Refusal::TlsRequired }, &mut words);
        self.link.say(&words);
        self.relay.act(|hub, now| hub.refuse(now, self.link.id, None, Refusal::TlsRequired));
        self.ending = Some(Ending::TlsRequired);
    }
}
