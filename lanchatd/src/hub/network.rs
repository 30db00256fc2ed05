//! Networks, as people write them.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

/// A network in CIDR notation, or one address; IPv4-mapped ones as the IPv4 that they stand for.
pub fn network(written: &str) -> Option<IpNet> {
    let network = written.parse().or_else(|_| written.parse::<IpAddr>().map(IpNet::from)).ok()?;
    let mapped = match network {
        IpNet::V6(v6) if v6.prefix_len() >= 96 => {
            v6.addr().to_ipv4_mapped().zip(v6.prefix_len().checked_sub(96))
        }
        IpNet::V4(_) | IpNet::V6(_) => None,
    };
    let mapped = mapped.and_then(|(address, length)| Ipv4Net::new(address, length).ok());
    Some(mapped.map_or(network, IpNet::V4))
}
