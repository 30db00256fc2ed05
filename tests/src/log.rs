//! What a program writes, collected as it comes, so that the program never has to wait.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::PATIENCE;

#[derive(Debug, Default)]
struct Lines {
    list: Vec<String>,
    ended: bool,
}

/// Lines that arrive in the background. Clones are the same log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    shared: Arc<(Mutex<Lines>, Condvar)>,
}

impl Log {
    /// Collects everything that comes from `source`, line by line.
    pub(crate) fn follow(source: impl Read + Send + 'static) -> Self {
        let log = Self::default();
        let writer = log.clone();
        std::thread::spawn(move || {
            let mut source = BufReader::new(source);
            let mut line = Vec::new();
            while source.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                let text = String::from_utf8_lossy(&line);
                writer.change(|lines| lines.list.push(text.trim_end_matches(['\r', '\n']).to_owned()));
                line.clear();
            }
            writer.change(|lines| lines.ended = true);
        });
        log
    }

    /// The first line from `start` on that `is_wanted`, with its index. `None` when there is none within
    /// [`PATIENCE`], or before the end.
    pub(crate) fn find(&self, start: usize, is_wanted: impl Fn(&str) -> bool) -> Option<(usize, String)> {
        self.find_within(PATIENCE, start, is_wanted)
    }

    /// The same, for what takes longer.
    pub(crate) fn find_within(
        &self,
        patience: Duration,
        start: usize,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Option<(usize, String)> {
        let from = Instant::now();
        let (mutex, changed) = &*self.shared;
        let mut lines = mutex.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = start;
        loop {
            while let Some(line) = lines.list.get(next) {
                if is_wanted(line) {
                    return Some((next, line.clone()));
                }
                next += 1;
            }
            if lines.ended {
                return None;
            }
            let left = patience.checked_sub(from.elapsed())?;
            lines = changed.wait_timeout(lines, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits for the end. False when it does not come within [`PATIENCE`].
    pub(crate) fn ends(&self) -> bool {
        let (mutex, changed) = &*self.shared;
        let lines = mutex.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = changed.wait_timeout_while(lines, PATIENCE, |lines| !lines.ended);
        waited.unwrap_or_else(PoisonError::into_inner).0.ended
    }

    /// All lines so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner).list.clone()
    }

    /// All lines so far, for a message to whoever reads why a test failed.
    pub(crate) fn text(&self) -> String {
        let lines = self.lines();
        if lines.is_empty() { "(nothing)".to_owned() } else { lines.join("\n") }
    }

    fn change(&self, change: impl FnOnce(&mut Lines)) {
        change(&mut self.shared.0.lock().unwrap_or_else(PoisonError::into_inner));
        self.shared.1.notify_all();
    }
}
