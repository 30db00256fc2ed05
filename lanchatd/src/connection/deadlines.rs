//! The deadlines of one connection, on one timer that exists only while there is one.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, Sleep, sleep_until};

/// What may be due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Nothing more has arrived that would show the dialect.
    Sniff,
    /// No hello yet.
    Login,
    /// The unfinished line has been quiet.
    Quiet,
    /// The socket has taken nothing.
    Write,
    /// The goodbye has not been read.
    Close,
}

const KINDS: [Due; 5] = [Due::Sniff, Due::Login, Due::Quiet, Due::Write, Due::Close];

/// When what is due.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    at: [Option<Instant>; KINDS.len()],
    timer: Option<Pin<Box<Sleep>>>,
}

impl Deadlines {
    pub(super) fn set(&mut self, due: Due, at: Option<Instant>) {
        self.at[due as usize] = at;
    }

    pub(super) fn is_set(&self, due: Due) -> bool {
        self.at[due as usize].is_some()
    }

    /// Ready when the next deadline has come, which is cleared; never where there is none.
    pub(super) fn poll_due(&mut self, cx: &mut Context) -> Poll<Due> {
        let set = KINDS.into_iter().filter_map(|due| Some((self.at[due as usize]?, due)));
        let Some((at, due)) = set.min_by_key(|(at, _)| *at) else {
            self.timer = None;
            return Poll::Pending;
        };
        if self.timer.as_ref().is_none_or(|timer| timer.deadline() != at) {
            self.timer = Some(Box::pin(sleep_until(at)));
        }
        let Some(timer) = &mut self.timer else { return Poll::Pending };
        ready!(timer.as_mut().poll(cx));
        self.timer = None;
        self.set(due, None);
        Poll::Ready(due)
    }
}
