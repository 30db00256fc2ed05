//! The disk and the way to it: what has been committed, and what is on its way.

use std::collections::BTreeMap;

use super::super::*;
use crate::hub::people::{key_of, pair};
use crate::kept::{Batch, ConversationId, ConversationKind};
use crate::store::tests::memory::Memory;

/// A batch on its way.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) batch: Batch,
    pub(super) is_written: bool,
    pub(super) was_slow: bool,
}

/// The store, and a list of what has to be in it.
pub(super) struct Disk<'a> {
    pub(super) store: &'a mut Memory,
    pub(super) kept: BTreeMap<ConversationId, BTreeMap<Position, usize>>,
    /// The same by message.
    pub(super) places: BTreeMap<usize, (ConversationId, Position)>,
    pub(super) conversations: BTreeMap<(bool, String), ConversationId>,
}

impl<'a> Disk<'a> {
    pub(super) fn new(store: &'a mut Memory) -> Self {
        Self { store, kept: BTreeMap::new(), places: BTreeMap::new(), conversations: BTreeMap::new() }
    }

    pub(super) fn write(&mut self, batch: &Batch) {
        self.store.write(batch);
        for it in &batch.conversations {
            self.conversations.insert((it.kind == ConversationKind::Direct, it.key.clone()), it.id);
        }
        for message in batch.messages.iter() {
            let number = number_of(message.text);
            let place = (message.conversation, message.position);
            let before = self.places.insert(number, place);
            assert!(
                before.is_none_or(|before| before == place),
                "m{number} is kept at {before:?} and {place:?}"
            );
            let there = self.kept.entry(place.0).or_default().insert(place.1, number);
            assert!(there.is_none_or(|there| there == number), "m{number} takes the place of m{there:?}");
        }
    }

    /// The conversation that somebody calls so.
    pub(super) fn conversation(&self, own: &str, room: &str) -> Option<ConversationId> {
        let key = match room.strip_prefix('@') {
            None => (false, room.to_owned()),
            Some(peer) => (true, pair(key_of(own), key_of(peer)).join("\n")),
        };
        self.conversations.get(&key).copied()
    }

    /// What is kept of it.
    pub(super) fn of(&self, own: &str, room: &str) -> BTreeMap<Position, usize> {
        let id = self.conversation(own, room);
        id.and_then(|id| self.kept.get(&id)).cloned().unwrap_or_default()
    }
}

/// Which message it is, by its text.
pub(super) fn number_of(text: &str) -> usize {
    text.strip_prefix('m').and_then(|rest| rest.split(' ').next()?.parse().ok()).expect(text)
}
