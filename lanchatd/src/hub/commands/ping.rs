//! `ping`: a sign of life.

use crate::hub::{Hub, Refusal, Reply, SessionId};

#[expect(clippy::unnecessary_wraps, reason = "the shape of every command")]
pub(super) fn ping(hub: &mut Hub, id: SessionId, tag: Option<&str>) -> Result<(), Refusal> {
    hub.reply(id, &Reply::Pong { tag });
    Ok(())
}
