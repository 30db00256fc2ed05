//! A damaged file is told about; nothing panics, and what is sound is still there.

use super::*;

/// Asks everything that can be asked; what comes of it does not matter, as long as something does.
fn exercise(keeper: &Keeper) {
    let requests = [
        Request::last(LOBBY, POSITION_END, 100, PAGE_BYTES_MAX),
        Request::Since { conversation: LOBBY, time_ms: 5000 },
        Request::Search(query(&["message"])),
        Request::Search(query(&["me"])),
        Request::Export { conversation: None, since_ms: None, from: Cursor::default(), limit: 1000 },
    ];
    for request in requests {
        keeper.store().read(0, request).unwrap();
    }
    keeper.store().write(0, lobby_of(10)).unwrap();
    keeper.store().write(0, talk(&[(7, &["new"])])).unwrap();
    keeper.store().purge(0, 50_000, None).unwrap();
    let mut answers = 0;
    while answers < 8 {
        if !matches!(keeper.result(), Report::Upkeep(_)) {
            answers += 1;
        }
    }
}

fn sound_file(directory: &Directory) -> Vec<u8> {
    let path = directory.file("sound.db");
    let keeper = Keeper::open(&path);
    keeper.write(lobby_of(1500));
    keeper.wait_until("all is indexed", |_| {
        number(&path, "SELECT count(*) FROM conversations WHERE indexed < head") == 0
    });
    keeper.close();
    fs::read(&path).unwrap()
}

fn open_damaged(path: &Path, bytes: &[u8]) {
    for ending in ["-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        let _ = fs::remove_file(name);
    }
    fs::write(path, bytes).unwrap();
    match Keeper::try_open(path) {
        Ok(keeper) => exercise(&keeper),
        Err(error) => assert!(error.to_string().contains(path.to_str().unwrap()), "{error}"),
    }
}

#[test]
fn a_file_that_was_cut_short_does_no_harm() {
    let directory = Directory::new();
    let bytes = sound_file(&directory);
    let path = directory.file("cut.db");
    for length in (0..20).map(|part| bytes.len() * part / 20).chain([1, 99, 100, 4095, 4097]) {
        open_damaged(&path, &bytes[..length]);
    }
}

#[test]
fn a_file_with_wrong_bytes_does_no_harm() {
    let directory = Directory::new();
    let bytes = sound_file(&directory);
    let path = directory.file("bent.db");
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut draw = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % below as u64).unwrap()
    };
    for round in 0..60 {
        let mut bent = bytes.clone();
        // Headers of pages are where it hurts.
        let at =
            if round % 2 == 0 { draw(bent.len() / 4096) * 4096 + draw(64) } else { draw(bent.len() - 64) };
        let length = 1 + draw(32);
        for byte in &mut bent[at..at + length] {
            *byte = u8::try_from(draw(256)).unwrap();
        }
        open_damaged(&path, &bent);
    }
}

#[test]
fn rows_that_make_no_sense_are_skipped_and_counted() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let keeper = Keeper::open(&path);
    keeper.write(lobby_of(10));
    keeper.write(Batch {
        people: vec![Person { key: "ana".into(), nick: "ana".into(), seen_ms: 1, run: None }],
        ..Batch::default()
    });
    keeper.close();
    peek(&path)
        .execute_batch(
            "UPDATE messages SET text = x'ff00' WHERE id & 255 = 2;
            UPDATE messages SET text = CAST(x'fffe41' AS TEXT) WHERE id & 255 = 3;
            UPDATE messages SET kind = 77 WHERE id & 255 = 4;
            UPDATE messages SET time_ms = 'noon' WHERE id & 255 = 5;
            UPDATE messages SET client = 'half' WHERE id & 255 = 6;
            INSERT INTO messages VALUES (-5, 0, 0, 'x', 'message -5', NULL, NULL);
            INSERT INTO people VALUES ('bo', x'00', 5, NULL);
            INSERT INTO conversations VALUES (-3, 0, 'x', 'x', NULL, NULL, NULL, 5, 0, 0, 0, 0, 0);
            INSERT INTO conversations VALUES (9, 0, 'y', 'y', NULL, NULL, NULL, -5, -9, 0, 0, 0, 0);
            INSERT INTO conversations VALUES (12, 0, 'z', 'z', NULL, NULL, NULL, 'big', 'bigger', 0, 0, 0, 0);",
        )
        .unwrap();
    let keeper = Keeper::open(&path);
    assert_eq!((keeper.loaded.conversations.len(), keeper.loaded.people.len()), (1, 1));
    assert_eq!((keeper.loaded.skipped, keeper.loaded.next_conversation), (5, 13));
    let page = keeper.page(Request::last(LOBBY, POSITION_END, 100, PAGE_BYTES_MAX));
    assert_eq!((page.messages.len(), page.skipped), (5, 5));
    let found = keeper.find(query(&["message"]));
    assert_eq!((found.hits.len(), found.skipped), (5, 5));
    exercise(&keeper);
}

#[test]
fn an_index_that_is_damaged_is_made_again() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    fs::write(&path, sound_file(&directory)).unwrap();
    // Row 10 says which parts the index has.
    let damage = "UPDATE messages_fts_data SET block = x'000000007f7f7f' WHERE id = 10";
    peek(&path).execute_batch(damage).unwrap();
    let keeper = Keeper::open(&path);
    let messages = (2000..4000).map(|position| said(LOBBY, position, "later words")).collect();
    keeper.write(Batch { messages, ..Batch::default() });
    assert!(matches!(keeper.result(), Report::Upkeep(_)), "the index was not damaged");
    keeper.wait_until("all is indexed", |_| {
        number(&path, "SELECT count(*) FROM conversations WHERE indexed < head") == 0
    });
    assert_eq!(texts(&keeper.find(query(&["message 1234"]))), ["message 1234"]);
    keeper.close();
    peek(&path)
        .execute_batch("INSERT INTO messages_fts (messages_fts, rank) VALUES ('integrity-check', 1)")
        .unwrap();
}

#[test]
fn a_file_that_is_taken_away_is_noticed() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let keeper = Keeper::open(&path);
    keeper.write(lobby_of(1));
    let away = directory.file("away.db");
    fs::rename(&path, &away).unwrap();
    let unwritten = keeper.try_write(lobby_of(2)).unwrap_err();
    assert_eq!(unwritten.error.kind, StoreErrorKind::Io);
    assert!(unwritten.error.to_string().contains("removed or replaced"), "{}", unwritten.error);
    // Another file in its place is not taken for it.
    fs::write(&path, "").unwrap();
    keeper.try_write(lobby_of(2)).unwrap_err();
    fs::rename(&away, &path).unwrap();
    assert_eq!(keeper.write(unwritten.batch), Committed { new: 1, repeated: 1 });
    assert_eq!(keeper.last(LOBBY, 5), ["message 1", "message 2"]);
}

#[test]
fn whoever_reads_does_not_wait_for_whoever_writes() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let keeper = Keeper::open(&path);
    keeper.write(lobby_of(3));
    let slow = peek(&path);
    slow.execute_batch("BEGIN IMMEDIATE; DELETE FROM messages").unwrap();
    keeper.store().write(1, lobby_of(4)).unwrap();
    keeper.store().read(2, Request::last(LOBBY, POSITION_END, 9, PAGE_BYTES_MAX)).unwrap();
    let Report::Read { ticket: 2, result: Ok(Answer::Page(page)), .. } = keeper.next() else {
        panic!("the writer came first");
    };
    assert_eq!(page.messages.len(), 3);
    slow.execute_batch("ROLLBACK").unwrap();
    keeper.result();
}

#[test]
fn what_was_written_is_there_after_a_crash() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let keeper = Keeper::open_with(&path, Options { durability: Durability::Commit, ..OPTIONS }).unwrap();
    keeper.write(lobby_of(2000));
    keeper.write(talk(&[(2, &["the last words"])]));
    // As the file system has it at this moment, with half a transaction behind.
    let crashed = directory.file("crashed.db");
    fs::copy(&path, &crashed).unwrap();
    let mut log = fs::read(directory.file("chat.db-wal")).unwrap();
    log.extend_from_within(log.len() / 2..);
    log.truncate(log.len() - 100);
    fs::write(directory.file("crashed.db-wal"), log).unwrap();

    let restarted = Keeper::open(&crashed);
    assert_eq!(restarted.loaded.floor, keeper.loaded.reserved);
    assert_eq!(restarted.loaded.history, keeper.loaded.history);
    assert_eq!(restarted.loaded.conversations.len(), 2);
    assert_eq!(restarted.last(2, 5), ["the last words"]);
    assert_eq!(restarted.last(LOBBY, 1), ["message 2000"]);
    assert_eq!(restarted.write(lobby_of(2000)), Committed { new: 0, repeated: 2000 });
}
