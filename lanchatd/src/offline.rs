//! What is done with a store while no daemon uses it.

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};

use lanchat_protocol::admin::Stored;
use lanchat_protocol::counted;
use lanchat_protocol::moment::utc;

use crate::config::load;
use crate::store::{self, Checked, OpenError, Restored, StoreError, Target};

/// Why it was not done. `Display` says what to do.
#[derive(Debug)]
pub enum Failure {
    /// The file is no backup that can be used.
    Unfit(StoreError),
    /// The store could not be made.
    Store(OpenError),
    /// The configuration has errors: all of them, a line each.
    Config(String),
    /// Nothing says where the store is.
    NoPlace(&'static str),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unfit(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::Config(errors) => f.write_str(errors),
            Self::NoPlace(why) => write!(f, "{why}: say where the store is to be with --to"),
        }
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unfit(error) => Some(error),
            Self::Store(error) => Some(error),
            Self::Config(_) | Self::NoPlace(_) => None,
        }
    }
}

/// What is in a file that was looked at, or made.
#[derive(Debug)]
pub struct Content {
    /// As it is told.
    pub stored: Stored,
    /// Messages in it that nobody can read.
    pub damaged: u64,
}

impl Content {
    fn json(&self) -> serde_json::Value {
        let mut json = serde_json::json!(self.stored);
        json["damaged"] = self.damaged.into();
        json
    }
}

/// Looks whether a backup is good, and what is in it.
pub fn check(file: &Path) -> Result<Content, Failure> {
    let checked = store::check(file).map_err(Failure::Unfit)?;
    Ok(stored(file, None, &checked))
}

/// Makes a backup the store at `to`, or at the configuration's place.
pub fn restore(
    file: &Path,
    to: Option<PathBuf>,
    config: Option<&Path>,
    may_replace: bool,
) -> Result<Content, Failure> {
    let may_make_directory = to.is_none();
    let to = to.map_or_else(|| place(config), Ok)?;
    let target = Target { path: &to, may_replace, may_make_directory };
    let Restored { to, replaced, checked } = store::restore(file, target).map_err(Failure::Store)?;
    Ok(stored(&to, replaced.as_deref(), &checked))
}

/// Where the daemon has its store. Root is not the user that it runs as: `auto` would be a place of root's own.
fn place(config: Option<&Path>) -> Result<PathBuf, Failure> {
    let config = load::read(load::find(config).as_deref()).map_err(|e| Failure::Config(e.to_string()))?;
    let is_auto = config.store.path == "auto" && std::env::var_os("STATE_DIRECTORY").is_none();
    if is_auto && rustix::process::geteuid().is_root() {
        return Err(Failure::NoPlace("store.path is \"auto\", which depends on the daemon's user"));
    }
    let file = config.store.file(|name| std::env::var_os(name));
    file.ok_or(Failure::NoPlace("the configuration names no store (store.path)"))
}

/// Writes a line of JSON, and says what is wrong with what is told there, if anything is.
pub fn tell(content: Result<Content, Failure>, out: &mut impl Write) -> Result<Option<String>, String> {
    let content = content.map_err(|failure| failure.to_string())?;
    writeln!(out, "{}", content.json()).map_err(|error| error.to_string())?;
    let Content { stored, damaged } = content;
    let damage = || format!("{damaged} of {} cannot be read: damaged", counted(stored.messages, "message"));
    Ok((damaged > 0).then(damage))
}

fn stored(path: &Path, replaced: Option<&Path>, checked: &Checked) -> Content {
    let stored = Stored {
        path: path.display().to_string(),
        replaced: replaced.map(|path| path.display().to_string()),
        tables: checked.schema,
        conversations: checked.conversations,
        messages: checked.messages,
        newest: checked.newest_ms.map(utc),
    };
    Content { stored, damaged: checked.damaged }
}
