//! `lanchatctl`: the administrator's tool for lanchatd.
//!
//! Asks one question on the admin socket and shows the answer: data on standard output, errors on
//! standard error, and an exit code that scripts can rely on ([`exit::Exit`]).

mod arguments;
mod deadline;
mod exit;
mod interrupt;
mod output;
mod process;
mod progress;
mod socket;
mod table;
mod units;
mod verbs;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;
use crate::exit::Failure;

fn main() -> ExitCode {
    match verbs::run(&Arguments::parse()) {
        // Whoever read the output has seen enough of it; the verb itself was carried out.
        Ok(()) | Err(Failure::OutputClosed) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&failure);
            failure.exit().into()
        }
    }
}
