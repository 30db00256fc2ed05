//! `quit`: a session leaves.

use lanchat_protocol::client::Farewell;

use crate::hub::{Hub, Refusal, SessionId};

#[expect(clippy::unnecessary_wraps, reason = "the shape of every command")]
pub(super) fn quit(hub: &mut Hub, id: SessionId) -> Result<(), Refusal> {
    hub.close(id, Farewell::Quit, "you left");
    Ok(())
}
