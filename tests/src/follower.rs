//! A program that goes on writing until somebody ends it, such as `lanchatctl watch`.

use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::ctl::Ran;
use crate::log::Log;
use crate::process;

/// A program whose output is read as it comes. It is killed when it goes out of scope.
#[derive(Debug)]
pub struct Follower {
    child: Child,
    out: Log,
    err: Log,
    seen: usize,
}

impl Follower {
    /// Starts it.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let out = Log::follow(child.stdout.take().expect("standard output is a pipe"));
        let err = Log::follow(child.stderr.take().expect("standard error is a pipe"));
        Self { child, out, err, seen: 0 }
    }

    /// Waits for a line behind the last one seen with `needle` in it.
    ///
    /// # Panics
    /// When there is none within the deadline.
    #[track_caller]
    pub fn sees(&mut self, needle: &str) -> String {
        let found = self.out.find(self.seen, |line| line.contains(needle));
        let Some((at, line)) = found else {
            panic!("no {needle:?}:\n{}\nerr: {}", self.out.text(), self.err.text())
        };
        self.seen = at + 1;
        line
    }

    /// Waits for the next line, and reads it as JSON.
    #[track_caller]
    pub fn json(&mut self, needle: &str) -> Value {
        let line = self.sees(needle);
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it runs");
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it has not ended within the deadline.
    #[track_caller]
    pub fn ends(&mut self) -> Ran {
        let status = process::wait_exit(&mut self.child).expect("it ends in time");
        assert!(self.out.ends() && self.err.ends(), "the output ends with it");
        Ran { code: status.code(), out: self.out.lines().join("\n"), err: self.err.lines().join("\n") }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
