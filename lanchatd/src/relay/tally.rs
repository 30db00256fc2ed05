//! Counters of what happens outside the hub.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use crate::hub::Totals;
use crate::tls::Unshaken;

/// Counters of what happens outside the hub.
#[derive(Debug, Default)]
pub struct Tally {
    /// Clients whose socket took nothing for the write deadline.
    pub slow_disconnects: Cell<u64>,
    /// Connections that were not taken.
    pub connections_refused: Cell<u64>,
    /// What was refused outside the hub, by code: connections that were not taken, and what came on others in place of a chat.
    pub refused: RefCell<BTreeMap<&'static str, u64>>,
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

impl Tally {
    /// Something was refused outside the hub.
    pub fn refuse(&self, code: &'static str) {
        *self.refused.borrow_mut().entry(code).or_default() += 1;
    }

    /// Everything that was refused, by code.
    pub fn refusals_by_code(&self, totals: &Totals) -> BTreeMap<String, u64> {
        let mut all: BTreeMap<String, u64> = BTreeMap::new();
        for (code, times) in totals.refusals_by_code.iter().chain(&*self.refused.borrow()) {
            *all.entry((*code).to_owned()).or_default() += times;
        }
        all
    }
}

/// Adds one to a counter.
pub fn count(counter: &Cell<u64>) {
    add(counter, 1);
}

/// Adds to a counter.
pub fn add(counter: &Cell<u64>, number: u64) {
    counter.set(counter.get() + number);
}
