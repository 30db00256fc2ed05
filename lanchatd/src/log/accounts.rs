//! What administrators do with accounts. Never what opens them.

use lanchat_protocol::counted;
use lanchat_protocol::text::clean;
use tracing::info;

use super::setup::later;

/// What such a line takes, about. They are few.
const LINE_BYTES: usize = 512;

/// An administrator has changed an account, or what opens it.
pub fn account_changed(uid: u32, nick: &str, what: &str) {
    let (nick, what) = (nick.to_owned(), clean(what).into_owned());
    later(LINE_BYTES, move || info!(uid, nick, what, "account {nick} {what} by user {uid}"));
}

/// An administrator has made an invite.
pub fn invited(uid: u32, id: &str, role: &'static str, uses: Option<u32>) {
    let id = id.to_owned();
    later(LINE_BYTES, move || {
        let uses_told = uses.map(|uses| format!(", {}", counted(uses, "time"))).unwrap_or_default();
        info!(uid, id, role, uses, "invite {id} to register as {role}{uses_told} made by user {uid}");
    });
}

/// An administrator has revoked one.
pub fn invite_revoked(uid: u32, id: &str) {
    let id = id.to_owned();
    later(LINE_BYTES, move || info!(uid, id, "invite {id} revoked by user {uid}"));
}
