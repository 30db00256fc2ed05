//! Keeping order: what operators, moderators and the administrator decide, one file for what belongs together.
//!
//! Whether somebody may is the policy's business, and was asked before; here it is also asked to whom.

mod ban;
mod create;
mod kick;
mod mute;
mod openness;
mod pace;
mod rights;

use std::rc::Rc;

use lanchat_protocol::admin;
use lanchat_protocol::names::RoomName;
use lanchat_protocol::order::{Measure, Order};

use super::culprit::Culprit;
use super::denial::Denial;
use super::policy::Rank;
use super::room::RoomId;
use super::{Change, Hub, Now, Occurrence, Refusal, Reply, SessionId};
use crate::timeline::{Body, RELAY};

/// How many bans one answer names.
const BANS_TOLD_MAX: usize = 50;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Somebody in the chat.
    Session(SessionId),
    /// The administrator of the host.
    Host,
}

impl By {
    /// Their session.
    pub(super) fn session(self) -> Option<SessionId> {
        match self {
            Self::Session(id) => Some(id),
            Self::Host => None,
        }
    }
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What.
    pub measure: Measure,
    /// Who did it; empty: the administrator.
    pub by: Rc<str>,
    /// In which room; `None`: it holds everywhere.
    pub room: Option<Rc<str>>,
    /// To whom; empty: to the room.
    pub whom: Rc<str>,
    /// Why; empty: nobody says.
    pub reason: Box<str>,
    /// Until when, in milliseconds since 1970 UTC; `None`: until somebody ends it.
    pub until_ms: Option<i64>,
    /// One message in so many seconds, for [`Measure::Slow`].
    pub seconds: u32,
    /// When, in milliseconds since 1970 UTC.
    pub time_ms: i64,
}

/// A ban, as a list shows it.
#[derive(Debug)]
pub struct BanLine {
    /// Who is meant.
    pub whom: String,
    /// By whom; empty: the administrator.
    pub by: Rc<str>,
    /// Why; empty: nobody says.
    pub reason: Box<str>,
    /// Since when, in milliseconds since 1970 UTC.
    pub since_ms: i64,
    /// Until when; `None`: for good.
    pub until_ms: Option<i64>,
}

/// Who asks for something, when and where.
#[derive(Clone, Copy, Debug)]
struct Case {
    now: Now,
    by: By,
    room: Option<RoomId>,
}

impl Hub {
    /// Carries out what somebody in the chat asks for. `room` is where it concerns one.
    pub(super) fn order(
        &mut self,
        now: Now,
        id: SessionId,
        tag: Option<&str>,
        room: Option<RoomId>,
        order: &Order,
    ) -> Result<(), Refusal> {
        match order {
            Order::Bans => {
                self.tell_bans(now, id, tag);
                return Ok(());
            }
            Order::Create { room, private, moderated } => {
                return create::create(self, now, id, tag, room, [*private, *moderated]);
            }
            _ => {}
        }
        let silenced = self.is_muted(now, id, room).then(|| order.clone().without_reason());
        let case = Case { now, by: By::Session(id), room };
        let done = self.carry_out(case, silenced.as_ref().unwrap_or(order))?;
        let change = self.changed_until_now();
        self.tell_ordered(id, tag, change, &done);
        let account = self.sessions.get(id.slot).and_then(|session| session.account.as_ref());
        let account = account.and_then(|key| self.accounts.get(key)).map(|account| account.nick.clone());
        self.report(id, Occurrence::Ordered { account, done });
        Ok(())
    }

    /// Carries out what the administrator asks for, to whom everything is allowed. Says how it was written.
    pub fn order_by_host(
        &mut self,
        now: Now,
        room: Option<&str>,
        order: &Order,
    ) -> Result<(Done, Change), Refusal> {
        let found = |name: &str| {
            let named = RoomName::parse(name).ok().and_then(|name| self.rooms.named(&name));
            named.ok_or_else(|| Refusal::NoSuchRoom { room: name.to_owned() })
        };
        let room = room.map(found).transpose()?;
        let done = self.carry_out(Case { now, by: By::Host, room }, order)?;
        Ok((done, self.changed_until_now()))
    }

    fn carry_out(&mut self, case: Case, order: &Order) -> Result<Done, Refusal> {
        match order {
            Order::Kick { nick, reason } => kick::kick(self, case, nick, reason.as_deref()),
            Order::Ban { whom, for_ms, reason } => ban::ban(self, case, whom, *for_ms, reason.as_deref()),
            Order::Unban { whom } => ban::unban(self, case, whom),
            Order::Mute { nick, for_ms, reason } => mute::mute(self, case, nick, *for_ms, reason.as_deref()),
            Order::Unmute { nick } => mute::unmute(self, case, nick),
            Order::Op { nick } => rights::change(self, case, nick, Measure::Operator),
            Order::Deop { nick } => rights::change(self, case, nick, Measure::NoOperator),
            Order::Voice { nick } => rights::change(self, case, nick, Measure::Voice),
            Order::Devoice { nick } => rights::change(self, case, nick, Measure::NoVoice),
            Order::Invite { nick } => rights::invite(self, case, nick),
            Order::Slow { seconds } => pace::slow(self, case, *seconds),
            Order::Lock => pace::lock(self, case, true),
            Order::Unlock => pace::lock(self, case, false),
            Order::Private { on } => openness::set_private(self, case, *on),
            Order::Moderated { on } => openness::set_moderated(self, case, *on),
            // They are answered in another way.
            Order::Bans | Order::Create { .. } => Err(Refusal::NoRoom),
        }
    }

    /// An account is no more: whoever has its name next has none of its rights.
    pub(super) fn forget_rights(&mut self, account: &super::accounts::AccountKey) {
        for room in self.rooms.ids() {
            if self.rooms[room].rules.forget(account) {
                self.note_rules(room);
            }
        }
    }

    /// The bans that hold, the newest first.
    pub fn bans(&self, now: Now) -> Vec<BanLine> {
        let line = |ban: &super::bans::Ban| BanLine {
            whom: ban.whom.told(&self.accounts),
            by: ban.term.by.clone(),
            reason: ban.term.reason.clone(),
            since_ms: ban.term.since_ms,
            until_ms: ban.term.until_ms,
        };
        self.bans.holding(now).map(line).collect()
    }

    /// Who is muted everywhere, and in which rooms who is.
    pub fn mutes(&self, now: Now) -> Vec<admin::Mute> {
        let line = |room: Option<&Rc<str>>, mute: &super::mutes::Mute| admin::Mute {
            nick: mute.culprit.nick.to_string(),
            account: mute.culprit.account().is_some(),
            room: room.map(ToString::to_string),
            by: Some(mute.term.by.to_string()).filter(|by| !by.is_empty()),
            reason: Some(mute.term.reason.to_string()).filter(|reason| !reason.is_empty()),
            since: lanchat_protocol::moment::utc(mute.term.since_ms),
            until: mute.term.until_ms.map(lanchat_protocol::moment::utc),
        };
        let mut all: Vec<_> = self.mutes.iter().map(|mute| (None, mute)).collect();
        for (_, room) in self.rooms.iter() {
            all.extend(room.rules.mutes.iter().map(|mute| (room.name(), mute)));
        }
        let holding = all.into_iter().filter(|(_, mute)| !mute.term.is_over(now.wall_ms));
        holding.map(|(room, mute)| line(room, mute)).collect()
    }

    fn tell_bans(&mut self, now: Now, id: SessionId, tag: Option<&str>) {
        let mut bans = self.bans(now);
        let others = bans.len().saturating_sub(BANS_TOLD_MAX) as u64;
        bans.truncate(BANS_TOLD_MAX);
        self.reply(id, &Reply::Bans { tag, bans: &bans, others, now_ms: now.wall_ms });
    }

    /// Whom a measure is about learns of it, and so do the others in the room.
    fn tell_measure(&mut self, case: Case, done: &Done, culprit: Option<&Culprit>) {
        if let Some(culprit) = culprit {
            self.tell_culprit(case, done, culprit);
        }
        let Some(room) = case.room else { return };
        // Nobody is in a room that is asleep, and nothing of it in memory.
        if self.rooms[room].is_asleep || !self.has_position(room) {
            return;
        }
        let number = match done.measure {
            Measure::Slow => i64::from(done.seconds),
            _ => done.until_ms.unwrap_or_default(),
        };
        let (measure, whom, reason) = (done.measure, &*done.whom, &*done.reason);
        let body = Body::Ordered { measure, whom, reason, number };
        match case.by {
            By::Session(id) => self.append_own(case.now, room, id, &done.by, body, ""),
            By::Host => self.append(case.now, room, RELAY, "", body, ""),
        };
    }

    /// Whom a measure is about learns of it where they do not read it in the room.
    fn tell_culprit(&mut self, case: Case, done: &Done, culprit: &Culprit) {
        let is_in = |session: &super::Session| session.seats.iter().any(|seat| Some(seat.room) == case.room);
        let theirs = self.sessions.iter().map(|(_, session)| session);
        let theirs = theirs.filter(|session| culprit.is(session) && !is_in(session) && !session.is_closing);
        for id in theirs.map(|session| session.id).collect::<Vec<_>>() {
            self.reply(id, &Reply::Ordered { tag: None, done, is_you: true, durable: None });
        }
    }

    /// Whether whoever asks may do something to somebody: nobody of the same or a higher rank.
    fn reaches(&self, case: Case, culprit: &Culprit, session: Option<SessionId>) -> Result<(), Refusal> {
        let session = session.and_then(|id| self.sessions.get(id.slot));
        let rank = match (session, culprit.account()) {
            (Some(session), _) => self.rank(session, case.room),
            (None, Some(account)) => self.rank_of_account(account, case.room),
            (None, None) => Rank::Guest,
        };
        let asks = case.by.session().and_then(|id| self.sessions.get(id.slot));
        if asks.is_some_and(|asks| culprit.is(asks)) {
            return Err(Refusal::ToYourself);
        }
        if rank <= self.reach(case.by, case.room) {
            return Ok(());
        }
        Err(Refusal::Denied(Denial::Outranked { whom: culprit.nick.to_string(), rank }))
    }

    /// What whoever asks is, where they are told that they are not enough.
    fn own_rank(&self, case: Case) -> Rank {
        let session = case.by.session().and_then(|id| self.sessions.get(id.slot));
        session.map_or(Rank::Admin, |session| self.rank(session, case.room))
    }

    fn done(&self, case: Case, measure: Measure, whom: &str) -> Done {
        Done {
            measure,
            by: self.name_of(case.by),
            room: case.room.and_then(|room| self.rooms[room].name().cloned()),
            whom: whom.into(),
            reason: Box::default(),
            until_ms: None,
            seconds: 0,
            time_ms: case.now.wall_ms,
        }
    }
}
