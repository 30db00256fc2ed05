//! Accounts, tokens and invites on their way to the store, and who waits until that, or an order, is there.

use std::collections::VecDeque;
use std::rc::Rc;

use lanchat_protocol::role::Role;

use crate::hub::accounts::AccountKey;
use crate::hub::{Done, Hub, Reply, SessionId};
use crate::kept::{Digest, Identity};

/// Sessions that wait at most until what they have changed is written. Who comes beyond that is promised nothing.
const CHANGES_MAX: usize = 4_096;

/// What has to be written as it is by then.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::hub) enum Changed {
    Account(AccountKey),
    Token(Digest),
    Invite(Digest),
}

/// A change of accounts, tokens, invites or of how order is kept that somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change(u64);

/// A session that waits until what it has changed is written.
#[derive(Debug)]
pub(in crate::hub) struct WaitingChange {
    change: Change,
    id: SessionId,
    tag: Option<Box<str>>,
    answer: Answer,
}

/// What a session is told then.
#[derive(Clone, Debug)]
enum Answer {
    Account { nick: Rc<str>, role: Role },
    Ordered(Box<Done>),
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
        self.give_when_kept(id, tag, change, Answer::Account { nick, role });
    }

    /// Tells a session what was done that it asked for: at once, or when that is written.
    pub(in crate::hub) fn tell_ordered(
        &mut self,
        id: SessionId,
        tag: Option<&str>,
        change: Change,
        done: &Done,
    ) {
        self.give_when_kept(id, tag, Some(change), Answer::Ordered(Box::new(done.clone())));
    }

    fn give_when_kept(&mut self, id: SessionId, tag: Option<&str>, change: Option<Change>, answer: Answer) {
        let acks_wait = self.keeper.as_ref().is_some_and(|keeper| keeper.acks_wait);
        let change = change.filter(|_| acks_wait);
        let mut durable = change.and_then(|change| self.is_kept(change));
        if let (Some(change), None, Some(keeper)) = (change, durable, &mut self.keeper) {
            let tag = tag.map(Into::into);
            if keeper.changes.len() < CHANGES_MAX {
                return keeper.changes.push_back(WaitingChange { change, id, tag, answer });
            }
            durable = Some(false);
        }
        self.give(id, tag, &answer, durable);
    }

    fn give(&mut self, id: SessionId, tag: Option<&str>, answer: &Answer, durable: Option<bool>) {
        match answer {
            Answer::Account { nick, role } => {
                self.reply(id, &Reply::Account { tag, nick, role: *role, durable });
            }
            Answer::Ordered(done) => self.reply(id, &Reply::Ordered { tag, done, is_you: false, durable }),
        }
    }

    /// Tells those whose changes are in batches up to `written`; without one, everybody that nobody knows.
    pub(in crate::hub) fn tell_changes(&mut self, written: Option<u64>) {
        let is_due = |waiting: &mut WaitingChange| written.is_none_or(|written| waiting.change.0 <= written);
        while let Some(waiting) = self.keeper.as_mut().and_then(|keeper| keeper.changes.pop_front_if(is_due))
        {
            self.give(waiting.id, waiting.tag.as_deref(), &waiting.answer, Some(written.is_some()));
        }
    }

    /// The session ends: it learns what it has changed, though nobody knows yet whether that will be written.
    pub(super) fn settle_changes(&mut self, id: SessionId) {
        let Some(keeper) = &mut self.keeper else { return };
        let (ended, others): (VecDeque<_>, _) =
            std::mem::take(&mut keeper.changes).into_iter().partition(|waiting| waiting.id == id);
        keeper.changes = others;
        for waiting in ended {
            self.give(id, waiting.tag.as_deref(), &waiting.answer, Some(false));
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
