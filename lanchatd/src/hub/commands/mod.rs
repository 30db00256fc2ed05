//! What each command does: one file a command.

pub(super) mod hello;
mod help;
mod nick;
mod ping;
mod quit;
mod say;
mod who;

use std::rc::Rc;

use super::{Command, Hub, LOBBY, LOBBY_NAME, Now, Refusal, RoomId, SessionId};

pub(super) fn dispatch(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    tag: Option<&str>,
    command: Command,
) -> Result<(), Refusal> {
    if !matches!(command, Command::Hello { .. } | Command::Wrong(_) | Command::Quit | Command::Ping) {
        introduced(hub, id)?;
    }
    match command {
        Command::Hello { version, nick } => hello::hello(hub, now, id, version, nick.as_deref()),
        Command::Say { room, text, action } => say::say(hub, now, id, tag, room.as_deref(), &text, action),
        Command::Nick(nick) => nick::nick(hub, now, id, tag, &nick),
        Command::Who { room } => who::who(hub, now, id, tag, room.as_deref()),
        Command::Ping => ping::ping(hub, id, tag),
        Command::Help => help::help(hub, now, id),
        Command::Quit => quit::quit(hub, id),
        Command::Wrong(refusal) => Err(refusal),
    }
}

/// Whether the session has a nick yet: a native one has none before its hello.
fn introduced(hub: &mut Hub, id: SessionId) -> Result<Rc<str>, Refusal> {
    hub.session(id).and_then(|session| session.nick.clone()).ok_or(Refusal::HelloFirst)
}

/// The session uses up one of the things that it may do in a while.
fn take_quota(hub: &mut Hub, now: Now, id: SessionId) -> Result<(), Refusal> {
    let rate = hub.settings.rate();
    let Some(session) = hub.session(id) else { return Ok(()) };
    session.quota.take(now, rate).map_err(|wait_us| Refusal::RateLimited { wait_ms: wait_us.div_ceil(1000) })
}

/// The room that is meant.
fn room(name: Option<&str>) -> Result<RoomId, Refusal> {
    match name {
        None => Ok(LOBBY),
        Some(name) if name.strip_prefix('#').unwrap_or(name) == LOBBY_NAME => Ok(LOBBY),
        Some(_) => Err(Refusal::NoSuchRoom),
    }
}
