//! `lanchatd`: arguments, configuration, exit code.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use lanchatd::config::load;
use lanchatd::daemon::{self, Failure, Start};

/// The configuration has errors (`EX_CONFIG`, sysexits.h).
const EXIT_CONFIG: u8 = 78;
const EXIT_FAILURE: u8 = 1;

/// A chat relay for a LAN: takes clients on TCP port 5555, and its administrator on a Unix socket.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Arguments {
    /// The configuration file [default: /etc/lanchatd/lanchatd.toml where it exists, else built in]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Log to standard error, show on standard output what is said, and stop when `stop` is typed
    #[arg(long)]
    foreground: bool,
    /// Check the configuration, print all its errors, and exit with 0 or 78
    #[arg(long, conflicts_with = "foreground")]
    check_config: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.check_config {
        return check(arguments.config.as_deref());
    }
    let start = Start { config: arguments.config, foreground: arguments.foreground };
    match daemon::run(&start) {
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

fn fail(message: &str, code: u8) -> ExitCode {
    // Where standard error is closed there is nobody to tell; the exit code stays.
    let _ = writeln!(io::stderr(), "{}", message.trim_end());
    ExitCode::from(code)
}
