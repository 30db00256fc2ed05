//! What a person asked for and the relay has not confirmed yet: in order, one at a time, each once.
//!
//! One request at a time keeps the order when the relay refuses one for a while. The outbox outlives
//! connections: what was out when one broke goes out again on the next, with the id that it had, by which the
//! relay knows what it has accepted already. But a question does not: one that brings the relay, or what is between,
//! to its knees would keep the messages behind it for ever. It never waits and never sends: it says what to send.

mod errand;
mod pieces;

use std::collections::VecDeque;

use lanchat_protocol::client::{Code, write_line};

pub(crate) use errand::Errand;
pub(crate) use pieces::pieces;

/// How long a request may stay unanswered before the connection counts as broken, in milliseconds.
const ANSWER_MS: u64 = 60_000;

/// The pause after a refusal that names none, in milliseconds.
const PAUSE_MS: u64 = 1_000;

/// The shortest and the longest pause that a relay can ask for, in milliseconds.
const PAUSES_MS: (u64, u64) = (10, 60_000);

/// An errand that is out of the outbox.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settled {
    /// The errand.
    pub(crate) errand: Errand,
    /// Whether a person asked for it; otherwise it was to restore what there was before the connection.
    pub(crate) is_typed: bool,
}

/// What became of the errand that a refusal is about.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It goes out again after this many milliseconds.
    Later(u64),
    /// It will not be done.
    Final(Settled),
    /// The refusal is about something else.
    NotOurs,
}

/// An errand that does not fit what the relay takes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong {
    /// The errand, which was dropped.
    pub(crate) settled: Settled,
    /// Its size on the wire in bytes.
    pub(crate) bytes: usize,
}

/// An errand on its way out.
#[derive(Debug)]
struct Queued {
    errand: Errand,
    /// The id that it went out with before.
    id: Option<String>,
    /// It was out when a connection broke, so the relay may have done it.
    is_uncertain: bool,
    /// It does not wait with the others, for it says or asks who the person is, or asks for something.
    passes: bool,
}

#[derive(Debug)]
struct Sent {
    id: String,
    settled: Settled,
    since_ms: u64,
    was_uncertain: bool,
    passes: bool,
}

/// The errands of a person.
#[derive(Debug)]
pub(crate) struct Outbox {
    errands_max: usize,
    /// What nobody typed, for this connection alone: it comes before all else.
    restoring: VecDeque<Errand>,
    waiting: VecDeque<Queued>,
    sent: Option<Sent>,
    last_id: u64,
    not_before_ms: u64,
    /// What waits is not said before it is clear who says it.
    is_held: bool,
}

impl Outbox {
    /// An empty outbox that holds up to `errands_max` errands.
    pub(crate) fn new(errands_max: usize) -> Self {
        let (restoring, waiting) = (VecDeque::new(), VecDeque::new());
        Self { errands_max, restoring, waiting, sent: None, last_id: 0, not_before_ms: 0, is_held: false }
    }

    /// Takes an errand, or gives it back when there is no room. A question does not wait for the messages
    /// before it; a nick does, for they are said under the old one.
    pub(crate) fn push(&mut self, errand: Errand) -> Result<(), Errand> {
        if self.len() >= self.errands_max {
            return Err(errand);
        }
        if self.is_held && (errand.is_question() || errand.tells_who()) {
            let at = self.waiting.iter().take_while(|queued| queued.passes).count();
            self.waiting.insert(at, Queued { passes: true, ..errand.into() });
            return Ok(());
        }
        let mut at = self.waiting.len();
        if errand.is_question() {
            let moves = |queued: &Queued| queued.errand.moves();
            let after_move = self.waiting.iter().rposition(moves).map_or(0, |moves| moves + 1);
            let is_say = |queued: &Queued| matches!(queued.errand, Errand::Say { .. });
            let overtaken = self.waiting.iter().skip(after_move).position(is_say);
            at = overtaken.map_or(at, |overtaken| after_move + overtaken);
        }
        self.waiting.insert(at, errand.into());
        Ok(())
    }

    /// What waits was typed by somebody whom the relay takes for somebody else now: it waits on, and so does what
    /// is pushed, but for questions and what says who the person is.
    pub(crate) fn hold(&mut self) {
        self.is_held = true;
    }

    /// It is clear who says what waits.
    pub(crate) fn release(&mut self) {
        self.is_held = false;
    }

    /// Whether what waits is held.
    pub(crate) fn is_held(&self) -> bool {
        self.is_held
    }

    /// Whether the next of what the person typed may go out.
    fn is_passable(&self) -> bool {
        self.waiting.front().is_some_and(|queued| queued.passes || !self.is_held)
    }

    /// On a new connection, these come first. They are asked for anew on the next.
    pub(crate) fn restore(&mut self, errands: impl IntoIterator<Item = Errand>) {
        self.restoring = errands.into_iter().collect();
    }

    /// This comes before all else that is to be restored.
    pub(crate) fn restore_next(&mut self, errand: Errand) {
        self.restoring.push_front(errand);
    }

    /// Whether what there was before is still being restored.
    pub(crate) fn is_restoring(&self) -> bool {
        !self.restoring.is_empty() || self.sent.as_ref().is_some_and(|sent| !sent.settled.is_typed)
    }

    /// Appends the next request to `out`, if one may go out now.
    pub(crate) fn send(&mut self, now_ms: u64, line_bytes_max: usize, out: &mut Vec<u8>) -> Option<TooLong> {
        if self.sent.is_some() || now_ms < self.not_before_ms {
            return None;
        }
        let restored = self.restoring.pop_front().map(Queued::from);
        let is_typed = restored.is_none();
        let typed = |this: &mut Self| this.is_passable().then(|| this.waiting.pop_front()).flatten();
        let Queued { errand, id, is_uncertain, passes } = restored.or_else(|| typed(self))?;
        let id = id.unwrap_or_else(|| {
            self.last_id += 1;
            self.last_id.to_string()
        });
        let start = out.len();
        write_line(&errand.request(&id), out);
        let bytes = out.len() - start - 1;
        let settled = Settled { errand, is_typed };
        if bytes > line_bytes_max {
            out.truncate(start);
            return Some(TooLong { settled, bytes });
        }
        self.sent = Some(Sent { id, settled, since_ms: now_ms, was_uncertain: is_uncertain, passes });
        None
    }

    /// The relay did what the request with this id asked for.
    pub(crate) fn done(&mut self, id: Option<&str>) -> Option<Settled> {
        let sent = self.sent.take_if(|sent| Some(sent.id.as_str()) == id)?;
        Some(sent.settled)
    }

    /// The relay refused a request. Without an id, some refusals can only be about the one that is out.
    pub(crate) fn refused(
        &mut self,
        id: Option<&str>,
        code: Code,
        retry_after_ms: Option<u64>,
        now_ms: u64,
    ) -> Refusal {
        let unnamed = id.is_none() && matches!(code, Code::LineTooLong | Code::BadJson | Code::BadRequest);
        let Some(sent) = self.sent.take_if(|sent| unnamed || Some(sent.id.as_str()) == id) else {
            return Refusal::NotOurs;
        };
        if !matches!(code, Code::RateLimited | Code::Stopping) {
            return Refusal::Final(sent.settled);
        }
        let pause_ms = retry_after_ms.unwrap_or(PAUSE_MS).clamp(PAUSES_MS.0, PAUSES_MS.1);
        self.not_before_ms = now_ms.saturating_add(pause_ms);
        let Sent { id, settled: Settled { errand, is_typed }, was_uncertain, passes, .. } = sent;
        if is_typed {
            // What a new id would double is what was accepted on another connection.
            self.waiting.push_front(Queued { errand, id: Some(id), is_uncertain: was_uncertain, passes });
        } else {
            self.restoring.push_front(errand);
        }
        Refusal::Later(pause_ms)
    }

    /// The relay has answered the request with this id, or whatever question is out, in a way that nobody can read.
    pub(crate) fn garbled(&mut self, id: Option<&str>) -> Option<Settled> {
        let is_it = |sent: &mut Sent| match id {
            Some(id) => sent.id == id,
            None => sent.settled.errand.is_question(),
        };
        Some(self.sent.take_if(is_it)?.settled)
    }

    /// The relay owes an answer for too long. What is no message is not asked for again: it would keep those that
    /// wait behind it.
    pub(crate) fn give_up_overdue(&mut self) -> Option<Settled> {
        let is_say = |sent: &Sent| matches!(sent.settled.errand, Errand::Say { .. });
        Some(self.sent.take_if(|sent| !is_say(sent))?.settled)
    }

    /// The connection broke. What was out goes out again, but for a topic, since the relay would set it twice, and
    /// for a question that somebody has typed. These are returned.
    pub(crate) fn disconnected(&mut self) -> Option<Errand> {
        self.not_before_ms = 0;
        self.restoring.clear();
        let Sent { id, settled: Settled { errand, is_typed }, passes, .. } = self.sent.take()?;
        if matches!(errand, Errand::Topic { topic: Some(_), .. }) || is_typed && errand.is_question() {
            return Some(errand);
        }
        if is_typed {
            self.waiting.push_front(Queued { errand, id: Some(id), is_uncertain: true, passes });
        }
        None
    }

    /// When [`Outbox::send`] or [`Outbox::is_overdue`] is worth a call, if nothing else happens.
    pub(crate) fn due_ms(&self) -> Option<u64> {
        match &self.sent {
            Some(sent) => Some(sent.since_ms.saturating_add(ANSWER_MS)),
            None if !self.is_passable() && self.restoring.is_empty() => None,
            None => Some(self.not_before_ms),
        }
    }

    /// Whether the relay owes an answer for too long.
    pub(crate) fn is_overdue(&self, now_ms: u64) -> bool {
        self.sent.as_ref().is_some_and(|sent| now_ms >= sent.since_ms.saturating_add(ANSWER_MS))
    }

    /// How many errands of the person are not done.
    pub(crate) fn len(&self) -> usize {
        self.errands().count()
    }

    /// The errands of the person that are not done, in order.
    pub(crate) fn errands(&self) -> impl Iterator<Item = &Errand> {
        let sent = self.sent.iter().map(|sent| &sent.settled).filter(|settled| settled.is_typed);
        sent.map(|settled| &settled.errand).chain(self.waiting.iter().map(|queued| &queued.errand))
    }

    /// What the relay may have done already.
    pub(crate) fn uncertain(&self) -> impl Iterator<Item = &Errand> {
        let waiting = self.waiting.iter().filter(|queued| queued.is_uncertain);
        self.sent.iter().map(|sent| &sent.settled.errand).chain(waiting.map(|queued| &queued.errand))
    }

    /// Nothing more will be sent. Takes out what the relay may have done.
    pub(crate) fn abandoned(&mut self) -> Vec<Errand> {
        let sent = self.sent.take().map(|sent| sent.settled.errand);
        let (uncertain, waiting) = self.waiting.drain(..).partition(|queued| queued.is_uncertain);
        self.waiting = waiting;
        let uncertain: VecDeque<Queued> = uncertain;
        sent.into_iter().chain(uncertain.into_iter().map(|queued| queued.errand)).collect()
    }
}

impl From<Errand> for Queued {
    fn from(errand: Errand) -> Self {
        Self { errand, id: None, is_uncertain: false, passes: false }
    }
}

#[cfg(test)]
mod tests;
