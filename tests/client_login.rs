//! `lanchat-client` shows who somebody is: passwords are asked for, held in memory, and nowhere to be read.

use std::fs;

use lanchat_tests::{Daemon, Identity, Impostor, Piped, TempDir, Terminal, Value, answer, eventually, json};

/// What nobody may find.
const SECRET: &str = "open sesame 4711";

/// A relay on which `ana` has this password.
fn relay() -> Impostor {
    Impostor::that(Some(&Identity::new()), |line| {
        let request: Value = serde_json::from_str(line).unwrap_or_default();
        let account = |role: &str| {
            vec![json!({ "type": "account", "id": request["id"], "nick": "ana", "role": role }).to_string()]
        };
        let error = |code: &str| {
            let error =
                json!({ "type": "error", "id": request["id"], "code": code, "message": "wrong password" });
            vec![error.to_string()]
        };
        let is_right = |password: &Value| *password == SECRET;
        match request["type"].as_str() {
            Some("hello") if request["password"].is_string() && !is_right(&request["password"]) => {
                error("wrong_password")
            }
            Some("login") if !is_right(&request["password"]) => error("wrong_password"),
            Some("login" | "register" | "passwd") => account("member"),
            Some("logout") => account("guest"),
            _ => answer(line),
        }
    })
}

fn start(relay: &Impostor, home: &TempDir, more: &[&str]) -> Terminal {
    let address = relay.address().to_string();
    let terminal = Terminal::start(home, &[], &[&[&*address], more].concat());
    terminal.sees("connected to");
    terminal
}

/// Waits until the relay has heard a request of this type for the `count`th time.
fn heard(relay: &Impostor, kind: &str, count: usize) -> Value {
    eventually(kind, || {
        let heard = relay.heard().into_iter().filter_map(|line| serde_json::from_str(&line).ok());
        heard.filter(|request: &Value| request["type"] == kind).nth(count - 1)
    })
}

/// All files below a home, one behind the other.
fn written(home: &TempDir) -> String {
    let directory = fs::read_dir(home.file("state/lanchat")).unwrap().map(Result::unwrap);
    directory.map(|file| String::from_utf8_lossy(&fs::read(file.path()).unwrap()).into_owned()).collect()
}

#[test]
fn a_password_is_asked_for_unseen_and_shown_again_on_the_next_connection() {
    let (relay, home) = (relay(), TempDir::new());
    let mut ana = start(&relay, &home, &["--nick", "bob"]);
    ana.enters("/login ana");
    ana.has_line("password: ");
    ana.types(SECRET);
    ana.has_line(&format!("password: {}", "*".repeat(SECRET.len())));
    ana.types("\r");
    ana.sees("you are logged in as ana (member)");
    ana.has_line("#lobby ana> ");
    let login = heard(&relay, "login", 1);
    assert_eq!((&login["nick"], &login["password"]), (&json!("ana"), &json!(SECRET)));
    relay.hangs_up();
    ana.sees("connected again as ana");
    let hello = heard(&relay, "hello", 2);
    assert_eq!((&hello["nick"], &hello["password"]), (&json!("ana"), &json!(SECRET)));
    ana.types("\x1b[A");
    ana.has_line("#lobby ana> ");
    ana.enters("/logout");
    ana.sees("you are logged out");
    relay.hangs_up();
    assert_eq!(heard(&relay, "hello", 3)["password"], Value::Null);
    ana.enters("/quit");
    ana.exits();
    assert!(!ana.raw().contains(SECRET) && !written(&home).contains(SECRET));
}

#[test]
fn messages_arrive_while_a_password_is_typed_and_ctrl_c_thinks_better_of_it() {
    let (relay, home) = (relay(), TempDir::new());
    let mut ana = start(&relay, &home, &["--nick", "ana"]);
    ana.enters("/login");
    ana.types("open");
    ana.has_line("password: ****");
    ana.types("\x03");
    ana.has_line("password: ");
    ana.types("\x03");
    ana.sees("nothing was sent");
    ana.has_line("#lobby ana> ");
    ana.enters("/login");
    ana.types("open");
    ana.has_line("password: ****");
    relay.hangs_up();
    ana.sees("connection lost");
    ana.sees("connected again");
    ana.has_line("password: ****");
    assert!(!relay.heard().iter().any(|line| line.contains("\"login\"")));
}

#[test]
fn a_new_password_is_typed_twice_and_a_wrong_one_is_told() {
    let (relay, home) = (relay(), TempDir::new());
    let mut ana = start(&relay, &home, &["--nick", "ana"]);
    for (command, answers) in [("/passwd", &["old", "new", "mew"][..]), ("/register", &["new", "mew"])] {
        ana.enters(command);
        for answer in answers {
            ana.enters(answer);
        }
        eventually("two different passwords", || {
            let told = ana.rows().iter().filter(|row| row.contains("two different passwords")).count();
            (told == if command == "/passwd" { 1 } else { 2 }).then_some(())
        });
    }
    ana.enters("/login ana wrong");
    ana.sees("wrong password");
    ana.enters("/register code");
    ana.enters(SECRET);
    ana.enters(SECRET);
    ana.sees("you are logged in as ana");
    let register = heard(&relay, "register", 1);
    assert_eq!((&register["password"], &register["invite"]), (&json!(SECRET), &json!("code")));
    assert!(!relay.heard().iter().any(|line| line.contains("\"passwd\"")));
}

#[test]
fn a_password_never_goes_out_in_plain_text() {
    let (relay, home) = (Impostor::start(None), TempDir::new());
    let mut ana = start(&relay, &home, &["--nick", "ana", "--plain"]);
    ana.enters(&format!("/login ana {SECRET}"));
    ana.sees("everybody in between could read your password");
    ana.enters("/quit");
    ana.exits();
    assert!(!relay.heard().iter().any(|line| line.contains(SECRET)) && !written(&home).contains(SECRET));
}

#[test]
fn a_script_logs_in_with_what_is_in_a_file() {
    let (relay, home) = (relay(), TempDir::new());
    let address = relay.address().to_string();
    let file = home.write("secret", &format!("{SECRET}\n"));
    let file = file.to_str().unwrap();
    fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let mut script = Piped::start(&[&address, "--login", "ana", "--password-file", file]);
    script.writes(b"hi\n");
    assert_eq!(script.ends().exits(0).err, "");
    let hello = heard(&relay, "hello", 1);
    assert_eq!((&hello["nick"], &hello["password"]), (&json!("ana"), &json!(SECRET)));
    Piped::start(&[&address, "--token-file", file]).ends().exits(0);
    let hello = heard(&relay, "hello", 2);
    assert_eq!((&hello["nick"], &hello["token"]), (&Value::Null, &json!(SECRET)));
    fs::write(file, "wrong").unwrap();
    let ran = Piped::start(&[&address, "--login", "ana", "--password-file", file]).ends().exits(1);
    assert!(ran.err.contains("not logged in: wrong password"), "{}", ran.err);
}

#[test]
fn a_person_is_asked_for_the_password_before_the_chat() {
    let (relay, home) = (relay(), TempDir::new());
    let address = relay.address().to_string();
    for (password, seen) in [(SECRET, "connected to"), ("wrong", "not logged in: wrong password")] {
        let mut ana = Terminal::start(&home, &[], &[&address, "--login", "ana"]);
        ana.sees("password of ana: ");
        ana.types(&format!("{password}\n"));
        ana.sees(seen);
        assert!(!ana.raw().contains(SECRET));
    }
}

#[test]
fn ctrl_c_at_the_first_question_leaves_the_terminal_in_order() {
    let (relay, home) = (relay(), TempDir::new());
    let address = relay.address().to_string();
    for key in ["\x03", "\x04"] {
        let mut ana = Terminal::start(&home, &[], &[&address, "--login", "ana"]);
        ana.sees("password of ana: ");
        ana.types("\x1a");
        ana.types(key);
        if key == "\x04" {
            // What was typed before it is handed over first.
            ana.types(key);
        }
        ana.sees("cannot ask for the password: none was given");
        assert_eq!(ana.exits(), 1);
        assert!(ana.is_sane());
    }
    assert_eq!(relay.heard().len(), 0);
}

#[test]
fn the_invitation_of_a_link_is_used_to_register() {
    let daemon = Daemon::with("accounts.who = \"invited\"");
    let home = TempDir::new();
    let printed = daemon.ctl(&["invite", "--uses", "1", "--host", "127.0.0.1"]).exits(0).out;
    let link = printed.lines().find(|line| line.starts_with("lanchat://")).unwrap().to_owned();
    let mut ana = Terminal::start(&home, &[], &[&link, "--nick", "ana"]);
    ana.sees("you are invited: /register asks for a password and makes ana your nick");
    ana.enters("/register");
    ana.enters(SECRET);
    ana.enters(SECRET);
    ana.sees("you are logged in as ana (member)");
}

#[test]
fn a_name_that_was_registered_stays_its_owners_through_a_restart_of_the_relay() {
    let (daemon, home) = (Daemon::start(), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    ana.enters("/register");
    ana.enters(SECRET);
    ana.enters(SECRET);
    ana.sees("you are logged in as ana (member)");
    let daemon = daemon.restart();
    ana.sees("connected again as ana");
    let elsewhere = TempDir::new();
    let address = daemon.address().to_string();
    let mut bob = Terminal::start(&elsewhere, &[], &[&address, "--nick", "ana"]);
    bob.sees("the nick ana belongs to somebody: /login ana if that is you");
    bob.enters("/login ana");
    bob.enters("not the one 4711");
    bob.sees("wrong");
    bob.enters("/login ana");
    bob.enters(SECRET);
    bob.sees("you are logged in as ana (member)");
    bob.has_line("#lobby ana> ");
}
