//! `/rooms`: which rooms there are.

use std::cmp::Reverse;

use crate::hub::{Hub, Now, Refusal, Reply, RoomLine, SessionId};

/// How many rooms one answer names.
const ROOMS_MAX: usize = 50;

pub(super) fn rooms(hub: &mut Hub, now: Now, id: SessionId, tag: Option<&str>) -> Result<(), Refusal> {
    super::take_quota(hub, now, id)?;
    let Some(session) = hub.sessions.get(id.slot) else { return Ok(()) };
    let mut rooms: Vec<_> = hub
        .rooms
        .iter()
        .filter(|(room, _)| hub.sees(session, *room))
        .filter_map(|(room, it)| Some((room, it, it.name()?)))
        .collect();
    rooms.sort_by_key(|(_, it, name)| (Reverse(it.members.len()), (*name).clone()));
    let others = rooms.len().saturating_sub(ROOMS_MAX) as u64;
    let lines: Vec<RoomLine> = rooms
        .into_iter()
        .take(ROOMS_MAX)
        .map(|(room, it, name)| RoomLine {
            room: name.clone(),
            people: hub.people_in(room),
            topic: it.topic.as_ref().map(|topic| topic.text.clone()).unwrap_or_default(),
            is_joined: session.seats.iter().any(|seat| seat.room == room),
            kind: it.rules.kind(),
        })
        .collect();
    hub.reply(id, &Reply::Rooms { tag, rooms: &lines, others });
    Ok(())
}
