//! `/slow`, `/lock` and `/unlock`: how often one speaks in a room, and whether somebody new enters it.

use lanchat_protocol::order::Measure;

use super::{Case, Done};
use crate::hub::denial::Denial;
use crate::hub::room::LOBBY;
use crate::hub::{Hub, Refusal};

/// No room is slower, in seconds.
const SLOW_S_MAX: u32 = 3600;

pub(super) fn slow(hub: &mut Hub, case: Case, seconds: u32) -> Result<Done, Refusal> {
    let Some(room) = case.room else { return Err(Refusal::NoRoom) };
    if seconds > SLOW_S_MAX {
        return Err(Refusal::Denied(Denial::TooSlow { max: SLOW_S_MAX }));
    }
    hub.rooms[room].rules.slow_s = seconds;
    hub.note_rules(room);
    let measure = if seconds > 0 { Measure::Slow } else { Measure::NotSlow };
    let done = Done { seconds, ..hub.done(case, measure, "") };
    hub.tell_measure(case, &done, None);
    Ok(done)
}

pub(super) fn lock(hub: &mut Hub, case: Case, is_locked: bool) -> Result<Done, Refusal> {
    let Some(room) = case.room else { return Err(Refusal::NoRoom) };
    if room == LOBBY && is_locked {
        return Err(Refusal::Denied(Denial::LobbyIsOpen));
    }
    hub.rooms[room].rules.is_locked = is_locked;
    hub.note_rules(room);
    let done = hub.done(case, if is_locked { Measure::Locked } else { Measure::Unlocked }, "");
    hub.tell_measure(case, &done, None);
    Ok(done)
}
