//! Who may open what, and what a run begins with.

use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

fn refusal(path: &Path) -> String {
    match Keeper::try_open(path) {
        Ok(_) => panic!("{} was opened", path.display()),
        Err(error) => error.to_string(),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn file_and_directories_are_made_for_nobody_else() {
    let directory = Directory::new();
    let path = directory.file("var/lib/chat.db");
    let keeper = Keeper::open(&path);
    keeper.write(lobby_of(1));
    assert_eq!(mode(&directory.file("var")), 0o700);
    for file in ["", "-wal", "-shm", ".lock"] {
        assert_eq!(mode(&directory.file(&format!("var/lib/chat.db{file}"))), 0o600, "{file}");
    }
    keeper.close();
    assert!(!directory.file("var/lib/chat.db-wal").exists(), "a log was left");
}

#[test]
fn a_second_daemon_is_told_who_has_the_store() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let keeper = Keeper::open(&path);
    let other = directory.file("other.db");
    symlink(&path, &other).unwrap();
    for path in [&path, &other] {
        let message = refusal(path);
        assert!(message.contains(&format!("process {}", std::process::id())), "{message}");
        assert!(message.contains("chat.db"), "{message}");
    }
    // The first one did not notice.
    keeper.write(lobby_of(1));
    keeper.close();
    Keeper::open(&other).close();
}

#[test]
fn after_a_clean_end_positions_go_on() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let keeper = Keeper::open(&path);
    assert_eq!((keeper.loaded.floor, keeper.loaded.reserved), (0, 1000));
    keeper.write(lobby_of(10));
    keeper.close();
    let keeper = Keeper::open(&path);
    assert_eq!((keeper.loaded.floor, keeper.loaded.reserved), (0, 1010));
    assert_eq!(keeper.loaded.conversations[0].head, 11);
}

#[test]
fn after_an_unclean_end_no_position_is_given_again() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let keeper = Keeper::open(&path);
    keeper.write(lobby_of(10));
    drop(keeper);
    let keeper = Keeper::open(&path);
    assert_eq!((keeper.loaded.floor, keeper.loaded.reserved), (1000, 2000));
    keeper.write(Batch { reserve_to: Some(9000), ..Batch::default() });
    keeper.write(Batch { reserve_to: Some(3000), ..Batch::default() });
    drop(keeper);
    let keeper = Keeper::open(&path);
    assert_eq!((keeper.loaded.floor, keeper.loaded.reserved), (9000, 10_000));
    keeper.close();
    // What was given up stays so.
    let keeper = Keeper::open(&path);
    assert_eq!((keeper.loaded.floor, keeper.loaded.reserved), (9000, 10_000));
}

#[test]
fn the_reservation_is_in_the_file_before_anybody_gets_a_position() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let _keeper = Keeper::open(&path);
    let meta = |key| number(&path, &format!("SELECT value FROM meta WHERE key = '{key}'"));
    assert_eq!((meta("clean"), meta("reserved")), (0, 1000));
}

#[test]
fn a_batch_that_was_not_written_makes_an_end_unclean() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let mut keeper = Keeper::open(&path);
    let nowhere = Batch { messages: Messages::from_iter([said(LOBBY, 1, "hi")]), ..Batch::default() };
    keeper.try_write(nowhere).unwrap_err();
    let error = keeper.store.take().unwrap().close().unwrap_err();
    assert!(error.to_string().contains("was not written"), "{error}");
    assert_eq!(Keeper::open(&path).loaded.floor, 1000);
}

#[test]
fn a_file_of_version_1_is_brought_up_to_date() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let old = peek(&path);
    old.execute_batch(schema::VERSION_1).unwrap();
    old.execute_batch(
        "PRAGMA application_id = 1279348323; PRAGMA user_version = 1;
        INSERT INTO meta VALUES ('history', '0123456789abcdef0123456789abcdef');
        INSERT INTO conversations VALUES (1, 0, 'lobby', 'lobby', NULL, NULL, NULL, 8, 0, 0);
        INSERT INTO messages VALUES (1099511627776 + 7, 5, 0, 'ana', 'hi there', 'run', '7');
        INSERT INTO people VALUES ('ana', 'Ana', 5);",
    )
    .unwrap();
    drop(old);
    let keeper = Keeper::open(&path);
    assert_eq!(keeper.loaded.history, "0123456789abcdef0123456789abcdef");
    assert_eq!(keeper.loaded.conversations[0].head, 8);
    assert_eq!(keeper.last(1, 5), ["hi there"]);
    assert_eq!(texts(&keeper.find(query(&["HERE"]))), ["hi there"]);
    let person = Person { key: "ana".into(), nick: "Ana".into(), seen_ms: 5, run: None };
    assert_eq!(keeper.loaded.people, std::slice::from_ref(&person));
    let uid = Uid { client: "run".into(), tag: "7".into() };
    assert_eq!(keeper.loaded.sent, [kept::Sent { uid, conversation: 1, position: 7, time_ms: 5 }]);
    let person = Person { run: Some("run".into()), ..person };
    keeper.write(Batch { people: vec![person.clone()], ..Batch::default() });
    keeper.close();
    assert_eq!(Keeper::open(&path).loaded.people, [person]);
    assert_eq!(check(&path).unwrap().schema, 6);
}

#[test]
fn a_store_of_a_newer_lanchatd_is_left_alone() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    Keeper::open(&path).close();
    peek(&path).execute_batch("PRAGMA user_version = 99").unwrap();
    let before = fs::read(&path).unwrap();
    let message = refusal(&path);
    assert!(message.contains("schema 99") && message.contains("newer lanchatd"), "{message}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_foreign_file_is_left_alone() {
    let directory = Directory::new();
    let foreign = directory.file("accounts.db");
    peek(&foreign).execute_batch("CREATE TABLE accounts (name); PRAGMA user_version = 1").unwrap();
    let other = directory.file("other.db");
    peek(&other).execute_batch("PRAGMA application_id = 7").unwrap();
    let text = directory.file("letter.txt");
    fs::write(&text, "Dear Sir or Madam, ".repeat(1000)).unwrap();
    for path in [foreign, other, text] {
        let before = fs::read(&path).unwrap();
        let message = refusal(&path);
        assert!(message.contains("is not a"), "{message}");
        assert!(message.contains(path.to_str().unwrap()), "{message}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}

#[test]
fn what_cannot_be_a_store_is_named() {
    let directory = Directory::new();
    fs::write(directory.file("file"), "").unwrap();
    let beneath = refusal(&directory.file("file/chat.db"));
    assert!(beneath.contains("make the directory of") && beneath.contains("file/chat.db"), "{beneath}");
    let folder = refusal(&directory.0);
    assert!(folder.contains("not a regular file"), "{folder}");
    // Not even root makes a file here.
    let forbidden = refusal(Path::new("/proc/lanchat.db"));
    assert!(forbidden.contains("cannot make /proc/lanchat.db"), "{forbidden}");
}

#[test]
fn a_run_that_would_use_up_all_positions_does_not_begin() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    Keeper::open(&path).close();
    for value in [i64::MAX, -1, 1 << 40] {
        peek(&path).execute("UPDATE meta SET value = ?1 WHERE key <> 'history'", [value]).unwrap();
        assert!(refusal(&path).contains("out of bounds"));
    }
}
