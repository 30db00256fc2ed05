//! What the daemon tells its service manager, and takes from it: `sd_notify(3)`, `sd_listen_fds(3)`.
//!
//! Where there is none (`$NOTIFY_SOCKET` is not set) nobody has any work with it. The variables stay as they are:
//! the daemon starts no other programs, and they are for this process alone (`$LISTEN_PID`, `$WATCHDOG_PID`).

mod manager;
mod passed;
mod standing;
mod watchdog;

pub use manager::{Manager, Reloading};
pub use passed::{Passed, PassedError};
pub use standing::{Changes, Phase, Standing, follow};
pub use watchdog::feed;
