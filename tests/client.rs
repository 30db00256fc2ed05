//! `lanchat-client` at a terminal.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::thread;

use lanchat_tests::{Daemon, Native, Setup, Signal, TempDir, Terminal, eventually, skip};
use rustix::process::{Pid, kill_process};

/// A daemon that does not slow anybody down.
const QUICK: &str = "limits.messages_per_second_max = 0";

#[test]
fn a_half_typed_line_stays_intact_while_200_messages_arrive_and_none_waits_for_a_key() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    ana.sees("bob joined");
    let half = "half a 日本語 line, é and 👍";
    ana.types(half);
    ana.has_line(&format!("#lobby ana> {half}"));
    for n in 1..=200 {
        bob.says(&format!("message {n}."));
    }
    ana.sees("bob: message 200.");
    ana.has_line(&format!("#lobby ana> {half}"));
    let rows = ana.rows();
    let messages: Vec<_> =
        rows.iter().filter_map(|row| row.split_once("bob: ")).map(|(_, text)| text).collect();
    let expected: Vec<_> = (1..=200).map(|n| format!("message {n}.")).collect();
    assert_eq!(messages, expected);
    assert_eq!(rows.iter().filter(|row| row.contains("half a")).count(), 1, "{rows:#?}");
    ana.enters("");
    bob.sees_message("ana", half);
}

#[test]
fn each_message_appears_at_once_on_an_idle_prompt() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    for n in 1..=20 {
        bob.says(&format!("message {n}."));
        let row = ana.sees(&format!("bob: message {n}."));
        assert_eq!(row.find("bob"), Some("14:02 ".len()), "{row}");
        ana.has_line("#lobby ana> ");
    }
}

#[test]
fn a_line_that_fills_several_rows_stays_intact_too() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    let long: String = (1..=20).map(|n| format!("word{n:02} 日本 ")).collect();
    ana.types(&long);
    ana.sees("word20");
    for n in 1..=30 {
        bob.says(&format!("message {n}."));
    }
    ana.sees("bob: message 30.");
    ana.sees("word20"); // drawn again below the last message
    let rows = ana.rows();
    assert_eq!(rows.iter().filter(|row| row.contains("word01")).count(), 1, "{rows:#?}");
    assert_eq!(rows.iter().filter(|row| row.contains("bob: message")).count(), 30, "{rows:#?}");
    ana.enters("end");
    bob.sees_message("ana", &format!("{long}end"));
}

#[test]
fn messages_never_stand_behind_the_prompt_or_the_line_just_entered() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    ana.sees("bob joined");
    let chatter = thread::spawn(move || {
        for n in 1..=1_000 {
            bob.says(&format!("bob{n}."));
        }
        bob
    });
    for n in 1..=200 {
        ana.enters(&format!("ana{n}"));
        ana.sees(&format!("#lobby ana> ana{n}"));
    }
    let bob = chatter.join().unwrap();
    eventually("bob has heard everything", || {
        bob.events().iter().any(|event| event["text"] == "ana200").then_some(())
    });
    ana.sees("bob: bob1000.");
    ana.has_line("#lobby ana> ");
    let rows = ana.rows();
    let from_bob: Vec<_> = rows.iter().filter(|row| row.contains("bob: ")).collect();
    let from_ana: Vec<_> = rows.iter().filter(|row| row.contains("#lobby ana> ana")).collect();
    assert_eq!((from_bob.len(), from_ana.len()), (1_000, 200), "{rows:#?}");
    for (n, row) in (1..).zip(from_bob) {
        assert!(row.len() > 6 && row[6..] == format!("bob: bob{n}."), "{n}: {row}");
    }
    for (n, row) in (1..).zip(from_ana) {
        assert_eq!(*row, format!("#lobby ana> ana{n}"));
    }
}

#[test]
fn what_is_typed_ahead_and_pasted_is_all_sent() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    ana.types("one\rtwo\rthree\r");
    // Enter is the answer to the question.
    ana.types("\x1b[200~four\n/quit\nsix\x1b[201~\r");
    for text in ["one", "two", "three"] {
        bob.sees_message("ana", text);
    }
    bob.sees("the pasted text", |event| {
        let words = event["text"].as_str().unwrap_or_default().split_whitespace();
        words.eq(["four", "/quit", "six"])
    });
}

#[test]
fn tab_completes_a_command_and_a_nick() {
    let (daemon, home) = (Daemon::start(), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bruno = Native::hello(&daemon, "bruno");
    ana.sees("bruno joined");
    ana.types("br\t");
    ana.has_line("#lobby ana> bruno: ");
    ana.enters("hi");
    bruno.sees_message("ana", "bruno: hi");
    ana.has_line("#lobby ana> ");
    ana.types("/me\t");
    ana.has_line("#lobby ana> /me ");
    ana.enters("waves");
    assert_eq!(bruno.event("message")["action"], true);
}

#[test]
fn an_ambiguous_tab_holds_no_message_back() {
    let (daemon, home) = (Daemon::start(), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bruno = Native::hello(&daemon, "bruno");
    let _brunhild = Native::hello(&daemon, "brunhild");
    ana.sees("brunhild joined");
    ana.types("b\t");
    ana.has_line("#lobby ana> brun");
    ana.types("\t");
    ana.sees("brunhild:");
    bruno.says("still there?");
    ana.sees("bruno: still there?");
    ana.has_line("#lobby ana> brun");
}

#[test]
fn up_brings_back_what_was_entered_even_in_the_next_session_but_no_password() {
    let (daemon, home) = (Daemon::start(), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    for line in ["first", "/login ana hunter2", "second"] {
        ana.enters(line);
        ana.sees(&format!("#lobby ana> {line}"));
        ana.has_line("#lobby ana> ");
    }
    ana.types("\x1b[A");
    ana.has_line("#lobby ana> second");
    ana.types("\x03");
    ana.has_line("#lobby ana> ");
    ana.enters("/quit");
    assert_eq!(ana.exits(), 0);
    assert!(ana.is_sane());
    let file = home.file("state/lanchat/history");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!std::fs::read_to_string(&file).unwrap().contains("hunter2"));
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    ana.types("\x1b[A\x1b[A\x1b[A");
    ana.has_line("#lobby ana> first");
}

#[test]
fn a_line_typed_while_the_relay_was_away_arrives_exactly_once() {
    let home = TempDir::new();
    let mut daemon = Setup::new(QUICK).in_foreground().start();
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    ana.enters("before");
    daemon.shows(" - before");
    ana.types("half");
    ana.has_line("#lobby ana> half");
    daemon.signal(Signal::TERM);
    assert!(daemon.wait_exit().success());
    ana.sees("connection lost");
    ana.has_line("#lobby ana, offline> half");
    ana.enters(" typed");
    ana.has_line("#lobby ana, offline, 1 queued> ");
    ana.enters("and more");
    ana.has_line("#lobby ana, offline, 2 queued> ");
    let daemon = daemon.restart();
    daemon.shows(" - half typed");
    daemon.shows(" - and more");
    ana.sees("connected again as ana; sending the 2 lines that waited");
    ana.has_line("#lobby ana> ");
    ana.enters("after");
    daemon.shows(" - after");
    ana.has_line("#lobby ana> ");
    assert_eq!(daemon.status()["messages_accepted"], 3);
    let rows = ana.rows();
    let told = rows.iter().filter(|row| row.contains("connection lost"));
    assert_eq!(told.count(), 1, "{rows:#?}");
}

#[test]
fn a_new_nick_shows_in_the_next_prompt_and_lasts_over_a_restart() {
    let (daemon, home) = (Daemon::start(), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    ana.enters("/nick bruno");
    ana.sees("you are now bruno");
    ana.has_line("#lobby bruno> ");
    let daemon = daemon.restart();
    ana.sees("connected again as bruno");
    ana.has_line("#lobby bruno> ");
    assert_eq!(daemon.clients()[0]["nick"], "bruno");
}

#[test]
fn a_nick_that_is_taken_is_varied_and_the_person_told() {
    let (daemon, home) = (Daemon::start(), TempDir::new());
    let _ana = Native::hello(&daemon, "ana");
    let second = Terminal::start(&home, &[], &[&daemon.address().to_string(), "--nick", "ana"]);
    second.sees("somebody has the nick ana; you are ana2");
    second.has_line("#lobby ana2> ");
}

#[test]
fn the_nick_is_asked_for_once_and_suggested_by_the_name_of_the_user() {
    let (daemon, home) = (Daemon::start(), TempDir::new());
    let address = daemon.address().to_string();
    let mut first = Terminal::start(&home, &[("USER", "bruno")], &[&address]);
    first.sees("What do others call you? [bruno]");
    first.enters("a b");
    first.sees("a nick has no space");
    first.enters("bo");
    first.sees("as bo;");
    first.enters("/quit");
    assert_eq!(first.exits(), 0);
    let mut again = Terminal::start(&home, &[("USER", "bruno")], &[&address]);
    again.sees("as bo;");
    assert!(!again.rows().join("").contains("call you"), "{:?}", again.rows());
    again.enters("/quit");
    assert_eq!(again.exits(), 0);
    // An empty answer takes what is suggested; where nothing is, it is the relay that gives a name.
    for (user, name) in [("bruno", "bruno"), ("root", "guest")] {
        let home = TempDir::new();
        let mut third = Terminal::start(&home, &[("USER", user)], &[&address]);
        third.sees("call you?");
        third.enters("");
        third.sees(&format!("as {name}"));
    }
}

#[test]
fn a_server_of_the_configuration_is_meant_by_its_name() {
    let (daemon, home) = (Daemon::start(), TempDir::new());
    let directory = home.file("config/lanchat");
    std::fs::create_dir_all(&directory).unwrap();
    let config = |text: &str| std::fs::write(directory.join("client.toml"), text).unwrap();
    config(&format!(
        "default = \"office\"\n[server.office]\naddress = \"{}\"\nnick = \"bo\"\nrooms = [\"ops\"]\n",
        daemon.address()
    ));
    let environment = [("XDG_CONFIG_HOME", home.file("config"))];
    let environment = environment.each_ref().map(|(name, path)| (*name, path.to_str().unwrap()));
    for arguments in [&["office"][..], &[]] {
        let mut bo = Terminal::start(&home, &environment, arguments);
        bo.sees("as bo;");
        bo.sees("in #ops");
        bo.enters("/quit");
        assert_eq!(bo.exits(), 0);
    }
    let list = Terminal::start(&home, &environment, &["--list"]);
    list.sees(&format!("office * {} as bo #ops", daemon.address()));
    assert_eq!(list.exits(), 0);
    config("\nnik = \"bo\"\n");
    let wrong = Terminal::start(&home, &environment, &[]);
    wrong.sees("client.toml: line 2: ");
    assert_eq!(wrong.exits(), 2);
}

#[test]
fn somebody_who_was_kicked_is_told_and_stays_out() {
    let (daemon, home) = (Daemon::start(), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    ana.types("half");
    ana.has_line("#lobby ana> half");
    daemon.ctl(&["kick", "ana", "spam"]).exits(0);
    ana.sees("kicked");
    assert_eq!(ana.exits(), 1);
    assert!(ana.is_sane());
}

#[test]
fn ctrl_c_clears_a_line_and_leaves_from_an_empty_one_at_the_second_time() {
    let (daemon, home) = (Daemon::start(), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    ana.types("oops\x03");
    ana.has_line("#lobby ana> ");
    ana.types("\x03");
    ana.sees("* press Ctrl-C again, or Ctrl-D, to leave");
    ana.has_line("#lobby ana> ");
    ana.types("\x03");
    assert_eq!(ana.exits(), 0);
    assert!(ana.is_sane());
}

#[test]
fn ctrl_d_and_quit_leave_after_what_was_typed_has_arrived() {
    for way_out in ["\x04", "/quit\r"] {
        let (daemon, home) = (Daemon::start(), TempDir::new());
        let mut ana = Terminal::named(&home, daemon.address(), "ana");
        let mut bob = Native::hello(&daemon, "bob");
        ana.types(&format!("one\rtwo\rlast words\r{way_out}"));
        assert_eq!(ana.exits(), 0);
        bob.sees_message("ana", "last words");
        assert!(ana.is_sane());
    }
}

#[test]
fn a_signal_leaves_the_terminal_as_it_was() {
    for signal in [Signal::TERM, Signal::HUP] {
        let (daemon, home) = (Daemon::start(), TempDir::new());
        let mut ana = Terminal::named(&home, daemon.address(), "ana");
        ana.types("half");
        ana.has_line("#lobby ana> half");
        assert!(!ana.is_sane());
        kill_process(Pid::from_raw(ana.pid()).unwrap(), signal).unwrap();
        assert_eq!(ana.exits(), 0);
        assert!(ana.is_sane());
    }
}

#[test]
fn ctrl_z_and_fg_bring_the_prompt_and_the_half_typed_line_back() {
    if std::process::Command::new("bash").arg("--version").output().is_err() {
        return skip("bash, whose job control is tested, is not installed");
    }
    let (daemon, home) = (Daemon::start(), TempDir::new());
    let mut ana = Terminal::in_shell(&home, daemon.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    ana.sees("bob joined");
    for _ in 0..3 {
        ana.types("half\x1b[D");
        ana.sees("#lobby ana> half");
        ana.types("\x1a");
        ana.has_line("$ ");
        ana.types("fg\n");
        ana.sees("lanchat-client");
        ana.is_edited();
        ana.types("\x05 a line");
        ana.has_line("#lobby ana> half a line");
        ana.types("\r");
        bob.sees_message("ana", "half a line");
        ana.has_line("#lobby ana> ");
    }
    ana.types("\x04");
    ana.has_line("$ ");
}

#[test]
fn a_client_that_was_stopped_and_continued_takes_the_terminal_back() {
    let (daemon, home) = (Daemon::start(), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    ana.types("haf\x1b[D");
    ana.sees("haf");
    ana.stops_and_continues();
    ana.enters("l");
    bob.sees_message("ana", "half");
    bob.says("welcome back");
    ana.sees("bob: welcome back");
    ana.has_line("#lobby ana> ");
}

#[test]
fn what_is_not_utf_8_is_told_once_and_neither_ends_the_client_nor_clears_the_line() {
    let (daemon, home) = (Daemon::start(), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    for _ in 0..2 {
        ana.sends(b"caf");
        ana.has_line("#lobby ana> caf");
        let prompts = |ana: &Terminal| ana.raw().matches("\x1b[?2004h").count();
        let before = prompts(&ana);
        ana.sends(b"\xe9 ");
        eventually("a new prompt", || (prompts(&ana) > before).then_some(()));
        ana.sees("is not UTF-8");
        ana.has_line("#lobby ana> caf");
        ana.enters("\u{e9}");
        bob.sees_message("ana", "caf\u{e9}");
        ana.has_line("#lobby ana> ");
    }
    assert_eq!(ana.rows().iter().filter(|row| row.contains("is not UTF-8")).count(), 1);
    ana.enters("/quit");
    assert_eq!(ana.exits(), 0);
}

#[test]
fn no_key_that_waits_for_another_holds_a_message_back() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    ana.enters("find me");
    bob.sees_message("ana", "find me");
    for (n, key) in ["\x18", "\x1d", "\x1b\x1d", "\x16", "\x11", "\x13", "\x12"].iter().enumerate() {
        ana.types(key);
        bob.says(&format!("message {n}."));
        ana.sees(&format!("bob: message {n}."));
    }
    ana.sees("#lobby ana> find me");
}

#[test]
fn a_history_that_is_no_file_keeps_nobody_waiting() {
    let (daemon, home) = (Daemon::start(), TempDir::new());
    std::fs::create_dir_all(home.file("state/lanchat")).unwrap();
    let fifo = home.file("state/lanchat/history");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    ana.enters("hi");
    bob.sees_message("ana", "hi");
    ana.enters("/quit");
    assert_eq!(ana.exits(), 0);
}

#[test]
fn a_damaged_history_is_set_aside_and_begun_anew() {
    let (daemon, home) = (Daemon::start(), TempDir::new());
    std::fs::create_dir_all(home.file("state/lanchat")).unwrap();
    let (file, aside) = (home.file("state/lanchat/history"), home.file("state/lanchat/history.bad"));
    std::fs::write(&file, b"#V2\ncaf\xe9\n").unwrap();
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    ana.enters("remember me");
    ana.enters("/quit");
    assert_eq!(ana.exits(), 0);
    assert_eq!(std::fs::read(&aside).unwrap(), b"#V2\ncaf\xe9\n");
    assert!(std::fs::read_to_string(&file).unwrap().contains("remember me"));
    for path in [file, aside] {
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn nicks_have_colours_unless_they_are_not_wanted() {
    let daemon = Daemon::start();
    let mut bob = Native::hello(&daemon, "bob");
    let address = daemon.address().to_string();
    for (environment, coloured) in
        [(("NO_COLOR", ""), true), (("NO_COLOR", "1"), false), (("TERM", "dumb"), false)]
    {
        let home = TempDir::new();
        let ana = Terminal::start(&home, &[environment], &[&address, "--nick", "ana"]);
        ana.sees("in #lobby");
        let text = format!("for {environment:?}");
        bob.says(&text);
        ana.sees(&text);
        assert_eq!(ana.raw().contains("\x1b[31mbob\x1b[0m:"), coloured, "{:?}", ana.raw());
    }
}

#[test]
fn a_dumb_terminal_gets_plain_lines_and_no_prompt() {
    let (daemon, home) = (Daemon::start(), TempDir::new());
    let mut bob = Native::hello(&daemon, "bob");
    let address = daemon.address().to_string();
    let mut ana = Terminal::start(&home, &[("TERM", "dumb")], &[&address, "--nick", "ana"]);
    ana.sees("connected to");
    ana.types("hi\n");
    bob.sees_message("ana", "hi");
    bob.says("hello");
    ana.sees("bob: hello");
    ana.types("/quit\n");
    assert_eq!(ana.exits(), 0);
    assert!(!ana.raw().contains(['\x1b', '>']), "{:?}", ana.raw());
}

#[test]
fn a_hostile_relay_moves_no_cursor_and_changes_no_colour() {
    let evil = r"\u001b[2J\u001b]0;owned\u0007\u009b31m\r\n\u202e\u0000";
    let welcome = format!(
        r#"{{"type":"welcome","version":1,"nick":"ana{evil}","server":"{evil}server","rooms":[],"limits":
        {{"line_bytes_max":4096,"messages_per_second_max":0,"messages_burst_max":0}}}}"#
    )
    .replace("\n        ", "");
    let events = [
        format!(
            r#"{{"type":"message","room":"{evil}","pos":1,"time":"{evil}","from":"{evil}bob","text":"{evil}hi"}}"#
        ),
        format!(r#"{{"type":"who","room":"{evil}","people":[{{"nick":"{evil}","connected_s":1}}]}}"#),
        format!(r#"{{"type":"announcement","time":"","text":"{evil}lunch"}}"#),
        format!(r#"{{"type":"error","code":"other","message":"{evil}trouble"}}"#),
        format!(
            r#"{{"type":"message","room":"@{evil}","pos":1,"time":"","from":"{evil}eve","text":"{evil}psst"}}"#
        ),
        format!(r#"{{"type":"joined","room":"attic{evil}","pos":0,"topic":"dust{evil}","people":2}}"#),
        format!(
            r#"{{"type":"topic","room":"{evil}","pos":1,"time":"{evil}","nick":"{evil}","topic":"mice{evil}"}}"#
        ),
        format!(r#"{{"type":"rooms","rooms":[{{"room":"{evil}hall","people":1,"topic":"{evil}"}}]}}"#),
        format!(
            r#"{{"type":"whois","nick":"{evil}kim","connected_s":1,"away":"{evil}","rooms":["{evil}"]}}"#
        ),
        format!(r#"{{"type":"ignoring","nicks":["{evil}zoe"]}}"#),
        format!(r#"{{"type":"parted","room":"{evil}cellar"}}"#),
        "garbage \x1b[2J that is no event".to_owned(),
        r#"{"type":"message","room":"lobby","pos":2,"time":"","from":"bob","text":"the end"}"#.to_owned(),
    ];
    let (address, home) = (impostor(welcome, &events), TempDir::new());
    let ana =
        Terminal::start(&home, &[("NO_COLOR", "1")], &[&address.to_string(), "--plain", "--nick", "ana"]);
    ana.sees("bob: the end");
    let raw = ana.raw();
    for forbidden in ["\x1b[2J", "\x1b]0;", "\u{9b}", "\x07", "\u{202e}", "\0"] {
        assert!(!raw.contains(forbidden), "{forbidden:?} in {raw:?}");
    }
    for expected in
        ["server", "bob: ", "lunch", "trouble", "eve: ", "attic", "mice", "hall", "kim has", "zoe", "cellar"]
    {
        ana.sees(expected);
    }
}

#[test]
fn a_relay_that_is_not_there_or_none_is_told_in_one_line() {
    let (nobody, home) = (unused_address(), TempDir::new());
    let ana = Terminal::start(&home, &[], &[&nobody.to_string(), "--nick", "ana"]);
    let row = ana.sees("nothing on this machine takes connections");
    assert!(row.starts_with("lanchat-client: "), "{row}");
    assert_eq!(ana.exits(), 1);
    let ssh = impostor("SSH-2.0-OpenSSH_9.2".to_owned(), &[]);
    let ana = Terminal::start(&home, &[], &[&ssh.to_string(), "--plain", "--nick", "ana"]);
    ana.sees("not a lanchat relay");
    assert_eq!(ana.exits(), 1);
}

#[test]
fn a_message_in_flight_when_the_relay_died_is_sent_again_as_it_was() {
    let welcome = r#"{"type":"welcome","version":1,"nick":"ana","server":"s","rooms":[],"limits":
        {"line_bytes_max":4096,"messages_per_second_max":0,"messages_burst_max":0}}"#;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let relay = thread::spawn(move || {
        let mut said = Vec::new();
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            writeln!(stream, "{}", welcome.replace('\n', "")).unwrap();
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                if line.contains("\"say\"") {
                    said.push(line);
                    break; // hangs up without an answer
                }
            }
        }
        said
    });
    let home = TempDir::new();
    let mut ana = Terminal::start(&home, &[], &[&address.to_string(), "--plain", "--nick", "ana"]);
    ana.has_line("#lobby ana> ");
    ana.enters("precious");
    ana.enters("next");
    ana.sees("connected again as ana; sending the ");
    let said = relay.join().unwrap();
    assert!(said[0].contains("precious"), "{said:?}");
    assert_eq!(said[0], said[1], "with the id by which a relay knows it");
}

/// A relay that accepts one client, says these lines, and listens on.
fn impostor(welcome: String, events: &[String]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let lines = welcome + "\n" + &events.iter().map(|event| format!("{event}\n")).collect::<String>();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(lines.as_bytes()).unwrap();
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    address
}

/// An address on which nobody listens.
fn unused_address() -> SocketAddr {
    eventually("a free port", || TcpListener::bind("127.0.0.1:0").ok()).local_addr().unwrap()
}
