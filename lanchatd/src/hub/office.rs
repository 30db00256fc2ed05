//! What the administrator sees and does.

mod accounts;
mod busy;
mod invites;

use std::collections::BTreeMap;

use lanchat_protocol::admin;
use lanchat_protocol::client::{Code, Farewell};

pub use accounts::NotDone;
pub use busy::Looked;

use super::{HOUSE, Hub, Now, Output, Reply, SessionId};
use crate::timeline::{Body, RELAY};

/// Plain counters since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Connections taken.
    pub connections: u64,
    /// Messages accepted.
    pub messages_accepted: u64,
    /// Messages handed to a receiver's socket, once for each receiver.
    pub deliveries: u64,
    /// Requests and messages refused.
    pub refusals: u64,
    /// The same by the code of the refusal.
    pub refusals_by_code: BTreeMap<&'static str, u64>,
    /// How often a slow reader was told that it missed something.
    pub gaps: u64,
    /// Messages missed, once for each receiver.
    pub messages_skipped: u64,
}

/// Whom a kick has hit.
#[derive(Debug, PartialEq, Eq)]
pub struct Kicked {
    /// The session.
    pub id: SessionId,
    /// Its nick; empty before a native client's hello.
    pub nick: String,
    /// Where it came from.
    pub address: String,
}

impl Totals {
    pub(super) fn refused(&mut self, code: Code) {
        self.refusals += 1;
        *self.refusals_by_code.entry(code.as_str()).or_default() += 1;
    }
}

impl Hub {
    /// The counters.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Sessions now.
    pub fn session_count(&self) -> usize {
        self.sessions.len()
    }

    /// Those of them that nobody on the way can read.
    pub fn encrypted_count(&self) -> usize {
        self.sessions.iter().filter(|(_, session)| session.is_encrypted).count()
    }

    /// Rooms that people can be in.
    pub fn room_count(&self) -> usize {
        self.rooms.len()
    }

    /// Bytes that all timelines hold.
    pub fn timeline_bytes(&self) -> usize {
        self.rooms.iter().map(|(_, room)| room.timeline.bytes()).sum()
    }

    /// Everybody who is connected, ordered by id.
    pub fn clients(&self, now: Now) -> Vec<admin::Client> {
        let mut clients: Vec<_> =
            self.sessions.iter().map(|(_, session)| self.client(now, session)).collect();
        clients.sort_unstable_by_key(|client| client.id);
        clients
    }

    /// Clients and rooms whose names begin so.
    pub fn names(&self, prefix: &str) -> admin::Names {
        let named = |session: &super::Session| admin::Named {
            id: session.id.serial,
            nick: session.nick.as_deref().unwrap_or_default().to_owned(),
            address: session.address.to_string(),
        };
        let begins = |session: &super::Session| {
            session.nick.as_deref().is_some_and(|nick| nick.starts_with(prefix))
                || session.id.serial.to_string().starts_with(prefix)
        };
        let clients = self.sessions.iter().map(|(_, session)| session).filter(|session| begins(session));
        let rooms = self.rooms.iter().filter_map(|(_, room)| room.name());
        let rooms = rooms.filter(|name| name.starts_with(prefix));
        admin::Names {
            schema: admin::SCHEMA,
            clients: clients.take(admin::NAMES_MAX).map(named).collect(),
            rooms: rooms.take(admin::NAMES_MAX).map(ToString::to_string).collect(),
        }
    }

    /// The session with this id or nick.
    pub fn find(&self, id_or_nick: &str) -> Option<SessionId> {
        let by_id = id_or_nick.parse().ok().and_then(|serial: u64| {
            self.sessions.iter().map(|(_, session)| session.id).find(|id| id.serial == serial)
        });
        by_id.or_else(|| self.nicks.holder(id_or_nick))
    }

    /// The session's nick and address, for the log.
    pub fn describe(&self, id: SessionId) -> Option<(&str, std::net::SocketAddr, &'static str)> {
        let session = self.sessions.get(id.slot).filter(|session| session.id == id)?;
        let dialect = session.dialect.map_or("new", |dialect| dialect.name);
        Some((session.nick.as_deref().unwrap_or_default(), session.address, dialect))
    }

    /// Refusals of the session that were not reported, nor counted into one that was.
    pub fn refusals_unlogged(&self, id: SessionId) -> u64 {
        let session = self.sessions.get(id.slot).filter(|session| session.id == id);
        session.map_or(0, |session| session.refusals_unlogged)
    }

    /// Ends a session: it and the others are told why.
    pub fn kick(&mut self, now: Now, id: SessionId, reason: Option<&str>) -> Option<Kicked> {
        let session = self.session(id)?;
        let nick = session.nick.as_deref().unwrap_or_default().to_owned();
        let address = session.address.to_string();
        let reason = match reason {
            Some(reason) => format!("kicked: {}", lanchat_protocol::text::clean(reason)),
            None => "kicked".to_owned(),
        };
        super::presence::leave_all(self, now, id, Some(&reason));
        self.close(id, Farewell::Kicked, &reason);
        Some(Kicked { id, nick, address })
    }

    /// Says goodbye to one session and has its connection closed.
    pub fn close(&mut self, id: SessionId, code: Farewell, reason: &str) {
        self.settle(id);
        self.settle_acks(id);
        self.reply(id, &Reply::Bye { code, reason });
        if let Some(session) = self.session(id) {
            session.is_closing = true;
            session.last_word = session.dialect.is_none().then(|| (code, reason.into()));
        }
        self.outputs.push(Output::Close(id));
    }

    /// Tells everybody something. Returns how many are told.
    pub fn announce(&mut self, now: Now, text: &str) -> usize {
        let text = lanchat_protocol::text::clean(text);
        self.append(now, HOUSE, RELAY, "", Body::Announced(&text), "");
        self.sessions.len()
    }

    /// Lets nobody new in from here on, or does again: no connections, and no accounts that people make for themselves.
    /// Says whether that is news.
    pub fn lock_down(&mut self, on: bool) -> bool {
        std::mem::replace(&mut self.admission.is_locked_down, on) != on
    }

    /// Whether nobody new is let in.
    pub fn is_locked_down(&self) -> bool {
        self.admission.is_locked_down
    }

    /// Takes nothing more and tells everybody that the relay stops.
    pub fn stop(&mut self, now: Now, reason: &str) {
        if !std::mem::replace(&mut self.is_stopping, true) {
            self.end_all_acks();
            self.tell_changes(None);
            self.append(now, HOUSE, RELAY, "", Body::Bye(reason), "");
        }
    }

    /// Whether [`Hub::stop`] was called.
    pub fn is_stopping(&self) -> bool {
        self.is_stopping
    }

    pub(super) fn client(&self, now: Now, session: &super::Session) -> admin::Client {
        let rooms = session.seats.iter();
        let untold: u64 = session.seats.iter().map(|seat| seat.missed).sum();
        admin::Client {
            id: session.id.serial,
            nick: session.nick.as_deref().unwrap_or_default().to_owned(),
            address: session.address.to_string(),
            dialect: session.dialect.map_or("new", |dialect| dialect.name).to_owned(),
            tls: session.is_encrypted,
            role: session.role(),
            rooms: rooms.filter_map(|seat| self.rooms[seat.room].name()).map(ToString::to_string).collect(),
            connected_s: now.seconds_since(session.connected_us),
            messages: session.messages,
            backlog_bytes: self.backlog_bytes(session) as u64,
            skipped: session.skipped + untold,
        }
    }
}
