//! Somebody at a terminal: `lanchat-client` in a pseudo-terminal, and a screen to look at.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use expectrl::process::Process;
use expectrl::process::unix::{PtyStream, UnixProcess, WaitStatus};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::directory::TempDir;
use crate::{PATIENCE, eventually, picture, process, program, trusting};

const ROWS: u16 = 24;
const COLUMNS: u16 = 80;

/// How many rows can leave the screen at the top and still be looked at.
const SCROLLBACK: usize = 2_000;

struct Screen {
    parser: vt100::Parser,
    raw: Vec<u8>,
    ended: bool,
}

/// A terminal of 80 columns and 24 rows with a client in it. The client is killed when it goes out of scope.
pub struct Terminal {
    process: UnixProcess,
    keyboard: PtyStream,
    shared: Arc<(Mutex<Screen>, Condvar)>,
}

impl Terminal {
    /// Starts a client with these arguments. What it keeps is in `home`; `environment` adds to what an
    /// ordinary terminal has. Unless the arguments say otherwise, it takes whatever key it is shown.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(home: &TempDir, environment: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut command = Command::new(program("lanchat-client"));
        command.args(trusting(arguments));
        Self::run(command, home, environment)
    }

    /// Starts a shell with job control that runs a client with this nick, and has seen its prompt.
    #[track_caller]
    pub fn in_shell(home: &TempDir, address: std::net::SocketAddr, nick: &str) -> Self {
        let mut command = Command::new("bash");
        command.args(["--norc", "--noprofile", "--noediting", "-i"]);
        let mut terminal = Self::run(command, home, &[("PS1", "$ ")]);
        terminal.has_line("$ ");
        let client = program("lanchat-client");
        terminal.types(&format!("'{}' {address} --accept-new --nick {nick}\n", client.display()));
        terminal.has_line(&format!("#lobby {nick}> "));
        terminal
    }

    /// Starts any program.
    ///
    /// # Panics
    /// When it does not start.
    pub fn run(mut command: Command, home: &TempDir, environment: &[(&str, &str)]) -> Self {
        for name in ["NO_COLOR", "TERM_PROGRAM", "XDG_CONFIG_HOME"] {
            command.env_remove(name);
        }
        command.envs([("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("TZ", "UTC"), ("USER", "root")]);
        command.env("HOME", home.path()).env("XDG_STATE_HOME", home.file("state"));
        command.envs(environment.iter().copied());
        let mut process = UnixProcess::spawn_command(command).expect("a pseudo-terminal");
        let keyboard = process.open_stream().expect("a terminal has a keyboard");
        let source = process.get_raw_handle().expect("a terminal has a screen");
        let size = |n| NonZeroU16::new(n).expect("a screen has a size");
        let parser = vt100::Parser::new(size(ROWS), size(COLUMNS), SCROLLBACK);
        let screen = Screen { parser, raw: Vec::new(), ended: false };
        let shared = Arc::new((Mutex::new(screen), Condvar::new()));
        let watched = Arc::clone(&shared);
        std::thread::spawn(move || watch(source, &watched));
        Self { process, keyboard, shared }
    }

    /// Starts a client with this nick that talks to `address`, and has seen its prompt.
    #[track_caller]
    pub fn named(home: &TempDir, address: std::net::SocketAddr, nick: &str) -> Self {
        let terminal = Self::start(home, &[], &[&address.to_string(), "--nick", nick]);
        terminal.sees(&format!("as {nick}"));
        terminal.sees("in #lobby");
        terminal.has_line(&format!("#lobby {nick}> "));
        terminal
    }

    /// Presses keys.
    #[track_caller]
    pub fn types(&mut self, keys: &str) {
        self.sends(keys.as_bytes());
    }

    /// Sends what no key of a terminal with UTF-8 does.
    #[track_caller]
    pub fn sends(&mut self, bytes: &[u8]) {
        self.keyboard.write_all(bytes).and_then(|()| self.keyboard.flush()).expect("a terminal");
    }

    /// Types a line and presses Enter.
    #[track_caller]
    pub fn enters(&mut self, line: &str) {
        self.types(&format!("{line}\r"));
    }

    /// Waits until a row has `needle` in it. Returns the row.
    ///
    /// # Panics
    /// When none has within the deadline.
    #[track_caller]
    pub fn sees(&self, needle: &str) -> String {
        self.waits(&format!("{needle:?}"), |screen| rows(screen).into_iter().find(|row| row.contains(needle)))
    }

    /// Waits until the row of the cursor reads exactly so, with the cursor behind it.
    ///
    /// # Panics
    /// When it does not within the deadline.
    #[track_caller]
    pub fn has_line(&self, line: &str) {
        self.waits(&format!("the line {line:?}"), |screen| {
            let (row, column) = screen.parser.screen().cursor_position();
            let text = screen.parser.screen().rows(0, COLUMNS).nth(row.into())?;
            // A row does not tell a space from nothing; the cursor does.
            let width = unicode_width::UnicodeWidthStr::width(line);
            (text.trim_end() == line.trim_end() && usize::from(column) == width).then_some(())
        });
    }

    /// Gives the window another size.
    ///
    /// # Panics
    /// When it is not to be had.
    pub fn resizes(&mut self, rows: u16, columns: u16) {
        let size = |n| NonZeroU16::new(n).expect("a screen has a size");
        self.lock().parser.screen_mut().set_size(size(rows), size(columns));
        self.process.set_window_size(columns, rows).expect("a terminal has a size");
    }

    /// All rows, those that left the screen first.
    pub fn rows(&self) -> Vec<String> {
        rows(&mut self.lock())
    }

    /// The screen as an SVG picture, with the text of each row passed through `change`, which keeps its width.
    pub fn picture(&self, change: impl Fn(&str) -> String) -> String {
        picture::draw(self.lock().parser.screen(), change)
    }

    /// Every byte that the client has written.
    pub fn raw(&self) -> String {
        String::from_utf8_lossy(&self.lock().raw).into_owned()
    }

    /// How much memory the client has, in KiB.
    pub fn memory_kib(&self) -> u64 {
        process::resident_kib(self.pid().cast_unsigned())
    }

    /// The process id of the client.
    pub fn pid(&self) -> i32 {
        self.process.pid().as_raw()
    }

    /// Waits for the end of the client. Returns its exit code.
    ///
    /// # Panics
    /// When it does not end within the deadline, or of a signal.
    #[track_caller]
    pub fn exits(&self) -> i32 {
        self.waits("the end", |screen| screen.ended.then_some(()));
        match self.process.wait() {
            Ok(WaitStatus::Exited(_, code)) => code,
            other => panic!("ended as {other:?}\n{}", self.describe()),
        }
    }

    /// Whether the terminal takes whole lines, as a shell finds it: not so while a client edits.
    pub fn is_sane(&self) -> bool {
        let terminal = self.process.get_raw_handle().expect("the terminal is open");
        tcgetattr(terminal).expect("it is a terminal").local_modes.contains(LocalModes::ICANON)
    }

    /// Stops the client and continues it, with the terminal in between as a shell has it.
    ///
    /// # Panics
    /// When it does not stop or does not take the terminal back within the deadline.
    #[track_caller]
    pub fn stops_and_continues(&self) {
        let pid = Pid::from_raw(self.pid()).expect("it runs");
        kill_process(pid, Signal::STOP).expect("it runs");
        let stat = format!("/proc/{}/stat", self.pid());
        let is_stopped = || std::fs::read_to_string(&stat).is_ok_and(|stat| stat.contains(") T "));
        eventually("stopped", || is_stopped().then_some(()));
        let terminal = self.process.get_raw_handle().expect("the terminal is open");
        let mut modes = tcgetattr(&terminal).expect("it is a terminal");
        modes.local_modes |= LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG;
        tcsetattr(&terminal, OptionalActions::Now, &modes).expect("it is a terminal");
        kill_process(pid, Signal::CONT).expect("it runs");
        self.is_edited();
    }

    /// Waits until the terminal gives each key to a client that edits.
    #[track_caller]
    pub fn is_edited(&self) {
        eventually("edited", || (!self.is_sane()).then_some(()));
    }

    #[track_caller]
    fn waits<T>(&self, what: &str, mut look: impl FnMut(&mut Screen) -> Option<T>) -> T {
        let start = Instant::now();
        let mut screen = self.lock();
        loop {
            if let Some(found) = look(&mut screen) {
                return found;
            }
            let left = PATIENCE.checked_sub(start.elapsed()).filter(|_| !screen.ended);
            let Some(left) = left else {
                drop(screen);
                panic!("the terminal has not seen {what}\n{}", self.describe());
            };
            screen = self.shared.1.wait_timeout(screen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn describe(&self) -> String {
        let mut text = "--- on the screen:\n".to_owned();
        for row in self.rows() {
            let _ = writeln!(text, "{row}");
        }
        text
    }

    fn lock(&self) -> MutexGuard<'_, Screen> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill(expectrl::process::unix::Signal::SIGKILL);
    }
}

fn watch(mut source: impl Read, shared: &(Mutex<Screen>, Condvar)) {
    let mut chunk = [0; 4096];
    loop {
        // At the end of the last process in it, a terminal gives an error.
        let count = source.read(&mut chunk).unwrap_or(0);
        let mut screen = shared.0.lock().unwrap_or_else(PoisonError::into_inner);
        screen.parser.process(&chunk[..count]);
        screen.raw.extend_from_slice(&chunk[..count]);
        screen.ended = count == 0;
        shared.1.notify_all();
        if count == 0 {
            return;
        }
    }
}

fn rows(screen: &mut Screen) -> Vec<String> {
    let screen = screen.parser.screen_mut();
    let columns = screen.size().1.get();
    let mut rows = Vec::new();
    for above in (1..=screen.scrollback_len()).rev() {
        screen.set_scrollback(above);
        rows.extend(screen.rows(0, columns).next());
    }
    screen.set_scrollback(0);
    rows.extend(screen.rows(0, columns));
    rows
}
