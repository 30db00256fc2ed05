//! Connections that do nothing: what they hold, and what they cost.

use std::time::{Duration, Instant};

use super::{Load, Outcome, Stage};
use crate::failure::Failure;
use crate::ledger::Faults;
use crate::measure::Meter;

/// How long the relay has for what comes of so many arrivals.
const SETTLE: Duration = Duration::from_millis(200);

pub(super) fn run(load: &Load, mut stage: Stage) -> Result<Outcome, Failure> {
    rest(&mut stage, SETTLE)?;
    let meter = Meter::start(stage.relay.pid)?;
    rest(&mut stage, load.seconds)?;
    let used = meter.read()?;
    stage.figures.add("relay_cpu_percent", used.relay_ns / used.seconds / 1e7);
    stage.figures.add("relay_us_per_arrival", stage.arrival_ns / 1e3);
    // A word to all shows that everybody was there all the time.
    stage.conversation.rush(1, Duration::from_millis(1))?;
    stage.end(Faults::default())
}

fn rest(stage: &mut Stage, length: Duration) -> Result<(), Failure> {
    let end = Instant::now() + length;
    while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
        // Rounded up: what is left is less than a millisecond at the end.
        stage.conversation.turn(left.max(Duration::from_millis(1)))?;
    }
    Ok(())
}
