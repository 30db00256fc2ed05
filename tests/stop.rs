//! The relay stops: everybody is told, nobody waits for somebody who does not read.

use std::time::{Duration, Instant};

use lanchat_tests::{Daemon, Native, Netcat, Signal, Stranger};

#[test]
fn a_stop_while_fifty_people_talk_says_goodbye_to_each() {
    let mut daemon = Daemon::with("limits.messages_per_second_max = 0\nlimits.greeting_delay_ms = 10");
    let mut people: Vec<_> = (0..50).map(|_| Netcat::connect(&daemon)).collect();
    let mut program = Native::hello(&daemon, "eva");
    for round in 0..20 {
        for person in &mut people {
            person.says(&format!("round {round}"));
        }
    }
    daemon.ctl(&["stop"]).exits(0);
    assert!(!daemon.is_running(), "lanchatctl returns when the daemon has gone");
    for person in &mut people {
        person.sees("* server is stopping: its administrator stopped it");
        person.is_closed();
        assert!(person.lines().last().unwrap().contains("stopping"), "the goodbye is the last line");
    }
    assert_eq!(program.event("bye")["code"], "stopping");
    assert_eq!(daemon.wait_exit().code(), Some(0));
    assert!(!daemon.socket().exists());
}

#[test]
fn those_who_came_after_it_was_empty_are_told_too() {
    let mut daemon = Daemon::start();
    drop(Netcat::connect(&daemon));
    daemon.log_contains("disconnected");
    let mut alice = Netcat::connect(&daemon);
    daemon.ctl(&["stop"]).exits(0);
    alice.sees("* server is stopping");
    assert_eq!(daemon.wait_exit().code(), Some(0));
}

#[test]
fn without_clients_it_ends_at_once() {
    let mut daemon = Daemon::in_foreground("");
    let start = Instant::now();
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.wait_exit().code(), Some(0));
    daemon.log_contains("stopped");
    // The log and the console may each take half a second to let their last lines out, and need none of it.
    assert!(start.elapsed() < Duration::from_millis(900), "{:?}", start.elapsed());
}

#[test]
fn both_signals_stop_it() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut daemon = Daemon::start();
        let mut alice = Netcat::connect(&daemon);
        daemon.signal(signal);
        alice.sees("* server is stopping: it was told to by its host");
        assert_eq!(daemon.wait_exit().code(), Some(0));
        assert!(!daemon.socket().exists());
    }
}

#[test]
fn somebody_who_does_not_read_the_goodbye_delays_it_by_the_grace_only() {
    let settings = "limits.stop_grace_ms = 300\nlimits.messages_per_second_max = 0\nlimits.timeline_bytes_max = 16000000";
    let mut daemon = Daemon::with(settings);
    let mut alice = Netcat::named(&daemon, "alice");
    let mut stuck = Stranger::connect(&daemon);
    stuck.sends(b"/who\n");
    fill_until_stuck(&daemon, &mut alice);
    let start = Instant::now();
    daemon.signal(Signal::TERM);
    alice.sees("* server is stopping");
    assert_eq!(daemon.wait_exit().code(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let settings = "limits.stop_grace_ms = 60000\nlimits.messages_per_second_max = 0\nlimits.timeline_bytes_max = 16000000";
    let mut daemon = Daemon::with(settings);
    let mut alice = Netcat::named(&daemon, "alice");
    let mut stuck = Stranger::connect(&daemon);
    stuck.sends(b"/who\n");
    fill_until_stuck(&daemon, &mut alice);
    daemon.signal(Signal::TERM);
    alice.sees("* server is stopping");
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.wait_exit().code(), Some(1));
    assert!(!daemon.socket().exists());
}

/// Talks until the socket of somebody who does not read is full.
fn fill_until_stuck(daemon: &Daemon, alice: &mut Netcat) {
    let line = "x".repeat(4000);
    for _ in 0..200 {
        for _ in 0..50 {
            alice.says(&line);
        }
        alice.says("/who");
        alice.sees("in #lobby");
        let is_stuck = |client: &lanchat_tests::Value| client["backlog_bytes"].as_u64() > Some(0);
        if daemon.clients().iter().any(is_stuck) {
            return;
        }
    }
    panic!("40 MB fit into a socket");
}
