//! Where log lines go.

use std::io::{self, IsTerminal};
use std::os::linux::fs::MetadataExt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload::Handle;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, reload};

use super::background::Background;
use super::sentence::sentence;
use crate::config::{self, Level, Target};

/// The thread that writes the log, once there is one.
static WRITER: OnceLock<Background> = OnceLock::new();

/// Whether it writes to the journal.
static IS_THE_JOURNAL: AtomicBool = AtomicBool::new(false);

/// The running log.
#[derive(Debug)]
pub struct Log {
    level: Handle<LevelFilter, Registry>,
}

/// Starts logging. Where journald does not answer, standard error takes over, and says so.
pub fn start(config: &config::Log, foreground: bool) -> io::Result<Log> {
    let (filter, level) = reload::Layer::new(filter(config.level));
    let registry = tracing_subscriber::registry().with(filter);
    let journal = wants_journal(config.target, foreground).then(tracing_journald::layer).transpose();
    if let Ok(Some(layer)) = journal {
        registry.with(layer.with_field_prefix(None)).init();
        IS_THE_JOURNAL.store(true, Ordering::Relaxed);
    } else {
        let has_colour =
            io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let lines = tracing_subscriber::fmt::layer()
            .with_target(false)
            .fmt_fields(sentence())
            .with_ansi(has_colour)
            .with_writer(io::stderr)
            .log_internal_errors(false);
        // journald notes the time itself.
        let lines = if stderr_is_the_journal() { lines.without_time().boxed() } else { lines.boxed() };
        registry.with(lines).init();
        if let Err(error) = journal {
            tracing::warn!(%error, "journald does not answer, logging to standard error: {error}");
        }
    }
    let writer = Background::start("log", |lines| tracing::warn!(lines, "{lines} log lines were dropped"))?;
    // The process has one log: a second one writes through the first one's thread.
    let _ = WRITER.set(writer);
    Ok(Log { level })
}

/// Writes a log line, which holds about so many bytes, without waiting for whoever takes it.
pub(super) fn later(bytes: usize, line: impl FnOnce() + Send + 'static) {
    match WRITER.get() {
        Some(writer) => writer.defer(bytes, line),
        None => line(),
    }
}

impl Log {
    /// Logs from another level on.
    pub fn set_level(&self, level: Level) {
        // The only error is that the log is gone, which it is not while self lives.
        let _ = self.level.modify(|current| *current = filter(level));
    }

    /// Lines that did not fit.
    pub fn dropped(&self) -> u64 {
        WRITER.get().map_or(0, Background::dropped)
    }

    /// Lets the last lines out.
    pub fn finish(&self) {
        finish();
    }
}

/// Lets the last lines out.
pub(super) fn finish() {
    if let Some(writer) = WRITER.get() {
        writer.finish();
    }
}

/// Whether the log goes to the journal. Where there is none yet, one is started that does, if the surroundings say so.
pub(super) fn is_the_journal(foreground: bool) -> bool {
    if WRITER.get().is_none() && wants_journal(Target::Auto, foreground) {
        // Where it does not start, standard error has to do.
        let _ = start(&config::Log::default(), foreground);
    }
    IS_THE_JOURNAL.load(Ordering::Relaxed)
}

fn wants_journal(target: Target, foreground: bool) -> bool {
    match target {
        Target::Auto => !foreground && stderr_is_the_journal(),
        Target::Journald => true,
        Target::Stderr => false,
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
