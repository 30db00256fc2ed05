//! `lanchatctl`: the administrator's tool for lanchatd.
//!
//! Asks one question on the admin socket and shows the answer: data on standard output, errors on
//! standard error, and an exit code that scripts can rely on ([`exit::Exit`]).

mod arguments;
mod candidates;
mod deadline;
mod exit;
mod interrupt;
mod moment;
mod output;
mod part;
mod process;
mod progress;
mod screen;
mod secret;
mod socket;
mod table;
mod units;
mod verbs;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use clap_complete::CompleteEnv;

use crate::arguments::Arguments;
use crate::exit::Failure;

fn main() -> ExitCode {
    // `COMPLETE=bash lanchatctl` prints what a shell needs for Tab, and answers it. It ends here then.
    CompleteEnv::with_factory(Arguments::command).bin("lanchatctl").completer("lanchatctl").complete();
    let arguments = Arguments::parse();
    match verbs::run(&arguments) {
        // Whoever read the output has seen enough of it; the verb itself was carried out.
        Ok(()) | Err(Failure::OutputClosed) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&failure, arguments.json);
            failure.exit().into()
        }
    }
}
