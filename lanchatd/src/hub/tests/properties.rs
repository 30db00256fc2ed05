//! Promises to others that hold whatever one client sends.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn every_line_a_text_client_sees_is_prefixed(texts: Vec<String>, actions: Vec<bool>) {
        let mut house = House::open();
        let (ana, bob) = (house.native("ana"), house.netcat());
        for (text, action) in texts.into_iter().zip(actions) {
            house.asks(ana, "", Command::Say { room: None, text: text.into(), action });
        }
        let heard = house.reads(bob);
        for line in heard.split_terminator('\n') {
            prop_assert!(line.starts_with("ana: "), "{line:?}");
            prop_assert!(lanchat_protocol::text::is_clean(line));
        }
    }

    #[test]
    fn arbitrary_bytes_in_either_dialect_never_panic_and_never_reach_others_unclean(
        is_native: bool,
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..8),
    ) {
        use crate::dialect::{Decoder, json, text};
        let mut house = House::open();
        let bob = house.netcat();
        let stranger = house.from("127.0.0.1").unwrap();
        let mut decoder = if is_native {
            Decoder::Native(json::Reader::new(64))
        } else {
            Decoder::Text(text::Reader::new(64))
        };
        house.hub.choose(house.now, stranger.0, if is_native { &NATIVE } else { &TEXT });
        let now = house.now;
        for chunk in &chunks {
            decoder.push(chunk, &mut |tag, command| house.hub.handle(now, stranger.0, tag, command));
        }
        for line in house.reads(bob).split_terminator('\n') {
            prop_assert!(line.starts_with("* ") || line.contains(": "), "{line:?}");
            prop_assert!(lanchat_protocol::text::is_clean(line));
        }
    }
}
