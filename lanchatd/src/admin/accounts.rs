//! What an administrator does with accounts, tokens and invites. The log says who did what, and never a secret.

use data_encoding::BASE64URL_NOPAD;
use lanchat_protocol::admin::{
    Code, InviteRevoked, Invited, Invites, Kept, NewToken, Reply, TokenRevoked, Tokens, UserChanged, Users,
};
use lanchat_protocol::counted;
use lanchat_protocol::names::Nick;
use lanchat_protocol::password::Password;
use lanchat_protocol::role::Role;
use lanchat_protocol::text::clean;
use sha2::{Digest as _, Sha256};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::{Instant, sleep};

use super::daemon::Daemon;
use super::peer::Peer;
use crate::config::Who;
use crate::hub::{Change, Hub, NotDone};
use crate::kept::{Digest, Invite};
use crate::log;

/// How long an administrator waits until a change is on the disk, and how often that is looked at.
const KEPT_WITHIN: Duration = Duration::from_secs(5);
const LOOKED_EVERY: Duration = Duration::from_millis(5);

/// Random bytes of a token, and of the code of an invite.
const TOKEN_BYTES: usize = 32;
const CODE_BYTES: usize = 16;

/// The longest name of a token, in characters; what is longer is cut.
const NAME_CHARS_MAX: usize = 64;

/// How often an invite may be used that only has an end.
const USES_MAX: u32 = 1_000_000;

/// Makes an account.
pub(super) async fn add_user(
    daemon: &Daemon,
    peer: &Peer,
    nick: &str,
    role: Role,
    password: Option<Password>,
) -> Reply {
    let parsed = match Nick::parse(nick) {
        Ok(parsed) => parsed,
        Err(error) => return Reply::refused(Code::BadRequest, format!("a nick {error}")),
    };
    // What would be refused anyway takes no work.
    if let Err(why) = daemon.relay.ask(|hub, _| hub.may_add_account(&parsed)) {
        return refused(nick, why);
    }
    let hash = match password {
        None => None,
        Some(password) => match hash(daemon, password).await {
            Ok(hash) => Some(hash),
            Err(refused) => return refused,
        },
    };
    match daemon.relay.act(|hub, now| hub.add_user(now, &parsed, role, hash)) {
        Ok(change) => {
            log::account_changed(peer.uid, parsed.as_str(), &format!("added as {role}"));
            changed(daemon, parsed.to_string(), change).await
        }
        Err(why) => refused(nick, why),
    }
}

/// Removes an account.
pub(super) async fn remove_user(daemon: &Daemon, peer: &Peer, nick: &str) -> Reply {
    match daemon.relay.act(|hub, now| hub.remove_user(now, nick)) {
        Ok((nick, change)) => {
            log::account_changed(peer.uid, &nick, "removed");
            changed(daemon, nick, change).await
        }
        Err(why) => refused(nick, why),
    }
}

/// Changes the password of an account.
pub(super) async fn set_password(daemon: &Daemon, peer: &Peer, nick: &str, password: Password) -> Reply {
    if let Err(why) = daemon.relay.ask(|hub, _| hub.user(nick)) {
        return refused(nick, why);
    }
    let hash = match hash(daemon, password).await {
        Ok(hash) => hash,
        Err(refused) => return refused,
    };
    match daemon.relay.act(|hub, now| hub.set_user_hash(now, nick, hash)) {
        Ok((nick, change)) => {
            log::account_changed(peer.uid, &nick, "given another password");
            changed(daemon, nick, change).await
        }
        Err(why) => refused(nick, why),
    }
}

/// Changes what the owner of an account may do.
pub(super) async fn set_role(daemon: &Daemon, peer: &Peer, nick: &str, role: Role) -> Reply {
    if role == Role::Guest {
        return Reply::refused(Code::BadRequest, "a role is one of: member, moderator, admin");
    }
    match daemon.relay.act(|hub, now| hub.set_user_role(now, nick, role)) {
        Ok((nick, change)) => {
            log::account_changed(peer.uid, &nick, &format!("made {role}"));
            changed(daemon, nick, change).await
        }
        Err(why) => refused(nick, why),
    }
}

/// All accounts.
pub(super) fn users(daemon: &Daemon) -> Reply {
    Reply::ok(&Users { users: daemon.relay.ask(|hub, _| hub.users()) })
}

/// Makes a token.
pub(super) async fn new_token(daemon: &Daemon, peer: &Peer, nick: &str, name: &str) -> Reply {
    let Some((secret, digest)) = secret::<TOKEN_BYTES>() else { return no_random() };
    let name: String = clean(name).trim().chars().take(NAME_CHARS_MAX).collect();
    match daemon.relay.act(|hub, now| hub.add_token(now, nick, &name, digest)) {
        Ok((token, change)) => {
            log::account_changed(peer.uid, &token.nick, &format!("given token {} ({name})", token.id));
            Reply::ok(&NewToken { token, secret, kept: kept(daemon, change).await })
        }
        Err(why) => refused(nick, why),
    }
}

/// The tokens there are.
pub(super) fn tokens(daemon: &Daemon, nick: Option<&str>) -> Reply {
    match daemon.relay.ask(|hub, _| hub.tokens(nick)) {
        Ok(tokens) => Reply::ok(&Tokens { tokens }),
        Err(why) => refused(nick.unwrap_or_default(), why),
    }
}

/// Has a token open nothing any more.
pub(super) async fn revoke_token(daemon: &Daemon, peer: &Peer, id: &str) -> Reply {
    match daemon.relay.act(|hub, now| hub.revoke_token(now, id)) {
        Ok((token, change)) => {
            log::account_changed(peer.uid, &token.nick, &format!("parted from token {}", token.id));
            Reply::ok(&TokenRevoked { token, kept: kept(daemon, change).await })
        }
        Err(why) => refused(id, why),
    }
}

/// Says where the relay is, and makes a code where one is wanted.
pub(super) async fn invite(
    daemon: &Daemon,
    peer: &Peer,
    uses: Option<u32>,
    expires_s: Option<u64>,
    role: Role,
) -> Reply {
    if role == Role::Guest || uses == Some(0) || uses.is_some_and(|uses| uses > USES_MAX) {
        let allowed = format!("a role is one of: member, moderator, admin; uses are from 1 to {USES_MAX}");
        return Reply::refused(Code::BadRequest, allowed);
    }
    let listen = daemon.addresses.chat.iter().map(SocketAddr::to_string).collect();
    let is_open = daemon.config.borrow().accounts.who == Who::Open;
    if is_open && uses.is_none() && expires_s.is_none() && role == Role::Member {
        return Reply::ok(&Invited { listen, ..Invited::default() });
    }
    let Some((code, digest)) = secret::<CODE_BYTES>() else { return no_random() };
    // One that says neither is for one person.
    let uses = uses.or(expires_s.is_none().then_some(1));
    let result = daemon.relay.act(|hub, now| {
        let expires_ms =
            expires_s.map(|seconds| now.wall_ms.saturating_add_unsigned(seconds.saturating_mul(1000)));
        hub.add_invite(now, Invite { digest, role, uses, expires_ms, uid: Some(peer.uid) })
    });
    match result {
        Ok((invite, change)) => {
            log::invited(peer.uid, &invite.id, role.as_str(), uses);
            let (id, code, expires, kept) =
                (Some(invite.id), Some(code), invite.expires, kept(daemon, change).await);
            Reply::ok(&Invited { id, code, expires, uses, listen, kept })
        }
        Err(why) => refused("", why),
    }
}

/// The invites that may be used yet.
pub(super) fn invites(daemon: &Daemon) -> Reply {
    Reply::ok(&Invites { invites: daemon.relay.ask(Hub::invites) })
}

/// Lets nobody register with an invite any more.
pub(super) async fn revoke_invite(daemon: &Daemon, peer: &Peer, invite: &Password) -> Reply {
    match daemon.relay.act(|hub, now| hub.revoke_invite(now, invite)) {
        Ok((invite, change)) => {
            log::invite_revoked(peer.uid, &invite.id);
            Reply::ok(&InviteRevoked { invite, kept: kept(daemon, change).await })
        }
        // What was mistyped may be a code nearly: it is not repeated.
        Err(why) => refused("", why),
    }
}

async fn changed(daemon: &Daemon, nick: String, change: Change) -> Reply {
    Reply::ok(&UserChanged { nick, kept: kept(daemon, change).await })
}

/// Waits until a change is on the disk, or nobody knows when it will be.
pub(super) async fn kept(daemon: &Daemon, change: Change) -> Kept {
    if daemon.steward.is_none() {
        return Kept::UntilTheEnd;
    }
    let deadline = Instant::now() + KEPT_WITHIN;
    loop {
        match daemon.relay.ask(|hub, _| hub.is_kept(change)) {
            Some(true) => return Kept::Durable,
            Some(false) => return Kept::NotYet,
            None if Instant::now() >= deadline => return Kept::NotYet,
            None => sleep(LOOKED_EVERY).await,
        }
    }
}

async fn hash(daemon: &Daemon, password: Password) -> Result<Box<str>, Reply> {
    password.check().map_err(|error| Reply::refused(Code::BadRequest, format!("a password {error}")))?;
    let busy = "the relay has too many passwords to look at: try again in a moment";
    daemon.relay.passwords.hash(password).await.ok_or_else(|| Reply::refused(Code::Failed, busy))
}

/// Something that nobody guesses, and what is kept of it.
fn secret<const BYTES: usize>() -> Option<(String, Digest)> {
    let mut random = [0; BYTES];
    getrandom::fill(&mut random).ok()?;
    let secret = BASE64URL_NOPAD.encode(&random);
    let digest = Sha256::digest(&secret).into();
    Some((secret, digest))
}

fn no_random() -> Reply {
    Reply::refused(Code::Failed, "the system gives no random numbers")
}

fn refused(what: &str, why: NotDone) -> Reply {
    let what = clean(what);
    let (code, message) = match why {
        NotDone::NoSuchAccount => {
            (Code::NoSuchUser, format!("nobody has registered {what:?}: see lanchatctl user list"))
        }
        NotDone::NameTaken => {
            (Code::NameTaken, format!("{what:?}, or a nick that looks the same, is registered already"))
        }
        NotDone::NameOfGuests => {
            (Code::BadRequest, format!("{what:?} is one of the nicks that guests are given: choose another"))
        }
        NotDone::TooManyAccounts { max } => (
            Code::Failed,
            format!("the relay has {}, as many as may be (limits.accounts_max)", counted(max, "account")),
        ),
        NotDone::TooManyTokens { max } => {
            (Code::Failed, format!("{what:?} has {}, as many as may be: revoke one", counted(max, "token")))
        }
        NotDone::TooManyInvites { max } => (
            Code::Failed,
            format!("the relay has {}, as many as may be: lanchatctl invite revoke", counted(max, "invite")),
        ),
        NotDone::NoSuchInvite => {
            let message =
                "there is no such invite, or it was used up or has expired: see lanchatctl invite list";
            (Code::NoSuchInvite, message.to_owned())
        }
        NotDone::NoSuchToken => {
            (Code::NoSuchToken, format!("there is no token {what:?}: see lanchatctl token list"))
        }
    };
    Reply::refused(code, message)
}
