//! `/part`: a session leaves a room.

use crate::hub::{Hub, Now, Occurrence, Refusal, Reply, RoomId, SessionId, presence};

pub(super) fn part(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    tag: Option<&str>,
    room: Option<&str>,
) -> Result<(), Refusal> {
    let room = super::own_room(hub, id, room)?;
    super::take_quota(hub, now, id)?;
    leave(hub, now, id, tag, room, None);
    Ok(())
}

/// The session has no seat in the room from here on; the others are told the reason, where there is one.
pub(in crate::hub) fn leave(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    tag: Option<&str>,
    room: RoomId,
    reason: Option<&str>,
) {
    presence::leave(hub, now, id, room, reason);
    hub.rouse(id);
    let Some(session) = hub.sessions.get(id.slot) else { return };
    let Some(number) = session.seats.iter().position(|seat| seat.room == room) else { return };
    let (name, is_named) = (hub.rooms[room].title(None), hub.rooms[room].name().is_some());
    hub.settle_and_tell(id, number);
    hub.rise(now, id, number);
    let others = |hub: &Hub| {
        let seats = hub.sessions.get(id.slot).into_iter().flat_map(|session| session.seats.iter().rev());
        seats.map(|seat| seat.room).find(|room| hub.rooms[*room].name().is_some())
    };
    let next = others(hub);
    hub.change_tracks(id, |session| {
        if session.current == Some(room) {
            let follows = session.dialect.is_some_and(|dialect| dialect.talks_where_it_enters);
            session.current = next.filter(|_| follows);
        }
    });
    let current = hub.session(id).and_then(|session| session.current);
    let current = current.map(|room| hub.rooms[room].title(None));
    hub.reply(id, &Reply::Parted { tag, room: &name, current: current.as_deref() });
    if is_named {
        hub.report(id, Occurrence::Left { room: name });
    }
}
