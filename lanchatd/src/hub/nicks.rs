//! Who has which nick. Two nicks that share a key are the same (see [`lanchat_protocol::names`]).

use std::collections::HashMap;

use lanchat_protocol::names::{Nick, NickKey, NickKeys};

use super::{Hub, Refusal, SessionId};

/// The nicks that are taken.
#[derive(Debug, Default)]
pub(super) struct Nicks {
    holders: HashMap<NickKey, Holders>,
    /// The number of the last guest.
    guests: u64,
}

/// Who has a nick: one session, or several of one account.
#[derive(Debug)]
struct Holders {
    first: SessionId,
    others: Vec<SessionId>,
}

impl Holders {
    fn iter(&self) -> impl Iterator<Item = SessionId> {
        std::iter::once(self.first).chain(self.others.iter().copied())
    }
}

impl Nicks {
    /// Gives `nick` to a session, or says that somebody else has it: anybody but those who are `of_one` account with it.
    pub(super) fn take(
        &mut self,
        nick: &Nick,
        session: SessionId,
        of_one: impl Fn(SessionId) -> bool,
    ) -> Result<(), Taken> {
        let keys = nick.keys();
        let is_others = |holders: &Holders| holders.iter().any(|holder| holder != session && !of_one(holder));
        if keys.iter().any(|key| self.holders.get(key).is_some_and(is_others)) {
            return Err(Taken);
        }
        for key in keys.iter() {
            match self.holders.get_mut(key) {
                Some(holders) if holders.iter().any(|holder| holder == session) => {}
                Some(holders) => holders.others.push(session),
                None => {
                    self.holders.insert(key.into(), Holders { first: session, others: Vec::new() });
                }
            }
        }
        Ok(())
    }

    /// The next `guestN`, which may be taken.
    fn next_guest(&mut self) -> Nick {
        self.guests += 1;
        Nick::guest(self.guests)
    }

    /// The session gives up `old`; what its `current` nick needs stays.
    pub(super) fn release(&mut self, old: &str, current: Option<&str>, session: SessionId) {
        let kept = current.map(NickKeys::of);
        for key in NickKeys::of(old).iter() {
            let is_kept = kept.as_ref().is_some_and(|kept| kept.iter().any(|other| other == key));
            let Some(holders) = self.holders.get_mut(key).filter(|_| !is_kept) else { continue };
            holders.others.retain(|other| *other != session);
            if holders.first != session {
                continue;
            }
            if holders.others.is_empty() {
                self.holders.remove(key);
            } else {
                holders.first = holders.others.remove(0);
            }
        }
    }

    /// Who has this nick, or one that looks the same: who came first, where several of one account do.
    pub(super) fn holder(&self, nick: &str) -> Option<SessionId> {
        NickKeys::of(nick).iter().find_map(|key| self.holders.get(key).map(|holders| holders.first))
    }

    /// Everybody who has this nick, or one that looks the same.
    pub(super) fn holders(&self, nick: &str) -> Vec<SessionId> {
        let mut all: Vec<SessionId> = Vec::new();
        for holders in NickKeys::of(nick).iter().filter_map(|key| self.holders.get(key)) {
            all.extend(holders.iter());
        }
        all.sort_unstable_by_key(|session| session.serial);
        all.dedup();
        all
    }
}

impl Hub {
    /// Gives `nick` to a session, unless it is another one's, or belongs to somebody whom the session is not.
    pub(super) fn take_nick(&mut self, id: SessionId, nick: &Nick) -> Result<(), Refusal> {
        let Some(session) = self.sessions.get_mut(id.slot).filter(|session| session.id == id) else {
            return Ok(());
        };
        let account = session.account.clone();
        if self.accounts.owner(nick.as_str()).is_some_and(|owner| Some(owner) != account.as_ref()) {
            session.claimed = Some(nick.as_str().into());
            return Err(Refusal::NickRegistered { nick: nick.to_string() });
        }
        let sessions = &self.sessions;
        let of_one = |other: SessionId| {
            account.is_some() && sessions.get(other.slot).is_some_and(|other| other.account == account)
        };
        self.nicks.take(nick, id, of_one).map_err(|_| Refusal::NickTaken { nick: nick.to_string() })
    }

    /// Gives a session the next free `guestN`.
    pub(super) fn take_guest_nick(&mut self, id: SessionId) -> Nick {
        loop {
            let nick = self.nicks.next_guest();
            let is_free = self.accounts.owner(nick.as_str()).is_none();
            if is_free && self.nicks.take(&nick, id, |_| false).is_ok() {
                return nick;
            }
        }
    }
}

/// Somebody else has the nick.
#[derive(Debug)]
pub(super) struct Taken;
