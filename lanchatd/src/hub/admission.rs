//! Who may connect: how many in all, how many from one address, and how fast; and whether anybody new may.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;

use super::buckets::{Bucket, Buckets, origin};
use super::quota::Rate;
use super::{Denial, Now, Settings};
use lanchat_protocol::counted;

/// Why a connection was not taken. It has no dialect yet: it is told in plain words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAdmitted {
    /// There are as many connections as the relay takes.
    Full {
        /// The bound.
        max: usize,
    },
    /// There are as many from this address as the relay takes.
    TooManyFromAddress {
        /// The bound.
        max: usize,
    },
    /// Nobody is let in from this address.
    Banned(Denial),
    /// Too many came from this address of late.
    TooFast {
        /// When the next one is taken.
        wait_ms: u64,
    },
    /// An administrator lets nobody new in.
    LockedDown,
    /// The relay stops.
    Stopping,
}

impl NotAdmitted {
    /// The same for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Full { .. } => "full",
            Self::TooManyFromAddress { .. } => "too_many_from_address",
            Self::Banned(_) => "banned",
            Self::TooFast { .. } => "connecting_too_fast",
            Self::LockedDown => "lockdown",
            Self::Stopping => "stopping",
        }
    }
}

impl fmt::Display for NotAdmitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { max } => {
                write!(f, "this relay is full ({}): try again later", counted(*max, "connection"))
            }
            Self::TooManyFromAddress { max } => {
                let are = if *max == 1 { "is" } else { "are" };
                let connections = counted(*max, "connection");
                write!(f, "there {are} {connections} from your address already: close one")
            }
            Self::Banned(denial) => write!(f, "{denial}"),
            Self::TooFast { wait_ms } => {
                let seconds = wait_ms.div_ceil(1000).max(1);
                write!(f, "too many connect from your address at once: try again in {seconds} s")
            }
            Self::LockedDown => f.write_str("this relay takes nobody new at the moment: try again later"),
            Self::Stopping => f.write_str("this relay is stopping: try again later"),
        }
    }
}

/// Connections by where they come from.
#[derive(Debug, Default)]
pub(super) struct Admission {
    /// Only what is connected.
    connected: HashMap<IpAddr, usize>,
    /// Connections of late.
    connects: Buckets<IpAddr>,
    /// What was asked for of late.
    asked: Buckets<IpAddr>,
    /// Nobody new is let in.
    pub(super) is_locked_down: bool,
}

impl Admission {
    /// Lets a connection in, which from then on takes from the bucket of where it comes from.
    pub(super) fn admit(
        &mut self,
        now: Now,
        settings: &Settings,
        connections: usize,
        ip: IpAddr,
    ) -> Result<Bucket, NotAdmitted> {
        if self.is_locked_down {
            return Err(NotAdmitted::LockedDown);
        }
        let (ip, is_bounded) = (origin(ip), settings.bounds_address(ip.to_canonical().is_loopback()));
        let rate = Rate {
            per_second_max: settings.connects_per_second_per_address_max,
            burst_max: settings.connects_burst_per_address_max,
        };
        if is_bounded && let Err(wait_us) = self.connects.take(now, ip, rate) {
            return Err(NotAdmitted::TooFast { wait_ms: wait_us.div_ceil(1000) });
        }
        let max = settings.connections_max;
        if max > 0 && connections >= max {
            return Err(NotAdmitted::Full { max });
        }
        let max = settings.connections_per_address_max;
        if is_bounded && max > 0 && self.connected.get(&ip).is_some_and(|count| *count >= max) {
            return Err(NotAdmitted::TooManyFromAddress { max });
        }
        *self.connected.entry(ip).or_default() += 1;
        Ok(self.asked.hold(now, ip))
    }

    pub(super) fn release(&mut self, ip: IpAddr) {
        let ip = origin(ip);
        if let Some(count) = self.connected.get_mut(&ip) {
            *count -= 1;
            if *count == 0 {
                self.connected.remove(&ip);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lanchat_protocol::client::is_turned_away;

    #[test]
    fn clients_know_by_the_words_that_they_are_not_let_in() {
        let (by, reason) = (String::new(), String::new());
        for why in [
            NotAdmitted::Full { max: 1 },
            NotAdmitted::TooManyFromAddress { max: 1 },
            NotAdmitted::Banned(Denial::Banned { by, for_ms: None, reason }),
            NotAdmitted::TooFast { wait_ms: 1 },
            NotAdmitted::LockedDown,
            NotAdmitted::Stopping,
        ] {
            assert!(is_turned_away(&why.to_string()), "{why}");
        }
    }
}
