//! The log: what an administrator finds in the journal, as structured events.
//!
//! Fields go by their own names, which `docs/JOURNAL.md` lists: `client` (id), `address`, `nick`, `dialect`, `reason`, `code`, `uid`.
//! What people say is not in it unless `log.messages` is set. Every string has passed the sanitiser.
//! What others can have written again and again is bounded, and summed up.
//! Nothing here waits: a thread of its own writes.

mod accounts;
mod background;
mod bounded;
mod clients;
mod console;
mod flood;
mod message_id;
mod operation;
mod sentence;
mod setup;
mod tls;

pub use accounts::{account_changed, invite_revoked, invited};
pub use bounded::sum_up;
pub use clients::{Shown, connected, disconnected, not_admitted, occurrence};
pub use console::Console;
pub use operation::{
    accepting_again, admin_refused, announced, backup_begun, cannot_accept, configuration_refused, exported,
    failed, family_left_out, few_descriptors, goodbye_unread, kicked, lockdown, no_io_uring, no_manager,
    no_stdin, ordered, purged, ready, reload_refused, reloaded, socket_left, sockets_passed, stop_asked,
    stopped, stopping, store_in_trouble, store_left, store_opened, store_recovered, store_refused,
    store_renewed, store_unread, store_upkeep_failed,
};
pub use setup::{Log, start};
pub use tls::{key, key_changed};
