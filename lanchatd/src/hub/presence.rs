//! Comings and goings. Somebody is present to the others from their first word or their name on: a
//! guest who only reads comes and goes unannounced.

use super::{Hub, LOBBY, Now, SessionId};
use crate::timeline::Body;

/// The others learn that the session is here.
pub(super) fn join(hub: &mut Hub, now: Now, id: SessionId) {
    let Some(session) = hub.session(id) else { return };
    if std::mem::replace(&mut session.is_present, true) {
        return;
    }
    tell(hub, now, id, |others| Body::Joined { others });
}

/// The others learn that the session has gone, if they knew that it was here.
pub(super) fn leave(hub: &mut Hub, now: Now, id: SessionId, reason: Option<&str>) {
    let Some(session) = hub.session(id) else { return };
    if !std::mem::take(&mut session.is_present) || hub.is_stopping {
        return;
    }
    tell(hub, now, id, |others| Body::Left { reason, others });
}

/// The others learn that the session, whose nick was `old` until now, has another.
pub(super) fn rename(hub: &mut Hub, now: Now, id: SessionId, old: &str) {
    let Some(to) = hub.session(id).and_then(|session| session.nick.clone()) else { return };
    if let Some(others) = hub.rooms[LOBBY].tell_presence(now) {
        hub.append_own(now, LOBBY, id, old, Body::Renamed { to: &to, others });
    }
}

fn tell<'a>(hub: &mut Hub, now: Now, id: SessionId, body: impl FnOnce(u64) -> Body<'a>) {
    let Some(nick) = hub.session(id).and_then(|session| session.nick.clone()) else { return };
    if let Some(others) = hub.rooms[LOBBY].tell_presence(now) {
        hub.append_own(now, LOBBY, id, &nick, body(others));
    }
}
