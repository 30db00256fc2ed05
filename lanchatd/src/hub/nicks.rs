//! Who has which nick. Two nicks that share a key are the same (see [`lanchat_protocol::names`]).

use std::collections::HashMap;

use lanchat_protocol::names::{Nick, NickKey, NickKeys};

use super::SessionId;

/// The nicks that are taken.
#[derive(Debug, Default)]
pub(super) struct Nicks {
    holders: HashMap<NickKey, SessionId>,
    /// The number of the last guest.
    guests: u64,
}

impl Nicks {
    /// Gives `nick` to a session, or says that somebody else has it.
    pub(super) fn take(&mut self, nick: &Nick, session: SessionId) -> Result<(), Taken> {
        let keys = nick.keys();
        if keys.iter().any(|key| self.holders.get(key).is_some_and(|holder| *holder != session)) {
            return Err(Taken);
        }
        for key in keys.iter() {
            self.holders.insert(key.into(), session);
        }
        Ok(())
    }

    /// Gives a session the next free `guestN`.
    pub(super) fn take_guest(&mut self, session: SessionId) -> Nick {
        loop {
            self.guests += 1;
            let nick = Nick::guest(self.guests);
            if self.take(&nick, session).is_ok() {
                return nick;
            }
        }
    }

    /// The session gives up `old`; what its `current` nick needs stays.
    pub(super) fn release(&mut self, old: &str, current: Option<&str>, session: SessionId) {
        let kept = current.map(NickKeys::of);
        for key in NickKeys::of(old).iter() {
            let is_kept = kept.as_ref().is_some_and(|kept| kept.iter().any(|other| other == key));
            if !is_kept && self.holders.get(key) == Some(&session) {
                self.holders.remove(key);
            }
        }
    }

    /// Who has this nick, or one that looks the same.
    pub(super) fn holder(&self, nick: &str) -> Option<SessionId> {
        NickKeys::of(nick).iter().find_map(|key| self.holders.get(key).copied())
    }
}

/// Somebody else has the nick.
#[derive(Debug)]
pub(super) struct Taken;
