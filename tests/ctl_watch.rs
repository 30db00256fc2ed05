//! What an administrator sees who watches.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::process::Stdio;

use lanchat_tests::{Daemon, Follower, Native, Netcat, PATIENCE, Signal, Value, ctl, eventually, run};

fn watch(daemon: &Daemon, arguments: &[&str]) -> Follower {
    let mut command = ctl(&daemon.socket());
    let mut watcher = Follower::start(command.arg("watch").args(arguments).env("TZ", "UTC"));
    watcher.sees("watching");
    watcher
}

#[test]
fn whoever_watches_sees_comings_goings_and_changes_but_not_what_is_said() {
    let mut daemon = Daemon::start();
    let mut watcher = watch(&daemon, &["--json"]);
    let mut ana = Native::hello(&daemon, "ana");
    let connected = watcher.json("\"connected\"");
    assert_eq!(connected["schema"], 1);
    assert_eq!(connected["address"], ana.address().to_string());
    assert!(connected["time"].as_str().is_some_and(|time| time.ends_with('Z')), "{connected}");
    let named = watcher.json("\"named\"");
    assert_eq!((&named["nick"], &named["client"]), (&"ana".into(), &connected["client"]));

    ana.says("a secret");
    let mut bob = Netcat::named(&daemon, "bob");
    assert_eq!(watcher.json("\"renamed\"")["was"], "guest1");
    bob.says("/join ops");
    assert_eq!(watcher.json("\"joined\"")["room"], "ops");
    bob.says("/part ops");
    assert_eq!(watcher.json("\"left\"")["room"], "ops");
    bob.says("/nick ana");
    assert_eq!(watcher.json("\"refused\"")["code"], "nick_taken");

    daemon.ctl(&["announce", "another secret"]).exits(0);
    assert_eq!(watcher.json("\"announced\"")["clients"], 2);
    daemon.configure("limits.line_bytes_max = 1000");
    daemon.ctl(&["reload"]).exits(0);
    assert_eq!(watcher.json("\"reloaded\"")["applied"][0], "limits.line_bytes_max");
    daemon.configure("limits.line_bytes_max = 1");
    daemon.ctl(&["reload"]).exits(1);
    assert!(
        watcher.json("\"reload_refused\"")["errors"].as_str().is_some_and(|e| e.contains("line_bytes_max"))
    );
    daemon.ctl(&["kick", "bob", "too loud"]).exits(0);
    assert_eq!(watcher.json("\"kicked\"")["reason"], "too loud");
    assert_eq!(watcher.json("\"disconnected\"")["cause"], "closed_by_relay");
    drop(ana);
    watcher.sees("\"disconnected\"");

    daemon.ctl(&["stop"]).exits(0);
    assert_eq!(watcher.json("\"stopping\"")["cause"], "admin");
    let ended = watcher.ends().exits(0);
    assert!(ended.out.lines().last().is_some_and(|line| line.contains("\"stopped\"")), "{}", ended.out);
    assert!(!ended.out.contains("secret"), "{}", ended.out);
    for line in ended.out.lines() {
        let event: Value = serde_json::from_str(line).expect("every line is JSON");
        assert!(event["schema"] == 1 && event["event"].is_string() && event["time"].is_string(), "{line}");
    }
}

#[test]
fn people_see_one_line_an_event_with_their_own_time() {
    let daemon = Daemon::start();
    let mut watcher = watch(&daemon, &[]);
    let _ana = Native::hello(&daemon, "ana");
    let line = watcher.sees("named");
    let (time, what) = line.split_at(19);
    assert!(time.starts_with("20") && time.as_bytes()[10] == b' ', "{line}");
    assert!(what.starts_with("  named           ana (id 1, 127.0.0.1:"), "{line}");
}

#[test]
fn signals_end_it_in_order() {
    let daemon = Daemon::start();
    for signal in [Signal::INT, Signal::TERM] {
        let mut watcher = watch(&daemon, &[]);
        watcher.signal(signal);
        let ended = watcher.ends().exits(0);
        assert_eq!(ended.err, "");
    }
    // Their places are free again.
    eventually("no watcher", || (daemon.open_files() < 40).then_some(()));
}

#[test]
fn it_ends_when_its_reader_has_gone_although_nothing_happens() {
    let daemon = Daemon::start();
    let mut command = ctl(&daemon.socket());
    let mut child = command.arg("watch").stdout(Stdio::piped()).spawn().expect("it starts");
    let mut first = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut first).expect("a line");
    assert!(first.contains("watching"), "{first}");
    let status = eventually("its end", || child.try_wait().expect("a child"));
    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_relay_that_is_killed_is_a_failure_and_one_that_is_not_there_exit_code_3() {
    let mut daemon = Daemon::start();
    let mut watcher = watch(&daemon, &[]);
    daemon.signal(Signal::KILL);
    let ended = watcher.ends().exits(1);
    assert!(ended.err.contains("ended without a word"), "{}", ended.err);
    daemon.wait_exit();
    run(ctl(&daemon.socket()).arg("watch")).exits(3);
}

#[test]
fn a_watcher_that_does_not_read_costs_nobody_anything_and_learns_what_it_missed() {
    let daemon = Daemon::with("[limits]\nmessages_per_second_max = 0\n");
    let mut slow = UnixStream::connect(daemon.socket()).unwrap();
    slow.set_read_timeout(Some(PATIENCE)).unwrap();
    slow.write_all(b"{\"verb\":\"watch\"}\n").unwrap();
    let mut lines = BufReader::new(slow).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().contains("\"ok\":true"));
    let mut ana = Netcat::named(&daemon, "ana");
    // Far more than the socket and the channel hold.
    for number in 0..6_000 {
        ana.says(&format!("/nick ana{number}"));
        if number % 100 == 99 {
            ana.sees(&format!("you are now ana{number}"));
        }
    }
    let (mut told, mut missed) = (0, 0);
    while told + missed < 6_000 {
        let event: Value = serde_json::from_str(&lines.next().expect("more events")).unwrap();
        match event["event"].as_str().unwrap() {
            "missed" => missed += event["events"].as_u64().unwrap(),
            "renamed" => told += u64::from(event["was"] != "guest1"),
            _ => {}
        }
    }
    assert!(missed > 0 && told > 1_000, "{told} told, {missed} missed");
}

#[test]
fn so_many_may_watch_and_others_are_still_served() {
    let daemon = Daemon::start();
    let watchers: Vec<_> = (0..16).map(|_| watch(&daemon, &[])).collect();
    let refused = daemon.ctl(&["watch"]).exits(1);
    assert!(refused.err.contains("16 watch already"), "{}", refused.err);
    assert_eq!(daemon.status()["clients"], 0);
    drop(watchers);
    eventually("a place", || {
        let mut watcher = Follower::start(ctl(&daemon.socket()).arg("watch"));
        watcher.signal(Signal::TERM);
        (watcher.ends().code != Some(1)).then_some(())
    });
}
