//! `/mute` and `/unmute`: operators decide for their room, those above them for all of the relay.

use lanchat_protocol::order::Measure;

use super::{Case, Done};
use crate::hub::accounts::AccountKey;
use crate::hub::culprit::Culprit;
use crate::hub::denial::Denial;
use crate::hub::mutes::{Mute, Mutes};
use crate::hub::policy::Rank;
use crate::hub::term::{Term, reason};
use crate::hub::{By, Hub, Now, Refusal, RoomId, SessionId};

pub(super) fn mute(
    hub: &mut Hub,
    case: Case,
    nick: &str,
    for_ms: Option<i64>,
    why: Option<&str>,
) -> Result<Done, Refusal> {
    let (culprit, session) = hub.culprit(nick)?;
    hub.reaches(case, &culprit, session)?;
    let place = place(hub, case);
    let reach = hub.reach(case.by, case.room);
    if let Some(before) = mutes(hub, place).find(&culprit, case.now)
        && before.term.reaches > reach
    {
        let (whom, rank) = (format!("the mute of {}", culprit.nick), hub.own_rank(case));
        return Err(Refusal::Denied(Denial::Outranked { whom, rank }));
    }
    let term = Term::new(hub.name_of(case.by), reason(why), case.now.wall_ms, for_ms, reach);
    let mut done = Done {
        reason: term.reason.clone(),
        until_ms: term.until_ms,
        ..hub.done(case, Measure::Muted, &culprit.nick)
    };
    let max = hub.settings.mutes_max;
    if !mutes(hub, place).add(Mute { culprit: culprit.clone(), term }, max) {
        return Err(Refusal::Denied(Denial::Full { what: "mutes", max, key: "limits.mutes_max" }));
    }
    note(hub, place);
    done.room = done.room.filter(|_| place.is_some());
    hub.tell_measure(case, &done, Some(&culprit));
    Ok(done)
}

pub(super) fn unmute(hub: &mut Hub, case: Case, nick: &str) -> Result<Done, Refusal> {
    let (culprit, _) = hub.culprit(nick)?;
    let (place, reach) = (place(hub, case), hub.reach(case.by, case.room));
    // Whoever decides for all of the relay also decides for the room that they are in.
    let mut places = vec![place];
    if case.room.is_some() && place.is_none() {
        places.push(case.room);
    }
    places.retain(|place| mutes(hub, *place).find(&culprit, case.now).is_some());
    if places.is_empty() {
        return Err(Refusal::Denied(Denial::NotMuted { nick: culprit.nick.to_string() }));
    }
    for place in &places {
        if mutes(hub, *place).find(&culprit, case.now).is_some_and(|mute| mute.term.reaches > reach) {
            let (whom, rank) = (format!("the mute of {}", culprit.nick), hub.own_rank(case));
            return Err(Refusal::Denied(Denial::Outranked { whom, rank }));
        }
    }
    for place in &places {
        mutes(hub, *place).remove(&culprit);
        note(hub, *place);
    }
    let mut done = hub.done(case, Measure::Unmuted, &culprit.nick);
    done.room = done.room.filter(|_| places.iter().all(Option::is_some));
    hub.tell_measure(case, &done, Some(&culprit));
    Ok(done)
}

impl Hub {
    /// A guest becomes an account: rooms in which they say nothing, from wherever they come, have that mute it too.
    pub(in crate::hub) fn mute_on(&mut self, now: Now, id: SessionId, account: &AccountKey) {
        for room in self.rooms.ids() {
            let Some(session) = self.sessions.get(id.slot).filter(|session| session.id == id) else { return };
            let mute = self.rooms[room].rules.mutes.of(session, Rank::Guest, now);
            let (Some(Mute { culprit, term }), Some(guest)) = (mute.cloned(), Culprit::of(session)) else {
                continue;
            };
            // By the name that is theirs now they are muted already.
            if culprit.is_same_person(&guest) {
                continue;
            }
            let (culprit, max) = (guest.with_account(account), self.settings.mutes_max);
            self.rooms[room].rules.mutes.add(Mute { culprit, term }, max);
            self.note_rules(room);
        }
    }
}

/// Where a mute holds: in a room, or everywhere.
fn place(hub: &Hub, case: Case) -> Option<RoomId> {
    match case.by {
        By::Host => case.room,
        By::Session(_) => case.room.filter(|_| hub.own_rank(case) < Rank::Moderator),
    }
}

fn mutes(hub: &mut Hub, place: Option<RoomId>) -> &mut Mutes {
    match place {
        Some(room) => &mut hub.rooms[room].rules.mutes,
        None => &mut hub.mutes,
    }
}

/// It is to be kept.
fn note(hub: &mut Hub, place: Option<RoomId>) {
    match place {
        Some(room) => hub.note_rules(room),
        None => hub.note_order(),
    }
}
