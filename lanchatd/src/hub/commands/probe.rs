//! A `hello` of the kind `probe`: the answer to it, and nothing else. Nobody gets a nick, enters a room, is given what
//! waits for them, or is noticed.

use lanchat_protocol::client::Hello;
use lanchat_protocol::names::Nick;
use lanchat_protocol::role::Role;

use super::hello::{is_turned_away, stay_out_of_lobby};
use crate::hub::accounts::AccountKey;
use crate::hub::{Hub, Now, Refusal, Reply, SessionId};

/// How long whoever only probes is kept, as long as they go on asking, in milliseconds.
const PROBE_MS_MAX: u64 = 3_600_000;

impl Hub {
    /// Whether a session that has come in nowhere is to have another `grace_ms` for its hello: it was told what that would
    /// come to, and has asked for something since it last had so much time.
    pub fn is_probing(&self, now: Now, id: SessionId, grace_ms: u64) -> bool {
        let session = self.sessions.get(id.slot).filter(|session| session.id == id && session.is_probe);
        let past_ms = |since_us: u64| now.mono_us.saturating_sub(since_us) / 1_000;
        session.is_some_and(|session| {
            past_ms(session.active_us) <= grace_ms && past_ms(session.connected_us) < PROBE_MS_MAX
        })
    }
}

/// What the hello of a guest, or of the owner of an account, would come to.
pub(super) fn probe(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    hello: &Hello,
    account: Option<&AccountKey>,
) -> Result<(), Refusal> {
    let own = account.and_then(|key| hub.accounts.get(key));
    let own = own.map(|account| (account.nick.clone(), account.role));
    if own.is_none() && hub.settings.needs_login {
        return Err(Refusal::LoginRequired);
    }
    let (nick, role) = match (own, hello.nick.as_deref()) {
        // Guests who wear it or look like it would give way.
        (Some((nick, role)), _) => (nick, role),
        (None, wanted) => {
            let nick = match wanted {
                Some(wanted) => Nick::parse(wanted).map_err(Refusal::BadNick)?,
                None => hub.take_guest_nick(id),
            };
            if is_turned_away(hub, now, id, &nick, None) {
                return Ok(());
            }
            hub.take_nick(id, &nick)?;
            hub.nicks.release(nick.as_str(), None, id);
            (nick.as_str().into(), Role::Guest)
        }
    };
    if let Some(session) = hub.session(id) {
        session.is_probe = true;
    }
    // Where people are counted it would count for as long as it is kept.
    stay_out_of_lobby(hub, id);
    let (history, limits) = (hub.history.clone(), hub.settings.limits());
    let probed_ms = Some(now.wall_ms);
    let (rooms, others, is_barred) = (&[], 0, false);
    let (nick, history) = (&*nick, &*history);
    hub.reply(id, &Reply::Welcome { nick, history, rooms, others, role, is_barred, limits, probed_ms });
    Ok(())
}
