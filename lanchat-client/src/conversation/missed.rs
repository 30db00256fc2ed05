//! What was said while there was no connection: held until the relay has told all of it, so that one marker can
//! say how much it is.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use lanchat_protocol::client::Event;

use super::{Conversation, Shown};
use crate::transcript::Count;

/// So many messages of one place are held.
const MESSAGES_MAX: usize = 1_000;

/// Lines of one place take this much, in bytes.
const BYTES_MAX: usize = 1 << 20;

/// After this long what came so far is shown, in milliseconds: nobody waits for a relay that is slow.
pub(super) const HELD_MS: u64 = 10_000;

/// The lines of one place.
#[derive(Debug, Default)]
struct Held {
    /// Each with the day on which it was said.
    lines: Vec<(Option<Date>, String)>,
    /// So many of them stand before what came by itself.
    earlier: usize,
    messages: usize,
    bytes: usize,
}

impl Held {
    fn is_full(&self) -> bool {
        self.messages >= MESSAGES_MAX || self.bytes >= BYTES_MAX
    }
}

/// What is held on one connection.
#[derive(Debug, Default)]
pub(super) struct Missed {
    since: Timestamp,
    by_ms: u64,
    places: BTreeMap<String, Held>,
}

impl Missed {
    /// The relay is about to tell what was said in these places since a moment.
    pub(super) fn new(since: Timestamp, now_ms: u64, places: impl Iterator<Item = String>) -> Self {
        let places = places.map(|place| (place, Held::default())).collect();
        Self { since, by_ms: now_ms.saturating_add(HELD_MS), places }
    }

    /// When what is held has to be shown.
    pub(super) fn due_ms(&self) -> Option<u64> {
        (!self.places.is_empty()).then_some(self.by_ms)
    }
}

impl Conversation {
    /// Shows an event in its turn: now, or behind the marker of what was missed.
    pub(super) fn show(&mut self, event: &Event, now_ms: u64) {
        self.transcript.is_read_by(&self.nick);
        if let Event::Message { room, .. } | Event::Gap { room, .. } = event {
            if self.missed.places.get(&**room).is_some_and(Held::is_full) {
                self.show_missed(room, true);
            }
            if self.missed.places.contains_key(&**room) {
                return self.hold(room, event);
            }
        }
        self.turn_day(event);
        if self.folds(event, now_ms) {
            return;
        }
        if matches!(event, Event::Message { .. }) && self.unread.begins(now_ms) {
            self.shown.push(Shown::Event(self.transcript.unread()));
        }
        if let Some(line) = self.transcript.line(event, self.here()) {
            let shown = self.calling(event, line, now_ms);
            self.shown.push(shown);
        }
    }

    fn hold(&mut self, room: &str, event: &Event) {
        let here = self.here();
        let line = match event {
            // That it was read too slowly is not why.
            Event::Gap { skipped, .. } => Some(self.transcript.missing(room, here, *skipped, "")),
            event => self.transcript.line(event, here),
        };
        let day = self.day_of(event);
        if let (Some(line), Some(held)) = (line, self.missed.places.get_mut(room)) {
            held.messages += usize::from(matches!(event, Event::Message { .. }));
            held.bytes += line.len();
            held.lines.push((day, line));
        }
    }

    /// The same for what was said before all that is held in its place.
    pub(super) fn show_earlier(&mut self, event: &Event) {
        let Event::Message { room, .. } = event else { return };
        if self.missed.places.get(&**room).is_some_and(Held::is_full) {
            self.show_missed(room, true);
        }
        let (line, day) = (self.transcript.line(event, self.here()), self.day_of(event));
        match (line, self.missed.places.get_mut(&**room)) {
            (Some(line), Some(held)) => {
                held.messages += 1;
                held.bytes += line.len();
                held.lines.insert(held.earlier, (day, line));
                held.earlier += 1;
            }
            (line, _) => self.shown.extend(line.map(Shown::Event)),
        }
    }

    /// Shows what was missed in a place, if it was held; from now on, what comes is shown as it comes. `is_more`:
    /// some of it is still to come.
    pub(super) fn show_missed(&mut self, room: &str, is_more: bool) {
        let Some(held) = self.missed.places.remove(room) else { return };
        if held.messages > 0 {
            let count = if is_more { Count::MoreThan(held.messages) } else { Count::Exactly(held.messages) };
            let marker = self.transcript.missed(room, self.here(), count, self.missed.since, self.heard);
            self.shown.push(Shown::Event(marker));
        }
        if !held.lines.is_empty() {
            let lines = self.transcript.by_day(held.lines.into_iter(), self.heard);
            // They end with the mark of today if they began before it.
            self.begin_day();
            self.shown.extend(lines.into_iter().map(Shown::Event));
        }
    }

    /// The same in all places.
    pub(super) fn show_all_missed(&mut self, is_more: bool) {
        while let Some(room) = self.missed.places.keys().next().cloned() {
            self.show_missed(&room, is_more);
        }
    }
}
