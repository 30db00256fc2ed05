//! As fast as it goes: a window of messages is under way, and a message is done when everybody has it.

use super::{Load, Outcome, Stage, warm_up};
use crate::failure::Failure;
use crate::ledger::Faults;
use crate::measure::Meter;

pub(super) fn run(load: &Load, mut stage: Stage) -> Result<Outcome, Failure> {
    let conversation = &mut stage.conversation;
    conversation.rush(load.window, warm_up(load.seconds))?;
    conversation.talk.reset();
    let meter = Meter::start(stage.relay.pid)?;
    conversation.rush(load.window, load.seconds)?;
    stage.figures.add_cost(&meter.read()?, conversation.talk.deliveries);
    conversation.finish()?;
    stage.figures.add_latency(&conversation.talk);
    stage.end(Faults::default())
}
