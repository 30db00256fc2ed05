//! `ping`: whether a relay answers, and how fast.

use std::time::Duration;

use lanchat_protocol::client::Event;

use super::{Business, Desk, Part};
use crate::exit::Exit;
use crate::liaison::Turn;
use crate::outbox::Errand;

/// How long after one question the next one is asked, in milliseconds.
const PAUSE_MS: u64 = 1_000;

/// Questions and answers.
#[derive(Debug)]
pub(super) struct Rounds {
    relay: String,
    left: u32,
    /// When the next question is asked, in milliseconds.
    next_ms: u64,
    /// Nothing is asked until then.
    is_pausing: bool,
    /// How long the program runs, and when it has asked.
    elapsed: Duration,
    asked: Duration,
}

impl Rounds {
    pub(super) fn new(count: u32, relay: String) -> Self {
        Self {
            relay,
            left: count,
            next_ms: 0,
            is_pausing: false,
            elapsed: Duration::ZERO,
            asked: Duration::ZERO,
        }
    }
}

impl Part for Rounds {
    const BUSINESS: Business = Business::Knocks;

    fn hear(&mut self, turn: Turn, desk: &mut Desk, now_ms: u64) {
        match turn {
            Turn::Done(Event::Pong { .. }) => {
                let took = self.elapsed.saturating_sub(self.asked);
                desk.print(&format!("{} answers after {:.3} ms", self.relay, took.as_secs_f64() * 1_000.0));
                self.left = self.left.saturating_sub(1);
                self.is_pausing = true;
                if self.left == 0 {
                    desk.liaison.say_goodbye(now_ms);
                }
            }
            Turn::Refused(_, _, message) => desk.stop(&message),
            Turn::Unanswered(_, why) => desk.stop(why),
            Turn::Welcome { .. } => {
                // What was out when a connection was lost is asked again on this one.
                self.asked = self.elapsed;
                self.is_pausing = now_ms < self.next_ms;
            }
            Turn::Done(..) | Turn::Event(_) | Turn::NoRoom(_) | Turn::Nothing => {}
        }
    }

    fn errand(&mut self, now_ms: u64) -> Option<Errand> {
        if self.left == 0 || now_ms < self.next_ms {
            return None;
        }
        self.next_ms = now_ms.saturating_add(PAUSE_MS);
        self.asked = self.elapsed;
        Some(Errand::Ping)
    }

    fn tick(&mut self, _: &mut Desk, now_ms: u64) {
        self.is_pausing &= now_ms < self.next_ms;
    }

    fn due_ms(&self) -> Option<u64> {
        (self.left > 0 && self.is_pausing).then_some(self.next_ms)
    }

    fn runs_for(&mut self, elapsed: Duration) {
        self.elapsed = elapsed;
    }

    fn exit(&self) -> Option<Exit> {
        (self.left == 0).then_some(Exit::Well)
    }
}
