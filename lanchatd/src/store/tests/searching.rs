//! What a search finds, and what it does not.

use super::*;
use crate::kept::Hit;

/// Enough messages for the indexer to take them up; they say nothing that is searched for.
fn filler(from: u64) -> Batch {
    let messages = (from..from + 1100).map(|position| said(LOBBY, position, "zzz")).collect();
    Batch { conversations: vec![room(LOBBY)], messages, ..Batch::default() }
}

/// A keeper with messages in the index, in what is not indexed yet, or both.
fn keepers(directory: &Directory, texts: &[&str]) -> [Keeper; 2] {
    let fresh = Keeper::open(&directory.file("fresh.db"));
    fresh.write(talk(&[(LOBBY, texts)]));
    let path = directory.file("indexed.db");
    let indexed = Keeper::open(&path);
    indexed.write(talk(&[(LOBBY, texts)]));
    indexed.write(filler(1000));
    wait_for_index(&indexed, &path);
    [fresh, indexed]
}

fn wait_for_index(keeper: &Keeper, path: &Path) {
    keeper.wait_until("all is indexed", |_| {
        number(path, "SELECT count(*) FROM conversations WHERE indexed < head") == 0
    });
}

#[test]
fn words_are_found_in_any_order_as_parts_and_in_any_case() {
    let directory = Directory::new();
    let said = ["The quick brown fox", "A brown QUICKSAND", "quick", "the Größe of it", "日本語の文章"];
    for keeper in keepers(&directory, &said) {
        let find = |words: &[&str]| {
            let found = keeper.find(query(words));
            assert!(found.is_complete);
            texts(&found).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(find(&["brown", "quick"]), ["A brown QUICKSAND", "The quick brown fox"]);
        assert_eq!(find(&["brown", "quick", "fox"]), ["The quick brown fox"]);
        assert_eq!(find(&["quick brown"]), ["The quick brown fox"]);
        assert_eq!(find(&["brown quick", "fox"]), Vec::<String>::new());
        assert_eq!(find(&["RÖSS"]), Vec::<String>::new());
        assert_eq!(find(&["GRÖßE"]), ["the Größe of it"]);
        assert_eq!(find(&["本語の"]), ["日本語の文章"]);
        assert_eq!(find(&["quickbrown"]), Vec::<String>::new());
    }
}

#[test]
fn accents_are_found_in_whatever_way_they_are_written() {
    let directory = Directory::new();
    let said =
        ["caf\u{e9} au lait", "r\u{e9}sume\u{301}.pdf", "the cafe\u{301}", "\u{1112}\u{1161}\u{11ab}국어"];
    for keeper in keepers(&directory, &said) {
        let find = |word: &str| {
            let found = keeper.find(query(&[word]));
            found.hits.into_iter().map(|hit| hit.message.position).collect::<Vec<_>>()
        };
        assert_eq!((find("caf\u{e9}"), find("CAFE\u{301}"), find("cafe")), (vec![3, 1], vec![3, 1], vec![]));
        assert_eq!(find("한국"), [4]);
        assert_eq!((find("re\u{301}s"), find("me\u{301}.p")), (vec![2], vec![2]));
    }
}

#[test]
fn short_words_are_found_too() {
    let directory = Directory::new();
    for keeper in keepers(&directory, &["ok then", "日本", "go to it", "to be"]) {
        assert_eq!(texts(&keeper.find(query(&["ok"]))), ["ok then"]);
        assert_eq!(texts(&keeper.find(query(&["日"]))), ["日本"]);
        assert_eq!(texts(&keeper.find(query(&["to"]))), ["to be", "go to it"]);
        assert_eq!(texts(&keeper.find(query(&["to", "then"]))), Vec::<&str>::new());
        assert_eq!(texts(&keeper.find(query(&["ok", "then"]))), ["ok then"]);
    }
}

#[test]
fn whatever_people_type_is_only_words() {
    let directory = Directory::new();
    let said = [
        "say \"hello\" to him",
        "NOT me AND you OR them",
        "text:hello* (NEAR/2)",
        "100% sure_thing",
        "c:\\dir 'quoted' --",
    ];
    for keeper in keepers(&directory, &said) {
        for (word, wanted) in [
            ("\"hello\"", said[0]),
            ("NOT", said[1]),
            ("OR", said[1]),
            ("text:hello*", said[2]),
            ("(NEAR/2)", said[2]),
            ("100%", said[3]),
            ("e_t", said[3]),
            ("'quoted'", said[4]),
            ("c:\\dir", said[4]),
        ] {
            assert_eq!(texts(&keeper.find(query(&[word]))), [wanted], "{word}");
        }
        for word in ["\"", "\"\"\"", "hello\0", "\0\0\0", "*", "^hel", "-hello", "{text}:x", "%%%"] {
            let found = keeper.find(query(&[word]));
            assert!(found.is_complete, "{word}");
            assert!(texts(&found).iter().all(|text| text.contains(word)), "{word}: {found:?}");
        }
    }
}

#[test]
fn only_what_the_person_may_read_is_searched() {
    let directory = Directory::new();
    let keeper = Keeper::open(&directory.file("chat.db"));
    keeper.write(talk(&[(1, &["secret one"]), (2, &["secret two"]), (3, &["secret three"])]));
    let among = |conversations: &[ConversationId]| {
        let conversations = conversations.iter().map(|&conversation| (conversation, 0)).collect();
        let query = Query { conversations, ..query(&["secret"]) };
        keeper.find(query).hits.len()
    };
    assert_eq!((among(&[]), among(&[2]), among(&[3, 1, 1]), among(&[2, 99])), (0, 1, 2, 1));
}

#[test]
fn nothing_from_before_a_person_may_read_is_found_or_shown_around_a_hit() {
    let directory = Directory::new();
    for keeper in keepers(&directory, &["hit a", "b", "hit c", "d", "hit e"]) {
        let find = |conversations| {
            let found = keeper.find(Query { conversations, context: 4, ..query(&["hit"]) });
            let positions = |messages: &[Message]| messages.iter().map(|message| message.position).collect();
            let hit = |hit: &Hit| (hit.message.position, positions(&hit.before));
            found.hits.iter().map(hit).collect::<Vec<(u64, Vec<u64>)>>()
        };
        assert_eq!(find(vec![(LOBBY, 3)]), [(5, vec![3, 4]), (3, vec![])]);
        assert_eq!(find(vec![(LOBBY, 4)]), [(5, vec![4])]);
        assert_eq!(find(vec![(LOBBY, 9), (LOBBY, 5)]), [(5, vec![])]);
        assert_eq!(find(vec![(LOBBY, 6)]), []);
        assert_eq!(find(vec![(LOBBY, u64::MAX)]), []);
    }
}

#[test]
fn the_newest_come_first_across_conversations_and_up_to_the_limit() {
    let directory = Directory::new();
    let keeper = Keeper::open(&directory.file("chat.db"));
    let batch = talk(&[(1, &["hit a", "hit b", "hit c"]), (2, &["hit d", "hit e"]), (3, &["hit f"])]);
    let mut times = [10, 40, 50, 20, 60, 30].into_iter();
    keeper.write(changed(batch, |message| message.time_ms = times.next().unwrap()));
    let find = |limit| {
        let query = Query { conversations: vec![(1, 0), (2, 0), (3, 0)], limit, ..query(&["hit"]) };
        keeper.find(query).hits.iter().map(|hit| hit.message.text[4..].to_owned()).collect::<String>()
    };
    assert_eq!(
        (find(20).as_str(), find(4).as_str(), find(1).as_str(), find(0).as_str()),
        ("ecbfda", "ecbf", "e", "")
    );
}

#[test]
fn who_and_when_narrow_a_search() {
    let directory = Directory::new();
    let batch = talk(&[(LOBBY, &["tea", "tea", "tea", "tea", "coffee"])]);
    let keeper = Keeper::open(&directory.file("chat.db"));
    let mut nicks = ["ana", "Bo", "ana", "bo", "ana"].into_iter();
    keeper.write(changed(batch, |message| message.nick = nicks.next().unwrap().into()));
    let find = |query| {
        let found = keeper.find(query);
        found.hits.iter().map(|hit| hit.message.position).collect::<Vec<_>>()
    };
    assert_eq!(find(Query { nick: Some("BO".into()), ..query(&["tea"]) }), [4, 2]);
    assert_eq!(find(Query { nick: Some("ana".into()), ..query(&[]) }), [5, 3, 1]);
    assert_eq!(find(Query { after_ms: Some(2000), before_ms: Some(4000), ..query(&["tea"]) }), [3, 2]);
    assert_eq!(find(Query { after_ms: Some(9000), ..query(&["tea"]) }), [0; 0]);
    assert_eq!(find(Query { before_ms: Some(9000), ..query(&["tea"]) }), [4, 3, 2, 1]);
    assert_eq!(find(query(&[" "])), [0; 0]);
}

#[test]
fn a_hit_comes_with_what_was_said_around_it() {
    let directory = Directory::new();
    let keeper = Keeper::open(&directory.file("chat.db"));
    keeper.write(talk(&[(LOBBY, &["a", "b", "hit", "c", "d"]), (2, &["other"])]));
    let hit = keeper.find(Query { context: 1, ..query(&["hit"]) }).hits.remove(0);
    let around = (hit.before, hit.message.text, hit.after);
    assert_eq!(around, (vec![said(LOBBY, 2, "b")], "hit".into(), vec![said(LOBBY, 4, "c")]));
    let hit = keeper.find(Query { context: usize::MAX, ..query(&["hit"]) }).hits.remove(0);
    assert_eq!((hit.before.len(), hit.after.len()), (2, 2));
}

#[test]
fn a_search_that_is_out_of_time_says_so() {
    let directory = Directory::new();
    let keeper = Keeper::open(&directory.file("chat.db"));
    keeper.write(lobby_of(100));
    let found = keeper.find(Query { deadline: Instant::now(), ..query(&["message"]) });
    assert_eq!((found.hits.len(), found.is_complete), (0, false));
}

/// Three conversations in which something of two characters is said now and then, and much else. What was said at the
/// same time in several of them is looked at together.
fn much_in_three(keeper: &Keeper) -> Vec<String> {
    let mut wanted = Vec::new();
    for batch in 0..60 {
        let mut messages = Vec::new();
        for position in batch * 1000 + 1..=batch * 1000 + 1000 {
            let conversation = u32::try_from(1 + position % 3).unwrap();
            let is_wanted = position % 9_001 == 1;
            let text = if is_wanted { format!("会議 {position}") } else { "x".to_owned() };
            messages.push(said(conversation, position, &text));
            wanted.extend(is_wanted.then_some(text));
        }
        messages.sort_unstable_by_key(|message| (message.conversation, message.position));
        keeper.write(Batch {
            conversations: vec![room(1), room(2), room(3)],
            messages: messages.into_iter().collect(),
            ..Batch::default()
        });
    }
    wanted.reverse();
    wanted
}

fn in_three(words: &[&str]) -> Query {
    Query { conversations: vec![(1, 0), (2, 0), (3, 0)], ..query(words) }
}

#[test]
fn words_too_short_for_the_index_are_found_however_much_was_said_since() {
    let directory = Directory::new();
    let keeper = Keeper::open(&directory.file("chat.db"));
    let wanted = much_in_three(&keeper);
    let found = keeper.find(in_three(&["会議"]));
    assert_eq!((texts(&found), found.is_complete, found.reached_ms), (strs(&wanted), true, None));
    let found = keeper.find(Query { limit: 2, ..in_three(&["会議"]) });
    assert_eq!((texts(&found), found.is_complete), (strs(&wanted[..2]), true));
    assert!(keeper.find(in_three(&["yy"])).is_complete);
}

#[test]
fn a_search_that_was_out_of_time_goes_on_where_it_ended_until_everything_was_looked_at() {
    let directory = Directory::new();
    let keeper = Keeper::open(&directory.file("chat.db"));
    let wanted = much_in_three(&keeper);
    let (mut all, mut before_ms, mut time, mut rounds) = (Vec::new(), None, Duration::from_micros(500), 0);
    loop {
        let found =
            keeper.find(Query { before_ms, deadline: Instant::now() + time, ..in_three(&["会議"]) });
        all.extend(found.hits.into_iter().map(|hit| hit.message));
        if found.is_complete {
            break;
        }
        rounds += 1;
        match found.reached_ms {
            Some(reached_ms) if before_ms.is_none_or(|before_ms| reached_ms < before_ms) => {
                before_ms = Some(reached_ms);
            }
            // It was not even begun.
            _ => time *= 2,
        }
    }
    assert!(rounds > 1, "this computer is too fast");
    all.sort_unstable_by_key(|message| std::cmp::Reverse(message.position));
    all.dedup();
    let all: Vec<_> = all.into_iter().map(|message| message.text).collect();
    assert_eq!(all, wanted);
}

fn strs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

#[test]
fn the_index_follows_by_itself_and_late_messages_get_into_it() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let keeper = Keeper::open(&path);
    keeper.write(filler(1000));
    wait_for_index(&keeper, &path);
    keeper.write(Batch { messages: Messages::from_iter([said(LOBBY, 5, "straggler")]), ..Batch::default() });
    assert_eq!(texts(&keeper.find(query(&["straggler"]))), ["straggler"]);
    keeper.close();
    let index = peek(&path);
    index
        .execute_batch("INSERT INTO messages_fts (messages_fts, rank) VALUES ('integrity-check', 1)")
        .unwrap();
}
