//! `nick`: a session takes another nick.

use lanchat_protocol::names::Nick;

use crate::hub::{Hub, LOBBY, Now, Occurrence, Refusal, Reply, SessionId, presence};

pub(super) fn nick(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    tag: Option<&str>,
    wanted: &str,
) -> Result<(), Refusal> {
    super::take_quota(hub, now, id)?;
    let nick = Nick::parse(wanted).map_err(Refusal::BadNick)?;
    hub.nicks.take(&nick, id).map_err(|_| Refusal::NickTaken { nick: nick.to_string() })?;
    let Some(session) = hub.session(id) else { return Ok(()) };
    let old = session.nick.clone().filter(|old| **old != *nick.as_str());
    if let Some(old) = &old {
        hub.nicks.release(old, Some(nick.as_str()), id);
    }
    hub.reply(id, &Reply::NickIs { tag, nick: nick.as_str() });
    hub.become_person(now, id, &nick.as_str().into(), false);
    if let Some(old) = old {
        presence::rename(hub, now, id, &old);
        presence::join(hub, now, id, LOBBY);
        hub.report(id, Occurrence::Named { was: Some(old) });
    }
    Ok(())
}
