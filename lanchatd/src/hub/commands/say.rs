//! `say` and `/me`: something is said in a room.

use std::borrow::Cow;
use std::rc::Rc;

use lanchat_protocol::text::{clean, clean_lines};

use crate::hub::direct::Named;
use crate::hub::keeping::WaitingAck;
use crate::hub::policy::Deed;
use crate::hub::run::Run;
use crate::hub::sent::Place;
use crate::hub::{Hub, Now, Occurrence, Refusal, RoomId, SessionId};
use crate::timeline::Body;

pub(super) fn say(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    tag: Option<&str>,
    room: Option<&str>,
    text: &str,
    action: bool,
) -> Result<(), Refusal> {
    if hub.is_stopping {
        return Err(Refusal::Stopping);
    }
    let from = super::introduced(hub, id)?;
    super::take_quota(hub, now, id)?;
    let name = name(hub, id, tag);
    if let Some((run, tag)) = name
        && let Some(place) = hub.sent.find(run, tag)
        && hub.rooms.has(place.room, place.position)
    {
        hub.ack_again(id, tag, place, room);
        return Ok(());
    }
    let deed = if room.is_some_and(|room| room.starts_with('@')) { Deed::Tell } else { Deed::Say };
    let place = if deed == Deed::Say { super::place(hub, id, room) } else { None };
    hub.allow(now, id, deed, place, room)?;
    let text = words(hub, id, text, action)?;
    let peer = room.and_then(|room| room.strip_prefix('@'));
    let (room, peer) = match peer {
        Some(peer) => direct(hub, now, id, &from, peer)?,
        None => (super::own_room(hub, id, room)?, None),
    };
    if !hub.has_position(room) {
        return Err(Refusal::NoPosition);
    }
    if hub.settings.report_messages && peer.is_none() {
        hub.report(id, Occurrence::Said(text.to_string()));
    }
    let body = if action { Body::Did(&text) } else { Body::Said(&text) };
    // Also without an id the run knows its own.
    let run = hub.session(id).and_then(|session| session.run);
    let uid = run.map_or_else(String::new, |run| format!("{run}:{}", name.map_or("", |(_, tag)| tag)));
    let position = hub.append_own(now, room, id, &from, body, &uid);
    if let Some((run, tag)) = name {
        hub.sent.note(run, tag, Place { room, position, time_ms: now.wall_ms });
    }
    hub.totals.messages_accepted += 1;
    let Some(session) = hub.session(id) else { return Ok(()) };
    session.messages += 1;
    // Whoever speaks is present; the message itself tells the others. A script need not be seen off.
    let is_announced = !session.is_unannounced;
    if let Some(seat) = session.seat_in(room).filter(|_| peer.is_none() && is_announced) {
        seat.is_present = true;
    }
    let (waits, away) = match peer {
        None => (false, None),
        Some(peer) => match hub.session_of(&peer).and_then(|holder| hub.session(holder)) {
            None => (true, None),
            Some(session) => (false, session.away.clone()),
        },
    };
    let person = hub.session(id).and_then(|session| session.person.clone());
    if let Some(person) = person.as_ref().filter(|_| hub.rooms[room].rules.slow_s > 0) {
        hub.rooms[room].rules.note_spoken(now, person);
    }
    let (tag, title) = (tag.map(Into::into), hub.rooms[room].title(person.as_ref()));
    hub.ack(room, WaitingAck { id, tag, title, position, time_ms: now.wall_ms, waits, away });
    Ok(())
}

/// The text as others may read it. What is done has one line, as has whatever is said in a dialect of lines.
fn words<'a>(hub: &mut Hub, id: SessionId, text: &'a str, action: bool) -> Result<Cow<'a, str>, Refusal> {
    let dialect = hub.session(id).and_then(|session| session.dialect);
    let max = dialect.filter(|_| !action).map_or(1, |dialect| dialect.lines_max);
    let text = if max > 1 { clean_lines(text) } else { clean(text) };
    if text.trim().is_empty() {
        return Err(Refusal::EmptyText);
    }
    if max > 1 && text.matches('\n').count() >= max {
        return Err(Refusal::TooManyLines { max });
    }
    Ok(text)
}

/// By what name the client will know its message again: its run and an id that everybody may see.
fn name<'a>(hub: &mut Hub, id: SessionId, tag: Option<&'a str>) -> Option<(Run, &'a str)> {
    let run = hub.session(id)?.run?;
    let tag = tag.filter(|tag| !tag.is_empty() && tag.bytes().all(|byte| byte.is_ascii_graphic()))?;
    Some((run, tag))
}

/// What the session shares with the person of this nick, and who that is.
fn direct(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    from: &Rc<str>,
    peer: &str,
) -> Result<(RoomId, Option<Named>), Refusal> {
    let Some(own) = hub.session(id).and_then(|session| session.person.clone()) else {
        return Err(Refusal::HelloFirst);
    };
    let Some(whom) = hub.whom(peer) else {
        return Err(Refusal::NoSuchNick { nick: clean(peer).into_owned() });
    };
    if whom.0 == own {
        return Err(Refusal::ToYourself);
    }
    let room = hub.direct_room(now, id, (own, from.clone()), whom.clone())?;
    Ok((room, Some(whom)))
}
