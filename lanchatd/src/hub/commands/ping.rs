//! `ping`: a sign of life.

use crate::hub::{Hub, Now, Refusal, Reply, SessionId};

pub(super) fn ping(hub: &mut Hub, now: Now, id: SessionId, tag: Option<&str>) -> Result<(), Refusal> {
    // Whether others at its address are too fast says nothing about whether it is there.
    hub.take_own_quota(now, id)?;
    hub.reply(id, &Reply::Pong { tag });
    Ok(())
}
