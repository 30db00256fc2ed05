//! Accounts: names that belong to somebody. Plain data, and how it is found.
//!
//! A name is an account's also where it is only written in another case or looks the same, and where it differs in marks
//! over and under letters alone: nobody is to be taken for its owner.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::rc::Rc;

use lanchat_protocol::names::NickKeys;
use lanchat_protocol::password::Password;
use lanchat_protocol::role::Role;
use sha2::{Digest as _, Sha256};

use super::buckets::Bucket;
use super::{Now, SessionId};
use crate::kept::{self, Digest};

/// Names an account: the key of its nick. The person who owns it has the same one.
pub(super) type AccountKey = Rc<str>;

/// Addresses of an owner that are remembered: from there nobody is locked out by what others try elsewhere.
pub(super) const ADDRESSES_MAX: usize = 8;

/// Tokens of one account at most.
pub(super) const TOKENS_MAX: usize = 64;

/// Invites that may be used yet, at most.
pub(super) const INVITES_MAX: usize = 1_000;

/// A name that belongs to somebody.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) nick: Rc<str>,
    pub(super) role: Role,
    /// `None`: only tokens open it.
    pub(super) hash: Option<Rc<str>>,
    pub(super) created_ms: i64,
    /// Where its owner has logged in, the last one last.
    pub(super) addresses: Vec<IpAddr>,
    /// Who is logged in, the first one first.
    pub(super) online: Vec<SessionId>,
    pub(super) spent: Spent,
}

/// What all sessions of an account have used up of late.
#[derive(Clone, Debug, Default)]
pub(super) struct Spent {
    pub(super) messages: Bucket,
    pub(super) rooms: Bucket,
}

/// All accounts, and what opens them.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    all: BTreeMap<AccountKey, Account>,
    /// By everything that a nick must not share with theirs.
    names: HashMap<Box<str>, AccountKey>,
    /// Those to which more than one session is logged in.
    doubled: BTreeSet<AccountKey>,
    pub(super) tokens: BTreeMap<Digest, kept::Token>,
    pub(super) invites: BTreeMap<Digest, kept::Invite>,
}

impl Accounts {
    /// The key of the account that this nick would have.
    pub(super) fn key_of(nick: &str) -> AccountKey {
        super::people::key_of(nick)
    }

    pub(super) fn get(&self, key: &str) -> Option<&Account> {
        self.all.get(key)
    }

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Account> {
        self.all.get_mut(key)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&AccountKey, &Account)> {
        self.all.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Whose this nick is, or one that could be taken for it.
    pub(super) fn owner(&self, nick: &str) -> Option<&AccountKey> {
        if self.all.is_empty() {
            return None;
        }
        names(nick).iter().find_map(|name| self.names.get(&**name))
    }

    /// A session is logged in to an account, and to another one no more. Says who came to it first.
    pub(super) fn move_session(
        &mut self,
        id: SessionId,
        from: Option<&AccountKey>,
        to: Option<&AccountKey>,
    ) -> Option<SessionId> {
        if let Some(account) = from.and_then(|from| self.all.get_mut(from)) {
            account.online.retain(|other| *other != id);
        }
        if let Some(account) = to.and_then(|to| self.all.get_mut(to)) {
            account.online.push(id);
        }
        for key in [from, to].into_iter().flatten() {
            if self.online(Some(key)).len() > 1 {
                self.doubled.insert(key.clone());
            } else {
                self.doubled.remove(key);
            }
        }
        self.online(to).first().copied()
    }

    /// The sessions of everybody who is here more than once.
    pub(super) fn doubled(&self) -> impl Iterator<Item = &[SessionId]> {
        self.doubled.iter().map(|key| self.online(Some(key)))
    }

    /// Adds an account, unless its name could be taken for that of another one.
    pub(super) fn add(&mut self, account: Account) -> Option<AccountKey> {
        if self.owner(&account.nick).is_some() {
            return None;
        }
        let key = Self::key_of(&account.nick);
        for name in names(&account.nick) {
            self.names.insert(name, key.clone());
        }
        self.all.insert(key.clone(), account);
        Some(key)
    }

    /// Takes in what was kept before.
    pub(super) fn load(&mut self, identity: kept::Identity) {
        match identity {
            kept::Identity::Account(account) => drop(self.add(account.into())),
            kept::Identity::Token(token) => {
                if self.all.contains_key(&*token.account) {
                    self.tokens.insert(token.digest, token);
                }
            }
            kept::Identity::Invite(invite) => drop(self.invites.insert(invite.digest, invite)),
            // What is not there was not kept.
            kept::Identity::NoAccount(_) | kept::Identity::NoToken(_) | kept::Identity::NoInvite(_) => {}
        }
    }

    /// Removes an account and its tokens.
    pub(super) fn remove(&mut self, key: &str) -> Option<Account> {
        let account = self.all.remove(key)?;
        self.names.retain(|_, owner| **owner != *key);
        self.tokens.retain(|_, token| token.account != key);
        Some(account)
    }

    /// An invite that may still be used.
    pub(super) fn invite(&self, now: Now, digest: &Digest) -> Option<&kept::Invite> {
        let invite = self.invites.get(digest)?;
        let is_over = invite.expires_ms.is_some_and(|expires_ms| expires_ms <= now.wall_ms);
        (!is_over && invite.uses != Some(0)).then_some(invite)
    }

    /// Who else is logged in to the account of a session.
    pub(super) fn online(&self, key: Option<&AccountKey>) -> &[SessionId] {
        key.and_then(|key| self.all.get(key)).map_or(&[], |account| &account.online)
    }
}

impl Account {
    /// Whether its owner has logged in from there.
    pub(super) fn is_known_at(&self, ip: IpAddr) -> bool {
        self.addresses.contains(&ip)
    }

    /// Its owner has logged in from there. Whether that is news.
    pub(super) fn note_address(&mut self, ip: IpAddr) -> bool {
        if self.addresses.contains(&ip) {
            return false;
        }
        if self.addresses.len() >= ADDRESSES_MAX {
            self.addresses.remove(0);
        }
        self.addresses.push(ip);
        true
    }

    pub(super) fn kept(&self, key: &str) -> kept::Account {
        kept::Account {
            key: key.to_owned(),
            nick: self.nick.to_string(),
            role: self.role,
            hash: self.hash.as_deref().map(str::to_owned),
            created_ms: self.created_ms,
            addresses: self.addresses.clone(),
        }
    }
}

impl From<kept::Account> for Account {
    fn from(kept: kept::Account) -> Self {
        let (nick, hash) = (kept.nick.into(), kept.hash.map(Into::into));
        let kept::Account { role, created_ms, mut addresses, .. } = kept;
        addresses.truncate(ADDRESSES_MAX);
        Self { nick, role, hash, created_ms, addresses, online: Vec::new(), spent: Spent::default() }
    }
}

/// What is kept of a token or of the code of an invite. They have so many random bits that nothing slower is needed.
pub(super) fn digest(secret: &Password) -> Digest {
    Sha256::digest(secret.reveal()).into()
}

/// What a token or an invite is called: the begin of its digest.
pub(super) fn short_id(digest: &Digest) -> String {
    let [first, second, third, fourth, ..] = *digest;
    format!("{:08x}", u32::from_be_bytes([first, second, third, fourth]))
}

/// Everything that another nick must not share with this one.
fn names(nick: &str) -> Vec<Box<str>> {
    let keys = NickKeys::of(nick);
    let bare = NickKeys::without_marks(nick);
    let mut names: Vec<Box<str>> = keys.iter().chain(bare.iter()).map(Into::into).collect();
    names.sort_unstable();
    names.dedup();
    names
}
