//! Where a relay is, as people write it.

use lanchat_protocol::address::{Address, AddressError};
use lanchat_protocol::link::{Link, LinkError};

/// A link, an address, or the name of a server in client.toml, which may look like a host's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Somebody has passed it on.
    Link(Link),
    /// What was written, and the address that it is unless it is the name of a server.
    Address {
        /// As it was written.
        written: String,
        /// What it is as an address.
        address: Address,
    },
}

impl Place {
    /// What is written; an error says what is wrong with it.
    pub(crate) fn parse(written: &str) -> Result<Self, String> {
        if Link::is_meant(written) {
            return written.parse().map(Self::Link).map_err(|error: LinkError| error.to_string());
        }
        let address = written.parse().map_err(|error: AddressError| error.to_string())?;
        Ok(Self::Address { written: written.to_owned(), address })
    }

    /// What may be the name of a server.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Link(_) => None,
            Self::Address { written, .. } => Some(written),
        }
    }

    /// Where that is, whatever servers have names.
    pub(crate) fn into_link(self) -> Link {
        match self {
            Self::Link(link) => link,
            Self::Address { address, .. } => Link { address, invite: None, fingerprint: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_link_or_an_address() {
        let address = |written| Place::parse(written).map(|place| place.into_link().address.to_string());
        assert_eq!(address("relay").as_deref(), Ok("relay:5555"));
        assert_eq!(address("relay:99").as_deref(), Ok("relay:99"));
        assert_eq!(address("lanchat://relay:99").as_deref(), Ok("relay:99"));
        assert!(address("relay:x").is_err());
        assert!(address("lanchat://relay:x").is_err());
    }
}
