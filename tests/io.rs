//! What carries a message to many: the same for everybody, whatever the system allows.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;

use lanchat_tests::{Daemon, Netcat, PATIENCE, eventually};
use rustix::net::sockopt::set_socket_recv_buffer_size;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

/// The same numbers on every architecture (io_uring_setup(2), io_uring_enter(2)).
const IO_URING_SETUP: i64 = 425;
const IO_URING_ENTER: i64 = 426;

/// errno(3).
const EPERM: u32 = 1;
const EAGAIN: u32 = 11;

const FREE: &str = "limits.messages_per_second_max = 0\nlimits.greeting_delay_ms = 20\nlimits.timeline_bytes_max = 33554432\n";

/// Somebody who reads only when asked to, and only what is said.
struct Reader(BufReader<TcpStream>);

impl Reader {
    fn connect(daemon: &Daemon) -> Self {
        let stream = TcpStream::connect(daemon.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(stream))
    }

    fn crowd(daemon: &Daemon, count: usize) -> Vec<Self> {
        let mut readers: Vec<_> = (0..count).map(|_| Self::connect(daemon)).collect();
        readers.iter_mut().for_each(Self::is_greeted);
        readers
    }

    fn is_greeted(&mut self) {
        let greeting = self.line();
        assert!(greeting.contains("Welcome"), "{greeting}");
    }

    fn takes_at_once(&self, bytes: usize) {
        set_socket_recv_buffer_size(self.0.get_ref(), bytes).unwrap();
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line
    }

    fn hears(&mut self, expected: &str) {
        let mut line = self.line();
        while line.starts_with("* ") {
            line = self.line();
        }
        assert!(line.trim_end() == expected, "{:.80} in place of {expected:.80}", line.trim_end());
    }
}

fn daemon(backend: &str) -> Daemon {
    Daemon::with(&format!("{FREE}io.backend = \"{backend}\"\n"))
}

/// More readers than go down to the system at once, and more than one message for each.
fn three_hundred_hear_everything(daemon: &Daemon) {
    let mut readers = Reader::crowd(daemon, 300);
    let mut ana = Netcat::named(daemon, "ana");
    for round in 0..5 {
        ana.says(&format!("first of {round}\nsecond of {round}"));
        for reader in &mut readers {
            reader.hears(&format!("ana: first of {round}"));
            reader.hears(&format!("ana: second of {round}"));
        }
    }
    eventually("all deliveries", || (daemon.status()["deliveries"] == 3_000).then_some(()));
}

/// A full socket takes part of a line, and the rest of it when it has room.
fn one_of_twenty_who_stalls_gets_every_line_whole(daemon: &Daemon) {
    const LINES: usize = 1500;
    let line = |number: usize| format!("{number:04} {}", "x".repeat(4000));
    let mut readers = Reader::crowd(daemon, 20);
    let mut stalled = readers.pop().unwrap();
    stalled.takes_at_once(4 * 1024);
    let mut ana = Netcat::named(daemon, "ana");
    let mut is_stuck = false;
    for number in 0..LINES {
        ana.says(&line(number));
        for reader in &mut readers {
            reader.hears(&format!("ana: {}", line(number)));
        }
        if number % 100 == 99 {
            is_stuck |= daemon.clients().iter().any(|client| client["backlog_bytes"].as_u64() > Some(0));
        }
    }
    assert!(is_stuck, "no socket was ever full");
    stalled.takes_at_once(1024 * 1024);
    for number in 0..LINES {
        stalled.hears(&format!("ana: {}", line(number)));
    }
    assert_eq!(daemon.status()["messages_skipped"], 0);
}

#[test]
fn many_hear_everything_by_a_system_call_for_each() {
    let daemon = daemon("epoll");
    three_hundred_hear_everything(&daemon);
    assert_eq!(daemon.status()["io"], "epoll");
    assert!(daemon.ctl(&["status"]).exits(0).out.contains("sends with:     epoll\n"));
}

#[test]
fn many_hear_everything_by_what_the_system_has() {
    let daemon = daemon("auto");
    three_hundred_hear_everything(&daemon);
    let status = daemon.status();
    assert!(status["io"] == "io_uring" || status["io_shortfall"].is_string(), "{status}");
}

#[test]
fn a_full_socket_tears_no_line_by_a_system_call_for_each() {
    one_of_twenty_who_stalls_gets_every_line_whole(&daemon("epoll"));
}

#[test]
fn a_full_socket_tears_no_line_by_what_the_system_has() {
    one_of_twenty_who_stalls_gets_every_line_whole(&daemon("auto"));
}

/// Has the system answer `errno` to a system call of this thread and of whatever it starts.
fn forbid(system_call: i64, errno: u32) {
    let filter: BpfProgram = SeccompFilter::new(
        BTreeMap::from([(system_call, vec![])]),
        SeccompAction::Allow,
        SeccompAction::Errno(errno),
        std::env::consts::ARCH.try_into().unwrap(),
    )
    .and_then(TryInto::try_into)
    .unwrap();
    apply_filter(&filter).unwrap();
}

fn a_ring_that_cannot_be_entered_is_not_used(errno: u32) {
    forbid(IO_URING_ENTER, errno);
    let daemon = daemon("auto");
    assert_eq!(daemon.status()["io"], "epoll");
    three_hundred_hear_everything(&daemon);
}

#[test]
fn a_ring_that_may_not_be_entered_is_not_used() {
    a_ring_that_cannot_be_entered_is_not_used(EPERM);
}

#[test]
fn a_ring_that_always_asks_to_try_again_is_not_used() {
    a_ring_that_cannot_be_entered_is_not_used(EAGAIN);
}

#[test]
fn where_io_uring_is_forbidden_the_relay_works_and_says_so() {
    forbid(IO_URING_SETUP, EPERM);
    let quiet = daemon("auto");
    let words = "sends with:     epoll, because io_uring is not to be had: Operation not permitted";
    let shown = quiet.ctl(&["status"]).exits(0).out;
    assert!(shown.contains(words), "{shown}");
    assert!(shown.contains("attention:      nothing\n"), "{shown}");
    let logged = quiet.log_contains("io_uring is not to be had");
    assert!(logged.contains("INFO"), "{logged}");
    three_hundred_hear_everything(&quiet);

    let asked = daemon("io_uring");
    let shown = asked.ctl(&["status"]).exits(0).out;
    assert!(shown.contains(words), "{shown}");
    assert!(
        shown.contains("attention:      io_uring was asked for and is not in use (io.backend)\n"),
        "{shown}"
    );
    let logged = asked.log_contains("io_uring is not to be had");
    assert!(logged.contains("WARN"), "{logged}");
}
