//! What is said in one place, from some moment on: all of it, in order, each message once, over any number of connections.
//!
//! Pages of what was said before lead up to now; what is said meanwhile waits, and from then on all comes by itself. After a
//! lost connection, or where the relay has skipped something, pages go on behind what was told last.

use std::collections::VecDeque;

use lanchat_protocol::client::{Event, HISTORY_MAX, History, Past};

use crate::reading::Uids;

/// So many messages wait while pages are told. What is more is asked for again.
const WAITING_MAX: usize = 200;

/// Why a relay is not asked for more.
pub(super) const ASTRAY: &str = "the relay tells what was said over and over again";

#[derive(Clone, Debug)]
enum Phase {
    /// So many messages are still to be counted, before a position.
    Back { left: usize, before: Option<u64> },
    /// What comes behind that which was told.
    Forward,
    /// All was told; what is new comes by itself.
    Live,
}

/// Where it begins.
#[derive(Clone, Debug)]
pub(super) enum Start {
    /// With the last messages, so many.
    Last(usize),
    /// With a moment, as the wire has it.
    Since(String),
    /// Behind a position.
    Behind(u64),
}

/// How far that was told.
#[derive(Debug)]
pub(super) struct Following {
    /// A room, or `@ana`.
    place: String,
    /// Whether what is said from now on is wanted too.
    follows: bool,
    phase: Phase,
    history: Option<String>,
    /// A moment to go on from, until something was told.
    since: Option<String>,
    pos: u64,
    /// What comes behind this is not wanted.
    until: Option<u64>,
    last_time: Option<String>,
    /// What was said while pages are told.
    waiting: VecDeque<Past<'static>>,
    has_dropped: bool,
    uids: Uids,
    news: Vec<Past<'static>>,
}

impl Following {
    pub(super) fn new(place: String, start: Start, follows: bool) -> Self {
        let (phase, since, pos) = match start {
            Start::Last(left) => (Phase::Back { left, before: None }, None, 0),
            Start::Since(since) => (Phase::Forward, Some(since), 0),
            Start::Behind(pos) => (Phase::Forward, None, pos),
        };
        Self {
            place,
            follows,
            phase,
            history: None,
            since,
            pos,
            until: None,
            last_time: None,
            waiting: VecDeque::new(),
            has_dropped: false,
            uids: Uids::default(),
            news: Vec::new(),
        }
    }

    /// It begins with the first thing that was said, unless it begins with a moment.
    pub(super) fn begin_anew(&mut self) {
        if let Phase::Back { .. } = self.phase {
            self.phase = Phase::Forward;
        }
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Whether all that was said so far was told.
    pub(super) fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live)
    }

    /// There is a connection. Whether what was said meanwhile may be lost, because the relay has begun anew.
    pub(super) fn welcome(&mut self, history: &str) -> bool {
        self.waiting.clear();
        self.has_dropped = false;
        if self.is_live() {
            self.phase = Phase::Forward;
        }
        let is_other = self.history.as_deref().is_some_and(|known| known != history);
        self.history = Some(history.to_owned());
        if is_other {
            // Positions of another history mean nothing in this one.
            (self.pos, self.until) = (0, None);
            self.since = self.last_time.take().or(self.since.take());
            if matches!(self.phase, Phase::Back { .. }) && self.since.is_some() {
                self.phase = Phase::Forward;
            }
        }
        is_other
    }

    /// The room has been entered: what it is called, and how far it is.
    pub(super) fn entered(&mut self, room: &str, pos: u64) {
        if self.is_it(room) {
            room.clone_into(&mut self.place);
            if !self.follows && matches!(self.phase, Phase::Forward) {
                self.until.get_or_insert(pos);
            }
        }
    }

    /// What to ask the relay for.
    pub(super) fn wants(&self) -> Option<History<'static>> {
        let room = Some(self.place.clone().into());
        match &self.phase {
            Phase::Back { left, before } => {
                let limit = Some((*left).clamp(1, HISTORY_MAX));
                Some(History { room, before: *before, limit, ..History::default() })
            }
            Phase::Forward => {
                let since = self.since.clone().map(Into::into);
                let after = Some(self.pos).filter(|_| since.is_none());
                Some(History { room, after, since, limit: Some(HISTORY_MAX), ..History::default() })
            }
            Phase::Live => None,
        }
    }

    /// The relay has told what was asked for. An error says that this leads nowhere.
    pub(super) fn page(&mut self, messages: Vec<Past>, more: bool) -> Result<(), &'static str> {
        match self.phase {
            Phase::Back { left, before } => self.page_back(messages, more, left, before),
            Phase::Forward => self.page_forward(messages, more),
            Phase::Live => Ok(()),
        }
    }

    /// Something happened.
    pub(super) fn hear(&mut self, event: Event) {
        match event {
            Event::Message { room, pos, time, from, text, action, uid } if self.is_it(&room) => {
                let message = owned(Past { pos, time, from, text, action, uid });
                if self.is_live() {
                    self.tell(message);
                } else if self.follows {
                    if self.waiting.len() >= WAITING_MAX {
                        self.waiting.clear();
                        self.has_dropped = true;
                    }
                    self.waiting.push_back(message);
                }
            }
            // What was skipped is asked for.
            Event::Gap { room, .. } if self.is_it(&room) && self.is_live() => self.phase = Phase::Forward,
            _ => {}
        }
    }

    /// What is to be told, in order; each is handed out once.
    pub(super) fn take_news(&mut self) -> Vec<Past<'static>> {
        std::mem::take(&mut self.news)
    }

    /// Whether something of that name happens here.
    pub(super) fn is_it(&self, room: &str) -> bool {
        room == self.place || room.to_lowercase() == self.place.to_lowercase()
    }

    fn page_back(
        &mut self,
        messages: Vec<Past>,
        more: bool,
        left: usize,
        before: Option<u64>,
    ) -> Result<(), &'static str> {
        let (first, last) = (messages.first().map(|first| first.pos), messages.last().map(|last| last.pos));
        let is_all = messages.len() >= left || !more;
        if before.is_none() && !self.follows {
            self.until = last;
        }
        if before.is_none() && is_all {
            let unwanted = messages.len().saturating_sub(left);
            messages.into_iter().skip(unwanted).for_each(|message| self.tell(owned(message)));
            self.pos = self.pos.max(last.unwrap_or_default());
            self.settle();
        } else if is_all {
            let from = messages.len().saturating_sub(left);
            let begin = messages.get(from).map(|message| message.pos).or(before).unwrap_or_default();
            self.pos = begin.saturating_sub(1);
            self.phase = Phase::Forward;
        } else {
            let first = first.filter(|first| before.is_none_or(|before| *first < before)).ok_or(ASTRAY)?;
            self.phase = Phase::Back { left: left - messages.len(), before: Some(first) };
        }
        Ok(())
    }

    fn page_forward(&mut self, messages: Vec<Past>, more: bool) -> Result<(), &'static str> {
        let before = self.pos;
        for message in messages {
            if self.until.is_some_and(|until| message.pos > until) {
                self.settle();
                return Ok(());
            }
            self.tell(owned(message));
        }
        if !more {
            self.settle();
        } else if self.pos <= before {
            return Err(ASTRAY);
        }
        Ok(())
    }

    /// The pages have come to their end.
    fn settle(&mut self) {
        if std::mem::take(&mut self.has_dropped) {
            self.waiting.clear();
            self.phase = Phase::Forward;
            return;
        }
        self.phase = Phase::Live;
        while let Some(message) = self.waiting.pop_front() {
            self.tell(message);
        }
    }

    fn tell(&mut self, message: Past<'static>) {
        if message.pos <= self.pos {
            return;
        }
        self.pos = message.pos;
        self.since = None;
        if message.uid.as_deref().is_none_or(|uid| self.uids.is_new(uid)) {
            self.last_time = Some(message.time.clone().into_owned());
            self.news.push(message);
        }
    }
}

fn owned(message: Past) -> Past<'static> {
    let Past { pos, time, from, text, action, uid } = message;
    let own = |words: std::borrow::Cow<str>| words.into_owned().into();
    Past { pos, time: own(time), from: own(from), text: own(text), action, uid: uid.map(own) }
}

#[cfg(test)]
mod tests;
