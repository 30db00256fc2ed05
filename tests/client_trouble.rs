//! What keeps somebody from chatting is explained: what was tried, on what, and what to do. `doctor` looks at it step by step.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener};
use std::process::Command;
use std::thread;

use lanchat_tests::{
    Daemon, Identity, Impostor, Netcat, Ran, Stranger, TempDir, Terminal, Value, eventually, json, program,
    run, run_with, skip,
};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, listen, socket_with};

/// What a doctor looks at, in this order, where nothing is in the way.
const CHECKS: [&str; 11] =
    ["config", "name", "port", "tls", "key", "relay", "you", "delay", "clock", "terminal", "state"];

/// A client of somebody who lives in `home`, with nothing decided for them.
fn client(home: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(program("lanchat-client"));
    for name in ["LANCHAT_TOKEN_FILE", "XDG_CONFIG_HOME", "NO_COLOR"] {
        command.env_remove(name);
    }
    command.args(arguments).env("USER", "ana").env("XDG_STATE_HOME", home.path()).env("HOME", home.path());
    command
}

/// Pipes a line into it.
fn piped(home: &TempDir, arguments: &[&str]) -> Ran {
    run_with(&mut client(home, arguments), "precious\n")
}

fn doctor(home: &TempDir, arguments: &[&str]) -> Ran {
    run(client(home, &["doctor"]).args(arguments))
}

/// The verdicts and words of a check, in the order in which they were found.
fn findings(ran: &Ran, check: &str) -> Vec<(String, String)> {
    let told = ran.json();
    assert_eq!(told["schema"], 1);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let found = told["findings"].as_array().expect("findings").iter().filter(|one| one["check"] == check);
    found
        .map(|one| (text(&one["verdict"]), format!("{}\n{}", text(&one["message"]), text(&one["remedy"]))))
        .collect()
}

/// The only one of a check.
#[track_caller]
fn finding(ran: &Ran, check: &str) -> (String, String) {
    let found = findings(ran, check);
    assert_eq!(found.len(), 1, "{check}: {}", ran.out);
    found.into_iter().next().expect("one")
}

/// It says so, in one paragraph.
#[track_caller]
fn is_told(ran: &Ran, parts: &[&str]) {
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    assert!(ran.err.starts_with("lanchat-client: "), "{}", ran.err);
    for part in parts {
        assert!(ran.err.contains(part), "{part:?} in {}", ran.err);
    }
}

fn nobody() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// A program that greets whoever connects with these words, and reads what they send.
fn greeter(words: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || {
                let _ = stream.write_all(words.as_bytes());
                while stream.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {}
            });
        }
    });
    address
}

/// Something that takes no connection and refuses none, as behind a firewall that drops everything: its queue is full.
struct Wall {
    address: SocketAddr,
    _sockets: Vec<std::os::fd::OwnedFd>,
}

impl Wall {
    fn build() -> Self {
        let socket = |flags| {
            socket_with(AddressFamily::INET, SocketType::STREAM, flags | SocketFlags::CLOEXEC, None).unwrap()
        };
        let listener = socket(SocketFlags::empty());
        bind(&listener, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)).unwrap();
        listen(&listener, 0).unwrap();
        let listener = TcpListener::from(listener);
        let address = listener.local_addr().unwrap();
        let mut sockets = vec![listener.into()];
        for _ in 0..4 {
            let waiting = socket(SocketFlags::NONBLOCK);
            match connect(&waiting, &address) {
                Ok(()) | Err(Errno::INPROGRESS) => sockets.push(waiting),
                Err(error) => panic!("{error}"),
            }
        }
        Self { address, _sockets: sockets }
    }
}

#[test]
fn a_relay_that_does_not_run_is_a_question_for_systemctl() {
    let (home, nobody) = (TempDir::new(), nobody());
    let told = piped(&home, &[&nobody]).exits(1);
    is_told(&told, &[&nobody, "nothing on this machine takes connections", "systemctl status lanchatd"]);
}

#[test]
fn what_does_not_answer_is_a_question_for_the_firewall_and_takes_no_longer_than_was_asked_for() {
    let (home, wall) = (TempDir::new(), Wall::build());
    let (address, port) = (wall.address.to_string(), wall.address.port());
    let told = piped(&home, &[&address, "--timeout", "1"]).exits(1);
    let opens = format!("ufw allow {port}/tcp");
    let also = format!("nft add rule inet filter input tcp dport {port} accept");
    is_told(&told, &[&address, "does not answer within 1 s", &opens, &also]);
    let looked = doctor(&home, &[&address, "--timeout", "1", "--json"]).exits(1);
    let (verdict, words) = finding(&looked, "port");
    assert!(verdict == "fail" && words.contains(&opens), "{words}");
}

#[test]
fn what_takes_a_connection_and_says_nothing_is_told_too() {
    let (home, mute) = (TempDir::new(), greeter(""));
    let told = piped(&home, &[&mute.to_string(), "--timeout", "1"]).exits(1);
    is_told(&told, &["does not answer the handshake within 1 s", "is it a lanchat relay?"]);
}

#[test]
fn a_name_that_nobody_knows_is_told_with_how_to_look_it_up() {
    let home = TempDir::new();
    let told = piped(&home, &["no-such-host.invalid"]).exits(1);
    is_told(
        &told,
        &["no-such-host.invalid", "spelled right", "IP address", "getent hosts no-such-host.invalid"],
    );
    let looked = doctor(&home, &["no-such-host.invalid", "--json"]).exits(1);
    assert_eq!(finding(&looked, "name").0, "fail");
    assert_eq!(finding(&looked, "relay").0, "skipped");
    assert_eq!(finding(&looked, "state").0, "ok", "what does not need the relay is looked at all the same");
}

#[test]
fn where_there_is_no_way_the_way_is_what_to_look_at() {
    let home = TempDir::new();
    let is_root = rustix::process::geteuid().is_root();
    let flags = if is_root { &["--net"][..] } else { &["--user", "--map-root-user", "--net"] };
    if run(Command::new("unshare").args(flags).arg("true")).code != Some(0) {
        return skip("a network of its own is not to be had");
    }
    // One without any way out.
    let mut command = Command::new("unshare");
    command.args(flags).arg(program("lanchat-client")).arg("192.0.2.1");
    command.env("XDG_STATE_HOME", home.path()).env("HOME", home.path());
    let told = run_with(&mut command, "precious\n").exits(1);
    is_told(&told, &["there is no way to 192.0.2.1:5555", "same network", "ip route get 192.0.2.1"]);
}

#[test]
fn what_is_no_relay_is_named_by_what_it_says() {
    let home = TempDir::new();
    for (words, whose) in [
        ("SSH-2.0-OpenSSH_9.2\x1b[2J\r\n", "an SSH server, \"SSH-2.0-OpenSSH_9.2"),
        ("HTTP/1.1 400 Bad Request\r\n\r\n", "a web server, \"HTTP/1.1 400 Bad Request\""),
        ("220 mail.example ESMTP\r\n", "a mail or FTP server, \"220 mail.example ESMTP\""),
    ] {
        let address = greeter(words).to_string();
        for more in [&[][..], &["--plain"]] {
            let told = piped(&home, &[&[&*address], more].concat()).exits(1);
            is_told(&told, &[&address, whose, "is the port right?"]);
            assert!(!told.err.contains('\x1b') && !told.err.contains("--plain"), "{}", told.err);
            let looked = doctor(&home, &[&[&*address, "--json"], more].concat()).exits(1);
            let check = if more.is_empty() { "tls" } else { "relay" };
            let (verdict, words) = finding(&looked, check);
            assert!(verdict == "fail" && words.contains(whose), "{words}");
        }
        // Where a relay is known, it is a matter of trust.
        let pinned = piped(&home, &[&address, "--pin", &Identity::new().fingerprint()]).exits(3);
        is_told(&pinned, &["somebody answers in its place"]);
    }
}

#[test]
fn a_server_that_is_misspelt_is_told_with_the_names_there_are() {
    let home = TempDir::new();
    let told_by = |arguments: &[&str]| piped(&home, arguments).exits(1);
    let none = told_by(&["ofice.invalid"]);
    assert!(!none.err.contains("client.toml"), "there is none: {}", none.err);
    let file = home.file(".config/lanchat/client.toml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let named = |name: &str| format!("[server.\"{name}\"]\naddress = \"127.0.0.1\"\n");
    std::fs::write(&file, ["lab", "office.invalid", "attic"].map(named).concat()).unwrap();
    let words = "client.toml has no server ofice.invalid; it has office.invalid, attic, lab";
    for form in [&["ofice.invalid"][..], &["ofice.invalid", "--plain"]] {
        is_told(&told_by(form), &["cannot find the host ofice.invalid", words]);
    }
    let sent = told_by(&["send", "--relay", "ofice.invalid", "--timeout", "2s", "hi"]);
    assert!(sent.err.contains(words), "{}", sent.err);
    let looked = doctor(&home, &["ofice.invalid", "--json"]).exits(1);
    assert!(finding(&looked, "name").1.contains(words), "{}", looked.out);
}

#[test]
fn whoever_is_banned_is_told_by_whom_they_ask() {
    let (home, daemon) = (TempDir::new(), Daemon::start());
    let address = daemon.address().to_string();
    daemon.ctl(&["ban", "eve", "spam"]).exits(0);
    let told = piped(&home, &[&address, "--accept-new", "--nick", "eve"]).exits(1);
    is_told(&told, &[&address, "you are banned from this relay", "spam"]);
    let looked = doctor(&home, &[&address, "--json", "--nick", "eve"]).exits(1);
    let (verdict, words) = finding(&looked, "you");
    assert!(
        verdict == "fail" && words.contains("you are banned") && words.contains("administrator"),
        "{words}"
    );
    let others = doctor(&home, &[&address, "--json", "--nick", "bob"]).exits(0);
    assert_eq!(finding(&others, "you").0, "ok");
}

#[test]
fn a_relay_that_lets_nobody_in_says_so_to_a_doctor_too() {
    let (home, daemon) = (TempDir::new(), Daemon::with("limits.connections_max = 1"));
    let address = daemon.address().to_string();
    let first = Stranger::connect(&daemon);
    eventually("the relay is full", || (daemon.clients().len() == 1).then_some(()));
    for (more, check) in [(&[][..], "tls"), (&["--plain"], "relay")] {
        let looked = doctor(&home, &[&[&*address, "--json"], more].concat()).exits(1);
        let (verdict, words) = finding(&looked, check);
        assert!(verdict == "fail" && words.contains("this relay is full (1 connection)"), "{words}");
    }
    let told = piped(&home, &[&address, "--plain"]).exits(1);
    is_told(&told, &[&address, "this relay is full (1 connection): try again later"]);
    drop(first);
}

#[test]
fn a_relay_that_is_for_others_networks_says_whom_to_ask() {
    let (home, daemon) = (TempDir::new(), Daemon::with("listen.allow = [\"192.0.2.0/24\"]"));
    let address = daemon.address().to_string();
    for more in [&["--accept-new"][..], &["--plain"]] {
        let told = piped(&home, &[&[&*address], more].concat()).exits(1);
        is_told(&told, &[&address, "ask its administrator (listen.allow)"]);
    }
}

#[test]
fn where_only_who_is_logged_in_chats_the_options_for_that_are_told() {
    let (home, daemon) = (TempDir::new(), Daemon::with("accounts.who = \"registered\""));
    let address = daemon.address().to_string();
    let told = piped(&home, &[&address, "--accept-new"]).exits(1);
    assert!(told.err.contains("--login NICK") && told.err.contains("--token-file FILE"), "{}", told.err);
    let looked = doctor(&home, &[&address, "--json"]).exits(1);
    let (verdict, words) = finding(&looked, "you");
    assert!(verdict == "fail" && words.contains("--login NICK"), "{words}");
    assert_eq!(finding(&looked, "relay").0, "ok");
}

#[test]
fn plain_text_that_is_not_taken_is_told_by_the_option_to_leave_out() {
    let (home, daemon) = (TempDir::new(), Daemon::with("tls.mode = \"required\""));
    let address = daemon.address().to_string();
    let told = piped(&home, &[&address, "--plain"]).exits(1);
    is_told(&told, &[&address, "encrypted connections only", "leave --plain out"]);
    let looked = doctor(&home, &[&address, "--json", "--plain"]).exits(1);
    assert!(finding(&looked, "relay").1.contains("leave --plain out"), "{}", looked.out);
}

#[test]
fn a_doctor_finds_all_well_step_by_step_and_nobody_notices() {
    let (home, daemon) = (TempDir::new(), Daemon::start());
    let address = daemon.address().to_string();
    let mut bob = Netcat::named(&daemon, "bob");
    let shown = doctor(&home, &[&address, "--accept-new"]).exits(0);
    let checks: Vec<_> = shown.out.lines().filter(|line| !line.starts_with(' ')).collect();
    for (line, check) in checks.iter().zip(CHECKS) {
        assert_eq!(line.split_whitespace().nth(1), Some(check), "{}", shown.out);
    }
    assert_eq!(checks.len(), CHECKS.len(), "{}", shown.out);
    for part in ["TLS 1.3", "lanchatd/", "you would be ana, a free nick", " ms to the relay and back"] {
        assert!(shown.out.contains(part), "{part}: {}", shown.out);
    }
    assert_eq!(shown.err, "");
    // The key was taken, and not remembered.
    let again = doctor(&home, &[&address, "--json"]).exits(3);
    assert!(finding(&again, "key").1.contains("is not known yet"), "{}", again.out);
    assert!(!home.file("lanchat/known-relays").exists());
    piped(&home, &[&address, "--accept-new", "--nick", "carl"]).exits(0);
    let known = doctor(&home, &[&address, "--json"]).exits(0);
    assert_eq!(known.json()["ok"], true);
    assert!(finding(&known, "key").1.contains("known since 20"), "{}", known.out);
    // Of all that, one has come in.
    bob.sees("carl: precious");
    bob.says("/who");
    let heard = bob.sees("* in #lobby");
    assert!(!heard.contains("ana") && !heard.contains("guest"), "{heard}");
    assert_eq!(daemon.status()["messages_accepted"], 1);
}

#[test]
fn a_doctor_tells_whether_the_nick_is_free_and_the_login_right() {
    let (home, daemon) = (TempDir::new(), Daemon::start());
    let address = daemon.address().to_string();
    let _bob = Netcat::named(&daemon, "bob");
    let looks = |more: &[&str]| doctor(&home, &[&[&*address, "--json", "--accept-new"], more].concat());
    let (verdict, words) = finding(&looks(&["--nick", "bob"]).exits(0), "you");
    assert!(verdict == "warn" && words.contains("bob is taken"), "{words}");
    daemon.ctl_with(&["user", "add", "dora"], "correct horse\n").exits(0);
    let (verdict, words) = finding(&looks(&["--nick", "dora"]).exits(0), "you");
    assert!(verdict == "warn" && words.contains("--login"), "{words}");
    // What waits for her goes on waiting.
    let mut carl = Netcat::named(&daemon, "carl");
    carl.says("/msg dora are you there?");
    carl.sees("dora");
    for (password, code, verdict, part) in
        [("correct horse", 0, "ok", "you would be dora, logged in"), ("wrong", 1, "fail", "is wrong")]
    {
        let file = home.write("password", password);
        let file = file.to_str().unwrap();
        let looked = looks(&["--login", "dora", "--password-file", file]).exits(code);
        let (found, words) = finding(&looked, "you");
        assert!(found == verdict && words.contains(part), "{words}");
    }
    let file = home.write("password", "correct horse");
    let login = ["--login", "dora", "--password-file", file.to_str().unwrap(), "--accept-new", "--json"];
    let heard = piped(&home, &[&[&*address], &login[..]].concat()).exits(0);
    assert!(heard.out.contains("are you there?"), "{}", heard.out);
}

#[test]
fn a_doctor_tells_a_changed_key_and_does_not_take_it() {
    let (home, before, after) = (TempDir::new(), Identity::new(), Identity::new());
    let relay = Impostor::start(Some(&before));
    let address = relay.address().to_string();
    piped(&home, &[&address, "--accept-new"]).exits(0);
    relay.becomes(Some(&after));
    let heard = relay.heard().len();
    let looked = doctor(&home, &[&address, "--json", "--accept-new"]).exits(3);
    let (verdict, words) = finding(&looked, "key");
    assert_eq!(verdict, "fail");
    for part in [before.fingerprint(), after.fingerprint(), "--forget".to_owned()] {
        assert!(words.contains(&part), "{words}");
    }
    assert_eq!(relay.heard().len(), heard, "nothing was sent");
}

#[test]
fn a_doctor_tells_what_is_wrong_with_client_toml_and_goes_on() {
    let (home, daemon) = (TempDir::new(), Daemon::start());
    std::fs::create_dir_all(home.file(".config/lanchat")).unwrap();
    home.write(".config/lanchat/client.toml", "nick = \"ana\"\nnik = 1\n");
    let looked = doctor(&home, &[&daemon.address().to_string(), "--json", "--accept-new"]).exits(1);
    let (verdict, words) = finding(&looked, "config");
    assert!(verdict == "fail" && words.contains("client.toml: line 2: "), "{words}");
    assert_eq!(finding(&looked, "relay").0, "ok");
    assert_eq!(looked.err, "lanchat-client: 1 check failed\n");
    home.write(
        ".config/lanchat/client.toml",
        &format!("[server.office]\naddress = \"{}\"\n", daemon.address()),
    );
    doctor(&home, &["office", "--accept-new"]).exits(0);
}

#[test]
fn a_doctor_tells_a_relay_that_is_not_there() {
    let (home, nobody) = (TempDir::new(), nobody());
    let shown = doctor(&home, &[&nobody]).exits(1);
    assert!(
        shown.out.contains("fail  port        nothing on this machine takes connections"),
        "{}",
        shown.out
    );
    assert!(shown.out.contains("--    relay       not looked at"), "{}", shown.out);
    assert_eq!(shown.err, "lanchat-client: 1 check failed\n");
}

#[test]
fn a_doctor_looks_at_the_terminal_that_it_is_on() {
    let (home, daemon) = (TempDir::new(), Daemon::start());
    let looks = |environment: &[(&str, &str)]| {
        let mut command = Command::new(program("lanchat-client"));
        command.args(["doctor", &daemon.address().to_string(), "--accept-new"]);
        let terminal = Terminal::run(command, &home, environment);
        terminal.sees("state ");
        terminal.raw()
    };
    let fine = looks(&[("LC_ALL", "C.UTF-8")]);
    assert!(fine.contains("TERM=xterm-256color") && fine.contains("ok    locale      C.UTF-8"), "{fine}");
    let poor = looks(&[("TERM", "dumb"), ("LC_ALL", "C")]);
    assert!(poor.contains("warn  terminal") && poor.contains("export LANG=C.UTF-8"), "{poor}");
}

#[test]
fn a_doctor_shows_nothing_of_a_relay_that_moves_the_cursor_and_waits_for_none_that_never_answers() {
    let evil = "\u{1b}[2J\u{9b}31m\u{202e}";
    let welcome = json!({ "type": "welcome", "version": 1, "nick": format!("n{evil}"), "server": format!("s{evil}"),
        "rooms": [], "time": format!("t{evil}"),
        "limits": { "line_bytes_max": 1, "messages_per_second_max": 0, "messages_burst_max": 0 } });
    let error = json!({ "type": "error", "code": "banned", "message": format!("m{evil}") });
    for words in
        [welcome.to_string(), error.to_string(), format!("* this relay is full ({evil}"), format!("x{evil}")]
    {
        let relay = Impostor::that(Some(&Identity::new()), move |_| vec![words.clone()]);
        for more in [&[][..], &["--json"]] {
            let home = TempDir::new();
            let address = relay.address().to_string();
            let ran = doctor(&home, &[&[&*address, "--accept-new", "--timeout", "1"], more].concat());
            let shown = ran.out + &ran.err;
            assert!(!shown.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{shown:?}");
        }
    }
    // It talks much, and never answers.
    let relay =
        Impostor::that(Some(&Identity::new()), |_| vec!["{\"type\":\"weather\"}".to_owned(); 300_000]);
    let looked =
        doctor(&TempDir::new(), &[&relay.address().to_string(), "--accept-new", "--timeout", "1", "--json"]);
    assert!(finding(&looked.exits(1), "relay").1.contains("nothing came within 1 s that answers"));
}

#[test]
fn a_doctor_who_is_not_listened_to_ends_quietly() {
    let (home, daemon) = (TempDir::new(), Daemon::start());
    let doctor = program("lanchat-client").display().to_string();
    let line = format!("'{doctor}' doctor {} --accept-new | head -n 1", daemon.address());
    let mut command = Command::new("sh");
    command.args(["-c", &line]).env("XDG_STATE_HOME", home.path()).env("HOME", home.path());
    let ran = run(&mut command).exits(0);
    assert_eq!((ran.out.lines().count(), &*ran.err), (1, ""));
}
