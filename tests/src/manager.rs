//! A service manager, as far as a daemon talks to one: a datagram socket (`sd_notify(3)`).

use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::{PATIENCE, TempDir};

/// Longer messages are not taken by a real one either.
const MESSAGE_BYTES_MAX: usize = 4096;

/// Where a daemon tells how it is.
#[derive(Debug)]
pub struct Manager {
    directory: TempDir,
    messages: Receiver<(Instant, String)>,
    heard: Vec<(Instant, String)>,
    /// What is before it was looked at.
    next: usize,
}

impl Manager {
    /// A manager that listens.
    ///
    /// # Panics
    /// When there can be no socket.
    #[expect(clippy::new_without_default, reason = "it makes a socket")]
    pub fn new() -> Self {
        let directory = TempDir::new();
        let socket = UnixDatagram::bind(directory.file("notify")).expect("a socket can be made");
        let (tell, messages) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; MESSAGE_BYTES_MAX];
            while let Ok(count) = socket.recv(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..count]).into_owned();
                if tell.send((Instant::now(), text)).is_err() {
                    return;
                }
            }
        });
        Self { directory, messages, heard: Vec::new(), next: 0 }
    }

    /// What goes into `$NOTIFY_SOCKET`.
    pub fn address(&self) -> PathBuf {
        self.directory.file("notify")
    }

    /// Waits for a message with `needle` in it, after those that were waited for before.
    ///
    /// # Panics
    /// When there is none within the deadline.
    #[track_caller]
    pub fn hears(&mut self, needle: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            while let Some((_, message)) = self.heard.get(self.next) {
                self.next += 1;
                if message.contains(needle) {
                    return message.clone();
                }
            }
            assert!(self.listen_until(deadline), "no {needle:?} was told: {:#?}", self.heard);
        }
    }

    /// Listens for so long.
    pub fn listens_for(&mut self, time: Duration) {
        let deadline = Instant::now() + time;
        while self.listen_until(deadline) {}
    }

    /// When messages with `needle` in them came.
    pub fn times(&self, needle: &str) -> Vec<Instant> {
        let wanted = self.heard.iter().filter(|(_, message)| message.contains(needle));
        wanted.map(|(time, _)| *time).collect()
    }

    /// All that was heard so far.
    pub fn heard(&mut self) -> Vec<String> {
        self.heard.extend(self.messages.try_iter());
        self.heard.iter().map(|(_, message)| message.clone()).collect()
    }

    /// Listens for one message; false when there is none until then.
    fn listen_until(&mut self, deadline: Instant) -> bool {
        match self.messages.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(message) => self.heard.push(message),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return false,
        }
        true
    }
}
