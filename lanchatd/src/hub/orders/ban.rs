//! `/ban` and `/unban`: who is not let in.

use lanchat_protocol::client::Farewell;
use lanchat_protocol::order::Measure;
use lanchat_protocol::text::clean;

use super::{By, Case, Done};
use crate::hub::authority::banned;
use crate::hub::bans::{Ban, Comer, Whom};
use crate::hub::denial::Denial;
use crate::hub::policy::Rank;
use crate::hub::term::{Term, reason};
use crate::hub::{Hub, Now, Refusal, Session, SessionId, presence};

pub(super) fn ban(
    hub: &mut Hub,
    case: Case,
    written: &str,
    for_ms: Option<i64>,
    why: Option<&str>,
) -> Result<Done, Refusal> {
    // A ban is of the whole relay.
    let case = Case { room: None, ..case };
    let now = case.now;
    let whom = meant(hub, written)?;
    let reach = hub.reach(case.by, None);
    may_ban(hub, case, &whom, reach)?;
    let max = hub.settings.bans_max;
    let term = Term::new(hub.name_of(case.by), reason(why), now.wall_ms, for_ms, reach);
    let ban = Ban { whom, term };
    if !hub.bans.add(ban.clone(), max) {
        return Err(Refusal::Denied(Denial::Full { what: "bans", max, key: "limits.bans_max" }));
    }
    hub.note_order();
    let done = Done {
        reason: ban.term.reason.clone(),
        until_ms: ban.term.until_ms,
        ..hub.done(case, Measure::Banned, &ban.whom.told(&hub.accounts))
    };
    let by = if done.by.is_empty() { "the administrator" } else { &done.by };
    let words = if done.reason.is_empty() { String::new() } else { format!(": {}", done.reason) };
    let words = format!("banned by {by}{words}");
    for id in hit(hub, &ban, now) {
        presence::leave_all(hub, now, id, Some(&words));
        hub.close(id, Farewell::Kicked, &banned(&ban.term, now).to_string());
    }
    Ok(done)
}

pub(super) fn unban(hub: &mut Hub, case: Case, written: &str) -> Result<Done, Refusal> {
    let case = Case { room: None, ..case };
    let not_banned = || Denial::NotBanned { whom: clean(written).into_owned() };
    let exactly = Whom::parse(written);
    let account = Whom::parse(&format!("account:{}", written.trim()));
    let mut meant = [exactly, account].into_iter().flatten();
    let found = meant.find_map(|whom| hub.bans.find(&whom, case.now)).ok_or_else(not_banned);
    let Ban { whom, term } = found.map_err(Refusal::Denied)?.clone();
    if term.reaches > hub.reach(case.by, None) {
        let rank = hub.own_rank(case);
        return Err(Refusal::Denied(Denial::Outranked { whom: the_ban_of(hub, &whom), rank }));
    }
    hub.bans.remove(&whom);
    hub.note_order();
    Ok(hub.done(case, Measure::Unbanned, &whom.told(&hub.accounts)))
}

/// Who is meant. A nick that belongs to an account means the account, by whichever nick it comes.
fn meant(hub: &Hub, written: &str) -> Result<Whom, Refusal> {
    let bad = || Refusal::Denied(Denial::BadWhom { whom: clean(written).into_owned() });
    let whom = Whom::parse(written).ok_or_else(bad)?;
    match &whom {
        Whom::Nicks(pattern) => {
            let owner = hub.accounts.owner(pattern.as_str());
            Ok(owner.map_or(whom.clone(), |account| Whom::Account(account.clone())))
        }
        Whom::Account(key) if hub.accounts.get(key).is_none() => {
            Err(Refusal::NoSuchNick { nick: clean(written).into_owned() })
        }
        Whom::Account(_) | Whom::Network(_) => Ok(whom),
    }
}

/// Nobody bans somebody of the same or a higher rank, nor themselves, nor changes what somebody above them has decided.
fn may_ban(hub: &Hub, case: Case, whom: &Whom, reach: Rank) -> Result<(), Refusal> {
    let outranked = |whom: String, rank| Err(Refusal::Denied(Denial::Outranked { whom, rank }));
    if let Some(before) = hub.bans.find(whom, case.now)
        && before.term.reaches > reach
    {
        return outranked(the_ban_of(hub, whom), hub.own_rank(case));
    }
    if let Whom::Account(key) = whom {
        let rank = hub.rank_of_account(key, None);
        if rank > reach {
            let nick = hub.accounts.get(key).map(|account| account.nick.to_string());
            return outranked(nick.unwrap_or_default(), rank);
        }
    }
    let By::Session(own) = case.by else { return Ok(()) };
    // Whoever comes from a network is not asked who they are: it may hold nobody who must not be banned.
    let Whom::Network(network) = whom else { return Ok(()) };
    let there = hub.sessions.iter().map(|(_, session)| session);
    let mut there = there.filter(|session| network.contains(&session.address.ip().to_canonical()));
    if there.clone().any(|session| session.id == own) {
        return Err(Refusal::Denied(Denial::Yourself));
    }
    let above = there.find(|session| hub.rank(session, None) > reach);
    above.map_or(Ok(()), |session| {
        outranked(session.nick.as_deref().unwrap_or_default().to_owned(), hub.rank(session, None))
    })
}

/// A ban, as whoever may not change it is told of it.
fn the_ban_of(hub: &Hub, whom: &Whom) -> String {
    format!("the ban of {}", whom.told(&hub.accounts))
}

/// Those who are here and are banned from here on.
fn hit(hub: &Hub, ban: &Ban, now: Now) -> Vec<SessionId> {
    let is_hit = |session: &&Session| {
        let (account, nick) = (session.account.as_ref(), session.nick.as_deref().unwrap_or_default());
        let comer = Comer { account, nick, ip: session.address.ip(), rank: hub.rank(session, None) };
        !session.is_closing && ban.hits(comer, now)
    };
    hub.sessions.iter().map(|(_, session)| session).filter(is_hit).map(|session| session.id).collect()
}
