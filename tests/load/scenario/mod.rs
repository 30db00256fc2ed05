//! What is measured: one file a scenario.

mod idle;
mod max;
mod paced;
mod slow;
mod storm;

use std::time::Duration;

use crate::client::Dialect;
use crate::conversation::Conversation;
use crate::descriptors;
use crate::failure::Failure;
use crate::figures::Figures;
use crate::ledger::Faults;
use crate::measure::{Meter, memory_bytes};
use crate::relay::{Relay, Target};

/// A way to use a relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// As fast as it goes.
    Max,
    /// At a set rate.
    Paced,
    /// Not at all.
    Idle,
    /// With people who come and go.
    Storm,
    /// With somebody who never reads.
    Slow,
}

impl Scenario {
    /// What it is called on the command line and in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Max => "max",
            Self::Paced => "paced",
            Self::Idle => "idle",
            Self::Storm => "storm",
            Self::Slow => "slow",
        }
    }
}

/// A scenario and its sizes.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// What is done.
    pub scenario: Scenario,
    /// Clients that listen.
    pub receivers: usize,
    /// Clients that speak, and hear each other.
    pub publishers: u16,
    /// How many of a hundred clients speak the native dialect.
    pub native_percent: u8,
    /// Whether those who listen speak TLS.
    pub is_sealed: bool,
    /// The length of a message, in bytes.
    pub payload_bytes: usize,
    /// Messages that may be under way at once.
    pub window: usize,
    /// Messages a second.
    pub rate: f64,
    /// Visitors at once.
    pub at_once: usize,
    /// How long is measured.
    pub seconds: Duration,
    /// How long nothing may come.
    pub patience: Duration,
}

impl Load {
    /// A scenario with sizes that suit a machine with two cores.
    pub fn of(scenario: Scenario) -> Self {
        let (receivers, rate, seconds) = match scenario {
            Scenario::Max | Scenario::Slow => (100, 50.0, 3),
            Scenario::Paced => (1_000, 50.0, 5),
            Scenario::Idle => (2_000, 50.0, 2),
            Scenario::Storm => (20, 200.0, 3),
        };
        Self {
            scenario,
            receivers,
            publishers: 1,
            native_percent: 0,
            is_sealed: false,
            payload_bytes: 100,
            window: 256,
            rate,
            at_once: 16,
            seconds: Duration::from_secs(seconds),
            patience: Duration::from_secs(5),
        }
    }

    /// Every scenario, and `max` in the sizes that strain different parts of a relay.
    pub fn all() -> Vec<Self> {
        let max = Self::of(Scenario::Max);
        vec![
            max.clone(),
            Self { publishers: 4, ..max.clone() },
            Self { native_percent: 100, ..max.clone() },
            Self { receivers: 1_000, ..max },
            Self::of(Scenario::Paced),
            Self::of(Scenario::Idle),
            Self::of(Scenario::Storm),
            Self::of(Scenario::Slow),
        ]
    }

    /// The dialect of the receiver, or the publisher, with this index: evenly spread.
    pub fn dialect(&self, index: usize) -> Dialect {
        let natives_below = |index: usize| index * usize::from(self.native_percent) / 100;
        if natives_below(index + 1) > natives_below(index) { Dialect::Native } else { Dialect::Text }
    }

    fn clients(&self) -> usize {
        self.receivers + usize::from(self.publishers)
    }
}

/// What a run came to.
#[derive(Debug)]
pub struct Outcome {
    /// What was measured.
    pub figures: Figures,
    /// What went wrong.
    pub faults: Faults,
}

/// What every scenario begins with: a relay, and all clients in its room.
struct Stage {
    relay: Relay,
    conversation: Conversation,
    figures: Figures,
    /// The relay's processor time for one client to come in, in nanoseconds.
    arrival_ns: f64,
}

impl Stage {
    fn set(load: &Load, relay: Relay) -> Result<Self, Failure> {
        // One client more beforehand: what the relay needs once is not charged to the others.
        let one = Load { receivers: 1, publishers: 1, ..load.clone() };
        drop(Conversation::gather(relay.address, &one)?);
        let before = memory_bytes(relay.pid)?;
        let meter = Meter::start(relay.pid)?;
        let conversation = Conversation::gather(relay.address, load)?;
        let arrival_ns = meter.read()?.relay_ns / load.clients() as f64;
        let grown = memory_bytes(relay.pid)?.saturating_sub(before);
        let mut figures = Figures::default();
        figures.add("relay_bytes_per_connection", grown as f64 / load.clients() as f64);
        Ok(Self { relay, conversation, figures, arrival_ns })
    }

    /// Waits for what is under way, and judges.
    fn end(mut self, more: Faults) -> Result<Outcome, Failure> {
        self.conversation.finish()?;
        let mut faults = self.conversation.faults();
        if !faults.is_none() {
            eprintln!("the relay's last word to the first publisher: {}", self.conversation.last_word());
        }
        faults += more;
        Ok(Outcome { figures: self.figures, faults })
    }
}

/// Runs a scenario once. Returns what it came to, and the relay's version where that is known.
pub fn run(load: &Load, target: &Target) -> Result<(Outcome, Option<String>), Failure> {
    descriptors::make_room((load.clients() + load.at_once) as u64)?;
    let relay = Relay::start(target)?;
    let version = relay.version.clone();
    let stage = Stage::set(load, relay)?;
    let outcome = match load.scenario {
        Scenario::Max => max::run(load, stage),
        Scenario::Paced => paced::run(load, stage),
        Scenario::Idle => idle::run(load, stage),
        Scenario::Storm => storm::run(load, stage),
        Scenario::Slow => slow::run(load, stage),
    };
    Ok((outcome?, version))
}

/// What comes before the measured time, so that caches and buffers are as they stay.
fn warm_up(seconds: Duration) -> Duration {
    (seconds / 5).min(Duration::from_millis(500))
}
