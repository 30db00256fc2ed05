//! Acknowledgements that wait until what they acknowledge is written.

use std::collections::VecDeque;
use std::rc::Rc;

use crate::hub::room::{Direct, RoomId};
use crate::hub::sent::Place;
use crate::hub::{Hub, Position, Reply, SessionId};

/// Acknowledgements that wait for the store at most; more than that is trouble.
const ACKS_MAX: usize = 65_536;

/// An acknowledgement that waits until its message is written.
#[derive(Debug)]
pub(in crate::hub) struct WaitingAck {
    pub(in crate::hub) id: SessionId,
    pub(in crate::hub) tag: Option<Box<str>>,
    /// What the room was called towards whoever it was then.
    pub(in crate::hub) title: Rc<str>,
    pub(in crate::hub) position: Position,
    pub(in crate::hub) time_ms: i64,
    pub(in crate::hub) waits: bool,
    pub(in crate::hub) away: Option<Box<str>>,
}

impl Hub {
    /// Acknowledges a message: at once, or when it is written.
    pub(in crate::hub) fn ack(&mut self, room: RoomId, ack: WaitingAck) {
        let durable = match &mut self.keeper {
            None => None,
            Some(keeper) if keeper.trouble.is_some() => Some(false),
            Some(keeper) if keeper.acks_wait => {
                let answers = self.sessions.get(ack.id.slot).and_then(|session| session.dialect);
                if let Some(keep) =
                    self.rooms[room].keep.as_mut().filter(|_| answers.is_some_and(|it| it.acknowledges))
                {
                    keep.acks.push_back(ack);
                    keeper.acks += 1;
                    if keeper.acks > ACKS_MAX {
                        self.store_is_in_trouble("it does not keep up with what is said");
                    }
                    return;
                }
                Some(false)
            }
            Some(_) => None,
        };
        self.tell_ack(&ack, durable);
    }

    /// Whether somebody waits until what they said is written.
    pub fn is_ack_waited_for(&self) -> bool {
        self.keeper.as_ref().is_some_and(|keeper| keeper.acks > 0)
    }

    /// Acknowledges a message that was sent a second time as it was the first time. `written` is where its sender
    /// wants it to go.
    pub(in crate::hub) fn ack_again(
        &mut self,
        id: SessionId,
        tag: &str,
        place: Place,
        written: Option<&str>,
    ) {
        let Place { room, position, time_ms } = place;
        let person = self.session(id).and_then(|session| session.person.clone());
        let it = &self.rooms[room];
        let is_one = |direct: &Direct| person.as_ref().is_some_and(|person| direct.pair.contains(person));
        let title = match written {
            // They had another name then, by which the other is called the same.
            Some(written) if !it.direct.as_ref().is_none_or(is_one) => written.into(),
            _ => it.title(person.as_ref()),
        };
        let tag = Some(tag.into());
        let ack = WaitingAck { id, tag, title, position, time_ms, waits: false, away: None };
        if self.keeper.is_some() && it.written() > position {
            return self.tell_ack(&ack, Some(true));
        }
        self.ack(room, ack);
    }

    /// Tells those whose messages before `written` waited.
    pub(super) fn acknowledge(&mut self, room: RoomId, written: Position) {
        while let Some(keep) = &mut self.rooms[room].keep {
            if keep.acks.front().is_none_or(|ack| ack.position >= written) {
                return;
            }
            let Some(ack) = keep.acks.pop_front() else { return };
            if let Some(keeper) = &mut self.keeper {
                keeper.acks -= 1;
            }
            self.tell_ack(&ack, Some(true));
        }
    }

    fn tell_ack(&mut self, ack: &WaitingAck, durable: Option<bool>) {
        let WaitingAck { tag, title, position, time_ms, waits, away, .. } = ack;
        let (tag, away) = (tag.as_deref(), away.as_deref());
        let (position, time_ms, waits) = (*position, *time_ms, *waits);
        self.reply(ack.id, &Reply::Ack { tag, room: title, position, time_ms, waits, away, durable });
    }

    /// Nobody waits any more.
    pub(in crate::hub) fn end_all_acks(&mut self) {
        for room in self.rooms.ids() {
            self.end_acks(room, |_| true);
        }
    }

    /// The session ends: it learns of what it said and changed, though nobody knows yet whether that will be written.
    pub(in crate::hub) fn settle_acks(&mut self, id: SessionId) {
        let seats = self
            .session(id)
            .map_or(Vec::new(), |session| session.seats.iter().map(|seat| seat.room).collect());
        for room in seats {
            self.end_acks(room, |ack| ack.id == id);
        }
        self.settle_changes(id);
    }

    /// Some do not wait any more.
    pub(super) fn end_acks(&mut self, room: RoomId, is_one: impl Fn(&WaitingAck) -> bool) {
        let Some(keep) = &mut self.rooms[room].keep else { return };
        let (ended, others): (VecDeque<_>, _) = std::mem::take(&mut keep.acks).into_iter().partition(is_one);
        keep.acks = others;
        for ack in ended {
            if let Some(keeper) = &mut self.keeper {
                keeper.acks -= 1;
            }
            self.tell_ack(&ack, Some(false));
        }
    }
}
