//! The deadlines of one connection, on one timer that exists only while there is one.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, Sleep, sleep_until};

/// What may be due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Nothing more has arrived that would show the dialect.
    Sniff,
    /// The handshake is not done yet.
    Handshake,
    /// No hello yet.
    Login,
    /// The unfinished line has been quiet.
    Quiet,
    /// The socket has taken nothing.
    Write,
    /// The goodbye has not been read.
    Close,
}

const KINDS: [Due; 6] = [Due::Sniff, Due::Handshake, Due::Login, Due::Quiet, Due::Write, Due::Close];

/// When what is due. Takes memory and a timer only while something is.
#[derive(Debug, Default)]
pub(super) struct Deadlines(Option<Box<Pending>>);

#[derive(Debug)]
struct Pending {
    at: [Option<Instant>; KINDS.len()],
    timer: Pin<Box<Sleep>>,
}

impl Deadlines {
    pub(super) fn set(&mut self, due: Due, at: Option<Instant>) {
        match (&mut self.0, at) {
            (None, None) => {}
            (None, Some(deadline)) => {
                let mut at = [None; KINDS.len()];
                at[due as usize] = Some(deadline);
                self.0 = Some(Box::new(Pending { at, timer: Box::pin(sleep_until(deadline)) }));
            }
            (Some(pending), at) => pending.at[due as usize] = at,
        }
    }

    pub(super) fn is_set(&self, due: Due) -> bool {
        self.0.as_ref().is_some_and(|pending| pending.at[due as usize].is_some())
    }

    /// Ready when the next deadline has come, which is cleared; never where there is none.
    pub(super) fn poll_due(&mut self, cx: &mut Context) -> Poll<Due> {
        let Some(pending) = &mut self.0 else { return Poll::Pending };
        let set = KINDS.into_iter().filter_map(|due| Some((pending.at[due as usize]?, due)));
        let Some((at, due)) = set.min_by_key(|(at, _)| *at) else {
            self.0 = None;
            return Poll::Pending;
        };
        if pending.timer.deadline() != at {
            pending.timer.as_mut().reset(at);
        }
        ready!(pending.timer.as_mut().poll(cx));
        pending.at[due as usize] = None;
        Poll::Ready(due)
    }
}
