//! Ctrl-C and SIGTERM: the relay that was started here has to be ended first.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::failure::Failure;

static IS_ASKED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Notes these signals from now on instead of dying of them.
pub fn watch() -> Result<(), Failure> {
    let is_asked = IS_ASKED.get_or_init(Arc::default);
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, is_asked.clone())
            .map_err(|source| Failure::System { what: "watch for signals", source })?;
    }
    Ok(())
}

/// Fails once somebody has asked for the end.
pub fn check() -> Result<(), Failure> {
    match IS_ASKED.get() {
        Some(is_asked) if is_asked.load(Ordering::Relaxed) => Err(Failure::Interrupted),
        Some(_) | None => Ok(()),
    }
}
