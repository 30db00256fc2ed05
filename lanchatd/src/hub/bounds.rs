//! How much may be asked for in a while: by one session, by one person from wherever they are, and from one address.

use super::quota::Rate;
use super::session::Session;
use super::{Hub, Now, Refusal, SessionId, Settings};

/// A room has so many topics at once, and in the long run.
pub(super) const TOPIC_RATE: Rate = Rate { per_second_max: 1, burst_max: 20 };

/// Rooms are counted by the hour.
const HOUR_S: u64 = 3_600;

/// Which bound somebody has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// What one session may ask for.
    Session,
    /// What all sessions of one account may.
    Account,
    /// What everybody at one address may.
    Address,
    /// Rooms that the sessions of one account may open.
    RoomsOfAccount,
    /// Rooms that may be opened from one address.
    RoomsOfAddress,
    /// How often a room may have another topic.
    Topics,
    /// What the store looks up for one session at a time.
    Questions,
}

impl Bound {
    /// The same for programs: what it is called in the configuration, if it can be set.
    pub fn key(self) -> Option<&'static str> {
        match self {
            Self::Session => Some("messages_per_second_max"),
            Self::Account => Some("account_messages_per_second_max"),
            Self::Address => Some("address_messages_per_second_max"),
            Self::RoomsOfAccount | Self::RoomsOfAddress => Some("rooms_opened_per_hour_max"),
            Self::Topics | Self::Questions => None,
        }
    }

    /// What is wrong, for people; what to do follows.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Session | Self::Questions => "too fast, not sent",
            Self::Account => "all your clients together are too fast, not sent",
            Self::Address => "everybody at your address together is too fast, not sent",
            Self::RoomsOfAccount => "you have opened as many new rooms as may be for now, use another one",
            Self::RoomsOfAddress => {
                "as many new rooms were opened from your address as may be for now, use another one"
            }
            Self::Topics => "this room has had many new topics, not changed",
        }
    }

    pub(super) fn refusal(self, wait_us: u64) -> Refusal {
        Refusal::RateLimited { bound: self, wait_ms: wait_us.div_ceil(1000) }
    }
}

impl Settings {
    fn session_rate(&self) -> Rate {
        Rate { per_second_max: self.messages_per_second_max, burst_max: self.messages_burst_max }
    }

    fn account_rate(&self) -> Rate {
        let (per_second_max, burst_max) =
            (self.account_messages_per_second_max, self.account_messages_burst_max);
        Rate { per_second_max, burst_max }
    }

    fn address_rate(&self) -> Rate {
        let (per_second_max, burst_max) =
            (self.address_messages_per_second_max, self.address_messages_burst_max);
        Rate { per_second_max, burst_max }
    }

    /// By a clock on which an hour is a second.
    fn room_rate(&self) -> Rate {
        let rooms = self.rooms_opened_per_hour_max;
        Rate { per_second_max: rooms, burst_max: rooms }
    }

    /// Whether bounds on an address are for this one.
    pub(super) fn bounds_address(&self, is_loopback: bool) -> bool {
        !is_loopback || self.connections_per_address_on_loopback
    }
}

impl Session {
    /// What is asked for counts for the session, for whose it is, and for where it is, or for none of them.
    fn take(&mut self, now: Now, settings: &Settings) -> Result<(), Refusal> {
        let own = settings.session_rate();
        self.quota.take(now, own).map_err(|wait_us| Bound::Session.refusal(wait_us))?;
        let account = settings.account_rate();
        if let Some(spent) = &self.account_spent
            && let Err(wait_us) = spent.messages.take(now, account)
        {
            self.quota.give_back(own);
            return Err(Bound::Account.refusal(wait_us));
        }
        if settings.bounds_address(self.is_local)
            && let Err(wait_us) = self.address_spent.take(now, settings.address_rate())
        {
            self.quota.give_back(own);
            if let Some(spent) = &self.account_spent {
                spent.messages.give_back(account);
            }
            return Err(Bound::Address.refusal(wait_us));
        }
        Ok(())
    }
}

impl Hub {
    /// The session uses up one of the things that it may do in a while.
    pub(super) fn take_quota(&mut self, now: Now, id: SessionId) -> Result<(), Refusal> {
        let session = self.sessions.get_mut(id.slot).filter(|session| session.id == id);
        session.map_or(Ok(()), |session| session.take(now, &self.settings))
    }

    /// The same for what has nothing to do with others: only what the session itself may ask for counts.
    pub(super) fn take_own_quota(&mut self, now: Now, id: SessionId) -> Result<(), Refusal> {
        let rate = self.settings.session_rate();
        let Some(session) = self.session(id) else { return Ok(()) };
        session.quota.take(now, rate).map_err(|wait_us| Bound::Session.refusal(wait_us))
    }

    /// What was taken so did not count.
    pub(super) fn give_own_quota_back(&mut self, id: SessionId) {
        let rate = self.settings.session_rate();
        if let Some(session) = self.session(id) {
            session.quota.give_back(rate);
        }
    }

    /// Makes sure that the session may open another room, and that there is a place for it.
    pub(super) fn open_door(&mut self, now: Now, id: SessionId) -> Result<(), Refusal> {
        let (slow, rate) = (now.slowed_by(HOUR_S), self.settings.room_rate());
        let wait = |bound: Bound| move |wait_us: u64| bound.refusal(wait_us * HOUR_S);
        let session = self.sessions.get(id.slot).filter(|session| session.id == id);
        let Some(session) = session else { return Ok(()) };
        let rooms = session.account_spent.as_ref().map(|spent| spent.rooms.clone());
        let origin = self.settings.bounds_address(session.is_local).then(|| session.origin());
        if let Some(rooms) = &rooms {
            rooms.take(slow, rate).map_err(wait(Bound::RoomsOfAccount))?;
        }
        let taken = origin.map_or(Ok(()), |origin| self.rooms_opened.take(slow, origin, rate));
        if let Err(wait_us) = taken {
            rooms.inspect(|rooms| rooms.give_back(rate));
            return Err(wait(Bound::RoomsOfAddress)(wait_us));
        }
        self.make_room().inspect_err(|_| {
            rooms.inspect(|rooms| rooms.give_back(rate));
            if let Some(origin) = origin {
                self.rooms_opened.give_back(&origin, rate);
            }
        })
    }
}
