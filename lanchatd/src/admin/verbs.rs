//! What each verb of an administrator does.

use lanchat_protocol::admin::{
    Announced, By, Checked, Code, Happening, Kicked, Lockdown, Metrics, Reply, Request, SCHEMA, Stopping, Top,
};
use lanchat_protocol::order::Order;
use lanchat_protocol::text::clean;

use super::accounts;
use super::archive::{self, Wish};
use super::daemon::{Daemon, StopCause};
use super::peer::Peer;
use super::{order, reload};
use crate::config::load;
use crate::hub::{Hub, Looked};
use crate::log;
use crate::metrics;

/// What a line asks for.
pub(super) fn understand(line: &[u8]) -> Result<Request, Reply> {
    match serde_json::from_slice::<Request>(line) {
        Ok(request) => Ok(request),
        Err(error) => {
            let message = error.to_string();
            let is_verb = message.starts_with("unknown variant");
            let code = if is_verb { Code::UnknownVerb } else { Code::BadRequest };
            Err(Reply::refused(code, format!("not a request: {message}")))
        }
    }
}

/// Carries out one request.
pub(super) async fn carry_out(daemon: &Daemon, peer: &Peer, request: Request) -> Reply {
    match request {
        Request::Status => Reply::ok(&daemon.status()),
        Request::ListClients => Reply::ok(&daemon.relay.ask(Hub::clients)),
        Request::Metrics => Reply::ok(&Metrics { schema: SCHEMA, text: metrics::text(daemon) }),
        Request::Names { prefix } => Reply::ok(&daemon.relay.ask(|hub, _| hub.names(&prefix))),
        Request::Stop => stop(daemon, peer),
        Request::Reload => reload::reload(daemon, peer).await,
        Request::Kick { client, reason } => kick(daemon, peer, &client, reason.as_deref()),
        Request::Ban { whom, for_s, reason } => {
            let (whom, for_ms, reason) = (whom.into(), order::ms(for_s), reason.map(Into::into));
            order::keep(daemon, peer, None, Order::Ban { whom, for_ms, reason }).await
        }
        Request::Unban { whom } => order::keep(daemon, peer, None, Order::Unban { whom: whom.into() }).await,
        Request::Bans => order::bans(daemon),
        Request::Mute { nick, room, for_s, reason } => {
            let (nick, for_ms, reason) = (nick.into(), order::ms(for_s), reason.map(Into::into));
            order::keep(daemon, peer, room, Order::Mute { nick, for_ms, reason }).await
        }
        Request::Unmute { nick, room } => {
            order::keep(daemon, peer, room, Order::Unmute { nick: nick.into() }).await
        }
        Request::Order { room, order } => order::keep(daemon, peer, Some(room), order.order()).await,
        Request::Announce { text } => announce(daemon, peer, &text),
        Request::Lockdown { on } => lockdown(daemon, peer, on),
        Request::CheckConfig { text, name } => check_config(daemon, text, name),
        // These belong to a connection, and are answered there.
        Request::Watch | Request::Top { .. } => {
            Reply::refused(Code::BadRequest, "this is asked on a connection of its own")
        }
        Request::Rooms => archive::rooms(daemon).await,
        Request::Export { room, since_ms, direct, from } => {
            archive::export(daemon, peer, Wish { room, since_ms, direct, from }).await
        }
        Request::Backup { to } => archive::backup(daemon, peer, to).await,
        Request::UserAdd { nick, role, password } => {
            accounts::add_user(daemon, peer, &nick, role, password).await
        }
        Request::UserDel { nick } => accounts::remove_user(daemon, peer, &nick).await,
        Request::UserList => accounts::users(daemon),
        Request::UserPasswd { nick, password } => accounts::set_password(daemon, peer, &nick, password).await,
        Request::UserRole { nick, role } => accounts::set_role(daemon, peer, &nick, role).await,
        Request::TokenNew { nick, name } => accounts::new_token(daemon, peer, &nick, &name).await,
        Request::TokenList { nick } => accounts::tokens(daemon, nick.as_deref()),
        Request::TokenRevoke { id } => accounts::revoke_token(daemon, peer, &id).await,
        Request::Invite { uses, expires_s, role } => {
            accounts::invite(daemon, peer, uses, expires_s, role).await
        }
        Request::InviteList => accounts::invites(daemon),
        Request::InviteRevoke { invite } => accounts::revoke_invite(daemon, peer, &invite).await,
        Request::Purge { before_ms, room } => archive::purge(daemon, peer, before_ms, room).await,
        Request::Follow { task } => archive::follow(daemon, task).await,
    }
}

/// The relay and its first clients.
pub(super) fn top(daemon: &Daemon, by: By, limit: usize, looked: &mut Looked) -> Reply {
    let busy = daemon.relay.ask(|hub, now| hub.busy(now, by, limit, looked));
    Reply::ok(&Top { schema: SCHEMA, status: daemon.status(), busy })
}

fn stop(daemon: &Daemon, peer: &Peer) -> Reply {
    log::stop_asked(peer.uid, peer.pid);
    daemon.stop(StopCause::Admin);
    Reply::ok(&Stopping { pid: std::process::id() })
}

fn kick(daemon: &Daemon, peer: &Peer, client: &str, reason: Option<&str>) -> Reply {
    let mut first = None;
    // Somebody who is logged in may be here more than once.
    for id in daemon.relay.ask(|hub, _| hub.find_all(client)) {
        let Some(kicked) = daemon.relay.act(|hub, now| hub.kick(now, id, reason)) else { continue };
        log::kicked(peer.uid, id.serial, &kicked.address, &kicked.nick, reason);
        daemon.relay.watch.tell(|| Happening::Kicked {
            client: id.serial,
            address: kicked.address.clone(),
            nick: kicked.nick.clone(),
            reason: reason.map(|reason| clean(reason).into_owned()),
            uid: peer.uid,
        });
        let kicked = Kicked { id: id.serial, nick: kicked.nick, address: kicked.address };
        first = first.or(Some(kicked));
    }
    first.map_or_else(|| no_such_client(client), |kicked| Reply::ok(&kicked))
}

fn no_such_client(client: &str) -> Reply {
    let message =
        format!("no client has the id or the nick {:?}: see lanchatctl list-clients", clean(client));
    Reply::refused(Code::NoSuchClient, message)
}

fn announce(daemon: &Daemon, peer: &Peer, text: &str) -> Reply {
    let text = clean(text);
    if text.trim().is_empty() {
        return Reply::refused(Code::BadRequest, "there is nothing to announce");
    }
    let clients = daemon.relay.act(|hub, now| hub.announce(now, &text));
    log::announced(peer.uid, clients);
    daemon.relay.watch.tell(|| Happening::Announced { clients: clients as u64, uid: peer.uid });
    Reply::ok(&Announced { clients: clients as u64 })
}

fn lockdown(daemon: &Daemon, peer: &Peer, on: Option<bool>) -> Reply {
    let changed = on.is_some_and(|on| daemon.relay.act(|hub, _| hub.lock_down(on)));
    let lockdown = daemon.relay.ask(|hub, _| hub.is_locked_down());
    if changed {
        log::lockdown(peer.uid, lockdown);
        daemon.relay.watch.tell(|| Happening::Lockdown { on: lockdown, uid: peer.uid });
    }
    Reply::ok(&Lockdown { lockdown, changed })
}

fn check_config(daemon: &Daemon, text: Option<String>, name: Option<String>) -> Reply {
    let (name, result) = if let Some(text) = text {
        let name = name.unwrap_or_else(|| "configuration".to_owned());
        let result = load::parse(&name, &text);
        (name, result)
    } else {
        let source = daemon.source.as_deref();
        let name = source.map_or("built-in defaults".to_owned(), |path| path.display().to_string());
        (name, load::read_again(source))
    };
    match result {
        Ok(_) => Reply::ok(&Checked { name }),
        Err(errors) => Reply::refused(Code::BadConfig, errors.to_string()),
    }
}
