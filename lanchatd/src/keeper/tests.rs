use std::path::PathBuf;

use tokio::runtime::{self, Runtime};

use super::*;
use crate::config::Config;
use crate::config::networks::networks;
use crate::kept::{Conversation, ConversationKind, Message, MessageKind, Messages, Rules};
use crate::passwords::Passwords;
use crate::store::{MESSAGE_BYTES_MAX, check};

/// A keeper of an empty store, and the relay that it is for.
struct Bench {
    runtime: Runtime,
    relay: Rc<Relay>,
    keeper: Keeper,
    path: PathBuf,
}

impl Bench {
    fn new(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("lanchatd-keeper-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        let path = directory.join("lanchat.db");
        let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let config = Config::default();
        let relay = Rc::new(Relay::new(
            &config,
            networks(&config.listen.allow).unwrap(),
            Passwords::start().unwrap().0,
            None,
        ));
        let Opened { keeper, loaded, .. } = runtime.block_on(open(&config.store, &path)).unwrap();
        relay.act(|hub, _| hub.keep(loaded, true));
        Self { runtime, relay, keeper, path }
    }

    fn writes(&mut self, batch: Batch) {
        self.runtime.block_on(self.keeper.write(&self.relay, batch));
    }

    /// Closes the store. How many messages are in it.
    fn close(self) -> u64 {
        self.runtime.block_on(self.keeper.close(&self.relay));
        let messages = check(&self.path).unwrap().messages;
        std::fs::remove_dir_all(self.path.parent().unwrap()).unwrap();
        messages
    }
}

fn room() -> Conversation {
    let (key, name) = ("ops".to_owned(), "ops".to_owned());
    let kind = ConversationKind::Room;
    Conversation { id: 1, kind, key, name, topic: None, head: 1, private: false, rules: Rules::default() }
}

fn message(position: u64, bytes: usize) -> Message {
    let (nick, text, kind) = ("ana".to_owned(), "x".repeat(bytes), MessageKind::Said);
    Message { conversation: 1, position, time_ms: 0, kind, nick, text, uid: None }
}

#[test]
fn what_the_store_refuses_for_good_is_left_out_and_counted_and_the_rest_is_kept() {
    let mut bench = Bench::new("refused");
    let mut messages: Vec<_> = (1..20).map(|position| message(position, 10)).collect();
    messages[3].text = "x".repeat(MESSAGE_BYTES_MAX);
    messages[11].conversation = 7;
    bench.writes(Batch {
        conversations: vec![room()],
        messages: Messages::from_iter(messages),
        ..Batch::default()
    });
    let keeping = bench.relay.ask(|hub, _| hub.keeping());
    assert_eq!((keeping.lost, keeping.trouble), (2, None));
    bench.writes(Batch { messages: Messages::from_iter([message(20, 10)]), ..Batch::default() });
    assert_eq!(bench.close(), 18);
}

#[test]
fn what_could_not_be_written_until_the_end_is_tried_a_last_time() {
    let mut bench = Bench::new("left");
    let aside = bench.path.with_extension("aside");
    std::fs::rename(&bench.path, &aside).unwrap();
    bench.relay.end_keeping();
    bench.writes(Batch {
        conversations: vec![room()],
        messages: Messages::from_iter([message(1, 10)]),
        ..Batch::default()
    });
    assert!(bench.relay.ask(|hub, _| hub.keeping()).trouble.is_some());
    std::fs::rename(&aside, &bench.path).unwrap();
    assert_eq!(bench.close(), 1);
}

#[test]
fn only_large_batches_are_rested_after_and_the_rest_has_a_bound() {
    assert_eq!(rest_after(MANY_FROM - 1, false), None);
    assert_eq!(rest_after(MANY_FROM, false), Some(REST));
    assert_eq!(rest_after(FLOOD_FROM - 1, false), Some(REST));
    assert_eq!(rest_after(FLOOD_FROM, false), Some(FLOOD_REST));
    let ms = |messages| rest_after(messages, true).map(|rest| rest.as_millis());
    assert_eq!([ms(0), ms(LARGE_FROM - 1)], [None, None]);
    assert_eq!([ms(LARGE_FROM), ms(256), ms(1280), ms(100_000)], [Some(2), Some(4), Some(20), Some(20)]);
}
