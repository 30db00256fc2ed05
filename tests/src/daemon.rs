//! `lanchatd`, started with a configuration of its own.

use std::ffi::OsString;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use toml::Table;

use crate::ctl::{Ran, ctl, run, run_with};
use crate::directory::TempDir;
use crate::disk::Disk;
use crate::log::Log;
use crate::{process, program};

/// The files with the configuration and with what is kept, in the daemon's directory.
const CONFIG: &str = "lanchatd.toml";
const STORE: &str = "lanchat.db";

/// A daemon that is not started yet.
#[derive(Debug)]
pub struct Setup {
    directory: TempDir,
    snippet: String,
    listen: String,
    is_foreground: bool,
    /// What its command line begins with.
    entrance: Vec<OsString>,
    /// What is in its environment beside what is in everybody's.
    environment: Vec<(&'static str, OsString)>,
}

impl Setup {
    /// A daemon that listens on a free port of 127.0.0.1 and has its admin socket in a directory of its
    /// own. `snippet` is TOML that adds to this or takes precedence over it.
    pub fn new(snippet: &str) -> Self {
        let listen = "127.0.0.1:0".to_owned();
        Self {
            directory: TempDir::new(),
            snippet: snippet.to_owned(),
            listen,
            is_foreground: false,
            entrance: Vec::new(),
            environment: Vec::new(),
        }
    }

    /// The same with what is kept on this disk.
    pub fn on_disk(disk: &Disk, snippet: &str) -> Self {
        let store = disk.file(STORE);
        let snippet = format!("store.path = \"{}\"\n{snippet}", store.display());
        Self { entrance: disk.entrance(), ..Self::new(&snippet) }
    }

    /// The same with `--foreground`: it can be typed to, and shows what is said.
    #[must_use]
    pub fn in_foreground(mut self) -> Self {
        self.is_foreground = true;
        self
    }

    /// The same with this in its environment.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    /// The same, started by a program that becomes the daemon (execve(2)).
    #[must_use]
    pub fn entered_by(mut self, words: &[&str]) -> Self {
        self.entrance = words.iter().map(OsString::from).collect();
        self
    }

    /// Starts it.
    ///
    /// # Panics
    /// When it is not ready within the deadline.
    pub fn start(self) -> Daemon {
        self.write_config();
        let mut child = self.command().stderr(Stdio::piped()).spawn().expect("lanchatd starts");
        let log = Log::follow(child.stderr.take().expect("standard error is a pipe"));
        let console = Log::follow(child.stdout.take().expect("standard output is a pipe"));
        let daemon = Daemon { setup: Some(self), child, log, console, addresses: Vec::new() };
        daemon.until_ready()
    }

    /// Runs it to its end, for configurations with which it does not start.
    pub fn run(&self) -> Ran {
        self.write_config();
        run(&mut self.command())
    }

    /// Where its configuration, its admin socket and nothing else is.
    pub fn directory(&self) -> &TempDir {
        &self.directory
    }

    /// Where its admin socket is.
    pub fn socket(&self) -> PathBuf {
        self.directory.file("admin.sock")
    }

    /// What the harness needs, overlaid with what the test says. Text that is no TOML is written as it is.
    fn write_config(&self) {
        let Ok(snippet) = self.snippet.parse::<Table>() else {
            self.directory.write(CONFIG, &self.snippet);
            return;
        };
        let (socket, listen) = (self.socket(), &self.listen);
        let base = format!(
            "admin.socket = \"{}\"\nlisten.chat = [\"{listen}\"]\nstore.path = \"{}\"\n",
            socket.display(),
            self.directory.file(STORE).display()
        );
        let mut config: Table = base.parse().expect("the harness writes TOML");
        overlay(&mut config, snippet);
        self.directory.write(CONFIG, &config.to_string());
    }

    fn command(&self) -> Command {
        let mut words = self.entrance.iter().cloned().chain([program("lanchatd").into()]);
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).arg("--config").arg(self.directory.file(CONFIG));
        if self.is_foreground {
            command.arg("--foreground").stdin(Stdio::piped());
        } else {
            command.stdin(Stdio::null());
        }
        for name in process::SURROUNDINGS {
            command.env_remove(name);
        }
        // Whatever it keeps is in a directory of its own.
        command.env("XDG_STATE_HOME", self.directory.path());
        command.envs(self.environment.iter().cloned());
        command.stdout(Stdio::piped());
        command
    }
}

fn overlay(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => overlay(below, above),
            (_, value) => drop(below.insert(key, value)),
        }
    }
}

/// A running daemon. It is killed when the value goes out of scope.
#[derive(Debug)]
pub struct Daemon {
    /// `None` once it has been handed on to the next daemon.
    setup: Option<Setup>,
    child: Child,
    log: Log,
    console: Log,
    addresses: Vec<SocketAddr>,
}

impl Daemon {
    /// A daemon with the defaults.
    pub fn start() -> Self {
        Self::with("")
    }

    /// A daemon with these settings, in TOML.
    pub fn with(snippet: &str) -> Self {
        Setup::new(snippet).start()
    }

    /// A daemon with `--foreground` and these settings.
    pub fn in_foreground(snippet: &str) -> Self {
        Setup::new(snippet).in_foreground().start()
    }

    /// Where it takes chat connections.
    pub fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// All places where it takes chat connections.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its directory.
    pub fn directory(&self) -> &TempDir {
        &self.setup().directory
    }

    /// Its configuration file.
    pub fn config(&self) -> PathBuf {
        self.directory().file(CONFIG)
    }

    /// Its admin socket.
    pub fn socket(&self) -> PathBuf {
        self.setup().socket()
    }

    /// Writes other settings into its configuration file, for a reload or the next start. Where it listens
    /// stays as it was asked for at the start.
    pub fn configure(&mut self, snippet: &str) {
        let setup = self.setup.as_mut().expect("a daemon has a setup");
        snippet.clone_into(&mut setup.snippet);
        setup.write_config();
    }

    /// `lanchatctl` on its admin socket.
    pub fn ctl(&self, arguments: &[&str]) -> Ran {
        run(ctl(&self.socket()).args(arguments))
    }

    /// The same with this on standard input.
    pub fn ctl_with(&self, arguments: &[&str], input: &str) -> Ran {
        run_with(ctl(&self.socket()).args(arguments), input)
    }

    /// What `lanchatctl status --json` says.
    pub fn status(&self) -> Value {
        self.ctl(&["status", "--json"]).exits(0).json()
    }

    /// What `lanchatctl list-clients --json` says.
    pub fn clients(&self) -> Vec<Value> {
        let clients = self.ctl(&["list-clients", "--json"]).exits(0).json();
        clients.as_array().expect("clients are a list").clone()
    }

    /// Waits for a log line with `needle` in it.
    ///
    /// # Panics
    /// When there is none within the deadline.
    #[track_caller]
    pub fn log_contains(&self, needle: &str) -> String {
        self.log_has(needle, |line| line.contains(needle))
    }

    /// Waits for a log line that is as wanted.
    ///
    /// # Panics
    /// When there is none within the deadline.
    #[track_caller]
    pub fn log_has(&self, what: &str, is_wanted: impl Fn(&str) -> bool) -> String {
        let found = self.log.find(0, is_wanted);
        found.unwrap_or_else(|| panic!("the log has no {what:?}")).1
    }

    /// Waits until the log says that a client has gone. The line.
    ///
    /// # Panics
    /// When it does not within the deadline.
    #[track_caller]
    pub fn log_has_end_of(&self, client: u64) -> String {
        // With its name behind the number, if it has said that.
        let who = [",", " at "].map(|next| format!(" client {client}{next}"));
        self.log_has(&format!("end of client {client}"), |line| {
            who.iter().any(|who| line.contains(who)) && line.contains(", disconnected: ")
        })
    }

    /// All log lines so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lines()
    }

    /// Waits for a line on standard output, which is the console of `--foreground`.
    ///
    /// # Panics
    /// When there is none within the deadline.
    #[track_caller]
    pub fn shows(&self, needle: &str) -> String {
        let found = self.console.find(0, |line| line.contains(needle));
        found.unwrap_or_else(|| panic!("no {needle:?} on the console:\n{}", self.console.text())).1
    }

    /// Everything that the console has shown so far.
    pub fn shown(&self) -> Vec<String> {
        self.console.lines()
    }

    /// Types a line into the terminal of `--foreground`.
    pub fn is_typed(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().expect("it is in the foreground");
        writeln!(stdin, "{line}").and_then(|()| stdin.flush()).expect("it reads standard input");
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
    pub fn wait_exit(&mut self) -> ExitStatus {
        process::wait_exit(&mut self.child).expect("lanchatd has not ended in time")
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Its resident memory, in KiB.
    pub fn memory_kib(&self) -> u64 {
        process::resident_kib(self.pid())
    }

    /// The processor time that it has used, in milliseconds.
    pub fn cpu_ms(&self) -> u64 {
        process::cpu_ms(self.pid())
    }

    /// How many files and sockets it has open.
    pub fn open_files(&self) -> usize {
        process::open_files(self.pid())
    }

    /// Kills it (with SIGKILL) where it still runs, and starts another one at the same place with the same
    /// configuration.
    #[must_use]
    pub fn restart(mut self) -> Self {
        self.end();
        let mut setup = self.setup.take().expect("a daemon has a setup");
        setup.listen = self.address().to_string();
        drop(self);
        setup.start()
    }

    /// Waits until it says that it is ready, and where.
    fn until_ready(mut self) -> Self {
        let ready = self.log.find(0, |line| line.contains("ready") && !listen_addresses(line).is_empty());
        let (_, line) = ready.unwrap_or_else(|| panic!("lanchatd does not get ready"));
        self.addresses = listen_addresses(&line);
        self
    }

    fn setup(&self) -> &Setup {
        self.setup.as_ref().expect("a daemon has a setup")
    }

    fn end(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The addresses in a log line.
fn listen_addresses(line: &str) -> Vec<SocketAddr> {
    let is_outside = |c: char| c.is_whitespace() || matches!(c, '"' | '=' | ',' | ';');
    line.split(is_outside).filter_map(|word| word.parse().ok()).collect()
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.end();
        if std::thread::panicking() {
            eprintln!("--- lanchatd (pid {}) logged:\n{}", self.child.id(), self.log.text());
        }
    }
}
