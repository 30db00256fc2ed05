//! What an administrator does with `lanchatctl`.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use lanchat_tests::{
    Daemon, Native, Netcat, PATIENCE, Setup, Signal, Stranger, TempDir, ctl, eventually, program, run,
};
use unicode_width::UnicodeWidthStr;

#[test]
fn status_shows_people_how_the_relay_is() {
    let daemon = Daemon::start();
    let mut alice = Netcat::connect(&daemon);
    let mut bob = Native::hello(&daemon, "bob");
    bob.says("hi");
    alice.sees("bob: hi");

    let status = daemon.ctl(&["status"]).exits(0);
    assert!(status.out.contains(&format!("pid:            {}\n", daemon.pid())), "{}", status.out);
    assert!(status.out.contains(&format!("listening on:   {}\n", daemon.address())), "{}", status.out);
    assert!(status.out.contains("clients:        2 now, 2 since the start\n"), "{}", status.out);
    assert!(status.out.contains("messages:       1 accepted, 1 delivered\n"), "{}", status.out);
    assert!(status.out.contains("attention:      nothing\n"), "{}", status.out);
    assert_eq!(status.err, "");

    let bare = daemon.ctl(&[]).exits(0);
    assert_eq!(bare.out.lines().count(), status.out.lines().count());
}

#[test]
fn status_tells_programs_in_json() {
    let daemon = Daemon::start();
    let _alice = Netcat::connect(&daemon);
    let status = daemon.status();
    assert_eq!(status["schema"], 1);
    assert_eq!(status["pid"], daemon.pid());
    assert_eq!(status["listen"][0], daemon.address().to_string());
    assert_eq!(status["clients"], 1);
    assert_eq!(status["rooms"], 1);
    for counter in ["uptime_s", "messages_accepted", "deliveries", "slow_disconnects", "gaps"] {
        assert!(status[counter].is_u64(), "{counter}: {status}");
    }
    assert!(status["version"].is_string(), "{status}");
}

#[test]
fn list_clients_is_a_table_aligned_with_wide_characters() {
    let daemon = Daemon::start();
    let nicks = ["ana", "李雷", "हिन्दी", "🦀🦀"];
    let _people: Vec<_> = nicks.iter().map(|nick| Native::hello(&daemon, nick)).collect();

    let shown = daemon.ctl(&["list-clients"]).exits(0).out;
    let mut lines = shown.lines();
    let header = lines.next().expect("a header");
    let column = header.split("ADDRESS").next().expect("an address column").width();
    let rows: Vec<&str> = lines.collect();
    assert_eq!(rows.len(), nicks.len(), "{shown}");
    for (row, nick) in rows.iter().zip(nicks) {
        assert!(row.contains(nick), "{shown}");
        assert_eq!(row.split("127.0.0.1").next().expect("an address").width(), column, "{shown}");
        assert_eq!(row.split_whitespace().count(), header.split_whitespace().count(), "{shown}");
    }
}

#[test]
fn list_clients_without_clients_is_the_header_or_an_empty_list() {
    let daemon = Daemon::start();
    let shown = daemon.ctl(&["list-clients"]).exits(0);
    assert!(shown.out.starts_with("ID  NICK") && shown.out.lines().count() == 1, "{}", shown.out);
    assert_eq!(daemon.ctl(&["list-clients", "--json"]).exits(0).out, "[]\n");
}

#[test]
fn list_clients_tells_programs_in_json() {
    let daemon = Daemon::start();
    let mut alice = Netcat::named(&daemon, "alice");
    let bob = Native::hello(&daemon, "bob");
    alice.sees("bob joined");

    let clients = daemon.clients();
    assert_eq!(clients.len(), 2);
    for (client, (nick, dialect, address)) in
        clients.iter().zip([("alice", "text", alice.address()), ("bob", "native", bob.address())])
    {
        assert_eq!(client["nick"], nick);
        assert_eq!(client["dialect"], dialect);
        assert_eq!(client["address"], address.to_string());
        assert_eq!(client["rooms"][0], "lobby");
        for number in ["id", "connected_s", "backlog_bytes"] {
            assert!(client[number].is_u64(), "{number}: {client}");
        }
    }
}

#[test]
fn kick_ends_a_connection_by_nick_and_by_id() {
    let daemon = Daemon::start();
    let mut alice = Netcat::named(&daemon, "alice");
    let mut bob = Netcat::named(&daemon, "bob");
    let mut carol = Native::hello(&daemon, "carol");

    let kicked = daemon.ctl(&["kick", "bob", "too", "loud"]).exits(0);
    assert!(kicked.out.starts_with("kicked bob (id "), "{}", kicked.out);
    bob.sees("kicked: too loud");
    bob.is_closed();
    alice.sees("* bob left (kicked: too loud)");

    let id = daemon.clients().iter().find(|client| client["nick"] == "carol").expect("carol")["id"].clone();
    let kicked = daemon.ctl(&["kick", &id.to_string(), "--json"]).exits(0).json();
    assert_eq!((&kicked["id"], &kicked["nick"]), (&id, &"carol".into()));
    assert_eq!(carol.event("bye")["code"], "kicked");
    carol.is_closed();

    alice.says("still here");
    assert_eq!(daemon.clients().len(), 1);
}

#[test]
fn kicking_nobody_is_exit_code_4() {
    let daemon = Daemon::start();
    let refused = daemon.ctl(&["kick", "nobody\u{1b}[2J"]).exits(4);
    assert!(refused.err.contains("no client has the id or the nick"), "{}", refused.err);
    assert!(!refused.err.contains('\u{1b}'), "{:?}", refused.err);
    assert_eq!(refused.out, "");
    daemon.ctl(&["--json", "kick", "99999"]).exits(4);
}

#[test]
fn announce_reaches_everybody() {
    let daemon = Daemon::start();
    let mut alice = Netcat::connect(&daemon);
    let mut bob = Native::hello(&daemon, "bob");
    let told = daemon.ctl(&["announce", "lunch", "is", "ready"]).exits(0);
    assert_eq!(told.out, "told 2 clients\n");
    alice.sees("* announcement: lunch is ready");
    assert_eq!(bob.event("announcement")["text"], "lunch is ready");

    assert_eq!(daemon.ctl(&["announce", "again", "--json"]).exits(0).json()["clients"], 2);
    daemon.ctl(&["announce", " "]).exits(1);
}

#[test]
fn stop_returns_when_the_relay_has_gone() {
    let mut daemon = Daemon::start();
    let mut alice = Netcat::connect(&daemon);
    let stopped = daemon.ctl(&["stop"]).exits(0);
    assert!(!daemon.is_running());
    assert!(!daemon.socket().exists());
    assert_eq!(stopped.out, format!("lanchatd (pid {}) has stopped\n", daemon.pid()));
    assert_eq!(daemon.wait_exit().code(), Some(0));
    alice.sees("* server is stopping");
    alice.is_closed();
    daemon.ctl(&["stop"]).exits(3);
}

#[test]
fn stop_tells_programs_which_process_has_ended() {
    let daemon = Daemon::start();
    assert_eq!(daemon.ctl(&["stop", "--json"]).exits(0).json()["pid"], daemon.pid());
}

/// A client that is owed more than its socket takes, and does not read: a stop has to wait for it.
fn stalled_reader(daemon: &Daemon) -> Stranger {
    let mut slow = Stranger::connect(daemon);
    slow.sends(b"/nick slow\n");
    slow.sees("you are now slow");
    let mut loud = Native::hello(daemon, "loud");
    let text = "x".repeat(60_000);
    eventually("a backlog", || {
        for _ in 0..16 {
            loud.says(&text);
        }
        let clients = daemon.clients();
        let slow = clients.iter().find(|client| client["nick"] == "slow").expect("slow");
        (slow["backlog_bytes"].as_u64() > Some(200_000)).then_some(())
    });
    slow
}

const PATIENT: &str = "
[limits]
stop_grace_ms = 60000
line_bytes_max = 100000
messages_per_second_max = 0
timeline_bytes_max = 67108864
";

#[test]
fn a_stop_that_takes_too_long_is_exit_code_6_and_goes_on() {
    let mut daemon = Daemon::with(PATIENT);
    let slow = stalled_reader(&daemon);
    let late = daemon.ctl(&["stop", "--timeout", "0.3"]).exits(6);
    assert!(late.err.contains(&format!("lanchatd (pid {}) has not ended within 0.3s", daemon.pid())));
    assert_eq!(daemon.status()["stopping"], true);
    let status = daemon.ctl(&["status"]).exits(0);
    assert!(status.out.contains("attention:      the relay is stopping\n"), "{}", status.out);

    // Asking again waits for the same end and does not cut it short.
    daemon.ctl(&["stop", "--timeout", "0.3"]).exits(6);
    assert!(daemon.is_running());
    drop(slow);
    assert_eq!(daemon.wait_exit().code(), Some(0));
}

#[test]
fn two_administrators_may_stop_at_once() {
    let mut daemon = Daemon::with(PATIENT);
    let slow = stalled_reader(&daemon);
    std::thread::scope(|scope| {
        let stops: Vec<_> = (0..2).map(|_| scope.spawn(|| daemon.ctl(&["stop"]))).collect();
        eventually("both requests", || {
            let asked = daemon.log().iter().filter(|line| line.contains("stop asked for")).count();
            (asked == 2).then_some(())
        });
        drop(slow);
        for stop in stops {
            stop.join().expect("lanchatctl runs").exits(0);
        }
    });
    assert_eq!(daemon.wait_exit().code(), Some(0));
}

#[test]
fn a_daemon_that_does_not_answer_is_exit_code_6() {
    let daemon = Daemon::start();
    daemon.signal(Signal::STOP);
    let late = daemon.ctl(&["status", "--timeout", "0.2"]).exits(6);
    assert!(late.err.contains("lanchatd did not answer within 0.2s"), "{}", late.err);
    daemon.ctl(&["stop", "--timeout", "0.2"]).exits(6);
    daemon.signal(Signal::CONT);
}

#[test]
fn a_daemon_that_is_not_running_is_exit_code_3() {
    let nowhere = TempDir::new();
    let socket = nowhere.file("admin.sock");
    let absent = run(&mut ctl(&socket)).exits(3);
    let expected = format!(
        "lanchatd is not running (no answer on {}); start it with: systemctl start lanchatd, or lanchatd --foreground\n",
        socket.display()
    );
    assert_eq!(absent.err, expected);
    assert_eq!(absent.out, "");

    let mut daemon = Daemon::start();
    daemon.signal(Signal::KILL);
    daemon.wait_exit();
    assert!(daemon.socket().exists(), "killed: it cannot clean up");
    daemon.ctl(&["status"]).exits(3);
}

#[test]
fn a_socket_of_somebody_else_is_exit_code_5() {
    let daemon = Daemon::start();
    // Root may use every socket, and a foreign user may not see where the programs are built.
    let copy = daemon.directory().file("lanchatctl");
    fs::copy(program("lanchatctl"), &copy).expect("a program can be copied");
    let mut command = Command::new(copy);
    command.arg("--socket").arg(daemon.socket());
    let is_root = fs::metadata(daemon.socket()).expect("a socket").uid() == 0;
    if is_root {
        command.uid(65_534).gid(65_534);
    } else {
        fs::set_permissions(daemon.socket(), fs::Permissions::from_mode(0o000)).expect("an own file");
    }
    let denied = run(&mut command).exits(5);
    let expected = format!(
        "permission denied on {}: run it as root, or add yourself to group lanchat: sudo usermod -aG lanchat $USER\n",
        daemon.socket().display()
    );
    assert_eq!(denied.err, expected);
}

#[test]
fn the_admin_socket_is_for_owner_and_group_only() {
    let daemon = Daemon::start();
    let mode = fs::metadata(daemon.socket()).expect("a socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let daemon = Daemon::start();
    for wrong in [&["stpo"][..], &["kick"], &["announce"], &["status", "--timeout", "0"], &["--what"]] {
        let refused = daemon.ctl(wrong).exits(2);
        assert_eq!(refused.out, "", "{wrong:?}");
    }
    assert!(daemon.ctl(&["--help"]).exits(0).out.contains("3  lanchatd is not running"));
    assert!(daemon.ctl(&["--version"]).exits(0).out.starts_with("lanchatctl "));
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let daemon = Daemon::start();
    for arguments in [&["status"][..], &["list-clients", "--json"]] {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        let mut command = ctl(&daemon.socket());
        let child = command.args(arguments).stdout(writer).stderr(Stdio::piped()).spawn();
        let output = child.expect("lanchatctl starts").wait_with_output().expect("lanchatctl ends");
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
}

#[test]
fn a_result_that_cannot_be_written_is_exit_code_1() {
    let daemon = Daemon::start();
    let full = fs::File::options().write(true).open("/dev/full").expect("/dev/full");
    let output = ctl(&daemon.socket()).stdout(full).output().expect("lanchatctl runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("the result could not be written"));
}

#[test]
fn something_else_on_the_socket_is_said_to_be_no_daemon() {
    let directory = TempDir::new();
    let socket = directory.file("admin.sock");
    let listener = UnixListener::bind(&socket).expect("a socket");
    let other = std::thread::spawn(move || listener.accept().expect("a caller").0.write_all(b"220 smtp\n"));
    let refused = run(&mut ctl(&socket)).exits(1);
    assert!(refused.err.contains("the answer is not lanchatd's"), "{}", refused.err);
    other.join().expect("the other ends").expect("the other answers");
}

#[test]
fn lanchatctl_finds_the_socket_by_itself() {
    let session = TempDir::new();
    let socket = session.file("lanchatd/admin.sock");
    let daemon = Daemon::with(&format!("admin.socket = \"{}\"", socket.display()));
    let mut command = Command::new(program("lanchatctl"));
    command.env_remove("RUNTIME_DIRECTORY").env("XDG_RUNTIME_DIR", session.path()).arg("--json");
    assert_eq!(run(&mut command).exits(0).json()["pid"], daemon.pid());
}

#[test]
fn a_second_daemon_on_the_same_socket_says_who_holds_it() {
    let first = Daemon::start();
    let second = Setup::new(&format!("admin.socket = \"{}\"", first.socket().display()));
    let refused = second.run().exits(1);
    let last = refused.err.lines().last().expect("a reason");
    assert!(last.contains(&format!("process {} already answers", first.pid())), "{}", refused.err);
    assert!(last.contains("admin.socket"), "{}", refused.err);
    assert_eq!(first.status()["pid"], first.pid());
    Netcat::connect(&first);
}

#[test]
fn a_socket_that_a_killed_daemon_left_is_replaced() {
    let daemon = Daemon::start();
    let (address, pid) = (daemon.address(), daemon.pid());
    let daemon = daemon.restart();
    assert_eq!(daemon.address(), address);
    assert_ne!(daemon.pid(), pid);
    assert_eq!(daemon.status()["pid"], daemon.pid());
}

#[test]
fn what_is_no_socket_is_never_replaced() {
    let setup = Setup::new("");
    let path = setup.directory().write("admin.sock", "precious");
    let refused = setup.run().exits(1);
    assert!(refused.err.contains("is not a socket"), "{}", refused.err);
    assert_eq!(fs::read_to_string(path).expect("it is still there"), "precious");
}

#[test]
fn thirty_two_administrators_are_served_and_the_next_is_told() {
    use std::io::{BufRead, BufReader};
    use std::os::unix::net::UnixStream;
    let daemon = Daemon::start();
    let connect = || {
        let stream = UnixStream::connect(daemon.socket()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    };
    let answer = |stream: &UnixStream| {
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        line
    };
    let crowd: Vec<_> = (0..32).map(|_| connect()).collect();
    for mut stream in &crowd {
        stream.write_all(b"{\"verb\":\"status\"}\n").unwrap();
        assert!(answer(stream).contains("\"ok\":true"));
    }
    assert!(answer(&connect()).contains("32 administrators are connected already"));
    drop(crowd);
    eventually("a place again", || (daemon.ctl(&["status"]).code == Some(0)).then_some(()));
}

#[test]
fn every_change_is_logged_with_who_asked_for_it() {
    let mut daemon = Daemon::start();
    let _alice = Netcat::named(&daemon, "alice");
    let by = format!("by user {}", rustix::process::geteuid().as_raw());
    for (verb, event) in [
        (&["announce", "hi"][..], "announced"),
        (&["reload"], "reloaded"),
        (&["kick", "alice"], "kicked"),
        (&["stop"], "stop asked for"),
    ] {
        daemon.ctl(verb).exits(0);
        let line = daemon.log_contains(event);
        assert!(line.contains(&by), "{line}");
    }
    daemon.wait_exit();
}

#[test]
fn every_object_says_its_schema_and_errors_are_json_too() {
    let daemon = Daemon::start();
    let _ana = Netcat::named(&daemon, "ana");
    for verb in
        [&["status"][..], &["rooms"], &["reload"], &["announce", "x"], &["check-config"], &["kick", "ana"]]
    {
        assert_eq!(daemon.ctl(verb).exits(0).err, "");
        let again = if verb[0] == "kick" { &["metrics"][..] } else { verb };
        assert_eq!(
            run(ctl(&daemon.socket()).args(again).arg("--json")).exits(0).json()["schema"],
            1,
            "{verb:?}"
        );
    }
    let refused = daemon.ctl(&["kick", "nobody", "--json"]).exits(4);
    assert_eq!(refused.out, "");
    let error: lanchat_tests::Value = serde_json::from_str(&refused.err).expect("JSON");
    assert_eq!((&error["schema"], &error["error"]["exit"]), (&1.into(), &4.into()));
    assert_eq!(error["error"]["code"], "no_such_client");
    assert_eq!(daemon.ctl(&["stop", "--json"]).exits(0).json()["schema"], 1);
    let down = daemon.ctl(&["status", "--json"]).exits(3);
    assert!(down.err.contains("\"code\":\"not_running\""), "{}", down.err);
}
