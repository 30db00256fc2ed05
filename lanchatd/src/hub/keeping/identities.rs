//! Accounts, tokens and invites on their way to the store, and who waits for that.

use std::rc::Rc;

use lanchat_protocol::role::Role;

use crate::hub::accounts::AccountKey;
use crate::hub::{Hub, Reply, SessionId};
use crate::kept::{Digest, Identity};

/// What has to be written as it is by then.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::hub) enum Changed {
    Account(AccountKey),
    Token(Digest),
    Invite(Digest),
}

/// A change of accounts, tokens or invites that somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change(u64);

/// A session that waits until what it has changed is written.
#[derive(Debug)]
pub(in crate::hub) struct WaitingChange {
    change: Change,
    id: SessionId,
    tag: Option<Box<str>>,
    nick: Rc<str>,
    role: Role,
}

impl Hub {
    /// Something has changed that is to be kept.
    pub(in crate::hub) fn note_identity(&mut self, changed: Changed) -> Change {
        let Some(keeper) = &mut self.keeper else { return Change(0) };
        keeper.identities.insert(changed);
        Change(keeper.taken + 1)
    }

    /// What has changed until now.
    pub(in crate::hub) fn changed_until_now(&self) -> Change {
        Change(self.keeper.as_ref().map_or(0, |keeper| keeper.taken + u64::from(keeper.has_unsaved())))
    }

    /// Whether a change is kept for good: `None` while nobody knows, or where nothing is kept; `Some(false)` while the
    /// store is in trouble.
    pub fn is_kept(&self, Change(batch): Change) -> Option<bool> {
        let keeper = self.keeper.as_ref()?;
        if keeper.written >= batch {
            return Some(true);
        }
        keeper.trouble.is_some().then_some(false)
    }

    /// Tells a session who it is: at once, or when a change that it has made is written.
    pub(in crate::hub) fn tell_account(&mut self, id: SessionId, tag: Option<&str>, change: Option<Change>) {
        let Some(session) = self.sessions.get(id.slot).filter(|session| session.id == id) else { return };
        let (nick, role) = (session.nick.clone().unwrap_or_default(), session.role());
        let acks_wait = self.keeper.as_ref().is_some_and(|keeper| keeper.acks_wait);
        let change = change.filter(|_| acks_wait);
        let durable = change.and_then(|change| self.is_kept(change));
        if let (Some(change), None, Some(keeper)) = (change, durable, &mut self.keeper) {
            let tag = tag.map(Into::into);
            return keeper.changes.push_back(WaitingChange { change, id, tag, nick, role });
        }
        self.reply(id, &Reply::Account { tag, nick: &nick, role, durable });
    }

    /// Tells those whose changes are in batches up to `written`; without one, everybody that nobody knows.
    pub(super) fn tell_changes(&mut self, written: Option<u64>) {
        let is_due = |waiting: &mut WaitingChange| written.is_none_or(|written| waiting.change.0 <= written);
        while let Some(waiting) = self.keeper.as_mut().and_then(|keeper| keeper.changes.pop_front_if(is_due))
        {
            let WaitingChange { id, tag, nick, role, .. } = waiting;
            let durable = Some(written.is_some());
            self.reply(id, &Reply::Account { tag: tag.as_deref(), nick: &nick, role, durable });
        }
    }

    /// What is to be written of something that has changed.
    pub(super) fn kept_identity(&self, changed: &Changed) -> Identity {
        let kept = match changed {
            Changed::Account(key) => {
                self.accounts.get(key).map(|account| Identity::Account(account.kept(key)))
            }
            Changed::Token(digest) => self.accounts.tokens.get(digest).cloned().map(Identity::Token),
            Changed::Invite(digest) => self.accounts.invites.get(digest).cloned().map(Identity::Invite),
        };
        kept.unwrap_or_else(|| match changed {
            Changed::Account(key) => Identity::NoAccount(key.to_string()),
            Changed::Token(digest) => Identity::NoToken(*digest),
            Changed::Invite(digest) => Identity::NoInvite(*digest),
        })
    }

    /// All of them, for a store that knows none.
    pub(super) fn identities(&self) -> Vec<Identity> {
        let accounts = self.accounts.iter().map(|(key, account)| Identity::Account(account.kept(key)));
        let tokens = self.accounts.tokens.values().cloned().map(Identity::Token);
        let invites = self.accounts.invites.values().cloned().map(Identity::Invite);
        accounts.chain(tokens).chain(invites).collect()
    }
}
