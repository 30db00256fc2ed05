//! What the administrator does with accounts.

use std::rc::Rc;

use lanchat_protocol::admin;
use lanchat_protocol::moment::utc;
use lanchat_protocol::names::Nick;
use lanchat_protocol::role::Role;

use crate::hub::accounts::{Account, AccountKey, Accounts, Spent, TOKENS_MAX, short_id};
use crate::hub::keeping::{Change, Changed};
use crate::hub::{Hub, Now, SessionId};
use crate::kept::{self, Digest};

/// Why an account, a token or an invite was left as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotDone {
    /// Nobody has registered this name.
    NoSuchAccount,
    /// The name is somebody's, or looks like one that is.
    NameTaken,
    /// The relay gives such names to guests.
    NameOfGuests,
    /// There are as many accounts as may be.
    TooManyAccounts {
        /// The bound.
        max: usize,
    },
    /// The account has as many tokens as it may.
    TooManyTokens {
        /// The bound.
        max: usize,
    },
    /// There are as many invites as may be.
    TooManyInvites {
        /// The bound.
        max: usize,
    },
    /// There is no such token.
    NoSuchToken,
    /// There is no such invite.
    NoSuchInvite,
}

impl Hub {
    /// Whether an account of this name may be made.
    pub fn may_add_account(&self, nick: &Nick) -> Result<(), NotDone> {
        if nick.is_of_guests() {
            return Err(NotDone::NameOfGuests);
        }
        if self.accounts.owner(nick.as_str()).is_some() {
            return Err(NotDone::NameTaken);
        }
        let max = self.settings.accounts_max;
        if self.accounts.len() >= max { Err(NotDone::TooManyAccounts { max }) } else { Ok(()) }
    }

    /// Makes an account. Whoever has the name and is not its owner gets another one.
    pub fn add_user(
        &mut self,
        now: Now,
        nick: &Nick,
        role: Role,
        hash: Option<Box<str>>,
    ) -> Result<Change, NotDone> {
        self.may_add_account(nick)?;
        let added = self.add_account(now, &nick.as_str().into(), role, hash);
        let (key, change) = added.ok_or(NotDone::NameTaken)?;
        self.displace_guests(now, &key);
        self.hand_person_over(&key, false);
        Ok(change)
    }

    pub(in crate::hub) fn add_account(
        &mut self,
        now: Now,
        nick: &Rc<str>,
        role: Role,
        hash: Option<Box<str>>,
    ) -> Option<(AccountKey, Change)> {
        let (nick, hash, created_ms) = (nick.clone(), hash.map(Into::into), now.wall_ms);
        let (addresses, online, spent) = (Vec::new(), Vec::new(), Spent::default());
        let key = self.accounts.add(Account { nick, role, hash, created_ms, addresses, online, spent })?;
        let change = self.note_identity(Changed::Account(key.clone()));
        Some((key, change))
    }

    /// Removes an account with its tokens. Whoever is logged in is a guest then, and what waits for its owner is dropped:
    /// the name is anybody's. Says how it was written.
    pub fn remove_user(&mut self, now: Now, nick: &str) -> Result<(String, Change), NotDone> {
        let key = self.account(nick)?;
        for id in self.accounts.online(Some(&key)).to_vec() {
            self.log_out(now, id);
            self.tell_account(id, None, None);
        }
        // Whoever has the name next, be it in the same batch, does not have its tokens.
        let tokens = self.accounts.tokens.values().filter(|token| *token.account == *key);
        for digest in tokens.map(|token| token.digest).collect::<Vec<_>>() {
            self.note_identity(Changed::Token(digest));
        }
        let account = self.accounts.remove(&key).ok_or(NotDone::NoSuchAccount)?;
        self.forget_rights(&key);
        self.hand_person_over(&key, true);
        let change = self.note_identity(Changed::Account(key));
        Ok((account.nick.to_string(), change))
    }

    /// Changes what the owner of an account may do, from this moment on.
    pub fn set_user_role(&mut self, now: Now, nick: &str, role: Role) -> Result<(String, Change), NotDone> {
        let key = self.account(nick)?;
        let account = self.accounts.get_mut(&key).ok_or(NotDone::NoSuchAccount)?;
        account.role = role;
        let nick = account.nick.to_string();
        for id in self.accounts.online(Some(&key)).to_vec() {
            if let Some(session) = self.session(id) {
                session.account_role = role;
            }
            self.tell_account(id, None, None);
            self.leave_private_rooms(now, id, Some(&key));
        }
        Ok((nick, self.note_identity(Changed::Account(key))))
    }

    /// Changes what is kept of an account's password. Whoever came with the old one is a guest then.
    pub fn set_user_hash(
        &mut self,
        now: Now,
        nick: &str,
        hash: Box<str>,
    ) -> Result<(String, Change), NotDone> {
        let key = self.account(nick)?;
        let account = self.accounts.get_mut(&key).ok_or(NotDone::NoSuchAccount)?;
        account.hash = Some(hash.into());
        let nick = account.nick.to_string();
        self.log_others_out(now, &key, None, None);
        Ok((nick, self.note_identity(Changed::Account(key))))
    }

    /// How the account of this nick is written, if there is one.
    pub fn user(&self, nick: &str) -> Result<String, NotDone> {
        let key = self.account(nick)?;
        self.accounts.get(&key).map(|account| account.nick.to_string()).ok_or(NotDone::NoSuchAccount)
    }

    /// All accounts, by nick.
    pub fn users(&self) -> Vec<admin::User> {
        let user = |(key, account): (&AccountKey, &Account)| admin::User {
            nick: account.nick.to_string(),
            role: account.role,
            password: account.hash.is_some(),
            tokens: self.accounts.tokens.values().filter(|token| *token.account == **key).count() as u64,
            online: account.online.len() as u64,
            created: utc(account.created_ms),
        };
        let mut users: Vec<_> = self.accounts.iter().map(user).collect();
        users.sort_by(|one, other| one.nick.cmp(&other.nick));
        users
    }

    /// Makes a token that opens an account. Only its digest is known here.
    pub fn add_token(
        &mut self,
        now: Now,
        nick: &str,
        name: &str,
        digest: Digest,
    ) -> Result<(admin::Token, Change), NotDone> {
        let key = self.account(nick)?;
        let own = self.accounts.tokens.values().filter(|token| *token.account == *key);
        if own.count() >= TOKENS_MAX {
            return Err(NotDone::TooManyTokens { max: TOKENS_MAX });
        }
        let (account, name, created_ms) = (key.to_string(), name.to_owned(), now.wall_ms);
        let token = kept::Token { digest, account, name, created_ms };
        let told = self.told_token(&token);
        self.accounts.tokens.insert(digest, token);
        Ok((told, self.note_identity(Changed::Token(digest))))
    }

    /// All tokens, or those of one account.
    pub fn tokens(&self, nick: Option<&str>) -> Result<Vec<admin::Token>, NotDone> {
        let key = nick.map(|nick| self.account(nick)).transpose()?;
        let is_one = |token: &&kept::Token| key.as_ref().is_none_or(|key| **key == *token.account);
        let mut tokens: Vec<_> = self.accounts.tokens.values().filter(is_one).collect();
        tokens.sort_by(|one, other| (&one.account, one.created_ms).cmp(&(&other.account, other.created_ms)));
        Ok(tokens.into_iter().map(|token| self.told_token(token)).collect())
    }

    /// Has a token open nothing any more. Whoever came with it is a guest then.
    pub fn revoke_token(&mut self, now: Now, id: &str) -> Result<(admin::Token, Change), NotDone> {
        let found = self.accounts.tokens.values().find(|token| short_id(&token.digest) == id);
        let token = found.cloned().ok_or(NotDone::NoSuchToken)?;
        self.accounts.tokens.remove(&token.digest);
        self.log_others_out(now, &token.account.as_str().into(), Some(&token.digest), None);
        let told = self.told_token(&token);
        Ok((told, self.note_identity(Changed::Token(token.digest))))
    }

    fn told_token(&self, token: &kept::Token) -> admin::Token {
        let nick = self.accounts.get(&token.account).map(|account| account.nick.to_string());
        let (name, created) = (token.name.clone(), utc(token.created_ms));
        admin::Token { id: short_id(&token.digest), nick: nick.unwrap_or_default(), name, created }
    }

    fn account(&self, nick: &str) -> Result<AccountKey, NotDone> {
        let key = Accounts::key_of(nick.trim());
        self.accounts.get(&key).map(|_| key).ok_or(NotDone::NoSuchAccount)
    }

    /// All sessions of the person of this nick, or the one of this id.
    pub fn find_all(&self, id_or_nick: &str) -> Vec<SessionId> {
        let Some(found) = self.find(id_or_nick) else { return Vec::new() };
        let session = self.sessions.get(found.slot);
        let is_by_nick = self.nicks.holders(id_or_nick).contains(&found);
        let online = self.accounts.online(session.and_then(|session| session.account.as_ref()));
        if is_by_nick && online.len() > 1 { online.to_vec() } else { vec![found] }
    }
}
