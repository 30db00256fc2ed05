//! `nick`: a session takes another nick.

use lanchat_protocol::names::Nick;

use crate::hub::{Hub, Now, Occurrence, Refusal, Reply, SessionId, presence};

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
    let was_present = std::mem::replace(&mut session.is_present, true);
    let old = session.nick.replace(nick.as_str().into());
    if let Some(old) = old.filter(|old| **old != *nick.as_str()) {
        hub.nicks.release(&old, Some(nick.as_str()), id);
        if was_present {
            presence::rename(hub, now, id, &old);
        } else if let Some(session) = hub.session(id) {
            session.is_present = false;
            presence::join(hub, now, id);
        }
        hub.report(id, Occurrence::Named);
    }
    hub.reply(id, &Reply::NickIs { tag, nick: nick.as_str() });
    Ok(())
}
