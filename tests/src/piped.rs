//! A script that pipes into `lanchat-client`.

use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use crate::ctl::Ran;
use crate::directory::TempDir;
use crate::log::Log;
use crate::{PATIENCE, process, program, trusting};

/// A client whose standard input is a pipe. It is killed when it goes out of scope.
#[derive(Debug)]
pub struct Piped {
    child: Child,
    stdin: Option<ChildStdin>,
    out: Log,
    err: Log,
    /// Where it keeps what it knows, if that is its own.
    _home: Option<TempDir>,
}

impl Piped {
    /// Starts a client with these arguments and a home of its own. Unless they say otherwise, it takes whatever key it
    /// is shown.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(arguments: &[&str]) -> Self {
        let home = TempDir::new();
        let mut command = Command::new(program("lanchat-client"));
        command.args(trusting(arguments)).env("USER", "root");
        command.env("XDG_STATE_HOME", home.path()).env("XDG_CONFIG_HOME", home.path());
        let mut piped = Self::spawn(command);
        piped._home = Some(home);
        piped
    }

    /// Starts a client, wherever it is.
    pub(crate) fn spawn(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("lanchat-client starts");
        let out = Log::follow(child.stdout.take().expect("standard output is a pipe"));
        let err = Log::follow(child.stderr.take().expect("standard error is a pipe"));
        let stdin = child.stdin.take();
        Self { child, stdin, out, err, _home: None }
    }

    /// Writes into the pipe. A client that has ended does not read it any more.
    pub fn writes(&mut self, text: &[u8]) {
        let stdin = self.stdin.as_mut().expect("the input has not ended");
        let _ = stdin.write_all(text).and_then(|()| stdin.flush());
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// All lines on standard output so far.
    pub fn printed(&self) -> Vec<String> {
        self.out.lines()
    }

    /// Waits for a line on standard error.
    ///
    /// # Panics
    /// When there is none within the deadline.
    #[track_caller]
    pub fn complains(&self, needle: &str) -> String {
        let found = self.err.find_within(PATIENCE, 0, |line| line.contains(needle));
        found.unwrap_or_else(|| panic!("no {needle:?} in:\n{}\n{}", self.out.text(), self.err.text())).1
    }

    /// Waits for a line on standard output.
    ///
    /// # Panics
    /// When there is none within the deadline.
    #[track_caller]
    pub fn prints(&self, needle: &str) -> String {
        self.prints_within(PATIENCE, needle)
    }

    /// The same, for what takes longer.
    ///
    /// # Panics
    /// When there is none within the deadline.
    #[track_caller]
    pub fn prints_within(&self, patience: Duration, needle: &str) -> String {
        let found = self.out.find_within(patience, 0, |line| line.contains(needle));
        found.unwrap_or_else(|| panic!("no {needle:?} in:\n{}\n{}", self.out.text(), self.err.text())).1
    }

    /// Ends the input and waits for the end of the client.
    ///
    /// # Panics
    /// When it does not end within the deadline.
    #[track_caller]
    pub fn ends(mut self) -> Ran {
        self.stdin = None;
        let status = process::wait_exit(&mut self.child).expect("lanchat-client has not ended in time");
        assert!(self.out.ends() && self.err.ends(), "its output ends with it");
        let text = |log: &Log| log.lines().into_iter().map(|line| line + "\n").collect();
        Ran { code: status.code(), out: text(&self.out), err: text(&self.err) }
    }
}

impl Drop for Piped {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
