//! Slow readers, and a system that runs out of what it has.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lanchat_tests::{Daemon, Netcat, PATIENCE, Stranger, eventually};
use rustix::net::sockopt::set_socket_recv_buffer_size;

const FREE: &str = "limits.messages_per_second_max = 0\n";
const LINE_BYTES: usize = 4000;
/// 200 MB in lines of [`LINE_BYTES`].
const LINES: u64 = 50_000;
/// How far the talker may be ahead of those who listen: less than the timeline retains.
const AHEAD_MAX: u64 = 200;

/// Somebody who reads everything as it comes, and counts.
struct Listener {
    heard: Arc<AtomicU64>,
    thread: std::thread::JoinHandle<Result<(), String>>,
}

impl Listener {
    /// Listens until `total` lines by the talker have come, each the successor of the last.
    fn start(daemon: &Daemon, total: u64) -> Self {
        let stream = TcpStream::connect(daemon.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut lines = BufReader::new(stream).lines();
        assert!(lines.next().unwrap().unwrap().contains("Welcome"));
        let heard = Arc::new(AtomicU64::new(0));
        let count = heard.clone();
        let thread = std::thread::spawn(move || {
            for line in lines {
                let line = line.map_err(|error| error.to_string())?;
                let Some(number) = number(&line) else { continue };
                let expected = count.fetch_add(1, Ordering::Relaxed);
                if number != expected {
                    return Err(format!("line {number} in place of {expected}"));
                }
                if number + 1 == total {
                    return Ok(());
                }
            }
            Err("closed".to_owned())
        });
        Self { heard, thread }
    }

    fn heard(&self) -> u64 {
        self.heard.load(Ordering::Relaxed)
    }
}

fn number(line: &str) -> Option<u64> {
    line.split_once(": ")?.1.split_once(' ')?.0.parse().ok()
}

fn line(number: u64) -> String {
    format!("{number} {}", "x".repeat(LINE_BYTES - 10))
}

/// Says numbered lines, no faster than the listeners hear them.
fn talk(talker: &mut Netcat, listeners: &[Listener], lines: u64) {
    for number in 0..lines {
        let start = Instant::now();
        while listeners.iter().any(|listener| number >= listener.heard() + AHEAD_MAX) {
            assert!(start.elapsed() < PATIENCE, "the listeners hear nothing more");
            std::thread::sleep(Duration::from_micros(50));
        }
        talker.says(&line(number));
    }
}

#[test]
fn a_reader_that_stops_costs_the_others_nothing_and_is_told_what_it_missed() {
    let daemon = Daemon::with(FREE);
    let listeners = [Listener::start(&daemon, LINES), Listener::start(&daemon, LINES)];
    let mut talker = Netcat::named(&daemon, "talker");
    let mut stopped = Stranger::connect(&daemon);
    stopped.sees("Welcome");
    let before = daemon.memory_kib();
    talk(&mut talker, &listeners, LINES);
    for listener in listeners {
        listener.thread.join().unwrap().unwrap();
    }
    let grown = daemon.memory_kib().saturating_sub(before);
    println!("memory grew by {grown} KiB while 200 MB were relayed");
    // Its timeline, twice while the disk is behind, and what the store holds.
    assert!(grown < 24 * 1024, "{grown} KiB");

    // Reading again, it gets the beginning, the number of what is missing, and the end.
    let everything = stopped.sees(&format!("talker: {} ", LINES - 1));
    let skipped: u64 = everything
        .lines()
        .filter(|line| line.starts_with("* ") && line.contains("skipped"))
        .map(|line| line.split(' ').nth(1).unwrap().parse::<u64>().unwrap())
        .sum();
    let heard = everything.lines().filter(|line| number(line).is_some()).count() as u64;
    println!("the stopped reader got {heard} and was told of {skipped}");
    assert!(skipped > 0);
    assert_eq!(heard + skipped, LINES);
    let status = daemon.status();
    assert_eq!(status["messages_skipped"], skipped);
    assert!(status["gaps"].as_u64() > Some(0));
    assert_eq!(status["messages_accepted"], LINES);
    eventually("every delivery counted", || {
        (daemon.status()["deliveries"].as_u64() == Some(3 * LINES - skipped)).then_some(())
    });
}

/// Bytes that the system holds for a client and has not got rid of (`tx_queue` in `/proc/net/tcp`).
fn held_by_the_system(daemon: &Daemon, client: SocketAddr) -> u64 {
    let (local, remote) = (daemon.address().port(), client.port());
    let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let held = sockets.lines().find_map(|socket| {
        let mut fields = socket.split_whitespace().skip(1);
        let is_its = fields.next()?.ends_with(&format!(":{local:04X}"))
            && fields.next()?.ends_with(&format!(":{remote:04X}"));
        let queues = fields.nth(1).filter(|_| is_its)?;
        u64::from_str_radix(queues.split_once(':')?.0, 16).ok()
    });
    held.expect("the client's socket")
}

#[test]
fn what_a_stopped_reader_is_owed_waits_in_the_timeline_and_not_in_the_system() {
    let daemon = Daemon::with(FREE);
    let lines = 3_000;
    let listeners = [Listener::start(&daemon, lines)];
    let mut talker = Netcat::named(&daemon, "talker");
    let mut stopped = Stranger::connect(&daemon);
    stopped.sees("Welcome");
    set_socket_recv_buffer_size(&*stopped.stream(), 4096).unwrap();
    talk(&mut talker, &listeners, lines);
    let held = held_by_the_system(&daemon, stopped.stream().local_addr().unwrap());
    println!("the system holds {held} of {} bytes", lines * LINE_BYTES as u64);
    assert!((32 * 1024..192 * 1024).contains(&held), "{held} bytes");
    for listener in listeners {
        listener.thread.join().unwrap().unwrap();
    }
}

#[test]
fn a_burst_of_many_at_once_is_heard_completely() {
    // Each within its burst, all together more than a timeline keeps.
    let daemon = Daemon::start();
    let listeners = [Netcat::connect(&daemon), Netcat::connect(&daemon)];
    let mut talkers: Vec<_> = (0..60).map(|_| Stranger::connect(&daemon)).collect();
    let burst: String = (0..16).map(|number| line(number) + "\n").collect();
    for talker in &mut talkers {
        talker.sends(burst.as_bytes());
    }
    for listener in &listeners {
        let heard = || listener.lines().iter().filter(|line| number(line).is_some()).count();
        eventually("everything heard", || (heard() == 60 * 16).then_some(()));
        listener.never_saw("skipped");
    }
}

#[test]
fn a_slow_reader_that_reads_on_is_not_taken_for_one_that_has_stopped() {
    let daemon = Daemon::with(&format!("{FREE}limits.write_deadline_ms = 2000"));
    let lines = 5_000;
    let listeners = [Listener::start(&daemon, lines)];
    let mut slow = Stranger::connect(&daemon);
    slow.sees("Welcome");
    let mut talker = Netcat::named(&daemon, "talker");
    talk(&mut talker, &listeners, lines);
    eventually("a full socket", || {
        let is_stuck = |client: &lanchat_tests::Value| client["backlog_bytes"].as_u64() > Some(0);
        daemon.clients().iter().any(is_stuck).then_some(())
    });
    // Twice the deadline, at a pace that does not free a third of the socket's buffer.
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(4) {
        slow.reads_bytes(20_000);
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(daemon.status()["slow_disconnects"], 0);
    for listener in listeners {
        listener.thread.join().unwrap().unwrap();
    }
}

#[test]
fn a_reader_that_takes_nothing_for_the_write_deadline_is_disconnected_and_counted() {
    let daemon = Daemon::with(&format!("{FREE}limits.write_deadline_ms = 300"));
    let lines = 5_000;
    let listeners = [Listener::start(&daemon, lines)];
    let mut talker = Netcat::named(&daemon, "talker");
    let mut stopped = Stranger::connect(&daemon);
    stopped.sends(b"hi\n");
    talk(&mut talker, &listeners, lines);
    daemon.log_contains("took nothing for the write deadline");
    talker.sees("left (too slow)");
    assert_eq!(daemon.status()["slow_disconnects"], 1);
    for listener in listeners {
        listener.thread.join().unwrap().unwrap();
    }
}

#[test]
fn without_descriptors_the_administrator_is_answered_and_it_recovers() {
    // As many as the daemon has, and a few connections more.
    let daemon = Daemon::with("limits.connections_max = 0");
    let mut alice = Netcat::connect(&daemon);
    let limit = daemon.open_files() + 4;
    set_files_max(&daemon, limit as u64);
    let mut crowd: Vec<_> = (0..8).map(|_| Stranger::connect(&daemon)).collect();
    daemon.log_contains("cannot take connections");
    let cpu = daemon.cpu_ms();
    assert_eq!(daemon.status()["stopping"], false);
    assert_eq!(daemon.status()["stopping"], false, "more than once");
    alice.says("/who");
    alice.sees("in #lobby");
    std::thread::sleep(Duration::from_millis(500));
    let spent = daemon.cpu_ms() - cpu;
    assert!(spent < 250, "{spent} ms of CPU in half a second: it spins");
    drop(crowd.drain(..4));
    for stranger in &mut crowd {
        stranger.sees("Welcome");
    }
    daemon.log_contains("taking connections again");
}

fn set_files_max(daemon: &Daemon, files_max: u64) {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let pid = Pid::from_raw(daemon.pid().cast_signed()).unwrap();
    let limit = Rlimit { current: Some(files_max), maximum: Some(files_max) };
    prlimit(Some(pid), Resource::Nofile, limit).unwrap();
}
