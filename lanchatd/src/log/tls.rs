//! What the relay is known by.

use tracing::{info, warn};

use super::setup::later;
use crate::tls::Server;

/// What such a line takes, about.
const LINE_BYTES: usize = 512;

/// The key with which the relay starts, and what of it needs attention. `now_ms` is in milliseconds since 1970.
pub fn key(server: &Server, now_ms: i64) {
    let (fingerprint, path) = (server.fingerprint().to_string(), server.key_path().display().to_string());
    let mode = server.mode().name();
    later(LINE_BYTES, move || {
        info!(fingerprint, path, mode, "TLS is {mode}, with the key {fingerprint} ({path})");
    });
    warn_of(server, now_ms);
}

/// New connections are shown another certificate or key.
pub fn key_changed(server: &Server, now_ms: i64) {
    let (fingerprint, path) = (server.fingerprint().to_string(), server.key_path().display().to_string());
    later(LINE_BYTES, move || {
        info!(fingerprint, path, "new connections are shown the key {fingerprint} ({path})");
    });
    warn_of(server, now_ms);
}

fn warn_of(server: &Server, now_ms: i64) {
    for why in server.warnings(now_ms / 1000) {
        later(LINE_BYTES, move || warn!(why, "TLS: {why}"));
    }
}
