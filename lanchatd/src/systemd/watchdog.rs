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
    if let Some(limit) = sd_notify::watchdog_enabled().filter(|limit| !limit.is_zero()) {
        feed_every((limit / 2).max(PERIOD_MIN), &relay, &manager).await;
    }
}

async fn feed_every(period: Duration, relay: &Relay, manager: &Manager) {
    let mut meals = interval(period);
    meals.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        meals.tick().await;
        relay.turn().await;
        manager.tell(&[NotifyState::Watchdog]);
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::{LocalSet, spawn_local};
    use tokio::time::{sleep, timeout};

    use super::*;
    use crate::config::Config;
    use crate::config::networks::networks;
    use crate::flusher;
    use crate::systemd::manager::tests::{heard, reached};

    #[test]
    fn it_goes_hungry_where_nobody_makes_a_pass() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        LocalSet::new().block_on(&runtime, async {
            let config = Config::default();
            let relay = Rc::new(Relay::new(
                &config,
                networks(&config.listen.allow).unwrap(),
                crate::passwords::Passwords::start().unwrap().0,
                None,
            ));
            let (manager, socket) = reached();
            let feeding = feed_every(PERIOD_MIN, &relay, &manager);
            assert!(timeout(20 * PERIOD_MIN, feeding).await.is_err(), "it feeds for ever");
            assert_eq!(heard(&socket), [""; 0]);

            spawn_local(flusher::run(relay.clone()));
            let meal = async {
                while heard(&socket).is_empty() {
                    sleep(PERIOD_MIN).await;
                }
            };
            tokio::select! {
                () = feed_every(PERIOD_MIN, &relay, &manager) => {}
                () = meal => {}
            }
        });
    }
}
