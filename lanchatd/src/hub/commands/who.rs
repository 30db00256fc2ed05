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
    // Whoever is there more than once is told once, with the longest time.
    let mut people: Vec<(Rc<str>, u64)> = members
        .filter(|member| !member.is_barred)
        .filter_map(|member| Some((member.nick.clone()?, now.seconds_since(member.connected_us))))
        .collect();
    people.sort_unstable_by(|(one, longer), (other, shorter)| (one, shorter).cmp(&(other, longer)));
    people.dedup_by(|(one, _), (other, _)| one == other);
    let others = people.len().saturating_sub(PEOPLE_MAX) as u64;
    people.truncate(PEOPLE_MAX);
    let name = hub.rooms[room].title(None);
    hub.reply(id, &Reply::Who { tag, room: &name, people: &people, others });
    Ok(())
}
