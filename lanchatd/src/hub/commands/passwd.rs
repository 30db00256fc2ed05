//! `/passwd`: somebody who is logged in changes their password.

use std::rc::Rc;

use lanchat_protocol::password::Password;

use crate::hub::accounts::AccountKey;
use crate::hub::buckets::origin;
use crate::hub::checks::{What, Work};
use crate::hub::keeping::Changed;
use crate::hub::throttle::Try;
use crate::hub::{Hub, Now, Refusal, SessionId};

pub(super) fn passwd(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    tag: Option<&str>,
    old: Password,
    new: Password,
) -> Result<(), Refusal> {
    if !hub.is_private(id) {
        return Err(Refusal::NotPrivate);
    }
    super::take_quota(hub, now, id)?;
    let Some(session) = hub.session(id) else { return Ok(()) };
    let ip = origin(session.address.ip());
    let account = session.account.clone().ok_or(Refusal::LoginRequired)?;
    new.check().map_err(Refusal::BadPassword)?;
    hub.has_room_for_check(ip, true)?;
    let tried = Try::new(ip, Some(account.clone()), true);
    hub.throttle.take(now, &tried).map_err(|wait_ms| Refusal::LoginThrottled { wait_ms })?;
    let hash = hub.accounts.get(&account).and_then(|account| account.hash.clone());
    let work = Work { verify: Some((old, hash.as_deref().map(Into::into))), hash: Some(new) };
    hub.check(id, tag, work, tried, What::Change { account, hash });
    Ok(())
}

/// The old password was right, and what is kept of the new one has come. Whoever else came with the old one is a guest then.
pub(in crate::hub) fn changed(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    tag: Option<&str>,
    key: &AccountKey,
    hash: Option<&Rc<str>>,
    new: Option<Box<str>>,
) -> Result<(), Refusal> {
    let is_owner = hub.session(id).is_some_and(|session| session.account.as_ref() == Some(key));
    // It may have been changed meanwhile.
    let account = hub.accounts.get_mut(key).filter(|account| is_owner && account.hash.as_ref() == hash);
    let account = account.ok_or(Refusal::WrongPassword)?;
    account.hash = new.map(Into::into);
    let change = hub.note_identity(Changed::Account(key.clone()));
    hub.log_others_out(now, key, None, Some(id));
    hub.tell_account(id, tag, Some(change));
    Ok(())
}
