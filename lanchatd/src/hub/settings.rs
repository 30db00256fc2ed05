//! What the hub goes by.

use jiff::tz::TimeZone;
use lanchat_protocol::client::Limits;

use crate::timeline::Retention;

/// What the hub goes by. Changes with a reload.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Settings {
    /// The bound on lines, which `welcome` tells.
    pub line_bytes_max: usize,
    /// Connections in all; 0: no limit.
    pub connections_max: usize,
    /// Connections from one address; 0: no limit.
    pub connections_per_address_max: usize,
    /// Whether what is said of one address here and below holds for loopback addresses too.
    pub connections_per_address_on_loopback: bool,
    /// Messages a second; 0: no limit.
    pub messages_per_second_max: u32,
    /// Messages at once.
    pub messages_burst_max: u32,
    /// Messages a second of all sessions of one account; 0: no limit.
    pub account_messages_per_second_max: u32,
    /// The same at once.
    pub account_messages_burst_max: u32,
    /// Messages a second from one address; 0: no limit.
    pub address_messages_per_second_max: u32,
    /// The same at once.
    pub address_messages_burst_max: u32,
    /// New connections a second from one address; 0: no limit.
    pub connects_per_second_per_address_max: u32,
    /// The same at once.
    pub connects_burst_per_address_max: u32,
    /// Rooms, those between two included.
    pub rooms_max: usize,
    /// Rooms that may be opened in an hour from one address, and by one account; 0: no limit.
    pub rooms_opened_per_hour_max: u32,
    /// Rooms that one session may be in.
    pub rooms_joined_max: usize,
    /// People of whom one session may want to hear nothing.
    pub ignored_max: usize,
    /// People who are remembered when they have gone.
    pub people_max: usize,
    /// Accounts.
    pub accounts_max: usize,
    /// Only who is logged in chats.
    pub needs_login: bool,
    /// Only who is invited may register.
    pub needs_invite: bool,
    /// Passwords may come over connections that others can read.
    pub plain_passwords: bool,
    /// Bans.
    pub bans_max: usize,
    /// Mutes that hold everywhere, and in each room those that hold there.
    pub mutes_max: usize,
    /// People who have rights of their own in a room.
    pub room_people_max: usize,
    /// What all timelines retain, in bytes.
    pub timelines_bytes_max: usize,
    /// What each timeline retains.
    pub retention: Retention,
    /// Messages of a room that whoever enters it is told, if they do not say how many.
    pub backlog: usize,
    /// In which times of day are told to those who cannot know them by themselves.
    pub zone: TimeZone,
    /// Whether [`super::Occurrence::Said`] is wanted.
    pub report_messages: bool,
}

impl Settings {
    pub(super) fn limits(&self) -> Limits {
        Limits {
            line_bytes_max: self.line_bytes_max,
            messages_per_second_max: self.messages_per_second_max,
            messages_burst_max: self.messages_burst_max,
        }
    }
}
