//! `nick`: a session takes another nick.

use lanchat_protocol::names::Nick;

use crate::hub::accounts::Accounts;
use crate::hub::policy::Deed;
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
    hub.admits(now, id, Deed::Nick, nick.as_str(), None)?;
    let Some(session) = hub.session(id) else { return Ok(()) };
    let is_barred = session.is_barred;
    if let Some(account) = &session.account {
        let own = session.nick.clone().unwrap_or_default();
        if *account != Accounts::key_of(nick.as_str()) {
            return Err(Refusal::LoggedIn { nick: own.to_string() });
        }
        hub.reply(id, &Reply::NickIs { tag, nick: &own });
        return Ok(());
    }
    hub.take_nick(id, &nick)?;
    let Some(session) = hub.session(id) else { return Ok(()) };
    let old = session.nick.clone().filter(|old| **old != *nick.as_str());
    if let Some(old) = &old {
        hub.nicks.release(old, Some(nick.as_str()), id);
    }
    hub.reply(id, &Reply::NickIs { tag, nick: nick.as_str() });
    // Nothing waits for whoever has not shown who they are, where that is wanted.
    hub.become_person(now, id, &nick.as_str().into(), is_barred);
    if let Some(old) = old {
        presence::rename(hub, now, id, &old, None);
        if !is_barred {
            presence::join(hub, now, id, LOBBY);
        }
        hub.report(id, Occurrence::Named { was: Some(old) });
    }
    Ok(())
}
