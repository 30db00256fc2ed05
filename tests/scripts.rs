//! The subcommands of `lanchat-client`, as scripts use them: what they print, and how they end.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use lanchat_tests::{
    Daemon, Identity, Impostor, Native, Piped, Proxy, Ran, Signal, TempDir, Value, eventually, json, program,
    run,
};

/// A daemon that does not slow anybody down.
const QUICK: &str = "limits.messages_per_second_max = 0";

/// A subcommand at this daemon, by its words.
fn start(daemon: &Daemon, words: &[&str]) -> Piped {
    start_at(daemon.address(), words)
}

/// The same at this address.
fn start_at(address: SocketAddr, words: &[&str]) -> Piped {
    let address = address.to_string();
    let place = if words[0] == "ping" { vec![&*address] } else { vec!["--relay", &address] };
    Piped::start(&[words, &place].concat())
}

/// The same to its end, with nothing to read.
fn runs(daemon: &Daemon, words: &[&str]) -> Ran {
    start(daemon, words).ends()
}

/// The same with this to read.
fn reads(daemon: &Daemon, words: &[&str], input: &str) -> Ran {
    let mut script = start(daemon, words);
    script.writes(input.as_bytes());
    script.ends()
}

/// What `tail --json` prints of a room, as JSON.
fn history(daemon: &Daemon, room: &str) -> Vec<Value> {
    let ran = runs(daemon, &["tail", "--room", room, "--json", "-n", "100000"]).exits(0);
    ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn texts(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| event["text"].as_str().unwrap().to_owned()).collect()
}

/// The lines of a tail without their times, which are those of the test.
fn without_times(out: &str) -> Vec<&str> {
    out.lines()
        .map(|line| if line.starts_with(' ') { line } else { &line["2026-11-23 10:05 ".len()..] })
        .collect()
}

/// Relays that let nobody in, with what they say.
fn closed_relays() -> Vec<(Daemon, &'static str)> {
    let full = Daemon::with("limits.connections_max = 1");
    let banning = Daemon::start();
    banning.ctl(&["ban", "127.0.0.1"]).exits(0);
    let members = Daemon::with("accounts.who = \"registered\"");
    vec![(full, "full"), (banning, "banned"), (members, "logged in")]
}

const EACH: [&[&str]; 6] =
    [&["send", "hi"], &["tail"], &["ask", "lobby", "Deploy?"], &["who"], &["search", "hi"], &["ping"]];

/// How each of them ends when something fails.
const FAILS: [i32; 6] = [1, 1, 4, 1, 4, 1];

#[test]
fn what_is_piped_in_is_one_message() {
    let daemon = Daemon::with(QUICK);
    let mut bob = Native::hello(&daemon, "bob");
    let ran = reads(&daemon, &["send", "--nick", "ana"], "\n\ndisk:\n  full\n\nof cats\n").exits(0);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", ""));
    bob.sees_message("ana", "disk:\n  full\n\nof cats");
    reads(&daemon, &["send", "--nick", "ana", "--code"], "if x:\n    y\n").exits(0);
    bob.sees_message("ana", "```\nif x:\n    y\n```");
    reads(&daemon, &["send", "--nick", "ana", "--per-line"], "1\n\n2").exits(0);
    bob.sees_message("ana", "1");
    bob.sees_message("ana", "2");
    runs(&daemon, &["send", "--nick", "ana", "good", "morning"]).exits(0);
    bob.sees_message("ana", "good morning");
    runs(&daemon, &["send", "--nick", "ana", "--to", "bob", "/quit is no command here"]).exits(0);
    assert_eq!(bob.event("message")["room"], "@ana");
    assert_eq!(reads(&daemon, &["send"], "").exits(0).err, "", "nothing is all of it");
}

#[test]
fn a_message_goes_out_when_it_is_full_or_the_input_ends_and_not_before() {
    let daemon = Daemon::with(QUICK);
    let mut bob = Native::hello(&daemon, "bob");
    let mut script = start(&daemon, &["send", "--nick", "ana"]);
    script.writes(b"a\nb\n");
    daemon.log_contains("ana");
    script.writes("x\n".repeat(99).as_bytes());
    let first = bob.event("message")["text"].as_str().unwrap().to_owned();
    assert_eq!((first.lines().count(), &first[..6]), (100, "a\nb\nx\n"));
    script.ends().exits(0);
    bob.sees_message("ana", "x");
}

#[test]
fn what_is_refused_or_too_long_is_named_and_the_rest_arrives() {
    let daemon = Daemon::with(QUICK);
    let mut bob = Native::hello(&daemon, "bob");
    let ran = reads(&daemon, &["send", "--nick", "ana"], &format!("a\n{}\nb\n", "x".repeat(9_000))).exits(1);
    bob.sees_message("ana", "a");
    bob.sees_message("ana", "b");
    assert!(ran.err.contains("line 2 was not sent: it takes"), "{}", ran.err);
    assert!(ran.err.contains("1 of 3 messages was not delivered"), "{}", ran.err);
    let ran = runs(&daemon, &["send", "--to", "nobody", "hi"]).exits(1);
    assert!(ran.err.contains("nothing can be sent to nobody"), "{}", ran.err);
}

#[test]
fn ten_thousand_lines_arrive_once_each_though_the_relay_is_killed_midway() {
    let daemon = Daemon::with(QUICK);
    let line = |n: usize| format!("line {n} {}\n", "x".repeat(80));
    let mut script = start(&daemon, &["send", "--room", "ops", "--nick", "ana", "--timeout", "5m"]);
    let mut bob = Native::hello_in(&daemon, "bob", "ops");
    let pid = script.pid();
    // As much as goes out before the rest is written: the pipe holds less.
    script.writes((0..5_000).map(line).collect::<String>().as_bytes());
    bob.sees("a message", |event| event["type"] == "message");
    daemon.signal(Signal::KILL);
    let daemon = daemon.restart();
    script.writes((5_000..10_000).map(line).collect::<String>().as_bytes());
    let peak_kib = lanchat_tests::peak_kib(pid);
    let ran = script.ends().exits(0);
    assert!(ran.err.contains("connection lost"), "{}", ran.err);
    let told = texts(&history(&daemon, "ops")).join("\n") + "\n";
    assert!(told == (0..10_000).map(line).collect::<String>(), "{} lines", told.lines().count());
    assert!(peak_kib < 48 << 10, "{peak_kib} KiB");
}

#[test]
fn a_tail_shows_the_last_messages_and_ends() {
    let daemon = Daemon::with(QUICK);
    let mut ana = Native::hello_in(&daemon, "ana", "ops");
    for n in 0..450 {
        ana.says_in("ops", &n.to_string());
    }
    ana.says_in("ops", "a\nb");
    let tail = |more: &[&str]| runs(&daemon, &[&["tail", "--room", "OPS"], more].concat()).exits(0);
    let last = tail(&["-n", "2"]);
    assert_eq!(without_times(&last.out), ["#ops ana: 449", "#ops ana: a", "    b"]);
    assert_eq!(last.err, "");
    assert_eq!(tail(&[]).out.lines().count(), 11);
    assert_eq!(tail(&["-n", "430"]).out.lines().count(), 431);
    assert_eq!(without_times(&tail(&["-n", "5000"]).out)[0], "#ops ana: 0");
    assert_eq!(tail(&["-n", "0"]).out, "");
    assert_eq!(tail(&["--since", "1h"]).out.lines().count(), 452);
    assert_eq!(tail(&["--since", "2200-01-01"]).out, "");
    let object: Value = tail(&["-n", "1", "--json"]).json();
    assert_eq!(
        (&object["type"], &object["room"], &object["from"]),
        (&"message".into(), &"ops".into(), &"ana".into())
    );
    assert_eq!(object["text"], "a\nb");
    assert!(object["pos"].is_u64() && object["time"].is_string());
}

#[test]
fn whoever_only_reads_takes_no_name_and_is_not_counted() {
    let daemon = Daemon::with(QUICK);
    let bob = Native::hello(&daemon, "bob");
    let home = TempDir::new();
    for words in [&["tail"][..], &["who"], &["search", "x"]] {
        let mut client = Command::new(program("lanchat-client"));
        client.args(words).args(["--relay", &daemon.address().to_string(), "--plain"]);
        run(client.env("USER", "ana").env("XDG_STATE_HOME", home.path()));
    }
    bob.never_saw(|event| event["nick"] == "ana");
    let ran = runs(&daemon, &["who"]).exits(0);
    assert_eq!(ran.out, "bob\n", "who looks is not there");
}

#[test]
fn a_script_that_cron_starts_speaks_under_the_name_of_its_user() {
    let daemon = Daemon::with(QUICK);
    let mut bob = Native::hello(&daemon, "bob");
    for (user, from) in [(None, "ana"), (Some(""), "ana"), (Some("carla"), "carla")] {
        let mut client = Command::new(program("lanchat-client"));
        client.args(["send", "good morning", "--relay", &daemon.address().to_string(), "--accept-new"]);
        client.env_clear().env("LOGNAME", "ana").envs(user.map(|user| ("USER", user)));
        run(&mut client).exits(0);
        bob.sees_message(from, "good morning");
    }
}

#[test]
fn a_tail_follows_through_a_restart_and_shows_each_message_once() {
    let daemon = Daemon::with(QUICK);
    let mut ana = Native::hello_in(&daemon, "ana", "ops");
    ana.says_in("ops", "before");
    let tail = start(&daemon, &["tail", "--room", "ops", "--follow", "--timeout", "5m"]);
    tail.prints("before");
    for n in 0..50 {
        ana.says_in("ops", &format!("one {n}"));
    }
    tail.prints("one 49");
    daemon.signal(Signal::KILL);
    let daemon = daemon.restart();
    let mut ana = Native::hello_in(&daemon, "ana", "ops");
    for n in 0..250 {
        ana.says_in("ops", &format!("two {n}"));
    }
    tail.prints("two 249");
    ana.says_in("ops", "after");
    tail.prints("after");
    daemon.signal(Signal::KILL);
    drop(daemon);
    let all: Vec<String> = tail.printed();
    let one = (0..50).map(|n| format!("one {n}"));
    let expected: Vec<String> = ["before".to_owned()]
        .into_iter()
        .chain(one)
        .chain((0..250).map(|n| format!("two {n}")))
        .chain(["after".to_owned()])
        .collect();
    let told: Vec<String> =
        without_times(&all.join("\n")).iter().map(|line| line.replace("#ops ana: ", "")).collect();
    assert_eq!(told, expected);
}

#[test]
fn a_relay_that_stays_away_ends_a_tail() {
    let daemon = Daemon::with(QUICK);
    let mut ana = Native::hello(&daemon, "ana");
    ana.says("hi");
    let tail = start(&daemon, &["tail", "-f", "--timeout", "1"]);
    tail.prints("hi");
    drop(daemon);
    let ran = tail.ends().exits(1);
    assert!(ran.err.contains("trying again for 1 s"), "{}", ran.err);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let daemon = Daemon::with(QUICK);
    let mut ana = Native::hello(&daemon, "ana");
    for n in 0..300 {
        ana.says(&format!("{n} {}", "x".repeat(500)));
    }
    let (client, address) = (program("lanchat-client"), daemon.address());
    let shell = |words: &str| {
        let script =
            format!("{{ {} {words} --relay {address} --plain; echo \"exit $?\" >&2; }}", client.display());
        run(Command::new("sh").arg("-c").arg(format!("{script} | head -n 1")))
    };
    for words in ["tail -n 300", "tail -n 300 --json", "search -n 50 x", "tail --follow"] {
        let ran = shell(words);
        assert_eq!(ran.out.lines().count(), 1, "{words}");
        assert!(ran.err.ends_with("exit 0\n"), "{words}: {}", ran.err);
    }
    let closed = format!("{} tail --relay {address} --plain >&-", client.display());
    run(Command::new("sh").arg("-c").arg(closed)).exits(0);
}

#[test]
fn what_cannot_be_written_is_a_failure() {
    let daemon = Daemon::with(QUICK);
    Native::hello(&daemon, "ana").says("hi");
    for (words, code) in [(&["tail"][..], 1), (&["who", "--nick", "x"], 1), (&["search", "hi"], 4)] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let _ana = Native::hello(&daemon, "ana");
        let mut client = Command::new(program("lanchat-client"));
        client.args(words).args(["--relay", &daemon.address().to_string(), "--plain"]);
        let output = client.stdin(Stdio::null()).stdout(full).stderr(Stdio::piped()).output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{err}");
        assert!(err.contains("cannot write what was found out"), "{err}");
    }
}

#[test]
fn the_first_answer_of_somebody_else_decides() {
    let daemon = Daemon::with(QUICK);
    let mut bob = Native::hello_in(&daemon, "bob", "ops");
    for (said, code, out) in [("Yes!", 0, "bob: yes\n"), ("deploy: no", 1, "bob: no\n")] {
        let script = start(&daemon, &["ask", "#ops", "Deploy?", "--nick", "deploy"]);
        bob.sees_in("ops", "deploy", "Deploy? (yes/no)");
        let other = if code == 0 { "no" } else { "yes" };
        for text in ["which version? yes is what I would like to say", said, other] {
            bob.sends(&json!({ "type": "say", "room": "ops", "text": text }));
        }
        let ran = script.ends().exits(code);
        assert_eq!((ran.out.as_str(), ran.err.as_str()), (out, ""));
        let told = out.trim_end().split(": ").last().unwrap();
        bob.sees_in("ops", "deploy", &format!("Deploy? -> {told} (bob)"));
    }
    let script =
        start(&daemon, &["ask", "ops", "Which?", "--choices", "red,dark blue", "--json", "--nick", "deploy"]);
    bob.sees_in("ops", "deploy", "Which? (red/dark blue)");
    bob.says_in("ops", "Dark blue.");
    let answer = script.ends().exits(1).json();
    assert_eq!((&answer["from"], &answer["choice"]), (&"bob".into(), &"dark blue".into()));
    assert_eq!((&answer["room"], &answer["text"]), (&"ops".into(), &"Dark blue.".into()));
}

#[test]
fn one_person_can_be_asked_alone() {
    let daemon = Daemon::with(QUICK);
    let mut bob = Native::hello(&daemon, "bob");
    let script = start(&daemon, &["ask", "@bob", "Lunch?", "--nick", "ana"]);
    assert_eq!(bob.event("message")["text"], "Lunch? (yes/no)");
    bob.says_in("@ana", "yes");
    assert_eq!(script.ends().exits(0).out, "bob: yes\n");
}

#[test]
fn nobody_is_waited_for_longer_than_was_said() {
    let daemon = Daemon::with(QUICK);
    let mut bob = Native::hello(&daemon, "bob");
    let ran = runs(&daemon, &["ask", "lobby", "Deploy?", "--timeout", "1s", "--nick", "deploy"]).exits(124);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", ""));
    bob.sees_message("deploy", "Deploy? (yes/no)");
    bob.sees_message("deploy", "Deploy? -> nobody has answered in time");
}

#[test]
fn an_answer_that_is_given_while_the_relay_restarts_counts() {
    let daemon = Daemon::with(QUICK);
    let mut bob = Native::hello_in(&daemon, "bob", "ops");
    let script = start(&daemon, &["ask", "ops", "Deploy?", "--nick", "deploy"]);
    bob.sees_in("ops", "deploy", "Deploy? (yes/no)");
    daemon.signal(Signal::KILL);
    let daemon = daemon.restart();
    // Most likely before the script is back. It may have to ask again, if the relay has not kept the question.
    let mut bob = Native::hello_in(&daemon, "bob", "ops");
    bob.says_in("ops", "no");
    let ran = script.ends().exits(1);
    assert_eq!(ran.out, "bob: no\n");
}

#[test]
fn a_question_that_cannot_be_answered_for_lack_of_a_relay_is_no_timeout() {
    let daemon = Daemon::with(QUICK);
    let mut bob = Native::hello(&daemon, "bob");
    let script = start(&daemon, &["ask", "lobby", "Deploy?", "--nick", "deploy", "--timeout", "2s"]);
    bob.sees_message("deploy", "Deploy? (yes/no)");
    drop(daemon);
    let ran = script.ends().exits(4);
    assert_eq!(ran.out, "");
}

#[test]
fn people_are_listed_one_a_line() {
    let daemon = Daemon::with(QUICK);
    let _people = ["bob", "ana"].map(|nick| Native::hello_in(&daemon, nick, "ops"));
    assert_eq!(runs(&daemon, &["who", "#ops"]).exits(0).out, "ana\nbob\n");
    let ran = runs(&daemon, &["who", "ops", "--json"]).exits(0);
    let people: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&people[0]["nick"], &people[1]["nick"]), (&"ana".into(), &"bob".into()));
    assert!(people[0]["connected_s"].is_u64() && people[0]["room"] == "ops");
    assert_eq!(runs(&daemon, &["who"]).exits(0).out, "ana\nbob\n", "everybody is in the lobby");
    let ran = runs(&daemon, &["who", "attic"]).exits(1);
    assert!(ran.out.is_empty() && ran.err.contains("attic"), "{}", ran.err);
}

#[test]
fn a_search_finds_or_says_by_its_status_that_there_is_nothing() {
    let daemon = Daemon::with(QUICK);
    let mut ana = Native::hello_in(&daemon, "ana", "ops");
    ana.says_in("ops", "the disk is full");
    ana.says_in("ops", "the disk is empty");
    ana.says("no disk here");
    let found = runs(&daemon, &["search", "disk", "in:ops"]).exits(0);
    assert_eq!(without_times(&found.out), ["#ops ana: the disk is full", "#ops ana: the disk is empty"]);
    let object = runs(&daemon, &["search", "--json", "here", "from:ana"]).exits(0).json();
    assert_eq!((&object["room"], &object["text"]), (&"lobby".into(), &"no disk here".into()));
    let ran = runs(&daemon, &["search", "unicorn"]).exits(1);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", ""));
    let ran = runs(&daemon, &["search", "in:ops"]).exits(2);
    assert!(ran.err.contains("search for what?"), "{}", ran.err);
}

#[test]
fn a_relay_answers_a_ping_as_often_as_it_is_asked() {
    let daemon = Daemon::with(QUICK);
    let ran = runs(&daemon, &["ping", "-c", "2"]).exits(0);
    assert_eq!(ran.out.lines().count(), 2);
    assert!(
        ran.out.lines().all(|line| line.contains(" answers after ") && line.ends_with(" ms")),
        "{}",
        ran.out
    );
}

#[test]
fn questions_are_answered_through_a_restart() {
    let daemon = Daemon::with(QUICK);
    let mut ana = Native::hello_in(&daemon, "ana", "ops");
    ana.says_in("ops", "the disk is full");
    let ping = start(&daemon, &["ping", "-c", "4"]);
    ping.prints("answers after");
    daemon.signal(Signal::KILL);
    let daemon = daemon.restart();
    let questions =
        [["search", "disk", "in:ops"], ["who", "#ops", "--json"]].map(|words| start(&daemon, &words));
    let _ana = Native::hello_in(&daemon, "ana", "ops");
    let [search, who] = questions.map(Piped::ends);
    assert_eq!(without_times(&search.exits(0).out), ["#ops ana: the disk is full"]);
    assert!([Some(0), Some(1)].contains(&who.code), "she may not be there yet: {}", who.err);
    assert_eq!(runs(&daemon, &["who", "#ops"]).exits(0).out, "ana\n");
    let ran = ping.ends().exits(0);
    assert_eq!(ran.out.lines().count(), 4, "{}{}", ran.out, ran.err);
}

#[test]
fn nobody_is_told_that_a_script_comes_and_goes() {
    let daemon = Daemon::with(QUICK);
    let mut ana = Native::hello_in(&daemon, "ana", "ops");
    for words in [
        &["ping"][..],
        &["ping", "--nick", "bob"],
        &["who", "ops"],
        &["tail", "--room", "ops"],
        &["tail"],
        &["send", "--nick", "bob", "--room", "ops", "hi"],
        &["send", "--nick", "bob", "hi"],
        &["search", "hi", "in:ops"],
        &["search", "hi"],
    ] {
        runs(&daemon, words).exits(0);
    }
    runs(&daemon, &["ask", "ops", "Deploy?", "--nick", "bob", "--timeout", "1s"]).exits(124);
    let carla = Native::hello(&daemon, "carla");
    assert_eq!(ana.event("presence")["nick"], "carla", "people are told as ever");
    drop(carla);
    let left = ana.event("presence");
    assert_eq!((&left["nick"], &left["change"]), (&"carla".into(), &"left".into()));
}

#[test]
fn a_script_is_seen_where_it_is_and_is_nowhere_else() {
    let daemon = Daemon::with(QUICK);
    let mut ana = Native::hello_in(&daemon, "ana", "ops");
    ana.says_in("ops", "hi");
    ana.says("lunch");
    let tail = start(&daemon, &["tail", "-f", "--room", "ops", "--nick", "ear"]);
    tail.prints("hi");
    assert_eq!(runs(&daemon, &["who", "ops"]).exits(0).out, "ana\near\n", "nobody listens unseen");
    assert_eq!(runs(&daemon, &["who"]).exits(0).out, "ana\n");
    let rooms =
        |nick: &str| daemon.clients().iter().find(|it| it["nick"] == nick).map(|it| it["rooms"].clone());
    assert_eq!(rooms("ear"), Some(json!(["ops"])));
    let mut script = start(&daemon, &["send", "--room", "ops", "--nick", "deploy", "--per-line"]);
    script.writes(b"one\n");
    ana.sees_in("ops", "deploy", "one");
    assert_eq!(rooms("deploy"), Some(json!(["ops"])));
    script.ends().exits(0);
    let mut script = start(&daemon, &["send", "--to", "ana", "--nick", "deploy", "--per-line"]);
    script.writes(b"psst\n");
    ana.sees_in("@deploy", "deploy", "psst");
    assert_eq!(rooms("deploy"), Some(json!([])));
    script.ends().exits(0);
}

#[test]
fn a_room_that_nobody_has_opened_is_not_opened_by_who_only_reads() {
    let daemon = Daemon::with(QUICK);
    let home = TempDir::new();
    std::fs::create_dir(home.file("lanchat")).unwrap();
    home.write("lanchat/client.toml", "rooms = [\"typo\"]\n");
    Native::hello(&daemon, "ana").says("hi");
    for (words, code) in [
        (&["tail", "--room", "typo"][..], 1),
        (&["tail", "--room", "#typo", "--since", "1h", "--json"], 1),
        (&["who", "typo"], 1),
        (&["search", "hi", "in:#typo"], 4),
    ] {
        let ran = runs(&daemon, words).exits(code);
        assert!(ran.out.is_empty() && ran.err.contains("there is no room #typo"), "{words:?}: {}", ran.err);
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    }
    // One that stands in client.toml is searched where there is one.
    let mut client = Command::new(program("lanchat-client"));
    client.args(["search", "hi", "--plain", "--relay", &daemon.address().to_string()]);
    let ran = run(client.env("XDG_CONFIG_HOME", home.path()).env("XDG_STATE_HOME", home.path())).exits(0);
    assert_eq!((without_times(&ran.out), ran.err.as_str()), (vec!["#lobby ana: hi"], ""));
    let rooms = daemon.ctl(&["rooms", "--json"]).exits(0).out;
    assert!(!rooms.contains("typo"), "{rooms}");
    // Who says something opens it, as at the prompt.
    runs(&daemon, &["send", "--room", "typo", "--nick", "ana", "hi"]).exits(0);
    assert_eq!(without_times(&runs(&daemon, &["tail", "--room", "typo"]).exits(0).out), ["#typo ana: hi"]);
}

#[test]
fn a_room_that_is_to_be_followed_is_waited_for_and_nothing_in_it_is_missed() {
    let daemon = Daemon::with(QUICK);
    let tails = [&[][..], &["-n", "0"], &["--since", "1h"]].map(|more| {
        let words = [&["tail", "--follow", "--room", "dawn", "--json"], more].concat();
        let tail = start(&daemon, &words);
        tail.complains("there is no room #dawn, or it is a private one; waiting until it can be entered");
        tail
    });
    assert!(!daemon.ctl(&["rooms", "--json"]).exits(0).out.contains("dawn"));
    // A restart while it waits changes nothing.
    daemon.signal(Signal::KILL);
    let daemon = daemon.restart();
    let mut ana = Native::hello_in(&daemon, "ana", "dawn");
    for n in 0..30 {
        ana.says_in("dawn", &format!("m{n}"));
    }
    for tail in tails {
        tail.prints("m29");
        let told: Vec<Value> =
            tail.printed().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(texts(&told), (0..30).map(|n| format!("m{n}")).collect::<Vec<_>>());
    }
}

#[test]
fn who_follows_a_room_goes_on_though_the_relay_has_forgotten_it() {
    let daemon = Daemon::with(&format!("store.path = \"\"\n{QUICK}"));
    let mut ana = Native::hello_in(&daemon, "ana", "ops");
    ana.says_in("ops", "before");
    let tail = start(&daemon, &["tail", "--follow", "--room", "ops", "--timeout", "5m"]);
    tail.prints("before");
    daemon.signal(Signal::KILL);
    let daemon = daemon.restart();
    eventually("it is back", || daemon.clients().iter().find(|it| it["rooms"] == json!(["ops"])).map(drop));
    Native::hello_in(&daemon, "ana", "ops").says_in("ops", "after");
    tail.prints("after");
}

#[test]
fn a_script_reads_and_says_no_more_than_anybody_of_its_name() {
    let daemon = Daemon::with(&format!("accounts.plain_passwords = true\n{QUICK}"));
    let mut ana = Native::hello(&daemon, "ana");
    ana.answered("account", json!({ "type": "register", "password": "open sesame" }));
    let home = TempDir::new();
    let token = home.write("token", &daemon.ctl(&["token", "new", "ana"]).exits(0).out);
    let token = token.to_str().unwrap();
    for room in ["den", "stage", "vault"] {
        ana.answered(
            "joined",
            json!({ "type": "create", "room": room, "private": room == "den", "moderated": room == "stage" }),
        );
        ana.says_in(room, "gold");
    }
    ana.answered("order", json!({ "type": "lock", "room": "vault" }));
    for (words, code, told) in [
        (&["tail", "--room", "den"][..], 1, "no room #den"),
        (&["who", "den"], 1, "no room #den"),
        (&["search", "gold", "in:den"], 4, "no room #den"),
        (&["send", "--room", "den", "hi"], 1, "not open to everybody"),
        (&["ask", "den", "Deploy?"], 4, "not open to everybody"),
        (&["tail", "--room", "vault"], 1, "locked"),
        (&["tail", "--room", "vault", "--follow"], 1, "locked"),
        (&["search", "gold", "in:vault"], 4, "locked"),
        (&["send", "--room", "vault", "hi"], 1, "locked"),
        (&["send", "--room", "stage", "hi"], 1, "moderated"),
        (&["ask", "stage", "Deploy?"], 4, "moderated"),
    ] {
        let ran = runs(&daemon, &[words, &["--nick", "spy"]].concat()).exits(code);
        assert!(ran.out.is_empty() && ran.err.contains(told), "{words:?}: {}", ran.err);
    }
    assert_eq!(runs(&daemon, &["search", "gold", "--nick", "spy"]).exits(1).out, "", "it is in none of them");
    let member = |words: &[&str]| runs(&daemon, &[words, &["--token-file", token]].concat()).exits(0).out;
    assert!(member(&["tail", "--room", "den"]).contains("#den ana: gold"));
    assert!(member(&["search", "gold", "in:den"]).contains("#den ana: gold"));
    assert_eq!(member(&["who", "den"]), "ana\n");
    daemon.ctl(&["mute", "spy"]).exits(0);
    let ran = runs(&daemon, &["send", "--nick", "spy", "hi"]).exits(1);
    assert!(ran.err.contains("nothing can be sent to #lobby: you are muted"), "{}", ran.err);
    daemon.ctl(&["ban", "spy"]).exits(0);
    for (words, code) in EACH.into_iter().zip(FAILS) {
        let ran = runs(&daemon, &[words, &["--nick", "spy"]].concat()).exits(code);
        assert!(ran.out.is_empty() && ran.err.contains("banned"), "{words:?}: {}", ran.err);
    }
}

#[test]
fn a_ping_that_takes_longer_than_a_hello_may_is_one_connection() {
    let daemon = Daemon::with("limits.login_grace_ms = 1500");
    let ran = runs(&daemon, &["ping", "-c", "5"]).exits(0);
    assert_eq!((ran.out.lines().count(), ran.err.as_str()), (5, ""));
    assert_eq!(daemon.status()["connections"], 1);
}

#[test]
fn a_relay_that_keeps_nobody_at_its_door_is_asked_again_without_noise() {
    let daemon = Daemon::with("limits.login_grace_ms = 300");
    let ran = runs(&daemon, &["ping", "-c", "4"]).exits(0);
    assert_eq!((ran.out.lines().count(), ran.err.as_str()), (4, ""));
}

#[test]
fn a_relay_that_goes_away_while_it_is_asked_is_told_of_and_is_a_failure() {
    let daemon = Daemon::start();
    let ping = start(&daemon, &["ping", "-c", "1000", "--timeout", "1"]);
    ping.prints("answers after");
    drop(daemon);
    let ran = ping.ends().exits(1);
    assert!(ran.err.contains("connection lost") && ran.err.contains("trying again for 1 s"), "{}", ran.err);
}

/// A daemon that is killed and starts anew while a script waits for its answer, and what the script comes to. `before` is
/// done in the room ops before, `after` once the relay is back.
fn through_a_restart(
    words: &[&str],
    before: impl FnOnce(&mut Native),
    after: impl FnOnce(&mut Native),
) -> (Daemon, Ran) {
    let daemon = Daemon::with(QUICK);
    let proxy = Proxy::to(daemon.address());
    let mut ana = Native::hello_in(&daemon, "ana", "ops");
    before(&mut ana);
    proxy.shorten();
    let script = start_at(proxy.address(), &[words, &["--plain"]].concat());
    // It is welcome, and asks for something, but does not hear the answer.
    proxy.has_withheld(1);
    daemon.signal(Signal::KILL);
    let daemon = daemon.restart();
    let mut ana = Native::hello_in(&daemon, "ana", "ops");
    proxy.mend();
    after(&mut ana);
    let ran = script.ends();
    assert!(ran.err.contains("connection lost"), "{words:?}: {}", ran.err);
    drop(ana);
    (daemon, ran)
}

#[test]
fn what_is_sent_while_the_relay_is_killed_is_said_once() {
    for words in [
        &["send", "--nick", "deploy", "--room", "ops", "done"][..],
        &["send", "--nick", "deploy", "--room", "#ops", "--code", "done"],
    ] {
        let (daemon, ran) = through_a_restart(words, |_| {}, |_| {});
        assert_eq!(ran.exits(0).out, "");
        let told = texts(&history(&daemon, "ops"));
        assert!(told.len() == 1 && told[0].contains("done"), "{told:?}");
    }
    // The relay has taken this one before it was killed, and may have forgotten it.
    let (daemon, ran) = through_a_restart(&["send", "--nick", "deploy", "done"], |_| {}, |_| {});
    assert_eq!(ran.exits(0).out, "");
    assert_eq!(texts(&history(&daemon, "lobby")), ["done"]);
    // What is refused is refused by the relay that is back.
    let words = ["send", "--nick", "deploy", "--to", "nobody", "done"];
    let (_, ran) = through_a_restart(&words, |_| {}, |_| {});
    assert!(ran.exits(1).err.contains("nothing can be sent to nobody"));
}

#[test]
fn whatever_is_asked_is_answered_by_the_relay_that_is_back() {
    let says = |ana: &mut Native| drop(ana.says_in("ops", "the disk is full"));
    for (words, code, out) in [
        (&["tail", "--room", "ops"][..], 0, "#ops ana: the disk is full\n"),
        (&["tail", "--room", "typo"], 1, ""),
        (&["search", "disk", "in:ops"], 0, "#ops ana: the disk is full\n"),
        (&["search", "unicorn", "in:ops"], 1, ""),
        (&["search", "disk", "in:typo"], 4, ""),
        (&["who", "ops"], 0, "ana\n"),
        (&["who", "typo"], 1, ""),
    ] {
        let (daemon, ran) = through_a_restart(words, says, |_| {});
        let ran = ran.exits(code);
        assert!(ran.out.ends_with(out) && ran.out.is_empty() == out.is_empty(), "{words:?}: {}", ran.out);
        assert!(!daemon.ctl(&["rooms", "--json"]).exits(0).out.contains("typo"));
    }
    let (_, ran) = through_a_restart(&["ping", "-c", "2"], |_| {}, |_| {});
    assert_eq!(ran.exits(0).out.lines().count(), 2);
}

#[test]
fn a_question_that_the_relay_forgot_is_asked_again_and_answered() {
    let ask = |timeout, answer: Option<&'static str>| {
        let words = ["ask", "ops", "Deploy?", "--nick", "deploy", "--timeout", timeout];
        let after = |ana: &mut Native| {
            ana.sees_in("ops", "deploy", "Deploy? (yes/no)");
            answer.into_iter().for_each(|answer| drop(ana.says_in("ops", answer)));
        };
        through_a_restart(&words, |_| {}, after).1
    };
    assert_eq!(ask("5m", Some("yes")).exits(0).out, "ana: yes\n");
    assert_eq!(ask("5m", Some("no")).exits(1).out, "ana: no\n");
    assert_eq!(ask("4s", None).exits(124).out, "");
}

#[test]
fn a_relay_that_does_not_come_back_is_a_failure_of_each() {
    let daemon = Daemon::with(QUICK);
    let _ana = Native::hello_in(&daemon, "ana", "ops");
    let proxy = Proxy::to(daemon.address());
    proxy.shorten();
    let scripts = EACH.map(|words| {
        let words = if words[0] == "ping" { &["ping", "-c", "9"] } else { words };
        start_at(proxy.address(), &[words, &["--plain", "--timeout", "1"]].concat())
    });
    proxy.has_withheld(EACH.len());
    drop(daemon);
    for (script, code) in scripts.into_iter().zip(FAILS) {
        let ran = script.ends().exits(code);
        assert!(ran.err.contains("connection lost"), "{}", ran.err);
    }
}

#[test]
fn a_relay_that_comes_back_as_another_is_told_nothing_more() {
    for words in EACH {
        let relay = Impostor::that(Some(&Identity::new()), |line| {
            let is_hello = line.contains("\"hello\"");
            if is_hello { lanchat_tests::answer(line) } else { Vec::new() }
        });
        let script = start_at(relay.address(), &[words, &["--nick", "ana"]].concat());
        eventually("it was asked for something", || (relay.heard().len() == 2).then_some(()));
        relay.becomes(Some(&Identity::new()));
        let ran = script.ends().exits(3);
        assert!(ran.out.is_empty() && ran.err.contains("another key"), "{words:?}: {}", ran.err);
        assert_eq!(relay.heard().len(), 2, "{words:?}");
    }
}

#[test]
fn a_reader_that_leaves_after_a_restart_is_no_failure_either() {
    let daemon = Daemon::with(QUICK);
    let mut ana = Native::hello_in(&daemon, "ana", "ops");
    ana.says_in("ops", "one");
    let script = format!(
        "{{ {} tail -f --room ops --relay {} --plain --timeout 5m; echo \"exit $?\" >&2; }} | head -n 2",
        program("lanchat-client").display(),
        daemon.address()
    );
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(script).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let shell = shell.spawn().unwrap();
    let is_tail = |client: &&Value| client["rooms"] == json!(["ops"]);
    eventually("it is there", || daemon.clients().iter().find(is_tail).map(drop));
    daemon.signal(Signal::KILL);
    let daemon = daemon.restart();
    Native::hello_in(&daemon, "ana", "ops").says_in("ops", "two");
    let output = shell.wait_with_output().unwrap();
    assert_eq!(without_times(&String::from_utf8_lossy(&output.stdout)), ["#ops ana: one", "#ops ana: two"]);
    assert!(String::from_utf8_lossy(&output.stderr).ends_with("exit 0\n"));
}

#[test]
fn a_script_is_not_told_what_to_type() {
    let members = Daemon::with("accounts.who = \"registered\"");
    runs(&members, &["ping"]).exits(0);
    for words in EACH.into_iter().filter(|words| words[0] != "ping") {
        let ran = runs(&members, words);
        assert!(ran.err.contains("--token-file") && !ran.err.contains('/'), "{words:?}: {}", ran.err);
    }
    let open = Daemon::start();
    let ran = runs(&open, &["who", "attic"]).exits(1);
    assert!(ran.err.contains("no room #attic") && !ran.err.contains('/'), "{}", ran.err);
}

#[test]
fn a_relay_that_lets_nobody_in_or_is_not_there_is_a_failure() {
    for (daemon, told) in closed_relays() {
        let _only = Native::connect(&daemon);
        // Whoever is to log in first is let in, and answered to that extent.
        let is_refused = |words: &[&str]| told != "logged in" || words[0] != "ping";
        for (words, code) in EACH.into_iter().zip(FAILS).filter(|(words, _)| is_refused(words)) {
            let words = [words, &["--nick", "ana", "--plain"]].concat();
            let ran = runs(&daemon, &words).exits(code);
            assert!(ran.out.is_empty() && ran.err.contains(told), "{words:?}: {}", ran.err);
        }
    }
    let gone = Daemon::start();
    let address = gone.address().to_string();
    drop(gone);
    for (words, code) in EACH.into_iter().zip(FAILS) {
        let place = if words[0] == "ping" { vec![&*address] } else { vec!["--relay", &address] };
        let ran = Piped::start(&[words, &place].concat()).ends().exits(code);
        assert!(ran.out.is_empty() && ran.err.contains("is lanchatd running?"), "{words:?}: {}", ran.err);
    }
}

#[test]
fn a_relay_whose_key_is_not_known_is_not_talked_to() {
    let relay = Impostor::start(Some(&Identity::new()));
    let address = relay.address().to_string();
    let pin = Identity::new().fingerprint();
    for words in EACH {
        let place = if words[0] == "ping" { vec![&*address] } else { vec!["--relay", &address] };
        Piped::start(&[words, &place, &["--pin", &pin]].concat()).ends().exits(3);
    }
    let home = TempDir::new();
    let mut client = Command::new(program("lanchat-client"));
    client.args(["send", "hi", "--relay", &address]).env("XDG_STATE_HOME", home.path());
    run(&mut client).exits(3);
    assert!(relay.heard().is_empty());
}

#[test]
fn wrong_usage_is_told_before_anything_is_done() {
    let daemon = Daemon::start();
    for words in [
        &["send", "--room", "a b", "hi"][..],
        &["send", "--bogus"],
        &["send", ""],
        &["send", "--code", " ", " "],
        &["tail", "--since", "lately"],
        &["ask", "ops"],
        &["ask", "ops", "Deploy?", "--choices", "yes,"],
        &["ask", "ops", "Deploy?", "--choices", "yes,Yes"],
        &["ask", "ops", "  "],
        &["who", "a b"],
        &["search"],
        &["ping", "-c", "0"],
    ] {
        let ran = runs(&daemon, words).exits(2);
        assert!(ran.out.is_empty() && !ran.err.is_empty(), "{words:?}");
    }
    assert!(daemon.clients().is_empty());
}

#[test]
fn a_server_of_the_configuration_has_not_the_name_of_a_command() {
    let home = TempDir::new();
    std::fs::create_dir(home.file("lanchat")).unwrap();
    home.write("lanchat/client.toml", "[server.tail]\naddress = \"relay\"\n");
    let mut client = Command::new(program("lanchat-client"));
    let ran = run(client.arg("who").env("XDG_CONFIG_HOME", home.path())).exits(2);
    assert!(ran.err.contains("is a command"), "{}", ran.err);
}

#[test]
fn a_room_one_is_put_out_of_is_not_followed_any_longer() {
    let daemon = Daemon::with(QUICK);
    let mut ana = Native::hello(&daemon, "ana");
    ana.says("hi");
    let tail = start(&daemon, &["tail", "-f", "--nick", "ear"]);
    tail.prints("hi");
    daemon.ctl(&["kick", "ear"]).exits(0);
    let ran = tail.ends().exits(1);
    assert!(ran.err.contains("goodbye"), "{}", ran.err);
}
