//! `[limits]`: how much of anything there may be.

use serde::{Deserialize, Serialize};

/// `[limits]`: every bound has its name here. 0 means "no limit" where noted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The longest line of a client, in bytes without its end.
    pub line_bytes_max: usize,
    /// Connections at once, in all; 0: no limit.
    pub connections_max: usize,
    /// Connections at once from one address; 0: no limit.
    pub connections_per_address_max: usize,
    /// Whether the limits per address hold for loopback too.
    pub connections_per_address_on_loopback: bool,
    /// New connections a second from one address in the long run; 0: no limit.
    pub connects_per_second_per_address_max: u32,
    /// New connections from one address at once before the rate counts.
    pub connects_burst_per_address_max: u32,
    /// Messages a second that a client may send in the long run; 0: no limit.
    pub messages_per_second_max: u32,
    /// Messages that a client may send at once before the rate counts.
    pub messages_burst_max: u32,
    /// Messages a second that all clients of one account may send in the long run; 0: no limit.
    pub account_messages_per_second_max: u32,
    /// Messages that they may send at once before the rate counts.
    pub account_messages_burst_max: u32,
    /// Messages a second that all clients at one address may send in the long run; 0: no limit.
    pub address_messages_per_second_max: u32,
    /// Messages that they may send at once before the rate counts.
    pub address_messages_burst_max: u32,
    /// How long a native client may take to say a complete `hello`.
    pub login_grace_ms: u64,
    /// How long a socket may take nothing of what it is owed before it is closed.
    pub write_deadline_ms: u64,
    /// How long a text client's unfinished line has to be quiet to be a message.
    pub text_quiet_ms: u64,
    /// How long a TLS handshake may take in all.
    pub handshake_ms: u64,
    /// How long a new connection may be silent before it is greeted as a text client.
    pub greeting_delay_ms: u64,
    /// The longest rest between two passes of a busy relay; 0: none. See [`crate::rest`].
    pub rest_ms_max: u64,
    /// How long a stop may take to hand out what clients are owed.
    pub stop_grace_ms: u64,
    /// Bytes that one timeline keeps in memory.
    pub timeline_bytes_max: usize,
    /// Events that one timeline keeps in memory.
    pub timeline_events_max: usize,
    /// Bytes that all timelines keep in memory.
    pub timelines_bytes_max: usize,
    /// Rooms at once, those between two people included.
    pub rooms_max: usize,
    /// Rooms that may be opened in an hour from one address, and by one account; 0: no limit.
    pub rooms_opened_per_hour_max: u32,
    /// Rooms that one client may be in.
    pub rooms_joined_max: usize,
    /// People whom one client may hide.
    pub ignored_max: usize,
    /// People who are remembered when they have gone, so that messages can wait for them.
    pub people_max: usize,
    /// Accounts.
    pub accounts_max: usize,
    /// Bans at once.
    pub bans_max: usize,
    /// People at once who may say nothing: everywhere, and in each room.
    pub mutes_max: usize,
    /// People who are operators of one room, have a voice there, or are invited.
    pub room_people_max: usize,
    /// Messages of a room that whoever enters it is told, if they do not say how many; 0: none.
    pub backlog_messages: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line_bytes_max: 4096,
            connections_max: 10_000,
            connections_per_address_max: 64,
            connections_per_address_on_loopback: false,
            connects_per_second_per_address_max: 20,
            connects_burst_per_address_max: 200,
            messages_per_second_max: 20,
            messages_burst_max: 100,
            account_messages_per_second_max: 60,
            account_messages_burst_max: 300,
            address_messages_per_second_max: 200,
            address_messages_burst_max: 1_000,
            login_grace_ms: 10_000,
            write_deadline_ms: 30_000,
            text_quiet_ms: 150,
            handshake_ms: 10_000,
            greeting_delay_ms: 300,
            rest_ms_max: 5,
            stop_grace_ms: 5_000,
            timeline_bytes_max: 4 * 1024 * 1024,
            timeline_events_max: 50_000,
            timelines_bytes_max: 256 * 1024 * 1024,
            rooms_max: 10_000,
            rooms_opened_per_hour_max: 200,
            rooms_joined_max: 50,
            ignored_max: 100,
            people_max: 10_000,
            accounts_max: 10_000,
            bans_max: 1_000,
            mutes_max: 1_000,
            room_people_max: 200,
            backlog_messages: 20,
        }
    }
}
