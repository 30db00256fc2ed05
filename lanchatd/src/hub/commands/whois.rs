//! `/whois`: who somebody is, and where.

use std::rc::Rc;

use lanchat_protocol::role::Role;

use crate::hub::{Hub, Now, Refusal, Reply, SessionId, people};

/// How many rooms one answer names.
const ROOMS_MAX: usize = 20;

pub(super) fn whois(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    tag: Option<&str>,
    nick: &str,
) -> Result<(), Refusal> {
    super::take_quota(hub, now, id)?;
    let nick = nick.trim().trim_start_matches('@');
    if let Some(session) = hub.nicks.holder(nick).and_then(|holder| hub.sessions.get(holder.slot)) {
        let asks = hub.sessions.get(id.slot);
        let seats = session.seats.iter();
        let seen = seats.filter(|seat| asks.is_some_and(|asks| hub.sees(asks, seat.room)));
        let rooms = seen.filter_map(|seat| hub.rooms[seat.room].name().cloned());
        let rooms: Vec<Rc<str>> = rooms.take(ROOMS_MAX).collect();
        let (nick, away) = (session.nick.clone().unwrap_or_default(), session.away.clone());
        let here_s = (now.seconds_since(session.connected_us), now.seconds_since(session.active_us));
        let (here_s, role, away) = (Some(here_s), session.role(), away.as_deref());
        hub.reply(id, &Reply::Whois { tag, nick: &nick, here_s, role, away, seen_ms: None, rooms: &rooms });
        return Ok(());
    }
    let Some(person) = hub.people.get(&people::key_of(nick)) else {
        return Err(Refusal::NoSuchNick { nick: nick.to_owned() });
    };
    let (nick, seen_ms) = (person.nick.clone(), Some(person.seen_ms));
    let (role, rooms) = (Role::Guest, &[]);
    hub.reply(id, &Reply::Whois { tag, nick: &nick, here_s: None, role, away: None, seen_ms, rooms });
    Ok(())
}
