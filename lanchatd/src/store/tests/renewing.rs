//! A store that is damaged or gone gives way to a new one.

use super::*;

/// What the hub knows, besides messages.
fn all_but_messages() -> Batch {
    Batch {
        conversations: vec![Conversation { head: 500, ..room(LOBBY) }],
        people: vec![Person { key: "ana".into(), nick: "ana".into(), seen_ms: 1, run: None }],
        reserve_to: Some(70_000),
        ..Batch::default()
    }
}

fn renew(keeper: &Keeper) -> Result<Committed, Box<Unwritten>> {
    let ticket = keeper.ticket();
    keeper.store().renew(ticket, all_but_messages()).unwrap();
    match keeper.result() {
        Report::Written { ticket: of, result, .. } if of == ticket => result,
        other => panic!("{other:?}"),
    }
}

/// Writes over all but the header: what SQLite has in memory does not save it.
fn damage(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    bytes[100..].fill(0x5a);
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_damaged_store_is_put_aside_and_the_same_history_goes_on() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let keeper = Keeper::open(&path);
    keeper.write(lobby_of(20));
    fs::write(directory.file("chat.db.damaged-1"), "of another day").unwrap();
    renew(&keeper).unwrap();
    let aside = keeper.store().aside().unwrap();
    assert_eq!(aside, directory.file("chat.db.damaged-2").canonicalize().unwrap());
    assert!(directory.file("chat.db.damaged-2-wal").exists(), "the log went with it");
    assert_eq!(fs::read(directory.file("chat.db.damaged-1")).unwrap(), b"of another day");
    // Whoever reads sees the new one.
    assert!(keeper.last(LOBBY, 5).is_empty());
    keeper.write(Batch { messages: Messages::from_iter([said(LOBBY, 21, "goes on")]), ..Batch::default() });
    assert_eq!(keeper.last(LOBBY, 5), ["goes on"]);
    let history = keeper.loaded.history.clone();
    drop(keeper);
    let keeper = Keeper::open(&path);
    assert_eq!((keeper.loaded.history.clone(), keeper.loaded.floor), (history, 70_000));
    assert_eq!((keeper.loaded.conversations[0].head, keeper.loaded.people.len()), (500, 1));
    assert_eq!(check(&aside).unwrap().messages, 20, "what was put aside is as it was");
}

#[test]
fn a_store_that_is_gone_is_made_anew_but_nothing_of_others_is_touched() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let keeper = Keeper::open(&path);
    keeper.write(lobby_of(20));
    fs::remove_file(&path).unwrap();
    fs::write(&path, "Dear Bo").unwrap();
    let unwritten = renew(&keeper).unwrap_err();
    assert!(unwritten.error.to_string().contains("removed or replaced"), "{}", unwritten.error);
    assert_eq!(fs::read(&path).unwrap(), b"Dear Bo");
    fs::remove_file(&path).unwrap();
    renew(&keeper).unwrap();
    keeper.write(talk(&[(2, &["hi"])]));
    assert_eq!((keeper.last(2, 5), keeper.last(LOBBY, 5).len()), (vec!["hi".to_owned()], 0));
    keeper.close();
    assert_eq!(check(&path).unwrap().messages, 1);
}

#[test]
fn what_somebody_has_written_over_the_store_is_not_put_aside() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let keeper = Keeper::open(&path);
    keeper.write(lobby_of(20));
    let other = directory.file("other.db");
    peek(&other).execute_batch("CREATE TABLE accounts (name); PRAGMA user_version = 1").unwrap();
    // In place: the file is the same, what is in it is not.
    fs::write(&path, fs::read(&other).unwrap()).unwrap();
    fs::remove_file(directory.file("chat.db-wal")).unwrap();
    renew(&keeper).unwrap_err();
    assert!(path.exists() && !directory.file("chat.db.damaged-1").exists());
}

#[test]
fn a_damaged_store_is_put_aside_at_the_start() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let keeper = Keeper::open(&path);
    keeper.write(lobby_of(2000));
    let history = keeper.loaded.history.clone();
    keeper.close();
    damage(&path);
    let before = fs::read(&path).unwrap();
    let keeper = Keeper::open(&path);
    let aside = keeper.store().aside().unwrap();
    assert_eq!(fs::read(&aside).unwrap(), before);
    assert_ne!(keeper.loaded.history, history, "positions begin anew");
    keeper.write(lobby_of(3));
    keeper.close();
    assert_eq!(check(&path).unwrap().messages, 3);
    assert_eq!(Keeper::open(&path).store().aside(), None);
}

#[test]
fn what_may_be_somebody_elses_or_of_a_newer_version_stays_at_the_start() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let bent = |bend: &dyn Fn(&mut Vec<u8>)| {
        let _ = fs::remove_file(&path);
        Keeper::open(&path).close();
        damage(&path);
        let mut bytes = fs::read(&path).unwrap();
        bend(&mut bytes);
        fs::write(&path, &bytes).unwrap();
        assert!(Keeper::try_open(&path).is_err());
        assert_eq!(fs::read(&path).unwrap(), bytes);
        assert!(!directory.file("chat.db.damaged-1").exists());
    };
    bent(&|bytes| bytes[68..72].fill(7));
    bent(&|bytes| bytes[60..64].copy_from_slice(&99_u32.to_be_bytes()));
    bent(&|bytes| bytes[..16].fill(b'x'));
    bent(&|bytes| bytes.truncate(50));
}
