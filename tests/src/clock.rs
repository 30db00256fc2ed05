//! Deadlines.

use std::io::Write;
use std::time::{Duration, Instant};

use rustix::process::geteuid;

/// How long anything may take before a test gives up: far longer than it takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How often something is looked at that cannot be waited for.
const PERIOD: Duration = Duration::from_millis(10);

/// Looks until `look` finds something. Only for what tells nobody that it has changed, such as counters.
///
/// # Panics
/// When [`PATIENCE`] ends: `what` was expected.
pub fn eventually<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    eventually_within(PATIENCE, what, look)
}

/// The same for what takes longer by itself.
///
/// # Panics
/// When `patience` ends: `what` was expected.
pub fn eventually_within<T>(patience: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < patience, "waited {patience:?} in vain: {what}");
        std::thread::sleep(PERIOD);
    }
}

/// Says in one line that a test cannot run here. Where `CI` is set every test has to run.
///
/// # Panics
/// Where `CI` is set.
pub fn skip(reason: &str) {
    assert!(std::env::var_os("CI").is_none(), "skipped: {reason}");
    // Not with a macro: the test harness would keep it from whoever looks on.
    let _ = writeln!(std::io::stderr(), "skipped: {reason}");
}

/// The same for what only root may do: where `CI` is set, it has to run if root runs it.
///
/// # Panics
/// Where `CI` is set and root runs it.
pub fn skip_without_root(reason: &str) {
    if geteuid().is_root() {
        return skip(reason);
    }
    let _ = writeln!(std::io::stderr(), "skipped: {reason}");
}
