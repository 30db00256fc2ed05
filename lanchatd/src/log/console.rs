//! Writing to a terminal without ever waiting for it.
//!
//! A terminal whose user pressed ^S takes nothing; the chat must not notice. A thread of its own
//! writes, behind a bounded queue; what does not fit is counted and told.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// How many lines wait at most.
const LINES_MAX: usize = 4096;

/// How long the last lines may take at the end.
const LAST_LINES: Duration = Duration::from_millis(500);

/// A stream that lines are given to.
#[derive(Clone, Debug)]
pub struct Console {
    lines: SyncSender<Vec<u8>>,
    dropped: Arc<AtomicU64>,
}

/// The thread that writes. To be finished after the last [`Console`] is gone.
#[derive(Debug)]
pub struct Writer {
    thread: JoinHandle<()>,
}

impl Console {
    /// A console that writes to `stream`.
    pub fn start(stream: impl Write + Send + 'static) -> io::Result<(Self, Writer)> {
        let (lines, queue) = sync_channel(LINES_MAX);
        let dropped = Arc::new(AtomicU64::new(0));
        let thread = std::thread::Builder::new().name("console".to_owned()).spawn({
            let dropped = dropped.clone();
            move || write(stream, &queue, &dropped)
        })?;
        Ok((Self { lines, dropped }, Writer { thread }))
    }

    /// Writes one line, with its line end, when the stream takes it.
    pub fn print(&self, line: &str) {
        self.give(line.as_bytes().to_vec());
    }

    /// How many lines did not fit.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    fn give(&self, line: Vec<u8>) {
        if self.lines.try_send(line).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Writer {
    /// Lets the last lines out, as far as the stream takes them soon.
    pub fn finish(self) {
        let deadline = std::time::Instant::now() + LAST_LINES;
        while !self.thread.is_finished() && std::time::Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn write(mut stream: impl Write, lines: &Receiver<Vec<u8>>, dropped: &AtomicU64) {
    let mut told = 0;
    for line in lines {
        // A stream that is closed takes nothing more; the daemon goes on.
        let _ = stream.write_all(&line);
        let now = dropped.load(Ordering::Relaxed);
        if now > told {
            let _ = writeln!(stream, "({} lines were dropped here)", now - told);
            told = now;
        }
        let _ = stream.flush();
    }
}

/// One log line on its way: given to the console when it is complete.
#[derive(Debug)]
pub struct LogLine<'a> {
    console: &'a Console,
    bytes: Vec<u8>,
}

impl Write for LogLine<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for LogLine<'_> {
    fn drop(&mut self) {
        self.console.give(std::mem::take(&mut self.bytes));
    }
}

impl<'a> MakeWriter<'a> for Console {
    type Writer = LogLine<'a>;

    fn make_writer(&'a self) -> LogLine<'a> {
        LogLine { console: self, bytes: Vec::new() }
    }
}
