//! A client, as a careful program is one: it knows where it is, sends again what it has heard nothing of, and shows
//! nothing twice.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::super::*;
use crate::hub::run::Run;

/// Who has a name.
pub(super) const PEOPLE: [&str; 4] = ["ana", "bob", "kim", "eve"];

/// Ana, bob and kim by their own programs; a guest; eve, whose program gives its run no name; and somebody else who
/// takes ana's name when she is not here.
pub(super) const CLIENTS: usize = 6;
pub(super) const PLAIN: usize = 4;
pub(super) const IMPOSTOR: usize = 5;

/// What it wants to say, and has not heard of yet.
#[derive(Debug)]
pub(super) struct Unheard {
    pub(super) number: usize,
    /// It was taken, but may be lost yet.
    pub(super) is_unsure: bool,
}

/// Something it has asked.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) room: String,
    pub(super) after: Option<Position>,
    pub(super) before: Option<Position>,
    /// What was on the disk then.
    pub(super) kept: BTreeMap<Position, usize>,
}

#[derive(Debug, Default)]
pub(super) struct Client {
    pub(super) nick: Option<&'static str>,
    /// The name that it gives its run.
    pub(super) secret: Option<String>,
    /// It sends again what may be lost yet.
    pub(super) is_careful: bool,
    pub(super) id: Option<SessionId>,
    /// Its last connection that broke.
    pub(super) lost: Option<SessionId>,
    /// It has said hello, and asked for what it missed.
    pub(super) hello: Option<bool>,
    pub(super) is_welcome: bool,
    /// What has arrived and was not read.
    pub(super) incoming: Vec<u8>,
    pub(super) history: Option<String>,
    /// The last position read or passed, by room.
    pub(super) places: BTreeMap<String, Position>,
    /// Where it waits for what comes after a gap.
    pub(super) gaps: BTreeSet<String>,
    /// From where until where it has to have seen everything, by room.
    pub(super) due: BTreeMap<String, Vec<(Position, Position)>>,
    pub(super) unheard: VecDeque<Unheard>,
    pub(super) seen: BTreeSet<usize>,
    pub(super) asking: BTreeMap<String, Asking>,
    /// Of messages to it alone that were said before, some may be lost on the way to it.
    pub(super) excused: BTreeMap<String, usize>,
    /// It has come back once without a word on where it was.
    pub(super) is_forgetful: bool,
    /// How many times the relay had begun anew when it was last welcome.
    pub(super) era: usize,
}

impl Client {
    pub(super) fn all() -> Vec<Self> {
        let client = |(number, nick): (usize, Option<&'static str>)| Self {
            nick,
            secret: (number != PLAIN).then(|| format!("secret of {number}")),
            is_careful: number % 2 == 0,
            ..Self::default()
        };
        let nicks = [Some("ana"), Some("bob"), Some("kim"), None, Some("eve"), Some("ana")];
        nicks.into_iter().enumerate().map(client).collect()
    }

    /// What others call its run.
    pub(super) fn run(&self) -> Option<String> {
        self.secret.as_deref().map(|secret| Run::of(secret).to_string())
    }

    /// Whether it may be told again what the disk does not know to have been told: it does not say where it was, or
    /// cannot say by which run, or somebody else had the name.
    pub(super) fn may_hear_again(&self, room: &str) -> bool {
        let is_alone = self.secret.is_some() && self.nick != Some(PEOPLE[0]);
        room.starts_with('@') && !(is_alone && self.hello == Some(true))
    }

    /// Its connection is gone.
    pub(super) fn loses(&mut self) -> Option<SessionId> {
        self.incoming.clear();
        (self.hello, self.is_welcome) = (None, false);
        self.asking.clear();
        self.id.take()
    }

    /// What a peer has said up to this message may be lost on the way to it.
    pub(super) fn excuses(&mut self, peer: &str, said: usize) {
        let excused = self.excused.entry(peer.to_owned()).or_default();
        *excused = said.max(*excused);
    }

    /// From here on it has to see everything in a room.
    pub(super) fn opens(&mut self, room: &str, from: Position) {
        self.closes(room);
        self.due.entry(room.to_owned()).or_default().push((from, Position::MAX));
    }

    /// It has seen everything in a room up to here, and what comes it may miss.
    pub(super) fn closes(&mut self, room: &str) {
        let end = self.places.get(room).copied().unwrap_or(0) + 1;
        if let Some(last) = self.due.get_mut(room).and_then(|due| due.last_mut()) {
            last.1 = last.1.min(end);
        }
    }
}
