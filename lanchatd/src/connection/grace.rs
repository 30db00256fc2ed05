//! How long a client may take to say who it is.

use std::time::Duration;

use lanchat_protocol::client::Farewell;
use tokio::time::Instant;

use super::deadlines::Due;
use super::{Connection, Ending, Phase};
use crate::dialect::Decoder;
use crate::dialect::sniff::is_half_a_request;
use crate::flusher::flush;
use crate::hub::{Hub, Refusal};

impl Connection {
    /// The time for a hello is over.
    pub(super) fn login_is_due(&mut self) {
        match &self.phase {
            Phase::Sniffing(bytes) if is_half_a_request(bytes) => self.refuse_http(),
            Phase::Sniffing(_) | Phase::Speaking(Decoder::Text(_)) => {}
            Phase::Speaking(Decoder::Native(_)) => {
                let id = self.link.id;
                if self.relay.ask(|hub, _| hub.describe(id).is_some_and(|(nick, ..)| !nick.is_empty())) {
                    return;
                }
                let grace_ms = self.relay.limits().login_grace_ms;
                // It has said hello, and is not the one that takes its time; or it asks what it came to ask.
                let has_longer =
                    |hub: &Hub, now| hub.is_being_checked(id) || hub.is_probing(now, id, grace_ms);
                if self.relay.ask(has_longer) {
                    let again = Instant::now() + Duration::from_millis(grace_ms);
                    return self.deadlines.set(Due::Login, Some(again));
                }
                self.relay.act(|hub, now| {
                    hub.refuse(now, id, None, Refusal::LoginTimeout { grace_ms });
                    hub.close(id, Farewell::LoginTimeout, "no hello in time");
                });
                flush(&self.relay, &self.link);
                self.ending = Some(Ending::LoginTimeout);
            }
        }
    }
}
