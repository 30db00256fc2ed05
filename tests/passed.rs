//! Sockets that a service manager listens on and passes to the daemon.

use std::net::SocketAddr;

use lanchat_tests::{Daemon, Netcat, Setup, Signal, TempDir};

/// Makes sockets, one for each word (`NAME=KIND`, where KIND is `tcp4`, `tcp6`, `udp`, `mute` or a path), and becomes
/// the daemon that they are passed to. `$LISTENER` is whom they are for; empty: the daemon.
const MANAGER: &str = r#"
import os, socket, sys
count = int(sys.argv[1])
sockets = []
for word in sys.argv[2:2 + count]:
    kind = word.split("=")[1]
    if kind in ("tcp4", "mute"):
        it = socket.socket(socket.AF_INET); it.bind(("127.0.0.1", 0))
    elif kind == "tcp6":
        it = socket.socket(socket.AF_INET6); it.bind(("::1", 0))
    elif kind == "udp":
        it = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); it.bind(("127.0.0.1", 0))
    else:
        it = socket.socket(socket.AF_UNIX); it.bind(kind)
    if kind not in ("mute", "udp"):
        it.listen(64)
    os.dup2(it.fileno(), 100 + len(sockets), inheritable=False)
    sockets.append(it)
for number in range(count):
    os.dup2(100 + number, 3 + number)
os.environ["LISTEN_PID"] = os.environ.get("LISTENER") or str(os.getpid())
os.environ["LISTEN_FDS"] = os.environ.get("PASSED") or str(count)
os.environ["LISTEN_FDNAMES"] = ":".join(word.split("=")[0] for word in sys.argv[2:2 + count])
os.execv(sys.argv[2 + count], sys.argv[2 + count:])
"#;

fn passing(setup: Setup, sockets: &[&str]) -> Setup {
    let count = sockets.len().to_string();
    let words: Vec<&str> =
        ["python3", "-c", MANAGER, &count].into_iter().chain(sockets.iter().copied()).collect();
    setup.entered_by(&words)
}

/// A daemon that gets these, ready.
fn passed(sockets: &[&str]) -> Daemon {
    passing(Setup::new(""), sockets).start()
}

/// What a daemon says that cannot use them.
#[track_caller]
fn refused(sockets: &[&str]) -> String {
    let refused = passing(Setup::new(""), sockets).run().exits(78);
    assert_eq!(refused.err.lines().count(), 1, "{}", refused.err);
    refused.err
}

#[test]
fn passed_sockets_win_over_the_configuration() {
    let directory = TempDir::new();
    let path = directory.file("passed.sock");
    let admin = format!("admin={}", path.display());
    let mut daemon = passed(&["chat=tcp4", &admin, "chat=tcp6"]);
    let line = daemon.log_contains("the service manager passes these sockets");
    assert!(line.contains(path.to_str().unwrap()), "{line}");
    assert!(!daemon.socket().exists(), "admin.socket is not used");

    let status = lanchat_tests::run(lanchat_tests::ctl(&path).args(["status", "--json"])).exits(0).json();
    let listen: Vec<SocketAddr> =
        status["listen"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().parse().unwrap()).collect();
    let [v4, v6] = listen[..] else { panic!("{listen:?}") };
    assert!(v4.is_ipv4() && v6.is_ipv6(), "{listen:?}");
    let (mut ana, mut bob) = (Netcat::connect_to(v4), Netcat::connect_to(v6));
    ana.says("hi");
    bob.sees("hi");

    lanchat_tests::run(lanchat_tests::ctl(&path).arg("reload")).exits(0);
    bob.says("still here");
    ana.sees("still here");
    Netcat::connect_to(v4).says("me too");
    ana.sees("me too");

    daemon.signal(Signal::TERM);
    assert_eq!(daemon.wait_exit().code(), Some(0));
    assert!(path.exists(), "the socket's file is the service manager's");
}

#[test]
fn what_is_not_passed_is_as_configured() {
    let daemon = passed(&["chat=tcp4"]);
    daemon.status();
    assert_eq!(daemon.addresses().len(), 1);
    Netcat::connect(&daemon);

    let directory = TempDir::new();
    let path = directory.file("passed.sock");
    let daemon = passed(&[&format!("admin={}", path.display())]);
    Netcat::connect(&daemon);
    lanchat_tests::run(lanchat_tests::ctl(&path).arg("stop")).exits(0);
}

#[test]
fn sockets_for_another_process_are_left_alone() {
    let setup = Setup::new("").with("LISTENER", "1");
    let daemon = passing(setup, &["nonsense=udp"]).start();
    Netcat::connect(&daemon);
    daemon.status();
}

#[test]
fn another_name_is_refused_with_what_to_do() {
    let refusal = refused(&["chat=tcp4", "lanchatd.socket=tcp4"]);
    assert!(refusal.contains("\"lanchatd.socket\""), "{refusal}");
    assert!(refusal.contains("FileDescriptorName=chat"), "{refusal}");
}

#[test]
fn another_kind_is_refused_with_what_to_do() {
    let directory = TempDir::new();
    let chat_path = format!("chat={}", directory.file("chat.sock").display());
    for socket in ["chat=udp", "chat=mute", &chat_path, "admin=tcp4"] {
        let refusal = refused(&[socket]);
        assert!(refusal.contains("correct ListenStream="), "{socket}: {refusal}");
    }
    let [first, second] =
        ["a.sock", "b.sock"].map(|name| format!("admin={}", directory.file(name).display()));
    let refusal = refused(&[&first, &second]);
    assert!(refusal.contains("more than one socket named admin"), "{refusal}");
}

#[test]
fn sockets_that_are_announced_and_not_there_are_refused() {
    for (count, why) in [("40", "descriptor"), ("65", "at most 64"), ("many", "no number")] {
        let setup = Setup::new("").with("PASSED", count);
        let refusal = passing(setup, &["chat=tcp4"]).run().exits(78).err;
        assert!(refusal.contains(why), "{refusal}");
    }
}
