//! `/join`: a session enters a room, which is opened where there is none, and talks there.

use lanchat_protocol::LOBBY as LOBBY_NAME;
use lanchat_protocol::names::RoomName;

use crate::hub::{Hub, LOBBY, Now, Occurrence, Refusal, Reply, RoomId, SessionId, presence};

pub(super) fn join(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    tag: Option<&str>,
    room: Option<&str>,
) -> Result<(), Refusal> {
    if hub.is_stopping {
        return Err(Refusal::Stopping);
    }
    let name = RoomName::parse(room.unwrap_or(LOBBY_NAME)).map_err(Refusal::BadRoom)?;
    super::take_quota(hub, now, id)?;
    let (room, is_new) = enter(hub, id, &name)?;
    hub.change_tracks(id, |session| {
        let follows = session.dialect.is_some_and(|dialect| dialect.talks_where_it_enters);
        if follows || room == LOBBY {
            session.current = Some(room);
        }
    });
    let position = hub.session(id).and_then(|session| Some(session.seat_in(room)?.cursor - 1)).unwrap_or(0);
    let it = &hub.rooms[room];
    let (name, people) = (it.title(None), hub.people_in(room));
    let topic = it.topic.as_ref().map(|topic| topic.text.clone()).unwrap_or_default();
    hub.reply(id, &Reply::Joined { tag, room: &name, position, topic: &topic, people });
    presence::join(hub, now, id, room);
    if is_new {
        hub.tell_backlog(id, room);
        report(hub, id, room);
    }
    Ok(())
}

/// Has the driver tell those who watch.
pub(super) fn report(hub: &mut Hub, id: SessionId, room: RoomId) {
    let room = hub.rooms[room].title(None);
    hub.report(id, Occurrence::Joined { room });
}

/// Gives the session a seat in a room, which is opened where there is none. Says whether it had none before.
pub(super) fn enter(hub: &mut Hub, id: SessionId, name: &RoomName) -> Result<(RoomId, bool), Refusal> {
    let seats = hub.sessions.get(id.slot).map_or(&[][..], |session| &session.seats);
    let room = hub.rooms.named(name);
    if let Some(room) = room.filter(|room| seats.iter().any(|seat| seat.room == *room)) {
        return Ok((room, false));
    }
    let max = hub.settings.rooms_joined_max;
    if seats.iter().filter(|seat| hub.rooms[seat.room].name().is_some()).count() >= max {
        return Err(Refusal::TooManyJoined { max });
    }
    let room = if let Some(room) = room {
        room
    } else {
        hub.make_room()?;
        hub.rooms.open_named(name.as_str(), name.key(), hub.settings.retention)
    };
    hub.sit(id, room, hub.rooms[room].timeline.head());
    Ok((room, true))
}
