//! Who is busy, as the administrator sees it.

use std::collections::HashMap;

use lanchat_protocol::admin::{Busy, By, TOP_MAX};

use crate::hub::{Hub, Now, Session};

/// How many messages each session had been accepted when somebody looked last. Belongs to whoever looks.
#[derive(Debug, Default)]
pub struct Looked(Option<HashMap<u64, u64>>);

impl Hub {
    /// Those who come first. Nothing is written down of the others.
    pub fn busy(&self, now: Now, by: By, limit: usize, looked: &mut Looked) -> Vec<Busy> {
        let recent = |session: &Session| {
            let before = looked.0.as_ref().map(|before| before.get(&session.id.serial).copied());
            before.map_or(0, |before| session.messages - before.unwrap_or(0))
        };
        let key = |session: &Session| match by {
            By::Rate => recent(session),
            By::Messages => session.messages,
            By::Backlog => self.backlog_bytes(session) as u64,
            By::Connected => now.seconds_since(session.connected_us),
        };
        let mut ranked: Vec<_> = self.sessions.iter().map(|(_, session)| (key(session), session)).collect();
        ranked.sort_unstable_by_key(|(key, session)| (std::cmp::Reverse(*key), session.id.serial));
        let first = ranked.into_iter().take(limit.min(TOP_MAX));
        let first = first
            .map(|(_, session)| Busy { client: self.client(now, session), recent: recent(session) })
            .collect();
        let seen = self.sessions.iter().map(|(_, session)| (session.id.serial, session.messages));
        looked.0 = Some(seen.collect());
        first
    }
}
