//! `/login` and `/logout`: a session shows who it is.

use std::rc::Rc;

use lanchat_protocol::client::Hello;
use lanchat_protocol::names::Nick;
use lanchat_protocol::password::Password;

use crate::hub::accounts::{AccountKey, Accounts, digest};
use crate::hub::buckets::origin;
use crate::hub::checks::{What, Work};
use crate::hub::command::Proof;
use crate::hub::throttle::Try;
use crate::hub::{Hub, Now, Refusal, SessionId};

pub(super) fn login(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    tag: Option<&str>,
    nick: Option<&str>,
    proof: Proof,
) -> Result<(), Refusal> {
    if !hub.is_private(id) {
        return Err(Refusal::NotPrivate);
    }
    super::take_quota(hub, now, id)?;
    match proof {
        Proof::Token(token) => {
            let key = opened_by(hub, &token)?;
            hub.log_in(now, id, tag, &key)?;
            note_token(hub, id, &token);
            Ok(())
        }
        Proof::Password(password) => {
            let Some(session) = hub.session(id) else { return Ok(()) };
            let own = session.claimed.clone().or(session.nick.clone()).unwrap_or_default();
            begin(hub, now, id, tag, nick.unwrap_or(&own), password, None)
        }
    }
}

pub(super) fn logout(hub: &mut Hub, now: Now, id: SessionId, tag: Option<&str>) -> Result<(), Refusal> {
    super::take_quota(hub, now, id)?;
    if hub.session(id).is_some_and(|session| session.account.is_none()) {
        return Err(Refusal::LoginRequired);
    }
    hub.log_out(now, id);
    hub.tell_account(id, tag, None);
    Ok(())
}

/// Which account a token opens. It cannot be guessed, so that nobody is slowed down here.
pub(super) fn opened_by(hub: &Hub, token: &Password) -> Result<AccountKey, Refusal> {
    let token = hub.accounts.tokens.get(&digest(token)).ok_or(Refusal::WrongPassword)?;
    Ok(token.account.as_str().into())
}

/// The session ends with the token that opened it.
pub(super) fn note_token(hub: &mut Hub, id: SessionId, token: &Password) {
    if let Some(session) = hub.session(id).filter(|session| session.account.is_some()) {
        session.token = Some(digest(token));
    }
}

/// Has the password of a nick looked at, whether anybody has registered it or not.
pub(super) fn begin(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    tag: Option<&str>,
    nick: &str,
    password: Password,
    hello: Option<Box<Hello<'static>>>,
) -> Result<(), Refusal> {
    let nick = nick.trim().trim_start_matches('@');
    let key = Nick::parse(nick).map_or_else(|_| Rc::from(""), |nick| Accounts::key_of(nick.as_str()));
    let Some(ip) = hub.session(id).map(|session| origin(session.address.ip())) else { return Ok(()) };
    let account = hub.accounts.get(&key);
    let tried = Try::new(ip, Some(key.clone()), account.is_some_and(|account| account.is_known_at(ip)));
    let hash = account.and_then(|account| account.hash.clone());
    hub.has_room_for_check(ip, tried.is_known)?;
    hub.throttle.take(now, &tried).map_err(|wait_ms| Refusal::LoginThrottled { wait_ms })?;
    let work = Work { verify: Some((password, hash.as_deref().map(Into::into))), hash: None };
    hub.check(id, tag, work, tried, What::LogIn { account: key, hash, hello });
    Ok(())
}
