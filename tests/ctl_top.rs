//! What an administrator sees who looks on.

use std::process::Command;

use lanchat_tests::{Daemon, Follower, Native, Signal, TempDir, Terminal, ctl, eventually, program};

fn top(daemon: &Daemon, arguments: &[&str]) -> Follower {
    Follower::start(ctl(&daemon.socket()).arg("top").args(arguments))
}

fn on_screen(daemon: &Daemon, home: &TempDir) -> Terminal {
    let mut command = Command::new(program("lanchatctl"));
    command.arg("--socket").arg(daemon.socket()).args(["top", "--interval", "0.1"]);
    Terminal::run(command, home, &[])
}

#[test]
fn one_frame_for_scripts_shows_who_is_busy() {
    let daemon = Daemon::start();
    let mut ana = Native::hello(&daemon, "ana");
    let _bob = Native::hello(&daemon, "bob");
    ana.says("hi");
    let shown = daemon.ctl(&["top", "--once", "--interval", "0.1", "--sort", "messages"]).exits(0).out;
    assert!(shown.contains("clients: 2   rooms: 1   messages/s: 0   deliveries/s: 0"), "{shown}");
    let rows: Vec<_> = shown.lines().skip_while(|line| !line.contains("NICK")).skip(1).collect();
    assert!(rows.len() == 2 && rows[0].contains(" ana ") && rows[1].contains(" bob "), "{shown}");
    let told = daemon.ctl(&["top", "-n", "--interval", "0.1", "--json"]).exits(0).json();
    assert_eq!(told["schema"], 1);
    assert_eq!(told["status"]["clients"], 2);
    assert_eq!(told["busy"].as_array().map(Vec::len), Some(2));
}

#[test]
fn without_a_terminal_it_is_plain_text_until_a_signal() {
    let daemon = Daemon::start();
    let mut shown = top(&daemon, &["--interval", "0.1"]);
    for _ in 0..3 {
        shown.sees("clients: 0");
    }
    shown.signal(Signal::TERM);
    let ended = shown.ends().exits(0);
    assert!(!ended.out.contains('\u{1b}'), "{}", ended.out);
}

#[test]
fn a_restart_is_told_and_survived() {
    let daemon = Daemon::start();
    let mut shown = top(&daemon, &["--interval", "0.1"]);
    shown.sees(&format!("(pid {})", daemon.pid()));
    daemon.signal(Signal::KILL);
    shown.sees("trying again every 0.1s");
    let daemon = daemon.restart();
    shown.sees(&format!("(pid {})", daemon.pid()));
    assert_eq!(shown_nothing_wrong(&mut shown), Some(0));
}

fn shown_nothing_wrong(shown: &mut Follower) -> Option<i32> {
    shown.signal(Signal::INT);
    shown.ends().code
}

#[test]
fn where_nothing_runs_it_is_exit_code_3() {
    let directory = TempDir::new();
    lanchat_tests::run(ctl(&directory.file("admin.sock")).arg("top")).exits(3);
}

#[test]
fn on_a_terminal_q_and_ctrl_c_end_it_and_leave_the_terminal_as_it_was() {
    let daemon = Daemon::start();
    let home = TempDir::new();
    for key in ["q", "\u{3}"] {
        let mut terminal = on_screen(&daemon, &home);
        terminal.sees(&format!("(pid {})", daemon.pid()));
        let ana = Native::hello(&daemon, "anastasia");
        terminal.sees("anastasia");
        drop(ana);
        terminal.types(key);
        assert_eq!(terminal.exits(), 0);
        let raw = terminal.raw();
        assert!(raw.contains("\u{1b}[?1049h") && raw.ends_with("\u{1b}[?25h\u{1b}[?1049l"), "{raw:?}");
        eventually("nobody", || daemon.clients().is_empty().then_some(()));
    }
}

#[test]
fn a_signal_leaves_the_terminal_as_it_was() {
    let daemon = Daemon::start();
    let home = TempDir::new();
    let terminal = on_screen(&daemon, &home);
    terminal.sees("clients: 0");
    assert!(!terminal.is_sane());
    let pid = rustix::process::Pid::from_raw(terminal.pid()).expect("it runs");
    rustix::process::kill_process(pid, Signal::TERM).expect("it runs");
    assert_eq!(terminal.exits(), 0);
    assert!(terminal.raw().ends_with("\u{1b}[?1049l"));
}

#[test]
fn a_window_of_any_size_shows_what_fits_and_nothing_scrolls() {
    let daemon = Daemon::start();
    let home = TempDir::new();
    let _ana = Native::hello(&daemon, "anastasia");
    let mut terminal = on_screen(&daemon, &home);
    terminal.sees("anastasia");
    for (rows, columns) in [(1, 1), (7, 20), (1, 80), (60, 200), (24, 80)] {
        terminal.resizes(rows, columns);
        let shown = format!("lanchatd {}", env!("CARGO_PKG_VERSION"));
        let first = &shown[..shown.len().min(columns.into())];
        terminal.sees(first);
        assert!(terminal.rows().len() <= usize::from(rows), "{:?}", terminal.rows());
    }
    terminal.sees("anastasia");
    terminal.types("q");
    assert_eq!(terminal.exits(), 0);
}

#[test]
fn a_relay_that_hangs_keeps_nobody_from_leaving() {
    let daemon = Daemon::start();
    let home = TempDir::new();
    let mut terminal = on_screen(&daemon, &home);
    // Longer than a test has patience.
    let mut plain = top(&daemon, &["--interval", "0.1", "--timeout", "600"]);
    terminal.sees("clients: 0");
    plain.sees("clients: 0");
    daemon.signal(Signal::STOP);
    plain.signal(Signal::INT);
    assert_eq!(plain.ends().code, Some(0));
    terminal.types("q");
    assert_eq!(terminal.exits(), 0);
    daemon.signal(Signal::CONT);
}
