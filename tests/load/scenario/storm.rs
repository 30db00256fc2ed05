//! People who come, say one line that somebody hears, and leave, many at once, while a conversation goes on
//! at a set rate: accepting must not starve those who chat.

use std::time::Duration;

use super::{Load, Outcome, Stage, warm_up};
use crate::conversation::Conversation;
use crate::failure::Failure;
use crate::ledger::Faults;
use crate::measure::Meter;
use crate::visitors::Visitors;

/// How long the last visitors are followed at a time.
const LOOK: Duration = Duration::from_millis(20);

pub(super) fn run(load: &Load, mut stage: Stage) -> Result<Outcome, Failure> {
    let Stage { relay, conversation, figures, .. } = &mut stage;
    conversation.observe_visitors();
    conversation.pace(load.rate, warm_up(load.seconds), |_| Ok(false))?;
    conversation.finish()?;

    conversation.talk.reset();
    let meter = Meter::start(relay.pid)?;
    conversation.pace(load.rate, load.seconds, |_| Ok(false))?;
    conversation.finish()?;
    let calm = meter.read()?;
    let calm_latency_ns = conversation.talk.latency_ns.clone();

    conversation.talk.reset();
    let mut visitors = Visitors::begin(relay.address, load.at_once)?;
    let meter = Meter::start(relay.pid)?;
    follow(load, conversation, &mut visitors, load.seconds)?;
    let storm = meter.read()?;
    let cycles = visitors.done as f64;
    visitors.end();
    while visitors.under_way() > 0 && !visitors.is_stalled(load.patience) {
        follow(load, conversation, &mut visitors, LOOK)?;
    }
    conversation.finish()?;

    figures.add("deliveries_per_s", conversation.talk.deliveries as f64 / storm.seconds);
    figures.add_latency(&conversation.talk);
    figures.add("cycles_per_s", cycles / storm.seconds);
    let calm_share = calm.relay_ns / calm.seconds * storm.seconds;
    figures.add("relay_us_per_cycle", (storm.relay_ns - calm_share) / cycles / 1e3);
    let quantiles =
        [("calm_p50_us", 0.5), ("calm_p99_us", 0.99), ("calm_p999_us", 0.999), ("calm_max_us", 1.0)];
    for (name, quantile) in quantiles {
        figures.add(name, calm_latency_ns.value_at_quantile(quantile) as f64 / 1e3);
    }
    let faults =
        Faults { lost: visitors.under_way(), disconnected: visitors.disconnected, ..Faults::default() };
    stage.end(faults)
}

fn follow(
    load: &Load,
    conversation: &mut Conversation,
    visitors: &mut Visitors,
    length: Duration,
) -> Result<(), Failure> {
    conversation.pace(load.rate, length, |talk| {
        visitors.turn(&mut talk.visits)?;
        Ok(visitors.under_way() > 0)
    })
}
