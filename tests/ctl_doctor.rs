//! What a doctor says of real situations.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use lanchat_tests::{Daemon, Disk, Native, Ran, Setup, TempDir, Value, ctl, eventually, program, run, skip};

/// The findings of a check.
fn findings(ran: &Ran, check: &str) -> Vec<Value> {
    let told = ran.json();
    assert_eq!(told["schema"], 1);
    let findings = told["findings"].as_array().expect("findings").clone();
    findings.into_iter().filter(|finding| finding["check"] == check).collect()
}

#[test]
fn a_healthy_relay_has_nothing_that_fails() {
    let daemon = Daemon::start();
    set_permissions(daemon.directory().path(), Permissions::from_mode(0o700)).unwrap();
    let shown = daemon.ctl(&["doctor"]).exits(0);
    assert!(shown.out.starts_with("ok    daemon      lanchatd 0.1.0 runs"), "{}", shown.out);
    assert!(
        shown.out.contains(&format!("ok    port        {} answers\n", daemon.address())),
        "{}",
        shown.out
    );
    // It listens on loopback only, which may be what is wanted.
    assert!(shown.out.contains("warn  listen"), "{}", shown.out);
    assert!(shown.out.contains("-> listen.chat = [\"0.0.0.0:"), "{}", shown.out);
    assert_eq!(shown.err, "");
    let told = daemon.ctl(&["doctor", "--json"]).exits(0);
    assert_eq!(told.json()["ok"], true);
    assert_eq!(findings(&told, "version")[0]["verdict"], "ok");
    // Whoever was connected to look at the port has gone.
    eventually("nobody", || (daemon.status()["clients"] == 0).then_some(()));
}

#[test]
fn a_relay_that_is_down_is_exit_code_1_with_what_to_do() {
    let directory = TempDir::new();
    let down = run(ctl(&directory.file("admin.sock")).arg("doctor")).exits(1);
    assert!(down.out.starts_with("fail  daemon      lanchatd is not running"), "{}", down.out);
    assert!(down.out.contains("systemctl start lanchatd"), "{}", down.out);
    assert!(down.err.contains("failed"), "{}", down.err);
    assert!(down.out.contains("config"), "{}", down.out);
}

#[test]
fn a_broken_configuration_is_told_with_its_lines() {
    let mut daemon = Daemon::start();
    daemon.configure("limits.line_bytes_max = 1");
    let told = daemon.ctl(&["doctor", "--json"]).exits(1);
    let config = &findings(&told, "config")[0];
    assert_eq!(config["verdict"], "fail");
    assert!(config["message"].as_str().unwrap().contains("limits.line_bytes_max is 1"), "{config}");
}

#[test]
fn files_that_everybody_may_read_are_told() {
    let daemon = Daemon::start();
    let store = daemon.directory().file("lanchat.db");
    set_permissions(&store, Permissions::from_mode(0o644)).unwrap();
    let shown = daemon.ctl(&["doctor"]).exits(0);
    assert!(shown.out.contains(&format!("-> sudo chmod o-rwx {}", store.display())), "{}", shown.out);
}

#[test]
fn whoever_may_not_use_the_socket_is_told_of_the_group() {
    if !rustix::process::geteuid().is_root() {
        return skip("to be somebody else takes root");
    }
    let daemon = Daemon::start();
    // Everybody may get there and run the program, but the socket is its owner's and its group's.
    set_permissions(daemon.directory().path(), Permissions::from_mode(0o755)).unwrap();
    let tools = TempDir::new();
    set_permissions(tools.path(), Permissions::from_mode(0o755)).unwrap();
    let copy = tools.file("lanchatctl");
    std::fs::copy(program("lanchatctl"), &copy).unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&copy);
    let denied = run(command.arg("--socket").arg(daemon.socket()).arg("doctor")).exits(1);
    assert!(
        denied.out.contains("permission denied") && denied.out.contains("usermod -aG lanchat"),
        "{}",
        denied.out
    );
}

#[test]
fn a_full_disk_is_told() {
    let disk = match Disk::of_memory(4096) {
        Ok(disk) => disk,
        Err(why) => return skip(&why),
    };
    let daemon = Setup::on_disk(&disk, "").start();
    let mut ana = Native::hello(&daemon, "ana");
    let looks = |daemon: &Daemon| inside(&disk, &daemon.socket());
    assert_eq!(findings(&looks(&daemon).exits(0), "disk")[0]["verdict"], "ok");
    disk.fills_up();
    ana.says("not kept");
    eventually("trouble", || (!daemon.status()["store_trouble"].is_null()).then_some(()));
    let told = looks(&daemon).exits(1);
    assert_eq!(findings(&told, "disk")[0]["verdict"], "fail");
    assert!(!findings(&told, "attention").is_empty());
    let unwritten = daemon.status()["messages_unwritten"].clone();
    assert_eq!(unwritten, 1);
}

/// A doctor who sees the disk.
fn inside(disk: &Disk, socket: &Path) -> Ran {
    let mut words = disk.entrance().into_iter();
    let mut command = Command::new(words.next().expect("a program"));
    command.args(words).arg(program("lanchatctl")).arg("--socket").arg(socket);
    run(command.args(["doctor", "--json"]))
}
