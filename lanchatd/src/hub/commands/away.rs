//! `/away` and `/back`: whether a person is there to read what is said.

use lanchat_protocol::text::clean;

use crate::hub::{Hub, Now, Refusal, Reply, SessionId, presence};

/// The longest reason, in characters; what is longer is cut.
const REASON_CHARS_MAX: usize = 200;

pub(super) fn away(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    tag: Option<&str>,
    reason: Option<&str>,
) -> Result<(), Refusal> {
    super::take_quota(hub, now, id)?;
    let reason: String = clean(reason.unwrap_or_default()).trim().chars().take(REASON_CHARS_MAX).collect();
    let mut before = None;
    for own in hub.sessions_with(id) {
        if let Some(session) = hub.session(own) {
            before = session.away.replace(reason.as_str().into());
        }
    }
    if before.as_deref() != Some(&reason) {
        presence::away(hub, now, id, (!reason.is_empty()).then_some(&*reason));
    }
    hub.reply(id, &Reply::Away { tag, away: true });
    Ok(())
}

pub(super) fn back(hub: &mut Hub, now: Now, id: SessionId, tag: Option<&str>) -> Result<(), Refusal> {
    super::take_quota(hub, now, id)?;
    let mut was_away = false;
    for own in hub.sessions_with(id) {
        was_away |= hub.session(own).is_some_and(|session| session.away.take().is_some());
    }
    if was_away {
        presence::back(hub, now, id);
    }
    hub.reply(id, &Reply::Away { tag, away: false });
    Ok(())
}
