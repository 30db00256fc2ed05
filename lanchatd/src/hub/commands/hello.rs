//! `hello`: a session introduces itself, or is welcomed as a guest.

use lanchat_protocol::client::VERSION;
use lanchat_protocol::names::Nick;

use crate::hub::{Hub, LOBBY, Now, Occurrence, Refusal, Reply, SessionId, presence};

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
    let nick = match nick {
        None => hub.nicks.take_guest(id),
        Some(wanted) => {
            let nick = Nick::parse(wanted).map_err(Refusal::BadNick)?;
            let taken = |_| Refusal::NickTaken { nick: nick.to_string() };
            hub.nicks.take(&nick, id).map_err(taken)?;
            nick
        }
    };
    welcome(hub, id, &nick);
    hub.report(id, Occurrence::Named);
    presence::join(hub, now, id);
    hub.call(id);
    Ok(())
}

/// A session that needs no hello gets a guest's nick.
pub(in crate::hub) fn welcome_guest(hub: &mut Hub, id: SessionId) {
    let nick = hub.nicks.take_guest(id);
    welcome(hub, id, &nick);
}

fn welcome(hub: &mut Hub, id: SessionId, nick: &Nick) {
    let others = hub.rooms[LOBBY].members.len().saturating_sub(1);
    let limits = hub.settings.limits();
    let Some(session) = hub.session(id) else { return };
    session.nick = Some(nick.as_str().into());
    // What it gets begins where it connected, which is not where the room is by now.
    let position = session.seat_in(LOBBY).map_or(0, |seat| seat.cursor - 1);
    let room = hub.rooms[LOBBY].timeline.name().clone();
    hub.reply(id, &Reply::Welcome { nick: nick.as_str(), room: &room, position, others, limits });
}
