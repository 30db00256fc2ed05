//! `/join`: a session enters a room, which is opened where there is none, and talks there.

use lanchat_protocol::LOBBY as LOBBY_NAME;
use lanchat_protocol::names::RoomName;

use crate::hub::policy::Deed;
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
    let (room, is_new) = enter(hub, now, id, &name)?;
    entered(hub, now, id, tag, room, is_new);
    Ok(())
}

/// The session talks in a room in which it has a seat, and is told.
pub(in crate::hub) fn entered(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    tag: Option<&str>,
    room: RoomId,
    is_new: bool,
) {
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
}

/// Has the driver tell those who watch.
pub(super) fn report(hub: &mut Hub, id: SessionId, room: RoomId) {
    let room = hub.rooms[room].title(None);
    hub.report(id, Occurrence::Joined { room });
}

/// Gives the session a seat in a room, which is opened where there is none. Says whether it had none before.
pub(in crate::hub) fn enter(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    name: &RoomName,
) -> Result<(RoomId, bool), Refusal> {
    let seats = hub.sessions.get(id.slot).map_or(&[][..], |session| &session.seats);
    let room = hub.rooms.named(name);
    if let Some(room) = room.filter(|room| seats.iter().any(|seat| seat.room == *room)) {
        return Ok((room, false));
    }
    hub.allow(now, id, Deed::Join, room, Some(name.as_str()))?;
    let seats = hub.sessions.get(id.slot).map_or(&[][..], |session| &session.seats);
    let max = hub.settings.rooms_joined_max;
    if seats.iter().filter(|seat| hub.rooms[seat.room].name().is_some()).count() >= max {
        return Err(Refusal::TooManyJoined { max });
    }
    let room = if let Some(room) = room {
        room
    } else {
        hub.open_door(now, id)?;
        let room = hub.rooms.open_named(name.as_str(), name.key(), hub.settings.retention);
        make_operator(hub, id, room);
        room
    };
    hub.sit(id, room, hub.rooms[room].timeline.head());
    Ok((room, true))
}

/// Whoever opens a room keeps order there, if they have an account.
fn make_operator(hub: &mut Hub, id: SessionId, room: RoomId) {
    let Some(session) = hub.session(id) else { return };
    let (Some(account), Some(nick)) = (session.account.clone(), session.nick.clone()) else { return };
    let max = hub.settings.room_people_max;
    hub.rooms[room].rules.change(&account, &nick, max, |rights| rights.is_operator = true);
}
