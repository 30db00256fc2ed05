//! `lanchatctl` and a hostile admin socket: whatever it answers, nothing of it reaches the terminal but text.

use std::io::{BufRead, BufReader, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use lanchat_tests::{Daemon, Native, Ran, TempDir, Value, ctl, eventually, json, program, run};

/// What a terminal or a reader could take for something else than text.
const EVIL: &str =
    "\u{1b}[66;66H\u{1b}]0;owned\u{7}\u{9b}77;77H\r\nforged\u{b}\u{c}\u{85}\u{2028}\u{202e}\u{2066}\0\u{7f}";

/// All strings of an answer at once.
const ALL: usize = usize::MAX;
/// None of them.
const NONE: usize = usize::MAX - 1;

/// Stands between `lanchatctl` and a daemon, and makes evil what the daemon answers.
struct Poisoner {
    socket: PathBuf,
    poison: Arc<Poison>,
}

struct Poison {
    /// Which string of an answer.
    number: AtomicUsize,
    /// The most strings that an answer had.
    strings: AtomicUsize,
    /// After so many answers it hangs up.
    lines_left: AtomicUsize,
}

impl Poisoner {
    fn between(directory: &TempDir, daemon: &Daemon) -> Self {
        let (socket, real) = (directory.file("evil.sock"), daemon.socket());
        let listener = UnixListener::bind(&socket).unwrap();
        let counter = |number| AtomicUsize::new(number);
        let poison =
            Arc::new(Poison { number: counter(NONE), strings: counter(0), lines_left: counter(usize::MAX) });
        let shared = Arc::clone(&poison);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let poison = Arc::clone(&shared);
                let daemon = UnixStream::connect(&real).unwrap();
                let (mut asks, mut to_daemon) = (client.try_clone().unwrap(), daemon.try_clone().unwrap());
                thread::spawn(move || {
                    let _ = std::io::copy(&mut asks, &mut to_daemon);
                    let _ = to_daemon.shutdown(Shutdown::Both);
                });
                thread::spawn(move || {
                    // Whoever has heard enough hangs up.
                    let _ = carry(&daemon, &client, &poison);
                    let _ = client.shutdown(Shutdown::Both);
                });
            }
        });
        Self { socket, poison }
    }

    /// Has this string of each answer evil.
    fn poisons(&self, number: usize) {
        self.poison.number.store(number, Ordering::SeqCst);
    }

    /// Runs a verb as often as its answer has strings, with another one of them evil each time.
    #[track_caller]
    fn tries(&self, arguments: &[&str]) {
        for options in [&[][..], &["--json"]] {
            self.poisons(NONE);
            self.poison.strings.store(0, Ordering::SeqCst);
            self.runs(arguments, options);
            let strings = self.poison.strings.load(Ordering::SeqCst);
            for number in (0..strings).chain([ALL]) {
                self.poisons(number);
                is_harmless(&self.runs(arguments, options), arguments);
            }
        }
    }

    fn runs(&self, arguments: &[&str], options: &[&str]) -> Ran {
        run(ctl(&self.socket).args(["--timeout", "5"]).args(arguments).args(options))
    }
}

fn carry(daemon: &UnixStream, mut client: &UnixStream, poison: &Poison) -> std::io::Result<()> {
    for line in BufReader::new(daemon).lines() {
        let mut answer: Value = serde_json::from_str(&line?)?;
        let mut count = 0;
        make_evil(&mut answer, &mut count, poison.number.load(Ordering::SeqCst));
        poison.strings.fetch_max(count, Ordering::SeqCst);
        writeln!(client, "{answer}")?;
        if poison.lines_left.fetch_sub(1, Ordering::SeqCst) <= 1 {
            break;
        }
    }
    Ok(())
}

fn make_evil(value: &mut Value, count: &mut usize, number: usize) {
    match value {
        Value::String(text) => {
            if number == *count || number == ALL {
                text.push_str(EVIL);
            }
            *count += 1;
        }
        Value::Array(values) => values.iter_mut().for_each(|value| make_evil(value, count, number)),
        Value::Object(fields) => {
            fields.values_mut().for_each(|value| make_evil(value, count, number));
            if number == ALL {
                fields.insert(format!("odd{EVIL}"), EVIL.into());
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[track_caller]
fn is_harmless(ran: &Ran, arguments: &[&str]) {
    assert!(ran.code.is_some(), "{arguments:?} ended of a signal: {}", ran.err);
    for printed in [&ran.out, &ran.err] {
        let evil =
            |c: char| (c.is_control() && c != '\n') || ['\u{2028}', '\u{202e}', '\u{2066}'].contains(&c);
        assert!(!printed.contains(evil), "{arguments:?} printed {printed:?}");
    }
    // Metrics are lines of the relay's own, and so is what is wrong with its configuration.
    let forged = ran.out.lines().any(|line| line.starts_with("forged")) && arguments != ["metrics"];
    assert!(!forged, "{arguments:?} printed {:?}", ran.out);
}

#[test]
fn no_string_of_any_answer_moves_a_cursor_or_forges_a_line() {
    let (daemon, directory) = (Daemon::start(), TempDir::new());
    let mut ana = Native::hello_in(&daemon, "ana", "ops");
    ana.says("hi");
    ana.request(json!({ "type": "topic", "room": "ops", "topic": "disk" }));
    daemon.ctl(&["user", "add", "owner", "--no-password"]).exits(0);
    let evil = Poisoner::between(&directory, &daemon);
    let backup = directory.file("backup.db");
    let backup = backup.to_str().unwrap();
    for verb in [
        &["status"][..],
        &["list-clients"],
        &["rooms"],
        &["metrics"],
        &["doctor"],
        &["top", "--once"],
        &["reload"],
        &["announce", "lunch"],
        &["kick", "nobody"],
        &["export"],
        &["export", "--format", "text"],
        &["backup", backup],
        &["purge", "--before", "1d", "--yes"],
        &["invite", "--uses", "1", "--host", "relay"],
        &["token", "new", "owner", "--name", "script"],
        &["token", "list"],
        &["token", "revoke", "nothing"],
        &["user", "add", "late", "--no-password"],
        &["user", "role", "owner", "moderator"],
        &["user", "list"],
        &["user", "del", "nobody"],
        &["ban", "spam*", "--for", "1h", "noise"],
        &["mute", "ana", "--for", "1h", "noise"],
        &["bans"],
        &["unmute", "ana"],
        &["unban", "spam*"],
    ] {
        evil.tries(verb);
        let _ = std::fs::remove_file(backup);
    }
    for words in [&["kick", ""][..], &["export", "--room", ""]] {
        for number in [0, 1, 2, 3, 4, 5, ALL] {
            evil.poisons(number);
            is_harmless(&offered(&evil.socket, words), words);
        }
    }
}

#[test]
fn what_is_watched_is_as_harmless() {
    let daemon = Daemon::start();
    for options in [&["watch"][..], &["watch", "--json"]] {
        for number in (0..8).chain([ALL]) {
            let directory = TempDir::new();
            let evil = Poisoner::between(&directory, &daemon);
            evil.poisons(number);
            evil.poison.lines_left.store(5, Ordering::SeqCst);
            let mut watch = ctl(&evil.socket);
            watch.args(options).stdout(Stdio::piped()).stderr(Stdio::piped());
            let watch = watch.spawn().unwrap();
            eventually("watched", || (evil.poison.lines_left.load(Ordering::SeqCst) < 5).then_some(()));
            let mut ana = Native::hello_in(&daemon, "ana", "ops");
            ana.request(json!({ "type": "nick", "nick": "bob" }));
            drop(ana);
            drop(Native::hello(&daemon, "eve"));
            let output = watch.wait_with_output().unwrap();
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let ran =
                Ran { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) };
            is_harmless(&ran, options);
        }
    }
}

#[test]
fn what_is_no_answer_is_told_harmlessly() {
    let directory = TempDir::new();
    let error =
        json!({ "ok": false, "error": { "code": format!("failed{EVIL}"), "message": format!("no{EVIL}") } });
    for said in [
        format!("{EVIL}\n"),
        format!("{{\"{EVIL}\n"),
        format!("{error}\n"),
        format!("\"{EVIL}"),
        String::new(),
    ] {
        let folder = TempDir::new();
        let socket = folder.file("evil.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        thread::spawn(move || {
            for mut client in listener.incoming().map_while(Result::ok) {
                let _ = client.write_all(said.as_bytes());
            }
        });
        for options in [&["status"][..], &["status", "--json"], &["doctor"], &["watch"]] {
            is_harmless(&run(ctl(&socket).args(options)), options);
        }
    }
    drop(directory);
}

/// What Tab offers for the last word of the line.
fn offered(socket: &Path, words: &[&str]) -> Ran {
    let mut command = Command::new(program("lanchatctl"));
    command.env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", (words.len() + 2).to_string());
    command.env("_CLAP_COMPLETE_COMP_TYPE", "9").env("_CLAP_COMPLETE_SPACE", "true").env("_CLAP_IFS", "\n");
    run(command.args(["--", "lanchatctl", "--socket"]).arg(socket).args(words))
}
