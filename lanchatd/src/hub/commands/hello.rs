//! `hello`: a session introduces itself, or is welcomed as a guest.

use lanchat_protocol::LOBBY as LOBBY_NAME;
use lanchat_protocol::client::{CLIENT_BYTES_MAX, Code, Farewell, HISTORY_MAX, Hello, Kind, Place, VERSION};
use lanchat_protocol::names::{Nick, RoomName};

use super::probe::probe;
use super::{join, login, part};
use crate::hub::accounts::{AccountKey, Accounts};
use crate::hub::policy::Deed;
use crate::hub::run::Run;
use crate::hub::{
    HOUSE, Hub, LOBBY, Now, Occurrence, Refusal, Reply, RoomId, RoomStart, Seat, SessionId, presence,
};

/// Conversations with one person of which nothing waits, that a welcome names.
const QUIET_MAX: usize = 100;

/// A native client says who it is, and where it was.
pub(super) fn hello(hub: &mut Hub, now: Now, id: SessionId, mut hello: Hello) -> Result<(), Refusal> {
    if hub.session(id).is_some_and(|session| session.nick.is_some()) {
        return Err(Refusal::AlreadyWelcome);
    }
    // Who tries again and again is too fast at some time; who is welcome begins afresh.
    hub.take_own_quota(now, id)?;
    if hello.version != VERSION {
        return Err(Refusal::UnsupportedVersion { asked: hello.version });
    }
    run(&hello)?;
    let (password, token) = (hello.password.take(), hello.token.take());
    if password.is_none() && token.is_none() && hello.kind == Kind::Probe {
        return probe(hub, now, id, &hello, None);
    }
    if password.is_none() && token.is_none() {
        return welcome_as(hub, now, id, &hello, None);
    }
    if !hub.is_private(id) {
        return Err(Refusal::NotPrivate);
    }
    if let Some(token) = token {
        let key = login::opened_by(hub, &token)?;
        hello_of(hub, now, id, &hello, &key)?;
        if hello.kind != Kind::Probe {
            login::note_token(hub, id, &token);
        }
        return Ok(());
    }
    let (Some(nick), Some(password)) = (hello.nick.as_deref().map(str::to_owned), password) else {
        let message = "a \"password\" needs the \"nick\" that it is for".to_owned();
        return Err(Refusal::Misunderstood { code: Code::BadRequest, message });
    };
    login::begin(hub, now, id, None, &nick, password, Some(Box::new(hello.into_owned())))
}

/// The same, and it has shown that it is the owner of an account.
pub(in crate::hub) fn hello_of(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    hello: &Hello,
    key: &AccountKey,
) -> Result<(), Refusal> {
    let is_another = |nick: &str| Accounts::key_of(nick) != *key;
    if hello.nick.as_deref().is_some_and(is_another) {
        return Err(Refusal::WrongPassword);
    }
    let own = hub.accounts.get(key).and_then(|account| Nick::parse(&account.nick).ok());
    if own.is_some_and(|own| is_turned_away(hub, now, id, &own, Some(key))) {
        return Ok(());
    }
    if hello.kind == Kind::Probe {
        return probe(hub, now, id, hello, Some(key));
    }
    hub.displace_guests(now, key);
    hub.own(id, Some(key));
    let welcome = welcome_as(hub, now, id, hello, Some(key));
    if welcome.is_err() {
        hub.own(id, None);
    } else {
        hub.note_login(id, key);
        hub.report(id, Occurrence::LoggedIn);
    }
    welcome
}

fn welcome_as(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    hello: &Hello,
    account: Option<&AccountKey>,
) -> Result<(), Refusal> {
    let run = run(hello)?;
    let is_barred = account.is_none() && hub.settings.needs_login;
    let mut displaced = None;
    let own = account.and_then(|key| hub.accounts.get(key)).map(|account| account.nick.to_string());
    let is_guest = (own.is_none() && hello.nick.is_none()) || is_barred;
    let nick = match own.as_deref().or(hello.nick.as_deref()) {
        None => {
            let nick = hub.take_guest_nick(id);
            if is_turned_away(hub, now, id, &nick, None) {
                return Ok(());
            }
            nick
        }
        Some(wanted) => {
            let nick = Nick::parse(wanted).map_err(Refusal::BadNick)?;
            if account.is_none() && is_turned_away(hub, now, id, &nick, None) {
                return Ok(());
            }
            if hub.accounts.owner(nick.as_str()) == account {
                displaced = displace(hub, now, &nick, run);
            }
            hub.take_nick(id, &nick)?;
            nick
        }
    };
    let backlog = if hello.kind == Kind::Person { hub.settings.backlog } else { 0 };
    if let Some(session) = hub.session(id) {
        session.run = run;
        session.backlog = hello.backlog.unwrap_or(backlog).min(HISTORY_MAX);
        session.is_unannounced = hello.kind == Kind::Pipe;
    }
    let enters_lobby = enters_lobby(hello);
    if enters_lobby {
        come_back_to_lobby(hub, id);
    } else {
        stay_out_of_lobby(hub, id);
    }
    hub.speak_for_run(id);
    if is_barred {
        hub.give_own_quota_back(id);
        hub.become_person(now, id, &nick.as_str().into(), true);
        hub.bar(now, id);
        welcome(hub, id, &nick);
        hub.report(id, Occurrence::Named { was: None });
        return Ok(());
    }
    hub.give_own_quota_back(id);
    let resumes = hello.history.as_deref() == Some(&hub.history);
    hub.become_person(now, id, &nick.as_str().into(), is_guest);
    let (mut rooms, mut refused) = (Vec::from_iter(enters_lobby.then_some(LOBBY)), Vec::new());
    for place in hello.rooms.iter().filter(|place| !place.room.starts_with('@')) {
        let name = RoomName::parse(&place.room).map_err(Refusal::BadRoom);
        let name = name.and_then(|name| super::take_quota(hub, now, id).map(|()| name));
        match name.and_then(|name| join::enter(hub, now, id, &name)) {
            Ok((room, true)) => rooms.push(room),
            Ok((_, false)) => {}
            Err(refusal) => refused.push(refusal),
        }
    }
    let missed = if resumes { hub.resume(id, &hello.rooms) } else { Vec::new() };
    welcome(hub, id, &nick);
    if enters_lobby {
        leave_lobby_if_kept_out(hub, now, id);
    }
    for refusal in refused {
        hub.refuse(now, id, None, refusal);
    }
    hub.report(id, Occurrence::Named { was: None });
    for room in rooms.iter().filter(|room| **room != LOBBY) {
        join::report(hub, id, *room);
    }
    if let Some(old) = displaced {
        presence::take_over(hub, now, old, id);
    }
    for room in rooms {
        presence::join(hub, now, id, room);
        if !missed.contains(&room) {
            hub.tell_backlog(id, room);
        }
    }
    hub.call(id);
    Ok(())
}

/// Whoever is banned is told so, and goes.
pub(super) fn is_turned_away(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    nick: &Nick,
    account: Option<&AccountKey>,
) -> bool {
    let Err(refusal) = hub.admits(now, id, Deed::Hello, nick.as_str(), account) else { return false };
    let words = refusal.to_string();
    hub.refuse(now, id, None, refusal);
    hub.nicks.release(nick.as_str(), None, id);
    hub.close(id, Farewell::Kicked, &words);
    true
}

/// A session that needs no hello gets a guest's nick.
pub(in crate::hub) fn welcome_guest(hub: &mut Hub, now: Now, id: SessionId) {
    let nick = hub.take_guest_nick(id);
    if is_turned_away(hub, now, id, &nick, None) {
        return;
    }
    hub.become_person(now, id, &nick.as_str().into(), true);
    let backlog = hub.settings.backlog;
    if let Some(session) = hub.session(id) {
        session.backlog = backlog.min(HISTORY_MAX);
    }
    if hub.settings.needs_login {
        hub.bar(now, id);
        return welcome(hub, id, &nick);
    }
    welcome(hub, id, &nick);
    leave_lobby_if_kept_out(hub, now, id);
    hub.tell_backlog(id, LOBBY);
}

/// Everybody is in the lobby who does not say that they are elsewhere only.
fn enters_lobby(hello: &Hello) -> bool {
    let is_lobby = |place: &Place| RoomName::parse(&place.room).is_ok_and(|name| *name.key() == *LOBBY_NAME);
    !hello.rooms_only || hello.rooms.iter().any(is_lobby)
}

/// The session gives up the seat that it has had there since it connected; nobody knows of it.
pub(super) fn stay_out_of_lobby(hub: &mut Hub, id: SessionId) {
    hub.change_tracks(id, |session| session.current = None);
    let seats = hub.session(id).map_or(&[][..], |session| &session.seats);
    if let Some(number) = seats.iter().position(|seat| seat.room == LOBBY) {
        hub.stand(id, number);
    }
}

/// The session has a seat there, as it had before it probed.
fn come_back_to_lobby(hub: &mut Hub, id: SessionId) {
    if hub.session(id).is_none_or(|session| session.seat_in(LOBBY).is_some()) {
        return;
    }
    hub.sit(id, LOBBY, hub.rooms[LOBBY].timeline.head());
    hub.change_tracks(id, |session| session.current = Some(LOBBY));
}

/// Everybody begins in the lobby, but whoever was put out of it does not come back by connecting again.
fn leave_lobby_if_kept_out(hub: &mut Hub, now: Now, id: SessionId) {
    if let Err(refusal) = hub.allow(now, id, Deed::Join, Some(LOBBY), None) {
        hub.refuse(now, id, None, refusal);
        part::leave(hub, now, id, None, LOBBY, None);
    }
}

fn welcome(hub: &mut Hub, id: SessionId, nick: &Nick) {
    let others = hub.people_in(LOBBY).saturating_sub(1);
    let limits = hub.settings.limits();
    let Some(session) = hub.sessions.get(id.slot) else { return };
    // What it gets begins with what waits, or where it connected, which is not where the rooms are by now.
    let waits = |seat: &Seat| seat.replay.is_some() || seat.cursor < hub.rooms[seat.room].timeline.head();
    let mut quiet = 0..QUIET_MAX;
    let rooms = session.seats.iter().filter(|seat| seat.room != HOUSE);
    let rooms = rooms.filter(|seat| !seat.is_direct || waits(seat) || quiet.next().is_some());
    let title = |room: RoomId| hub.rooms[room].title(session.person.as_ref());
    let start = |seat: &Seat| RoomStart {
        room: title(seat.room),
        position: seat.waits_from().unwrap_or(seat.cursor) - 1,
        seam: seat.replay.as_ref().and_then(|replay| replay.seam()),
    };
    let rooms: Vec<_> = rooms.map(start).collect();
    let (role, is_barred) = (session.role(), session.is_barred);
    let (nick, history) = (nick.as_str(), &hub.history.clone());
    let (rooms, probed_ms) = (&*rooms, None);
    hub.reply(id, &Reply::Welcome { nick, history, rooms, others, role, is_barred, limits, probed_ms });
}

fn run(hello: &Hello) -> Result<Option<Run>, Refusal> {
    let wrong = || Refusal::Misunderstood {
        code: Code::BadRequest,
        message: format!(
            "\"client\" has 1 to {CLIENT_BYTES_MAX} bytes: a random string for each run of a client"
        ),
    };
    let is_one = |secret: &&str| (1..=CLIENT_BYTES_MAX).contains(&secret.len());
    hello
        .client
        .as_deref()
        .map(|secret| Some(secret).filter(is_one).map(Run::of).ok_or_else(wrong))
        .transpose()
}

/// The client is back before the relay has noticed that it had gone: it goes on in its new session. Says which one
/// the old one is.
fn displace(hub: &mut Hub, now: Now, nick: &Nick, run: Option<Run>) -> Option<SessionId> {
    let is_run = |holder: &SessionId| {
        hub.sessions.get(holder.slot).is_some_and(|session| run.is_some() && session.run == run)
    };
    let old = hub.nicks.holders(nick.as_str()).into_iter().find(is_run)?;
    let session = hub.session(old)?;
    let old_nick = session.nick.clone()?;
    hub.close(old, Farewell::Replaced, "you have connected again");
    hub.forget_person(now, old);
    if let Some(session) = hub.session(old) {
        session.person = None;
    }
    hub.nicks.release(&old_nick, None, old);
    Some(old)
}
