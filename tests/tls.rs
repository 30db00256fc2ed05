//! Encrypted and plain clients on one port.

use lanchat_tests::{Daemon, Native, Netcat, Tunnel};

#[test]
fn encrypted_and_plain_clients_talk_on_one_port() {
    let daemon = Daemon::start();
    let tunnel = Tunnel::to(&daemon);
    let mut ana = Netcat::connect_to(tunnel.address());
    let mut bob = Netcat::named(&daemon, "bob");
    ana.says("/nick ana");
    ana.sees("* you are now ana");
    ana.says("sealed");
    bob.sees("ana: sealed");
    bob.says("open");
    ana.sees("bob: open");
    let old = Tunnel::of_tls12(&daemon);
    let mut eva = Native::hello_to(old.address(), "eva");
    eva.says("with TLS 1.2");
    ana.sees("eva: with TLS 1.2");
    let clients = daemon.clients();
    let is_encrypted =
        |nick: &str| clients.iter().find(|client| client["nick"] == nick).unwrap()["tls"].clone();
    assert_eq!([is_encrypted("ana"), is_encrypted("bob"), is_encrypted("eva")], [true, false, true]);
    assert_eq!(daemon.status()["tls"]["sessions"], 2);
    assert_eq!(daemon.status()["tls"]["fingerprint"], tunnel.keys()[0].to_string());
}
