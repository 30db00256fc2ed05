//! What others can have written, within the bound of [`super::flood`].

use std::net::IpAddr;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;
use tracing::{info, warn};

use super::flood::{Floods, Kind, Summary};
use super::message_id::FLOOD;
use super::setup::later;
use crate::clock::Clock;

/// What a summary takes, about.
const LINE_BYTES: usize = 512;

/// The process has one log.
static FLOODS: LazyLock<Mutex<Floods>> = LazyLock::new(Mutex::default);
static CLOCK: LazyLock<Clock> = LazyLock::new(Clock::start);
/// Something was not written: a summary will be due.
static UNWRITTEN: Notify = Notify::const_new();

/// It happened, so many times. Whether it is to be written.
pub(super) fn is_written(kind: Kind, from: Option<IpAddr>, times: u64) -> bool {
    let is_written = floods().note(CLOCK.now(), kind, from, times);
    if !is_written {
        UNWRITTEN.notify_one();
    }
    is_written
}

/// Somebody was refused something for this reason, so many times. Whether it is to be written.
pub(super) fn is_refusal_written(kind: Kind, from: IpAddr, code: &'static str, times: u64) -> bool {
    let is_written = is_written(kind, Some(from), times);
    if !is_written {
        floods().count_code(kind, code, times);
    }
    is_written
}

/// It happened, so many times, and is not to be written in any case.
pub(super) fn count(kind: Kind, from: Option<IpAddr>, times: u64) {
    if times > 0 {
        floods().count(CLOCK.now(), kind, from, times);
        UNWRITTEN.notify_one();
    }
}

/// Sums up what was not written, for as long as the daemon lives. Sleeps where there is nothing.
pub async fn sum_up() {
    loop {
        let due_us = floods().due_us(CLOCK.now());
        match due_us {
            Some(us) => sleep(Duration::from_micros(us)).await,
            None => UNWRITTEN.notified().await,
        }
        let summaries = floods().sum_up(CLOCK.now(), false);
        summaries.into_iter().for_each(write);
    }
}

/// The daemon ends: what was not written by now is summed up.
pub(super) fn sum_up_all() {
    let summaries = floods().sum_up(CLOCK.now(), true);
    summaries.into_iter().for_each(write);
}

fn write(summary: Summary) {
    later(LINE_BYTES, move || {
        let Summary { times, seconds, addresses, .. } = summary;
        let (most_from, most_times) = (summary.most_from(), summary.most.map(|(_, times)| times));
        let mostly = summary.mostly;
        let what = summary.kind.words();
        if summary.may_be_an_attack() {
            warn!(
                message_id = FLOOD,
                what, times, seconds, addresses, most_from, most_times, mostly, "{summary}"
            );
        } else {
            info!(what, times, seconds, addresses, most_from, most_times, mostly, "{summary}");
        }
    });
}

fn floods() -> MutexGuard<'static, Floods> {
    FLOODS.lock().unwrap_or_else(PoisonError::into_inner)
}
