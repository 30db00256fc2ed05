//! `/history`: what was said in a room before.

use lanchat_protocol::client::{Code, HISTORY_LIMIT, HISTORY_MAX};
use lanchat_protocol::past::{Wanted, WrongHistory};

use crate::hub::command::Asked;
use crate::hub::past::Bounds;
use crate::hub::questions::{Asker, Stretch};
use crate::hub::{Hub, Now, Position, Refusal, SessionId};

pub(super) fn history(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    tag: Option<&str>,
    room: Option<&str>,
    asked: &Asked,
) -> Result<(), Refusal> {
    let place = readable(hub, id, room)?;
    super::take_quota(hub, now, id)?;
    let count = |limit: Option<usize>| limit.unwrap_or(HISTORY_LIMIT).clamp(1, HISTORY_MAX);
    let by = Asker { id, tag };
    match asked {
        Asked::Typed(words) => {
            let wanted = Wanted::parse(words, now.wall_ms, &hub.settings.zone);
            let wrong = |wrong: WrongHistory| {
                let message = wrong.to_string();
                Refusal::Misunderstood { code: Code::BadRequest, message }
            };
            match wanted.map_err(wrong)? {
                Wanted::Last(count) => hub.tell_last(by, place, Position::MAX, count),
                Wanted::Since(time_ms) => hub.tell_since(by, place, time_ms, HISTORY_LIMIT),
            }
        }
        Asked::Before { before, limit } => {
            hub.tell_last(by, place, before.unwrap_or(Position::MAX), count(*limit))
        }
        Asked::After { after, limit } => {
            let from = place.from.max(after.saturating_add(1));
            hub.tell_first(by, Stretch { from, ..place }, Bounds::of(count(*limit)))
        }
        Asked::Since { time_ms, limit } => hub.tell_since(by, place, *time_ms, count(*limit)),
    }
}

/// What the session may read of the room that is meant: all of a room that it is in, and of what it shares with
/// somebody what it was given since it came.
pub(super) fn readable(hub: &mut Hub, id: SessionId, room: Option<&str>) -> Result<Stretch, Refusal> {
    let room = match room.and_then(|room| room.strip_prefix('@')) {
        None => super::own_room(hub, id, room)?,
        Some(nick) => {
            let nothing =
                || Refusal::NothingShared { nick: lanchat_protocol::text::clean(nick).into_owned() };
            let room = hub.shared_with(id, nick).ok_or_else(nothing)?;
            hub.stretch(id, room).ok_or_else(nothing)?;
            room
        }
    };
    hub.stretch(id, room).ok_or(Refusal::NoRoom)
}
