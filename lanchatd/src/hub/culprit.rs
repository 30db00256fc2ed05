//! Whom a kick or a mute is about: an account, or a guest by name and address.

use std::net::IpAddr;
use std::rc::Rc;

use super::accounts::AccountKey;
use super::people::PersonKey;
use super::{Hub, Refusal, Session, SessionId};
use crate::kept;

/// Somebody, however they come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Culprit {
    /// As they were called.
    pub(super) nick: Rc<str>,
    person: PersonKey,
    account: Option<AccountKey>,
    /// Where they come from: they may come back as another guest. On loopback that says nothing: all of a host come from
    /// there.
    ip: Option<IpAddr>,
}

impl Culprit {
    /// Whoever speaks in this session.
    pub(super) fn of(session: &Session) -> Option<Self> {
        let ip = session.address.ip().to_canonical();
        Some(Self {
            nick: session.nick.clone()?,
            person: session.person.clone()?,
            account: session.account.clone(),
            ip: (!ip.is_loopback()).then_some(ip),
        })
    }

    /// The same one, by their account alone.
    #[must_use]
    pub(super) fn with_account(self, account: &AccountKey) -> Self {
        Self { person: account.clone(), account: Some(account.clone()), ip: None, ..self }
    }

    /// Whether this session is theirs.
    pub(super) fn is(&self, session: &Session) -> bool {
        let is_there = || self.ip.is_some_and(|ip| ip == session.address.ip().to_canonical());
        match (&self.account, &session.account) {
            (Some(account), Some(own)) => account == own,
            // Who registers the name under which they were muted gains nothing by it.
            (None, _) if session.person.as_ref() == Some(&self.person) => true,
            (None, Some(_)) => false,
            // Nor does who logs out.
            (_, None) => is_there(),
        }
    }

    /// Whether both are about the same one.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (&self.account, &other.account) {
            (Some(own), Some(theirs)) => own == theirs,
            (None, None) => self.person == other.person || self.ip.is_some() && self.ip == other.ip,
            // A guest who has registered the name since.
            (Some(_), None) | (None, Some(_)) => self.person == other.person,
        }
    }

    /// Whether both have the same name.
    pub(super) fn is_same_person(&self, other: &Self) -> bool {
        self.person == other.person
    }

    pub(super) fn account(&self) -> Option<&AccountKey> {
        self.account.as_ref()
    }

    pub(super) fn kept(&self) -> kept::Culprit {
        kept::Culprit {
            nick: self.nick.to_string(),
            person: self.person.to_string(),
            is_account: self.account.is_some(),
            ip: self.ip,
        }
    }

    pub(super) fn from_kept(kept: kept::Culprit) -> Self {
        let kept::Culprit { nick, person, is_account, ip } = kept;
        let person: PersonKey = person.into();
        Self { nick: nick.into(), account: is_account.then(|| person.clone()), person, ip }
    }
}

impl Hub {
    /// Who has this nick, here or not: their account where it is one.
    pub(super) fn culprit(&self, nick: &str) -> Result<(Culprit, Option<SessionId>), Refusal> {
        let written = nick.trim().trim_start_matches('@');
        let holder = self.nicks.holder(written).and_then(|holder| self.sessions.get(holder.slot));
        if let Some(session) = holder
            && let Some(culprit) = Culprit::of(session)
        {
            return Ok((culprit, Some(session.id)));
        }
        if let Some((key, account)) =
            self.accounts.owner(written).and_then(|key| Some((key, self.accounts.get(key)?)))
        {
            let (nick, person) = (account.nick.clone(), key.clone());
            return Ok((Culprit { nick, person, account: Some(key.clone()), ip: None }, None));
        }
        let key = super::people::key_of(written);
        let Some(person) = self.people.get(&key) else {
            return Err(Refusal::NoSuchNick { nick: lanchat_protocol::text::clean(written).into_owned() });
        };
        Ok((Culprit { nick: person.nick.clone(), person: key, account: None, ip: None }, None))
    }
}
