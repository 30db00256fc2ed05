//! `/op`, `/voice` and `/invite`: what somebody may do in a room that others may not.

use lanchat_protocol::order::Measure;

use super::{Case, Done};
use crate::hub::culprit::Culprit;
use crate::hub::denial::Denial;
use crate::hub::room::RoomId;
use crate::hub::rules::Rights;
use crate::hub::{Hub, Refusal, SessionId};

/// Invitations that a guest holds, at most: an account's are noted in the rooms.
const INVITATIONS_MAX: usize = 32;

/// Gives a right, or takes it back.
pub(super) fn change(hub: &mut Hub, case: Case, nick: &str, measure: Measure) -> Result<Done, Refusal> {
    let Some(room) = case.room else { return Err(Refusal::NoRoom) };
    if !hub.has_position(room) {
        return Err(Refusal::NoPosition);
    }
    let (culprit, session) = hub.culprit(nick)?;
    if measure == Measure::NoOperator {
        match hub.reaches(case, &culprit, session) {
            // One may step back.
            Ok(()) | Err(Refusal::ToYourself) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    let set = |rights: &mut Rights| match measure {
        Measure::Operator | Measure::NoOperator => rights.is_operator = measure == Measure::Operator,
        _ => rights.has_voice = measure == Measure::Voice,
    };
    grant(hub, room, &culprit, set)?;
    hub.note_rules(room);
    let done = hub.done(case, measure, &culprit.nick);
    hub.tell_measure(case, &done, Some(&culprit));
    Ok(done)
}

/// Lets somebody in: an account for good, a guest while they are connected.
pub(super) fn invite(hub: &mut Hub, case: Case, nick: &str) -> Result<Done, Refusal> {
    let Some(room) = case.room else { return Err(Refusal::NoRoom) };
    if !hub.has_position(room) {
        return Err(Refusal::NoPosition);
    }
    let (culprit, session) = hub.culprit(nick)?;
    if culprit.account().is_some() {
        grant(hub, room, &culprit, |rights| rights.is_invited = true)?;
    } else if session.is_none() {
        return Err(Refusal::Denied(Denial::NoAccount { nick: culprit.nick.to_string() }));
    }
    hub.rooms[room].rules.let_in(&culprit);
    hub.note_rules(room);
    let done = hub.done(case, Measure::Invited, &culprit.nick);
    hub.tell_measure(case, &done, Some(&culprit));
    if let Some(id) = session.filter(|_| culprit.account().is_none()) {
        note_invitation(hub, id, room);
    }
    Ok(done)
}

pub(super) fn grant(
    hub: &mut Hub,
    room: RoomId,
    culprit: &Culprit,
    change: impl FnOnce(&mut Rights),
) -> Result<(), Refusal> {
    let Some(account) = culprit.account() else {
        return Err(Refusal::Denied(Denial::NoAccount { nick: culprit.nick.to_string() }));
    };
    let max = hub.settings.room_people_max;
    if hub.rooms[room].rules.change(account, &culprit.nick, max, change) {
        return Ok(());
    }
    let (what, key) = ("people with rights in this room", "limits.room_people_max");
    Err(Refusal::Denied(Denial::Full { what, max, key }))
}

/// The invitation is to the room that has this position: another one in its place begins beyond it.
pub(super) fn note_invitation(hub: &mut Hub, id: SessionId, room: RoomId) {
    let position = hub.rooms[room].timeline.head() - 1;
    let Some(session) = hub.session(id) else { return };
    session.invitations.retain(|(other, _)| *other != room);
    if session.invitations.len() >= INVITATIONS_MAX {
        session.invitations.remove(0);
    }
    session.invitations.push((room, position));
}
