//! Whom `lanchat-client` talks to, and whom not: keys asked about once, remembered, and told when they change.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::thread;

use lanchat_tests::{
    Daemon, Identity, Impostor, Piped, Ran, Stranger, TempDir, Terminal, eventually, program,
};

/// The file with what is known, below the home of a test.
const KNOWN: &str = "lanchat/known-relays";

/// A client of a person who lives in `home`, with nothing decided for them.
fn client(home: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(program("lanchat-client"));
    command.args(arguments).env("USER", "root").env("XDG_STATE_HOME", home.path()).env("HOME", home.path());
    command
}

/// Pipes a line into it.
fn piped(home: &TempDir, arguments: &[&str]) -> Ran {
    let mut child = client(home, arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that refuses to connect does not read.
    let _ = child.stdin.take().unwrap().write_all(b"precious\n");
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A person at a terminal who lives in `home`, and has said once how others call them.
fn person(home: &TempDir, arguments: &[&str]) -> Terminal {
    std::fs::create_dir_all(home.file("lanchat")).unwrap();
    std::fs::write(home.file("lanchat/nick"), "ana\n").unwrap();
    let mut command = Command::new(program("lanchat-client"));
    command.args(arguments);
    Terminal::run(command, home, &[("XDG_STATE_HOME", home.path().to_str().unwrap())])
}

fn known(home: &TempDir) -> String {
    std::fs::read_to_string(home.file(KNOWN)).unwrap_or_default()
}

fn link(relay: &Impostor, fingerprint: &str) -> String {
    format!("lanchat://{}#{}", relay.address(), fingerprint.strip_prefix("SHA256:").unwrap())
}

#[test]
fn a_relay_that_lets_nobody_in_is_no_matter_of_trust() {
    let home = TempDir::new();
    let daemon = Daemon::with("limits.connections_max = 1\n");
    let address = daemon.address().to_string();
    let is_told = |words: &str| {
        let ran = piped(&home, &["--accept-new", &address]);
        assert_eq!(ran.code, Some(1), "{}", ran.err);
        assert!(ran.err.contains(words) && ran.err.contains("does not let you in"), "{}", ran.err);
        assert!(!ran.err.contains("--plain"), "{}", ran.err);
    };
    let first = Stranger::connect(&daemon);
    eventually("the relay is full", || (daemon.clients().len() == 1).then_some(()));
    is_told("this relay is full (1 connection): try again later");
    drop(first);
    eventually("there is room", || daemon.clients().is_empty().then_some(()));
    piped(&home, &["--accept-new", &address]).exits(0);
    daemon.ctl(&["lockdown", "on"]).exits(0);
    // Where it is known to encrypt, too.
    is_told("this relay takes nobody new at the moment");
}

#[test]
fn a_fifo_in_place_of_what_is_remembered_keeps_nobody_waiting() {
    let (home, daemon) = (TempDir::new(), Daemon::start());
    let address = daemon.address().to_string();
    let make = |name: &str| {
        std::fs::create_dir_all(home.file("lanchat")).unwrap();
        assert!(Command::new("mkfifo").arg(home.file(name)).status().unwrap().success());
    };
    make("lanchat/known-relays.lock");
    let ran = piped(&home, &["--accept-new", &address]).exits(0);
    assert!(ran.err.contains("known-relays.lock cannot be taken: it is not a file"), "{}", ran.err);
    make(KNOWN);
    for arguments in [&["--accept-new", &address][..], &["--pins"], &["--forget", &address]] {
        let ran = piped(&home, arguments);
        assert!(ran.code != Some(0) && ran.err.contains("it is not a file"), "{arguments:?}: {}", ran.err);
    }
}

#[test]
fn a_person_is_asked_once_and_the_key_is_known_from_then_on() {
    let (identity, home) = (Identity::new(), TempDir::new());
    let relay = Impostor::start(Some(&identity));
    let address = relay.address().to_string();
    let mut ana = person(&home, &[&address]);
    ana.sees(&format!("{address} is not known yet"));
    ana.sees(&identity.fingerprint());
    ana.sees("[y/N]");
    assert_eq!(relay.heard(), [""; 0], "nothing is sent before the answer");
    ana.types("y\n");
    ana.sees("connected to");
    ana.has_line("#lobby ana> ");
    let file = home.file(KNOWN);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let line = known(&home);
    let line = line.lines().last().unwrap();
    assert!(line.starts_with(&format!("{address} {} 20", identity.fingerprint())), "{line}");
    drop(ana);
    let again = person(&home, &[&address]);
    again.has_line("#lobby ana> ");
    assert!(!again.raw().contains("known"), "{}", again.raw());
    piped(&home, &[&address]).exits(0);
}

#[test]
fn any_other_answer_than_yes_is_no_and_nothing_is_sent() {
    let (identity, home) = (Identity::new(), TempDir::new());
    let relay = Impostor::start(Some(&identity));
    for answer in ["\n", "n\n", "maybe\n", "\x04"] {
        let mut ana = person(&home, &[&relay.address().to_string()]);
        ana.sees("[y/N]");
        ana.types(answer);
        ana.sees("stays unknown; nothing was sent to it");
        assert_eq!(ana.exits(), 3, "{answer:?}");
    }
    assert_eq!((relay.heard(), known(&home)), (Vec::<String>::new(), String::new()));
}

#[test]
fn a_pipe_refuses_whom_it_does_not_know_and_says_how_to_go_on() {
    let (identity, home) = (Identity::new(), TempDir::new());
    let relay = Impostor::start(Some(&identity));
    let address = relay.address().to_string();
    let ran = piped(&home, &[&address]).exits(3);
    for part in [
        format!("lanchat-client: {address} is not known yet"),
        format!("--pin {}", identity.fingerprint()),
        "--accept-new".to_owned(),
    ] {
        assert!(ran.err.contains(&part), "{}", ran.err);
    }
    assert_eq!((relay.heard(), known(&home)), (Vec::<String>::new(), String::new()));
    let ran = piped(&home, &[&address, "--accept-new"]).exits(0);
    assert_eq!(ran.err, "");
    piped(&home, &[&address]).exits(0);
}

#[test]
fn a_pin_or_a_link_needs_no_question_and_is_remembered() {
    let identity = Identity::new();
    let relay = Impostor::start(Some(&identity));
    let (address, fingerprint) = (relay.address().to_string(), identity.fingerprint());
    for arguments in [&[&*address, "--pin", &fingerprint][..], &[&link(&relay, &fingerprint)]] {
        let home = TempDir::new();
        assert_eq!(piped(&home, arguments).exits(0).err, "");
        piped(&home, &[&address]).exits(0);
        let ana = person(&home, arguments);
        ana.has_line("#lobby ana> ");
    }
}

#[test]
fn a_wrong_pin_or_link_is_refused_with_both_keys_and_nothing_is_remembered() {
    let (identity, other, home) = (Identity::new(), Identity::new(), TempDir::new());
    let relay = Impostor::start(Some(&identity));
    let address = relay.address().to_string();
    for arguments in [&[&*address, "--pin", &other.fingerprint()][..], &[&link(&relay, &other.fingerprint())]]
    {
        let ran = piped(&home, arguments).exits(3);
        for part in [format!("given  {}", other.fingerprint()), format!("shown  {}", identity.fingerprint())]
        {
            assert!(ran.err.contains(&part), "{}", ran.err);
        }
    }
    assert_eq!((relay.heard(), known(&home)), (Vec::<String>::new(), String::new()));
}

#[test]
fn a_changed_key_is_refused_with_both_keys_until_the_old_one_is_forgotten() {
    let (before, after, home) = (Identity::new(), Identity::new(), TempDir::new());
    let relay = Impostor::start(Some(&before));
    let address = relay.address().to_string();
    piped(&home, &[&address, "--accept-new"]).exits(0);
    relay.becomes(Some(&after));
    let heard = relay.heard().len();
    // Taking what is new is not taking what has changed.
    for more in [&[][..], &["--accept-new"]] {
        let ran = piped(&home, &[&[&*address], more].concat()).exits(3);
        for part in [
            format!("known  {} (since 20", before.fingerprint()),
            format!("shown  {}", after.fingerprint()),
            format!("lanchat-client --forget {address}"),
        ] {
            assert!(ran.err.contains(&part), "{part} in {}", ran.err);
        }
    }
    let ana = person(&home, &[&address]);
    ana.sees(&format!("shown  {}", after.fingerprint()));
    assert_eq!(ana.exits(), 3);
    // Neither is being told another one.
    let ran = piped(&home, &[&link(&relay, &after.fingerprint())]).exits(3);
    for part in [format!("known  {}", before.fingerprint()), format!("given  {}", after.fingerprint())] {
        assert!(ran.err.contains(&part), "{}", ran.err);
    }
    assert_eq!(relay.heard().len(), heard, "nothing was sent");
    let ran = piped(&home, &["--forget", &address]).exits(0);
    assert_eq!(ran.out, format!("forgot {address}, known by {}\n", before.fingerprint()));
    piped(&home, &["--forget", &address]).exits(1);
    piped(&home, &[&link(&relay, &after.fingerprint())]).exits(0);
    let ran = piped(&home, &["--pins"]).exits(0);
    assert!(ran.out.starts_with(&format!("{address} {} 20", after.fingerprint())), "{}", ran.out);
}

#[test]
fn whoever_shows_a_key_without_owning_it_is_refused() {
    let (identity, home) = (Identity::new(), TempDir::new());
    let thief = Impostor::start(Some(&identity.stolen()));
    let address = thief.address().to_string();
    for arguments in [&[&*address, "--pin", &identity.fingerprint()][..], &[&address, "--accept-new"]] {
        let ran = piped(&home, arguments).exits(3);
        assert!(ran.err.contains("shows a key that is not its own"), "{}", ran.err);
    }
    assert_eq!((thief.heard(), known(&home)), (Vec::<String>::new(), String::new()));
}

#[test]
fn a_certificate_that_holds_no_more_or_not_yet_is_refused_even_if_its_key_is_known() {
    let (identity, home) = (Identity::new(), TempDir::new());
    let relay = Impostor::start(Some(&identity));
    let address = relay.address().to_string();
    piped(&home, &[&address, "--accept-new"]).exits(0);
    for (years, parts) in [
        (
            (2_000, 2_001),
            ["ended on 2001-01-01 00:00 UTC", "if the clock is right, its administrator has to renew"],
        ),
        ((3_000, 3_001), ["begins on 3000-01-01 00:00 UTC", "set the clock right"]),
    ] {
        relay.becomes(Some(&identity.valid(years.0, years.1)));
        let heard = relay.heard().len();
        for arguments in [&[&*address][..], &[&address, "--pin", &identity.fingerprint()]] {
            let ran = piped(&home, arguments).exits(3);
            for part in parts {
                assert!(ran.err.contains(part), "{}", ran.err);
            }
        }
        assert_eq!(relay.heard().len(), heard, "nothing was sent");
    }
    // A new certificate for the same key is the same relay.
    relay.becomes(Some(&identity.valid(2_020, 3_000)));
    piped(&home, &[&address]).exits(0);
}

#[test]
fn plain_text_is_talked_only_when_asked_for() {
    let home = TempDir::new();
    let relay = Impostor::start(None);
    let greets = plain("* Welcome to lanchat, you are guest1\x1b[2J in #lobby\r\n");
    let off = Daemon::with("tls.mode = \"off\"");
    for address in [greets, plain(""), off.address()] {
        let address = address.to_string();
        // Whoever is known to encrypt is not a relay to do without.
        let pinned = piped(&home, &[&address, "--pin", &Identity::new().fingerprint()]).exits(3);
        assert!(pinned.err.contains("known to encrypt") && !pinned.err.contains("--plain"), "{}", pinned.err);
        for more in [&[][..], &["--accept-new"]] {
            let ran = piped(&home, &[&[&*address], more].concat()).exits(3);
            for part in ["this relay speaks no TLS", "With --plain", "can read and change what is said"] {
                assert!(ran.err.contains(part), "{}", ran.err);
            }
            assert!(!ran.err.contains('\x1b') && ran.err.lines().count() == 1, "{}", ran.err);
        }
    }
    assert_eq!(off.status()["messages_accepted"], 0);
    piped(&home, &[&off.address().to_string(), "--plain"]).exits(0);
    piped(&home, &[&relay.address().to_string(), "--plain"]).exits(0);
    assert!(relay.heard().iter().any(|line| line.contains("precious")));
    assert_eq!(known(&home), "");
}

#[test]
fn a_handshake_that_came_too_late_is_tried_once_more() {
    let (daemon, home) = (Daemon::start(), TempDir::new());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, relay) = (listener.local_addr().unwrap().to_string(), daemon.address());
    thread::spawn(move || {
        let mut is_first = true;
        for mut stream in listener.incoming().map_while(Result::ok) {
            if std::mem::take(&mut is_first) {
                // As if nothing had come for a moment.
                let _ = stream.write_all(b"* Welcome to lanchat, you are guest1 in #lobby\n");
                let _ = stream.read(&mut [0; 4096]);
                continue;
            }
            let there = TcpStream::connect(relay).unwrap();
            for (mut from, mut to) in [(stream.try_clone(), there.try_clone()), (Ok(there), Ok(stream))]
                .map(|(from, to)| (from.unwrap(), to.unwrap()))
            {
                thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Write);
                });
            }
        }
    });
    piped(&home, &[&address, "--accept-new"]).exits(0);
    assert_eq!(daemon.status()["messages_accepted"], 1);
}

/// Greets whoever connects with these words; hangs up after their first bytes where there are none.
fn plain(words: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.write_all(words.as_bytes());
            while stream.read(&mut [0; 4096]).is_ok_and(|count| count > 0 && !words.is_empty()) {}
        }
    });
    address
}

#[test]
fn the_fingerprint_in_lanchatctl_status_is_the_one_that_clients_are_shown() {
    let (daemon, home) = (Daemon::start(), TempDir::new());
    let address = daemon.address().to_string();
    let fingerprint = daemon.status()["tls"]["fingerprint"].as_str().unwrap().to_owned();
    let ran = piped(&home, &[&address]).exits(3);
    assert!(ran.err.contains(&format!("--pin {fingerprint}")), "{}", ran.err);
    let link = format!("lanchat://{address}#{}", fingerprint.strip_prefix("SHA256:").unwrap());
    piped(&home, &[&link]).exits(0);
    assert_eq!(daemon.status()["messages_accepted"], 1);
}

#[test]
fn a_key_that_changes_while_the_connection_is_lost_ends_the_chat() {
    let (before, after, home) = (Identity::new(), Identity::new(), TempDir::new());
    let relay = Impostor::start(Some(&before));
    let address = relay.address().to_string();
    let mut ana = person(&home, &[&address, "--accept-new"]);
    ana.has_line("#lobby ana> ");
    let mut script = Piped::start(&[&address, "--json"]);
    script.writes(b"before\n");
    script.prints("\"ack\"");
    relay.becomes(Some(&after));
    let heard = relay.heard().len();
    ana.enters("precious");
    ana.sees(&format!("known  {}", before.fingerprint()));
    ana.sees(&format!("shown  {}", after.fingerprint()));
    assert_eq!(ana.exits(), 3);
    assert!(ana.is_sane());
    script.writes(b"precious\n");
    let ran = script.ends().exits(3);
    assert!(ran.err.contains("1 of 2 messages was not delivered"), "{}", ran.err);
    assert!(ran.err.contains(&format!("shown  {}", after.fingerprint())), "{}", ran.err);
    assert_eq!(relay.heard().len(), heard, "nothing was sent");
}

#[test]
fn a_lost_connection_is_never_made_again_in_plain_text() {
    let (identity, home) = (Identity::new(), TempDir::new());
    let relay = Impostor::start(Some(&identity));
    let mut ana = person(&home, &[&relay.address().to_string(), "--accept-new"]);
    ana.has_line("#lobby ana> ");
    relay.becomes(None);
    let heard = relay.heard().len();
    ana.enters("precious");
    ana.sees(", offline, 1 queued> ");
    relay.becomes(Some(&identity));
    ana.sees("connected again");
    ana.has_line("#lobby ana> ");
    let meanwhile = relay.heard().split_off(heard);
    let first = meanwhile.iter().position(|line| line.contains("\"hello\"")).unwrap();
    assert!(!meanwhile[..first].iter().any(|line| line.contains("precious")), "{meanwhile:?}");
}

#[test]
fn clients_that_meet_their_relays_at_once_lose_nothing_of_what_the_others_learn() {
    let home = TempDir::new();
    let relays: Vec<_> = (0..12).map(|_| Impostor::start(Some(&Identity::new()))).collect();
    let mut clients = Vec::new();
    for relay in &relays {
        let mut command = client(&home, &[&relay.address().to_string(), "--accept-new"]);
        clients.push(command.stdin(Stdio::null()).spawn().unwrap());
    }
    for mut client in clients {
        assert!(client.wait().unwrap().success());
    }
    let known = known(&home);
    for relay in &relays {
        let address = format!("{} ", relay.address());
        assert_eq!(known.lines().filter(|line| line.starts_with(&address)).count(), 1, "{known}");
    }
}

#[test]
fn a_damaged_line_is_named_and_costs_nothing_else() {
    let (identity, home) = (Identity::new(), TempDir::new());
    let relay = Impostor::start(Some(&identity));
    let address = relay.address().to_string();
    std::fs::create_dir_all(home.file("lanchat")).unwrap();
    let damaged = b"garbage\x1b[2J\xff\n".to_vec();
    let good = format!("{} {} 2026-11-23\n", address, identity.fingerprint());
    std::fs::write(home.file(KNOWN), [&damaged, good.as_bytes()].concat()).unwrap();
    let ran = piped(&home, &[&address]).exits(0);
    assert!(ran.err.contains("known-relays: line 1 is no relay") && !ran.err.contains('\x1b'), "{}", ran.err);
    // Who writes it anew leaves alone what it does not understand.
    piped(&home, &["--forget", &address]).exits(0);
    assert_eq!(std::fs::read(home.file(KNOWN)).unwrap(), damaged);
}

#[test]
fn a_file_that_cannot_be_read_trusts_nobody_and_one_that_cannot_be_written_is_told() {
    let (identity, home) = (Identity::new(), TempDir::new());
    let relay = Impostor::start(Some(&identity));
    let address = relay.address().to_string();
    std::fs::create_dir_all(home.file(KNOWN)).unwrap();
    let ran = piped(&home, &[&address, "--accept-new"]).exits(3);
    assert!(ran.err.contains("cannot be read: it is not a file"), "{}", ran.err);
    let nowhere = TempDir::new();
    nowhere.write("lanchat", "a file where a directory has to be");
    let ran = piped(&nowhere, &[&address, "--accept-new"]).exits(0);
    assert!(ran.err.contains("cannot be remembered"), "{}", ran.err);
}
