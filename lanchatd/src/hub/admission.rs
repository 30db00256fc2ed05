//! Who may connect: how many in all, and from one address.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;

use super::{Denial, Settings};

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
    /// The relay stops.
    Stopping,
}

impl fmt::Display for NotAdmitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { max } => write!(f, "this relay is full ({max} connections): try again later"),
            Self::TooManyFromAddress { max } => {
                write!(f, "there are {max} connections from your address already: close one")
            }
            Self::Banned(denial) => write!(f, "{denial}"),
            Self::Stopping => f.write_str("this relay is stopping: try again later"),
        }
    }
}

/// Connections by address. Holds an entry only for addresses that are connected.
#[derive(Debug, Default)]
pub(super) struct Admission {
    by_address: HashMap<IpAddr, usize>,
}

impl Admission {
    pub(super) fn admit(
        &mut self,
        settings: &Settings,
        connections: usize,
        ip: IpAddr,
    ) -> Result<(), NotAdmitted> {
        let max = settings.connections_max;
        if max > 0 && connections >= max {
            return Err(NotAdmitted::Full { max });
        }
        let ip = ip.to_canonical();
        let max = settings.connections_per_address_max;
        let is_limited = max > 0 && (settings.connections_per_address_on_loopback || !ip.is_loopback());
        let count = self.by_address.entry(ip).or_default();
        if is_limited && *count >= max {
            return Err(NotAdmitted::TooManyFromAddress { max });
        }
        *count += 1;
        Ok(())
    }

    pub(super) fn release(&mut self, ip: IpAddr) {
        let ip = ip.to_canonical();
        if let Some(count) = self.by_address.get_mut(&ip) {
            *count -= 1;
            if *count == 0 {
                self.by_address.remove(&ip);
            }
        }
    }
}
