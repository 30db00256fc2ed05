//! What is said in a flood is packed at first, and nobody can tell.

use super::*;

/// A lobby of so many messages, every second one with a name of its sender.
fn flood(positions: std::ops::Range<u64>) -> Batch {
    let messages = positions.map(|position| Message {
        uid: position.is_multiple_of(2).then(|| Uid { client: "run".into(), tag: position.to_string() }),
        ..said(LOBBY, position, &format!("message {position}"))
    });
    Batch { conversations: vec![room(LOBBY)], messages: messages.collect(), ..Batch::default() }
}

/// A file with packs that nobody unpacks: its daemon was killed as soon as they were written.
fn packed_file(directory: &Directory, batches: Vec<Batch>) -> PathBuf {
    let path = directory.file("packed.db");
    let mut connection = {
        Keeper::open(&path).close();
        peek(&path)
    };
    for batch in batches {
        commit::commit(&mut connection, &batch, Packing::DEFAULT).unwrap();
    }
    path
}

fn packs(path: &Path) -> i64 {
    number(path, "SELECT count(*) FROM packs")
}

fn is_unpacked(keeper: &Keeper, path: &Path) {
    keeper.wait_until("all is unpacked", |_| packs(path) == 0);
}

fn everything(keeper: &Keeper) -> Messages {
    let (mut from, mut seen) = (Some(Cursor::default()), Messages::default());
    while let Some(at) = from {
        let request = Request::Export { conversation: None, since_ms: None, from: at, limit: 333 };
        let Answer::Exported(exported) = keeper.ask(request) else { panic!("no export") };
        seen.extend(exported.messages);
        from = exported.next;
    }
    seen
}

#[test]
fn a_flood_is_packed_and_becomes_rows_when_there_is_time() {
    let directory = Directory::new();
    let path = packed_file(&directory, vec![flood(1..3001), flood(3001..3100), flood(3100..5000)]);
    assert_eq!(number(&path, "SELECT count(*) FROM messages"), 99, "a small batch is rows");
    assert_eq!(number(&path, "SELECT sum(count) FROM packs"), 4900);
    let wanted = flood(1..5000).messages;
    assert_eq!(check(&path).unwrap().messages, 4999);
    let keeper = Keeper::open(&path);
    assert_eq!(keeper.loaded.conversations[0].head, 5000);
    assert_eq!(everything(&keeper), wanted);
    is_unpacked(&keeper, &path);
    assert_eq!(everything(&keeper), wanted);
    assert_eq!(number(&path, "SELECT count(*) FROM messages"), 4999);
    keeper.wait_until("all is indexed", |_| {
        number(&path, "SELECT count(*) FROM conversations WHERE indexed < head") == 0
    });
    assert_eq!(texts(&keeper.find(query(&["message 1234"]))), ["message 1234"]);
    keeper.close();
    assert_eq!(check(&path).unwrap().messages, 4999);
}

#[test]
fn less_than_a_flood_is_rows_at_once() {
    let directory = Directory::new();
    let from = Packing::DEFAULT.from as u64;
    let path = packed_file(&directory, vec![flood(1..from)]);
    assert_eq!(packs(&path), 0);
    let directory = Directory::new();
    let path = packed_file(&directory, vec![flood(1..from + 1)]);
    assert_eq!(packs(&path), 1);
}

#[test]
fn a_packed_batch_may_be_written_again_and_its_places_are_taken() {
    let directory = Directory::new();
    let path = packed_file(&directory, vec![flood(10..2010)]);
    let mut connection = peek(&path);
    let mut write = |batch: &Batch| commit::commit(&mut connection, batch, Packing::DEFAULT);
    let (committed, packed) = write(&flood(10..2010)).unwrap();
    assert_eq!((committed, packed.messages), (Committed { new: 0, repeated: 2000 }, 0));
    let (committed, _) = write(&flood(1500..2500)).unwrap();
    assert_eq!(committed, Committed { new: 490, repeated: 510 });
    let other = Batch { messages: Messages::from_iter([said(LOBBY, 777, "other")]), ..Batch::default() };
    assert!(matches!(write(&other), Err(Cause::Misfit(Misfit::Taken { position: 777, .. }))));
    let keeper = Keeper::open(&path);
    assert_eq!(everything(&keeper), flood(10..2500).messages);
}

#[test]
fn a_message_that_comes_late_finds_its_place_between_those_that_are_packed() {
    let directory = Directory::new();
    let mut batch = flood(1..2001);
    let late = batch.messages.split_off(1000);
    batch.messages.extend(late.iter().skip(1));
    let path = packed_file(&directory, vec![batch]);
    let before = packs(&path);
    let mut connection = peek(&path);
    let late = Batch { messages: late.iter().take(1).collect(), ..Batch::default() };
    assert_eq!(commit::commit(&mut connection, &late, Packing::DEFAULT).unwrap().0.new, 1);
    assert_eq!(packs(&path), before - 1, "only one pack was in its way");
    let keeper = Keeper::open(&path);
    assert_eq!(everything(&keeper), flood(1..2001).messages);
}

#[test]
fn pages_times_and_extents_are_the_same_for_packs_and_rows() {
    let directory = Directory::new();
    let path = packed_file(&directory, vec![flood(100..150), flood(200..4000), flood(5000..5010)]);
    assert!(packs(&path) > 3);
    let rows = directory.file("rows.db");
    Keeper::open(&rows).close();
    for batch in [flood(100..150), flood(200..4000), flood(5000..5010)] {
        commit::commit(&mut peek(&rows), &batch, Packing::NONE).unwrap();
    }
    let answers = |path: &Path| {
        let mut connection = peek(path);
        let mut ask = |request| reader::answer(&mut connection, request).unwrap();
        let mut answers = vec![ask(Request::Extents)];
        for at in (90..5020).step_by(61) {
            for direction in [Direction::Forward, Direction::Backward] {
                let (conversation, limit, bytes) = (LOBBY, 70, PAGE_BYTES_MAX);
                let (from, until) = (at, at + 900);
                answers.push(ask(Request::Page { conversation, from, until, limit, bytes, direction }));
            }
            let time_ms = i64::try_from(at).unwrap() * 1000 - 1;
            answers.push(ask(Request::Since { conversation: LOBBY, time_ms }));
        }
        let context = Query { context: 3, ..query(&["message 3999"]) };
        for query in [context, query(&["ge 7"]), Query { before_ms: Some(300_000), ..query(&["message"]) }] {
            answers.push(ask(Request::Search(query)));
        }
        answers
    };
    assert_eq!(answers(&path), answers(&rows));
}

#[test]
fn the_newest_names_of_senders_are_known_whether_packed_or_not() {
    let directory = Directory::new();
    let count = SENT_MAX as u64;
    let batches = vec![flood(1..count), flood(count..count + 50), flood(count + 50..2 * count + 10)];
    let path = packed_file(&directory, batches);
    let packed = Keeper::open(&path);
    let sent: Vec<_> = packed.loaded.sent.iter().map(|sent| sent.position).collect();
    let wanted: Vec<_> = (1..=count).map(|number| 8 + 2 * number).collect();
    assert_eq!((sent.len(), &sent), (SENT_MAX, &wanted));
    is_unpacked(&packed, &path);
    let sent = packed.loaded.sent.clone();
    drop(packed);
    assert_eq!(Keeper::open(&path).loaded.sent, sent);
}

#[test]
fn what_is_purged_while_it_is_packed_is_not_in_the_file_any_more() {
    let directory = Directory::new();
    let batch = changed(flood(1..3001), |message| {
        if message.position <= 2000 {
            message.text = format!("xylophone {}", message.position * 7919 % 10_007);
        }
    });
    let path = packed_file(&directory, vec![batch]);
    let keeper = Keeper::open(&path);
    assert_eq!(keeper.purge(2001 * 1000, None), 2000);
    keeper.close();
    let file = fs::read(&path).unwrap();
    assert!(!file.windows(9).any(|window| window == b"xylophone"));
    assert_eq!(check(&path).unwrap().messages, 1000);
}

#[test]
fn whoever_has_something_removed_does_not_wait_for_a_flood_to_end() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let keeper = Keeper::open(&path);
    keeper.write(flood(1..20_000));
    assert!(packs(&path) > 0);
    keeper.store().purge(0, 1000, None).unwrap();
    let deadline = Instant::now() + PATIENCE;
    for from in (20_000..).step_by(200) {
        assert!(Instant::now() < deadline, "it waits");
        let ticket = keeper.ticket();
        keeper.store().write(ticket, flood(from..from + 200)).unwrap();
        while !matches!(keeper.result(), Report::Written { ticket: of, .. } if of == ticket) {}
        if packs(&path) == 0 {
            return;
        }
    }
}

#[test]
fn packs_that_make_no_sense_are_skipped_and_counted_and_in_nobodys_way() {
    let directory = Directory::new();
    let path = packed_file(&directory, vec![flood(1..6001)]);
    let ids: Vec<i64> = {
        let connection = peek(&path);
        let mut statement = connection.prepare("SELECT id FROM packs ORDER BY id").unwrap();
        let ids = statement.query_map([], |row| row.get(0)).unwrap();
        ids.map(Result::unwrap).collect()
    };
    assert!(ids.len() >= 6, "{}", ids.len());
    let count = number(&path, &format!("SELECT sum(count) FROM packs WHERE id IN ({}, {})", ids[1], ids[3]));
    let (second, fourth) = (ids[1], ids[3]);
    peek(&path)
        .execute_batch(&format!(
            "UPDATE packs SET body = x'ffffffffff' WHERE id = {second};
            UPDATE packs SET size = 9223372036854775807 WHERE id = {fourth};
            INSERT INTO packs VALUES (-7, 'x', 'y', 'z', 0, 0, -1, 'text');
            INSERT INTO packs VALUES (99999999999999, 5, -1, 0, 0, 7, 1, zeroblob(1));"
        ))
        .unwrap();
    let checked = check(&path).unwrap();
    assert_eq!((checked.messages, checked.damaged), (6002, count.unsigned_abs() + 2));
    let mut connection = peek(&path);
    let (mut until, mut seen, mut skipped) = (Some(POSITION_END), 0, 0);
    while let Some(at) = until {
        let request = Request::last(LOBBY, at, 100, PAGE_BYTES_MAX);
        let Answer::Page(page) = reader::answer(&mut connection, request).unwrap() else { panic!("no page") };
        (seen, skipped, until) = (seen + page.messages.len() as u64, skipped + page.skipped, page.next);
    }
    assert_eq!((seen + skipped, skipped), (6000, count.unsigned_abs()));
    drop(connection);
    let keeper = Keeper::open(&path);
    is_unpacked(&keeper, &path);
    assert_eq!(number(&path, "SELECT count(*) FROM messages WHERE kind = -1"), 4);
    let page = keeper.page(Request::last(LOBBY, POSITION_END, 10, PAGE_BYTES_MAX));
    assert_eq!(page.messages.len(), 10);
    keeper.write(flood(7000..7500));
    assert_eq!(keeper.purge(i64::MAX, Some(LOBBY)), 6000 - count.unsigned_abs() + 2 + 500);
}
