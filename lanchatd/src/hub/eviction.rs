//! What leaves the memory, and who is told of it.

use lanchat_protocol::names::RoomName;

use super::members::BENCHES;
use super::room::{HOUSE, RoomId};
use super::{Hub, Session};
use crate::timeline::{Evicted, Position, Skip, Timeline};

impl Hub {
    /// Drops what the room's timeline no longer retains; readers that are behind are told how much.
    pub(super) fn evict(&mut self, room: RoomId) {
        let hold = self.rooms[room].hold();
        while let Some(evicted) = self.rooms[room].timeline.evict(hold) {
            self.let_go(room, evicted);
        }
    }

    /// Drops what was said before a time, in one room or in all, as far as the store need not be handed it any more.
    pub fn forget_before(&mut self, time_ms: i64, only: Option<&RoomName>) {
        let only = only.map(|name| self.rooms.named(name));
        self.forget(|room, timeline| {
            let is_meant = only.is_none_or(|only| only == Some(room));
            if is_meant { timeline.end_before(time_ms) } else { timeline.oldest() }
        });
    }

    /// Drops all but the newest messages of each room, as far as the store need not be handed them any more.
    pub fn forget_beyond(&mut self, messages_max: u64) {
        self.forget(|_, timeline| timeline.end_beyond(messages_max));
    }

    /// Drops what is before the position that is chosen for each timeline.
    fn forget(&mut self, end: impl Fn(RoomId, &Timeline) -> Position) {
        for room in self.rooms.ids() {
            if room == HOUSE {
                continue;
            }
            let end = end(room, &self.rooms[room].timeline).min(self.rooms[room].hold());
            if end <= self.rooms[room].timeline.oldest() {
                continue;
            }
            self.rooms[room].timeline.part_at(end);
            while self.rooms[room].timeline.oldest() < end {
                let Some(evicted) = self.rooms[room].timeline.shed() else { break };
                self.let_go(room, evicted);
            }
            self.rooms[room].timeline.drop_spare();
        }
    }

    /// Holds all timelines together within their bound: the largest lets go first.
    pub(super) fn weigh(&mut self) {
        let mut total = self.timeline_bytes();
        while total > self.settings.timelines_bytes_max {
            let largest = self.rooms.iter().max_by_key(|(_, room)| room.timeline.bytes());
            let Some(room) = largest.map(|(room, _)| room) else { return };
            let before = self.rooms[room].timeline.bytes();
            self.rooms[room].timeline.part_last();
            let Some(evicted) = self.rooms[room].timeline.shed() else { return };
            self.let_go(room, evicted);
            self.rooms[room].timeline.drop_spare();
            total = total.saturating_sub(before) + self.rooms[room].timeline.bytes();
        }
    }

    fn let_go(&mut self, room: RoomId, evicted: Evicted) {
        self.note_lost(room, &evicted);
        if self.rooms[room].passed < evicted.end() {
            (0..BENCHES).for_each(|bench| self.call_parked(room, bench));
        }
        let is_kept = self.rooms[room].keep.is_some();
        for slot in self.rooms[room].members.roused() {
            let Some(session) = self.sessions.get_mut(*slot) else { continue };
            let Session { seats, ignored, is_closing, .. } = session;
            let Some(seat) = seats.iter_mut().find(|seat| seat.room == room) else { continue };
            if seat.cursor < evicted.end() {
                let has_own = seat.own_ahead > 0;
                let own = if has_own { evicted.messages_of(seat.cursor, seat.author) } else { 0 };
                seat.own_ahead -= own.min(seat.own_ahead);
                // What is in the store is told in its place.
                let end = evicted.end();
                let is_replayed =
                    seat.replay.as_mut().is_some_and(|replay| is_kept && replay.goes_on(seat.cursor, end));
                // After its last word, only what waits for the person counts.
                if !is_replayed && (!*is_closing || seat.is_direct) {
                    let skip = Skip { own: Some(seat.author), nicks: ignored };
                    seat.missed += if ignored.is_empty() {
                        evicted.messages_from(seat.cursor) - own
                    } else {
                        evicted.messages_but(seat.cursor, skip)
                    };
                }
                seat.cursor = evicted.end();
            }
        }
        self.count_lost(room, &evicted);
        self.rooms[room].timeline.reuse(evicted);
    }
}
