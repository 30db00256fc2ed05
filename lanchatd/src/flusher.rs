//! The one pass that writes to everybody what they are owed, and what one session is written.

use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::yield_now;
use tokio::time::sleep;

use crate::hub::Written;
use crate::link::Link;
use crate::relay::{Relay, add};
use crate::rest::{Passed, rest};

/// Writes for as long as the relay lives.
///
/// Readers append; when all that were ready have run, one pass writes everything since the last to
/// everybody whose socket is not full. Nobody waits for anybody.
pub async fn run(relay: Rc<Relay>) {
    loop {
        relay.pass_due().await;
        yield_now().await;
        let start = Instant::now();
        let passed = pass(&relay);
        let took = start.elapsed();
        // What arrived while it passed is read first.
        yield_now().await;
        if relay.is_pass_due() {
            let max = Duration::from_millis(relay.limits().rest_ms_max);
            if let Some(rest) = rest(passed, took, max) {
                sleep(rest).await;
            }
        }
    }
}

/// Writes to everybody who is owed something and whose socket is not full.
pub fn pass(relay: &Relay) -> Passed {
    let mut called = relay.called.take();
    let mut passed = relay.pass(&mut called);
    for id in called.drain(..) {
        if let Some(link) = relay.link(id) {
            passed.writes += 1;
            passed.bytes += flush(relay, &link);
        }
    }
    relay.called.replace(called);
    passed
}

/// Writes to one socket what its session is owed, as far as the socket takes it, and returns how many
/// bytes that was.
pub fn flush(relay: &Relay, link: &Link) -> usize {
    let mut hub = relay.hub().borrow_mut();
    let mut total = 0;
    loop {
        let owed = hub.owed(link.id);
        let (offered, was_all) = (owed.bytes, owed.is_all);
        let was_lagging = link.is_lagging();
        let taken = if offered == 0 {
            link.push();
            0
        } else {
            link.send(&owed)
        };
        if taken < offered && (taken > 0 || !was_lagging) {
            relay.note_laggard_moved();
        }
        hub.written(link.id, Written { offered, was_all, taken });
        total += taken;
        add(&relay.tally.bytes_sent, taken as u64);
        if taken < offered {
            return total;
        }
        if was_all {
            link.caught_up();
            if hub.has_outputs() || hub.has_ready() {
                // Whoever has taken everything may be told more.
                drop(hub);
                relay.act(|_, _| ());
            }
            return total;
        }
    }
}
