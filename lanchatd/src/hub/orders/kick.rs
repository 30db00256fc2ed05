//! `/kick`: somebody is put out of a room, and stays out for a minute.

use lanchat_protocol::order::Measure;

use super::{Case, Done};
use crate::hub::commands::part;
use crate::hub::term::reason;
use crate::hub::{Hub, Refusal, Reply, Session};

pub(super) fn kick(hub: &mut Hub, case: Case, nick: &str, why: Option<&str>) -> Result<Done, Refusal> {
    let Some(room) = case.room else { return Err(Refusal::NoRoom) };
    let (culprit, session) = hub.culprit(nick)?;
    hub.reaches(case, &culprit, session)?;
    let sessions = hub.sessions.iter().map(|(_, session)| session);
    // Whoever else comes from the address of an account stays.
    let is_theirs = |session: &&Session| {
        culprit.is(session) && (culprit.account().is_none() || session.account.is_some())
    };
    let theirs =
        sessions.filter(is_theirs).filter(|session| session.seats.iter().any(|seat| seat.room == room));
    let theirs: Vec<_> = theirs.map(|session| session.id).collect();
    if theirs.is_empty() {
        return Err(Refusal::NoSuchNick { nick: culprit.nick.to_string() });
    }
    let done = Done { reason: reason(why), ..hub.done(case, Measure::Kicked, &culprit.nick) };
    let by = if done.by.is_empty() { "the administrator" } else { &done.by };
    let words = if done.reason.is_empty() { String::new() } else { format!(": {}", done.reason) };
    let words = format!("put out by {by}{words}");
    if let Some(account) = culprit.account() {
        let max = hub.settings.room_people_max;
        hub.rooms[room].rules.change(account, &culprit.nick, max, |rights| rights.is_invited = false);
    }
    hub.rooms[room].rules.keep_out(case.now, culprit);
    for id in theirs {
        hub.reply(id, &Reply::Ordered { tag: None, done: &done, is_you: true, durable: None });
        if let Some(session) = hub.session(id) {
            session.invitations.retain(|(other, _)| *other != room);
        }
        part::leave(hub, case.now, id, None, room, Some(&words));
    }
    hub.note_rules(room);
    Ok(done)
}
