//! What Tab offers in a shell.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use lanchat_tests::{Daemon, Native, Ran, TempDir, Terminal, program, run, skip};

/// What the shell asks and is answered, for the last word of the line.
fn offered(socket: &Path, words: &[&str]) -> Ran {
    let mut command = Command::new(program("lanchatctl"));
    command.env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", (words.len() + 2).to_string());
    command.env("_CLAP_COMPLETE_COMP_TYPE", "9").env("_CLAP_COMPLETE_SPACE", "true");
    command.env("_CLAP_IFS", "\n");
    run(command.args(["--", "lanchatctl", "--socket"]).arg(socket).args(words))
}

#[test]
fn nicks_ids_and_rooms_are_those_of_the_running_relay() {
    let daemon = Daemon::start();
    let _ana = Native::hello_in(&daemon, "ana", "ops");
    let _bob = Native::hello(&daemon, "anton");
    let _nasty = Native::hello(&daemon, "$(reboot)");

    let kick = offered(&daemon.socket(), &["kick", "an"]).exits(0);
    assert_eq!(kick.out.lines().collect::<Vec<_>>(), ["ana", "anton"], "{}", kick.err);
    let all = offered(&daemon.socket(), &["kick", ""]).exits(0);
    assert!(all.out.lines().any(|line| line == "3") && !all.out.contains('$'), "{}", all.out);
    let room = offered(&daemon.socket(), &["export", "--room", "o"]).exits(0);
    assert_eq!(room.out.trim_end(), "ops");
    let room = offered(&daemon.socket(), &["lock", "o"]).exits(0);
    assert_eq!(room.out.trim_end(), "ops");
    // An id means nobody there.
    let nicks = offered(&daemon.socket(), &["op", "ops", ""]).exits(0);
    let (options, nicks): (Vec<_>, Vec<_>) = nicks.out.lines().partition(|word| word.starts_with('-'));
    assert_eq!((nicks, options.is_empty()), (vec!["ana", "anton"], false));
    let verbs = offered(&daemon.socket(), &["wat"]).exits(0);
    assert_eq!(verbs.out.trim_end(), "watch");
}

#[test]
fn where_nobody_answers_nothing_is_offered_and_nothing_said() {
    let start = Instant::now();
    let nothing = offered(Path::new("/nonexistent/admin.sock"), &["kick", "a"]).exits(0);
    assert_eq!((nothing.out.trim(), nothing.err.trim()), ("", ""));
    let directory = TempDir::new();
    let silent = directory.file("admin.sock");
    let _listener = std::os::unix::net::UnixListener::bind(&silent).unwrap();
    let nothing = offered(&silent, &["kick", "a"]).exits(0);
    assert_eq!((nothing.out.trim(), nothing.err.trim()), ("", ""));
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn every_program_prints_its_script_for_every_shell() {
    for name in ["lanchatctl", "lanchatd", "lanchat-client"] {
        for shell in ["bash", "zsh", "fish"] {
            let printed = run(Command::new(program(name)).env("COMPLETE", shell)).exits(0);
            assert!(printed.out.contains(name) && !printed.out.contains("/target"), "{name} {shell}");
            // Where the shell is here, it takes its script.
            let directory = TempDir::new();
            let script = directory.write("script", &printed.out);
            if Command::new(shell).arg("-n").arg("/dev/null").output().is_ok() {
                run(Command::new(shell).arg("-n").arg(&script)).exits(0);
            }
        }
    }
}

#[test]
fn tab_completes_a_nick_in_bash() {
    if Command::new("bash").arg("--version").output().is_err() {
        return skip("bash is not installed");
    }
    let daemon = Daemon::start();
    let _ana = Native::hello(&daemon, "anastasia");
    let home = TempDir::new();
    let mut bash = Command::new("bash");
    bash.args(["--norc", "--noprofile", "-i"]);
    let programs = program("lanchatctl");
    let path = format!("{}:/usr/bin:/bin", programs.parent().expect("a directory").display());
    let mut shell = Terminal::run(bash, &home, &[("PS1", "$ "), ("PATH", &path)]);
    shell.sees("$ ");
    shell.enters("bind 'set enable-bracketed-paste off'; source <(COMPLETE=bash lanchatctl) && echo rea''dy");
    shell.sees("ready");
    shell.types(&format!("lanchatctl --socket {} kick anas\t\r", daemon.socket().display()));
    shell.sees("kicked anastasia");
}
