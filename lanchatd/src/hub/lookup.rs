//! What the hub wants to know from the store. It never waits: it asks, goes on, and is told.

use std::net::IpAddr;

use super::{Hub, Now, Output, Position, Session, SessionId};
use crate::kept::{ConversationId, Hit, Message};

/// Searches that wait until what was said before them is written, at most; more are not sure to find it.
const HELD_MAX: usize = 64;

/// What the driver asks of the store for a session; the answer goes to [`Hub::found`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// Names the answer.
    pub ticket: Ticket,
    /// For whom.
    pub id: SessionId,
    /// What.
    pub what: Wanted,
}

/// Tells one lookup from another. Never used twice.
pub type Ticket = u64;

/// What can be looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Messages of a conversation.
    Page {
        /// Which conversation.
        conversation: ConversationId,
        /// From here …
        from: Position,
        /// … until before this.
        until: Position,
        /// So many messages at most …
        limit: usize,
        /// … and about so many bytes, but one message at least.
        bytes: usize,
        /// The last ones, not the first.
        is_backward: bool,
    },
    /// Where in a conversation a moment is.
    Since {
        /// Which conversation.
        conversation: ConversationId,
        /// In milliseconds since 1970 UTC.
        time_ms: i64,
    },
    /// Messages with words.
    Search(Search),
}

/// What is searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// All of them are in the message.
    pub words: Vec<String>,
    /// Whose messages.
    pub from: Option<String>,
    /// Where, and from which position on.
    pub conversations: Vec<(ConversationId, Position)>,
    /// From this moment on, in milliseconds since 1970 UTC.
    pub after_ms: Option<i64>,
    /// Before this moment.
    pub before_ms: Option<i64>,
    /// So many messages at most …
    pub limit: usize,
    /// … and so many before and after each.
    pub context: usize,
}

/// How far back a search has looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// At everything.
    All,
    /// At everything from this moment on, in milliseconds since 1970 UTC, where that is known.
    From(Option<i64>),
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// For [`Wanted::Page`]: the messages in their order, and where the next page begins, if there is more; where
    /// it ends, if the last ones were wanted.
    Page(Vec<Message>, Option<Position>),
    /// For [`Wanted::Since`]: the first message that is not older.
    Since(Option<Position>),
    /// For [`Wanted::Search`]: the newest first, and how far back was looked.
    Hits(Vec<Hit>, Reach),
}

impl Hub {
    /// Has the driver look something up.
    pub(super) fn look_up(&mut self, id: SessionId, what: Wanted) -> Ticket {
        self.tickets += 1;
        let lookup = Lookup { ticket: self.tickets, id, what };
        if let Some(lookup) = self.hold_search(lookup) {
            self.outputs.push(Output::LookUp(lookup));
        }
        self.tickets
    }

    /// A search waits until what was said before it is written, if that can be: whoever searches for what they have
    /// just read finds it.
    fn hold_search(&mut self, lookup: Lookup) -> Option<Lookup> {
        let is_search = matches!(lookup.what, Wanted::Search(_));
        let is_held = is_search && self.held.len() < HELD_MAX;
        let Some(keeper) = self.keeper.as_mut().filter(|keeper| is_held && keeper.is_behind()) else {
            return Some(lookup);
        };
        let batch = keeper.batch_with_all();
        self.held.push_back((batch, lookup));
        None
    }

    /// The store has written up to a batch.
    pub(super) fn release_searches(&mut self, written: u64) {
        while let Some((_, lookup)) = self.held.pop_front_if(|(batch, _)| *batch <= written) {
            self.outputs.push(Output::LookUp(lookup));
        }
    }

    /// From where a session comes, as far as it cannot choose that; `None`: it is gone.
    pub fn origin(&self, id: SessionId) -> Option<IpAddr> {
        self.sessions.get(id.slot).filter(|session| session.id == id).map(Session::origin)
    }

    /// What a lookup has found; `None`: the store could not say.
    pub fn found(&mut self, now: Now, id: SessionId, ticket: Ticket, found: Option<Found>) {
        let Some(session) = self.session(id).filter(|session| !session.is_closing) else { return };
        let is_for = |replay: &super::replay::Replay| replay.waits_for(ticket);
        let number = session.seats.iter().position(|seat| seat.replay.as_deref().is_some_and(is_for));
        if let Some(number) = number {
            return self.replay_found(now, id, number, found);
        }
        let question = session.questions.iter().position(|question| question.ticket == ticket);
        let Some(question) = question.map(|index| session.questions.swap_remove(index)) else { return };
        self.answer_question(now, id, question, found);
    }
}
