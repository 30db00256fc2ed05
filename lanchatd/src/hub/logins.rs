//! Logging in and out: whose a session is, and who has to give up a name for that.

use lanchat_protocol::names::Nick;
use lanchat_protocol::role::Role;

use super::accounts::AccountKey;
use super::buckets::origin;
use super::commands::part;
use super::keeping::Changed;
use super::policy::Deed;
use super::{Hub, LOBBY, Now, Occurrence, Refusal, Reply, RoomId, SessionId, presence};
use crate::kept::Digest;

impl Hub {
    /// Nobody between the session and the relay reads along.
    pub fn secure(&mut self, id: SessionId) {
        if let Some(session) = self.session(id) {
            session.is_encrypted = true;
        }
    }

    /// Whether a password may come from there.
    pub(super) fn is_private(&self, id: SessionId) -> bool {
        let is_encrypted = self.sessions.get(id.slot).is_some_and(|session| session.is_encrypted);
        is_encrypted || self.settings.plain_passwords
    }

    /// The session is the owner's of an account, under its name.
    pub(super) fn log_in(
        &mut self,
        now: Now,
        id: SessionId,
        tag: Option<&str>,
        key: &AccountKey,
    ) -> Result<(), Refusal> {
        let Some(nick) = self.accounts.get(key).map(|account| account.nick.clone()) else {
            return Err(Refusal::WrongPassword);
        };
        let Some(session) = self.session(id) else { return Ok(()) };
        if session.account.as_ref() == Some(key) {
            self.tell_account(id, tag, None);
            return Ok(());
        }
        let before = session.account.clone();
        self.admits(now, id, Deed::Login, &nick, Some(key))?;
        let parsed = Nick::parse(&nick).map_err(Refusal::BadNick)?;
        if before.is_some() {
            self.leave_private_rooms(now, id, None);
        }
        self.displace_guests(now, key);
        self.own(id, Some(key));
        self.take_nick(id, &parsed)?;
        self.wear(now, id, parsed.as_str(), before.as_ref(), false);
        self.note_login(id, key);
        self.tell_account(id, tag, None);
        self.admit(now, id);
        presence::join(self, now, id, LOBBY);
        self.report(id, Occurrence::LoggedIn);
        Ok(())
    }

    /// The session is a guest again, and has another name.
    pub(super) fn log_out(&mut self, now: Now, id: SessionId) {
        let Some(before) = self.session(id).and_then(|session| session.account.clone()) else { return };
        self.leave_private_rooms(now, id, None);
        self.become_guest(now, id, Some(&before));
        self.report(id, Occurrence::LoggedOut);
        if self.settings.needs_login {
            self.bar(now, id);
        }
    }

    /// Those of an account's sessions are guests again, and told so, that were opened by what opens it no more: a token, or,
    /// without one, the password. The session in which that was decided stays.
    pub(super) fn log_others_out(
        &mut self,
        now: Now,
        key: &AccountKey,
        token: Option<&Digest>,
        but: Option<SessionId>,
    ) {
        for id in self.accounts.online(Some(key)).to_vec() {
            let is_opened = self.session(id).is_some_and(|session| session.token.as_ref() == token);
            if is_opened && Some(id) != but {
                self.log_out(now, id);
                self.tell_account(id, None, None);
            }
        }
    }

    /// The session gives up its seats in private rooms to which it came as the owner of an account: from here on it has
    /// the rights of `account`, if any.
    pub(super) fn leave_private_rooms(&mut self, now: Now, id: SessionId, account: Option<&AccountKey>) {
        let Some(session) = self.sessions.get(id.slot).filter(|session| session.id == id) else { return };
        let seats = session.seats.iter().map(|seat| seat.room);
        let gone: Vec<_> = seats.filter(|room| !self.may_stay(session, *room, account)).collect();
        for room in gone {
            part::leave(self, now, id, None, room, None);
        }
    }

    /// Whose the session is from here on.
    pub(super) fn own(&mut self, id: SessionId, key: Option<&AccountKey>) {
        let Some(session) = self.session(id) else { return };
        let before = std::mem::replace(&mut session.account, key.cloned());
        let first = self.accounts.move_session(id, before.as_ref(), key).filter(|first| *first != id);
        let account = key.and_then(|key| self.accounts.get(key));
        let role = account.map_or(Role::Guest, |account| account.role);
        let spent = account.map(|account| account.spent.clone());
        // A person is away, not a session.
        let away = first.and_then(|first| self.session(first)).and_then(|first| first.away.clone());
        if let Some(session) = self.session(id) {
            (session.account_role, session.account_spent, session.token) = (role, spent, None);
            session.away = away.or(session.away.take());
        }
    }

    /// The session and all others of the same account.
    pub(super) fn sessions_with(&self, id: SessionId) -> Vec<SessionId> {
        let account = self.sessions.get(id.slot).and_then(|session| session.account.as_ref());
        let online = self.accounts.online(account);
        if online.is_empty() { vec![id] } else { online.to_vec() }
    }

    /// How many people are in a room: whoever is there more than once is one.
    pub(super) fn people_in(&self, room: RoomId) -> usize {
        let is_in = |id: &&SessionId| {
            let session = self.sessions.get(id.slot);
            session.is_some_and(|session| session.seats.iter().any(|seat| seat.room == room))
        };
        let more = |online: &[SessionId]| online.iter().filter(is_in).count().saturating_sub(1);
        self.rooms[room].members.len() - self.accounts.doubled().map(more).sum::<usize>()
    }

    /// From where the owner of an account has come is remembered.
    pub(super) fn note_login(&mut self, id: SessionId, key: &AccountKey) {
        let Some(ip) = self.session(id).map(|session| origin(session.address.ip())) else { return };
        if self.accounts.get_mut(key).is_some_and(|account| account.note_address(ip)) {
            self.note_identity(Changed::Account(key.clone()));
        }
    }

    /// Whoever has a name that is an account's, and is not its owner, gets another one.
    pub(super) fn displace_guests(&mut self, now: Now, key: &AccountKey) {
        let is_taken = |session: &&super::Session| {
            let nick = session.nick.as_deref().unwrap_or_default();
            session.account.as_ref() != Some(key) && self.accounts.owner(nick) == Some(key)
        };
        let taken: Vec<_> = self.sessions.iter().map(|(_, session)| session).filter(is_taken).collect();
        for id in taken.iter().map(|session| session.id).collect::<Vec<_>>() {
            self.become_guest(now, id, None);
        }
    }

    /// The session gets a guest's name in place of its own, which is somebody's.
    fn become_guest(&mut self, now: Now, id: SessionId, before: Option<&AccountKey>) {
        let Some(old) = self.session(id).and_then(|session| session.nick.clone()) else { return };
        self.own(id, None);
        let nick = self.take_guest_nick(id);
        self.wear(now, id, nick.as_str(), before, true);
        if let Some(session) = self.session(id) {
            session.claimed = Some(old.clone());
        }
        if before.is_none() {
            self.reply(id, &Reply::Displaced { old: &old, nick: nick.as_str() });
            self.report(id, Occurrence::Named { was: Some(old) });
        }
    }

    /// The session gives up its nick for one that it has taken, and the others learn of that.
    fn wear(&mut self, now: Now, id: SessionId, nick: &str, before: Option<&AccountKey>, is_guest: bool) {
        let Some(session) = self.session(id) else { return };
        let old = session.nick.clone().filter(|old| **old != *nick);
        if let Some(old) = &old {
            self.nicks.release(old, Some(nick), id);
        }
        self.become_person(now, id, &nick.into(), is_guest);
        if let Some(old) = old {
            presence::rename(self, now, id, &old, before);
        }
    }

    /// Only who is logged in chats from here on, or everybody does.
    pub(super) fn bar_or_admit_guests(&mut self, now: Now) {
        let is_guest = |session: &&super::Session| session.nick.is_some() && session.account.is_none();
        let guests = self.sessions.iter().map(|(_, session)| session).filter(is_guest);
        for id in guests.map(|session| session.id).collect::<Vec<_>>() {
            if self.settings.needs_login {
                self.bar(now, id);
            } else {
                self.admit(now, id);
            }
        }
    }

    /// The session hears and says nothing until it logs in.
    pub(super) fn bar(&mut self, now: Now, id: SessionId) {
        presence::leave_all(self, now, id, None);
        self.settle_unless_lagging(id);
        self.rouse(id);
        if let Some(session) = self.session(id) {
            session.is_barred = true;
        }
        self.call(id);
    }

    /// The session hears what is said from here on.
    pub(super) fn admit(&mut self, now: Now, id: SessionId) {
        self.rouse(id);
        let Some(session) = self.sessions.get_mut(id.slot).filter(|session| session.id == id) else { return };
        if !std::mem::take(&mut session.is_barred) {
            return;
        }
        for seat in session.seats.iter_mut().filter(|seat| !seat.is_direct) {
            seat.cursor = self.rooms[seat.room].timeline.head();
            (seat.own_ahead, seat.missed) = (0, 0);
        }
        self.call(id);
        self.tell_backlog(id, LOBBY);
        presence::join(self, now, id, LOBBY);
    }
}
