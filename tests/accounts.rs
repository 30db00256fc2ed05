//! Names that belong to people: made by administrators, registered by their owners, kept, and never given away.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use lanchat_tests::{Daemon, Follower, Native, Netcat, Setup, Signal, TempDir, Terminal, Value, ctl, json};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with};

/// Passwords are taken over connections that are not encrypted.
const PLAIN: &str = "accounts.plain_passwords = true\n";

/// How long a message may take to be heard while others try passwords.
const HEARD_WITHIN: Duration = Duration::from_millis(500);

/// By how much the relay may grow meanwhile.
const GROWN_MAX_KIB: u64 = 64 * 1024;

fn has_user(daemon: &Daemon, nick: &str, password: &str) {
    daemon.ctl_with(&["user", "add", nick], &format!("{password}\n")).exits(0);
}

/// A native client that says hello with a password.
fn owner(daemon: &Daemon, nick: &str, password: &str) -> Native {
    let mut owner = Native::connect(daemon);
    owner.sends(&json!({"type": "hello", "version": 1, "nick": nick, "password": password}));
    assert_eq!(owner.event("welcome")["role"], "member");
    owner
}

fn log_in(client: &mut Native, nick: &str, password: &str) -> Value {
    client.request(json!({"type": "login", "nick": nick, "password": password}))
}

#[test]
fn a_guest_makes_way_for_the_owner_of_a_name() {
    let daemon = Daemon::with(PLAIN);
    let (mut guest, mut other) = (Netcat::named(&daemon, "ana"), Netcat::named(&daemon, "bob"));
    let mut native = Native::hello(&daemon, "eva");
    has_user(&daemon, "ana", "open sesame");
    has_user(&daemon, "eva", "open sesame too");
    let told = guest.sees("* the nick ana belongs to somebody, and you are now guest");
    assert!(told.contains("/login ana PASSWORD"), "{told}");
    native.is_refused("nick_registered");
    assert!(native.event("nick")["nick"].as_str().unwrap().starts_with("guest"));
    other.sees("* ana is now guest");
    guest.says("/nick ana");
    guest
        .sees("* the nick ana belongs to somebody: if that is you, /login ana PASSWORD, else choose another");
    guest.says("/login ana open-sesame");
    guest.sees("* the nick or the password is wrong");
    guest.says("/login ana open sesame");
    guest.sees("* you are logged in as ana (member)");
    other.sees(" is now ana");
    daemon.log_contains("is logged in as ana");
}

#[test]
fn everybody_sees_what_somebody_may_do() {
    let daemon = Daemon::with(PLAIN);
    has_user(&daemon, "ana", "open sesame");
    let mut ana = owner(&daemon, "ana", "open sesame");
    let mut bob = Netcat::named(&daemon, "bob");
    let role = |daemon: &Daemon, nick: &str| {
        let clients = daemon.ctl(&["list-clients", "--json"]).exits(0).json();
        let client = clients.as_array().unwrap().iter().find(|client| client["nick"] == nick).cloned();
        client.expect("is connected")["role"].clone()
    };
    assert_eq!((role(&daemon, "ana"), role(&daemon, "bob")), (json!("member"), json!("guest")));
    daemon.ctl(&["user", "role", "ana", "moderator"]).exits(0);
    assert_eq!(role(&daemon, "ana"), "moderator");
    let table = daemon.ctl(&["list-clients"]).exits(0).out;
    assert!(table.lines().any(|line| line.contains(" ana ") && line.contains(" moderator ")), "{table}");
    bob.says("/whois ana");
    bob.sees("* ana (moderator) has been here for");
    bob.says("/whois bob");
    bob.sees("* bob has been here for");
    let told = ana.answered("whois", json!({"type": "whois", "nick": "ana"}));
    assert_eq!(told["role"], "moderator", "{told}");
    assert_eq!(ana.answered("whois", json!({"type": "whois", "nick": "bob"})).get("role"), None);
}

#[test]
fn names_that_look_like_a_registered_one_are_nobodys() {
    let daemon = Daemon::with(PLAIN);
    has_user(&daemon, "ana", "open sesame");
    let mut guest = Netcat::connect(&daemon);
    for alike in ["ANA", "аnа", "ａｎａ", "a\u{301}na", "a\u{336}na", "an\u{430}"] {
        guest.says(&format!("/nick {alike}"));
        guest.sees("belongs to somebody");
        let mut native = Native::connect(&daemon);
        native.sends(&json!({"type": "hello", "version": 1, "nick": alike}));
        native.is_refused("nick_registered");
        daemon.ctl_with(&["user", "add", alike], "open sesame\n").exits(1);
    }
    for hidden in ["a\u{200b}na", "ana\u{200d}", "ana\u{34f}"] {
        guest.says(&format!("/nick {hidden}"));
        guest.sees("* a nick has no ");
        daemon.ctl_with(&["user", "add", hidden], "open sesame\n").exits(1);
    }
}

#[test]
fn accounts_outlive_a_restart_and_a_kill() {
    let mut daemon = Daemon::with(PLAIN);
    let mut ana = Native::hello(&daemon, "ana");
    let told = ana.answered("account", json!({"type": "register", "password": "open sesame"}));
    assert_eq!((&told["role"], &told["durable"]), (&json!("member"), &json!(true)), "{told}");
    has_user(&daemon, "bob", "not for long");
    daemon.ctl(&["user", "role", "bob", "moderator"]).exits(0);
    let token = daemon.ctl(&["token", "new", "bob", "--name", "cron"]).exits(0).out.trim().to_owned();
    let gone = daemon.ctl(&["token", "new", "bob"]).exits(0);
    let id = gone.err.split(' ').nth(1).unwrap().to_owned();
    daemon.ctl(&["token", "revoke", &id]).exits(0);
    // What was acknowledged is on the disk.
    daemon.signal(Signal::KILL);
    daemon.wait_exit();
    let daemon = daemon.restart();
    check(&daemon, &token, gone.out.trim());
    let daemon = daemon.restart();
    check(&daemon, &token, gone.out.trim());
    daemon.ctl(&["user", "del", "bob"]).exits(0);
    let mut daemon = daemon;
    daemon.signal(Signal::KILL);
    daemon.wait_exit();
    let daemon = daemon.restart();
    let users = daemon.ctl(&["user", "list", "--json"]).exits(0).json();
    assert_eq!(users["users"].as_array().unwrap().len(), 1, "{users}");
    Native::connect(&daemon).sends(&json!({"type": "hello", "version": 1, "nick": "bob"}));
}

fn check(daemon: &Daemon, token: &str, gone: &str) {
    owner(daemon, "ana", "open sesame");
    let mut guest = Native::connect(daemon);
    guest.sends(&json!({"type": "hello", "version": 1, "nick": "ana"}));
    guest.is_refused("nick_registered");
    guest.sends(&json!({"type": "hello", "version": 1, "token": gone}));
    guest.is_refused("wrong_password");
    guest.sends(&json!({"type": "hello", "version": 1, "token": token}));
    let welcome = guest.event("welcome");
    assert_eq!((&welcome["nick"], &welcome["role"]), (&json!("bob"), &json!("moderator")), "{welcome}");
}

#[test]
fn accounts_go_into_the_store_that_takes_the_place_of_a_damaged_one() {
    let mut daemon = Daemon::with(PLAIN);
    let mut bob = Native::hello(&daemon, "bob");
    has_user(&daemon, "ana", "open sesame");
    let store = daemon.directory().file("lanchat.db");
    for part in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{part}", store.display()));
    }
    bob.sends(&json!({"type": "say", "room": "lobby", "text": "where is it"}));
    daemon.log_contains("a new one was begun");
    daemon.log_contains("what is said is kept again");
    daemon.signal(Signal::KILL);
    daemon.wait_exit();
    owner(&daemon.restart(), "ana", "open sesame");
}

#[test]
fn several_sessions_of_one_person_are_one_person() {
    let daemon = Daemon::with(PLAIN);
    has_user(&daemon, "ana", "open sesame");
    let mut bob = Native::hello(&daemon, "bob");
    let (mut one, mut two) = (owner(&daemon, "ana", "open sesame"), Netcat::connect(&daemon));
    two.says("/login ana open sesame");
    two.sees("logged in as ana");
    let who = bob.answered("who", json!({"type": "who"}));
    assert_eq!(who["people"].as_array().unwrap().len(), 2, "{who}");
    bob.says_in("@ana", "to all of you");
    one.sees_message("bob", "to all of you");
    two.sees("@bob: to all of you");
    one.says("in the lobby");
    two.sees("ana: in the lobby");
    drop(one);
    two.says("/me stays");
    bob.sees("ana's deed", |event| event["text"] == "stays");
    drop(two);
    bob.sees("ana's end", |event| event["change"] == "left" && event["nick"] == "ana");
    let left = |event: &&Value| event["change"] == "left" && event["nick"] == "ana";
    assert_eq!(bob.events().iter().filter(left).count(), 1);
}

#[test]
fn what_is_sent_behind_a_login_is_said_by_who_has_logged_in() {
    let daemon = Daemon::with(PLAIN);
    has_user(&daemon, "ana", "open sesame");
    let mut bob = Netcat::named(&daemon, "bob");
    let mut script = Netcat::silent(daemon.address());
    script.sends(b"/login ana open sesame\nthe backup is done\n");
    script.ends_input();
    bob.sees("ana: the backup is done");
    script.sees("logged in as ana");
    script.is_closed();
}

#[test]
fn passwords_are_not_taken_over_plain_text() {
    let daemon = Daemon::start();
    has_user(&daemon, "ana", "open sesame");
    let mut guest = Netcat::named(&daemon, "bob");
    for line in ["/login ana open sesame", "/register open-sesame", "/passwd open-sesame another-one"] {
        guest.says(line);
        guest.sees("* passwords are not taken over plain text, and yours was not read: use lanchat-client");
    }
    let mut native = Native::connect(&daemon);
    native.sends(&json!({"type": "hello", "version": 1, "nick": "ana", "password": "open sesame"}));
    native.is_refused("not_private");
}

#[test]
fn where_only_who_is_logged_in_chats_an_invite_lets_somebody_register() {
    let daemon = Daemon::with(&format!("{PLAIN}accounts.who = \"invited\"\n"));
    has_user(&daemon, "ana", "open sesame");
    let mut ana = owner(&daemon, "ana", "open sesame");
    let mut bob = Netcat::silent(daemon.address());
    bob.sees("Only who is logged in chats here");
    bob.says("hi");
    bob.sees("* only who is logged in may do this");
    ana.says("not for guests");
    bob.says("/nick bob");
    bob.sees("you are now bob");
    bob.says("/register sesame-street");
    bob.sees("registering here takes an invite");
    bob.says("/register sesame-street guessed");
    bob.sees("this invite is none");
    let invite = daemon.ctl(&["invite", "--host", "chat.example", "--json"]).exits(0).json();
    let (code, link) = (invite["code"].as_str().unwrap(), invite["links"][0].as_str().unwrap());
    let port = daemon.address().port();
    assert!(link.starts_with(&format!("lanchat://chat.example:{port}/{code}")), "{link}");
    bob.never_saw("not for guests");
    bob.says(&format!("/register sesame-street {code}"));
    // Whoever comes in is told what was said before.
    bob.sees("ana: not for guests");
    bob.sees("* you are logged in as bob (member)");
    ana.says("welcome");
    bob.sees("ana: welcome");
    let mut eva = Netcat::silent(daemon.address());
    eva.says("/nick eva");
    eva.sees("you are now eva");
    eva.says(&format!("/register sesame-street {code}"));
    eva.sees("has been used up");
}

#[test]
fn an_administrator_sees_invites_and_revokes_them_by_id_or_code_also_after_a_kill() {
    let mut daemon = Daemon::with(&format!("{PLAIN}accounts.who = \"invited\"\n"));
    let make = |daemon: &Daemon, options: &[&str]| {
        let host = ["invite", "--host", "chat.example", "--json"];
        let made = daemon.ctl(&[&host, options].concat()).exits(0).json();
        let text = |key: &str| made[key].as_str().unwrap().to_owned();
        (text("id"), text("code"))
    };
    let (by_id, first) = make(&daemon, &["--uses", "2", "--role", "moderator"]);
    let (other, by_code) = make(&daemon, &["--expires", "7d"]);
    let (left, good) = make(&daemon, &[]);
    daemon.signal(Signal::KILL);
    daemon.wait_exit();
    let mut daemon = daemon.restart();
    let ids = |daemon: &Daemon| {
        let listed = daemon.ctl(&["invite", "list", "--json"]).exits(0);
        for code in [&first, &by_code, &good] {
            assert!(!listed.out.contains(code.as_str()), "a code is shown again: {}", listed.out);
        }
        let invites = listed.json()["invites"].as_array().unwrap().clone();
        let mut ids: Vec<_> = invites.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect();
        ids.sort_unstable();
        (ids, invites)
    };
    let (_, invites) = ids(&daemon);
    let of = |id: &str| invites.iter().find(|invite| invite["id"] == id).unwrap();
    assert_eq!(invites[0]["id"], *other, "the next one to expire is first");
    assert!(of(&other)["expires"].is_string() && of(&other)["uses"].is_null(), "{invites:?}");
    let uid = rustix::process::getuid().as_raw();
    let expected = json!({"id": by_id, "role": "moderator", "uses": 2, "expires": null, "uid": uid});
    assert_eq!(*of(&by_id), expected);
    let between = daemon.ctl(&["invite", "--json", "list"]).exits(0).json();
    assert_eq!(between["invites"], json!(invites), "where it stands is the same");
    daemon.ctl(&["invite", "--uses", "1", "list"]).exits(2);
    let table = daemon.ctl(&["invite", "list"]).exits(0).out;
    assert!(table.lines().any(|line| line.starts_with(&by_id) && line.contains("moderator")), "{table}");
    daemon.ctl(&["invite", "revoke", &by_id]).exits(0);
    let revoked = daemon.ctl(&["invite", "revoke", "--json", &by_code]).exits(0).json();
    assert_eq!((&revoked["id"], &revoked["kept"]), (&json!(other), &json!("durable")), "{revoked}");
    for gone in [by_id.as_str(), &by_code, "-guessed", "no-such-invite"] {
        let refused = daemon.ctl(&["invite", "revoke", gone]).exits(4);
        assert!(!refused.err.contains(gone), "what may be a code is repeated: {}", refused.err);
    }
    daemon.log_contains(&format!("invite {by_id} revoked by user"));
    daemon.signal(Signal::KILL);
    daemon.wait_exit();
    let daemon = daemon.restart();
    assert_eq!(ids(&daemon).0, [left]);
    let mut bob = Netcat::silent(daemon.address());
    bob.says("/nick bob");
    bob.sees("you are now bob");
    for code in [&first, &by_code] {
        bob.says(&format!("/register sesame-street {code}"));
        bob.sees("this invite is none");
    }
    bob.says(&format!("/register sesame-street {good}"));
    bob.sees("* you are logged in as bob (member)");
    assert!(ids(&daemon).0.is_empty(), "used up");
}

/// Connects from an address of this machine.
fn connect_from(from: Ipv4Addr, to: SocketAddr) -> TcpStream {
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
    bind(&socket, &SocketAddrV4::new(from, 0)).unwrap();
    connect(&socket, &to).unwrap();
    socket.into()
}

/// So many clients that all try a wrong password at the same moment, from so many addresses.
fn guess(daemon: &Daemon, clients: usize, addresses: usize) -> Vec<BufReader<TcpStream>> {
    let mut all: Vec<_> = (0..clients)
        .map(|number| {
            connect_from(Ipv4Addr::new(127, 0, 1, (number % addresses) as u8 + 1), daemon.address())
        })
        .collect();
    let hello = json!({"type": "hello", "version": 1, "nick": "ana", "password": "wrong password"});
    for client in &mut all {
        client.write_all(format!("{hello}\n").as_bytes()).unwrap();
    }
    all.into_iter().map(BufReader::new).collect()
}

/// What each of them is told, by its code.
fn codes(clients: Vec<BufReader<TcpStream>>) -> Vec<String> {
    let told = clients.into_iter().map(|client| {
        client.get_ref().set_read_timeout(Some(lanchat_tests::PATIENCE)).unwrap();
        // On a busy machine some greet so late that they were taken for people with netcat before.
        let mut lines = client.lines().map(Result::unwrap);
        let line = lines.find(|line| !line.starts_with("* ")).unwrap_or_default();
        let event: Value = line.parse().unwrap_or_else(|error| panic!("{error}: {line}"));
        event["code"].as_str().unwrap_or_else(|| panic!("{line}")).to_owned()
    });
    told.collect()
}

#[test]
fn a_thousand_wrong_logins_hold_nobody_up() {
    let daemon = Daemon::with(&format!("{PLAIN}limits.messages_per_second_max = 0\n"));
    has_user(&daemon, "ana", "open sesame");
    let (mut bob, mut eva) = (Native::hello(&daemon, "bob"), Native::hello(&daemon, "eva"));
    bob.says("before");
    eva.sees_message("bob", "before");
    let before = daemon.memory_kib();
    let guessing = guess(&daemon, 1000, 100);
    let (begun, mut worst, mut grown) = (Instant::now(), Duration::ZERO, 0);
    for number in 0.. {
        let said = Instant::now();
        bob.sends(&json!({"type": "say", "room": "lobby", "text": format!("m{number}")}));
        eva.sees_message("bob", &format!("m{number}"));
        worst = worst.max(said.elapsed());
        grown = grown.max(daemon.memory_kib().saturating_sub(before));
        if number > 50 && begun.elapsed() > Duration::from_secs(3) {
            break;
        }
    }
    let codes = codes(guessing);
    let count = |code: &str| codes.iter().filter(|told| *told == code).count();
    let counts = (count("wrong_password"), count("login_throttled"), count("busy"));
    assert_eq!(counts.0 + counts.1 + counts.2, 1000, "{counts:?}");
    assert!((1..=50).contains(&counts.0), "{counts:?}");
    assert!(worst < HEARD_WITHIN, "a message took {worst:?}");
    assert!(grown < GROWN_MAX_KIB, "it has grown by {grown} KiB");
}

#[test]
fn wrong_logins_from_elsewhere_do_not_lock_the_owner_out() {
    let daemon = Daemon::with(PLAIN);
    has_user(&daemon, "ana", "open sesame");
    let token = daemon.ctl(&["token", "new", "ana"]).exits(0).out.trim().to_owned();
    owner(&daemon, "ana", "open sesame");
    // Until all together have guessed as often as they may.
    let is_throttled = |_| codes(guess(&daemon, 60, 100)).iter().any(|code| code == "login_throttled");
    assert!((0..20).any(is_throttled));
    let guessing = guess(&daemon, 400, 100);
    owner(&daemon, "ana", "open sesame");
    let mut stranger = Native::connect(&daemon);
    stranger.sends(&json!({"type": "hello", "version": 1, "token": token}));
    stranger.event("welcome");
    codes(guessing);
}

#[test]
fn there_is_no_telling_whether_a_name_is_registered_by_its_answer() {
    let daemon = Daemon::with(PLAIN);
    has_user(&daemon, "ana", "open sesame");
    let mut guest = Native::hello(&daemon, "bob");
    let words = |told: Value| (told["code"].clone(), told["message"].clone());
    let (ana, nobody) = (log_in(&mut guest, "ana", "wrong"), log_in(&mut guest, "nobody", "wrong"));
    assert_eq!(words(ana), words(nobody));
}

#[test]
fn administrators_make_and_change_accounts_and_the_log_says_who() {
    let daemon = Daemon::with(PLAIN);
    let added = daemon.ctl_with(&["user", "add", "ana", "--role", "moderator"], "open sesame\n").exits(0);
    assert_eq!(added.out, "ana is registered, as moderator; they log in with: /login ana PASSWORD\n");
    daemon.log_contains("account ana added as moderator by user");
    assert!(
        daemon.ctl_with(&["user", "add", "bob"], "short\n").exits(1).err.contains("at least 8 characters")
    );
    daemon.ctl_with(&["user", "add", "ana"], "open sesame\n").exits(1);
    daemon.ctl_with(&["user", "add", "guest7"], "open sesame\n").exits(1);
    daemon.ctl(&["user", "add", "bot", "--no-password"]).exits(0);
    let mut ana = Native::connect(&daemon);
    ana.sends(&json!({"type": "hello", "version": 1, "nick": "ana", "password": "open sesame"}));
    assert_eq!(ana.event("welcome")["role"], "moderator");
    daemon.ctl(&["user", "role", "ANA", "admin"]).exits(0);
    assert_eq!(ana.event("account")["role"], "admin", "at once");
    daemon.ctl_with(&["user", "passwd", "ana"], "another one\n").exits(0);
    daemon.log_contains("account ana given another password by user");
    assert_eq!(ana.event("account")["role"], "guest", "whoever knew the old password");
    log_in(&mut ana, "ana", "another one");
    let listed = daemon.ctl(&["user", "list"]).exits(0).out;
    assert!(
        listed.lines().any(|line| line.split_whitespace().take(5).eq(["ana", "admin", "yes", "0", "1"])),
        "{listed}"
    );
    let token = daemon.ctl(&["token", "new", "bot", "--name", "cron"]).exits(0);
    assert_eq!(token.out.trim().len(), 43, "the token, and nothing else");
    let tokens = daemon.ctl(&["token", "list", "bot", "--json"]).exits(0).json();
    assert_eq!(tokens["tokens"][0]["name"], "cron", "{tokens}");
    daemon.ctl(&["user", "del", "ana"]).exits(0);
    assert_eq!(ana.event("account")["role"], "guest");
    for gone in [&["user", "del", "ana"][..], &["user", "role", "ana", "admin"], &["token", "new", "ana"]] {
        daemon.ctl(gone).exits(4);
    }
    daemon.ctl(&["token", "revoke", "00000000"]).exits(4);
}

#[test]
fn without_a_store_accounts_live_as_long_as_the_relay_and_whoever_makes_one_is_told() {
    let daemon = Daemon::with("store.path = \"\"\n");
    let added = daemon.ctl_with(&["user", "add", "ana"], "open sesame\n").exits(0);
    assert!(added.out.contains("it holds until lanchatd ends"), "{}", added.out);
    assert_eq!(daemon.ctl(&["user", "list", "--json"]).exits(0).json()["users"][0]["nick"], "ana");
}

#[test]
fn a_password_is_asked_for_where_nobody_sees_it() {
    let daemon = Daemon::with(PLAIN);
    let home = TempDir::new();
    let mut command = ctl(&daemon.socket());
    command.args(["user", "add", "ana"]);
    let mut terminal = Terminal::run(command, &home, &[]);
    terminal.sees("Password for ana: ");
    terminal.enters("open sesame");
    terminal.sees("The same again: ");
    terminal.enters("open sesame");
    terminal.sees("ana is registered");
    assert_eq!(terminal.exits(), 0);
    assert!(!terminal.raw().contains("sesame"));
    owner(&daemon, "ana", "open sesame");
    let mut command = ctl(&daemon.socket());
    command.args(["user", "passwd", "ana"]);
    let mut terminal = Terminal::run(command, &home, &[]);
    terminal.sees("Password for ana: ");
    terminal.enters("open sesame");
    terminal.sees("The same again: ");
    terminal.enters("open sesamE");
    terminal.sees("two different passwords, nothing was changed");
    assert_eq!(terminal.exits(), 1);
}

/// What nobody may find anywhere.
const SENTINEL: &str = "xyzzy-4711-plugh";
/// The same where a string is expected.
const SENTINEL_NUMBER: &str = "471108150815";

#[test]
fn a_password_is_found_nowhere() {
    let settings =
        format!("{PLAIN}log.level = \"trace\"\nlog.messages = true\nmetrics.listen = \"127.0.0.1:0\"\n");
    let daemon = Setup::new(&settings).in_foreground().start();
    let mut watching = Follower::start(ctl(&daemon.socket()).args(["watch", "--json"]));
    let mut ana = Netcat::named(&daemon, "ana");
    ana.says(&format!("/register {SENTINEL}"));
    ana.sees("logged in as ana");
    ana.says(&format!("/passwd {SENTINEL} {SENTINEL}-2"));
    ana.sees("logged in as ana");
    for line in ["/login ana {}", "/login {}-3", "/passwd {} {} {}", "/register a {} c", "/passwd {}"] {
        ana.says(&line.replace("{}", SENTINEL));
    }
    ana.says("hello");
    has_user(&daemon, "bob", &format!("{SENTINEL}-4"));
    daemon.ctl_with(&["user", "passwd", "bob"], &format!("{SENTINEL}-5\n")).exits(0);
    let token = daemon.ctl(&["token", "new", "bob"]).exits(0).out.trim().to_owned();
    let mut bob = Native::connect(&daemon);
    for wrong in [
        format!(r#"{{"type":"hello","version":1,"nick":"bob","password":{SENTINEL_NUMBER}}}"#),
        format!(r#"{{"type":"hello","version":1,"nick":"bob","password":["{SENTINEL}"]}}"#),
        format!(r#"{{"type":"login","nick":"bob","password":"{SENTINEL}"#),
        format!(r#"{{"type":"hello","version":1,"nick":"bob","password":"{SENTINEL}"}}"#),
    ] {
        bob.sends_line(&wrong);
        bob.event("error");
    }
    bob.sends(&json!({"type": "hello", "version": 1, "nick": "bob", "password": format!("{SENTINEL}-5")}));
    bob.event("welcome");
    bob.says("a message");
    let mut eva = Native::connect(&daemon);
    eva.sends(&json!({"type": "hello", "version": 1, "token": token}));
    eva.event("welcome");
    watching.sees("logged_in");
    // What somebody looks at while it runs.
    let backup = daemon.directory().file("backup.db");
    daemon.ctl(&["backup", backup.to_str().unwrap()]).exits(0);
    for verb in
        [&["export", "--direct"][..], &["metrics"], &["status", "--json"], &["list-clients", "--json"]]
    {
        is_clean(verb[0], daemon.ctl(verb).exits(0).out.as_bytes(), &token);
    }
    for file in ["cmdline", "environ"] {
        let shown = fs::read(format!("/proc/{}/{file}", daemon.pid())).unwrap();
        is_clean(file, &shown, &token);
    }
    // What is left of it.
    files_are_clean(daemon.directory().path(), &token);
    daemon.ctl(&["stop"]).exits(0);
    is_clean("watch", watching.ends().out.as_bytes(), &token);
    files_are_clean(daemon.directory().path(), &token);
    is_clean("log", daemon.log().join("\n").as_bytes(), &token);
    daemon.shows("hello");
    is_clean("console", daemon.shown().join("\n").as_bytes(), &token);
}

fn files_are_clean(directory: &Path, token: &str) {
    let mut files = 0;
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            is_clean(&path.display().to_string(), &fs::read(&path).unwrap(), token);
            files += 1;
        }
    }
    assert!(files >= 3, "the store is there");
}

fn is_clean(what: &str, bytes: &[u8], token: &str) {
    let text = String::from_utf8_lossy(bytes);
    for secret in [SENTINEL, SENTINEL_NUMBER, token] {
        let found = text.lines().find(|line| line.contains(secret));
        assert!(found.is_none(), "{what}: {found:?}");
    }
}
