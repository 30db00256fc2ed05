//! What the relay goes by where it speaks TLS, and how that goes.

use std::cell::Cell;
use std::rc::Rc;

use lanchat_protocol::admin;
use lanchat_protocol::moment::utc;

use super::Relay;
use crate::config::Mode;
use crate::log;
use crate::tls::Server;

impl Relay {
    /// From here on, new connections go by this; those that are there go on as they are. The keys of the configuration
    /// whose files have changed.
    pub fn present(&self, server: Option<Server>) -> Vec<&'static str> {
        let server = server.map(Rc::new);
        let before = self.tls.replace(server.clone());
        let Some(server) = server else { return Vec::new() };
        let changed = before.as_ref().map(|before| server.changed_since(before));
        if changed.as_ref().is_none_or(|changed| !changed.is_empty()) {
            log::key_changed(&server, self.clock.now().wall_ms);
        }
        changed.unwrap_or_default()
    }

    /// How it encrypts, but for how many.
    pub fn tls_status(&self) -> admin::Tls {
        let tally = &self.tally;
        let counted = admin::Tls {
            mode: Mode::Off.name().to_owned(),
            handshakes: tally.handshakes.get(),
            failures: tally.tls_failures.iter().map(Cell::get).sum(),
            ..admin::Tls::default()
        };
        let server = self.tls.borrow();
        let Some(server) = server.as_ref() else { return counted };
        admin::Tls {
            mode: server.mode().name().to_owned(),
            fingerprint: Some(server.fingerprint()),
            key: Some(server.key_path().display().to_string()),
            expires: server.ends_s().map(|ends_s| utc(ends_s.saturating_mul(1000))),
            warnings: server.warnings(self.clock.now().wall_ms / 1000),
            ..counted
        }
    }
}
