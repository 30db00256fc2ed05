//! `/ignore`: a session hears nothing of somebody.

use crate::hub::people::key_of;
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
    let Some((_, nick)) = hub.whom(without_sign(nick)) else {
        return Err(Refusal::NoSuchNick { nick: nick.to_owned() });
    };
    let nick = folded(&nick);
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
    let nick = without_sign(nick);
    let (key, nick) = hub.whom(nick).unwrap_or_else(|| (key_of(nick), nick.into()));
    let nick = folded(&nick);
    change(hub, id, |ignored| ignored.retain(|other| *other != nick && key_of(other) != key));
    list(hub, id, tag);
    Ok(())
}

fn without_sign(nick: &str) -> &str {
    nick.trim().trim_start_matches('@')
}

/// As timelines are searched for it, whichever way the nick was asked for.
fn folded(nick: &str) -> Box<str> {
    nick.chars().flat_map(char::to_lowercase).collect::<String>().into()
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
