//! Whatever is written, removed and read in whatever order is as if it were kept in a map.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Write(Vec<(ConversationId, u64, i64, u8)>),
    Page {
        conversation: ConversationId,
        from: u64,
        until: u64,
        limit: usize,
        direction: Direction,
    },
    Search {
        word: u8,
        limit: usize,
    },
    Purge {
        before_ms: i64,
        conversation: Option<ConversationId>,
    },
    /// Messages that go on where the conversation ends.
    Continue {
        conversation: ConversationId,
        count: usize,
        words: u8,
    },
    Reopen,
}

type Model = BTreeMap<(ConversationId, u64), Message>;

const WORDS: [&str; 6] = ["alpha", "Beta", "al", "日本語", "\"q\"", "alphabet"];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let conversation = 1..4_u32;
    let message = (conversation.clone(), 1..30_u64, 0..50_i64, any::<u8>());
    let direction = prop_oneof![Just(Direction::Forward), Just(Direction::Backward)];
    let page = (conversation.clone(), 0..32_u64, 0..32_u64, 0..8_usize, direction);
    let step = prop_oneof![
        4 => prop::collection::vec(message, 0..12).prop_map(Step::Write),
        4 => page.prop_map(|(conversation, from, until, limit, direction)| {
            Step::Page { conversation, from, until, limit, direction }
        }),
        3 => (conversation.clone(), 1..14_usize, any::<u8>()).prop_map(|(conversation, count, words)| {
            Step::Continue { conversation, count, words }
        }),
        2 => (any::<u8>(), 1..6_usize).prop_map(|(word, limit)| Step::Search { word, limit }),
        1 => (0..60_i64, prop::option::of(conversation)).prop_map(|(before_ms, conversation)| {
            Step::Purge { before_ms, conversation }
        }),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..25)
}

fn text(words: u8) -> String {
    let chosen = (0..6).filter(|bit| words & (1 << bit) != 0).map(|bit| WORDS[bit]);
    chosen.collect::<Vec<_>>().join(" ")
}

fn write(keeper: &Keeper, model: &mut Model, messages: Vec<(ConversationId, u64, i64, u8)>) {
    let mut wanted = model.clone();
    let mut batch = Batch { conversations: (1..4).map(room).collect(), ..Batch::default() };
    let mut is_refused = false;
    for (conversation, position, time_ms, words) in messages {
        let message = Message { time_ms, ..said(conversation, position, &text(words)) };
        let there = wanted.entry((conversation, position)).or_insert_with(|| message.clone());
        is_refused |= *there != message;
        batch.messages.push(message.view());
    }
    assert_eq!(keeper.try_write(batch).is_err(), is_refused);
    if !is_refused {
        *model = wanted;
    }
}

fn page(model: &Model, conversation: ConversationId, positions: std::ops::Range<u64>) -> Vec<Message> {
    if positions.is_empty() {
        return Vec::new();
    }
    let range = (conversation, positions.start)..(conversation, positions.end);
    model.range(range).map(|(_, message)| message.clone()).collect()
}

fn search(model: &Model, word: &str, limit: usize) -> Vec<Message> {
    let holds = |message: &&Message| message.text.to_lowercase().contains(&word.to_lowercase());
    let mut hits: Vec<_> = model.values().filter(holds).cloned().collect();
    hits.sort_by_key(|hit| std::cmp::Reverse((hit.time_ms, hit.conversation, hit.position)));
    hits.truncate(limit);
    hits
}

fn run(steps: Vec<Step>) {
    let directory = Directory::new();
    let path = directory.file("chat.db");
    let open = || Keeper::open_packing(&path, OPTIONS, memory::PACKING).unwrap();
    let mut keeper = open();
    let mut model = Model::new();
    for step in steps {
        match step {
            Step::Write(messages) => write(&keeper, &mut model, messages),
            Step::Continue { conversation, count, words } => {
                let there = page(&model, conversation, 0..POSITION_END);
                let (at, time_ms) = there.last().map_or((0, 0), |last| (last.position, last.time_ms));
                let next = (1..=count as u64).map(|further| (conversation, at + further, time_ms, words));
                write(&keeper, &mut model, next.collect());
            }
            Step::Page { conversation, from, until, limit, direction } => {
                let found = keeper.page(Request::Page {
                    conversation,
                    from,
                    until,
                    limit,
                    bytes: PAGE_BYTES_MAX,
                    direction,
                });
                let mut wanted = page(&model, conversation, from..until);
                let is_more = wanted.len() > limit;
                match direction {
                    Direction::Forward => wanted.truncate(limit),
                    Direction::Backward => drop(wanted.drain(..wanted.len().saturating_sub(limit))),
                }
                assert_eq!((found.messages, found.next.is_some()), (wanted, is_more));
            }
            Step::Search { word, limit } => {
                let word = WORDS[usize::from(word) % WORDS.len()];
                let query =
                    Query { conversations: vec![(1, 0), (2, 0), (3, 0)], limit: 100, ..query(&[word]) };
                let found = keeper.find(query.clone());
                let hits: Vec<_> = found.hits.into_iter().map(|hit| hit.message).collect();
                assert_eq!(hits, search(&model, word, 100));
                // Times go up and down here: of several, those with the same time as the best may come.
                assert!(keeper.find(Query { limit, ..query }).hits.len() <= limit);
            }
            Step::Purge { before_ms, conversation } => {
                let count = model.len();
                model.retain(|(of, _), message| {
                    message.time_ms >= before_ms || conversation.is_some_and(|one| one != *of)
                });
                assert_eq!(keeper.purge(before_ms, conversation), (count - model.len()) as u64);
            }
            Step::Reopen => {
                drop(keeper);
                keeper = open();
            }
        }
    }
    // The last one may have been refused.
    keeper.write(Batch::default());
    keeper.close();
    check(&path).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_store_is_like_a_map(steps in steps()) {
        run(steps);
    }
}
