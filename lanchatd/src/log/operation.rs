//! What the daemon and its administrator do.

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use lanchat_protocol::admin::Reloaded;
use lanchat_protocol::counted;
use lanchat_protocol::text::clean;
use tracing::{error, info, warn};

use super::bounded::{is_written, sum_up_all};
use super::clients::sentence;
use super::flood::Kind;
use super::message_id::{
    CONFIGURATION_REFUSED, FAILED, READY, STOPPED, STOPPING, STORE_IN_TROUBLE, STORE_RECOVERED, STORE_RENEWED,
};
use super::setup::{self, later};
use crate::hub::Done;

/// What such a line takes, about. They are few.
const LINE_BYTES: usize = 512;

/// The daemon serves.
pub fn ready(listen: &[SocketAddr], admin: &Path) {
    let listen = listen.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(" ");
    let admin = admin.display().to_string();
    later(LINE_BYTES, move || {
        let version = env!("CARGO_PKG_VERSION");
        info!(
            message_id = READY,
            listen, admin, version, "ready: clients at {listen}, administrators at {admin}"
        );
    });
}

/// Everybody of a family could come, and the system does not have it.
pub fn family_left_out(address: &str, error: &io::Error) {
    let (address, error) = (address.to_owned(), error.to_string());
    later(LINE_BYTES, move || {
        info!(
            address,
            error, "not listening on {address}, the system does not have it (listen.chat): {error}"
        );
    });
}

/// Sockets were passed; the others are those of the configuration.
pub fn sockets_passed(chat: &[SocketAddr], admin: Option<&Path>) {
    let chat = chat.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(" ");
    let admin = admin.map(|path| path.display().to_string());
    later(LINE_BYTES, move || {
        let sockets = [Some(chat.as_str()).filter(|chat| !chat.is_empty()), admin.as_deref()];
        let sockets = sockets.into_iter().flatten().collect::<Vec<_>>().join(" ");
        info!(
            chat,
            admin,
            "the service manager passes these sockets, which go before listen.chat and admin.socket: {sockets}"
        );
    });
}

/// There should be a service manager, and it cannot be reached.
pub fn no_manager(address: &str, error: &io::Error) {
    let (address, error) = (clean(address).into_owned(), error.to_string());
    later(LINE_BYTES, move || {
        warn!(
            address,
            error,
            "the service manager at {address} cannot be told how the daemon is: {error} (NOTIFY_SOCKET)"
        );
    });
}

/// An administrator lets nobody new in from here on, or does again.
pub fn lockdown(uid: u32, on: bool) {
    later(LINE_BYTES, move || {
        if on {
            warn!(uid, "nobody new is let in from here on, by user {uid} (lanchatctl lockdown off ends it)");
        } else {
            info!(uid, "everybody is let in again, by user {uid}");
        }
    });
}

/// io_uring cannot be used, or no longer; that it was asked for by name makes it worth a look.
pub fn no_io_uring(why: &str, was_asked_for: bool) {
    let why = why.to_owned();
    later(LINE_BYTES, move || {
        if was_asked_for {
            warn!(why, "io_uring is not to be had, sending with epoll (io.backend): {why}");
        } else {
            info!(why, "io_uring is not to be had, sending with epoll: {why}");
        }
    });
}

/// What is said is not kept for the time being.
pub fn store_in_trouble(why: &str) {
    let why = why.to_owned();
    later(LINE_BYTES, move || {
        warn!(
            message_id = STORE_IN_TROUBLE,
            why, "what is said is not kept for now; the chat goes on: {why}"
        );
    });
}

/// What is said is kept again.
pub fn store_recovered() {
    later(LINE_BYTES, || info!(message_id = STORE_RECOVERED, "what is said is kept again"));
}

/// The store was damaged or gone: a new one has begun, and what is left of it is aside.
pub fn store_renewed(path: &Path, aside: Option<&Path>) {
    let path = path.display().to_string();
    let aside = aside.map(|aside| aside.display().to_string());
    later(LINE_BYTES, move || {
        let Some(aside) = aside else {
            return warn!(
                message_id = STORE_RENEWED,
                path,
                "the store was gone, and a new one was begun: {path}; to go back to a backup, stop lanchatd and use: lanchatctl restore BACKUP"
            );
        };
        warn!(
            message_id = STORE_RENEWED,
            path,
            aside,
            "the store was damaged: it is {aside} now, and a new one was begun; to get back what was said before, stop lanchatd and use: lanchatctl restore BACKUP --replace, or sqlite3's .recover"
        );
    });
}

/// What somebody was to be told could not be read.
pub fn store_unread(why: &str) {
    if !is_written(Kind::StoreUnread, None, 1) {
        return;
    }
    let why = why.to_owned();
    later(LINE_BYTES, move || warn!(why, "what waits for somebody cannot be read from the store: {why}"));
}

/// Tidying the store up has failed.
pub fn store_upkeep_failed(why: &str) {
    let why = why.to_owned();
    later(LINE_BYTES, move || {
        warn!(why, "the store cannot be tidied up for now; what is said is kept: {why}");
    });
}

/// An administrator has a copy of the store made.
pub fn backup_begun(uid: u32, to: &str) {
    let to = clean(to).into_owned();
    later(LINE_BYTES, move || info!(uid, to, "backup to {to} begun by user {uid}"));
}

/// An administrator has read what was said; `direct`: also what was said to one person alone.
pub fn exported(uid: u32, room: Option<&str>, direct: bool) {
    let room = room.map(|room| clean(room).into_owned());
    later(LINE_BYTES, move || {
        let what = room.as_deref().unwrap_or("everything");
        let and = if direct { ", also what was said to one person alone" } else { "" };
        info!(uid, room, direct, "export of {what} begun by user {uid}{and}");
    });
}

/// An administrator has had messages removed.
pub fn purged(uid: u32, before: &str, room: Option<&str>, messages: u64) {
    let (before, room) = (before.to_owned(), room.map(|room| clean(room).into_owned()));
    later(LINE_BYTES, move || {
        let purged = counted(messages, "message");
        let of = room.as_deref().map(|room| format!(" of {room}")).unwrap_or_default();
        info!(uid, before, room, messages, "{purged}{of} from before {before} purged by user {uid}");
    });
}

/// The store will never take some of what was to be kept.
pub fn store_refused(why: &str, messages: u64) {
    let why = why.to_owned();
    later(LINE_BYTES, move || {
        let refused = counted(messages, "message");
        warn!(
            why,
            messages, "the store refuses {refused} that it was to keep, and that will be left out: {why}"
        );
    });
}

/// The store could not be closed in order: so many messages are missing in it.
pub fn store_left(why: &str, messages: u64) {
    let why = why.to_owned();
    later(LINE_BYTES, move || {
        let missing = counted(messages, "message");
        warn!(
            why,
            messages_not_written = messages,
            "the store was not closed in order, without {missing} that were to be written: {why}"
        );
    });
}

/// The store is open.
pub fn store_opened(path: &Path, rooms: usize, skipped: u64) {
    let path = path.display().to_string();
    later(LINE_BYTES, move || {
        let rest = if skipped > 0 {
            format!(", without {}", counted(skipped, "damaged record"))
        } else {
            String::new()
        };
        let conversations = counted(rooms, "conversation");
        info!(path, rooms, skipped, "keeping what is said in {path}: {conversations}{rest}");
    });
}

/// The daemon begins to stop, because of a signal if one is named.
pub fn stopping(signal: Option<&'static str>) {
    later(LINE_BYTES, move || {
        let why = signal.map(|signal| format!(" because of {signal}")).unwrap_or_default();
        info!(message_id = STOPPING, signal, "stopping{why}");
    });
}

/// Some clients did not read the goodbye in time.
pub fn goodbye_unread(clients: usize) {
    later(LINE_BYTES, move || {
        let told = counted(clients, "client");
        warn!(clients, "{told} did not read the goodbye in time");
    });
}

/// The daemon has stopped.
pub fn stopped() {
    sum_up_all();
    later(LINE_BYTES, || info!(message_id = STOPPED, "stopped"));
}

/// The configuration that it is to start with has errors. Not where standard error is the log, which is told anyway.
pub fn configuration_refused(errors: &str, foreground: bool) {
    if setup::is_the_journal(foreground) {
        let errors = errors.to_owned();
        later(LINE_BYTES + errors.len(), move || {
            error!(message_id = CONFIGURATION_REFUSED, errors, "the configuration is refused: {errors}");
        });
        setup::finish();
    }
}

/// The daemon cannot start or go on. Not where standard error is the log, which is told anyway.
pub fn failed(why: &str, foreground: bool) {
    if setup::is_the_journal(foreground) {
        let why = clean(why).into_owned();
        later(LINE_BYTES + why.len(), move || error!(message_id = FAILED, why, "{why}"));
        setup::finish();
    }
}

/// An administrator asked for the stop.
pub fn stop_asked(uid: u32, pid: Option<i32>) {
    later(LINE_BYTES, move || {
        let with = pid.map(|pid| format!(" with process {pid}")).unwrap_or_default();
        info!(uid, pid, "stop asked for by user {uid}{with}");
    });
}

/// The configuration was read again; without `uid` by a signal.
pub fn reloaded(reloaded: &Reloaded, uid: Option<u32>) {
    let applied = reloaded.applied.join(" ");
    let needs_restart = reloaded.needs_restart.join(" ");
    later(LINE_BYTES, move || {
        let by = by(uid);
        let changed = if applied.is_empty() { "nothing has changed" } else { &applied };
        let waits = if needs_restart.is_empty() {
            String::new()
        } else {
            format!("; waits for a restart: {needs_restart}")
        };
        info!(uid, applied, needs_restart, "reloaded {by}: {changed}{waits}");
    });
}

/// The configuration has errors.
pub fn reload_refused(errors: &str, uid: Option<u32>) {
    let errors = errors.to_owned();
    later(LINE_BYTES + errors.len(), move || {
        let by = by(uid);
        warn!(
            message_id = CONFIGURATION_REFUSED,
            uid, errors, "reload refused, the old configuration stays (asked for {by}): {errors}"
        );
    });
}

/// An administrator has ended a session.
pub fn kicked(uid: u32, client: u64, address: &str, nick: &str, reason: Option<&str>) {
    let (address, nick) = (address.to_owned(), nick.to_owned());
    let reason = reason.map(|reason| clean(reason).into_owned());
    later(LINE_BYTES, move || {
        let who = super::clients::who(client, &nick);
        let why = reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        info!(uid, client, address, nick, reason, "{who} at {address}, kicked by user {uid}{why}");
    });
}

/// An administrator keeps order.
pub fn ordered(uid: u32, done: &Done) {
    let sentence = sentence(done);
    let (whom, room) = (done.whom.to_string(), done.room.as_deref().map(str::to_owned));
    later(LINE_BYTES + sentence.len(), move || info!(uid, whom, room, "user {uid} keeps order: {sentence}"));
}

/// An administrator has told everybody something.
pub fn announced(uid: u32, clients: usize) {
    later(LINE_BYTES, move || info!(uid, clients, "announced by user {uid} to clients: {clients}"));
}

/// There are as many administrators as are served at once.
pub fn admin_refused(connections: usize, uid: u32) {
    if !is_written(Kind::AdminRefused, None, 1) {
        return;
    }
    later(LINE_BYTES, move || {
        warn!(uid, connections, "admin connection of user {uid} refused: {connections} are served already");
    });
}

/// The admin socket could not be removed.
pub fn socket_left(path: &Path, error: &io::Error) {
    let (path, error) = (path.display().to_string(), error.to_string());
    later(LINE_BYTES, move || warn!(path, error, "cannot remove the admin socket {path}: {error}"));
}

/// There is no descriptor or memory for another connection.
pub fn cannot_accept(error: &io::Error) {
    if !is_written(Kind::CannotAccept, None, 1) {
        return;
    }
    let error = error.to_string();
    later(LINE_BYTES, move || {
        warn!(
            error,
            "cannot take connections: {error}; raise the limit on open files (LimitNOFILE=, ulimit -n)"
        );
    });
}

/// There is again.
pub fn accepting_again() {
    if !is_written(Kind::AcceptingAgain, None, 1) {
        return;
    }
    later(LINE_BYTES, || info!("taking connections again"));
}

/// Fewer files may be open than there may be connections.
pub fn few_descriptors(files_max: u64, connections_max: usize) {
    later(LINE_BYTES, move || {
        let connections = counted(connections_max, "connection");
        warn!(
            files_max,
            connections_max,
            "only {files_max} open files are allowed, too few for {connections} (limits.connections_max): raise LimitNOFILE= or ulimit -n"
        );
    });
}

/// Standard input cannot be read.
pub fn no_stdin(error: &io::Error) {
    let error = error.to_string();
    later(LINE_BYTES, move || {
        warn!(error, "standard input is not read: {error}; end the daemon with lanchatctl stop");
    });
}

/// Who has asked for it: without `uid` a signal.
fn by(uid: Option<u32>) -> String {
    uid.map_or_else(|| "because of a signal".to_owned(), |uid| format!("by user {uid}"))
}
