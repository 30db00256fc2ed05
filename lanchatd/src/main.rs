//! `lanchatd`: arguments, configuration, exit code.

mod arguments;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use lanchatd::config::load;
use lanchatd::daemon::{self, Failure, Start};
use lanchatd::offline::{self, Content};

use crate::arguments::Arguments;

/// The configuration, or that of the service, has errors: a restart mends nothing (`EX_CONFIG`, sysexits.h).
const EXIT_CONFIG: u8 = 78;
const EXIT_FAILURE: u8 = 1;

fn main() -> ExitCode {
    let Arguments { config, foreground, check_config, check_store, restore, to, replace } = Arguments::read();
    if check_config {
        return check(config.as_deref());
    }
    if let Some(file) = check_store {
        return show(offline::check(&file), EXIT_FAILURE);
    }
    if let Some(file) = restore {
        // What can be read of it is better than nothing.
        return show(offline::restore(&file, to, config.as_deref(), replace), 0);
    }
    match daemon::run(&Start { config, foreground }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure @ Failure::Config(_)) => fail(&failure.to_string(), EXIT_CONFIG),
        Err(failure @ Failure::Passed(_)) => fail(&format!("lanchatd: {failure}"), EXIT_CONFIG),
        Err(failure) => fail(&format!("lanchatd: {failure}"), EXIT_FAILURE),
    }
}

fn check(config: Option<&Path>) -> ExitCode {
    match load::read(load::find(config).as_deref()) {
        Ok(_) => ExitCode::SUCCESS,
        Err(errors) => fail(&errors.to_string(), EXIT_CONFIG),
    }
}

fn show(content: Result<Content, offline::Failure>, if_damaged: u8) -> ExitCode {
    match offline::tell(content, &mut io::stdout()) {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(damage)) => fail(&format!("lanchatd: {damage}"), if_damaged),
        Err(why) => fail(&format!("lanchatd: {why}"), EXIT_FAILURE),
    }
}

fn fail(message: &str, code: u8) -> ExitCode {
    // Where standard error is closed there is nobody to tell; the exit code stays.
    let _ = writeln!(io::stderr(), "{}", message.trim_end());
    ExitCode::from(code)
}
