//! The proof that the daemon still turns, for a manager that restarts it where it does not.

use std::rc::Rc;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{MissedTickBehavior, interval};

use super::Manager;
use crate::relay::Relay;

/// A manager that wants to hear more often than this is told this often.
const PERIOD_MIN: Duration = Duration::from_millis(1);

/// Feeds the watchdog (`$WATCHDOG_USEC`, `$WATCHDOG_PID`) for as long as the daemon turns.
///
/// It runs on the thread on which everybody chats, and each time has the hub asked and a pass made: a core that
/// hangs, and a pass that never ends, leave the watchdog hungry. The disk has no part in it.
pub async fn feed(relay: Rc<Relay>, manager: Rc<Manager>) {
    let Some(limit) = sd_notify::watchdog_enabled().filter(|limit| !limit.is_zero()) else { return };
    let mut meals = interval((limit / 2).max(PERIOD_MIN));
    meals.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        meals.tick().await;
        relay.turn().await;
        manager.tell(&[NotifyState::Watchdog]);
    }
}
