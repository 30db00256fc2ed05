//! `/help`: the list of commands.

use crate::hub::{Hub, Now, Refusal, Reply, SessionId};

pub(super) fn help(hub: &mut Hub, now: Now, id: SessionId) -> Result<(), Refusal> {
    super::take_quota(hub, now, id)?;
    hub.reply(id, &Reply::Help);
    Ok(())
}
