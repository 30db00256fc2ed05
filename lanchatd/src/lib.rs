//! `lanchatd`, the relay, as a library: so that tests, benchmarks and fuzzers reach its rooms.
//!
//! The core ([`timeline`], [`hub`], [`dialect`]) is synchronous and deterministic. The shell around
//! it is tokio and the operating system. `docs/ARCHITECTURE.md` is the map.

pub mod admin;
pub mod clock;
pub mod config;
pub mod connection;
pub mod daemon;
pub mod descriptors;
pub mod dialect;
pub mod flusher;
pub mod foreground;
pub mod hub;
pub mod keeper;
pub mod kept;
pub mod link;
pub mod listen;
pub mod log;
pub mod lookups;
pub mod metrics;
pub mod offline;
pub mod outlet;
pub mod passwords;
pub mod relay;
pub mod rest;
pub mod signals;
pub mod store;
pub mod systemd;
pub mod timeline;
pub mod tls;
pub mod watch;
