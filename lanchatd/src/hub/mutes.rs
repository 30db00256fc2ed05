//! Who may say nothing.

use super::culprit::Culprit;
use super::policy::Rank;
use super::term::Term;
use super::{Now, Session};
use crate::kept;

/// That somebody may say nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mute {
    pub(super) culprit: Culprit,
    pub(super) term: Term,
}

/// All of a room, or of the relay.
#[derive(Debug, Default)]
pub(super) struct Mutes(Vec<Mute>);

impl Mutes {
    /// The mute that holds for a session.
    pub(super) fn of(&self, session: &Session, rank: Rank, now: Now) -> Option<&Mute> {
        self.0.iter().find(|mute| mute.term.holds(rank, now.wall_ms) && mute.culprit.is(session))
    }

    /// The mute of somebody, whoever has decided it.
    pub(super) fn find(&self, culprit: &Culprit, now: Now) -> Option<&Mute> {
        self.0.iter().find(|mute| mute.culprit.is_same(culprit) && !mute.term.is_over(now.wall_ms))
    }

    /// Takes one in, in place of one of the same person; false: there are as many as may be.
    pub(super) fn add(&mut self, mute: Mute, max: usize) -> bool {
        let now_ms = mute.term.since_ms;
        self.0.retain(|other| !other.term.is_over(now_ms) && !other.culprit.is_same(&mute.culprit));
        let fits = self.0.len() < max;
        if fits {
            self.0.push(mute);
        }
        fits
    }

    /// Ends those of somebody.
    pub(super) fn remove(&mut self, culprit: &Culprit) {
        self.0.retain(|mute| !mute.culprit.is_same(culprit));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Mute> {
        self.0.iter()
    }

    pub(super) fn kept(&self) -> Vec<kept::Mute> {
        self.0
            .iter()
            .map(|mute| kept::Mute { culprit: mute.culprit.kept(), term: mute.term.kept() })
            .collect()
    }

    pub(super) fn from_kept(kept: Vec<kept::Mute>) -> Self {
        let mute = |mute: kept::Mute| Mute {
            culprit: Culprit::from_kept(mute.culprit),
            term: Term::from_kept(mute.term),
        };
        Self(kept.into_iter().map(mute).collect())
    }
}
