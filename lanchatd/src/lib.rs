//! `lanchatd`, the relay, as a library: so that tests, benchmarks and fuzzers reach its rooms.
//!
//! The core ([`timeline`], [`hub`], [`dialect`]) is synchronous and deterministic. The shell around
//! it is tokio and the operating system. `docs/ARCHITECTURE.md` is the map.

pub mod dialect;
pub mod hub;
pub mod timeline;
