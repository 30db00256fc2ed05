//! The networks that this machine is in, as far as its routes tell (proc(5)). Nothing is sent to find out.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// This machine's addresses, each with the length of its network: those behind the default route first.
pub(in crate::verbs) fn look() -> Vec<IpNet> {
    let routes = fs::read_to_string("/proc/net/route").unwrap_or_default();
    let addresses = fs::read_to_string("/proc/net/if_inet6").unwrap_or_default();
    let v4 = connected(&routes).into_iter().filter_map(|network| own(network).map(IpNet::V4));
    v4.chain(global(&addresses).into_iter().map(IpNet::V6)).collect()
}

/// Whether only a network of one's own has such addresses.
pub(super) fn is_lan(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// The network whose people reach a relay that listens there.
pub(super) fn around(networks: &[IpNet], listen: IpAddr) -> Option<IpNet> {
    let reaches = |network: &&IpNet| {
        let own = network.addr();
        // One that listens on all of IPv6 takes IPv4 too.
        own == listen || listen.is_unspecified() && (own.is_ipv4() || listen.is_ipv6())
    };
    let mut around = networks.iter().filter(reaches).collect::<Vec<_>>();
    around.sort_by_key(|network| !is_lan(network.addr()));
    around.first().map(|network| network.trunc())
}

/// The networks that a machine is in, of its routing table.
fn connected(routes: &str) -> Vec<Ipv4Net> {
    let mut networks = Vec::new();
    let mut ways_out = Vec::new();
    for line in routes.lines().skip(1) {
        let words: Vec<_> = line.split_whitespace().collect();
        let [interface, destination, gateway, _, _, _, _, mask, ..] = words[..] else { continue };
        let address =
            |hex: &str| u32::from_str_radix(hex, 16).ok().map(|it| Ipv4Addr::from(it.to_ne_bytes()));
        let (Some(destination), Some(gateway), Some(mask)) =
            (address(destination), address(gateway), address(mask))
        else {
            continue;
        };
        if mask.is_unspecified() {
            ways_out.push(interface);
        } else if gateway.is_unspecified()
            && interface != "lo"
            && let Ok(network) = Ipv4Net::with_netmask(destination, mask)
        {
            networks.push((interface, network));
        }
    }
    networks.sort_by_key(|(interface, _)| !ways_out.contains(interface));
    networks.into_iter().map(|(_, network)| network).collect()
}

/// The address that this machine has in a network.
fn own(network: Ipv4Net) -> Option<Ipv4Net> {
    // A socket that could send there has it; nothing is sent.
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((network.hosts().next()?, 9)).ok()?;
    match socket.local_addr().ok()?.ip() {
        IpAddr::V4(own) if network.contains(&own) => Ipv4Net::new(own, network.prefix_len()).ok(),
        IpAddr::V4(_) | IpAddr::V6(_) => None,
    }
}

/// The addresses that others can use for long (`IFA_F_TEMPORARY`, `_DEPRECATED`, `_TENTATIVE` of rtnetlink(7)).
fn global(addresses: &str) -> Vec<Ipv6Net> {
    const PASSING: u8 = 0x01 | 0x20 | 0x40;
    let address = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        let [address, _, length, scope, flags, _] = words[..] else { return None };
        let number = |hex: &str| u8::from_str_radix(hex, 16).ok();
        if scope != "00" || number(flags)? & PASSING != 0 {
            return None;
        }
        let address = Ipv6Addr::from(u128::from_str_radix(address, 16).ok()?);
        Ipv6Net::new(address, number(length)?).ok()
    };
    addresses.lines().filter_map(address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connected_networks_are_those_without_a_gateway_and_the_one_with_the_way_out_comes_first() {
        let hex = |a, b, c, d| format!("{:08X}", u32::from_ne_bytes([a, b, c, d]));
        let line = |interface, to: String, by: String, mask: String| {
            format!("{interface}\t{to}\t{by}\t0001\t0\t0\t0\t{mask}\t0\t0\t0\n")
        };
        let zero = hex(0, 0, 0, 0);
        let routes = "Iface\tDestination\n".to_owned()
            + &line("docker0", hex(172, 17, 0, 0), zero.clone(), hex(255, 255, 0, 0))
            + &line("eth0", zero.clone(), hex(10, 1, 2, 1), zero.clone())
            + &line("eth0", hex(10, 1, 2, 0), zero.clone(), hex(255, 255, 255, 0))
            + &line("eth0", hex(10, 9, 0, 0), hex(10, 1, 2, 9), hex(255, 255, 0, 0));
        let found: Vec<_> = connected(&routes).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["10.1.2.0/24", "172.17.0.0/16"]);
        assert!(connected("").is_empty() && connected("x\ny\n").is_empty());
    }

    #[test]
    fn addresses_that_stay_and_lead_somewhere_are_taken() {
        let text = "00000000000000000000000000000001 01 80 10 80 lo\n\
                    fe8000000000000000fc00fffe000001 04 40 20 80 eth0\n\
                    fd000000000000000000000000000002 04 40 00 82 eth0\n\
                    fd000000000000000000000000000003 04 40 00 01 eth0\n";
        let found: Vec<_> = global(text).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["fd00::2/64"]);
    }

    #[test]
    fn the_network_around_a_relay_is_the_one_it_listens_in_and_a_lan_where_it_listens_everywhere() {
        let networks: Vec<IpNet> =
            ["203.0.113.7/24", "10.1.2.3/24", "fd00::2/64"].map(|it| it.parse().unwrap()).to_vec();
        let around = |listen: &str| around(&networks, listen.parse().unwrap()).map(|it| it.to_string());
        assert_eq!(around("0.0.0.0").as_deref(), Some("10.1.2.0/24"));
        assert_eq!(around("::").as_deref(), Some("10.1.2.0/24"));
        assert_eq!(around("203.0.113.7").as_deref(), Some("203.0.113.0/24"));
        assert_eq!(around("fd00::2").as_deref(), Some("fd00::/64"));
        assert_eq!(around("192.168.1.1"), None);
    }
}
