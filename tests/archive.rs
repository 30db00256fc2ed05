//! What an administrator does with what is kept.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Stdio;

use lanchat_tests::{
    Daemon, Native, Ran, Setup, TempDir, Terminal, Value, ctl, eventually, json, program, run,
};

const QUICK: &str = "limits.messages_per_second_max = 0\n";

/// Every line of an export in JSON.
fn lines(ran: &Ran) -> Vec<Value> {
    ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn texts(daemon: &Daemon, arguments: &[&str]) -> Vec<String> {
    let ran = daemon.ctl(&[&["export"], arguments].concat()).exits(0);
    lines(&ran).iter().map(|line| line["text"].as_str().unwrap().to_owned()).collect()
}

/// Says so many things in a room, and knows of each that it is on the disk.
fn talk(writer: &mut Native, room: &str, count: usize) {
    for number in 0..count {
        let ack = writer.says_in(room, &format!("{room} {number}"));
        assert_eq!(ack["durable"], true, "{ack}");
    }
}

#[test]
fn rooms_says_who_talks_where_and_counts_what_two_people_share() {
    let daemon = Daemon::start();
    let mut ana = Native::hello_in(&daemon, "ana", "ops");
    let _bob = Native::hello(&daemon, "bob");
    ana.answered("topic", json!({"type": "topic", "room": "ops", "topic": "the disk"}));
    talk(&mut ana, "ops", 1);
    ana.says_in("@bob", "psst");
    let check = |daemon: &Daemon| {
        let rooms = daemon.ctl(&["rooms", "--json"]).exits(0).json();
        assert_eq!(rooms["direct"], 1, "{rooms}");
        let [lobby, ops] = rooms["rooms"].as_array().unwrap().as_slice() else { panic!("{rooms}") };
        assert_eq!((&lobby["name"], &lobby["last_said"]), (&json!("lobby"), &Value::Null), "{rooms}");
        assert_eq!((&ops["name"], &ops["topic"]), (&json!("ops"), &json!("the disk")), "{rooms}");
        assert_eq!(ops["kept_since"], ops["last_said"], "{rooms}");
        assert!(ops["kept_since"].as_str().unwrap().ends_with('Z'), "{rooms}");
        (lobby["people"].clone(), ops["people"].clone())
    };
    assert_eq!(check(&daemon), (json!(2), json!(1)));
    let shown = daemon.ctl(&["rooms"]).exits(0).out;
    assert!(shown.starts_with("ROOM   PEOPLE  KEPT SINCE"), "{shown}");
    assert!(shown.ends_with("and 1 conversation of two people\n"), "{shown}");
    assert!(!shown.contains("bob"), "{shown}");
    assert_eq!(check(&daemon.restart()), (json!(0), json!(0)));
}

#[test]
fn an_export_is_what_a_native_client_would_have_been_told() {
    let daemon = Daemon::start();
    let mut ana = Native::hello_in(&daemon, "ana", "ops");
    let mut eva = Native::hello_in(&daemon, "eva", "ops");
    talk(&mut ana, "ops", 3);
    ana.answered("ack", json!({"type": "say", "room": "ops", "text": "waves", "action": true}));
    let told = eva.sees_message("ana", "waves");
    ana.says("in the lobby");
    ana.says_in("@eva", "for eva alone");

    let all = daemon.ctl(&["export"]).exits(0);
    assert_eq!(texts(&daemon, &[]), ["ops 0", "ops 1", "ops 2", "waves", "in the lobby"]);
    assert_eq!(lines(&all)[3], told);
    assert_eq!(texts(&daemon, &["--room", "#ops"]), ["ops 0", "ops 1", "ops 2", "waves"]);
    assert_eq!(texts(&daemon, &["--room", "LOBBY", "--since", "1h"]), ["in the lobby"]);
    assert_eq!(texts(&daemon, &["--since", "2999-01-01"]), [""; 0]);
    let with_direct = daemon.ctl(&["export", "--direct"]).exits(0);
    let direct: Vec<_> = lines(&with_direct).into_iter().filter(|line| line["room"] == "@eva").collect();
    assert_eq!(direct.len(), 1);
    assert_eq!((&direct[0]["from"], &direct[0]["text"]), (&json!("ana"), &json!("for eva alone")));

    for (nick, count) in [("@Eva", 1), ("@ana", 1), ("@bob", 0)] {
        assert_eq!(texts(&daemon, &["--direct", "--room", nick]), vec!["for eva alone"; count]);
    }
    for (wrong, why) in
        [(&["--room", "@eva"][..], "with --direct only"), (&["--room", "ops", "--direct"], "--room @NICK")]
    {
        let refused = daemon.ctl(&[&["export"], wrong].concat()).exits(2);
        assert!(refused.err.contains(why), "{}", refused.err);
    }

    let shown = daemon.ctl(&["export", "--format", "text", "--room", "ops"]).exits(0).out;
    let shown: Vec<_> = shown.lines().map(|line| &line["2026-11-22 09:15:03 ".len()..]).collect();
    assert_eq!(shown, ["#ops ana: ops 0", "#ops ana: ops 1", "#ops ana: ops 2", "#ops * ana waves"]);

    let file = daemon.directory().file("all.ndjson");
    let quiet = daemon.ctl(&["export", "--output", file.to_str().unwrap()]).exits(0);
    assert_eq!((quiet.out.as_str(), quiet.err.as_str()), ("", ""));
    assert_eq!(fs::read_to_string(&file).unwrap(), all.out);
    daemon.log_contains(" begun by user ");
    let refused = daemon.ctl(&["export", "--output", "/dev/null"]).exits(1);
    assert!(refused.err.contains("it is no regular file"), "{}", refused.err);
}

#[test]
fn an_export_of_many_pages_has_everything_once_and_in_order() {
    let daemon = Daemon::with(QUICK);
    let mut ana = Native::hello_in(&daemon, "ana", "ops");
    for number in 0..2500 {
        ana.sends(&json!({"type": "say", "room": "ops", "text": number.to_string()}));
    }
    ana.says_in("ops", "2500");
    let numbers: Vec<usize> = texts(&daemon, &[]).iter().map(|text| text.parse().unwrap()).collect();
    assert_eq!(numbers, (0..=2500).collect::<Vec<_>>());

    // The log has one record for all its pages, and one for whoever asks for a later page at once.
    let records = || daemon.log().iter().filter(|line| line.contains("export of")).count();
    assert_eq!(records(), 1);
    let mut admin = UnixStream::connect(daemon.socket()).unwrap();
    admin.write_all(b"{\"verb\":\"export\",\"from\":1,\"direct\":true}\n").unwrap();
    daemon.log_contains("also what was said to one person alone");
    assert_eq!(records(), 2);
}

#[test]
fn whoever_reads_only_the_first_lines_ends_an_export_quietly() {
    let daemon = Daemon::with(QUICK);
    let mut ana = Native::hello(&daemon, "ana");
    for _ in 0..1000 {
        ana.sends(&json!({"type": "say", "text": "x".repeat(300)}));
    }
    ana.says("the end");
    let mut command = ctl(&daemon.socket());
    command.arg("export").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    assert!(first.contains("xxx"), "{first}");
    drop(out);
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(told, "");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn what_does_not_exist_or_is_no_moment_is_told_apart() {
    let daemon = Daemon::start();
    for verb in
        [&["export", "--room", "nowhere"][..], &["purge", "--before", "1h", "--room", "nowhere", "--yes"]]
    {
        let refused = daemon.ctl(verb).exits(4);
        assert_eq!(refused.err, "there is no room \"nowhere\": see lanchatctl rooms\n");
    }
    let refused = daemon.ctl(&["export", "--since", "last tuesday"]).exits(2);
    assert!(refused.err.contains("a date (2026-11-01)"), "{}", refused.err);
    assert_eq!(texts(&daemon, &["--room", "lobby"]), [""; 0], "nothing was said there");
}

#[test]
fn without_a_store_there_is_nothing_to_export_copy_or_purge() {
    let daemon = Daemon::with("store.path = \"\"\n");
    for verb in [&["export"][..], &["backup", "/tmp/nothing"], &["purge", "--before", "1h", "--yes"]] {
        let refused = daemon.ctl(verb).exits(1);
        assert_eq!(refused.err, "nothing is kept: store.path is \"\" in the configuration\n", "{verb:?}");
    }
    assert_eq!(daemon.ctl(&["rooms", "--json"]).exits(0).json()["rooms"][0]["name"], "lobby");
}

#[test]
fn a_backup_taken_while_people_talk_holds_everything_acknowledged_before() {
    let mut daemon = Daemon::with(QUICK);
    let file = daemon.directory().file("backup.db");
    let mut ana = Native::hello_in(&daemon, "ana", "ops");
    let mut bob = Native::hello(&daemon, "bob");
    talk(&mut ana, "ops", 50);
    bob.says_in("@ana", "psst");
    let made = std::thread::scope(|scope| {
        let backup = scope.spawn(|| daemon.ctl(&["backup", file.to_str().unwrap(), "--json"]));
        let mut number = 0;
        while !backup.is_finished() {
            bob.says(&format!("meanwhile {number}"));
            number += 1;
        }
        backup.join().unwrap().exits(0).json()
    });
    assert_eq!(made["path"], file.to_str().unwrap());
    assert_eq!(made["bytes"], fs::metadata(&file).unwrap().len());
    talk(&mut ana, "ops", 5);

    let good = run_ctl(&["restore", file.to_str().unwrap(), "--check", "--json"]).exits(0).json();
    assert!(good["messages"].as_u64().unwrap() >= 51, "{good}");
    let store = daemon.directory().file("lanchat.db");
    let restore = ["restore", file.to_str().unwrap(), "--to", store.to_str().unwrap(), "--replace"];
    let refused = run_ctl(&restore).exits(1);
    assert!(
        refused.err.contains(&format!("process {} already uses the store", daemon.pid())),
        "{}",
        refused.err
    );

    daemon.ctl(&["stop"]).exits(0);
    daemon.wait_exit();
    let refused = run_ctl(&restore[..4]).exits(1);
    assert!(refused.err.contains("with --replace it is put aside"), "{}", refused.err);
    let restored = run_ctl(&[&restore[..], &["--json"]].concat()).exits(0).json();
    assert_eq!(restored["messages"], good["messages"]);
    let old = restored["replaced"].as_str().unwrap();
    assert!(run_ctl(&["restore", old, "--check"]).exits(0).out.contains("messages:"));

    let daemon = daemon.restart();
    let kept = texts(&daemon, &["--room", "ops"]);
    assert_eq!(kept, (0..50).map(|number| format!("ops {number}")).collect::<Vec<_>>());
    let meanwhile = texts(&daemon, &["--room", "lobby"]);
    assert!(
        meanwhile.iter().enumerate().all(|(at, text)| *text == format!("meanwhile {at}")),
        "{meanwhile:?}"
    );
    assert_eq!(texts(&daemon, &["--direct"]).iter().filter(|text| *text == "psst").count(), 1);
    let mut ana = Native::hello_in(&daemon, "ana", "ops");
    talk(&mut ana, "ops", 1);
}

fn run_ctl(arguments: &[&str]) -> Ran {
    run(ctl(Path::new("/nonexistent")).args(arguments))
}

#[test]
fn a_backup_that_cannot_be_written_says_why_and_leaves_nothing() {
    let daemon = Daemon::start();
    Native::hello(&daemon, "ana").says("hi");
    let taken = daemon.directory().write("taken", "precious");
    let refused = daemon.ctl(&["backup", taken.to_str().unwrap()]).exits(1);
    let expected = format!("cannot back up to {}: there is something already", taken.display());
    assert!(refused.err.starts_with(&expected), "{}", refused.err);
    assert_eq!(fs::read_to_string(&taken).unwrap(), "precious");
    let nowhere = daemon.directory().file("nowhere/backup.db");
    let refused = daemon.ctl(&["backup", nowhere.to_str().unwrap()]).exits(1);
    let expected = format!("there is no directory {}", nowhere.parent().unwrap().display());
    assert!(refused.err.contains(&expected), "{}", refused.err);
    let left = fs::read_dir(daemon.directory().path()).unwrap();
    assert!(left.map(Result::unwrap).all(|entry| !entry.file_name().to_string_lossy().ends_with(".part")));
}

#[test]
fn an_export_clears_away_what_one_before_has_left_and_nothing_else() {
    let daemon = Daemon::start();
    Native::hello(&daemon, "ana").says("hi");
    let here = TempDir::new();
    let export = || run(ctl(&daemon.socket()).args(["export", "--output", "x"]).current_dir(here.path()));
    let part = here.write("x.part", "precious");
    let refused = export().exits(1);
    assert!(refused.err.contains("x.part is in the way"), "{}", refused.err);
    assert_eq!(fs::read_to_string(&part).unwrap(), "precious");
    assert!(!here.file("x").exists());
    here.write("x.part", "{\"type\":\"message\",\"room\":\"lobby\",\"po");
    let locked = fs::File::open(&part).unwrap();
    locked.lock().unwrap();
    assert!(export().exits(1).err.contains("x.part is being written"));
    locked.unlock().unwrap();
    export().exits(0);
    assert!(here.file("x").is_file() && !part.exists());
}

#[test]
fn a_backup_is_written_where_the_administrator_stands() {
    let daemon = Daemon::start();
    Native::hello(&daemon, "ana").says("hi");
    let here = TempDir::new();
    let made = run(ctl(&daemon.socket()).args(["backup", "copy.db"]).current_dir(here.path())).exits(0);
    assert!(made.out.contains("complete and on the disk"), "{}", made.out);
    assert!(here.file("copy.db").is_file());
}

#[test]
fn what_is_no_backup_is_not_restored_and_the_store_stays() {
    let setup = Setup::new("");
    let store = setup.directory().file("lanchat.db");
    let mut daemon = setup.start();
    Native::hello(&daemon, "ana").says("hi");
    daemon.ctl(&["stop"]).exits(0);
    daemon.wait_exit();
    let before = fs::read(&store).unwrap();
    let here = daemon.directory().path().to_str().unwrap();
    for (to, why) in
        [(here, "it is a directory"), (&format!("{here}/no/such/dir/x.db"), "there is no directory")]
    {
        let refused = run_ctl(&["restore", store.to_str().unwrap(), "--replace", "--to", to]).exits(1);
        assert!(refused.err.contains(why), "{}", refused.err);
    }
    let rubbish = daemon.directory().write("rubbish", &"hello ".repeat(1000));
    for file in [rubbish, daemon.directory().file("nothing")] {
        let file = file.to_str().unwrap();
        for how in [&["--check"][..], &["--replace", "--to", store.to_str().unwrap()]] {
            let refused = run_ctl(&[&["restore", file], how].concat()).exits(1);
            assert!(refused.err.starts_with(&format!("cannot use {file}: ")), "{}", refused.err);
        }
    }
    assert_eq!(fs::read(&store).unwrap(), before);
}

#[test]
fn messages_that_cannot_be_read_or_are_not_written_fail_what_leaves_them_out() {
    let setup = Setup::new("");
    let store = setup.directory().file("lanchat.db");
    let mut daemon = setup.start();
    talk(&mut Native::hello(&daemon, "ana"), "lobby", 3);
    daemon.ctl(&["stop"]).exits(0);
    daemon.wait_exit();
    let mut bytes = fs::read(&store).unwrap();
    let found: Vec<_> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(b"lobby 1")).collect();
    found.iter().for_each(|at| bytes[*at] = 0xff);
    fs::write(&store, bytes).unwrap();
    let checked = run_ctl(&["restore", store.to_str().unwrap(), "--check", "--json"]).exits(1);
    assert_eq!((&checked.json()["messages"], &checked.json()["damaged"]), (&json!(3), &json!(1)));
    assert!(checked.err.contains("\"message\":\"1 message cannot be read: damaged\""), "{}", checked.err);
    let copy = store.with_file_name("copy.db");
    let restored = run_ctl(&["restore", store.to_str().unwrap(), "--to", copy.to_str().unwrap()]).exits(0);
    assert!(restored.err.starts_with("1 message cannot be read"), "{}", restored.err);

    let mut daemon = daemon.restart();
    let partly = daemon.ctl(&["export"]).exits(1);
    assert_eq!(
        (lines(&partly).len(), partly.err.as_str()),
        (2, "1 message left out: damaged in the store\n")
    );
    fs::remove_file(&store).unwrap();
    Native::hello(&daemon, "bob").answered("ack", json!({"type": "say", "text": "lost"}));
    let partly = daemon.ctl(&["export"]).exits(1);
    let left_out = "messages that are not on the disk yet are left out (1 of all that was said)";
    assert!(partly.err.contains(left_out), "{}", partly.err);
    let stopped = daemon.ctl(&["stop", "--json"]).exits(0);
    assert!(stopped.err.contains("not all of what was said last may be in the store"), "{}", stopped.err);
    assert!(stopped.err.contains("1 message not written"), "{}", stopped.err);
    assert_eq!(stopped.json()["messages_unwritten"], 1);
    daemon.wait_exit();
}

#[test]
fn a_purge_in_a_script_needs_a_word_and_then_removes_for_good() {
    let daemon = Daemon::start();
    let mut ana = Native::hello_in(&daemon, "ana", "ops");
    talk(&mut ana, "ops", 3);
    talk(&mut ana, "lobby", 2);
    let refused = daemon.ctl(&["purge", "--before", "0s"]).exits(2);
    assert!(refused.err.contains("--yes"), "{}", refused.err);
    assert_eq!(texts(&daemon, &[]).len(), 5);
    assert_eq!(daemon.ctl(&["purge", "--before", "1h", "--yes"]).exits(0).out, "removed 0 messages\n");
    let purged = daemon.ctl(&["purge", "--before", "0s", "--room", "ops", "--yes", "--json"]).exits(0);
    assert_eq!(purged.json(), json!({"schema": 1, "messages": 3}));
    assert_eq!(texts(&daemon, &[]), ["lobby 0", "lobby 1"]);
    let mut past = |room: &str| {
        let told = ana.answered("history", json!({"type": "history", "room": room, "limit": 50}));
        told["messages"].as_array().unwrap().len()
    };
    assert_eq!((past("ops"), past("lobby")), (0, 2), "nor does the relay remember it");
    talk(&mut ana, "ops", 1);
    // What is said while it is being done stays, whatever moment was named.
    assert_eq!(
        daemon.ctl(&["purge", "--before", "2999-01-01", "--yes"]).exits(0).out,
        "removed 3 messages\n"
    );
    talk(&mut ana, "ops", 1);
    assert_eq!(texts(&daemon.restart(), &[]), ["ops 0"]);
}

#[test]
fn a_purge_on_a_terminal_asks_first() {
    let daemon = Daemon::start();
    let mut ana = Native::hello(&daemon, "ana");
    talk(&mut ana, "lobby", 2);
    let home = TempDir::new();
    let mut command = std::process::Command::new(program("lanchatctl"));
    command.args(["--socket", "/nonexistent", "purge", "--before", "0s"]);
    assert_eq!(Terminal::run(command, &home, &[]).exits(), 3, "nobody is asked in vain");
    for (answer, code, left) in [("no\r", 1, 2), ("yes\r", 0, 0)] {
        let mut command = std::process::Command::new(program("lanchatctl"));
        command.arg("--socket").arg(daemon.socket()).args(["purge", "--before", "0s"]);
        let mut terminal = Terminal::run(command, &home, &[]);
        terminal.sees("for good? [y/N]");
        terminal.types(answer);
        assert_eq!(terminal.exits(), code);
        assert_eq!(texts(&daemon, &[]).len(), left);
    }
}

#[test]
fn what_takes_long_shows_on_a_terminal_that_it_goes_on() {
    let daemon = Daemon::start();
    talk(&mut Native::hello(&daemon, "ana"), "lobby", 3);
    let home = TempDir::new();
    let (copy, all) = (home.file("copy.db"), home.file("all"));
    for (arguments, shown) in [
        (["backup", copy.to_str().unwrap()].as_slice(), "copying"),
        (&["export", "--output", all.to_str().unwrap()], "messages exported:"),
    ] {
        let mut command = std::process::Command::new(program("lanchatctl"));
        command.arg("--socket").arg(daemon.socket()).args(arguments);
        let terminal = Terminal::run(command, &home, &[]);
        assert_eq!(terminal.exits(), 0);
        assert!(terminal.raw().contains(shown), "{}", terminal.raw());
        assert!(!terminal.rows().join("\n").contains(shown), "it is gone in the end");
    }
    assert_eq!(fs::read_to_string(all).unwrap().lines().count(), 3);
}

#[test]
fn each_room_keeps_as_many_messages_as_the_configuration_says() {
    let mut daemon = Daemon::with(QUICK);
    let mut ana = Native::hello_in(&daemon, "ana", "ops");
    talk(&mut ana, "ops", 30);
    talk(&mut ana, "lobby", 3);
    daemon.configure(&format!("{QUICK}store.retention_messages = 10\nstore.retention_days = 1\n"));
    let reloaded = daemon.ctl(&["reload", "--json"]).exits(0).json();
    assert_eq!(reloaded["applied"], json!(["store.retention_days", "store.retention_messages"]));
    let kept = |daemon: &Daemon| texts(daemon, &["--room", "ops"]);
    eventually("the oldest are gone", || (kept(&daemon).len() == 10).then_some(()));
    assert_eq!(kept(&daemon), (20..30).map(|number| format!("ops {number}")).collect::<Vec<_>>());
    assert_eq!(texts(&daemon, &["--room", "lobby"]).len(), 3);
    daemon.configure(&format!("{QUICK}store.retention_messages = 4\n"));
    let daemon = daemon.restart();
    eventually("more are gone", || (kept(&daemon).len() == 4).then_some(()));
    let wrong = daemon.directory().write("wrong.toml", "store.retention_days = 1000000\n");
    let refused = daemon.ctl(&["check-config", wrong.to_str().unwrap()]).exits(1);
    assert!(
        refused.err.contains("store.retention_days is 1000000, allowed: a whole number from 0"),
        "{}",
        refused.err
    );
}
