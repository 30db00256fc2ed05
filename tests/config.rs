//! What an administrator does with the configuration file.

use std::path::Path;
use std::process::Command;

use lanchat_tests::{Daemon, Netcat, Ran, Setup, Signal, TempDir, program, run};

/// A configuration with one error of each kind, and where they are.
const BROKEN: &str = "\
[listen]
chat = [\"127.0.0.1:0\", \"localhost:5555\"]
[limits]
line_byte_max = 100
messages_burst_max = 0
stop_grace_ms = \"soon\"
[log]
level = loud
";
const BROKEN_AT: [&str; 5] = [":2:24: ", ":4:1: ", ":5:22: ", ":6:17: ", ":8:9: "];

fn check_config(file: &Path) -> Ran {
    run(Command::new(program("lanchatd")).arg("--check-config").arg("--config").arg(file))
}

/// Every error of [`BROKEN`] is there, in order, each on a line that begins with `name` and its place.
#[track_caller]
fn tells_all_errors(text: &str, name: &str) {
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), BROKEN_AT.len(), "{text}");
    for (line, place) in lines.iter().zip(BROKEN_AT) {
        assert!(line.starts_with(&format!("{name}{place}")), "{place}\n{text}");
    }
}

#[test]
fn check_config_finds_all_errors_at_once() {
    let directory = TempDir::new();
    let file = directory.write("broken.toml", BROKEN);
    let refused = check_config(&file).exits(78);
    tells_all_errors(&refused.err, &file.display().to_string());
    assert!(refused.err.contains("did you mean limits.line_bytes_max?"), "{}", refused.err);
    assert!(refused.err.contains("allowed: a whole number from 1 to 1000000"), "{}", refused.err);
    assert_eq!(refused.out, "");
}

#[test]
fn check_config_takes_what_is_right() {
    let directory = TempDir::new();
    check_config(&directory.write("empty.toml", "")).exits(0);
    check_config(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/lanchatd.toml")).exits(0);
}

#[test]
fn a_file_that_is_not_there_is_a_configuration_error() {
    let directory = TempDir::new();
    let absent = directory.file("absent.toml");
    let refused = check_config(&absent).exits(78);
    assert!(refused.err.starts_with(&format!("{}: cannot be read: ", absent.display())), "{}", refused.err);
    let refused = run(Command::new(program("lanchatd")).arg("--config").arg(&absent)).exits(78);
    assert_eq!(refused.err.lines().count(), 1, "{}", refused.err);
}

#[test]
fn a_daemon_does_not_start_with_a_broken_configuration() {
    let directory = TempDir::new();
    let file = directory.write("broken.toml", BROKEN);
    let refused = run(Command::new(program("lanchatd")).arg("--config").arg(&file)).exits(78);
    tells_all_errors(&refused.err, &file.display().to_string());
}

#[test]
fn a_port_that_is_taken_is_named() {
    let first = Daemon::start();
    let refused = Setup::new(&format!("listen.chat = [\"{}\"]", first.address())).run().exits(1);
    let last = refused.err.lines().last().expect("a reason");
    assert!(last.contains(&first.address().to_string()), "{}", refused.err);
}

#[test]
fn reload_applies_what_it_can_and_names_what_needs_a_restart() {
    let mut daemon = Daemon::start();
    let mut alice = Netcat::connect(&daemon);
    daemon.configure(
        "listen.chat = [\"127.0.0.1:0\", \"[::1]:0\"]\nlimits.line_bytes_max = 64\nlog.level = \"debug\"",
    );
    let reloaded = daemon.ctl(&["reload"]).exits(0);
    let expected = format!(
        "\
configuration:    {}
applied:          limits.line_bytes_max, log.level
needs a restart:  listen.chat
",
        daemon.config().display()
    );
    assert_eq!(reloaded.out, expected);

    alice.says(&"x".repeat(65));
    alice.sees("longer than 64 bytes");
    assert_eq!(daemon.status()["listen"].as_array().expect("addresses").len(), 1);

    // What waits for a restart is named again by the next reload.
    let again = daemon.ctl(&["reload", "--json"]).exits(0).json();
    assert_eq!(again["applied"].as_array().expect("keys").len(), 0);
    assert_eq!(again["needs_restart"][0], "listen.chat");
}

#[test]
fn a_broken_file_is_refused_and_the_old_configuration_stays() {
    let mut daemon = Daemon::with("limits.line_bytes_max = 64");
    let mut alice = Netcat::connect(&daemon);
    daemon.configure(BROKEN);
    std::fs::write(daemon.config(), BROKEN).expect("the file can be written");
    let refused = daemon.ctl(&["reload"]).exits(1);
    tells_all_errors(&refused.err, &daemon.config().display().to_string());
    assert_eq!(refused.out, "");

    alice.says(&"x".repeat(65));
    alice.sees("longer than 64 bytes");

    daemon.configure("limits.line_bytes_max = 128");
    daemon.ctl(&["reload"]).exits(0);
    alice.says(&"x".repeat(129));
    alice.sees("longer than 128 bytes");
}

#[test]
fn hup_reloads() {
    let mut daemon = Daemon::start();
    daemon.configure("limits.line_bytes_max = 64");
    daemon.signal(Signal::HUP);
    daemon.log_contains("reloaded");
    daemon.configure("limits.line_bytes_max = 1");
    daemon.signal(Signal::HUP);
    daemon.log_contains("limits.line_bytes_max is 1, allowed: a whole number from 64");
    let mut alice = Netcat::connect(&daemon);
    alice.says(&"x".repeat(65));
    alice.sees("longer than 64 bytes");
}

#[test]
fn a_running_daemon_checks_files_for_its_administrator() {
    let mut daemon = Daemon::start();
    let own = daemon.ctl(&["check-config"]).exits(0);
    assert_eq!(own.out, format!("{}: no errors\n", daemon.config().display()));

    let right = daemon.directory().write("right.toml", "log.level = \"warn\"\n");
    let right = right.display().to_string();
    assert_eq!(daemon.ctl(&["check-config", &right, "--json"]).exits(0).json()["name"], right.as_str());

    let wrong = daemon.directory().write("wrong.toml", BROKEN).display().to_string();
    tells_all_errors(&daemon.ctl(&["check-config", &wrong]).exits(1).err, &wrong);
    let absent = daemon.ctl(&["check-config", "/nonexistent.toml"]).exits(1);
    assert!(absent.err.starts_with("/nonexistent.toml: cannot be read: "), "{}", absent.err);

    daemon.configure("limits.line_bytes_max = 1");
    daemon.ctl(&["check-config"]).exits(1);
}

#[test]
fn a_daemon_listens_on_all_its_addresses() {
    let daemon = Daemon::with("listen.chat = [\"127.0.0.1:0\", \"127.0.0.1:0\"]");
    let [first, second] = daemon.addresses() else { panic!("{:?}", daemon.addresses()) };
    assert_ne!(first, second);
    let (mut alice, mut bob) = (Netcat::connect_to(*first), Netcat::connect_to(*second));
    alice.says("hi");
    bob.sees("hi");
}

#[test]
fn a_reload_does_not_wait_for_a_file_that_is_none() {
    let mut daemon = Daemon::start();
    let mut alice = Netcat::connect(&daemon);
    std::fs::remove_file(daemon.config()).unwrap();
    assert!(Command::new("mkfifo").arg(daemon.config()).status().unwrap().success());
    let refused = daemon.ctl(&["reload"]).exits(1);
    assert!(refused.err.contains("not a regular file"), "{}", refused.err);
    daemon.signal(Signal::HUP);
    daemon.log_contains("reload refused");
    alice.says("/who");
    alice.sees("in #lobby");
    assert!(daemon.is_running());
}

#[test]
fn errors_keep_their_exit_code_when_nobody_reads_them() {
    let directory = TempDir::new();
    let broken = directory.write("broken.toml", "nonsense = 1\n");
    let mut daemon = Command::new(program("lanchatd"))
        .arg("--check-config")
        .arg("--config")
        .arg(broken)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(daemon.stderr.take());
    assert_eq!(daemon.wait().unwrap().code(), Some(78));
}
