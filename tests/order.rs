//! Order: who is not let in, who says nothing, and what nobody else sees, with the real programs.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};

use lanchat_tests::{
    Daemon, Follower, Native, Netcat, Setup, Signal, TempDir, Terminal, ctl, eventually, json,
};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with};

/// Passwords are taken over connections that are not encrypted, and nobody is slowed down.
const PLAIN: &str = "accounts.plain_passwords = true\nlimits.messages_per_second_max = 0\n";

/// Somebody with an account and a role, logged in.
fn with_role(daemon: &Daemon, nick: &str, role: &str) -> Native {
    let password = format!("{nick}'s password");
    daemon.ctl_with(&["user", "add", nick, "--role", role], &format!("{password}\n")).exits(0);
    logged_in(daemon, nick)
}

fn logged_in(daemon: &Daemon, nick: &str) -> Native {
    let mut native = Native::connect(daemon);
    let password = format!("{nick}'s password");
    native.sends(&json!({"type": "hello", "version": 1, "nick": nick, "password": password}));
    native.event("welcome");
    native
}

/// What somebody who comes from there is told first, without a word of theirs.
fn greeted_at(from: Ipv4Addr, to: SocketAddr) -> String {
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
    bind(&socket, &SocketAddrV4::new(from, 0)).unwrap();
    connect(&socket, &to).unwrap();
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(lanchat_tests::PATIENCE)).unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    line
}

/// What a native client is told that says hello by this nick.
fn turned_away(daemon: &Daemon, nick: &str) -> String {
    let mut native = Native::connect(daemon);
    native.sends(&json!({"type": "hello", "version": 1, "nick": nick}));
    let message = native.is_refused("banned")["message"].as_str().unwrap().to_owned();
    assert_eq!(native.event("bye")["code"], "kicked");
    native.is_closed();
    message
}

#[test]
fn a_ban_of_guests_keeps_out_whoever_has_to_log_in_by_hand_and_says_so() {
    let daemon = Daemon::with(PLAIN);
    drop(with_role(&daemon, "dora", "member"));
    let told = daemon.ctl(&["ban", "guest*"]).exits(0).out;
    assert!(told.contains("netcat users are guests called so until they log in"), "{told}");
    let mut guest = Netcat::silent(daemon.address());
    guest.sees("you are banned from this relay");
    guest.is_closed();
    // Who says so at once is no guest before.
    drop(logged_in(&daemon, "dora"));
    daemon.ctl(&["unban", "guest*"]).exits(0);
    // Of an account: that alone, and its owner may come by another name.
    let told = daemon.ctl(&["ban", "dora"]).exits(0).out;
    assert!(told.starts_with("account:dora was banned") && !told.contains("guests"), "{told}");
    let mut dora = Native::connect(&daemon);
    dora.sends(&json!({"type": "hello", "version": 1, "nick": "dora", "password": "dora's password"}));
    dora.is_refused("banned");
    drop(Native::hello(&daemon, "dorothy"));
    daemon.ctl(&["unban", "dora"]).exits(0);
    let told = daemon.ctl(&["ban", "*"]).exits(0).out;
    assert!(told.contains("that is everybody, members too"), "{told}");
    let mut dora = Native::connect(&daemon);
    dora.sends(&json!({"type": "hello", "version": 1, "nick": "dora", "password": "dora's password"}));
    dora.is_refused("banned");
}

#[test]
fn bans_outlive_a_restart_and_a_kill() {
    let mut daemon = Daemon::with(PLAIN);
    let mut kim = with_role(&daemon, "kim", "moderator");
    with_role(&daemon, "eve", "member");
    kim.answered("order", json!({"type": "ban", "whom": "spam*", "for_s": 3600, "reason": "flood"}));
    daemon.ctl(&["ban", "127.0.0.64/26", "scans"]).exits(0);
    daemon.ctl(&["mute", "bob"]).exits(4);
    // What lanchatctl was answered is on the disk, and with it what was decided before.
    let told = daemon.ctl(&["ban", "eve", "--json"]).exits(0).json();
    assert_eq!((&told["whom"], &told["kept"]), (&json!("account:eve"), &json!("durable")), "{told}");
    // So is what somebody in the chat was answered.
    let told = kim.answered("order", json!({"type": "ban", "whom": "pest*"}));
    assert_eq!(told["durable"], true, "{told}");
    daemon.signal(Signal::KILL);
    daemon.wait_exit();
    let daemon = daemon.restart();
    turned_away(&daemon, "pest1");
    holds(&daemon);
    let daemon = daemon.restart();
    holds(&daemon);
    for whom in ["spam*", "pest*", "127.0.0.64/26", "account:eve"] {
        daemon.ctl(&["unban", whom]).exits(0);
    }
    let daemon = daemon.restart();
    assert_eq!(daemon.ctl(&["bans"]).exits(0).out, "nobody is banned or muted\n");
    Native::hello(&daemon, "spammer");
    logged_in(&daemon, "eve");
}

fn holds(daemon: &Daemon) {
    let told = turned_away(daemon, "Spammer");
    assert!(told.starts_with("you are banned from this relay by kim, for another "), "{told}");
    assert!(told.ends_with(" (flood)"), "{told}");
    let told = greeted_at(Ipv4Addr::new(127, 0, 0, 77), daemon.address());
    assert_eq!(told, "* you are banned from this relay by the administrator, until they end it (scans)\n");
    let mut eve = Native::connect(daemon);
    eve.sends(&json!({"type": "hello", "version": 1, "nick": "eve", "password": "eve's password"}));
    eve.is_refused("banned");
    let list = daemon.ctl(&["bans", "--json"]).exits(0).json();
    let whom: Vec<_> = list["bans"].as_array().unwrap().iter().map(|ban| ban["whom"].clone()).collect();
    assert_eq!(whom, ["pest*", "account:eve", "127.0.0.64/26", "spam*"], "{list}");
    assert_eq!(list["bans"][3]["by"], "kim");
}

#[test]
fn whoever_is_banned_while_here_is_told_why_and_goes() {
    let daemon = Daemon::with(PLAIN);
    let (mut bob, mut eva) = (Netcat::named(&daemon, "bob"), Native::hello(&daemon, "eva"));
    let shown = daemon.ctl(&["ban", "bob", "--for", "1h", "no", "spam"]).exits(0);
    assert_eq!(shown.out, "bob was banned by the administrator for 1 h (no spam)\n");
    bob.sees("* good bye: you are banned from this relay by the administrator, for another 1 h (no spam)");
    bob.is_closed();
    let left = eva.event("presence");
    assert_eq!(
        (&left["change"], &left["reason"]),
        (&json!("left"), &json!("banned by the administrator: no spam"))
    );
    let mut other = Netcat::connect(&daemon);
    other.says("/nick B0B");
    other.sees("* you are banned from this relay by the administrator");
    daemon.log_contains("keeps order: bob was banned by the administrator for 1 h (no spam)");
}

#[test]
fn what_a_moderator_does_is_logged_with_who_it_was_and_told_to_who_watches() {
    let daemon = Daemon::with(PLAIN);
    let mut watcher = Follower::start(ctl(&daemon.socket()).arg("watch"));
    watcher.sees("watching");
    let mut kim = with_role(&daemon, "kim", "moderator");
    let mut bob = Native::hello(&daemon, "bob");
    kim.answered("order", json!({"type": "mute", "nick": "bob", "for_s": 3600, "reason": "spam"}));
    assert_eq!(bob.request(json!({"type": "say", "text": "hi"}))["code"], "muted");
    let line = daemon.log_contains("keeps order: bob was muted by kim for 1 h (spam)");
    assert!(line.contains("kim at 127.0.0.1"), "{line}");
    watcher.sees("bob was muted by kim");
    daemon.ctl(&["unmute", "bob"]).exits(0);
    bob.says("hi");
    kim.sees_message("bob", "hi");
}

#[test]
fn a_mute_and_the_rules_of_a_room_outlive_a_kill() {
    let mut daemon = Daemon::with(PLAIN);
    let mut ana = with_role(&daemon, "ana", "member");
    with_role(&daemon, "mel", "member");
    ana.answered("joined", json!({"type": "create", "room": "den", "private": true}));
    ana.answered("order", json!({"type": "op", "room": "den", "nick": "mel"}));
    ana.answered("order", json!({"type": "slow", "room": "den", "seconds": 600}));
    ana.answered("order", json!({"type": "lock", "room": "den"}));
    Native::hello(&daemon, "bob");
    daemon.ctl(&["mute", "bob", "--for", "1d"]).exits(0);
    daemon.signal(Signal::KILL);
    daemon.wait_exit();
    let daemon = daemon.restart();
    let mut bob = Native::hello(&daemon, "bob");
    assert_eq!(bob.request(json!({"type": "say", "text": "hi"}))["code"], "muted");
    assert_eq!(bob.request(json!({"type": "join", "room": "den"}))["code"], "not_invited");
    let mut mel = logged_in(&daemon, "mel");
    mel.answered("joined", json!({"type": "join", "room": "den"}));
    mel.answered("order", json!({"type": "unlock", "room": "den"}));
}

#[test]
fn a_private_room_is_nowhere_to_be_seen_from_outside() {
    let (daemon, home) = (Daemon::with(PLAIN), TempDir::new());
    let mut ana = with_role(&daemon, "ana", "member");
    ana.answered("joined", json!({"type": "create", "room": "den", "private": true}));
    ana.says_in("den", "gold");
    let mut bob = Netcat::named(&daemon, "bob");
    for question in ["/rooms", "/whois ana", "/who den", "/search gold", "/history #den"] {
        bob.says(question);
    }
    bob.sees("* found nothing with gold");
    bob.says("/join den");
    bob.sees("* #den is not open to everybody");
    bob.says("/help");
    bob.sees("// is a message");
    let about_gold: Vec<_> = bob.lines().into_iter().filter(|line| line.contains("gold")).collect();
    assert_eq!(about_gold, ["* found nothing with gold"]);
    let is_about = |line: &String| line.split([' ', ':', '#']).any(|word| word == "den");
    let is_about = |line: &String| is_about(line) && !line.contains("not open");
    let told: Vec<_> = bob.lines().into_iter().filter(is_about).collect();
    let nothing = |room| format!("* you are not in a room {room}: /join enters it, /rooms lists all");
    assert_eq!(told, [nothing("den"), nothing("#den")], "as of any room that is not");
    let mut eve = Terminal::named(&home, daemon.address(), "eve");
    eve.enters("/join den");
    eve.sees("#den is not open to everybody");
    ana.answered("order", json!({"type": "invite", "room": "den", "nick": "eve"}));
    eve.sees("* you were invited to #den by ana: /join den enters it");
    eve.enters("/join den");
    eve.sees("* you talk in #den now; 1 other is here");
    eve.has_line("#den eve> ");
}

#[test]
fn an_operator_hides_a_room_and_moderates_it_and_those_who_see_it_see_that() {
    let (mut daemon, home) = (Daemon::with(PLAIN), TempDir::new());
    let mut ana = with_role(&daemon, "ana", "member");
    let mut mel = with_role(&daemon, "mel", "member");
    let mut bob = Netcat::named(&daemon, "bob");
    ana.answered("joined", json!({"type": "join", "room": "den"}));
    mel.answered("joined", json!({"type": "join", "room": "den"}));
    bob.says("/rooms");
    bob.sees("* #den (2)");
    ana.answered("order", json!({"type": "private", "room": "den"}));
    let told = ana.answered("order", json!({"type": "moderated", "room": "den", "on": true}));
    assert_eq!(told["measure"], "moderated", "{told}");
    assert_eq!(mel.request(json!({"type": "say", "room": "den", "text": "hi"}))["code"], "not_allowed");
    ana.says_in("den", "gold");
    bob.says("/history #den");
    bob.sees("* you are not in a room #den");
    bob.says("/who");
    bob.sees("in #lobby");
    bob.never_saw("gold");
    daemon.signal(Signal::KILL);
    daemon.wait_exit();
    let daemon = daemon.restart();
    let mut mel = logged_in(&daemon, "mel");
    mel.answered("joined", json!({"type": "join", "room": "den"}));
    let rooms = mel.answered("rooms", json!({"type": "rooms"}));
    let den = rooms["rooms"].as_array().unwrap().iter().find(|room| room["room"] == "den").unwrap();
    assert_eq!((&den["private"], &den["moderated"]), (&json!(true), &json!(true)), "{den}");
    assert_eq!(den.get("locked"), None);
    let mut ana = logged_in(&daemon, "ana");
    let mut eve = Terminal::named(&home, daemon.address(), "eve");
    eve.enters("/join den");
    eve.sees("#den is not open to everybody");
    ana.answered("joined", json!({"type": "join", "room": "den"}));
    ana.answered("order", json!({"type": "lock", "room": "den"}));
    ana.answered("order", json!({"type": "invite", "room": "den", "nick": "eve"}));
    eve.enters("/join den");
    eve.has_line("#den eve> ");
    eve.enters("/rooms");
    eve.sees("you are in it, private, moderated, locked)");
    eve.enters("/private off");
    eve.sees("only an operator of the room or a moderator may make this room private");
    for kind in ["private", "moderated"] {
        ana.answered("order", json!({"type": kind, "room": "den", "on": false}));
    }
    ana.answered("order", json!({"type": "unlock", "room": "den"}));
    eve.sees("* #den was opened by ana: everybody finds it");
    let mut bob = Netcat::named(&daemon, "bob");
    bob.says("/join den");
    bob.sees("you talk in #den now");
    bob.says("hello");
    ana.sees_message("bob", "hello");
}

#[test]
fn a_person_at_the_client_reads_sentences_and_keeps_order() {
    let (daemon, home) = (Daemon::with(PLAIN), TempDir::new());
    let mut kim = with_role(&daemon, "kim", "moderator");
    let mut bob = Terminal::named(&home, daemon.address(), "bob");
    bob.enters("/join ops");
    bob.has_line("#ops bob> ");
    kim.answered("joined", json!({"type": "join", "room": "ops"}));
    bob.enters("/lock");
    bob.sees("only an operator of the room or a moderator may lock or unlock this room");
    kim.answered("order", json!({"type": "slow", "room": "ops", "seconds": 5}));
    bob.sees("* #ops was slowed down by kim: one message in 5 s from each");
    kim.answered(
        "order",
        json!({"type": "mute", "room": "ops", "nick": "bob", "for_s": 60, "reason": "hush"}),
    );
    bob.sees("* bob was muted in #ops by kim for 1 min (hush)");
    bob.enters("hello?");
    bob.sees("you are muted by kim");
    kim.answered("order", json!({"type": "kick", "room": "ops", "nick": "bob", "reason": "go"}));
    bob.sees("* you were put out of #ops by kim (go)");
    bob.has_line("#lobby bob> ");
    kim.answered("order", json!({"type": "ban", "whom": "bob", "reason": "gone"}));
    bob.sees("you are banned from this relay by kim");
    assert_ne!(bob.exits(), 0);
}

#[test]
fn lanchatctl_says_what_is_wrong_with_an_order() {
    let daemon = Daemon::with("limits.bans_max = 1\n");
    let shown = daemon.ctl(&["ban", "10.0.0.0/40"]).exits(1);
    assert!(shown.err.contains("nobody can be meant by 10.0.0.0/40"), "{}", shown.err);
    daemon.ctl(&["ban", "eve", "--for", "soon"]).exits(2);
    daemon.ctl(&["unban", "eve"]).exits(1);
    daemon.ctl(&["mute", "eve"]).exits(4);
    daemon.ctl(&["mute", "eve", "--room", "nowhere"]).exits(4);
    daemon.ctl(&["ban", "eve"]).exits(0);
    let full = daemon.ctl(&["ban", "bob"]).exits(1);
    assert!(full.err.contains("limits.bans_max"), "{}", full.err);
    let bans = daemon.ctl(&["bans"]).exits(0).out;
    assert!(bans.starts_with("BANNED") && bans.contains("eve") && bans.contains("for good"), "{bans}");
}

/// What lanchatctl answers to a verb, as a sentence.
fn told_by(daemon: &Daemon, line: &str) -> String {
    daemon.ctl(&line.split(' ').collect::<Vec<_>>()).exits(0).out
}

#[test]
fn an_administrator_keeps_order_in_a_room_and_the_room_is_told() {
    let daemon = Daemon::with(PLAIN);
    let mut watcher = Follower::start(ctl(&daemon.socket()).arg("watch"));
    watcher.sees("watching");
    with_role(&daemon, "ana", "member");
    let mut mel = with_role(&daemon, "mel", "member");
    let mut bob = Native::hello(&daemon, "bob");
    for native in [&mut bob, &mut mel] {
        native.answered("joined", json!({"type": "join", "room": "ops"}));
    }
    let mut eva = Netcat::named(&daemon, "eva");
    let own = "by the administrator";
    // In an account's absence too.
    assert_eq!(told_by(&daemon, "op ops ana"), format!("ana was made an operator of #ops {own}\n"));
    let told = bob.event("order");
    assert_eq!(
        (&told["measure"], &told["room"], &told["whom"]),
        (&json!("operator"), &json!("ops"), &json!("ana"))
    );
    assert_eq!(told.get("by"), None, "{told}");
    let line = daemon.log_contains("keeps order: ana was made an operator of #ops");
    assert!(line.contains("user "), "who asked for it: {line}");
    watcher.sees("ana was made an operator of #ops by the administrator");
    logged_in(&daemon, "ana").answered("joined", json!({"type": "join", "room": "ops"}));
    told_by(&daemon, "deop ops ana");

    let slow = daemon.ctl(&["--json", "slow", "ops", "600"]).exits(0).json();
    assert_eq!(
        (&slow["measure"], &slow["seconds"], &slow["kept"]),
        (&json!("slow"), &json!(600), &json!("durable"))
    );
    bob.says_in("ops", "one");
    assert_eq!(bob.request(json!({"type": "say", "room": "ops", "text": "two"}))["code"], "slow_mode");
    watcher.sees("one message in 600 s from each");
    assert_eq!(told_by(&daemon, "slow ops off"), format!("#ops is as fast as ever again, {own}\n"));
    bob.says_in("ops", "two");

    told_by(&daemon, "moderated ops on");
    assert_eq!(mel.request(json!({"type": "say", "room": "ops", "text": "hi"}))["code"], "not_allowed");
    assert_eq!(told_by(&daemon, "voice ops mel"), format!("mel was given a voice in #ops {own}\n"));
    mel.says_in("ops", "hi");
    told_by(&daemon, "devoice ops mel");
    assert_eq!(mel.request(json!({"type": "say", "room": "ops", "text": "hi"}))["code"], "not_allowed");
    told_by(&daemon, "moderated ops off");
    mel.says_in("ops", "hi");

    assert_eq!(told_by(&daemon, "lock ops"), format!("#ops was locked {own}: nobody new enters\n"));
    eva.says("/join ops");
    eva.sees("* #ops is locked");
    told_by(&daemon, "unlock ops");
    told_by(&daemon, "private ops on");
    eva.says("/join ops");
    eva.sees("* #ops is not open to everybody");
    told_by(&daemon, "private ops off");
    eva.says("/join ops");
    eva.sees("you talk in #ops now");
}

#[test]
fn what_an_administrator_decides_of_a_room_outlives_a_kill() {
    let mut daemon = Daemon::with(PLAIN);
    let mut ana = with_role(&daemon, "ana", "member");
    ana.answered("joined", json!({"type": "join", "room": "ops"}));
    ana.says_in("ops", "hi");
    told_by(&daemon, "deop ops ana");
    with_role(&daemon, "mel", "member");
    told_by(&daemon, "op ops mel");
    let locked = daemon.ctl(&["lock", "ops", "--json"]).exits(0).json();
    assert_eq!(locked["kept"], "durable", "{locked}");
    daemon.signal(Signal::KILL);
    daemon.wait_exit();
    let daemon = daemon.restart();
    let mut ana = logged_in(&daemon, "ana");
    assert_eq!(ana.request(json!({"type": "join", "room": "ops"}))["code"], "room_locked");
    let mut mel = logged_in(&daemon, "mel");
    mel.answered("joined", json!({"type": "join", "room": "ops"}));
    mel.answered("order", json!({"type": "unlock", "room": "ops"}));
}

#[test]
fn lanchatctl_says_what_is_wrong_with_an_order_in_a_room() {
    let daemon = Daemon::with(PLAIN);
    let mut bob = Native::hello(&daemon, "bob");
    bob.answered("joined", json!({"type": "join", "room": "ops"}));
    for verb in [
        "op nowhere bob",
        "deop nowhere bob",
        "voice nowhere bob",
        "devoice nowhere bob",
        "slow nowhere 5",
        "slow nowhere off",
        "lock nowhere",
        "unlock nowhere",
        "private nowhere on",
        "moderated nowhere off",
    ] {
        let words: Vec<_> = verb.split(' ').collect();
        let shown = daemon.ctl(&words).exits(4);
        assert!(
            shown.err.contains("there is no room nowhere: see lanchatctl rooms"),
            "{verb}: {}",
            shown.err
        );
    }
    for (line, code, told) in [
        ("op ops nobody", 4, "nobody is or was called nobody"),
        ("op ops bob", 1, "bob is a guest: whoever is to have rights in a room registers and logs in first"),
        ("lock lobby", 1, "it stays open"),
        ("private lobby on", 1, "it stays open"),
        ("slow ops 3601", 1, "at most one message in 3600 s"),
        ("slow ops fast", 2, "write a number of seconds, or off"),
        ("private ops maybe", 2, "possible values: on, off"),
        ("op ops", 2, "<NICK>"),
        ("unban nobody", 1, "there is no ban of nobody: see lanchatctl bans"),
    ] {
        let shown = daemon.ctl(&line.split(' ').collect::<Vec<_>>()).exits(code);
        assert!(shown.err.contains(told), "{line}: {}", shown.err);
    }
    let refused = daemon.ctl(&["--json", "lock", "nowhere"]).exits(4);
    assert!(refused.err.contains(r#""code":"no_such_room""#), "{}", refused.err);
}

#[test]
fn without_a_store_a_ban_holds_until_the_end_and_says_so() {
    let daemon = Setup::new("store.path = \"\"\n").start();
    let shown = daemon.ctl(&["ban", "eve"]).exits(0);
    assert_eq!(shown.out, "eve was banned by the administrator; there is no store: until the relay ends\n");
    turned_away(&daemon, "eve");
}

#[test]
fn an_order_is_refused_to_guests_in_both_dialects() {
    let daemon = Daemon::with(PLAIN);
    let (mut bob, mut eva) = (Netcat::named(&daemon, "bob"), Native::hello(&daemon, "eva"));
    for typed in [
        "/kick eva",
        "/mute eva 1h",
        "/unmute eva",
        "/op eva",
        "/deop eva",
        "/voice eva",
        "/devoice eva",
        "/invite eva",
        "/slow 5",
        "/lock",
        "/unlock",
        "/ban eva 1h",
        "/unban eva",
        "/bans",
        "/create x --private",
    ] {
        bob.says(typed);
        bob.sees("; nothing was done");
        let (kind, _) = typed[1..].split_once(' ').unwrap_or((&typed[1..], ""));
        let answer = eva.request(json!({"type": kind, "nick": "bob", "whom": "bob", "room": "lobby"}));
        assert_eq!(answer["code"], "not_allowed", "{typed}: {answer}");
    }
    let refused = eventually("all refusals", || {
        daemon.status()["refusals"].as_u64().filter(|refusals| *refusals >= 30)
    });
    assert_eq!(refused, 30);
}
