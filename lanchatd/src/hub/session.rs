//! What the hub knows of one connection. Plain data: it could be written out and read back.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use lanchat_protocol::client::Farewell;
use lanchat_protocol::role::Role;

use super::accounts::{AccountKey, Spent};
use super::buckets::{Bucket, origin};
use super::checks::Pending;
use super::members::{Bench, PICKY};
use super::people::PersonKey;
use super::questions::Question;
use super::quota::Quota;
use super::replay::Replay;
use super::room::HOUSE;
use super::run::Run;
use super::{Dialect, LOBBY, Now, RoomId};
use crate::kept::Digest;
use crate::timeline::{Author, Position, Skip, Track};

/// Names a session. The serial is never used twice; the slot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionId {
    /// Where the session is kept.
    pub slot: usize,
    /// What it is called towards people: 1, 2, 3 ….
    pub serial: u64,
}

/// Where a session stands in one timeline.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) room: RoomId,
    /// Its place on its bench among the members of the room.
    pub(super) index: usize,
    /// While the session is parked, the room's `passed` stands for it.
    pub(super) cursor: Position,
    /// Who the session is in the timeline: events of its own are not for it.
    pub(super) author: Author,
    /// One beyond the last event of its own; its cursor passes its own events over.
    pub(super) own_end: Position,
    /// Messages of its own at or after the cursor.
    pub(super) own_ahead: u64,
    /// Messages that left the timeline before they were read, and that it was not told of yet.
    pub(super) missed: u64,
    /// Whether the others in the room know that it is there.
    pub(super) is_present: bool,
    /// What comes from the store before the timeline goes on.
    pub(super) replay: Option<Box<Replay>>,
    /// From where on something waits that could not be read from the store.
    pub(super) waits_from: Option<Position>,
    /// Whether it is in what two persons share.
    pub(super) is_direct: bool,
    /// Nothing more will be said there: the seat goes when all was read.
    pub(super) is_over: bool,
}

impl Seat {
    /// From where on something waits that the store has, and that was not handed out.
    pub(super) fn waits_from(&self) -> Option<Position> {
        self.waits_from.or(self.replay.as_ref().and_then(|replay| replay.next()))
    }
}

/// When a session is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// When it is called: timelines are not for it, yet or any more.
    Aside,
    /// With all others who have read everything, when there is something for them.
    Parked,
    /// In the next pass, by itself: it is in the list.
    Queued,
    /// By itself, when its socket, which is full, has room again.
    Lagging,
}

#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is so or not, whatever the others are")]
pub(super) struct Session {
    pub(super) id: SessionId,
    pub(super) address: SocketAddr,
    pub(super) connected_us: u64,
    /// Nobody on the way can read what it says and is told.
    pub(super) is_encrypted: bool,
    /// `None` until the first bytes, or a silence, have shown it.
    pub(super) dialect: Option<&'static Dialect>,
    /// `None` before a native client's hello.
    pub(super) nick: Option<Rc<str>>,
    /// Who that is.
    pub(super) person: Option<PersonKey>,
    /// The account that it is logged in to.
    pub(super) account: Option<AccountKey>,
    /// What its owner may do.
    pub(super) account_role: Role,
    /// The token that opened it; `None`: a password did.
    pub(super) token: Option<Digest>,
    /// What it was last told is somebody's name, or was its own: what it logs in to if it does not say.
    pub(super) claimed: Option<Rc<str>>,
    /// It has to log in before it hears or says anything.
    pub(super) is_barred: bool,
    /// A password of it that is being looked at, and what it has asked for since.
    pub(super) check: Option<Box<Pending>>,
    /// Rooms to which a guest was invited, and where they were then.
    pub(super) invitations: Vec<(RoomId, Position)>,
    /// Which run of which client it speaks for, where that was said.
    pub(super) run: Option<Run>,
    /// Messages of a room that it wants to be told when it enters.
    pub(super) backlog: usize,
    /// What it has asked and waits for.
    pub(super) questions: Vec<Question>,
    /// Its nick was given to it: others would not know it again.
    pub(super) is_guest: bool,
    /// It is a script: nobody is told that it comes and goes.
    pub(super) is_unannounced: bool,
    /// It was told what its hello would come to, which is all that it asked for.
    pub(super) is_probe: bool,
    pub(super) seats: Vec<Seat>,
    /// Where it talks if it does not say where.
    pub(super) current: Option<RoomId>,
    /// That it is away, and why.
    pub(super) away: Option<Box<str>>,
    /// Of whom it wants to hear nothing, by their nicks in lower case.
    pub(super) ignored: Vec<Box<str>>,
    /// What is missing of an event that went out in part.
    pub(super) rest: Vec<u8>,
    /// Answers to this session alone, encoded.
    pub(super) inbox: Vec<u8>,
    /// Answers dropped because the inbox was full, and that it was not told of yet.
    pub(super) answers_dropped: u64,
    pub(super) turn: Turn,
    /// It has had its last word: nothing that is said from here on is for it.
    pub(super) is_closing: bool,
    /// The last word, for a session whose dialect had not shown when it was said.
    pub(super) last_word: Option<(Farewell, Box<str>)>,
    pub(super) quota: Quota,
    /// What all sessions of its account have used up, where it has one.
    pub(super) account_spent: Option<Spent>,
    /// What everybody at its address has.
    pub(super) address_spent: Bucket,
    /// It comes from the relay's own machine.
    pub(super) is_local: bool,
    pub(super) messages: u64,
    /// When it last asked for something.
    pub(super) active_us: u64,
    pub(super) skipped: u64,
    /// Refusals logged in the second that began then.
    pub(super) refusals_logged: (u64, u32),
    pub(super) refusals_unlogged: u64,
}

impl Session {
    pub(super) fn new(id: SessionId, address: SocketAddr, address_spent: Bucket, now: Now) -> Self {
        Self {
            id,
            address,
            connected_us: now.mono_us,
            is_encrypted: false,
            dialect: None,
            nick: None,
            person: None,
            account: None,
            account_role: Role::Guest,
            token: None,
            claimed: None,
            is_barred: false,
            check: None,
            invitations: Vec::new(),
            run: None,
            backlog: 0,
            questions: Vec::new(),
            is_guest: false,
            is_unannounced: false,
            is_probe: false,
            seats: Vec::new(),
            current: Some(LOBBY),
            away: None,
            ignored: Vec::new(),
            rest: Vec::new(),
            inbox: Vec::new(),
            answers_dropped: 0,
            turn: Turn::Aside,
            is_closing: false,
            last_word: None,
            quota: Quota::default(),
            account_spent: None,
            address_spent,
            is_local: address.ip().to_canonical().is_loopback(),
            messages: 0,
            active_us: now.mono_us,
            skipped: 0,
            refusals_logged: (0, 0),
            refusals_unlogged: 0,
        }
    }

    /// From where it comes, as far as it cannot choose that.
    pub(super) fn origin(&self) -> IpAddr {
        origin(self.address.ip())
    }

    /// What whoever speaks here may do.
    pub(super) fn role(&self) -> Role {
        if self.account.is_some() { self.account_role } else { Role::Guest }
    }

    /// Who it is in the timelines of rooms.
    pub(super) fn author(&self) -> Author {
        self.run.map_or(self.id.serial, Run::author)
    }

    /// The encoding in which it reads a room, once its dialect has shown.
    pub(super) fn track_in(&self, room: RoomId) -> Option<Track> {
        let is_here = room == HOUSE || self.current == Some(room);
        self.dialect.map(|dialect| if is_here { dialect.here.track } else { dialect.elsewhere.track })
    }

    /// Whether timelines are for it: from its welcome to its last word, while nothing comes from the store.
    pub(super) fn is_listening(&self) -> bool {
        let is_waiting = || self.seats.iter().any(|seat| seat.replay.is_some());
        let is_welcome = self.dialect.is_some() && self.nick.is_some() && !self.is_barred;
        is_welcome && !self.is_closing && !is_waiting()
    }

    /// Where it sits in a room while it is parked.
    pub(super) fn bench_in(&self, room: RoomId) -> Option<Bench> {
        if self.ignored.is_empty() { self.track_in(room) } else { Some(PICKY) }
    }

    /// What it does not read of what stands before the cursor of a seat.
    pub(super) fn skip(&self, seat: &Seat, cursor: Position) -> Skip<'_> {
        let has_own = seat.own_end > cursor;
        Skip { own: has_own.then_some(seat.author), nicks: &self.ignored }
    }

    pub(super) fn seat_in(&mut self, room: RoomId) -> Option<&mut Seat> {
        self.seats.iter_mut().find(|seat| seat.room == room)
    }
}
