//! At a set rate, whatever the relay does: latencies count from when a message was due, so that one that
//! could not be sent in time cannot hide a stall.

use super::{Load, Outcome, Stage, warm_up};
use crate::failure::Failure;
use crate::ledger::Faults;
use crate::measure::Meter;

pub(super) fn run(load: &Load, mut stage: Stage) -> Result<Outcome, Failure> {
    let conversation = &mut stage.conversation;
    conversation.pace(load.rate, warm_up(load.seconds), |_| Ok(false))?;
    conversation.finish()?;
    conversation.talk.reset();
    let meter = Meter::start(stage.relay.pid)?;
    conversation.pace(load.rate, load.seconds, |_| Ok(false))?;
    conversation.finish()?;
    stage.figures.add_cost(&meter.read()?, conversation.talk.deliveries);
    stage.figures.add_latency(&conversation.talk);
    stage.end(Faults::default())
}
