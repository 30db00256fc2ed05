//! Somebody with nothing but `nc`.

use std::net::SocketAddr;

use crate::Daemon;
use crate::wire::Wire;

/// A text client. Hanging up is dropping it.
#[derive(Debug)]
pub struct Netcat {
    wire: Wire,
    nick: String,
}

impl Netcat {
    /// Connects, and has read the greeting.
    #[track_caller]
    pub fn connect(daemon: &Daemon) -> Self {
        Self::connect_to(daemon.address())
    }

    /// Connects to this address, and has read the greeting.
    #[track_caller]
    pub fn connect_to(address: SocketAddr) -> Self {
        let mut netcat = Self::silent(address);
        netcat.is_greeted();
        netcat
    }

    /// Connects, and has not waited for the greeting.
    #[track_caller]
    pub fn silent(address: SocketAddr) -> Self {
        Self { wire: Wire::connect(address, "somebody with netcat"), nick: String::new() }
    }

    /// Connects and takes a nick.
    #[track_caller]
    pub fn named(daemon: &Daemon, nick: &str) -> Self {
        let mut netcat = Self::silent(daemon.address());
        netcat.says(&format!("/nick {nick}"));
        netcat.sees(&format!("* you are now {nick}"));
        netcat.has_nick(nick);
        netcat
    }

    /// Waits for the greeting.
    #[track_caller]
    pub fn is_greeted(&mut self) {
        let greeting = self.sees("* Welcome to lanchat, you are ");
        let nick = greeting.split("you are ").nth(1).and_then(|rest| rest.split([' ', ';', ',']).next());
        self.has_nick(nick.unwrap_or_default());
    }

    /// The nick, as far as it was told.
    pub fn nick(&self) -> &str {
        &self.nick
    }

    /// Its own address, by which the daemon knows it.
    pub fn address(&self) -> SocketAddr {
        self.wire.local_address()
    }

    /// Sends a line.
    #[track_caller]
    pub fn says(&mut self, line: &str) {
        self.wire.send(format!("{line}\n").as_bytes());
    }

    /// Sends bytes as they are.
    #[track_caller]
    pub fn sends(&mut self, bytes: &[u8]) {
        self.wire.send(bytes);
    }

    /// Waits until the daemon has read everything that was sent.
    #[track_caller]
    pub fn is_read(&self) {
        self.wire.wait_read();
    }

    /// Ends its input: it sends nothing more but still reads.
    pub fn ends_input(&mut self) {
        self.wire.finish();
    }

    /// Waits for a line with `needle` in it, behind the last one that was waited for.
    ///
    /// # Panics
    /// When it does not come within the deadline.
    #[track_caller]
    pub fn sees(&mut self, needle: &str) -> String {
        self.wire.wait(&format!("{needle:?}"), |line| line.contains(needle))
    }

    /// Waits for the next line, whatever it is.
    #[track_caller]
    pub fn sees_line(&mut self) -> String {
        self.wire.wait("another line", |_| true)
    }

    /// Makes sure that no line so far had `needle` in it. To be asked after something was seen that came
    /// later than `needle` would have.
    #[track_caller]
    pub fn never_saw(&self, needle: &str) {
        let saw = self.lines().into_iter().find(|line| line.contains(needle));
        assert_eq!(saw, None, "{}", self.wire.describe());
    }

    /// All lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.wire.lines()
    }

    /// Waits until the daemon has closed the connection.
    #[track_caller]
    pub fn is_closed(&self) {
        self.wire.wait_closed();
    }

    fn has_nick(&mut self, nick: &str) {
        nick.clone_into(&mut self.nick);
        self.wire.set_name(&format!("{nick} (netcat)"));
    }
}
