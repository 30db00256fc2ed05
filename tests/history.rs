//! What was said before: a backlog for whoever comes, a history to page through, a search.

use lanchat_tests::{Daemon, Native, Netcat, Value, json};

fn texts(history: &Value) -> Vec<&str> {
    let messages = history["messages"].as_array().unwrap();
    messages.iter().map(|message| message["text"].as_str().unwrap()).collect()
}

#[test]
fn whoever_comes_is_told_the_last_messages_and_a_pipe_is_not() {
    let daemon = Daemon::with("limits.messages_per_second_max = 0\n");
    let mut ana = Native::hello(&daemon, "ana");
    for number in 0..25 {
        ana.says(&format!("line {number}"));
    }
    let mut nc = Netcat::connect(&daemon);
    nc.sees("* -- 20");
    for number in 5..25 {
        let line = nc.sees_line();
        assert!(line.starts_with("* ") && line.ends_with(&format!(" ana: line {number}")), "{line}");
    }
    let mut bob = Native::connect(&daemon);
    bob.sends(
        &json!({"type": "hello", "version": 1, "nick": "bob", "backlog": 2, "rooms": [{"room": "ops"}]}),
    );
    let told = bob.event("history");
    assert_eq!(
        (texts(&told), &told["room"], told.get("id")),
        (vec!["line 23", "line 24"], &json!("lobby"), None)
    );
    for kind in ["pipe", "bot"] {
        let mut pipe = Native::connect(&daemon);
        pipe.sends(&json!({"type": "hello", "version": 1, "nick": kind, "kind": kind}));
        pipe.answered("joined", json!({"type": "join", "room": "lobby"}));
        pipe.never_saw(|event| event["type"] == "history");
    }
    let mut ops = Netcat::named(&daemon, "eva");
    ops.says("/join ops");
    ops.sees("* you talk in #ops now");
    ops.says("the disk is full");
    bob.sees_in("ops", "eva", "the disk is full");
    nc.says("/join ops");
    nc.sees("* you talk in #ops now");
    nc.sees("* -- 20");
    assert!(nc.sees_line().ends_with(" eva: the disk is full"));
}

#[test]
fn pages_go_both_ways_through_memory_and_store_as_if_they_were_one() {
    // Little is kept in memory, and part of what is said is from before a restart.
    let daemon = Daemon::with(
        "limits.messages_per_second_max = 0\nlimits.timeline_bytes_max = 65536\nlimits.timeline_events_max = 1000\n",
    );
    let say = |ana: &mut Native, numbers: std::ops::Range<u32>| {
        for number in numbers {
            let text = format!("line {number}");
            // What the disk has not taken before the memory is full is not kept.
            match number % 100 {
                99 => drop(ana.answered("ack", json!({"type": "say", "text": text}))),
                _ => ana.sends(&json!({"type": "say", "text": text})),
            }
        }
    };
    let mut ana = Native::hello(&daemon, "ana");
    say(&mut ana, 0..700);
    let daemon = daemon.restart();
    let mut ana = Native::hello(&daemon, "ana");
    say(&mut ana, 700..3000);
    let all: Vec<String> = (0..3000).map(|number| format!("line {number}")).collect();

    let mut back = Vec::new();
    let mut before = None;
    loop {
        let page = ana.answered("history", json!({"type": "history", "before": before, "limit": 200}));
        let lines = texts(&page).into_iter().rev().map(str::to_owned);
        back.extend(lines.filter(|line| line.starts_with("line")));
        before = page["messages"][0]["pos"].as_u64();
        if page.get("more").is_none() {
            break;
        }
    }
    back.reverse();
    let missing: Vec<_> = all.iter().filter(|line| !back.contains(line)).collect();
    assert!(back == all, "{} lines back {missing:?}", back.len());

    let mut on = Vec::new();
    let mut after = 0;
    loop {
        let page = ana.answered("history", json!({"type": "history", "after": after, "limit": 170}));
        on.extend(texts(&page).into_iter().map(str::to_owned).filter(|line| line.starts_with("line")));
        after = page["messages"].as_array().unwrap().last().unwrap()["pos"].as_u64().unwrap();
        if page.get("more").is_none() {
            break;
        }
    }
    assert!(on == all, "{} lines on", on.len());

    let page = ana.answered("history", json!({"type": "history", "after": 0, "limit": 1}));
    let since = &page["messages"][0]["time"];
    let page = ana.answered("history", json!({"type": "history", "since": since, "limit": 3}));
    assert_eq!((texts(&page), &page["more"]), (vec!["line 0", "line 1", "line 2"], &json!(true)));
    ana.answered("error", json!({"type": "history", "since": since, "before": 7}));
    ana.answered("error", json!({"type": "history", "since": "lately"}));
    ana.answered("error", json!({"type": "history", "room": "attic"}));
}

#[test]
fn a_text_client_asks_and_searches_in_words() {
    let daemon = Daemon::start();
    let mut ana = Netcat::named(&daemon, "ana");
    ana.says("/history");
    ana.sees("* nothing was said in #lobby then, or before");
    ana.says("/join ops");
    ana.sees("* you talk in #ops");
    ana.says("the Festplatte is full");
    ana.says("/me wundert sich");
    ana.says("/history 2");
    ana.sees("* -- 20");
    assert!(ana.sees_line().ends_with(" ana: the Festplatte is full"));
    assert!(ana.sees_line().ends_with(" ana: *wundert sich*"));
    ana.says("/history since today");
    ana.sees("is full");
    ana.sees("*wundert sich*");
    ana.says("/history ops");
    let wrong = ana.sees_line();
    assert!(wrong.starts_with("* write how long ago") && wrong.ends_with("/history #ROOM 2h"), "{wrong}");
    ana.says("/history 0");
    ana.sees("* 0 messages show nothing: ask for 1 to 200");
    ana.says("/search PLATTE from:ana in:#ops");
    let hit = ana.sees_line();
    assert!(hit.starts_with("* #ops ") && hit.ends_with(" ana: the Festplatte is full"), "{hit}");
    assert!(ana.sees_line().ends_with(" ana: *wundert sich*"));
    ana.sees("* found 1 message with PLATTE");
    ana.says("/search \"the FESTPLATTE is\" in:ops");
    ana.sees("* found 1 message with \"the FESTPLATTE is\"");
    ana.says("/search \"Festplatte the\"");
    ana.sees("* found nothing with \"Festplatte the\"");
    ana.says("/search nowhere");
    ana.sees("* found nothing with nowhere");
    ana.says("/search");
    ana.sees("* usage: /search WORDS");
    ana.says("/search in:ops");
    ana.sees("* search for what?");
}

#[test]
fn what_two_people_say_to_each_other_is_found_by_nobody_else() {
    let daemon = Daemon::start();
    let mut ana = Native::hello(&daemon, "ana");
    let mut bob = Netcat::named(&daemon, "bob");
    let mut eva = Native::hello(&daemon, "eva");
    ana.says_in("@bob", "the password is swordfish");
    bob.sees("@ana: the password is swordfish");
    let found = ana.answered("found", json!({"type": "search", "words": "swordfish"}));
    assert_eq!(found["hits"][0]["room"], "@bob", "{found}");
    bob.says("/search swordfish");
    bob.sees("* @ana ");
    bob.sees("* found 1 message");
    bob.says("/history @ana 5");
    bob.sees(" ana: the password is swordfish");
    let found = eva.answered("found", json!({"type": "search", "words": "swordfish"}));
    assert_eq!(found["hits"], json!([]));
    eva.answered("error", json!({"type": "search", "words": "swordfish", "room": "@bob"}));
    eva.answered("error", json!({"type": "history", "room": "@bob"}));
    drop(bob);
    ana.sees("bob leaves", |event| event["change"] == "left");
    // Until there are accounts, a nick is no proof: whoever has it now reads what is said from now on.
    let mut other = Native::hello(&daemon, "bob");
    ana.says_in("@bob", "hello again");
    other.sees_message("ana", "hello again");
    let page = other.answered("history", json!({"type": "history", "room": "@ana"}));
    assert_eq!(texts(&page), ["hello again"]);
    let found = other.answered("found", json!({"type": "search", "words": "swordfish"}));
    assert_eq!(found["hits"], json!([]));
    let daemon = daemon.restart();
    let mut other = Native::hello(&daemon, "bob");
    let found = other.answered("found", json!({"type": "search", "words": "swordfish"}));
    assert_eq!(found["hits"], json!([]));
}

#[test]
fn without_a_store_there_is_a_history_of_what_is_in_memory_and_no_search() {
    let daemon = Daemon::with("store.path = \"\"\n");
    let mut ana = Native::hello(&daemon, "ana");
    ana.says("one");
    let page = ana.answered("history", json!({"type": "history"}));
    assert_eq!((texts(&page), page.get("more")), (vec!["one"], None));
    let refused = ana.answered("error", json!({"type": "search", "words": "one"}));
    assert_eq!(refused["code"], "no_history");
}

#[test]
fn who_is_hidden_is_hidden_in_what_was_said_before_too() {
    let daemon = Daemon::start();
    let (mut ana, mut bob) = (Native::hello(&daemon, "ana"), Native::hello(&daemon, "bob"));
    ana.says("first");
    bob.says("buy my coins");
    ana.sees_message("bob", "buy my coins");
    ana.answered("ignoring", json!({"type": "ignore", "nick": "bob"}));
    let page = ana.answered("history", json!({"type": "history"}));
    assert_eq!(texts(&page), ["first"]);
    let page = ana.answered("history", json!({"type": "history", "limit": 1}));
    assert_eq!((texts(&page), &page["more"]), (Vec::new(), &json!(true)));
    let page = ana.answered("history", json!({"type": "history", "before": page["next"]}));
    assert_eq!(texts(&page), ["first"], "one can go on");
    let found = ana.answered("found", json!({"type": "search", "words": "coins"}));
    assert_eq!(found["hits"], json!([]));
}
