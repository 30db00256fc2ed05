//! The admin socket: JSON lines over a Unix socket. See [`lanchat_protocol::admin`].

mod accounts;
mod archive;
mod claim;
mod daemon;
mod order;
mod peer;
mod reload;
mod serve;
mod verbs;
mod watched;

pub use claim::{Claim, ClaimError, claim};
pub use daemon::{Addresses, Daemon, StopCause};
pub use serve::accept;
