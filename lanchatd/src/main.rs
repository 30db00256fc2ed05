//! `lanchatd`: arguments, configuration, exit code.

mod arguments;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use lanchat_protocol::admin::Stored;
use lanchatd::config::load;
use lanchatd::daemon::{self, Failure, Start};
use lanchatd::offline;

use crate::arguments::Arguments;

/// The configuration has errors (`EX_CONFIG`, sysexits.h).
const EXIT_CONFIG: u8 = 78;
const EXIT_FAILURE: u8 = 1;

fn main() -> ExitCode {
    let Arguments { config, foreground, check_config, check_store, restore, to, replace } =
        Arguments::parse();
    if check_config {
        return check(config.as_deref());
    }
    if let Some(file) = check_store {
        return show(offline::check(&file));
    }
    if let Some(file) = restore {
        return show(offline::restore(&file, to, config.as_deref(), replace));
    }
    match daemon::run(&Start { config, foreground }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure @ Failure::Config(_)) => fail(&failure.to_string(), EXIT_CONFIG),
        Err(failure) => fail(&format!("lanchatd: {failure}"), EXIT_FAILURE),
    }
}

fn check(config: Option<&Path>) -> ExitCode {
    match load::read(load::find(config).as_deref()) {
        Ok(_) => ExitCode::SUCCESS,
        Err(errors) => fail(&errors.to_string(), EXIT_CONFIG),
    }
}

fn show(stored: Result<Stored, offline::Failure>) -> ExitCode {
    let line = stored.map(|stored| serde_json::json!(stored)).map_err(|failure| failure.to_string());
    match line.and_then(|line| writeln!(io::stdout(), "{line}").map_err(|error| error.to_string())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => fail(&format!("lanchatd: {why}"), EXIT_FAILURE),
    }
}

fn fail(message: &str, code: u8) -> ExitCode {
    // Where standard error is closed there is nobody to tell; the exit code stays.
    let _ = writeln!(io::stderr(), "{}", message.trim_end());
    ExitCode::from(code)
}
