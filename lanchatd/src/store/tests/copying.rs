//! Copies, and what they are good for.

use std::os::unix::fs::PermissionsExt;

use super::*;

impl Keeper {
    fn back_up(&mut self, to: &Path) -> Result<BackedUp, StoreError> {
        let ticket = self.ticket();
        self.store.as_mut().unwrap().back_up(ticket, to.into()).unwrap();
        match self.result() {
            Report::BackedUp { ticket: of, result } if of == ticket => result,
            other => panic!("{other:?}"),
        }
    }
}

fn restore_to(from: &Path, to: &Path, may_replace: bool) -> Result<Restored, OpenError> {
    restore(from, Target { path: to, may_replace, may_make_directory: false })
}

#[test]
fn a_copy_of_a_running_store_is_complete_and_another_history() {
    let directory = Directory::new();
    let mut keeper = Keeper::open(&directory.file("chat.db"));
    keeper.write(lobby_of(3000));
    let to = directory.file("copy.db");
    let copy = keeper.back_up(&to).unwrap();
    let metadata = fs::metadata(&to).unwrap();
    assert_eq!((copy.to, copy.bytes), (to.clone(), metadata.len()));
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    let left: Vec<_> = fs::read_dir(&directory.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with("copy.db.")), "{left:?}");

    let checked = check(&to).unwrap();
    let wanted =
        Checked { schema: 6, conversations: 1, messages: 3000, damaged: 0, newest_ms: Some(3_000_000) };
    assert_eq!(checked, wanted);
    let restored = Keeper::open(&to);
    assert_ne!(restored.loaded.history, keeper.loaded.history);
    // The original gives positions up to here, perhaps to other messages.
    assert_eq!(restored.loaded.floor, keeper.loaded.reserved);
    assert_eq!(restored.last(LOBBY, 1), ["message 3000"]);
    keeper.write(talk(&[(2, &["goes on"])]));
}

#[test]
fn a_copy_replaces_nothing() {
    let directory = Directory::new();
    let mut keeper = Keeper::open(&directory.file("chat.db"));
    let to = directory.file("letter.txt");
    fs::write(&to, "Dear Bo").unwrap();
    let error = keeper.back_up(&to).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Refused);
    assert!(error.to_string().contains("letter.txt"), "{error}");
    assert_eq!(fs::read(&to).unwrap(), b"Dear Bo");
    // Nor does it take a name that is half taken.
    fs::write(directory.file("copy.db.part"), "mine").unwrap();
    let error = keeper.back_up(&directory.file("copy.db")).unwrap_err().to_string();
    assert!(error.contains("copy.db.part is in the way"), "{error}");
    assert_eq!(fs::read(directory.file("copy.db.part")).unwrap(), b"mine");
    let error = keeper.back_up(&directory.file("nowhere/copy.db")).unwrap_err();
    let error = error.to_string();
    assert!(error.contains("cannot back up to") && error.contains("there is no directory"), "{error}");
    // The store itself is something, too.
    let own = keeper.store().path().to_owned();
    keeper.back_up(&own).unwrap_err();
    // What is called like a file of SQLite's own would be taken for one, which lets nobody in.
    for ending in ["-journal", "-wal", "-shm"] {
        let error = keeper.back_up(Path::new(&format!("{}{ending}", own.display()))).unwrap_err();
        assert!(error.to_string().contains("choose another name"), "{error}");
    }
    keeper.back_up(&directory.file("other.db")).unwrap();
    keeper.write(lobby_of(1));
}

#[test]
fn a_copy_is_of_one_moment() {
    let directory = Directory::new();
    let mut keeper = Keeper::open(&directory.file("chat.db"));
    let pair = |number| talk_pair(number);
    for number in 1..=500 {
        keeper.write(pair(number));
    }
    let to = directory.file("copy.db");
    keeper.store.as_mut().unwrap().back_up(0, to.clone()).unwrap();
    let mut number = 500;
    let mut is_copied = false;
    while !is_copied {
        number += 1;
        keeper.store().write(number, pair(number)).unwrap();
        is_copied = matches!(keeper.result(), Report::BackedUp { .. });
    }
    let count = |room: i64| number_of(&to, room);
    assert_eq!(count(1), count(2));
    assert!(count(1) >= 500);
}

fn number_of(path: &Path, room: i64) -> i64 {
    number(path, &format!("SELECT count(*) FROM messages WHERE id >> 40 = {room}"))
}

/// The same said in two rooms at once.
fn talk_pair(position: u64) -> Batch {
    Batch {
        conversations: vec![room(1), room(2)],
        messages: Messages::from_iter([said(1, position, "pair"), said(2, position, "pair")]),
        ..Batch::default()
    }
}

#[test]
fn what_is_no_store_is_not_restored() {
    let directory = Directory::new();
    let original = directory.file("chat.db");
    let keeper = Keeper::open(&original);
    keeper.write(lobby_of(2000));
    keeper.close();
    let bytes = fs::read(&original).unwrap();
    let refusal = |name: &str, bytes: &[u8]| {
        let path = directory.file(name);
        fs::write(&path, bytes).unwrap();
        let error = check(&path).unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot use {}", path.display())), "{error}");
        error
    };
    assert!(refusal("empty", b"").contains("not a store"));
    assert!(refusal("text", &b"hello ".repeat(1000)).contains("not a database"));
    assert!(refusal("half", &bytes[..bytes.len() / 2]).contains("use another backup"));
    let mut bent = bytes.clone();
    let middle = bent.len() / 2;
    bent[middle..middle + 4096].fill(0x55);
    assert!(refusal("bent", &bent).contains("use another backup"));
    let nowhere = check(&directory.file("nowhere")).unwrap_err().to_string();
    assert!(nowhere.ends_with("No such file or directory (os error 2); look at its name"), "{nowhere}");
    assert!(check(&directory.0).unwrap_err().to_string().ends_with("it is a directory: name a file"));
    assert_eq!(check(&original).unwrap().messages, 2000);
}

#[test]
fn a_backup_is_restored_in_place_of_a_store_with_its_log_which_is_put_aside() {
    let directory = Directory::new();
    let (original, copy) = (directory.file("chat.db"), directory.file("copy.db"));
    let mut keeper = Keeper::open(&original);
    keeper.write(lobby_of(20));
    keeper.back_up(&copy).unwrap();
    let held = restore_to(&copy, &original, true).unwrap_err().to_string();
    assert!(held.contains("already uses the store"), "{held}");
    keeper.close();
    let left = directory.file("chat.db-wal");
    fs::write(&left, "the log of another store").unwrap();
    let before = fs::read(&original).unwrap();

    let stands = restore_to(&copy, &original, false).unwrap_err().to_string();
    assert!(stands.contains("with --replace"), "{stands}");
    let restored = restore_to(&copy, &original, true).unwrap();
    assert_eq!((restored.to.clone(), restored.checked.messages), (original.canonicalize().unwrap(), 20));
    let aside = restored.replaced.unwrap();
    assert_eq!(fs::read(&aside).unwrap(), before);
    assert!(!left.exists() && directory.file("chat.db.old-1-wal").exists());
    assert_eq!(fs::metadata(&original).unwrap().permissions().mode() & 0o777, 0o600);

    let again = restore_to(&copy, &original, true).unwrap();
    assert_ne!(again.replaced.unwrap(), aside, "nothing is ever overwritten");
    let elsewhere = directory.file("new/place.db");
    let nowhere = restore_to(&copy, &elsewhere, false).unwrap_err().to_string();
    assert!(
        nowhere.contains(&format!("there is no directory {}", directory.file("new").display())),
        "{nowhere}"
    );
    fs::create_dir(directory.file("new")).unwrap();
    assert_eq!(restore_to(&copy, &elsewhere, false).unwrap().replaced, None);
    let keeper = Keeper::open(&elsewhere);
    keeper.write(talk_pair(5000));
    keeper.close();
    assert_eq!(check(&elsewhere).unwrap().messages, 22);
}

#[test]
fn a_restore_that_fails_leaves_everything_as_it_was() {
    let directory = Directory::new();
    let store = directory.file("chat.db");
    let keeper = Keeper::open(&store);
    keeper.write(lobby_of(20));
    keeper.close();
    let before = fs::read(&store).unwrap();
    let bent = directory.file("bent");
    fs::write(&bent, &before[..before.len() / 2]).unwrap();
    for from in [&bent, &directory.file("nowhere")] {
        restore_to(from, &store, true).unwrap_err();
    }
    assert_eq!(fs::read(&store).unwrap(), before);
    assert!(!directory.file("chat.db.part").exists() && !directory.file("chat.db.old-1").exists());
    assert_eq!(restore_to(&store, &store, true).unwrap().checked.messages, 20, "of itself it is a copy");
}

#[test]
fn what_a_copy_has_left_that_was_cut_off_is_in_nobodys_way() {
    let directory = Directory::new();
    let mut keeper = Keeper::open(&directory.file("chat.db"));
    keeper.write(lobby_of(20));
    let (to, part) = (directory.file("copy.db"), directory.file("copy.db.part"));
    let journal = directory.file("copy.db.part-journal");
    for left in [&b""[..], &[0; 8192], b"SQLite format 3\0 and so on"] {
        fs::write(&part, left).unwrap();
        fs::write(&journal, "half").unwrap();
        let held = fs::File::open(&part).unwrap();
        held.lock().unwrap();
        let error = keeper.back_up(&to).unwrap_err().to_string();
        assert!(error.contains("somebody is writing") && error.contains("copy.db.part"), "{error}");
        drop(held);
        keeper.back_up(&to).unwrap();
        assert!(!part.exists() && !journal.exists());
        fs::remove_file(&to).unwrap();
    }
}

#[test]
fn only_a_store_is_put_aside_for_a_backup() {
    let directory = Directory::new();
    let (original, copy) = (directory.file("chat.db"), directory.file("copy.db"));
    let mut keeper = Keeper::open(&original);
    keeper.write(lobby_of(20));
    keeper.back_up(&copy).unwrap();
    keeper.close();
    let inside = directory.file("full");
    fs::create_dir(&inside).unwrap();
    let socket = directory.file("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let config = directory.file("lanchatd.toml");
    fs::write(&config, "store.path = \"auto\"").unwrap();
    let empty = directory.file("empty");
    fs::write(&empty, "").unwrap();
    let other = directory.file("other.db");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    let link = directory.file("link");
    std::os::unix::fs::symlink(&config, &link).unwrap();
    let dangling = directory.file("dangling");
    std::os::unix::fs::symlink(directory.file("nothing"), &dangling).unwrap();
    let names = || {
        let names = fs::read_dir(&directory.0).unwrap().map(|entry| entry.unwrap().file_name());
        names.collect::<std::collections::BTreeSet<_>>()
    };
    let before = names();
    for (path, why) in [
        (&inside, "it is a directory"),
        (&socket, "it is no regular file"),
        (&config, "it is not a store of lanchatd"),
        (&empty, "it is not a store of lanchatd"),
        (&other, "it is not a store of lanchatd"),
        (&link, "it is not a store of lanchatd"),
        (&dangling, "a symbolic link to nothing"),
    ] {
        for may_replace in [false, true] {
            let refused = restore_to(&copy, path, may_replace).unwrap_err().to_string();
            assert!(refused.contains(why), "{refused}");
        }
    }
    assert_eq!(names(), before, "nor is anything left beside them");

    // A store stays one however damaged it is.
    let good = fs::read(&original).unwrap();
    let bent: Vec<u8> = good.iter().take(16).copied().chain([0x55; 5000]).collect();
    for bytes in [&bent[..], &[0x55; 5000], b""] {
        fs::write(&original, bytes).unwrap();
        let aside = restore_to(&copy, &original, true).unwrap().replaced.unwrap();
        assert_eq!(fs::read(aside).unwrap(), bytes);
    }
}

#[test]
fn messages_that_nobody_can_read_are_counted() {
    let directory = Directory::new();
    let (original, copy) = (directory.file("chat.db"), directory.file("copy.db"));
    let keeper = Keeper::open(&original);
    keeper.write(lobby_of(5));
    keeper.close();
    let file = Connection::open(&original).unwrap();
    for (position, damage) in
        [(1, "text = CAST(x'ff68' AS TEXT)"), (2, "text = x'6869'"), (3, "kind = 9"), (4, "time_ms = 'noon'")]
    {
        let id = (1_i64 << 40) + position;
        let bent = file.execute(&format!("UPDATE messages SET {damage} WHERE id = {id}"), []).unwrap();
        assert_eq!(bent, 1, "{damage}");
    }
    drop(file);
    let checked = check(&original).unwrap();
    assert_eq!((checked.messages, checked.damaged, checked.newest_ms), (5, 4, Some(5000)));
    assert_eq!(restore_to(&original, &copy, false).unwrap().checked.damaged, 4, "the rest is worth it");
}
