//! What the documentation shows is what happens.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lanchat_tests::{Daemon, Netcat, skip};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The code blocks of a page that are marked with `language`.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let start = format!("```{language}\n");
    text.split(&start).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// Whether `line` is as `shown`, where … stands for anything.
fn is_as_shown(line: &str, shown: &str) -> bool {
    let mut rest = line;
    for (index, part) in shown.split('…').enumerate() {
        match rest.find(part) {
            Some(0) => rest = &rest[part.len()..],
            Some(at) if index > 0 => rest = &rest[at + part.len()..],
            _ => return false,
        }
    }
    rest.is_empty() || shown.ends_with('…')
}

/// Plays a session: `C:` is typed, `S:` has to be seen next, `NICK:` is said by somebody else.
fn play(session: &str, others: &mut [(&str, Netcat)], me: &mut Netcat, is_greeted: bool) {
    for line in session.lines().skip(usize::from(is_greeted)) {
        let (who, text) = line.split_once(": ").unwrap();
        match who {
            "C" => me.says(text),
            "S" => {
                let seen = me.sees_line();
                assert!(is_as_shown(&seen, text), "\nshown: {text}\nseen:  {seen}");
            }
            nick => {
                let (_, other) = others.iter_mut().find(|(other, _)| *other == nick).unwrap();
                other.says(text);
            }
        }
    }
}

#[test]
fn the_sessions_in_the_protocol_page_can_be_typed_into_netcat() {
    let sessions = blocks("docs/PROTOCOL.md", "session");
    assert_eq!(sessions.len(), 2);

    let daemon = Daemon::start();
    play(&sessions[0], &mut [], &mut Netcat::silent(daemon.address()), false);

    let daemon = Daemon::start();
    let ana = Netcat::named(&daemon, "ana");
    play(&sessions[1], &mut [("ana", ana)], &mut Netcat::silent(daemon.address()), false);
}

#[test]
fn the_client_in_the_protocol_page_works() {
    let daemon = Daemon::start();
    let mut ana = Netcat::named(&daemon, "ana");
    let program = blocks("docs/PROTOCOL.md", "python").remove(0);
    let program = program.replace("5555", &daemon.address().port().to_string());
    let python =
        Command::new("python3").args(["-u", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut python) = python else { return skip("python3 is not installed") };
    python.stdin.take().unwrap().write_all(program.as_bytes()).unwrap();
    ana.sees("robot: good morning");
    ana.says("good morning, robot");
    daemon.ctl(&["stop"]).exits(0);
    let output = python.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "ana: good morning, robot\n");
    assert!(output.status.success());
}
