//! Messages that go are gone.

use super::*;

const CHECK_INDEX: &str = "INSERT INTO messages_fts (messages_fts, rank) VALUES ('integrity-check', 1)";

fn positions(keeper: &Keeper, conversation: ConversationId) -> Vec<u64> {
    let page = keeper.page(Request::last(conversation, POSITION_END, PAGE_MAX, PAGE_BYTES_MAX));
    page.messages.iter().map(|message| message.position).collect()
}

fn wait_for_index(keeper: &Keeper, path: &Path) {
    keeper.wait_until("all is indexed", |_| {
        number(path, "SELECT count(*) FROM conversations WHERE indexed < head") == 0
    });
}

#[test]
fn a_purge_removes_what_is_older_and_says_how_much() {
    let directory = Directory::new();
    let keeper = Keeper::open(&directory.file("chat.db"));
    keeper.write(talk(&[(1, &["a", "b", "c", "d"]), (2, &["e", "f", "g"])]));
    assert_eq!(keeper.purge(3000, Some(1)), 2);
    assert_eq!((positions(&keeper, 1), positions(&keeper, 2)), (vec![3, 4], vec![1, 2, 3]));
    assert_eq!(keeper.purge(3000, None), 2);
    assert_eq!((positions(&keeper, 1), positions(&keeper, 2)), (vec![3, 4], vec![3]));
    assert_eq!(keeper.purge(i64::MAX, Some(99)), 0);
    assert_eq!(keeper.purge(i64::MAX, None), 3);
}

#[test]
fn a_purge_finds_old_messages_behind_newer_ones() {
    let directory = Directory::new();
    let keeper = Keeper::open(&directory.file("chat.db"));
    let mut times = [1_000_000, 2000, 3000].into_iter();
    let batch = talk(&[(LOBBY, &["a", "b", "c"])]);
    keeper.write(changed(batch, |message| message.time_ms = times.next().unwrap()));
    assert_eq!(keeper.purge(3000, None), 1);
    assert_eq!(positions(&keeper, LOBBY), [1, 3]);
}

#[test]
fn what_was_purged_is_neither_found_nor_in_the_file() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let keeper = Keeper::open(&path);
    keeper.write(changed(lobby_of(3000), |message| {
        if message.position <= 2000 {
            message.text = "xylophone concerto".into();
        }
    }));
    wait_for_index(&keeper, &path);
    assert_eq!(keeper.find(query(&["xylophone"])).hits.len(), 20);
    assert_eq!(keeper.purge(2001 * 1000, None), 2000);
    let found = keeper.find(query(&["xylophone"]));
    assert_eq!((found.hits.len(), found.is_complete), (0, true));
    assert_eq!(keeper.find(query(&["message 2500"])).hits.len(), 1);
    keeper.close();
    peek(&path).execute_batch(CHECK_INDEX).unwrap();
    let file = fs::read(&path).unwrap();
    let holds = |words: &[u8]| file.windows(words.len()).any(|window| window == words);
    assert!(holds(b"message 2500") && !holds(b"xylophone"));
}

#[test]
fn after_a_large_purge_the_file_is_smaller() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let keeper = Keeper::open(&path);
    let long = "the same again and again ".repeat(40);
    let messages = (1..=4000).map(|position| said(LOBBY, position, &long)).collect();
    keeper.write(Batch { conversations: vec![room(LOBBY)], messages, ..Batch::default() });
    wait_for_index(&keeper, &path);
    let pages = |_: &Keeper| number(&path, "PRAGMA page_count");
    let before = pages(&keeper);
    keeper.purge(i64::MAX, None);
    keeper.wait_until("space is given back", |keeper| pages(keeper) < before / 2);
    keeper.close();
    peek(&path).execute_batch(CHECK_INDEX).unwrap();
}

#[test]
fn retention_by_age_removes_the_oldest() {
    let directory = Directory::new();
    let keeper = Keeper::open(&directory.file("chat.db"));
    keeper.write(talk(&[(1, &["a", "b", "c", "d"]), (2, &["e", "f", "g"])]));
    let retention = Retention { age_ms_max: Some(2000), count_max: None };
    keeper.store().retain(5000, retention).unwrap();
    keeper.wait_until("old ones went", |keeper| positions(keeper, 2) == [3]);
    assert_eq!(positions(&keeper, 1), [3, 4]);
}

#[test]
fn retention_by_count_leaves_the_newest_of_each_conversation() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let keeper = Keeper::open(&path);
    // Positions with gaps: what counts is messages.
    let messages = (1..=10).map(|number| said(2, number * 1000, "gap")).collect();
    keeper.write(Batch { conversations: vec![room(2)], messages, ..Batch::default() });
    keeper.write(lobby_of(10_000));
    wait_for_index(&keeper, &path);
    let count = |conversation| positions(&keeper, conversation).len();
    let retention = Retention { age_ms_max: None, count_max: Some(7) };
    keeper.store().retain(0, retention).unwrap();
    keeper.wait_until("seven are left", |_| count(LOBBY) == 7 && count(2) == 7);
    assert_eq!(positions(&keeper, LOBBY), (9994..=10_000).collect::<Vec<_>>());
    assert_eq!(positions(&keeper, 2)[0], 4000);
    keeper.store().retain(0, Retention { age_ms_max: None, count_max: Some(0) }).unwrap();
    keeper.wait_until("none is left", |_| count(LOBBY) + count(2) == 0);
    keeper.close();
    peek(&path).execute_batch(CHECK_INDEX).unwrap();
}

#[test]
fn a_count_that_takes_more_than_one_look_is_right() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let keeper = Keeper::open(&path);
    keeper.write(lobby_of(9000));
    keeper.store().retain(0, Retention { age_ms_max: None, count_max: Some(8500) }).unwrap();
    keeper.wait_until("some went", |_| number(&path, "SELECT count(*) FROM messages") == 8500);
    keeper.store().retain(0, Retention { age_ms_max: None, count_max: Some(8500) }).unwrap();
    assert_eq!(keeper.purge(501 * 1000, None), 0);
    assert_eq!(number(&path, "SELECT count(*) FROM messages"), 8500);
}

#[test]
fn batches_are_written_while_a_purge_goes_on() {
    let directory = Directory::new();
    let keeper = Keeper::open(&directory.file("chat.db"));
    keeper.write(lobby_of(20_000));
    keeper.store().purge(1, i64::MAX, None).unwrap();
    keeper.store().write(2, talk(&[(2, &["meanwhile"])])).unwrap();
    let is_written = |report: &Report| matches!(report, Report::Written { ticket: 2, result: Ok(_), .. });
    assert!(is_written(&keeper.result()), "the purge came first");
    assert!(matches!(keeper.result(), Report::Purged { ticket: 1, result: Ok(20_000..=20_001) }));
}

#[test]
fn what_was_removed_may_be_written_again() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let keeper = Keeper::open(&path);
    keeper.write(lobby_of(2000));
    wait_for_index(&keeper, &path);
    assert_eq!(keeper.purge(i64::MAX, None), 2000);
    assert_eq!(keeper.write(lobby_of(2000)), Committed { new: 2000, repeated: 0 });
    assert_eq!(keeper.find(query(&["message 1777"])).hits.len(), 1);
    keeper.close();
    peek(&path).execute_batch(CHECK_INDEX).unwrap();
}
