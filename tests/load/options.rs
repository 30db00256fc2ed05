//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};
use toml::Table;

use crate::payload::{HEADER_BYTES, PUBLISHERS_MAX};
use crate::relay::{Target, setting};
use crate::scenario::{Load, Scenario};

const EXPLANATION: &str = "\
Columns: latencies are from when a message was due until a receiver had it. RELAY ns and LOAD ns are the
processor time for a delivery of the relay and of this program. BYTES/CONN is by how much the relay's
memory grew for each connection.

Exit codes:
  0  every message came once, whole and in order
  1  something was lost, doubled, out of order, torn or disconnected, or could not be measured
  2  wrong usage";

/// The longest payload in bytes: with what the native dialect puts around it, it has to fit a line.
const PAYLOAD_BYTES_MAX: i64 = 4_000;

/// Drives lanchatd with many clients over loopback, checks that everybody gets everything, and measures it.
///
/// A relay is started for each run, unless --addr names one that runs.
#[derive(Debug, Parser)]
#[command(name = "lanchat-load", version, max_term_width = 100, after_help = EXPLANATION)]
struct Arguments {
    /// What to measure; `all` where it is left out
    #[command(subcommand)]
    scenario: Option<Which>,

    /// Clients that listen [default: 100, paced: 1000, idle: 2000, storm: 20]
    #[arg(long, value_name = "N", global = true, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    receivers: Option<u32>,

    /// Clients that speak, and hear each other [default: 1]
    #[arg(long, value_name = "N", global = true, value_parser = clap::value_parser!(u16).range(1..=i64::from(PUBLISHERS_MAX)))]
    publishers: Option<u16>,

    /// How many of a hundred clients speak the native dialect; the others are text clients [default: 0]
    #[arg(long, value_name = "PERCENT", global = true, value_parser = clap::value_parser!(u8).range(0..=100))]
    native: Option<u8>,

    /// Those who listen speak TLS
    #[arg(long, global = true)]
    tls: bool,

    /// The length of a message, without what the dialects put around it
    #[arg(long, value_name = "BYTES", global = true, default_value_t = 100, value_parser = clap::value_parser!(u16).range(HEADER_BYTES as i64 + 1..=PAYLOAD_BYTES_MAX))]
    payload: u16,

    /// Messages that may be under way at once in `max` and `slow`
    #[arg(long, value_name = "N", global = true, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..))]
    window: u32,

    /// Messages a second in `paced` and `storm`, of all publishers together [default: 50, storm: 200]
    #[arg(long, value_name = "N", global = true, value_parser = positive)]
    rate: Option<f64>,

    /// Visitors at once in `storm`
    #[arg(long, value_name = "N", global = true, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    at_once: u16,

    /// How long each run measures [default: 3, paced: 5, idle: 2]
    #[arg(long, value_name = "N", global = true, value_parser = seconds)]
    seconds: Option<Duration>,

    /// Give up when nothing has come for so many seconds
    #[arg(long, value_name = "N", global = true, default_value = "5", value_parser = seconds)]
    patience: Duration,

    /// Runs of each scenario, in turns; the table has the medians
    #[arg(long, value_name = "N", global = true, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,

    /// Print one line of JSON a run instead of the table
    #[arg(long, global = true)]
    json: bool,

    /// The relay's program [default: the lanchatd next to this one]
    #[arg(long, value_name = "PATH", global = true)]
    program: Option<PathBuf>,

    /// Pin the relay to this processor (with taskset)
    #[arg(long, value_name = "N", global = true)]
    cpu: Option<u32>,

    /// Have the relay keep what is said, in a file that goes with the run
    #[arg(long, global = true)]
    store: bool,

    /// A line for the relay's configuration, such as limits.write_deadline_ms=1000; may be repeated
    #[arg(long, value_name = "SECTION.KEY=VALUE", global = true, value_parser = setting)]
    set: Vec<Table>,

    /// Use a relay that runs here and that nobody else uses; only loopback addresses are taken
    #[arg(long, value_name = "ADDRESS:PORT", global = true, value_parser = loopback)]
    addr: Option<SocketAddr>,

    /// The process id of the relay at --addr
    #[arg(long, global = true)]
    pid: Option<u32>,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum Which {
    /// Publishers as fast as a window of messages under way allows
    Max,
    /// Publishers at a set rate; latencies count from when a message was due
    Paced,
    /// Connections that do nothing
    Idle,
    /// Visitors who come, say a line and leave, during a paced conversation
    Storm,
    /// One reader more, who never reads
    Slow,
    /// All of these
    All,
}

/// What is to be done.
#[derive(Debug)]
pub struct Options {
    arguments: Arguments,
    /// Which relay is measured.
    pub target: Target,
    /// How often each scenario is run.
    pub runs: u32,
    /// Whether JSON lines are printed instead of a table.
    pub json: bool,
}

impl Options {
    /// Reads the command line. Ends the program with 2 where it is wrong.
    pub fn read() -> Self {
        let mut arguments = Arguments::parse();
        let target = target(&mut arguments)
            .unwrap_or_else(|(kind, message)| Arguments::command().error(kind, message).exit());
        Self { target, runs: arguments.runs, json: arguments.json, arguments }
    }

    /// What each run has to do, in order.
    pub fn loads(&self) -> Vec<Load> {
        let only = |scenario| vec![Load::of(scenario)];
        let mut loads = match self.arguments.scenario.unwrap_or(Which::All) {
            Which::Max => only(Scenario::Max),
            Which::Paced => only(Scenario::Paced),
            Which::Idle => only(Scenario::Idle),
            Which::Storm => only(Scenario::Storm),
            Which::Slow => only(Scenario::Slow),
            Which::All => Load::all(),
        };
        for load in &mut loads {
            self.adjust(load);
        }
        // Those that differed only in what was asked for are the same now.
        let mut different = Vec::new();
        for load in loads {
            if !different.contains(&load) {
                different.push(load);
            }
        }
        different
    }

    fn adjust(&self, load: &mut Load) {
        let arguments = &self.arguments;
        load.receivers = arguments.receivers.map_or(load.receivers, |receivers| receivers as usize);
        load.publishers = arguments.publishers.unwrap_or(load.publishers);
        load.native_percent = arguments.native.unwrap_or(load.native_percent);
        load.is_sealed = arguments.tls;
        load.payload_bytes = arguments.payload.into();
        load.window = arguments.window as usize;
        load.rate = arguments.rate.unwrap_or(load.rate);
        load.at_once = arguments.at_once.into();
        load.seconds = arguments.seconds.unwrap_or(load.seconds);
        load.patience = arguments.patience;
    }
}

fn target(arguments: &mut Arguments) -> Result<Target, (ErrorKind, &'static str)> {
    let is_set = arguments.store || !arguments.set.is_empty();
    let is_own = arguments.program.is_some() || arguments.cpu.is_some() || is_set;
    match (arguments.addr, arguments.pid) {
        (Some(_), Some(_)) if is_own => Err((
            ErrorKind::ArgumentConflict,
            "--program, --cpu, --store and --set are for a relay that is started here, --addr is for one that runs",
        )),
        (Some(address), Some(pid)) => Ok(Target::Running { address, pid }),
        (None, None) => Ok(Target::Own {
            program: arguments.program.take().unwrap_or_else(neighbour),
            cpu: arguments.cpu,
            keeps: arguments.store,
            settings: std::mem::take(&mut arguments.set),
        }),
        (Some(_), None) | (None, Some(_)) => {
            Err((ErrorKind::MissingRequiredArgument, "--addr and --pid need each other"))
        }
    }
}

/// The lanchatd next to this program.
fn neighbour() -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    own.with_file_name("lanchatd")
}

fn loopback(argument: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        argument.parse().map_err(|_| "it has to be an address and a port, such as 127.0.0.1:5555")?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err("only loopback addresses are taken (127.0.0.0/8, ::1): load is for one's own machine".to_owned())
}

fn positive(argument: &str) -> Result<f64, String> {
    let number: f64 = argument.parse().map_err(|_| "it has to be a number")?;
    if number > 0.0 && number <= 1e6 {
        Ok(number)
    } else {
        Err("it has to be above 0, up to 1000000".to_owned())
    }
}

fn seconds(argument: &str) -> Result<Duration, String> {
    positive(argument).map(Duration::from_secs_f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn only_loopback_is_loaded() {
        for address in ["127.0.0.1:5555", "127.3.2.1:1", "[::1]:5555"] {
            assert!(loopback(address).is_ok(), "{address}");
        }
        for address in ["192.168.1.1:5555", "0.0.0.0:5555", "[::]:1", "127.0.0.1", "localhost:5555"] {
            assert!(loopback(address).is_err(), "{address}");
        }
    }
}
