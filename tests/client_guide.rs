//! The screens in `docs/CLIENT.md` are what `lanchat-client` shows. With `LANCHAT_RENEW=1` in the environment they are
//! written anew instead of compared; one test at a time then (`--test-threads 1`).

use std::env;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use lanchat_tests::{Daemon, Identity, Impostor, Native, Proxy, TempDir, Terminal, eventually, program};

/// What stands in the page for the address of a relay, a time, a day and the key of a relay: as wide as what it stands for.
const ADDRESS: &str = "chat.local:5555";
const TIME: &str = "09:15";
const DAY: &str = "2026-11-23";
const KEY: &str = "v6RZ0hHq3mXk1yPzT8cWnB5dLfJ7sQaE2uGiOoKtYxM";

/// What stands for the key of another one.
const OTHER_KEY: &str = "Jq9LwE4rTz7UiO2pAsD6fGhKx1CvBnM3yXc5VbN8mQe";

fn page(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

/// A row with what differs each time replaced.
fn usual(row: &str) -> String {
    let row = match (row.find("/tmp/lanchat-"), row.find("/state/")) {
        (Some(start), Some(end)) => format!("{}/home/bruno/.local{}", &row[..start], &row[end..]),
        _ => row.to_owned(),
    };
    let row = row.as_str();
    let mut usual = String::new();
    let mut rest = row;
    while let Some(first) = rest.chars().next() {
        let address = rest.strip_prefix("127.0.0.1:").filter(|rest| digits(rest) == 5);
        let key = rest.strip_prefix("SHA256:").filter(|rest| rest.len() >= KEY.len());
        let after_digit = usual.ends_with(|c: char| c.is_ascii_digit());
        let (put, taken) = if address.is_some() {
            (ADDRESS.to_owned(), ADDRESS.len())
        } else if key.is_some() {
            let key = if row.contains(" shown ") { OTHER_KEY } else { KEY };
            (format!("SHA256:{key}"), 7 + key.len())
        } else if !after_digit && matches(rest, "0000-00-00") {
            (DAY.to_owned(), DAY.len())
        } else if let Some(end) = rest.find(" ms").filter(|end| digits(rest) > 0 && is_number(&rest[..*end]))
        {
            ("0.9 ms".to_owned(), end + 3)
        } else if !after_digit && matches(rest, "00:00") {
            (TIME.to_owned(), TIME.len())
        } else {
            (first.to_string(), first.len_utf8())
        };
        usual.push_str(&put);
        rest = &rest[taken..];
    }
    usual
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Whether a text begins so, where 0 stands for any digit.
fn matches(text: &str, pattern: &str) -> bool {
    let same =
        |(found, wanted): (char, char)| if wanted == '0' { found.is_ascii_digit() } else { found == wanted };
    let behind = text.chars().nth(pattern.len());
    text.chars().count() >= pattern.len()
        && !behind.is_some_and(|c| c.is_ascii_digit())
        && text.chars().zip(pattern.chars()).all(same)
}

/// What stands in a block, which is empty at first, and behind it.
fn screen_and_rest(text: &str) -> (&str, &str) {
    let empty = text.strip_prefix("```\n").map(|rest| ("", rest));
    empty.or_else(|| text.split_once("\n```\n")).expect("a block ends")
}

/// Makes sure that the page shows what is on the screen, under this name.
#[track_caller]
fn shows(name: &str, terminal: &Terminal) {
    let rows: Vec<_> = terminal.rows().iter().map(|row| usual(row).trim_end().to_owned()).collect();
    let seen = rows.join("\n").trim_end().to_owned();
    let path = page("CLIENT.md");
    let text = fs::read_to_string(&path).unwrap();
    let opening = format!("```screen {name}\n");
    let (before, rest) = text.split_once(&opening).unwrap_or_else(|| panic!("the page has no screen {name}"));
    let (shown, after) = screen_and_rest(rest);
    if env::var_os("LANCHAT_RENEW").is_some() {
        fs::write(&path, format!("{before}{opening}{seen}\n```\n{after}")).unwrap();
    } else {
        assert_eq!(seen, shown, "the screen {name} of docs/CLIENT.md");
    }
}

/// A daemon that does not slow anybody down, and does not forget.
const QUICK: &str = "limits.messages_per_second_max = 0";

/// The home of somebody whose `client.toml` calls a relay `office`.
fn home(office: SocketAddr, more: &str) -> TempDir {
    let home = TempDir::new();
    fs::create_dir_all(home.file("state/lanchat")).unwrap();
    fs::write(home.file("state/lanchat/nick"), "bruno\n").unwrap();
    fs::create_dir_all(home.file(".config/lanchat")).unwrap();
    let text = format!("default = \"office\"\n{more}\n[server.office]\naddress = \"{office}\"\n");
    fs::write(home.file(".config/lanchat/client.toml"), text).unwrap();
    home
}

/// A shell that finds the program by its name.
fn shell(home: &TempDir) -> Terminal {
    let mut command = Command::new("bash");
    command.args(["--norc", "--noprofile", "--noediting", "-i"]);
    let directory = program("lanchat-client").parent().unwrap().to_owned();
    let path = format!("{}:{}", directory.display(), env::var("PATH").unwrap_or_default());
    let mut shell = Terminal::run(command, home, &[("PS1", "$ "), ("PATH", &path), ("USER", "bruno")]);
    shell.has_line("$ ");
    shell.types("stty echo; echo ready\n");
    shell.sees("ready");
    clear(&mut shell);
    shell
}

fn clear(shell: &mut Terminal) {
    shell.types("printf '\\033[H\\033[2J'\n");
    eventually("an empty screen", || (shell.rows().concat().trim() == "$").then_some(()));
}

/// Enters a command and waits until the shell is back.
fn runs(shell: &mut Terminal, command: &str) {
    let prompts = |shell: &Terminal| shell.rows().iter().filter(|row| row.starts_with('$')).count();
    let before = prompts(shell);
    shell.types(&format!("{command}\n"));
    eventually(command, || (prompts(shell) > before).then_some(()));
    shell.has_line("$ ");
}

/// Bruno at the relay that his `client.toml` names, who talks in this room and has seen who is there.
fn bruno(home: &TempDir, arguments: &[&str], room: &str) -> Terminal {
    let bruno = Terminal::start(home, &[], &[&["--nick", "bruno"], arguments].concat());
    bruno.sees(&format!("* in #{room} ("));
    bruno.has_line(&format!("#{room} bruno> "));
    bruno
}

#[test]
fn the_first_time() {
    let daemon = Daemon::start();
    let home = home(daemon.address(), "");
    fs::remove_file(home.file("state/lanchat/nick")).unwrap();
    let mut shell = shell(&home);
    shell.types("lanchat-client office\n");
    shell.sees("[y/N]");
    shell.types("y\n");
    shell.sees("[bruno]");
    shell.types("\n");
    shell.sees("* in #lobby (1)");
    shell.has_line("#lobby bruno> ");
    shows("first", &shell);
}

#[test]
fn the_commands() {
    let daemon = Daemon::start();
    let home = home(daemon.address(), "");
    let mut bruno = bruno(&home, &[], "lobby");
    bruno.resizes(80, 80);
    bruno.enters("/help");
    bruno.sees("/quit");
    bruno.has_line("#lobby bruno> ");
    shows("help", &bruno);
}

#[test]
fn a_message_to_one_person() {
    let daemon = Daemon::with(QUICK);
    let home = home(daemon.address(), "");
    let mut ana = Native::hello(&daemon, "ana");
    let mut bruno = bruno(&home, &[], "lobby");
    ana.says_in("@bruno", "could you look at web-3? its disk is full");
    bruno.sees("disk is full");
    bruno.enters("/reply on it");
    ana.sees_message("bruno", "on it");
    bruno.sees("-> @ana: on it");
    ana.says("bruno: thank you!");
    bruno.sees("thank you");
    bruno.enters("/last 2");
    let thanked = || bruno.rows().iter().filter(|row| row.contains("thank you")).count();
    eventually("what named him", || (thanked() == 2).then_some(()));
    bruno.has_line("#lobby bruno> ");
    shows("direct", &bruno);
}

#[test]
fn a_pasted_text() {
    let daemon = Daemon::with(QUICK);
    let home = home(daemon.address(), "");
    let mut ana = Native::hello(&daemon, "ana");
    let mut bruno = bruno(&home, &[], "lobby");
    bruno.types("\x1b[200~```\rFilesystem      Size  Used Avail Use% Mounted on\r/dev/vda1        20G   20G     0 100% /\r```\x1b[201~");
    bruno.sees("[Y/n/e]");
    bruno.enters("");
    ana.sees("the paste", |event| event["text"].as_str().is_some_and(|text| text.contains("Filesystem")));
    ana.says("it is the log of yesterday");
    bruno.sees("of yesterday");
    bruno.has_line("#lobby bruno> ");
    shows("paste", &bruno);
}

#[test]
fn a_search_among_what_was_entered() {
    let daemon = Daemon::with(QUICK);
    let home = home(daemon.address(), "");
    let mut ana = Native::hello(&daemon, "ana");
    let mut bruno = bruno(&home, &[], "lobby");
    for line in ["the backup of web-3 is running", "thanks"] {
        bruno.enters(line);
        bruno.has_line("#lobby bruno> ");
    }
    bruno.types("I\x12back");
    bruno.sees("(search) back → the backup");
    ana.says("bruno, is it done?");
    bruno.sees("is it done?");
    shows("found", &bruno);
}

#[test]
fn a_lost_connection() {
    let daemon = Daemon::with(QUICK);
    let wire = Proxy::to(daemon.address());
    let home = home(wire.address(), "");
    let mut ana = Native::hello(&daemon, "ana");
    let mut bruno = bruno(&home, &[], "lobby");
    wire.cut();
    bruno.sees("connection lost");
    bruno.has_line("#lobby bruno, offline> ");
    bruno.enters("is anybody there?");
    bruno.sees("not connected");
    bruno.has_line("#lobby bruno, offline, 1 queued> ");
    bruno.enters("I seem to be alone");
    bruno.has_line("#lobby bruno, offline, 2 queued> ");
    shows("offline", &bruno);
    ana.says("we are having lunch");
    ana.says("bruno, are you coming?");
    wire.mend();
    ana.sees_message("bruno", "I seem to be alone");
    bruno.has_line("#lobby bruno> ");
    shows("back", &bruno);
}

#[test]
fn what_was_said_before() {
    let daemon = Daemon::with(QUICK);
    let home = home(daemon.address(), "rooms = [\"ops\"]");
    let mut ana = Native::hello_in(&daemon, "ana", "ops");
    for text in ["good morning", "the disk of web-3 is full again", "I have moved the logs", "coffee?"] {
        ana.says_in("ops", text);
    }
    let mut bruno = bruno(&home, &["--backlog", "0"], "ops");
    bruno.enters("/search disk from:ana");
    bruno.sees("moved the logs");
    bruno.has_line("#ops bruno> ");
    shows("search", &bruno);
}

#[test]
fn what_scripts_do() {
    let daemon = Daemon::with(QUICK);
    let home = home(daemon.address(), "");
    let mut shell = shell(&home);
    shell.resizes(40, 100);
    runs(&mut shell, "echo hello | lanchat-client --accept-new");
    let mut ana = Native::hello_in(&daemon, "ana", "ops");
    clear(&mut shell);
    runs(&mut shell, "lanchat-client send --room ops 'deploying web-3'");
    runs(&mut shell, "seq 3 | lanchat-client send --room ops --code");
    ana.says_in("ops", "looks good");
    runs(&mut shell, "lanchat-client tail --room ops");
    runs(&mut shell, "lanchat-client who ops");
    shell.types("lanchat-client ask '#ops' 'Go on?' --choices yes,no --timeout 5m && echo going on\n");
    ana.sees("the question", |event| event["text"].as_str().is_some_and(|text| text.starts_with("Go on?")));
    ana.says_in("ops", "yes");
    shell.sees("going on");
    shell.has_line("$ ");
    runs(&mut shell, "lanchat-client search disk; echo $?");
    runs(&mut shell, "lanchat-client ping -c 1");
    shows("scripts", &shell);
}

#[test]
fn what_is_wrong_is_looked_for() {
    let daemon = Daemon::start();
    let home = home(daemon.address(), "");
    let mut shell = shell(&home);
    shell.resizes(24, 115);
    runs(&mut shell, "echo hello | lanchat-client --accept-new --nick bruno");
    clear(&mut shell);
    runs(&mut shell, "lanchat-client doctor");
    shows("doctor", &shell);
}

#[test]
fn a_key_that_has_changed() {
    let relay = Impostor::start(Some(&Identity::new()));
    let home = home(relay.address(), "");
    let mut shell = shell(&home);
    shell.resizes(24, 115);
    runs(&mut shell, "echo hello | lanchat-client --accept-new --nick bruno");
    relay.becomes(Some(&Identity::new()));
    clear(&mut shell);
    runs(&mut shell, "lanchat-client office");
    shows("changed", &shell);
}

#[test]
fn a_busy_afternoon() {
    let daemon = Daemon::with(QUICK);
    let home = home(daemon.address(), "rooms = [\"ops\"]");
    let mut people = ["ana", "carla", "dmitri", "東"].map(|nick| Native::hello_in(&daemon, nick, "ops"));
    let mut bruno = bruno(&home, &[], "ops");
    let mut eve = Native::hello_in(&daemon, "eve", "ops");
    bruno.sees("* #lobby eve joined");
    bruno.sees("* eve joined");
    let [ana, carla, dmitri, east] = &mut people;
    ana.says_in("ops", "web-3 is slow since the deployment of this morning; does anybody know what has changed there, beside the version of the library?");
    carla.says_in("ops", "```\n$ uptime\n 14:02:11 up 41 days,  load average: 38.11, 21.40, 9.02\n```");
    dmitri.says_in("ops", "that is the backup. It began an hour late");
    east.says_in("ops", "ディスクが一杯です 💾");
    carla.says("lunch at half past twelve, who comes along?");
    bruno.sees("who comes along");
    ana.says_in("ops", "bruno: could you stop it?");
    bruno.sees("could you stop it");
    bruno.enters("stopping the backup now");
    bruno.sees("stopping the backup now");
    ana.says_in("@bruno", "thank you, I owe you one");
    bruno.sees("I owe you");
    eve.says_in("ops", "I can take the next shift");
    bruno.sees("next shift");
    bruno.types("it should be fine in a min");
    bruno.has_line("#ops bruno> it should be fine in a min");
    shows("busy", &bruno);
    let picture = bruno.picture(usual);
    let path = page("busy.svg");
    if env::var_os("LANCHAT_RENEW").is_some() {
        fs::write(path, picture).unwrap();
    } else {
        assert_eq!(picture, fs::read_to_string(path).unwrap(), "docs/busy.svg");
    }
}
