//! `/create`: a room with rules of its own from the first moment.

use lanchat_protocol::names::RoomName;

use crate::hub::commands::join;
use crate::hub::denial::Denial;
use crate::hub::{Hub, Now, Refusal, SessionId};

pub(super) fn create(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    tag: Option<&str>,
    written: &str,
    [is_private, is_moderated]: [bool; 2],
) -> Result<(), Refusal> {
    if hub.is_stopping {
        return Err(Refusal::Stopping);
    }
    let name = RoomName::parse(written).map_err(Refusal::BadRoom)?;
    // The same words for a room that is private: they say no more than that its name is taken.
    if hub.rooms.named(&name).is_some() {
        return Err(Refusal::Denied(Denial::RoomExists { room: name.as_str().to_owned() }));
    }
    let (room, _) = join::enter(hub, now, id, &name)?;
    let rules = &mut hub.rooms[room].rules;
    (rules.is_private, rules.is_moderated) = (is_private, is_moderated);
    hub.note_rules(room);
    join::entered(hub, now, id, tag, room, true);
    Ok(())
}
