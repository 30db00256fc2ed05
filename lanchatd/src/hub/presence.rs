//! Comings and goings. Somebody is present to the others in a room from their first word there or their
//! name on: a guest who only reads comes and goes unannounced.

use std::rc::Rc;

use super::{Hub, Now, RoomId, SessionId};
use crate::timeline::Body;

/// The others in a room learn that the session is there.
pub(super) fn join(hub: &mut Hub, now: Now, id: SessionId, room: RoomId) {
    let Some(seat) = hub.session(id).and_then(|session| session.seat_in(room)) else { return };
    if std::mem::replace(&mut seat.is_present, true) {
        return;
    }
    tell(hub, now, id, room, |others| Body::Joined { others });
}

/// The others in a room learn that the session has left it, if they knew that it was there.
pub(super) fn leave(hub: &mut Hub, now: Now, id: SessionId, room: RoomId, reason: Option<&str>) {
    let Some(seat) = hub.session(id).and_then(|session| session.seat_in(room)) else { return };
    if !std::mem::take(&mut seat.is_present) || hub.is_stopping {
        return;
    }
    tell(hub, now, id, room, |others| Body::Left { reason, others });
}

/// The same for every room that it is in.
pub(super) fn leave_all(hub: &mut Hub, now: Now, id: SessionId, reason: Option<&str>) {
    for room in rooms(hub, id) {
        leave(hub, now, id, room, reason);
    }
}

/// Another session of the same person goes on where this one was: nobody learns of that, but where it is not.
pub(super) fn take_over(hub: &mut Hub, now: Now, old: SessionId, new: SessionId) {
    for room in rooms(hub, old) {
        match hub.session(new).and_then(|session| session.seat_in(room)) {
            Some(seat) => seat.is_present = true,
            None => leave(hub, now, old, room, None),
        }
        if let Some(seat) = hub.session(old).and_then(|session| session.seat_in(room)) {
            seat.is_present = false;
        }
    }
}

/// The others learn that the session, whose nick was `old` until now, has another.
pub(super) fn rename(hub: &mut Hub, now: Now, id: SessionId, old: &str) {
    let Some(to) = nick(hub, id) else { return };
    for room in rooms(hub, id) {
        if let Some(others) = told(hub, now, room) {
            hub.append_own(now, room, id, old, Body::Renamed { to: &to, others }, "");
        }
    }
}

/// The others learn that the session is away.
pub(super) fn away(hub: &mut Hub, now: Now, id: SessionId, reason: Option<&str>) {
    for room in rooms(hub, id) {
        tell(hub, now, id, room, |others| Body::Away { reason, others });
    }
}

/// The others learn that the session is no longer away.
pub(super) fn back(hub: &mut Hub, now: Now, id: SessionId) {
    for room in rooms(hub, id) {
        tell(hub, now, id, room, |others| Body::Back { others });
    }
}

/// Where the others know that the session is there.
fn rooms(hub: &mut Hub, id: SessionId) -> Vec<RoomId> {
    let Some(session) = hub.session(id) else { return Vec::new() };
    session.seats.iter().filter(|seat| seat.is_present).map(|seat| seat.room).collect()
}

fn tell<'a>(hub: &mut Hub, now: Now, id: SessionId, room: RoomId, body: impl FnOnce(u64) -> Body<'a>) {
    let Some(nick) = nick(hub, id) else { return };
    if let Some(others) = told(hub, now, room) {
        hub.append_own(now, room, id, &nick, body(others), "");
    }
}

fn nick(hub: &mut Hub, id: SessionId) -> Option<Rc<str>> {
    hub.session(id).and_then(|session| session.nick.clone())
}

/// Whether a change is told now: with how many that were not.
fn told(hub: &mut Hub, now: Now, room: RoomId) -> Option<u64> {
    let has_position = hub.has_position(room);
    hub.rooms[room].tell_presence(now, has_position)
}
