//! `/ignore`: a session hears nothing of somebody.

use crate::hub::{Hub, Now, Refusal, Reply, SessionId};

pub(super) fn ignore(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    tag: Option<&str>,
    nick: Option<&str>,
) -> Result<(), Refusal> {
    super::take_quota(hub, now, id)?;
    let Some(nick) = nick else {
        list(hub, id, tag);
        return Ok(());
    };
    let nick = folded(nick);
    let is_known =
        hub.nicks.holder(&nick).is_some() || hub.people.get(&crate::hub::people::key_of(&nick)).is_some();
    if !is_known {
        return Err(Refusal::NoSuchNick { nick: nick.into() });
    }
    let max = hub.settings.ignored_max;
    let Some(session) = hub.session(id) else { return Ok(()) };
    if !session.ignored.contains(&nick) {
        if session.ignored.len() >= max {
            return Err(Refusal::TooManyIgnored { max });
        }
        change(hub, id, |ignored| ignored.push(nick));
    }
    list(hub, id, tag);
    Ok(())
}

pub(super) fn unignore(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    tag: Option<&str>,
    nick: &str,
) -> Result<(), Refusal> {
    super::take_quota(hub, now, id)?;
    let nick = folded(nick);
    change(hub, id, |ignored| ignored.retain(|other| *other != nick));
    list(hub, id, tag);
    Ok(())
}

fn folded(nick: &str) -> Box<str> {
    nick.trim().trim_start_matches('@').to_lowercase().into()
}

/// What was said before is told by the old list.
fn change(hub: &mut Hub, id: SessionId, change: impl FnOnce(&mut Vec<Box<str>>)) {
    hub.settle_unless_lagging(id);
    hub.rouse(id);
    if let Some(session) = hub.session(id) {
        change(&mut session.ignored);
    }
    hub.call(id);
}

fn list(hub: &mut Hub, id: SessionId, tag: Option<&str>) {
    let nicks = hub.session(id).map(|session| session.ignored.clone()).unwrap_or_default();
    hub.reply(id, &Reply::Ignoring { tag, nicks: &nicks });
}
