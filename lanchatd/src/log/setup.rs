//! Where log lines go.

use std::io::{self, IsTerminal};
use std::os::linux::fs::MetadataExt;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload::Handle;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, reload};

use super::console::{Console, Writer};
use crate::config::{self, Level, Target};

/// The running log.
#[derive(Debug)]
pub struct Log {
    level: Handle<LevelFilter, Registry>,
    stderr: Option<Console>,
    writer: Option<Writer>,
}

/// Starts logging. Where journald does not answer, standard error takes over, and says so.
pub fn start(config: &config::Log, foreground: bool) -> io::Result<Log> {
    let (filter, level) = reload::Layer::new(filter(config.level));
    let registry = tracing_subscriber::registry().with(filter);
    let wants_journal = match config.target {
        Target::Auto => !foreground && stderr_is_the_journal(),
        Target::Journald => true,
        Target::Stderr => false,
    };
    let journal = wants_journal.then(tracing_journald::layer).transpose();
    if let Ok(Some(layer)) = journal {
        registry.with(layer.with_field_prefix(None)).init();
        return Ok(Log { level, stderr: None, writer: None });
    }
    let (console, writer) = Console::start(io::stderr())?;
    let is_terminal = io::stderr().is_terminal();
    let has_colour = is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let lines = tracing_subscriber::fmt::layer()
        .with_target(false)
        .with_ansi(has_colour)
        .with_writer(console.clone());
    // journald notes the time itself.
    if stderr_is_the_journal() {
        registry.with(lines.without_time().boxed()).init();
    } else {
        registry.with(lines).init();
    }
    if let Err(error) = journal {
        tracing::warn!(%error, "journald does not answer: logging to standard error");
    }
    Ok(Log { level, stderr: Some(console), writer: Some(writer) })
}

impl Log {
    /// Logs from another level on.
    pub fn set_level(&self, level: Level) {
        // The only error is that the log is gone, which it is not while self lives.
        let _ = self.level.modify(|current| *current = filter(level));
    }

    /// Lines that did not fit.
    pub fn dropped(&self) -> u64 {
        self.stderr.as_ref().map_or(0, Console::dropped)
    }

    /// Lets the last lines out.
    pub fn finish(self) {
        if let Some(writer) = self.writer {
            writer.finish();
        }
    }
}

fn filter(level: Level) -> LevelFilter {
    match level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace => LevelFilter::TRACE,
    }
}

/// Whether systemd has connected standard error to the journal (`$JOURNAL_STREAM`, systemd.exec(5)).
fn stderr_is_the_journal() -> bool {
    let Some(stream) = std::env::var("JOURNAL_STREAM").ok() else { return false };
    let Ok(stderr) = std::fs::metadata("/proc/self/fd/2") else { return false };
    stream == format!("{}:{}", stderr.st_dev(), stderr.st_ino())
}
