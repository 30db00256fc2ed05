//! Encrypted and plain clients on one port, and the key that the relay is known by.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lanchat_tests::{
    Daemon, Native, Netcat, PATIENCE, Setup, Signal, Stranger, TempDir, Tunnel, Value, client_config,
    eventually, json, program, run,
};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustix::process::{Resource, getrlimit, setrlimit};
use rustls::version::TLS13;
use rustls::{ClientConnection, StreamOwned};

/// A key with a certificate, in files.
struct Given {
    certificate: PathBuf,
    key: PathBuf,
}

impl Given {
    /// A new key, and a certificate that ends in a year.
    fn new(directory: &TempDir, name: &str) -> Self {
        Self::until(directory, name, &KeyPair::generate().unwrap(), 9999)
    }

    fn until(directory: &TempDir, name: &str, key: &KeyPair, year: i32) -> Self {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(year, 1, 1);
        let made = params.self_signed(key).unwrap();
        let certificate = directory.write(&format!("{name}.crt"), &made.pem());
        let key = directory.write(&format!("{name}.key"), &key.serialize_pem());
        fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
        Self { certificate, key }
    }

    /// As the configuration says it.
    fn settings(&self) -> String {
        let (certificate, key) = (self.certificate.display(), self.key.display());
        format!("tls.certificate = \"{certificate}\"\ntls.key = \"{key}\"\n")
    }
}

/// `openssl s_client`.
struct OpenSsl {
    child: Child,
    input: ChildStdin,
}

impl OpenSsl {
    fn connect(daemon: &Daemon, options: &[&str]) -> Self {
        let mut command = Command::new("openssl");
        command.args(["s_client", "-connect", &daemon.address().to_string()]).args(options);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("openssl is installed");
        let input = child.stdin.take().unwrap();
        Self { child, input }
    }

    fn says(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
    }

    /// Everything it has shown when it has ended, on both outputs.
    fn ended(self) -> String {
        let Self { child, input } = self;
        let output = child.wait_with_output().unwrap();
        drop(input);
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }
}

/// A TLS session that reads only when it is told to.
type Session = BufReader<StreamOwned<ClientConnection, TcpStream>>;

fn session(daemon: &Daemon) -> Session {
    let (config, _) = client_config(&[&TLS13]);
    let session = ClientConnection::new(config, "lanchat".try_into().unwrap()).unwrap();
    let stream = TcpStream::connect(daemon.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    let mut session = StreamOwned::new(session, stream);
    while session.conn.is_handshaking() {
        session.conn.complete_io(&mut session.sock).unwrap();
    }
    BufReader::new(session)
}

/// The next line; empty where the relay has closed.
#[track_caller]
fn reads_line(session: &mut Session) -> String {
    let mut line = String::new();
    match session.read_line(&mut line) {
        Ok(_) => line.trim_end().to_owned(),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            panic!("waited for a line in vain, behind {line:?}")
        }
        Err(_) => String::new(),
    }
}

/// How many handshakes have failed in this way.
fn failures(daemon: &Daemon, kind: &str) -> u64 {
    let metrics = daemon.ctl(&["metrics"]).exits(0).out;
    let start = format!("lanchat_tls_failures_total{{kind=\"{kind}\"}} ");
    metrics.lines().find_map(|line| line.strip_prefix(&start)).unwrap().parse().unwrap()
}

#[track_caller]
fn fails(daemon: &Daemon, kind: &str, count: u64) {
    eventually(&format!("{count} failures by {kind}"), || (failures(daemon, kind) == count).then_some(()));
}

fn fingerprint(daemon: &Daemon) -> String {
    daemon.status()["tls"]["fingerprint"].as_str().expect("a fingerprint").to_owned()
}

#[test]
fn encrypted_and_plain_clients_talk_on_one_port() {
    for backend in ["epoll", "auto"] {
        let daemon = Daemon::with(&format!("io.backend = \"{backend}\""));
        let tunnel = Tunnel::to(&daemon);
        let mut ana = Netcat::connect_to(tunnel.address());
        let mut bob = Netcat::named(&daemon, "bob");
        // So many that a fan-out goes by the ring, where there is one.
        let mut crowd: Vec<_> = (0..30)
            .map(|number| Netcat::silent(if number % 2 == 0 { tunnel.address() } else { daemon.address() }))
            .collect();
        crowd.iter_mut().for_each(Netcat::is_greeted);
        ana.says("/nick ana");
        ana.sees("* you are now ana");
        ana.says("sealed");
        bob.sees("ana: sealed");
        bob.says("open");
        ana.sees("bob: open");
        for somebody in &mut crowd {
            somebody.sees("ana: sealed");
            somebody.sees("bob: open");
        }
        let old = Tunnel::of_tls12(&daemon);
        let mut eva = Native::hello_to(old.address(), "eva");
        eva.says("with TLS 1.2");
        ana.sees("eva: with TLS 1.2");
        let clients = daemon.clients();
        let is_encrypted = |nick: &str| {
            clients.iter().find(|client| client["nick"] == nick).map(|client| client["tls"].clone())
        };
        assert_eq!(is_encrypted("ana"), Some(true.into()));
        assert_eq!(is_encrypted("bob"), Some(false.into()));
        assert_eq!(is_encrypted("eva"), Some(true.into()));
        assert_eq!(daemon.status()["tls"]["sessions"], 17);
        assert_eq!(fingerprint(&daemon), tunnel.keys()[0].to_string());
        daemon.log_contains(&fingerprint(&daemon));
    }
}

#[test]
fn openssl_and_netcat_talk_on_one_port() {
    let daemon = Daemon::start();
    let mut bob = Netcat::named(&daemon, "bob");
    for options in [&["-quiet", "-alpn", "lanchat"][..], &["-quiet", "-tls1_2"]] {
        let mut openssl = OpenSsl::connect(&daemon, options);
        openssl.says("from openssl");
        bob.sees(": from openssl");
        bob.says("from netcat");
        openssl.says("/quit");
        let shown = openssl.ended();
        assert!(shown.contains("* Welcome to lanchat"), "{shown}");
        assert!(shown.contains("bob: from netcat"), "{shown}");
        assert!(shown.contains("* good bye"), "{shown}");
    }
}

#[test]
fn old_versions_and_other_protocols_are_refused_and_counted() {
    let daemon = Daemon::start();
    let shown = OpenSsl::connect(&daemon, &["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]).ended();
    assert!(shown.contains("alert"), "{shown}");
    fails(&daemon, "version", 1);
    let shown = OpenSsl::connect(&daemon, &["-alpn", "h2,http/1.1"]).ended();
    assert!(shown.contains("no application protocol"), "{shown}");
    fails(&daemon, "protocol", 1);
    let line = daemon.log_contains("disconnected: TLS: the client asks for another protocol than lanchat");
    assert!(line.contains(" client ") && !line.contains(", at "), "nobody has said who that is: {line}");
    assert_eq!(daemon.status()["tls"]["failures"], 2);
}

#[test]
fn plain_clients_are_told_in_one_line_where_tls_is_required() {
    let daemon = Daemon::with("tls.mode = \"required\"");
    let mut silent = Stranger::connect(&daemon);
    assert!(silent.is_closed().starts_with("* this relay takes encrypted connections only: "));
    let mut talker = Stranger::connect(&daemon);
    talker.sends(b"hello there\nis anybody here\n");
    let told = talker.is_closed();
    assert!(told.starts_with("* this relay takes encrypted connections only: "), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    let mut native = Stranger::connect(&daemon);
    native.sends(b"{\"type\":\"hello\",\"version\":1,\"nick\":\"ana\"}\n");
    let told = native.is_closed();
    let error: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&error["type"], &error["code"]), (&"error".into(), &"tls_required".into()), "{told}");
    // Nobody heard of them, and whoever speaks TLS is as welcome as ever.
    let tunnel = Tunnel::to(&daemon);
    let mut ana = Native::hello_to(tunnel.address(), "ana");
    let mut bob = Netcat::connect_to(tunnel.address());
    bob.says("only us");
    ana.sees("bob", |event| event["text"] == "only us");
    ana.never_saw(|event| event["text"].as_str().is_some_and(|text| text.contains("anybody")));
    daemon.log_contains("disconnected: plain text: only TLS is spoken here");
    daemon.ctl(&["doctor"]).exits(0);
}

#[test]
fn the_key_is_made_once_and_is_for_nobody_else() {
    let daemon = Daemon::start();
    let first = fingerprint(&daemon);
    let (key, certificate) =
        (daemon.directory().file("tls/key.pem"), daemon.directory().file("tls/certificate.pem"));
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&key), mode(&daemon.directory().file("tls"))), (0o600, 0o700));
    let shown = daemon.ctl(&["status"]).exits(0).out;
    assert!(shown.contains(&format!("fingerprint:    {first}\n")), "{shown}");
    assert!(shown.contains("attention:      nothing"), "{shown}");
    let daemon = daemon.restart();
    assert_eq!(fingerprint(&daemon), first);
    // As after a crash between the two.
    fs::remove_file(&certificate).unwrap();
    let daemon = daemon.restart();
    assert_eq!(fingerprint(&daemon), first);
    assert!(certificate.exists());
    Netcat::connect_to(Tunnel::to(&daemon).address());
}

#[test]
fn a_key_of_its_own_that_is_broken_is_told_and_left_as_it_is() {
    let setup = Setup::new("");
    fs::create_dir(setup.directory().file("tls")).unwrap();
    setup.directory().write("tls/key.pem", "nothing of the kind");
    let refused = setup.run().exits(1);
    assert!(refused.err.contains("tls/key.pem"), "{}", refused.err);
    assert!(refused.err.contains("move them away"), "{}", refused.err);
    assert_eq!(fs::read_to_string(setup.directory().file("tls/key.pem")).unwrap(), "nothing of the kind");
}

#[test]
fn credentials_of_the_service_manager_go_before_a_key_of_its_own() {
    let directory = TempDir::new();
    let given = Given::new(&directory, "given");
    fs::copy(&given.certificate, directory.file("tls-certificate")).unwrap();
    fs::copy(&given.key, directory.file("tls-key")).unwrap();
    let setup = Setup::new("").with("CREDENTIALS_DIRECTORY", directory.path());
    let daemon = setup.start();
    assert_eq!(daemon.status()["tls"]["key"], directory.file("tls-key").display().to_string());
    assert!(!daemon.directory().file("tls").exists());
    fs::remove_file(directory.file("tls-certificate")).unwrap();
    let refused = Setup::new("").with("CREDENTIALS_DIRECTORY", directory.path()).run().exits(1);
    assert!(refused.err.contains("tls-certificate, which cannot be read"), "{}", refused.err);
}

#[test]
fn everything_that_is_wrong_with_the_files_is_told_at_once() {
    let directory = TempDir::new();
    let (one, other) = (Given::new(&directory, "one"), Given::new(&directory, "other"));
    let refused = |settings: &str| {
        let file = directory.write("check.toml", settings);
        let mut check = Command::new(program("lanchatd"));
        run(check.arg("--check-config").arg("--config").arg(file)).exits(78).err
    };
    let missing =
        refused("[tls]\ncertificate = \"/nowhere/c\"\nkey = \"/nowhere/k\"\n[log]\nlevel = \"loud\"\n");
    assert_eq!(missing.lines().count(), 3, "{missing}");
    assert!(missing.contains(":2:15: tls.certificate is \"/nowhere/c\", which cannot be read"), "{missing}");
    assert!(missing.contains(":3:7: tls.key is \"/nowhere/k\", which cannot be read"), "{missing}");
    let crossed = Given { certificate: one.certificate.clone(), key: other.key };
    let told = refused(&crossed.settings());
    assert!(told.contains("which is not that of the certificate"), "{told}");
    let swapped = Given { certificate: one.key.clone(), key: one.certificate.clone() };
    let told = refused(&swapped.settings());
    assert!(
        told.contains("has no certificate in PEM") && told.contains("has no private key in PEM"),
        "{told}"
    );
    let told = refused("tls.key = \"key.pem\"\n");
    assert!(told.contains("tls.certificate is \"\"") && told.contains("a relative path"), "{told}");
    // One that waits for ever when it is read.
    let told = refused(&format!("tls.certificate = \"/dev/zero\"\ntls.key = \"{}\"\n", one.key.display()));
    assert!(told.contains("is not a regular file"), "{told}");
}

#[test]
fn an_expired_certificate_and_an_exposed_key_are_told_of_and_do_not_stop_the_relay() {
    let directory = TempDir::new();
    let key = KeyPair::generate().unwrap();
    let given = Given::until(&directory, "old", &key, 2020);
    fs::set_permissions(&given.key, Permissions::from_mode(0o644)).unwrap();
    let daemon = Daemon::with(&given.settings());
    daemon.log_contains("TLS: the certificate has expired on 2020-01-01");
    daemon.log_contains("TLS: everybody on this host may read the key");
    assert_eq!(daemon.status()["tls"]["expires"], "2020-01-01T00:00:00.000Z");
    let before = fingerprint(&daemon);
    for verb in ["status", "doctor"] {
        let shown = daemon.ctl(&[verb]).exits(0).out;
        assert!(shown.contains("the certificate has expired on 2020-01-01"), "{shown}");
        assert!(shown.contains("chmod o= "), "{shown}");
    }
    // Whoever does not mind still gets in, and the renewal keeps the key.
    Netcat::connect_to(Tunnel::to(&daemon).address());
    Given::until(&directory, "old", &key, 9999);
    daemon.ctl(&["reload"]).exits(0);
    let shown = daemon.ctl(&["status"]).exits(0).out;
    assert!(shown.contains("attention:      nothing"), "{shown}");
    assert_eq!(fingerprint(&daemon), before);
}

#[test]
fn a_certificate_that_ends_soon_is_told_of() {
    let directory = TempDir::new();
    let soon = jiff::Timestamp::now().as_second() + 20 * 24 * 60 * 60;
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["soon".to_owned()]).unwrap();
    params.not_after = date_time_ymd(1970, 1, 1) + Duration::from_secs(soon.cast_unsigned());
    let certificate = directory.write("soon.crt", &params.self_signed(&key).unwrap().pem());
    let key = directory.write("soon.key", &key.serialize_pem());
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    let told = |daemon: &Daemon, remedy: &str| {
        let line = daemon.log_contains("TLS: the certificate ends on ");
        assert!(line.ends_with(&format!("renew it with the same key, then: {remedy}")), "{line}");
        let status = daemon.ctl(&["status"]).exits(0).out;
        let attention =
            status.lines().find(|line| line.contains("the certificate ends on ")).expect("attention");
        assert!(attention.starts_with("attention:") && attention.ends_with(remedy), "{status}");
    };
    fs::copy(&certificate, directory.file("tls-certificate")).unwrap();
    fs::copy(&key, directory.file("tls-key")).unwrap();
    told(&Daemon::with(&Given { certificate, key }.settings()), "lanchatctl reload");
    // A reload does not have systemd pass other files.
    let passed = Setup::new("").with("CREDENTIALS_DIRECTORY", directory.path()).start();
    told(&passed, "systemctl restart lanchatd");
}

#[test]
fn a_key_is_changed_under_load_and_nothing_is_lost() {
    const LINES: u64 = 2000;
    let directory = TempDir::new();
    let (old, new) = (Given::new(&directory, "old"), Given::new(&directory, "new"));
    let settings = format!("limits.messages_per_second_max = 0\n{}", old.settings());
    let daemon = Daemon::with(&settings);
    let tunnel = Tunnel::to(&daemon);
    let mut ana = Native::hello_to(tunnel.address(), "ana");
    let mut bob = Native::hello_to(tunnel.address(), "bob");
    let before = fingerprint(&daemon);
    for number in 0..LINES {
        ana.sends(&json!({ "type": "say", "room": "lobby", "text": format!("{number}") }));
        if number == LINES / 4 {
            // Renewed in place, as tools do.
            fs::copy(&new.certificate, &old.certificate).unwrap();
            fs::copy(&new.key, &old.key).unwrap();
            let reloaded = daemon.ctl(&["reload", "--json"]).exits(0).json();
            assert_eq!(reloaded["applied"], json!(["tls.certificate", "tls.key"]));
        }
        if number == LINES / 2 {
            // A mistake changes nothing.
            fs::write(&old.key, "not a key").unwrap();
            assert!(daemon.ctl(&["reload"]).exits(1).err.contains("tls.key"));
        }
    }
    for number in 0..LINES {
        assert_eq!(bob.event("message")["text"], number.to_string());
    }
    let after = fingerprint(&daemon);
    assert_ne!(before, after);
    let eva = Native::hello_to(tunnel.address(), "eva");
    assert_eq!(tunnel.key_of_connection(3).to_string(), after);
    assert_eq!(tunnel.keys()[..2].iter().filter(|key| key.to_string() == before).count(), 2);
    assert_eq!(daemon.status()["tls"]["sessions"], 3);
    daemon.log_contains(&format!("new connections are shown the key {after}"));
    drop(eva);
}

#[test]
fn the_mode_is_changed_by_a_reload_and_those_who_talk_go_on() {
    let mut daemon = Daemon::with("tls.mode = \"off\"");
    assert_eq!(daemon.status()["tls"]["fingerprint"], Value::Null);
    let mut plain = Netcat::named(&daemon, "plain");
    // Somebody who has been greeted, and said nothing.
    let mut quiet = Netcat::connect(&daemon);
    daemon.configure("tls.mode = \"required\"");
    daemon.signal(Signal::HUP);
    let after = eventually("a key", || daemon.status()["tls"]["fingerprint"].as_str().map(str::to_owned));
    let tunnel = Tunnel::to(&daemon);
    let mut sealed = Netcat::connect_to(tunnel.address());
    assert_eq!(tunnel.keys()[0].to_string(), after);
    assert!(Stranger::connect(&daemon).is_closed().contains("encrypted connections only"));
    quiet.says("still here");
    plain.sees(": still here");
    daemon.configure("tls.mode = \"off\"");
    daemon.ctl(&["reload"]).exits(0);
    Netcat::connect(&daemon);
    sealed.says("still sealed");
    plain.sees(": still sealed");
    plain.says("still open");
    sealed.sees("plain: still open");
}

#[test]
fn a_handshake_has_a_deadline_in_all_however_it_dribbles() {
    let daemon = Daemon::with("limits.handshake_ms = 1000");
    let mut dribbler = Stranger::connect(&daemon);
    let start = Instant::now();
    dribbler.sends(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
    // A byte at a time would go on for as long as there are bytes.
    while dribbler.tries_to_send(b"x") && start.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(start.elapsed() >= Duration::from_secs(1));
    assert!(start.elapsed() < PATIENCE);
    fails(&daemon, "timed_out", 1);
    daemon.log_contains("disconnected: TLS: the handshake was not done in time");
}

#[test]
fn what_is_no_tls_is_refused_and_harms_nobody() {
    let daemon = Daemon::start();
    let (mut ana, mut bob) = (Netcat::named(&daemon, "ana"), Netcat::named(&daemon, "bob"));
    // Garbage behind the first bytes; a record of 65,535 bytes; a record of a kind that is none.
    let giant = [&b"\x16\x03\x01\xff\xff"[..], &[1; 70_000]].concat();
    let wrong: [&[u8]; 4] = [
        b"\x16\x03\x01\x00\x05hello\xff\xff\xff\xff\xff\xff\xff\xff",
        &giant,
        b"\x16\x03\x01\x00\x04\x01\x00\x00\x00",
        b"\x16\x03\x03\x00\x01\x16\x63\x03\x03\x00\x01\x00",
    ];
    for (index, bytes) in wrong.iter().enumerate() {
        let mut stranger = Stranger::connect(&daemon);
        stranger.tries_to_send(bytes);
        stranger.is_closed();
        eventually("it is counted", || (failures(&daemon, "malformed") == index as u64 + 1).then_some(()));
    }
    // TLS in TLS, and HTTP in it.
    let mut inside = session(&daemon);
    inside.get_mut().write_all(b"\x16\x03\x01\x02\x00").unwrap();
    assert_eq!(reads_line(&mut inside), "");
    fails(&daemon, "malformed", 5);
    let mut browser = session(&daemon);
    browser.get_mut().write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert!(reads_line(&mut browser).starts_with("HTTP/1.1 400 "));
    // Whoever is greeted in plain text has come too late with it.
    let mut late = Stranger::connect(&daemon);
    late.sees("* Welcome");
    late.sends(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
    late.is_closed();
    fails(&daemon, "late", 1);
    ana.says("still fine");
    bob.sees("ana: still fine");
}

#[test]
fn half_handshakes_by_the_hundred_harm_nobody_and_cost_little() {
    const COUNT: usize = 400;
    let daemon = Daemon::with("limits.handshake_ms = 3000");
    let (mut ana, mut bob) = (Netcat::named(&daemon, "ana"), Netcat::named(&daemon, "bob"));
    let before_kib = daemon.memory_kib();
    let half: Vec<_> = (0..COUNT)
        .map(|_| {
            let mut stranger = Stranger::connect(&daemon);
            stranger.sends(&[&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], &[7; 400]].concat());
            stranger
        })
        .collect();
    ana.says("meanwhile");
    bob.sees("ana: meanwhile");
    let mut leaver = Stranger::connect(&daemon);
    leaver.sends(b"\x16\x03\x01\x02\x00\x01");
    leaver.ends_input();
    leaver.is_closed();
    fails(&daemon, "gave_up", 1);
    let grown_kib = daemon.memory_kib().saturating_sub(before_kib);
    assert!(grown_kib < 24 * COUNT as u64, "{grown_kib} KiB for {COUNT}");
    for mut stranger in half {
        stranger.is_closed();
    }
    fails(&daemon, "timed_out", COUNT as u64);
    ana.says("still fine");
    bob.sees("ana: still fine");
}

#[test]
fn thousands_of_half_handshakes_from_everywhere_are_closed_in_time_and_the_others_chat_on() {
    const COUNT: usize = 5_000;
    const HEARD_WITHIN: Duration = Duration::from_secs(2);
    let mut files = getrlimit(Resource::Nofile);
    files.current = files.maximum;
    setrlimit(Resource::Nofile, files).expect("a soft limit may be raised");
    let daemon = Daemon::start();
    let (mut ana, mut bob) = (Netcat::named(&daemon, "ana"), Netcat::named(&daemon, "bob"));
    let before_kib = daemon.memory_kib();
    let mut chat = |round: usize| {
        let start = Instant::now();
        ana.says(&format!("meanwhile {round}"));
        bob.sees(&format!("ana: meanwhile {round}"));
        assert!(start.elapsed() < HEARD_WITHIN, "{round}: {:?}", start.elapsed());
    };
    let hello = [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], &[7; 400]].concat();
    let half: Vec<_> = (0..COUNT)
        .map(|number| {
            let [.., high, low] = number.to_be_bytes();
            let mut stranger = Stranger::connect_from(Ipv4Addr::new(127, 4, high, low.max(1)), &daemon);
            stranger.sends(&hello);
            if number % 250 == 0 {
                chat(number);
            }
            stranger
        })
        .collect();
    let grown_kib = daemon.memory_kib().saturating_sub(before_kib);
    assert!(grown_kib < 24 * COUNT as u64, "{grown_kib} KiB for {COUNT}");
    for (number, mut stranger) in half.into_iter().enumerate() {
        assert!(!stranger.is_closed().contains('*'), "no plain words in a handshake");
        if number % 250 == 0 {
            chat(COUNT + number);
        }
    }
    fails(&daemon, "timed_out", COUNT as u64);
    eventually("nobody else is left", || (daemon.status()["clients"] == 2).then_some(()));
}

#[test]
fn relays_that_start_at_once_on_one_directory_without_a_key_show_the_same() {
    let home = TempDir::new();
    let start = || Setup::new("store.path = \"\"\n").with("XDG_STATE_HOME", home.path().as_os_str()).start();
    let relays: Vec<_> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..4).map(|_| scope.spawn(start)).collect();
        started.into_iter().map(|relay| relay.join().unwrap()).collect()
    });
    let key = |relay: &Daemon| relay.status()["tls"]["fingerprint"].clone();
    assert!(key(&relays[0]).is_string());
    assert!(relays.iter().all(|relay| key(relay) == key(&relays[0])));
}

#[test]
fn an_end_without_a_word_is_an_ordinary_end_and_the_relay_says_one() {
    let daemon = Daemon::start();
    let mut bob = Netcat::named(&daemon, "bob");
    let mut cut = session(&daemon);
    assert!(reads_line(&mut cut).starts_with("* Welcome"));
    cut.get_mut().write_all(b"/nick cut\n").unwrap();
    bob.sees("cut");
    cut.get_mut().sock.shutdown(std::net::Shutdown::Write).unwrap();
    let line = daemon.log_has_end_of(2);
    assert!(line.ends_with("disconnected: the client closed"), "{line}");
    // What it had to say without an end of the line is said.
    let mut half = session(&daemon);
    assert!(reads_line(&mut half).starts_with("* Welcome"));
    half.get_mut().write_all(b"no end").unwrap();
    half.get_mut().conn.send_close_notify();
    half.get_mut().flush().unwrap();
    bob.sees(": no end");
    let mut rest = Vec::new();
    half.read_to_end(&mut rest).expect("the relay says its last word, so nothing is cut off");
    let mut quits = session(&daemon);
    quits.get_mut().write_all(b"/quit\n").unwrap();
    let mut rest = String::new();
    quits.read_to_string(&mut rest).expect("nothing is cut off");
    assert!(rest.contains("good bye"), "{rest}");
}

#[test]
fn what_is_changed_on_its_way_ends_the_session() {
    let daemon = Daemon::start();
    let mut bob = Netcat::named(&daemon, "bob");
    let mut forger = session(&daemon);
    assert!(reads_line(&mut forger).starts_with("* Welcome"));
    forger.get_mut().sock.write_all(b"\x17\x03\x03\x00\x20forged forged forged forged forg").unwrap();
    assert_eq!(reads_line(&mut forger), "");
    daemon.log_contains("disconnected: TLS broke: ");
    fails(&daemon, "malformed", 1);
    bob.says("still fine");
    bob.never_saw("forged");
}

#[test]
fn nobody_negotiates_again() {
    let daemon = Daemon::start();
    let mut openssl = OpenSsl::connect(&daemon, &["-tls1_2"]);
    openssl.says("before");
    let mut bob = Netcat::connect(&daemon);
    eventually("it is there", || (daemon.status()["tls"]["sessions"] == 1).then_some(()));
    openssl.says("R");
    // It may have been ended by the first already.
    let _ = writeln!(openssl.input, "R");
    let shown = openssl.ended();
    assert!(shown.contains("RENEGOTIATING"), "{shown}");
    bob.says("still fine");
    eventually("it has gone", || (daemon.status()["tls"]["sessions"] == 0).then_some(()));
}

#[test]
fn a_sealed_reader_that_stalls_gets_everything_in_order_when_it_reads_on() {
    const LINES: usize = 900;
    let daemon = Daemon::with("limits.messages_per_second_max = 0\nlimits.timeline_bytes_max = 33554432\n");
    let mut ana = Netcat::named(&daemon, "ana");
    let mut stalled = session(&daemon);
    assert!(reads_line(&mut stalled).starts_with("* Welcome"));
    let mut witness = Netcat::connect_to(Tunnel::to(&daemon).address());
    // Less than the timeline retains, and more than a socket takes.
    let padding = "x".repeat(4000);
    for number in 0..LINES {
        ana.says(&format!("{number} {padding}"));
    }
    witness.sees(&format!("ana: {} ", LINES - 1));
    // It may say something meanwhile.
    stalled.get_mut().write_all(b"not reading\n").unwrap();
    ana.sees(": not reading");
    for number in 0..LINES {
        let line = reads_line(&mut stalled);
        assert!(line == format!("ana: {number} {padding}"), "line {number} is {line:.40}");
    }
    ana.says("and on");
    assert_eq!(reads_line(&mut stalled), "ana: and on");
}

#[test]
fn a_sealed_reader_that_never_reads_is_cut_off_and_harms_nobody() {
    let daemon = Daemon::with(
        "limits.messages_per_second_max = 0\nlimits.write_deadline_ms = 1000\nlimits.timeline_bytes_max = 65536\n",
    );
    let mut ana = Netcat::named(&daemon, "ana");
    let never = session(&daemon);
    let tunnel = Tunnel::to(&daemon);
    let mut witness = Netcat::connect_to(tunnel.address());
    let before_kib = daemon.memory_kib();
    let padding = "x".repeat(4000);
    let mut number = 0;
    eventually("it is cut off", || {
        for _ in 0..50 {
            number += 1;
            ana.says(&format!("{number} {padding}"));
        }
        (daemon.status()["slow_disconnects"] == 1).then_some(())
    });
    daemon.log_contains("disconnected: the client took nothing for the write deadline");
    ana.says("still fine");
    witness.sees("ana: still fine");
    let grown_kib = daemon.memory_kib().saturating_sub(before_kib);
    assert!(grown_kib < 16 * 1024, "{grown_kib} KiB");
    drop(never);
}

#[test]
fn a_stop_is_told_to_sealed_clients_and_ends_their_sessions_in_order() {
    let mut daemon = Daemon::start();
    let mut sealed = session(&daemon);
    assert!(reads_line(&mut sealed).starts_with("* Welcome"));
    let mut shaking = Stranger::connect(&daemon);
    shaking.sends(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
    daemon.signal(Signal::TERM);
    let mut rest = String::new();
    sealed.read_to_string(&mut rest).expect("nothing is cut off");
    assert!(rest.contains("* server is stopping"), "{rest}");
    let told = shaking.is_closed();
    assert!(!told.contains('*'), "no plain words in a handshake: {told:?}");
    assert!(daemon.wait_exit().success());
}

#[test]
fn an_idle_sealed_connection_takes_little_memory() {
    const COUNT: u64 = 100;
    let daemon = Daemon::start();
    // What the first one brings is not what each brings.
    let first: Vec<_> = (0..20).map(|_| session(&daemon)).collect();
    eventually("they are greeted", || (daemon.status()["tls"]["sessions"] == 20).then_some(()));
    let before_kib = daemon.memory_kib();
    let idle: Vec<_> = (0..COUNT)
        .map(|_| {
            let mut session = session(&daemon);
            session.get_mut().write_all(b"/who\n").unwrap();
            assert!(reads_line(&mut session).starts_with("* Welcome"));
            session
        })
        .collect();
    let each_kib = daemon.memory_kib().saturating_sub(before_kib) / COUNT;
    assert!(each_kib <= 24, "{each_kib} KiB each");
    drop((first, idle));
}

#[test]
fn a_tls_client_hears_what_a_closed_relay_has_to_say() {
    // Where somebody is not let in, there is no handshake: whoever speaks TLS finds plain words.
    let daemon = Daemon::with("limits.connections_max = 1");
    let _first = Netcat::connect(&daemon);
    let (config, _) = client_config(&[&TLS13]);
    let session = ClientConnection::new(Arc::clone(&config), "lanchat".try_into().unwrap()).unwrap();
    let mut stream = StreamOwned::new(session, TcpStream::connect(daemon.address()).unwrap());
    let error = stream.write_all(b"hello").and_then(|()| stream.flush()).unwrap_err();
    assert!(matches!(
        error.kind(),
        ErrorKind::InvalidData
            | ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionReset
            | ErrorKind::BrokenPipe
    ));
}
