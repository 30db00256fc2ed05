//! `lanchat-load`: drives lanchatd with many clients over loopback, checks that everybody gets everything
//! exactly once and in order, and measures what it costs.
//!
//! One thread and one epoll set carry all clients, so that what is measured is the relay and not this
//! program; its own cost is shown beside the relay's.

mod client;
mod conversation;
mod descriptors;
mod failure;
mod figures;
mod interrupt;
mod ledger;
mod machine;
mod measure;
mod options;
mod payload;
mod relay;
mod report;
mod scenario;
mod socket;
mod stream;
mod talk;
mod visitors;

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use crate::failure::Failure;
use crate::options::Options;
use crate::report::Report;

fn main() -> ExitCode {
    let options = Options::read();
    match run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("lanchat-load: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Measures, and prints what could be measured. True when every message came once, whole and in order.
fn run(options: &Options) -> Result<bool, Failure> {
    interrupt::watch()?;
    let mut report = Report::new(options.json);
    let result = measure(options, &mut report);
    let is_sound = report.finish();
    result.map(|()| is_sound)
}

/// Runs all scenarios as often as asked for, in turns, so that a change of the machine's mood meets them all.
fn measure(options: &Options, report: &mut Report) -> Result<(), Failure> {
    for _ in 0..options.runs {
        for load in options.loads() {
            if io::stderr().is_terminal() {
                eprintln!("{}: {} receivers ...", load.scenario.name(), load.receivers);
            }
            let (outcome, version) = scenario::run(&load, &options.target)?;
            report.add(&load, outcome, version);
        }
    }
    Ok(())
}
