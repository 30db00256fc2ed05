//! What the daemon tells its service manager. The manager is a socket of the test's own.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::{Duration, Instant};

use lanchat_tests::{
    Daemon, Disk, Manager, Native, Netcat, Setup, Signal, Stranger, eventually, json, program,
    skip_without_root,
};

/// Nobody is told to talk less, and everybody may come.
const UNLIMITED: &str = "limits.messages_per_second_max = 0\n";

/// A daemon with a manager, ready.
fn managed(settings: &str) -> (Manager, Daemon) {
    let mut manager = Manager::new();
    let daemon = Setup::new(settings).with("NOTIFY_SOCKET", manager.address()).start();
    manager.hears("READY=1");
    (manager, daemon)
}

#[test]
fn ready_is_told_once_it_serves_those_who_chat_and_those_who_administer() {
    let mut manager = Manager::new();
    let daemon = Setup::new("").with("NOTIFY_SOCKET", manager.address()).start();
    let ready = manager.hears("READY=1");
    assert!(ready.contains("STATUS=0 clients, 1 room\n"), "{ready}");
    let before = manager.heard();
    assert!(before.iter().filter(|message| message.contains("READY=1")).count() == 1, "{before:?}");
    Netcat::connect(&daemon);
    daemon.status();
}

#[test]
fn the_status_is_in_words_and_current() {
    let (mut manager, daemon) = managed("");
    let ana = Netcat::named(&daemon, "ana");
    manager.hears("STATUS=1 client, 1 room\n");
    let mut bob = Netcat::named(&daemon, "bob");
    manager.hears("STATUS=2 clients, 1 room\n");
    bob.says("/join ops");
    manager.hears("STATUS=2 clients, 2 rooms\n");
    drop(ana);
    manager.hears("STATUS=1 client, 2 rooms\n");
}

#[test]
fn the_status_is_told_at_most_once_a_second_however_many_come_and_go() {
    let (mut manager, daemon) = managed("");
    let (began, before) = (Instant::now(), manager.times("STATUS=").len());
    while began.elapsed() < Duration::from_secs(4) {
        drop(Stranger::connect(&daemon));
    }
    let last = Stranger::connect(&daemon);
    eventually("the last one is counted", || {
        manager.heard().last().is_some_and(|last| last == "STATUS=1 client, 1 room\n").then_some(())
    });
    let (told, seconds) = (manager.times("STATUS=").len() - before, began.elapsed().as_secs());
    assert!(told > 2 && told as u64 <= seconds + 2, "{told} in {seconds} s: {:#?}", manager.heard());
    drop(last);
    manager.hears("STATUS=0 clients");
}

#[test]
fn an_idle_daemon_tells_nothing() {
    let (mut manager, daemon) = managed("");
    let _ana = Netcat::named(&daemon, "ana");
    manager.hears("STATUS=1 client");
    let told = manager.heard().len();
    manager.listens_for(Duration::from_secs(2));
    assert_eq!(manager.heard()[told..], [""; 0]);
}

#[test]
fn a_reload_is_told_from_its_beginning_to_its_end_whatever_comes_of_it() {
    let (mut manager, mut daemon) = managed("");
    let reload_is_told = |manager: &mut Manager| {
        let reloading = manager.hears("RELOADING=1\n");
        let moment = reloading.lines().find_map(|line| line.strip_prefix("MONOTONIC_USEC="));
        assert!(moment.is_some_and(|moment| moment.parse::<u64>().is_ok()), "{reloading}");
        manager.hears("READY=1\n");
    };
    daemon.ctl(&["reload"]).exits(0);
    reload_is_told(&mut manager);
    daemon.configure("limits.line_bytes_max = 1");
    daemon.ctl(&["reload"]).exits(1);
    reload_is_told(&mut manager);
    daemon.signal(Signal::HUP);
    reload_is_told(&mut manager);
}

#[test]
fn a_stop_is_told_with_the_time_that_its_grace_takes() {
    for by_signal in [true, false] {
        let (mut manager, mut daemon) = managed("limits.stop_grace_ms = 60000");
        let _ana = Netcat::named(&daemon, "ana");
        if by_signal {
            daemon.signal(Signal::TERM);
        } else {
            daemon.ctl(&["stop"]).exits(0);
        }
        let stopping = manager.hears("STOPPING=1\n");
        assert!(stopping.contains("STATUS=stopping: 1 client still to read the goodbye\n"), "{stopping}");
        let extended = manager.hears("EXTEND_TIMEOUT_USEC=");
        let micros: u64 = extended.trim().split('=').nth(1).unwrap().parse().unwrap();
        assert!(micros > 60_000_000, "{extended}");
        assert_eq!(daemon.wait_exit().code(), Some(0));
        // What was said is written after that, which takes its own time.
        manager.hears("STATUS=stopping: what was said is being written\n");
        manager.hears("EXTEND_TIMEOUT_USEC=");
    }
}

#[test]
fn the_watchdog_is_fed_by_a_daemon_that_turns_and_by_no_other() {
    let mut manager = Manager::new();
    let setup = Setup::new("").with("NOTIFY_SOCKET", manager.address()).with("WATCHDOG_USEC", "400000");
    let daemon = setup.entered_by(&["sh", "-c", "WATCHDOG_PID=$$ exec \"$@\"", "sh"]).start();
    for _ in 0..5 {
        manager.hears("WATCHDOG=1\n");
    }
    daemon.signal(Signal::STOP);
    // What it had told before is not read yet.
    manager.listens_for(Duration::from_millis(300));
    let fed = manager.times("WATCHDOG=1").len();
    manager.listens_for(Duration::from_millis(600));
    assert_eq!(manager.times("WATCHDOG=1").len(), fed, "{:#?}", manager.heard());
    daemon.signal(Signal::CONT);
    manager.hears("WATCHDOG=1\n");
}

#[test]
fn the_watchdog_of_another_process_is_not_fed() {
    let mut manager = Manager::new();
    let setup = Setup::new("").with("NOTIFY_SOCKET", manager.address()).with("WATCHDOG_USEC", "100000");
    let _daemon = setup.with("WATCHDOG_PID", "1").start();
    manager.hears("READY=1");
    manager.listens_for(Duration::from_millis(500));
    assert!(manager.times("WATCHDOG=1").is_empty());
}

#[test]
fn a_disk_that_hangs_is_named_and_does_not_starve_the_watchdog() {
    let disk = match Disk::of_file(32) {
        Ok(disk) => disk,
        Err(why) => return skip_without_root(&format!("a disk that hangs: {why}")),
    };
    let mut manager = Manager::new();
    let setup = Setup::on_disk(&disk, UNLIMITED).with("NOTIFY_SOCKET", manager.address());
    let daemon = setup.with("WATCHDOG_USEC", "2000000").start();
    manager.hears("READY=1");
    let mut ana = Native::hello(&daemon, "ana");
    let frozen = disk.freezes();
    ana.sends(&json!({ "type": "say", "text": "hi" }));
    let words = manager.hears("not kept");
    assert!(words.starts_with("STATUS=1 client, 1 room; what is said is not kept: writing takes longer"));
    manager.listens_for(Duration::from_secs(4));
    drop(frozen);
    let told = manager.heard().len();
    eventually("the trouble is over", || {
        ana.says("hi again");
        manager.heard()[told..].iter().any(|message| message == "STATUS=1 client, 1 room\n").then_some(())
    });
    let meals = manager.times("WATCHDOG=1");
    assert!(meals.len() > 4, "{meals:?}");
    for pair in meals.windows(2) {
        assert!(pair[1] - pair[0] < Duration::from_secs(2), "{:?}", pair[1] - pair[0]);
    }
}

#[test]
fn a_start_that_takes_long_asks_for_patience() {
    let disk = match Disk::of_file(32) {
        Ok(disk) => disk,
        Err(why) => return skip_without_root(&format!("a store that takes long to open: {why}")),
    };
    let mut manager = Manager::new();
    let setup = Setup::on_disk(&disk, "").with("NOTIFY_SOCKET", manager.address());
    // Not to be built only now.
    program("lanchatd");
    let frozen = disk.freezes();
    let starting = std::thread::spawn(move || setup.start());
    manager.hears("STATUS=opening the store\n");
    for _ in 0..2 {
        manager.hears("EXTEND_TIMEOUT_USEC=15000000\n");
    }
    assert!(manager.times("READY=1").is_empty());
    drop(frozen);
    manager.hears("READY=1");
    drop(starting.join());
}

#[test]
fn a_start_that_takes_long_can_be_stopped() {
    let disk = match Disk::of_file(32) {
        Ok(disk) => disk,
        Err(why) => return skip_without_root(&format!("a store that takes long to open: {why}")),
    };
    let mut manager = Manager::new();
    program("lanchatd");
    // It can end only when the disk lets it go, but says at once that it will.
    let frozen = disk.freezes();
    let setup = Setup::on_disk(&disk, "").with("NOTIFY_SOCKET", manager.address());
    let socket = setup.socket();
    let starting = std::thread::spawn(move || setup.run());
    manager.hears("STATUS=opening the store\n");
    let told = std::os::unix::net::UnixStream::connect(socket).expect("the admin socket listens");
    let pid = rustix::net::sockopt::socket_peercred(&told).expect("a socket has a peer").pid;
    rustix::process::kill_process(pid, Signal::TERM).expect("it runs");
    manager.hears("STOPPING=1\n");
    assert!(manager.times("READY=1").is_empty());
    drop(frozen);
    starting.join().expect("it was started").exits(0);
}

#[test]
fn a_manager_that_is_not_there_is_done_without() {
    let daemon = Setup::new("").with("NOTIFY_SOCKET", "/nonexistent/notify").start();
    daemon.log_contains(" cannot be told how the daemon is: ");
    Netcat::connect(&daemon);
    daemon.ctl(&["stop"]).exits(0);
}

#[test]
fn a_manager_with_an_abstract_name_is_told_too() {
    let name = format!("lanchat-notify-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let socket = UnixDatagram::bind_addr(&address).unwrap();
    socket.set_read_timeout(Some(lanchat_tests::PATIENCE)).unwrap();
    let _daemon = Setup::new("store.path = \"\"").with("NOTIFY_SOCKET", format!("@{name}")).start();
    let mut buffer = [0; 4096];
    let count = socket.recv(&mut buffer).unwrap();
    assert!(buffer[..count].starts_with(b"READY=1\n"));
}
