//! What each command does: one file a command.

mod away;
pub(super) mod hello;
mod help;
mod history;
mod ignore;
pub(super) mod join;
mod login;
mod nick;
pub(super) mod part;
pub(super) mod passwd;
mod ping;
mod probe;
mod quit;
pub(super) mod register;
mod rooms;
mod say;
mod search;
mod topic;
mod who;
mod whois;

use std::rc::Rc;

use lanchat_protocol::names::RoomName;
use lanchat_protocol::order::Order;

use super::policy::Deed;
use super::{Command, Hub, Now, Refusal, RoomId, SessionId};

pub(super) fn dispatch(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    tag: Option<&str>,
    command: Command,
) -> Result<(), Refusal> {
    if !matches!(command, Command::Hello(_) | Command::Wrong(_) | Command::Quit | Command::Ping) {
        introduced(hub, id)?;
        let is_guest = || hub.sessions.get(id.slot).is_some_and(|session| session.account.is_none());
        if hub.settings.needs_login && !is_for_all(&command) && is_guest() {
            return Err(Refusal::LoginRequired);
        }
    }
    permit(hub, now, id, &command)?;
    match command {
        Command::Hello(hello) => hello::hello(hub, now, id, hello),
        Command::Say { room, text, action } => say::say(hub, now, id, tag, room.as_deref(), &text, action),
        Command::Nick(nick) => nick::nick(hub, now, id, tag, &nick),
        Command::Who { room } => who::who(hub, now, id, tag, room.as_deref()),
        Command::Join { room } => join::join(hub, now, id, tag, room.as_deref()),
        Command::Part { room } => part::part(hub, now, id, tag, room.as_deref()),
        Command::Rooms => rooms::rooms(hub, now, id, tag),
        Command::Topic { room, topic } => topic::topic(hub, now, id, tag, room.as_deref(), topic.as_deref()),
        Command::Whois(nick) => whois::whois(hub, now, id, tag, &nick),
        Command::Away { reason } => away::away(hub, now, id, tag, reason.as_deref()),
        Command::Back => away::back(hub, now, id, tag),
        Command::Ignore(nick) => ignore::ignore(hub, now, id, tag, nick.as_deref()),
        Command::Unignore(nick) => ignore::unignore(hub, now, id, tag, &nick),
        Command::History { room, asked } => history::history(hub, now, id, tag, room.as_deref(), &asked),
        Command::Search(searched) => search::search(hub, now, id, tag, searched),
        Command::Register { password, invite } => {
            register::register(hub, now, id, tag, password, invite.as_ref())
        }
        Command::Login { nick, proof } => login::login(hub, now, id, tag, nick.as_deref(), proof),
        Command::Passwd { old, new } => passwd::passwd(hub, now, id, tag, old, new),
        Command::Logout => login::logout(hub, now, id, tag),
        Command::Order { room, order } => keep_order(hub, now, id, tag, room.as_deref(), &order),
        Command::Ping => ping::ping(hub, now, id, tag),
        Command::Help => help::help(hub, now, id),
        Command::Quit => quit::quit(hub, id),
        Command::Wrong(refusal) => Err(refusal),
    }
}

/// What a guest may do where only who is logged in chats.
fn is_for_all(command: &Command) -> bool {
    matches!(
        command,
        Command::Nick(_)
            | Command::Register { .. }
            | Command::Login { .. }
            | Command::Passwd { .. }
            | Command::Logout
            | Command::Help
    )
}

/// Asks the policy. Who enters a room, and who says something again that was taken before, is asked about there.
fn permit(hub: &Hub, now: Now, id: SessionId, command: &Command) -> Result<(), Refusal> {
    let Some(deed) = Deed::of(command).filter(|deed| !matches!(deed, Deed::Join | Deed::Say | Deed::Tell))
    else {
        return Ok(());
    };
    let (room, written) = match command {
        Command::Who { room }
        | Command::Part { room }
        | Command::Topic { room, .. }
        | Command::History { room, .. }
        | Command::Order { room, .. }
            if deed.is_in_a_room() =>
        {
            (place(hub, id, room.as_deref()), room.as_deref())
        }
        _ => (None, None),
    };
    hub.allow(now, id, deed, room, written)
}

/// Keeps order.
fn keep_order(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    tag: Option<&str>,
    room: Option<&str>,
    order: &Order,
) -> Result<(), Refusal> {
    let is_of_a_room = Deed::of_order(order).is_in_a_room();
    let room = if is_of_a_room { Some(own_room(hub, id, room)?) } else { None };
    take_quota(hub, now, id)?;
    hub.order(now, id, tag, room, order)
}

/// Whether the session has a nick yet: a native one has none before its hello.
fn introduced(hub: &mut Hub, id: SessionId) -> Result<Rc<str>, Refusal> {
    hub.session(id).and_then(|session| session.nick.clone()).ok_or(Refusal::HelloFirst)
}

/// The session uses up one of the things that it may do in a while.
fn take_quota(hub: &mut Hub, now: Now, id: SessionId) -> Result<(), Refusal> {
    hub.take_quota(now, id)
}

/// The room of this name, or the current one, whether the session finds it or not.
fn place(hub: &Hub, id: SessionId, name: Option<&str>) -> Option<RoomId> {
    match name {
        None => hub.sessions.get(id.slot).and_then(|session| session.current),
        Some(name) => RoomName::parse(name).ok().and_then(|name| hub.rooms.named(&name)),
    }
}

/// The room that is meant, whether the session is in it or not. What it does not find is not there.
fn room(hub: &Hub, id: SessionId, name: Option<&str>) -> Result<RoomId, Refusal> {
    let room = place(hub, id, name);
    let Some(name) = name else { return room.ok_or(Refusal::NoRoom) };
    let session = hub.sessions.get(id.slot);
    let seen = room.filter(|room| session.is_some_and(|session| hub.sees(session, *room)));
    seen.ok_or_else(|| Refusal::NoSuchRoom { room: name.to_owned() })
}

/// The room that is meant, in which the session has to be.
fn own_room(hub: &Hub, id: SessionId, name: Option<&str>) -> Result<RoomId, Refusal> {
    let room = room(hub, id, name)?;
    let mut seats = hub.sessions.get(id.slot).into_iter().flat_map(|session| &session.seats);
    if seats.any(|seat| seat.room == room) {
        return Ok(room);
    }
    Err(Refusal::NoSuchRoom { room: hub.rooms[room].title(None).to_string() })
}
