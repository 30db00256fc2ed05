//! How an administrator keeps order.

use lanchat_protocol::admin::{Ban, Bans, Code, Happening, Ordered, Reply};
use lanchat_protocol::moment::utc;
use lanchat_protocol::order::Order;
use lanchat_protocol::text::clean;

use super::accounts::kept;
use super::daemon::Daemon;
use super::peer::Peer;
use crate::hub::{BanLine, Denial, Refusal};
use crate::log;
use crate::watch::order;

/// For how long, in milliseconds.
pub(super) fn ms(for_s: Option<u32>) -> Option<i64> {
    for_s.map(|s| i64::from(s) * 1000)
}

/// Does what is asked for. The answer comes when it is kept, where something is.
pub(super) async fn keep(daemon: &Daemon, peer: &Peer, room: Option<String>, what: Order<'_>) -> Reply {
    let (done, change) = match daemon.relay.act(|hub, now| hub.order_by_host(now, room.as_deref(), &what)) {
        Ok(done) => done,
        Err(refusal) => return refused(&refusal),
    };
    log::ordered(peer.uid, &done);
    let uid = Some(peer.uid);
    daemon.relay.watch.tell(|| Happening::Ordered { who: None, account: None, order: order(&done), uid });
    Reply::ok(&Ordered { kept: Some(kept(daemon, change).await), ..order(&done) })
}

/// Who is not let in, and who may say nothing.
pub(super) fn bans(daemon: &Daemon) -> Reply {
    daemon.relay.ask(|hub, now| {
        let bans = hub.bans(now).iter().map(ban).collect();
        Reply::ok(&Bans { bans, mutes: hub.mutes(now) })
    })
}

fn ban(line: &BanLine) -> Ban {
    let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Ban {
        whom: line.whom.clone(),
        by: filled(&line.by),
        since: utc(line.since_ms),
        until: line.until_ms.map(utc),
        reason: filled(&line.reason),
    }
}

fn refused(refusal: &Refusal) -> Reply {
    let (code, words) = match refusal {
        Refusal::NoSuchNick { nick } => {
            (Code::NoSuchClient, format!("nobody is or was called {nick}: see lanchatctl list-clients"))
        }
        Refusal::NoSuchRoom { room } => {
            (Code::NoSuchRoom, format!("there is no room {room}: see lanchatctl rooms"))
        }
        Refusal::Denied(Denial::NotBanned { whom }) => {
            (Code::BadOrder, format!("there is no ban of {whom}: see lanchatctl bans"))
        }
        other => (Code::BadOrder, other.to_string()),
    };
    Reply::refused(code, clean(&words))
}
