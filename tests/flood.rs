//! Nobody can fill the log: what happens too often is counted, and summed up.

use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use lanchat_tests::{Daemon, Native, Netcat, PATIENCE, Stranger, eventually};

/// How many come, and how many of them are written one by one at least; after that, one in ten seconds.
const MANY: u64 = 5000;
const AT_ONCE: u64 = 100;

/// Comes and is sent away.
fn is_turned_away(daemon: &Daemon) {
    let mut stream = TcpStream::connect(daemon.address()).expect("there is room in the queue");
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut words = String::new();
    match stream.read_to_string(&mut words) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}"),
    }
}

/// The number that stands behind `words`.
fn number(line: &str, words: &str) -> u64 {
    let (_, behind) = line.split_once(words).unwrap_or_else(|| panic!("no {words:?} in {line}"));
    behind.split(' ').next().unwrap().parse().unwrap()
}

/// How many lines of a daemon that has stopped have `words` in them, and how often it happened beside them.
#[track_caller]
fn written_and_summed_up(daemon: &mut Daemon, what: &str, words: &str) -> (u64, u64) {
    assert_eq!(daemon.wait_exit().code(), Some(0));
    daemon.log_contains(" stopped");
    let log = daemon.log();
    let summary = format!(" WARN {what}: ");
    let is_summary = |line: &&String| line.contains(&summary);
    let summed_up = log.iter().filter(is_summary).map(|line| number(line, &summary)).sum();
    let is_one = |line: &&String| line.contains(" INFO ") && line.contains(words);
    let written = log.iter().filter(is_one).count() as u64;
    (written, summed_up)
}

/// The bound held, and nothing is missing.
#[track_caller]
fn is_bounded(daemon: &mut Daemon, what: &str, words: &str, total: u64, took: Duration) {
    let (written, summed_up) = written_and_summed_up(daemon, what, words);
    assert_eq!(written + summed_up, total, "{what}");
    assert!(
        (AT_ONCE..=AT_ONCE + took.as_secs() / 10 + 1).contains(&written),
        "{what}: {written} in {took:?}"
    );
}

#[test]
fn thousands_who_are_turned_away_are_counted_and_not_listed() {
    let mut daemon = Daemon::with("listen.allow = [\"10.0.0.0/8\"]");
    let began = Instant::now();
    for _ in 0..MANY {
        is_turned_away(&daemon);
    }
    let took = began.elapsed();
    daemon.ctl(&["stop"]).exits(0);
    is_bounded(&mut daemon, "connection refused", "connection from ", MANY, took);
    let summary = daemon.log_contains(" WARN connection refused: ");
    assert!(summary.contains("all from 127.0.0.1"), "{summary}");
    assert!(!summary.contains("message_id"), "that is for the journal: {summary}");
}

#[test]
fn thousands_who_come_and_go_are_counted_and_not_listed() {
    let mut daemon = Daemon::start();
    let began = Instant::now();
    for _ in 0..MANY {
        drop(Stranger::connect(&daemon));
    }
    eventually("all have come and gone", || {
        let status = daemon.status();
        (status["connections"] == MANY && status["clients"] == 0).then_some(())
    });
    let took = began.elapsed();
    daemon.ctl(&["stop"]).exits(0);
    is_bounded(&mut daemon, "connected", " connected from ", MANY, took);
    is_bounded(&mut daemon, "disconnected", ", disconnected: ", MANY, took);
}

#[test]
fn what_many_are_told_no_about_is_counted_and_not_listed() {
    let mut daemon = Daemon::start();
    let began = Instant::now();
    // Of one client by itself five are listed in a second.
    for _ in 0..200 {
        let mut person = Stranger::connect(&daemon);
        person.sends(&b"/nick *\n".repeat(20));
        person.ends_input();
        person.is_closed();
    }
    assert_eq!(daemon.status()["refusals"], 4000);
    let took = began.elapsed();
    daemon.ctl(&["stop"]).exits(0);
    let (written, summed_up) = written_and_summed_up(&mut daemon, "refused", ", refused: ");
    assert!((AT_ONCE..=AT_ONCE + took.as_secs() / 10 + 1).contains(&written), "{written} in {took:?}");
    let log = daemon.log();
    let with_others = log.iter().filter(|line| line.contains(" not listed)"));
    let with_others: u64 = with_others.map(|line| number(&line[line.rfind('(').unwrap()..], "(")).sum();
    assert_eq!(
        written + with_others + summed_up,
        4000,
        "{with_others} counted into lines, {summed_up} into summaries"
    );
}

#[test]
fn a_flood_hides_nothing_of_another_kind() {
    let mut daemon = Daemon::start();
    for _ in 0..200 {
        drop(Stranger::connect(&daemon));
    }
    let _ana = Native::hello(&daemon, "ana");
    daemon.log_contains(" is ana (native)");
    let mut bob = Netcat::connect(&daemon);
    bob.says("/nick *");
    daemon.log_contains(", refused: ");
    daemon.ctl(&["stop"]).exits(0);
    assert_eq!(daemon.wait_exit().code(), Some(0));
}
