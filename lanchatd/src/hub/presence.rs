//! Comings and goings. Somebody is present to the others in a room from their first word there or their
//! name on: a guest who only reads comes and goes unannounced, and so do whoever is muted and scripts, whatever they say.

use std::rc::Rc;

use super::accounts::AccountKey;
use super::{Hub, Now, RoomId, SessionId};
use crate::timeline::Body;

/// The others in a room learn that the session is there.
pub(super) fn join(hub: &mut Hub, now: Now, id: SessionId, room: RoomId) {
    let Some(session) = hub.session(id).filter(|session| !session.is_unannounced) else { return };
    let seat = session.seat_in(room);
    // A name is something that others read: whoever is muted could say things by coming again and again.
    if seat.is_none_or(|seat| seat.is_present) || hub.is_muted(now, id, Some(room)) {
        return;
    }
    if let Some(seat) = hub.session(id).and_then(|session| session.seat_in(room)) {
        seat.is_present = true;
    }
    if is_present_elsewhere(hub, id, room) {
        return;
    }
    tell(hub, now, id, room, |others| Body::Joined { others });
}

/// The others in a room learn that the session has left it, if they knew that it was there.
pub(super) fn leave(hub: &mut Hub, now: Now, id: SessionId, room: RoomId, reason: Option<&str>) {
    let Some(seat) = hub.session(id).and_then(|session| session.seat_in(room)) else { return };
    if !std::mem::take(&mut seat.is_present) || hub.is_stopping || is_present_elsewhere(hub, id, room) {
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

/// The others learn that the session, whose nick was `old` until now, and whose account was `before`, has another. Where
/// other sessions of one of the two accounts are, somebody has only come or gone.
pub(super) fn rename(hub: &mut Hub, now: Now, id: SessionId, old: &str, before: Option<&AccountKey>) {
    let Some(to) = nick(hub, id) else { return };
    for room in rooms(hub, id) {
        let (stays, is_there) = (is_present(hub, before, id, room), is_present_elsewhere(hub, id, room));
        let Some(others) = (!stays || !is_there).then(|| told(hub, now, room)).flatten() else { continue };
        let (from, body) = match (stays, is_there) {
            (false, false) => (old, Body::Renamed { to: &to, others }),
            (true, _) => (&*to, Body::Joined { others }),
            (false, true) => (old, Body::Left { reason: None, others }),
        };
        hub.append_own(now, room, id, from, body, "");
    }
}

/// Whether another session of the same account is known to be in the room.
fn is_present_elsewhere(hub: &Hub, id: SessionId, room: RoomId) -> bool {
    let account = hub.sessions.get(id.slot).and_then(|session| session.account.as_ref());
    is_present(hub, account, id, room)
}

fn is_present(hub: &Hub, account: Option<&AccountKey>, but: SessionId, room: RoomId) -> bool {
    let others = hub.accounts.online(account).iter().filter(|other| **other != but);
    let mut others = others.filter_map(|other| hub.sessions.get(other.slot)).flat_map(|other| &other.seats);
    others.any(|seat| seat.room == room && seat.is_present)
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
