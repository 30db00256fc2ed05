//! The admin socket: JSON lines over a Unix socket. See [`lanchat_protocol::admin`].

mod accounts;
mod archive;
mod claim;
mod order;
mod reload;
mod serve;
mod verbs;
mod watched;

pub use claim::{Claim, ClaimError, claim};
pub use serve::accept;
pub use verbs::{Addresses, Daemon, StopCause};
