//! `/register`: a guest makes the name that it has its own.

use std::rc::Rc;

use lanchat_protocol::names::Nick;
use lanchat_protocol::password::Password;
use lanchat_protocol::role::Role;

use crate::hub::accounts::digest;
use crate::hub::buckets::origin;
use crate::hub::checks::{What, Work};
use crate::hub::throttle::Try;
use crate::hub::{Hub, LOBBY, NotDone, Now, Occurrence, Refusal, SessionId, presence};
use crate::kept::Digest;

pub(super) fn register(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    tag: Option<&str>,
    password: Password,
    invite: Option<&Password>,
) -> Result<(), Refusal> {
    if !hub.is_private(id) {
        return Err(Refusal::NotPrivate);
    }
    super::take_quota(hub, now, id)?;
    if hub.is_locked_down() {
        return Err(Refusal::LockedDown);
    }
    let nick = super::introduced(hub, id)?;
    let Some(session) = hub.session(id) else { return Ok(()) };
    if session.account.is_some() {
        return Err(Refusal::LoggedIn { nick: nick.to_string() });
    }
    let ip = origin(session.address.ip());
    may_add(hub, &nick)?;
    password.check().map_err(Refusal::BadPassword)?;
    if invite.is_none() && hub.settings.needs_invite {
        return Err(Refusal::InviteNeeded);
    }
    hub.has_room_for_check(ip, false)?;
    let tried = Try::new(ip, None, false);
    hub.throttle.take(now, &tried).map_err(|wait_ms| Refusal::LoginThrottled { wait_ms })?;
    let invite = invite.map(digest);
    if let Some(invite) = &invite {
        hub.accounts.invite(now, invite).ok_or(Refusal::BadInvite)?;
    }
    let work = Work { verify: None, hash: Some(password) };
    hub.check(id, tag, work, tried, What::Register { nick, invite });
    Ok(())
}

/// What is kept of the password has come.
pub(in crate::hub) fn registered(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    tag: Option<&str>,
    nick: &Rc<str>,
    invite: Option<Digest>,
    hash: Option<Box<str>>,
) -> Result<(), Refusal> {
    // Much may have happened meanwhile.
    if super::introduced(hub, id)? != *nick {
        return Err(Refusal::NickRegistered { nick: nick.to_string() });
    }
    may_add(hub, nick)?;
    let role = match &invite {
        Some(invite) => hub.use_invite(now, invite).ok_or(Refusal::BadInvite)?,
        None => Role::Member,
    };
    let Some((key, change)) = hub.add_account(now, nick, role, hash) else {
        return Err(Refusal::AlreadyRegistered { nick: nick.to_string() });
    };
    hub.mute_on(now, id, &key);
    hub.own(id, Some(&key));
    hub.displace_guests(now, &key);
    hub.become_person(now, id, nick, false);
    hub.note_login(id, &key);
    hub.tell_account(id, tag, Some(change));
    hub.admit(now, id);
    presence::join(hub, now, id, LOBBY);
    hub.report(id, Occurrence::Registered);
    Ok(())
}

/// Whether an account of this name may be made.
fn may_add(hub: &Hub, nick: &str) -> Result<(), Refusal> {
    let parsed = Nick::parse(nick).map_err(Refusal::BadNick)?;
    hub.may_add_account(&parsed).map_err(|why| match why {
        NotDone::TooManyAccounts { max } => Refusal::TooManyAccounts { max },
        NotDone::NameOfGuests => Refusal::NameOfGuests,
        NotDone::NameTaken
        | NotDone::NoSuchAccount
        | NotDone::NoSuchToken
        | NotDone::NoSuchInvite
        | NotDone::TooManyTokens { .. }
        | NotDone::TooManyInvites { .. } => Refusal::AlreadyRegistered { nick: nick.to_owned() },
    })
}
