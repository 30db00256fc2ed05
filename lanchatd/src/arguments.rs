//! The command line.

use std::path::PathBuf;

use clap::{CommandFactory, Parser};
use clap_complete::CompleteEnv;

/// A chat relay for a LAN: takes clients on TCP port 5555, and its administrator on a Unix socket.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Arguments {
    /// The configuration file [default: /etc/lanchatd/lanchatd.toml where it exists, else built in]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Log to standard error, show on standard output what is said, and stop when `stop` is typed
    #[arg(long)]
    pub(crate) foreground: bool,
    /// Check the configuration, print all its errors, and exit with 0 or 78
    #[arg(long, conflicts_with = "foreground")]
    pub(crate) check_config: bool,
    /// Read all of a backup, and print as JSON what is in it; for people: lanchatctl restore --check
    #[arg(long, value_name = "FILE", conflicts_with_all = ["foreground", "check_config"])]
    pub(crate) check_store: Option<PathBuf>,
    /// Make a backup the store again, and print as JSON what is in it; for people: lanchatctl restore
    #[arg(long, value_name = "FILE", conflicts_with_all = ["foreground", "check_config", "check_store"])]
    pub(crate) restore: Option<PathBuf>,
    /// Where to restore to, if not where the configuration has the store
    #[arg(long, value_name = "PATH", requires = "restore")]
    pub(crate) to: Option<PathBuf>,
    /// Put the store aside that is there
    #[arg(long, requires = "restore")]
    pub(crate) replace: bool,
}

impl Arguments {
    /// What the program was started with. `COMPLETE=bash lanchatd` prints what a shell needs for Tab, and ends here.
    pub(crate) fn read() -> Self {
        CompleteEnv::with_factory(Self::command).bin("lanchatd").completer("lanchatd").complete();
        Self::parse()
    }
}
