//! `kick`: ends a client's connection.

use lanchat_protocol::admin::{Kicked, Request};

pub(super) fn request(client: String, reason: &[String]) -> Request {
    Request::Kick { client, reason: (!reason.is_empty()).then(|| reason.join(" ")) }
}

pub(super) fn describe(kicked: &Kicked) -> String {
    let nick = if kicked.nick.is_empty() { "a client without a nick" } else { &kicked.nick };
    format!("kicked {nick} (id {}, {})", kicked.id, kicked.address)
}
