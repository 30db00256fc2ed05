//! Who may do what: the one table.
//!
//! A deed needs a rank, and states of whoever does it, or of the room, stand in its way. Nothing else in the hub says
//! who may do something; whom one may do it to is the other half, and short: nobody of the same or a higher rank.

mod words;

use lanchat_protocol::order::Order;
use lanchat_protocol::role::Role;

use super::Command;

/// What somebody is in a place. Each may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Has not shown who they are.
    Guest,
    /// Is logged in.
    Member,
    /// Keeps order in this room.
    Operator,
    /// Keeps order in all rooms.
    Moderator,
    /// May do whatever can be done in the chat.
    Admin,
}

/// What somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the command of its name")]
pub enum Deed {
    Hello,
    Say,
    Tell,
    Nick,
    Who,
    Join,
    Part,
    Rooms,
    AskTopic,
    SetTopic,
    Whois,
    Away,
    Back,
    Ignore,
    Unignore,
    History,
    Search,
    Register,
    Login,
    Passwd,
    Logout,
    Ping,
    Help,
    Quit,
    Create,
    Invite,
    Op,
    Deop,
    Voice,
    Devoice,
    Slow,
    Lock,
    Unlock,
    Private,
    Moderated,
    Kick,
    Mute,
    Unmute,
    Ban,
    Unban,
    Bans,
}

/// What may stand in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// They are banned.
    Banned,
    /// They are muted, everywhere or in the room.
    Muted,
    /// They were put out of the room a moment ago.
    Kicked,
    /// They have said something in a slow room a moment ago.
    Slow,
    /// The room is moderated, and they have no voice.
    Moderated,
    /// The room is locked, and they were not invited.
    Locked,
    /// The room is private, and they are neither in it nor invited.
    Private,
}

/// Several states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct States(u8);

/// Why somebody may not do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denied {
    /// It needs a higher rank.
    Needs(Rank),
    /// A state stands in the way.
    Stopped(State),
}

/// Whether somebody of a rank may do something in these states.
pub(super) fn verdict(deed: Deed, rank: Rank, states: States) -> Result<(), Denied> {
    let stopped =
        |state: &State| states.has(*state) && stops(*state, deed).is_some_and(|bound| bound.holds(rank));
    // What somebody does not see is not refused for another reason.
    if stopped(&State::Private) {
        return Err(Denied::Stopped(State::Private));
    }
    if rank < needed(deed) {
        return Err(Denied::Needs(needed(deed)));
    }
    State::ALL.into_iter().find(stopped).map_or(Ok(()), |state| Err(Denied::Stopped(state)))
}

/// The rank that it takes.
pub(super) fn needed(deed: Deed) -> Rank {
    match deed {
        Deed::Hello
        | Deed::Say
        | Deed::Tell
        | Deed::Nick
        | Deed::Who
        | Deed::Join
        | Deed::Part
        | Deed::Rooms
        | Deed::AskTopic
        | Deed::SetTopic
        | Deed::Whois
        | Deed::Away
        | Deed::Back
        | Deed::Ignore
        | Deed::Unignore
        | Deed::History
        | Deed::Search
        | Deed::Register
        | Deed::Login
        | Deed::Passwd
        | Deed::Logout
        | Deed::Ping
        | Deed::Help
        | Deed::Quit => Rank::Guest,
        Deed::Create => Rank::Member,
        Deed::Invite
        | Deed::Op
        | Deed::Deop
        | Deed::Voice
        | Deed::Devoice
        | Deed::Slow
        | Deed::Lock
        | Deed::Unlock
        | Deed::Private
        | Deed::Moderated
        | Deed::Kick
        | Deed::Mute
        | Deed::Unmute => Rank::Operator,
        Deed::Ban | Deed::Unban | Deed::Bans => Rank::Moderator,
    }
}

/// Whom a state stops from doing something. Whoever bans or mutes reaches only those below them, so that nobody is free
/// of that where it holds.
fn stops(state: State, deed: Deed) -> Option<Bound> {
    let (all, below) = (Some(Bound::All), |rank| Some(Bound::Below(rank)));
    match state {
        State::Banned => match deed {
            Deed::Hello | Deed::Nick | Deed::Login => all,
            _ => None,
        },
        // What others would read. A guest who registered would be somebody whom nobody has muted.
        State::Muted => match deed {
            Deed::Say | Deed::Tell | Deed::Nick | Deed::SetTopic | Deed::Away | Deed::Register => all,
            _ => None,
        },
        State::Kicked => match deed {
            Deed::Join => all,
            _ => None,
        },
        State::Slow => match deed {
            Deed::Say => below(Rank::Operator),
            _ => None,
        },
        State::Moderated => match deed {
            Deed::Say | Deed::SetTopic => below(Rank::Operator),
            _ => None,
        },
        State::Locked => match deed {
            Deed::Join => below(Rank::Operator),
            _ => None,
        },
        State::Private => deed.is_in_a_room().then_some(Bound::Below(Rank::Operator)),
    }
}

/// Whom a state stops.
#[derive(Clone, Copy, Debug)]
enum Bound {
    All,
    Below(Rank),
}

impl Bound {
    fn holds(self, rank: Rank) -> bool {
        match self {
            Self::All => true,
            Self::Below(free) => rank < free,
        }
    }
}

impl Deed {
    /// The deed that a command is; `None`: what was not understood is none.
    pub fn of(command: &Command) -> Option<Self> {
        Some(match command {
            Command::Hello(_) => Self::Hello,
            Command::Say { room: Some(room), .. } if room.starts_with('@') => Self::Tell,
            Command::Say { .. } => Self::Say,
            Command::Nick(_) => Self::Nick,
            Command::Who { .. } => Self::Who,
            Command::Join { .. } => Self::Join,
            Command::Part { .. } => Self::Part,
            Command::Rooms => Self::Rooms,
            Command::Topic { topic: None, .. } => Self::AskTopic,
            Command::Topic { topic: Some(_), .. } => Self::SetTopic,
            Command::Whois(_) => Self::Whois,
            Command::Away { .. } => Self::Away,
            Command::Back => Self::Back,
            Command::Ignore(_) => Self::Ignore,
            Command::Unignore(_) => Self::Unignore,
            Command::History { .. } => Self::History,
            Command::Search(_) => Self::Search,
            Command::Register { .. } => Self::Register,
            Command::Login { .. } => Self::Login,
            Command::Passwd { .. } => Self::Passwd,
            Command::Logout => Self::Logout,
            Command::Order { order, .. } => Self::of_order(order),
            Command::Ping => Self::Ping,
            Command::Help => Self::Help,
            Command::Quit => Self::Quit,
            Command::Wrong(_) => return None,
        })
    }

    /// The deed that an order is.
    pub fn of_order(order: &Order) -> Self {
        match order {
            Order::Kick { .. } => Self::Kick,
            Order::Ban { .. } => Self::Ban,
            Order::Unban { .. } => Self::Unban,
            Order::Bans => Self::Bans,
            Order::Mute { .. } => Self::Mute,
            Order::Unmute { .. } => Self::Unmute,
            Order::Op { .. } => Self::Op,
            Order::Deop { .. } => Self::Deop,
            Order::Voice { .. } => Self::Voice,
            Order::Devoice { .. } => Self::Devoice,
            Order::Invite { .. } => Self::Invite,
            Order::Slow { .. } => Self::Slow,
            Order::Lock => Self::Lock,
            Order::Unlock => Self::Unlock,
            Order::Private { .. } => Self::Private,
            Order::Moderated { .. } => Self::Moderated,
            Order::Create { .. } => Self::Create,
        }
    }

    /// Whether it is done in a room.
    pub fn is_in_a_room(self) -> bool {
        match self {
            Self::Say
            | Self::Who
            | Self::Join
            | Self::Part
            | Self::AskTopic
            | Self::SetTopic
            | Self::History
            | Self::Invite
            | Self::Op
            | Self::Deop
            | Self::Voice
            | Self::Devoice
            | Self::Slow
            | Self::Lock
            | Self::Unlock
            | Self::Private
            | Self::Moderated
            | Self::Kick
            | Self::Mute
            | Self::Unmute => true,
            Self::Hello
            | Self::Tell
            | Self::Nick
            | Self::Rooms
            | Self::Whois
            | Self::Away
            | Self::Back
            | Self::Ignore
            | Self::Unignore
            | Self::Search
            | Self::Register
            | Self::Login
            | Self::Passwd
            | Self::Logout
            | Self::Ping
            | Self::Help
            | Self::Quit
            | Self::Create
            | Self::Ban
            | Self::Unban
            | Self::Bans => false,
        }
    }
}

impl State {
    /// All of them, in the order in which they are told.
    pub(super) const ALL: [Self; 7] =
        [Self::Private, Self::Banned, Self::Muted, Self::Kicked, Self::Locked, Self::Moderated, Self::Slow];
}

impl States {
    /// With one more, if it holds.
    #[must_use]
    pub(super) fn with(self, state: State, holds: bool) -> Self {
        Self(self.0 | u8::from(holds) << state as u8)
    }

    /// Whether it holds.
    pub(super) fn has(self, state: State) -> bool {
        self.0 & 1 << state as u8 != 0
    }
}

impl Rank {
    /// All of them, the least first.
    pub const ALL: [Self; 5] = [Self::Guest, Self::Member, Self::Operator, Self::Moderator, Self::Admin];

    /// What somebody of this role is who has no say in the room in particular.
    pub fn of(role: Role) -> Self {
        match role {
            Role::Guest => Self::Guest,
            Role::Member => Self::Member,
            Role::Moderator => Self::Moderator,
            Role::Admin => Self::Admin,
        }
    }

    /// The next lower one: the highest that somebody of this one reaches.
    #[must_use]
    pub fn below(self) -> Self {
        match self {
            Self::Guest | Self::Member => Self::Guest,
            Self::Operator => Self::Member,
            Self::Moderator => Self::Operator,
            Self::Admin => Self::Moderator,
        }
    }

    /// Its number in the store.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The rank of a number in the store.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}
