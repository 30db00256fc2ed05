//! What an administrator does with what is kept: list, export, copy, remove.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use lanchat_protocol::admin::{self, Code, Exported, Purged, Reply, Rooms, Task};
use lanchat_protocol::moment::utc;
use lanchat_protocol::names::RoomName;
use lanchat_protocol::text::clean;
use tokio::time::{Instant, sleep};

use super::daemon::Daemon;
use super::peer::Peer;
use crate::flusher;
use crate::keeper::{Followed, Outcome, Steward};
use crate::kept::ConversationId;
use crate::log;
use crate::relay::Relay;
use crate::store::{Answer, Cursor, Request, Ticket};

/// Messages of one page of an export: those who chat wait while it is written down.
const PAGE: usize = 200;

/// How long a purge waits until what was said before is in the store, and how often it looks.
const WRITTEN_WITHIN: Duration = Duration::from_secs(5);
const LOOKED_EVERY: Duration = Duration::from_millis(20);

/// A wish for a part of what is kept.
pub(super) struct Wish {
    pub(super) room: Option<String>,
    pub(super) since_ms: Option<i64>,
    pub(super) direct: bool,
    pub(super) from: Option<i64>,
}

/// The rooms as memory and store know them.
pub(super) async fn rooms(daemon: &Daemon) -> Reply {
    let (listed, direct) = daemon.relay.ask(|hub, _| hub.listed());
    let kept: HashMap<ConversationId, _> = match &daemon.steward {
        Some(steward) => match steward.read(Request::Extents).await {
            Ok(Answer::Extents(extents)) => {
                extents.into_iter().map(|extent| (extent.conversation, extent)).collect()
            }
            Ok(_) => HashMap::new(),
            Err(why) => return failed(why),
        },
        None => HashMap::new(),
    };
    let rooms = listed.into_iter().map(|listed| {
        let mut room = listed.room;
        if let Some(extent) = listed.conversation.and_then(|conversation| kept.get(&conversation)) {
            room.kept_since = Some(utc(extent.first_ms));
            // What the memory has is never older.
            room.last_said = room.last_said.or_else(|| Some(utc(extent.last_ms)));
        }
        room
    });
    Reply::ok(&Rooms { rooms: rooms.collect(), direct })
}

/// A page of what is kept.
pub(super) async fn export(daemon: &Daemon, peer: &Peer, wish: Wish) -> Reply {
    let steward = match steward(daemon) {
        Ok(steward) => steward,
        Err(refused) => return refused,
    };
    let conversation = match wish.room.as_deref().map(|room| conversation(daemon, room)).transpose() {
        Ok(Some(Some(conversation))) => Some(conversation),
        Ok(Some(None)) => return Reply::ok(&Exported::default()),
        Ok(None) => None,
        Err(refused) => return refused,
    };
    // Once, and not by whether it is the first page: anybody may ask for a later one.
    let export = (wish.room, wish.direct);
    if peer.export.borrow().as_ref() != Some(&export) {
        log::exported(peer.uid, export.0.as_deref(), export.1);
        *peer.export.borrow_mut() = Some(export);
    }
    let from = wish.from.map_or_else(Cursor::default, Cursor::at);
    let request = Request::Export { conversation, since_ms: wish.since_ms, from, limit: PAGE };
    match steward.read(request).await {
        Ok(Answer::Exported(page)) => daemon.relay.ask(|hub, _| {
            let messages = hub.told(&page.messages, wish.direct);
            Reply::ok(&Exported { messages, next: page.next.map(Cursor::number), skipped: page.skipped })
        }),
        Ok(_) => failed("the store has answered something else".to_owned()),
        Err(why) => failed(why),
    }
}

/// Begins a copy of the store.
pub(super) async fn backup(daemon: &Daemon, peer: &Peer, to: String) -> Reply {
    if !Path::new(&to).is_absolute() {
        return Reply::refused(Code::BadRequest, format!("{} is not an absolute path", clean(&to)));
    }
    let begun = steward(daemon).and_then(|steward| {
        log::backup_begun(peer.uid, &to);
        let task = steward.back_up(PathBuf::from(to)).map_err(failed)?;
        Ok((steward, task))
    });
    match begun {
        Ok((steward, task)) => told(steward, task).await,
        Err(refused) => refused,
    }
}

/// Begins to remove messages, from the store and then from the memory. What is said from now on stays.
pub(super) async fn purge(daemon: &Daemon, peer: &Peer, before_ms: i64, room: Option<String>) -> Reply {
    let begun = steward(daemon).and_then(|steward| {
        let conversation = room.as_deref().map(|room| conversation(daemon, room)).transpose()?;
        if conversation == Some(None) {
            return Ok(None);
        }
        let before_ms = before_ms.min(daemon.relay.ask(|_, now| now.wall_ms));
        let (relay, uid) = (daemon.relay.clone(), peer.uid);
        let first = written(relay.clone(), before_ms);
        let last = move |messages| {
            let name = room.as_deref().and_then(|room| RoomName::parse(room).ok());
            // Those who are here are still told what is on its way to them.
            flusher::pass(&relay);
            relay.act(|hub, _| hub.forget_before(before_ms, name.as_ref()));
            log::purged(uid, &utc(before_ms), room.as_deref(), messages);
        };
        let task = steward.purge(before_ms, conversation.flatten(), first, last).map_err(failed)?;
        Ok(Some((steward, task)))
    });
    match begun {
        Ok(Some((steward, task))) => told(steward, task).await,
        // Nothing of the room is kept.
        Ok(None) => Reply::ok(&Task::Done(Purged { messages: 0 })),
        Err(refused) => refused,
    }
}

/// How a task is.
pub(super) async fn follow(daemon: &Daemon, task: Ticket) -> Reply {
    match steward(daemon) {
        Ok(steward) => told(steward, task).await,
        Err(refused) => refused,
    }
}

async fn told(steward: &Rc<Steward>, task: Ticket) -> Reply {
    match steward.follow(task).await {
        Followed::Running { done, of } => Reply::ok(&Task::<()>::Running { task, done, of }),
        Followed::Over(Ok(Outcome::BackedUp(made))) => {
            let path = made.to.display().to_string();
            Reply::ok(&Task::Done(admin::BackedUp { path, bytes: made.bytes }))
        }
        Followed::Over(Ok(Outcome::Purged(messages))) => Reply::ok(&Task::Done(Purged { messages })),
        Followed::Over(Err(why)) => failed(why),
        Followed::Unknown => failed(format!("there is no task {task}, or its end was told already")),
    }
}

/// Waits until what was said before is in the store: otherwise it would come there afterwards.
async fn written(relay: Rc<Relay>, before_ms: i64) -> Result<(), String> {
    let deadline = Instant::now() + WRITTEN_WITHIN;
    while relay.ask(|hub, _| hub.has_unwritten_before(before_ms)) {
        if Instant::now() >= deadline {
            let why = "some of it is not written yet, the store is in trouble: see lanchatctl status";
            return Err(format!("cannot purge: {why}, and try again"));
        }
        sleep(LOOKED_EVERY).await;
    }
    Ok(())
}

fn steward(daemon: &Daemon) -> Result<&Rc<Steward>, Reply> {
    let off = || Reply::refused(Code::Failed, "nothing is kept: store.path is \"\" in the configuration");
    daemon.steward.as_ref().ok_or_else(off)
}

/// What a room is called in the store, if anything of it is kept.
fn conversation(daemon: &Daemon, room: &str) -> Result<Option<ConversationId>, Reply> {
    let unknown = || {
        let message = format!("there is no room {:?}: see lanchatctl rooms", clean(room));
        Reply::refused(Code::NoSuchRoom, message)
    };
    let name = RoomName::parse(room).map_err(|_| unknown())?;
    daemon.relay.ask(|hub, _| hub.conversation_of(&name)).ok_or_else(unknown)
}

fn failed(why: String) -> Reply {
    Reply::refused(Code::Failed, why)
}
