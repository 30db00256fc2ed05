//! Who somebody is where they ask for something, in which states they are, and what the policy says to that.

use std::net::IpAddr;

use super::accounts::AccountKey;
use super::bans::Comer;
use super::denial::Denial;
use super::orders::By;
use super::policy::{Deed, Denied, Rank, State, States, verdict};
use super::room::RoomId;
use super::term::Term;
use super::{Hub, Now, Refusal, Session, SessionId};

impl Hub {
    /// Whether a session may do something, in a room if that is where it is done. `written` is how it calls the room.
    pub(super) fn allow(
        &self,
        now: Now,
        id: SessionId,
        deed: Deed,
        room: Option<RoomId>,
        written: Option<&str>,
    ) -> Result<(), Refusal> {
        let Some(session) = self.sessions.get(id.slot).filter(|session| session.id == id) else {
            return Ok(());
        };
        // A room that is not there is refused as one that is not seen, whoever asks.
        if let Some(written) = written.filter(|written| !written.starts_with('@'))
            && room.is_none()
            && deed.is_in_a_room()
            && deed != Deed::Join
        {
            return Err(Refusal::NoSuchRoom { room: written.to_owned() });
        }
        let rank = self.rank(session, room);
        let states = self.states(now, session, rank, room);
        let why = match verdict(deed, rank, states) {
            Ok(()) => return Ok(()),
            Err(Denied::Needs(needed)) => Denial::NotAllowed { deed, needed },
            Err(Denied::Stopped(state)) => match (state, room) {
                (State::Private, _) if deed != Deed::Join => {
                    return Err(Refusal::NoSuchRoom { room: written.unwrap_or_default().to_owned() });
                }
                (state, room) => self.denial(now, session, rank, state, room, written),
            },
        };
        Err(Refusal::Denied(why))
    }

    /// Whether a session may go by this nick, or be in this account.
    pub(super) fn admits(
        &self,
        now: Now,
        id: SessionId,
        deed: Deed,
        nick: &str,
        account: Option<&AccountKey>,
    ) -> Result<(), Refusal> {
        let Some(session) = self.sessions.get(id.slot).filter(|session| session.id == id) else {
            return Ok(());
        };
        let own = account.and_then(|key| self.accounts.get(key)).map(|account| Rank::of(account.role));
        let rank = own.unwrap_or_else(|| self.rank(session, None));
        let account = account.or(session.account.as_ref());
        let ban = self.bans.of(Comer { account, nick, ip: session.address.ip(), rank }, now);
        let states = States::default().with(State::Banned, ban.is_some());
        match (verdict(deed, rank, states), ban) {
            (Err(_), Some(ban)) => Err(Refusal::Denied(banned(&ban.term, now))),
            (Err(_) | Ok(()), _) => Ok(()),
        }
    }

    /// Why nobody comes in from this address, if so.
    pub(super) fn turns_away(&self, now: Now, ip: IpAddr) -> Option<Denial> {
        self.bans.at(ip, now).map(|ban| banned(&ban.term, now))
    }

    /// What a session is in a room, or wherever it is.
    pub(super) fn rank(&self, session: &Session, room: Option<RoomId>) -> Rank {
        let rank = Rank::of(session.role());
        let rules = room.and_then(|room| self.rooms.get(room)).map(|room| &room.rules);
        let is_operator = rules.is_some_and(|rules| rules.of(session.account.as_ref()).is_operator);
        if is_operator { rank.max(Rank::Operator) } else { rank }
    }

    /// What an account is in a room whether its owner is here or not.
    pub(super) fn rank_of_account(&self, key: &AccountKey, room: Option<RoomId>) -> Rank {
        let rank = self.accounts.get(key).map_or(Rank::Guest, |account| Rank::of(account.role));
        let rules = room.and_then(|room| self.rooms.get(room)).map(|room| &room.rules);
        let is_operator = rules.is_some_and(|rules| rules.of(Some(key)).is_operator);
        if is_operator { rank.max(Rank::Operator) } else { rank }
    }

    /// Whether a session may say nothing, everywhere or in a room.
    pub(super) fn is_muted(&self, now: Now, id: SessionId, room: Option<RoomId>) -> bool {
        let session = self.sessions.get(id.slot).filter(|session| session.id == id);
        session.is_some_and(|session| {
            self.states(now, session, self.rank(session, room), room).has(State::Muted)
        })
    }

    /// What stands in the way of a session, in a room.
    fn states(&self, now: Now, session: &Session, rank: Rank, room: Option<RoomId>) -> States {
        let everywhere = self.mutes.of(session, rank, now).is_some();
        let states = States::default();
        let Some((room, rules)) = room.and_then(|room| Some((room, &self.rooms.get(room)?.rules))) else {
            return states.with(State::Muted, everywhere);
        };
        let rights = rules.of(session.account.as_ref());
        let is_invited = rights.is_invited || self.holds_invitation(session, room);
        let is_in = session.seats.iter().any(|seat| seat.room == room);
        let is_muted = everywhere || rules.mutes.of(session, rank, now).is_some();
        let paced = session.person.as_ref().and_then(|person| rules.pace_ms(now, person));
        states
            .with(State::Muted, is_muted)
            .with(State::Kicked, rules.out_ms(now, session).is_some())
            .with(State::Slow, paced.is_some())
            .with(State::Moderated, rules.is_moderated && !rights.has_voice)
            .with(State::Locked, rules.is_locked && !is_invited && !is_in)
            .with(State::Private, rules.is_private && !is_invited && !is_in)
    }

    /// Whether the session finds the room.
    pub(super) fn sees(&self, session: &Session, room: RoomId) -> bool {
        let Some(rules) = self.rooms.get(room).map(|room| &room.rules).filter(|rules| rules.is_private)
        else {
            return true;
        };
        let is_in = session.seats.iter().any(|seat| seat.room == room);
        let is_invited =
            rules.of(session.account.as_ref()).is_invited || self.holds_invitation(session, room);
        let states = States::default().with(State::Private, !is_in && !is_invited);
        verdict(Deed::Who, self.rank(session, Some(room)), states).is_ok()
    }

    /// Whether a session that has the rights of `account`, if any, may stay in a room.
    pub(super) fn may_stay(&self, session: &Session, room: RoomId, account: Option<&AccountKey>) -> bool {
        let Some(rules) = self.rooms.get(room).map(|room| &room.rules).filter(|rules| rules.is_private)
        else {
            return true;
        };
        let is_invited = rules.of(account).is_invited || self.holds_invitation(session, room);
        let rank = account.map_or(Rank::Guest, |account| self.rank_of_account(account, Some(room)));
        verdict(Deed::Who, rank, States::default().with(State::Private, !is_invited)).is_ok()
    }

    /// Whether a guest was invited to the room that has this number now.
    fn holds_invitation(&self, session: &Session, room: RoomId) -> bool {
        session.invitations.iter().any(|(other, position)| *other == room && self.rooms.has(room, *position))
    }

    fn denial(
        &self,
        now: Now,
        session: &Session,
        rank: Rank,
        state: State,
        room: Option<RoomId>,
        written: Option<&str>,
    ) -> Denial {
        let it = room.and_then(|room| self.rooms.get(room));
        let room = it.map(|room| room.title(None).to_string()).unwrap_or_default();
        let rules = it.map(|room| &room.rules);
        match state {
            State::Banned | State::Muted => {
                let mute = self.mutes.of(session, rank, now);
                let mute = mute.or_else(|| rules.and_then(|rules| rules.mutes.of(session, rank, now)));
                let (by, for_ms, reason) = mute.map(|mute| parts(&mute.term, now)).unwrap_or_default();
                Denial::Muted { by, for_ms, reason }
            }
            State::Kicked => {
                let wait_ms = rules.and_then(|rules| rules.out_ms(now, session)).unwrap_or_default();
                Denial::KeptOut { room, wait_ms }
            }
            State::Slow => {
                let person = session.person.as_ref();
                let wait_ms = rules.zip(person).and_then(|(rules, person)| rules.pace_ms(now, person));
                let seconds = rules.map_or(0, |rules| rules.slow_s);
                Denial::TooSoon { room, seconds, wait_ms: wait_ms.unwrap_or_default() }
            }
            State::Moderated => Denial::Moderated { room },
            State::Locked => Denial::Locked { room },
            State::Private => Denial::NotInvited { room: written.unwrap_or_default().to_owned() },
        }
    }

    /// What whoever asks is called; empty: the administrator.
    pub(super) fn name_of(&self, by: By) -> std::rc::Rc<str> {
        let session = by.session().and_then(|id| self.sessions.get(id.slot));
        session.and_then(|session| session.nick.clone()).unwrap_or_default()
    }

    /// The highest rank that whoever asks can do something to, in a room.
    pub(super) fn reach(&self, by: By, room: Option<RoomId>) -> Rank {
        let session = by.session().and_then(|id| self.sessions.get(id.slot));
        session.map_or(Rank::Admin, |session| self.rank(session, room).below())
    }
}

/// That somebody is banned, as they are told.
pub(super) fn banned(term: &Term, now: Now) -> Denial {
    let (by, for_ms, reason) = parts(term, now);
    Denial::Banned { by, for_ms, reason }
}

fn parts(term: &Term, now: Now) -> (String, Option<i64>, String) {
    let for_ms = term.until_ms.map(|until_ms| until_ms.saturating_sub(now.wall_ms));
    (term.by.to_string(), for_ms, term.reason.to_string())
}
