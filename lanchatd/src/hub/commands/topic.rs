//! `/topic`: what a room is about.

use lanchat_protocol::text::clean;

use crate::hub::bounds::TOPIC_RATE;
use crate::hub::room::Topic;
use crate::hub::{Bound, Hub, Now, Refusal, Reply, SessionId};
use crate::timeline::Body;

/// The longest topic, in characters.
const TOPIC_CHARS_MAX: usize = 200;

pub(super) fn topic(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    tag: Option<&str>,
    room: Option<&str>,
    topic: Option<&str>,
) -> Result<(), Refusal> {
    let room = super::own_room(hub, id, room)?;
    let nick = super::introduced(hub, id)?;
    super::take_quota(hub, now, id)?;
    if let Some(topic) = topic {
        let topic = clean(topic);
        let topic = topic.trim();
        if topic.chars().nth(TOPIC_CHARS_MAX).is_some() {
            return Err(Refusal::TopicTooLong { max: TOPIC_CHARS_MAX });
        }
        if !hub.has_position(room) {
            return Err(Refusal::NoPosition);
        }
        hub.rooms[room].topics.take(now, TOPIC_RATE).map_err(|wait_us| Bound::Topics.refusal(wait_us))?;
        let set = || Topic { text: topic.into(), by: nick.clone(), time_ms: now.wall_ms };
        hub.rooms[room].topic = (!topic.is_empty()).then(set);
        hub.append_own(now, room, id, &nick, Body::Topic(topic), "");
        hub.note_changed(room);
    }
    let name = hub.rooms[room].title(None);
    let set =
        hub.rooms[room].topic.as_ref().map(|topic| (topic.text.clone(), topic.by.clone(), topic.time_ms));
    let (topic, by) = match &set {
        Some((text, by, time_ms)) => (&**text, Some((&**by, *time_ms))),
        None => ("", None),
    };
    hub.reply(id, &Reply::Topic { tag, room: &name, topic, by });
    Ok(())
}
