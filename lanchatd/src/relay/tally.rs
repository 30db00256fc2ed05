//! Counters of what happens outside the hub.

use std::cell::Cell;

use crate::tls::Unshaken;

/// Counters of what happens outside the hub.
#[derive(Debug, Default)]
pub struct Tally {
    /// Clients whose socket took nothing for the write deadline.
    pub slow_disconnects: Cell<u64>,
    /// Connections that were not taken.
    pub connections_refused: Cell<u64>,
    /// Bytes that sockets took.
    pub bytes_sent: Cell<u64>,
    /// Batches that the store has written, and how long that took in all.
    pub batches: Cell<u64>,
    /// In microseconds.
    pub batches_us: Cell<u64>,
    /// TLS handshakes that were done.
    pub handshakes: Cell<u64>,
    /// TLS that has failed, by [`Unshaken::kind`].
    pub tls_failures: [Cell<u64>; Unshaken::CODES.len()],
}

/// Adds one to a counter.
pub fn count(counter: &Cell<u64>) {
    add(counter, 1);
}

/// Adds to a counter.
pub fn add(counter: &Cell<u64>, number: u64) {
    counter.set(counter.get() + number);
}
