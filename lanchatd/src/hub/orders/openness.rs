//! `/private` and `/moderated`: who finds a room that there is, and who speaks there.

use lanchat_protocol::order::Measure;

use super::{Case, Done, rights};
use crate::hub::culprit::Culprit;
use crate::hub::denial::Denial;
use crate::hub::room::{LOBBY, RoomId};
use crate::hub::{Hub, Refusal};

/// Whoever is in a room that becomes private was invited: they find it again when they come back.
pub(super) fn set_private(hub: &mut Hub, case: Case, is_private: bool) -> Result<Done, Refusal> {
    let Some(room) = case.room else { return Err(Refusal::NoRoom) };
    if room == LOBBY && is_private {
        return Err(Refusal::Denied(Denial::LobbyIsOpen));
    }
    if !hub.has_position(room) {
        return Err(Refusal::NoPosition);
    }
    if is_private {
        invite_all(hub, room)?;
    }
    hub.rooms[room].rules.is_private = is_private;
    hub.note_rules(room);
    let done = hub.done(case, if is_private { Measure::Private } else { Measure::NotPrivate }, "");
    hub.tell_measure(case, &done, None);
    Ok(done)
}

pub(super) fn set_moderated(hub: &mut Hub, case: Case, is_moderated: bool) -> Result<Done, Refusal> {
    let Some(room) = case.room else { return Err(Refusal::NoRoom) };
    hub.rooms[room].rules.is_moderated = is_moderated;
    hub.note_rules(room);
    let done = hub.done(case, if is_moderated { Measure::Moderated } else { Measure::NotModerated }, "");
    hub.tell_measure(case, &done, None);
    Ok(done)
}

fn invite_all(hub: &mut Hub, room: RoomId) -> Result<(), Refusal> {
    let all = hub.sessions.iter().map(|(_, session)| session);
    let inside = all.filter(|session| session.seats.iter().any(|seat| seat.room == room));
    let inside: Vec<_> = inside.filter_map(|it| Some((it.id, Culprit::of(it)?))).collect();
    for (id, culprit) in inside {
        if culprit.account().is_some() {
            rights::grant(hub, room, &culprit, |rights| rights.is_invited = true)?;
        } else {
            rights::note_invitation(hub, id, room);
        }
    }
    Ok(())
}
