//! `say` and `/me`: something is said in a room.

use std::borrow::Cow;

use lanchat_protocol::text::clean;

use crate::hub::{Hub, Now, Occurrence, Refusal, Reply, SessionId};
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
    let room = super::room(room)?;
    let from = super::introduced(hub, id)?;
    super::take_quota(hub, now, id)?;
    let text: Cow<str> = clean(text);
    if text.trim().is_empty() {
        return Err(Refusal::EmptyText);
    }
    if hub.settings.report_messages {
        hub.report(id, Occurrence::Said(text.to_string()));
    }
    let body = if action { Body::Did(&text) } else { Body::Said(&text) };
    let position = hub.append_own(now, room, id, &from, body);
    hub.totals.messages_accepted += 1;
    if let Some(session) = hub.session(id) {
        session.messages += 1;
        // Whoever speaks is present; the message itself tells the others.
        session.is_present = true;
    }
    let name = hub.rooms[room].timeline.name().clone();
    hub.reply(id, &Reply::Ack { tag, room: &name, position, time_ms: now.wall_ms });
    Ok(())
}
