//! `who`: who is in a room.

use std::rc::Rc;

use crate::hub::{Hub, Now, Refusal, Reply, SessionId};

/// How many people one answer names.
const PEOPLE_MAX: usize = 200;

pub(super) fn who(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    tag: Option<&str>,
    room: Option<&str>,
) -> Result<(), Refusal> {
    let room = super::room(hub, id, room)?;
    super::take_quota(hub, now, id)?;
    let members = hub.rooms[room].members.iter().filter_map(|slot| hub.sessions.get(slot));
    let mut people: Vec<(Rc<str>, u64)> = members
        .filter_map(|member| Some((member.nick.clone()?, now.seconds_since(member.connected_us))))
        .collect();
    people.sort_unstable();
    let others = people.len().saturating_sub(PEOPLE_MAX) as u64;
    people.truncate(PEOPLE_MAX);
    let name = hub.rooms[room].title(None);
    hub.reply(id, &Reply::Who { tag, room: &name, people: &people, others });
    Ok(())
}
