//! Whose connections are taken: `listen.allow`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::Allow;
use super::check::{Finding, finding, quoted};
use crate::hub::network;

/// From where connections are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Networks {
    /// `None`: from anywhere.
    only: Option<Vec<IpNet>>,
}

impl Networks {
    /// Whether a connection from `ip` is taken. An IPv4 address that arrives on an IPv6 socket
    /// (`::ffff:10.0.0.1`) counts as what it is.
    pub fn allows(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.only.as_ref().is_none_or(|networks| networks.iter().any(|network| network.contains(&ip)))
    }

    /// Loopback (RFC 1122, 4291), private (RFC 1918), link-local (RFC 3927, 4291) and unique-local
    /// (RFC 4193) addresses.
    fn lan() -> Self {
        let v4 = |a, b, length| IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, 0, 0), length));
        let v6 =
            |first, length| IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, 0), length));
        let networks = vec![
            v4(127, 0, 8),
            v4(169, 254, 16),
            v4(10, 0, 8),
            v4(172, 16, 12),
            v4(192, 168, 16),
            IpNet::from(IpAddr::V6(Ipv6Addr::LOCALHOST)),
            v6(0xfe80, 10),
            v6(0xfc00, 7),
        ];
        Self { only: Some(networks) }
    }
}

/// Understands `listen.allow`.
pub fn networks(allow: &Allow) -> Result<Networks, Vec<Finding>> {
    const KEY: &str = "listen.allow";
    match allow {
        Allow::Named(name) if name == "lan" => Ok(Networks::lan()),
        Allow::Named(name) if name == "any" => Ok(Networks { only: None }),
        Allow::Named(name) => Err(vec![finding(KEY, None, &format!("is {}", quoted(name)))]),
        Allow::Networks(written) if written.is_empty() => {
            Err(vec![finding(KEY, None, "is empty, nobody could connect")])
        }
        Allow::Networks(written) => {
            let (mut only, mut findings) = (Vec::new(), Vec::new());
            for (element, written) in written.iter().enumerate() {
                match network(written) {
                    Some(network) => only.push(network),
                    None => findings.push(finding(KEY, Some(element), &format!("is {}", quoted(written)))),
                }
            }
            if findings.is_empty() { Ok(Networks { only: Some(only) }) } else { Err(findings) }
        }
    }
}
