//! `hello`: a session introduces itself, or is welcomed as a guest.

use lanchat_protocol::client::VERSION;
use lanchat_protocol::names::Nick;

use crate::hub::{HOUSE, Hub, LOBBY, Now, Occurrence, Refusal, Reply, RoomId, SessionId, presence};

/// A native client says who it is.
pub(super) fn hello(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    version: u32,
    nick: Option<&str>,
) -> Result<(), Refusal> {
    if hub.session(id).is_some_and(|session| session.nick.is_some()) {
        return Err(Refusal::AlreadyWelcome);
    }
    if version != VERSION {
        return Err(Refusal::UnsupportedVersion { asked: version });
    }
    let is_guest = nick.is_none();
    let nick = match nick {
        None => hub.nicks.take_guest(id),
        Some(wanted) => {
            let nick = Nick::parse(wanted).map_err(Refusal::BadNick)?;
            let taken = |_| Refusal::NickTaken { nick: nick.to_string() };
            hub.nicks.take(&nick, id).map_err(taken)?;
            nick
        }
    };
    welcome(hub, now, id, &nick, is_guest);
    hub.report(id, Occurrence::Named);
    presence::join(hub, now, id, LOBBY);
    hub.call(id);
    Ok(())
}

/// A session that needs no hello gets a guest's nick.
pub(in crate::hub) fn welcome_guest(hub: &mut Hub, now: Now, id: SessionId) {
    let nick = hub.nicks.take_guest(id);
    welcome(hub, now, id, &nick, true);
}

fn welcome(hub: &mut Hub, now: Now, id: SessionId, nick: &Nick, is_guest: bool) {
    let others = hub.rooms[LOBBY].members.len().saturating_sub(1);
    let limits = hub.settings.limits();
    hub.become_person(now, id, &nick.as_str().into(), is_guest);
    let Some(session) = hub.sessions.get(id.slot) else { return };
    // What it gets begins where it connected, which is not where the rooms are by now.
    let rooms = session.seats.iter().filter(|seat| seat.room != HOUSE);
    let title = |room: RoomId| hub.rooms[room].title(session.person.as_ref());
    let rooms: Vec<_> = rooms.map(|seat| (title(seat.room), seat.cursor - 1)).collect();
    hub.reply(id, &Reply::Welcome { nick: nick.as_str(), rooms: &rooms, others, limits });
}
