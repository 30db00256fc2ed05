//! `restore`: a backup becomes the store again, while no relay runs. `lanchatd` knows how: it is run for that.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use jiff::tz::TimeZone;
use lanchat_protocol::admin::Stored;
use serde::{Deserialize, Serialize};

use crate::exit::Failure;
use crate::progress::Progress;
use crate::{table, units};

/// The program that knows what is in a store.
const DAEMON: &str = "lanchatd";

/// What is to be restored, and where to.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub(crate) struct Restore {
    /// The backup
    file: PathBuf,
    /// The store to make; the one of the configuration where it is left out
    #[arg(long, value_name = "PATH")]
    to: Option<PathBuf>,
    /// The configuration to look in [default: /etc/lanchatd/lanchatd.toml where it exists]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Put it in place of the store that is there, which is kept beside it under another name
    #[arg(long)]
    replace: bool,
    /// Only look whether the backup is good, and what is in it
    #[arg(long, conflicts_with_all = ["to", "config", "replace"])]
    pub(super) check: bool,
}

/// What is in the file that was looked at, or made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Content {
    #[serde(flatten)]
    stored: Stored,
    /// Messages in it that nobody can read.
    #[serde(default)]
    pub(super) damaged: u64,
}

pub(super) fn run(restore: &Restore) -> Result<Content, Failure> {
    let _progress = Progress::of(if restore.check { "reading all of it" } else { "restoring" });
    let program = program();
    let mut command = Command::new(&program);
    command.args(arguments(restore)).stdin(Stdio::null()).stderr(Stdio::piped());
    let ran = command.output().map_err(|error| Failure::NoDaemonProgram(program, error))?;
    // Where it fails because of what is in it, that is told all the same.
    if ran.status.success() || !ran.stdout.is_empty() {
        return serde_json::from_slice(&ran.stdout).map_err(Failure::NotUnderstood);
    }
    let told = String::from_utf8_lossy(&ran.stderr);
    let told = told.trim();
    Err(Failure::Restore(told.strip_prefix("lanchatd: ").unwrap_or(told).to_owned()))
}

pub(super) fn describe(content: &Content, zone: &TimeZone) -> String {
    let Content { stored, damaged } = content;
    let newest = stored.newest.as_deref().map(|newest| units::moment(newest, zone));
    let mut pairs = vec![("store", stored.path.clone())];
    pairs.extend(stored.replaced.clone().map(|replaced| ("the old one", replaced)));
    pairs.extend([
        ("tables", format!("version {}", stored.tables)),
        ("conversations", stored.conversations.to_string()),
        ("messages", stored.messages.to_string()),
        ("newest", newest.unwrap_or_else(|| "none".to_owned())),
    ]);
    if *damaged > 0 {
        pairs.push(("damaged", units::count(*damaged, "message")));
    }
    table::pairs(&pairs)
}

fn arguments(restore: &Restore) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = Vec::new();
    let mut push = |option: &str, value: &PathBuf| arguments.extend([option.into(), value.into()]);
    push(if restore.check { "--check-store" } else { "--restore" }, &restore.file);
    if let Some(to) = &restore.to {
        push("--to", to);
    }
    if let Some(config) = &restore.config {
        push("--config", config);
    }
    if restore.replace {
        arguments.push("--replace".into());
    }
    arguments
}

/// The `lanchatd` that was installed with us, else the one that a shell would find.
pub(super) fn program() -> PathBuf {
    let beside = env::current_exe().ok().map(|own| own.with_file_name(DAEMON));
    beside.filter(|path| path.is_file()).unwrap_or_else(|| DAEMON.into())
}
