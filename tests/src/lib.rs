//! What the black-box tests are written with: the real programs, and people who use them.
//!
//! A test reads like what people do: `alice.says("hi"); bob.sees("alice: hi");`. Whatever is waited for
//! has a deadline ([`PATIENCE`]), and nothing sleeps to be right. When a test fails, what its daemons
//! logged and what its people received is printed.

mod clock;
mod ctl;
mod daemon;
mod directory;
mod disk;
mod follower;
mod host;
mod identity;
mod impostor;
mod log;
mod manager;
mod native;
mod netcat;
mod picture;
mod piped;
mod process;
mod programs;
mod proxy;
mod stranger;
mod terminal;
mod tunnel;
mod wire;

pub use clock::{PATIENCE, eventually, eventually_within, skip, skip_without_root};
pub use ctl::{Ran, ctl, run, run_with};
pub use daemon::{Daemon, Setup};
pub use directory::TempDir;
pub use disk::{Disk, Frozen};
pub use follower::Follower;
pub use host::{Host, Hosts, network};
pub use identity::Identity;
pub use impostor::{Impostor, answer};
pub use manager::Manager;
pub use native::Native;
pub use netcat::Netcat;
pub use piped::Piped;
pub use process::peak_kib;
pub use programs::program;
use programs::trusting;
pub use proxy::Proxy;
pub use rustix::process::Signal;
pub use serde_json::{Value, json};
pub use stranger::Stranger;
pub use terminal::Terminal;
pub use tunnel::{Tunnel, client_config};
