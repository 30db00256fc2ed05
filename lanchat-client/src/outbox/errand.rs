//! What a person can ask a relay for.

use lanchat_protocol::client::{
    Away, Bare, History, InRoom, NewNick, Request, Ruling, Say, Search, Topic, Whom,
};
use lanchat_protocol::names::RoomName;
use lanchat_protocol::order::Order;

use crate::claim::Claim;
use crate::transcript::{quote, shorten};

/// What was searched for is cut to this many characters where it is named.
const NAMED_CHARS_MAX: usize = 60;

/// Something that a person asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Errand {
    /// Say something in a room or, to `@ana`, to that person alone.
    Say {
        /// Where, as the wire has it.
        to: String,
        /// The message.
        text: String,
        /// Whether it tells what the sender does.
        action: bool,
    },
    /// Take another nick.
    Nick(String),
    /// Tell who is in the room.
    Who(RoomName),
    /// Enter the room.
    Join(RoomName),
    /// Leave the room.
    Part(RoomName),
    /// Tell which rooms there are.
    Rooms,
    /// Tell what the room is about, or have it be about something; `""`: about nothing.
    Topic {
        /// The room.
        room: RoomName,
        /// The topic to set.
        topic: Option<String>,
    },
    /// Tell who somebody is.
    Whois(String),
    /// Not there for a while, and why.
    Away(Option<String>),
    /// There again.
    Back,
    /// Hear nothing of somebody, or tell of whom that is so.
    Ignore(Option<String>),
    /// Hear somebody again.
    Unignore(String),
    /// Show who they are.
    Claim(Claim),
    /// Tell what was said before.
    History(History<'static>),
    /// Find what was said.
    Search {
        /// As it was typed.
        typed: String,
        /// As it was meant.
        search: Box<Search<'static>>,
    },
    /// Answer, to show that it does.
    Ping,
    /// Keep order.
    Order {
        /// Where the person talks, if they do.
        room: Option<RoomName>,
        /// What they typed after the slash.
        typed: String,
        /// What they meant.
        order: Order<'static>,
    },
}

impl Errand {
    /// The request that the relay will answer with this id.
    pub(super) fn request<'a>(&'a self, id: &'a str) -> Request<'a> {
        let plain = id;
        let id = Some(id.into());
        let named = |room: &'a RoomName| Some(room.as_str().into());
        match self {
            Self::Say { to, text, action } => {
                Request::Say(Say { id, room: Some(to.into()), text: text.into(), action: *action })
            }
            Self::Nick(nick) => Request::Nick(NewNick { id, nick: nick.into() }),
            Self::Who(room) => Request::Who(InRoom { id, room: named(room) }),
            Self::Join(room) => Request::Join(InRoom { id, room: named(room) }),
            Self::Part(room) => Request::Part(InRoom { id, room: named(room) }),
            Self::Rooms => Request::Rooms(Bare { id }),
            Self::Topic { room, topic } => {
                Request::Topic(Topic { id, room: named(room), topic: topic.as_deref().map(Into::into) })
            }
            Self::Whois(nick) => Request::Whois(Whom { id, nick: Some(nick.into()) }),
            Self::Away(text) => Request::Away(Away { id, text: text.as_deref().map(Into::into) }),
            Self::Back => Request::Back(Bare { id }),
            Self::Ignore(nick) => Request::Ignore(Whom { id, nick: nick.as_deref().map(Into::into) }),
            Self::Unignore(nick) => Request::Unignore(Whom { id, nick: Some(nick.into()) }),
            Self::Claim(claim) => claim.request(plain),
            Self::History(history) => Request::History(History { id, ..history.clone() }),
            Self::Search { search, .. } => Request::Search(Search { id, ..Search::clone(search) }),
            Self::Ping => Request::Ping(Bare { id }),
            Self::Order { room, order, .. } => {
                Request::Order(Ruling::new(id, room.as_ref().and_then(named), order.clone()))
            }
        }
    }

    /// Whether it only asks, and so need not wait for the messages before it.
    pub(super) fn is_question(&self) -> bool {
        match self {
            Self::Who(_)
            | Self::Rooms
            | Self::Whois(_)
            | Self::Topic { topic: None, .. }
            | Self::Ignore(None)
            | Self::History(_)
            | Self::Search { .. }
            | Self::Ping
            | Self::Order { order: Order::Bans, .. } => true,
            Self::Say { .. }
            | Self::Nick(_)
            | Self::Join(_)
            | Self::Part(_)
            | Self::Topic { topic: Some(_), .. }
            | Self::Away(_)
            | Self::Back
            | Self::Claim(_)
            | Self::Ignore(Some(_))
            | Self::Unignore(_)
            | Self::Order { .. } => false,
        }
    }

    /// Whether the answer to it changes what the prompt shows.
    pub(crate) fn changes_prompt(&self) -> bool {
        self.tells_who() || self.moves()
    }

    /// Whether it says who the person is.
    pub(super) fn tells_who(&self) -> bool {
        matches!(self, Self::Nick(_) | Self::Claim(_))
    }

    /// Whether it enters or leaves a room: what is asked about rooms must not overtake it.
    pub(crate) fn moves(&self) -> bool {
        matches!(self, Self::Join(_) | Self::Part(_) | Self::Order { order: Order::Create { .. }, .. })
    }

    /// What it is, for people, about as they typed it.
    pub(crate) fn named(&self) -> String {
        match self {
            Self::Say { text, .. } => quote(text),
            Self::Nick(nick) => format!("/nick {nick}"),
            Self::Who(room) => format!("/who {room}"),
            Self::Join(room) => format!("/join {room}"),
            Self::Part(room) => format!("/part {room}"),
            Self::Rooms => "/rooms".to_owned(),
            Self::Topic { .. } => "/topic".to_owned(),
            Self::Whois(nick) => format!("/whois {nick}"),
            Self::Away(_) => "/away".to_owned(),
            Self::Back => "/back".to_owned(),
            Self::Ignore(None) => "/ignore".to_owned(),
            Self::Ignore(Some(nick)) => format!("/ignore {nick}"),
            Self::Unignore(nick) => format!("/unignore {nick}"),
            Self::Claim(claim) => claim.named().to_owned(),
            Self::History(_) => "/history".to_owned(),
            Self::Search { typed, .. } => format!("/search {}", shorten(typed, NAMED_CHARS_MAX)),
            Self::Ping => "ping".to_owned(),
            Self::Order { typed, .. } => shorten(typed, NAMED_CHARS_MAX).into_owned(),
        }
    }

    /// What others would read, as notices name it. `None` where nobody would.
    pub(crate) fn quoted(&self) -> Option<String> {
        match self {
            Self::Say { text, .. } => Some(quote(text)),
            Self::Topic { topic: Some(topic), .. } => Some(format!("the topic {}", quote(topic))),
            Self::Nick(_)
            | Self::Who(_)
            | Self::Join(_)
            | Self::Part(_)
            | Self::Rooms
            | Self::Topic { topic: None, .. }
            | Self::Whois(_)
            | Self::Away(_)
            | Self::Back
            | Self::Claim(_)
            | Self::Ignore(_)
            | Self::Unignore(_)
            | Self::History(_)
            | Self::Search { .. }
            | Self::Ping
            | Self::Order { .. } => None,
        }
    }
}
