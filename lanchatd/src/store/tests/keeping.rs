//! What is written is there, now and the next time.

use lanchat_protocol::role::Role;

use super::*;
use crate::kept::{Account, Identity, Invite, Token};

fn full_batch() -> Batch {
    let topic = Topic { text: "tea".into(), by: "ana".into(), time_ms: 5 };
    let uid = Uid { client: "run-1".into(), tag: "7".into() };
    Batch {
        conversations: vec![
            Conversation { topic: Some(topic), private: true, rules: rules(), ..room(LOBBY) },
            Conversation { kind: ConversationKind::Direct, ..room(2) },
        ],
        messages: Messages::from_iter([
            said(LOBBY, 3, "hi"),
            Message { kind: MessageKind::Done, uid: Some(uid), ..said(LOBBY, 9, "waves 👋") },
            said(2, 1, ""),
        ]),
        people: vec![
            Person { key: "ana".into(), nick: "Ana".into(), seen_ms: 1, run: Some("run-1".into()) },
            Person { key: "bo".into(), nick: "Bo".into(), seen_ms: 2, run: None },
        ],
        marks: vec![Mark { conversation: 2, key: "ana".into(), position: 1, since: 1 }],
        identities: identities(),
        order: Some(Box::new(Order {
            bans: vec![
                Ban { whom: "10.1.2.0/24".into(), term: term(Some(9)) },
                Ban { whom: "spam*".into(), term: term(None) },
            ],
            mutes: vec![mute("eve", Some([10, 1, 2, 3].into()))],
        })),
        reserve_to: Some(5000),
    }
}

fn identities() -> Vec<Identity> {
    let addresses = vec!["10.0.0.1".parse().unwrap(), "fd00::".parse().unwrap()];
    let account = |key: &str, hash: Option<&str>, addresses| {
        let (nick, hash, role) = (key.to_uppercase(), hash.map(Into::into), Role::Moderator);
        Identity::Account(Account { key: key.into(), nick, role, hash, created_ms: 7, addresses })
    };
    vec![
        account("ana", Some("$argon2id$x"), addresses),
        account("bo", None, Vec::new()),
        Identity::Token(Token { digest: [1; 32], account: "ana".into(), name: "cron".into(), created_ms: 8 }),
        Identity::Token(Token { digest: [2; 32], account: "bo".into(), name: String::new(), created_ms: 9 }),
        Identity::Invite(Invite {
            digest: [3; 32],
            role: Role::Member,
            uses: Some(2),
            expires_ms: None,
            uid: None,
        }),
        Identity::Invite(Invite {
            digest: [4; 32],
            role: Role::Admin,
            uses: None,
            expires_ms: Some(10),
            uid: Some(7),
        }),
    ]
}

#[test]
fn an_account_goes_with_its_tokens_and_whatever_is_removed_stays_so() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let keeper = Keeper::open(&path);
    keeper.write(Batch { identities: identities(), ..Batch::default() });
    let gone =
        vec![Identity::NoAccount("ana".into()), Identity::NoInvite([3; 32]), Identity::NoToken([9; 32])];
    keeper.write(Batch { identities: gone.clone(), ..Batch::default() });
    keeper.write(Batch { identities: gone, ..Batch::default() });
    keeper.close();
    let all = identities();
    assert_eq!(Keeper::open(&path).loaded.identities, [all[1].clone(), all[3].clone(), all[5].clone()]);
}

fn term(until_ms: Option<i64>) -> Term {
    Term { by: "kim".into(), reason: "spam".into(), since_ms: 5, until_ms, reaches: 2 }
}

fn mute(nick: &str, ip: Option<std::net::IpAddr>) -> Mute {
    let culprit = Culprit { nick: nick.into(), person: nick.into(), is_account: ip.is_none(), ip };
    Mute { culprit, term: term(Some(7)) }
}

fn rules() -> Rules {
    let (account, nick) = ("kim".to_owned(), "Kim".to_owned());
    let right = Rights { account, nick, is_operator: true, has_voice: false, is_invited: true };
    let (people, mutes) = (vec![right], vec![mute("bo", None)]);
    Rules { is_moderated: true, is_locked: false, slow_s: 30, people, mutes }
}

#[test]
fn everything_written_comes_back_the_next_time() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let keeper = Keeper::open(&path);
    let history = keeper.loaded.history.clone();
    assert!(keeper.loaded.conversations.is_empty());
    assert_eq!(keeper.loaded.next_conversation, 1);
    assert_eq!(keeper.write(full_batch()), Committed { new: 3, repeated: 0 });
    keeper.close();

    let keeper = Keeper::open(&path);
    let wanted = full_batch();
    let conversations: Vec<_> = wanted
        .conversations
        .into_iter()
        .zip([10, 2])
        .map(|(one, head)| Conversation { head, ..one })
        .collect();
    assert_eq!(keeper.loaded.history, history);
    assert_eq!(keeper.loaded.conversations, conversations);
    assert_eq!(keeper.loaded.next_conversation, 3);
    let people: Vec<_> = wanted.people.into_iter().rev().collect();
    assert_eq!(keeper.loaded.people, people);
    assert_eq!(keeper.loaded.marks, wanted.marks);
    assert_eq!(keeper.loaded.identities, wanted.identities);
    assert_eq!(Some(&keeper.loaded.order), wanted.order.as_deref());
    assert_eq!(keeper.loaded.skipped, 0);
    let page = keeper.page(Request::last(LOBBY, POSITION_END, 10, PAGE_BYTES_MAX));
    assert_eq!(
        page,
        Page {
            messages: wanted.messages.iter().take(2).map(Message::owned).collect(),
            next: None,
            skipped: 0
        }
    );
}

#[test]
fn a_batch_may_be_written_again() {
    let directory = Directory::new();
    let keeper = Keeper::open(&directory.file("chat.db"));
    keeper.write(full_batch());
    assert_eq!(keeper.write(full_batch()), Committed { new: 0, repeated: 3 });
    assert_eq!(keeper.last(LOBBY, 10), ["hi", "waves 👋"]);
}

#[test]
fn what_breaks_a_rule_is_refused_as_a_whole() {
    let directory = Directory::new();
    let keeper = Keeper::open(&directory.file("chat.db"));
    keeper.write(lobby_of(2));
    let twin = Conversation { key: room(LOBBY).key, ..room(2) };
    let long = "x".repeat(MESSAGE_BYTES_MAX);
    let wrong = [
        Batch {
            messages: Messages::from_iter([said(LOBBY, 3, "new"), said(LOBBY, 2, "other")]),
            ..Batch::default()
        },
        Batch {
            messages: Messages::from_iter([said(LOBBY, 3, "new"), said(7, 1, "nowhere")]),
            ..Batch::default()
        },
        Batch { messages: Messages::from_iter([said(LOBBY, POSITION_END, "far")]), ..Batch::default() },
        Batch { messages: Messages::from_iter([said(CONVERSATION_END, 1, "far")]), ..Batch::default() },
        Batch { messages: Messages::from_iter([said(LOBBY, 3, &long)]), ..Batch::default() },
        Batch { conversations: vec![room(CONVERSATION_END)], ..Batch::default() },
        Batch {
            messages: Messages::from_iter([said(LOBBY, 3, "new")]),
            conversations: vec![twin],
            ..Batch::default()
        },
    ];
    for batch in wrong {
        let unwritten = keeper.try_write(batch.clone()).unwrap_err();
        assert_eq!(unwritten.error.kind, StoreErrorKind::Refused, "{}", unwritten.error);
        assert_eq!(unwritten.batch, batch);
    }
    assert_eq!(keeper.last(LOBBY, 10), ["message 1", "message 2"]);
}

#[test]
fn heads_marks_and_times_never_go_back() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let keeper = Keeper::open(&path);
    let person = |seen_ms| Person { key: "ana".into(), nick: "ana".into(), seen_ms, run: None };
    let mark = |position| Mark { conversation: LOBBY, key: "ana".into(), position, since: 3 };
    for (head, now) in [(50, 9), (20, 3)] {
        keeper.write(Batch {
            conversations: vec![Conversation { head, ..room(LOBBY) }],
            people: vec![person(now)],
            marks: vec![mark(head)],
            ..Batch::default()
        });
    }
    keeper.close();
    let Loaded { conversations, people, marks, .. } = Keeper::open(&path).loaded;
    assert_eq!((conversations[0].head, people, marks), (50, vec![person(9)], vec![mark(50)]));
}

#[test]
fn pages_go_forward_and_backward_until_there_is_no_more() {
    let directory = Directory::new();
    let keeper = Keeper::open(&directory.file("chat.db"));
    keeper.write(lobby_of(10));
    let positions = |page: &Page| page.messages.iter().map(|message| message.position).collect::<Vec<_>>();
    let (mut from, mut seen) = (Some(2), Vec::new());
    while let Some(at) = from {
        let request = Request::Page {
            conversation: LOBBY,
            from: at,
            until: 10,
            limit: 3,
            bytes: PAGE_BYTES_MAX,
            direction: Direction::Forward,
        };
        let page = keeper.page(request);
        seen.push(positions(&page));
        from = page.next;
    }
    assert_eq!(seen, [vec![2, 3, 4], vec![5, 6, 7], vec![8, 9]]);
    let (mut until, mut seen) = (Some(POSITION_END), Vec::new());
    while let Some(at) = until {
        let page = keeper.page(Request::last(LOBBY, at, 4, PAGE_BYTES_MAX));
        seen.push(positions(&page));
        until = page.next;
    }
    assert_eq!(seen, [vec![7, 8, 9, 10], vec![3, 4, 5, 6], vec![1, 2]]);
}

#[test]
fn a_page_has_a_bound_of_messages_and_of_bytes() {
    let directory = Directory::new();
    let keeper = Keeper::open(&directory.file("chat.db"));
    keeper.write(lobby_of(PAGE_MAX as u64 + 1));
    let page = keeper.page(Request::last(LOBBY, POSITION_END, usize::MAX, usize::MAX));
    assert_eq!((page.messages.len(), page.next), (PAGE_MAX, Some(2)));
    let long = "x".repeat(MESSAGE_BYTES_MAX / 2);
    let messages = (1..=20).map(|position| said(2, position, &long)).collect();
    keeper.write(Batch { conversations: vec![room(2)], messages, ..Batch::default() });
    let page = keeper.page(Request::last(2, POSITION_END, 20, usize::MAX));
    assert_eq!((page.messages.len(), page.next), (7, Some(14)));
    let page = keeper.page(Request::last(2, POSITION_END, 20, 2 * MESSAGE_BYTES_MAX));
    assert_eq!((page.messages.len(), page.next), (3, Some(18)));
    let request = Request::Page {
        conversation: 2,
        from: 0,
        until: 9,
        limit: 9,
        bytes: 0,
        direction: Direction::Forward,
    };
    let page = keeper.page(request);
    assert_eq!((page.messages.len(), page.next), (1, Some(2)));

    // Where each line is told with who says it, blank ones take as much as others.
    let blank = "\n".repeat(99);
    let messages = (1..=20).map(|position| said(3, position, &blank)).collect();
    keeper.write(Batch { conversations: vec![room(3)], messages, ..Batch::default() });
    let page = keeper.page(Request::last(3, POSITION_END, 20, 24 * 1024));
    assert!((5..10).contains(&page.messages.len()), "{}", page.messages.len());
}

#[test]
fn a_time_leads_to_a_position() {
    let directory = Directory::new();
    let keeper = Keeper::open(&directory.file("chat.db"));
    // Positions have gaps, and another conversation lies behind.
    let messages = (1..100).map(|number| said(LOBBY, number * 7, "tick")).chain([said(2, 1, "other")]);
    let conversations = vec![room(LOBBY), room(2), room(3)];
    keeper.write(Batch { conversations, messages: messages.collect(), ..Batch::default() });
    let since = |conversation, time_ms| keeper.ask(Request::Since { conversation, time_ms });
    for (time_ms, position) in
        [(i64::MIN, Some(7)), (7000, Some(7)), (7001, Some(14)), (693_000, Some(693)), (693_001, None)]
    {
        assert_eq!(since(LOBBY, time_ms), Answer::Since(position), "{time_ms}");
    }
    assert_eq!(since(3, 0), Answer::Since(None));
}

#[test]
fn the_newest_messages_with_names_of_their_senders_are_known_again() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let keeper = Keeper::open(&path);
    let uid = |tag: &str| Uid { client: "one".into(), tag: tag.into() };
    let batch = talk(&[(LOBBY, &["a", "b", "c"]), (2, &["d", "e"])]);
    let name = |message: &mut Message| message.uid = Some(uid(&message.text)).filter(|_| message.text != "b");
    keeper.write(changed(batch, name));
    drop(keeper);
    let keeper = Keeper::open(&path);
    let sent = |tag, conversation, position: u64| {
        let time_ms = i64::try_from(position).unwrap() * 1000;
        kept::Sent { uid: uid(tag), conversation, position, time_ms }
    };
    let wanted = [sent("a", LOBBY, 1), sent("d", 2, 1), sent("e", 2, 2), sent("c", LOBBY, 3)];
    assert_eq!(keeper.loaded.sent, wanted);

    let count = SENT_MAX as u64 + 5;
    let mut batch = Batch { conversations: vec![room(3)], ..Batch::default() };
    let with_uid = |position| Message { uid: Some(uid("many")), ..said(3, position, "x") };
    batch.messages.extend((10..10 + count).map(with_uid));
    keeper.write(batch);
    drop(keeper);
    let sent = Keeper::open(&path).loaded.sent;
    assert_eq!((sent.len(), sent[0].position, sent.last().unwrap().position), (SENT_MAX, 15, 9 + count));
}

#[test]
fn an_export_has_every_message_once() {
    let directory = Directory::new();
    let keeper = Keeper::open(&directory.file("chat.db"));
    keeper.write(talk(&[(LOBBY, &["a", "b", "c"]), (2, &["d", "e"]), (3, &["f"])]));
    let export = |conversation, since_ms| {
        let (mut from, mut seen) = (Some(Cursor::default()), Vec::new());
        while let Some(at) = from {
            let request = Request::Export { conversation, since_ms, from: at, limit: 2 };
            let Answer::Exported(exported) = keeper.ask(request) else { panic!() };
            seen.extend(exported.messages.into_iter().map(|message| message.text));
            from = exported.next;
        }
        seen.join("")
    };
    assert_eq!(export(None, None), "abcdef");
    assert_eq!(export(Some(2), None), "de");
    assert_eq!(export(None, Some(2000)), "bce");
}

#[test]
fn what_is_too_much_is_refused_at_once() {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let (tell, reports) = sync_channel(0);
    let tell = move |report| tell.send(report).unwrap_or_default();
    let (store, _) = Store::open(&path, OPTIONS, tell).unwrap();
    // Nobody takes the reports, so both threads soon wait.
    let accepted = (0..1000).take_while(|&ticket| store.write(ticket, lobby_of(1)).is_ok()).count();
    assert!(accepted <= JOBS_MAX + 1, "{accepted}");
    let request = Request::last(LOBBY, 1, 1, 1);
    let accepted = (0..1000).take_while(|&ticket| store.read(ticket, request.clone()).is_ok()).count();
    assert!(accepted <= REQUESTS_MAX + 1, "{accepted}");
    assert_eq!(store.read(0, request), Err(Overload));
    drop(reports);
}
