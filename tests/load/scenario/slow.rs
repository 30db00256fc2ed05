//! Somebody who never reads, beside those who are served as fast as it goes: they must not notice, and the
//! relay's memory must stay bounded.

use std::time::Duration;

use super::{Load, Outcome, Stage, warm_up};
use crate::failure::Failure;
use crate::ledger::Faults;
use crate::measure::{Meter, Used, memory_bytes};
use crate::socket::{Origin, begin};

/// The receive buffer of whoever does not read, in bytes: little is left to the kernel.
const RECEIVE_BUFFER_BYTES: usize = 4_096;

/// How often the relay's memory is looked at.
const LOOKS: u32 = 10;

pub(super) fn run(load: &Load, mut stage: Stage) -> Result<Outcome, Failure> {
    let (pid, address) = (stage.relay.pid, stage.relay.address);
    stage.conversation.rush(load.window, warm_up(load.seconds))?;
    let (alone, before) = measure(load, &mut stage, pid)?;

    let origin = Origin { receive_buffer_bytes: Some(RECEIVE_BUFFER_BYTES), ..Origin::default() };
    let sleeper = begin(address, origin).map_err(|source| Failure::Connect { address, source })?;
    stage.conversation.rush(load.window, warm_up(load.seconds).max(Duration::from_millis(400)))?;
    let (together, after) = measure(load, &mut stage, pid)?;
    stage.figures.add_cost(&together.0, together.1);
    stage.conversation.finish()?;
    drop(sleeper);

    stage.figures.add_latency(&stage.conversation.talk);
    let speed = |(used, deliveries): (Used, u64)| deliveries as f64 / used.seconds;
    stage.figures.add("speed_kept", speed(together) / speed(alone));
    stage.figures.add("relay_growth_KiB", after.saturating_sub(before) as f64 / 1024.0);
    stage.end(Faults::default())
}

/// What was used for how many deliveries, and the most memory that was seen, in bytes.
fn measure(load: &Load, stage: &mut Stage, pid: u32) -> Result<((Used, u64), u64), Failure> {
    stage.conversation.talk.reset();
    let meter = Meter::start(pid)?;
    let mut memory = 0;
    for _ in 0..LOOKS {
        stage.conversation.rush(load.window, load.seconds / LOOKS)?;
        memory = memory_bytes(pid)?.max(memory);
    }
    Ok(((meter.read()?, stage.conversation.talk.deliveries), memory))
}
