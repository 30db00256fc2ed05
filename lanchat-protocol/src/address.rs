//! Where a relay is: `HOST`, `HOST:PORT`, `[IPV6]:PORT`.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use crate::PORT;

/// A host, by name or number, and a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

/// Why a string is no address; its `Display` says what an address looks like.
#[derive(Debug, PartialEq, Eq)]
pub enum AddressError {
    /// There is no host.
    NoHost,
    /// What follows the colon is no port from 1 to 65535.
    BadPort(String),
    /// A bracket is missing, or what it holds is no IPv6 address.
    BadIpv6,
    /// A host has no such character.
    BadHost,
}

impl Address {
    /// Whether both name the same relay: by the same name or number, in whatever case (RFC 4343).
    pub fn is_same(&self, other: &Self) -> bool {
        let host = |address: &Self| match address.host.parse::<Ipv6Addr>() {
            Ok(number) => number.to_string(),
            Err(_) => address.host.to_lowercase(),
        };
        self.port == other.port && host(self) == host(other)
    }
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHost => f.write_str("the host is missing"),
            Self::BadPort(port) => write!(f, "\"{port}\" is no port: a port is a number from 1 to 65535"),
            Self::BadIpv6 => f.write_str("an IPv6 address is written as [::1] or [::1]:5555"),
            Self::BadHost => {
                f.write_str("an address is HOST or HOST:PORT, for example 192.168.1.5 or relay.lan:5555")
            }
        }
    }
}

impl std::error::Error for AddressError {}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(written: &str) -> Result<Self, AddressError> {
        let (host, port) = split(written)?;
        if host.is_empty() {
            return Err(AddressError::NoHost);
        }
        let port = port.map_or(Ok(PORT), parse_port)?;
        Ok(Self { host: host.to_owned(), port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

fn split(written: &str) -> Result<(&str, Option<&str>), AddressError> {
    if let Some(rest) = written.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or(AddressError::BadIpv6)?;
        let port = rest.strip_prefix(':');
        if !is_ipv6(host) || (port.is_none() && !rest.is_empty()) {
            return Err(AddressError::BadIpv6);
        }
        return Ok((host, port));
    }
    if is_ipv6(written) {
        return Ok((written, None));
    }
    let (host, port) = match written.split_once(':') {
        Some((_, port)) if port.contains(':') => return Err(AddressError::BadIpv6),
        Some((host, port)) => (host, Some(port)),
        None => (written, None),
    };
    let odd = |c: char| c.is_whitespace() || c.is_control() || "/\\@[]{}\"'<>#?%".contains(c);
    if host.contains(odd) {
        return Err(AddressError::BadHost);
    }
    Ok((host, port))
}

/// A zone may follow, as in `fe80::1%eth0`: link-local addresses are at home on a LAN.
fn is_ipv6(host: &str) -> bool {
    let (address, zone) = host.split_once('%').unwrap_or((host, "0"));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    address.parse::<Ipv6Addr>().is_ok() && !zone.is_empty() && zone.chars().all(plain)
}

fn parse_port(port: &str) -> Result<u16, AddressError> {
    let digits = port.bytes().all(|b| b.is_ascii_digit());
    match port.parse() {
        Ok(port) if digits && port > 0 => Ok(port),
        _ => Err(AddressError::BadPort(port.chars().take(20).collect())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(written: &str) -> Result<(String, u16), AddressError> {
        written.parse().map(|Address { host, port }| (host, port))
    }

    #[test]
    fn a_host_alone_means_port_5555() {
        assert_eq!(parse("relay.lan"), Ok(("relay.lan".into(), 5555)));
        assert_eq!(parse("192.168.1.5"), Ok(("192.168.1.5".into(), 5555)));
        assert_eq!(parse("[::1]"), Ok(("::1".into(), 5555)));
        assert_eq!(parse("::1"), Ok(("::1".into(), 5555)));
        assert_eq!(parse("fe80::1%eth0"), Ok(("fe80::1%eth0".into(), 5555)));
    }

    #[test]
    fn a_port_follows_a_colon_and_ipv6_stands_in_brackets() {
        assert_eq!(parse("relay:6000"), Ok(("relay".into(), 6000)));
        assert_eq!(parse("[::1]:6000"), Ok(("::1".into(), 6000)));
        assert_eq!(parse("[fe80::1%eth0]:6000"), Ok(("fe80::1%eth0".into(), 6000)));
        assert_eq!("[::1]:6000".parse::<Address>().unwrap().to_string(), "[::1]:6000");
        assert_eq!("relay".parse::<Address>().unwrap().to_string(), "relay:5555");
    }

    #[test]
    fn a_relay_is_the_same_in_whatever_case_and_however_its_number_is_written() {
        let is_same = |one: &str, other: &str| {
            one.parse::<Address>().unwrap().is_same(&other.parse::<Address>().unwrap())
        };
        assert!(is_same("Relay.LAN", "relay.lan:5555") && is_same("[::1]:1", "[0:0:0:0:0:0:0:1]:1"));
        assert!(is_same("FE80::1%eth0", "fe80::1%eth0"));
        assert!(
            !is_same("relay", "relay:1") && !is_same("relay", "relay.lan") && !is_same("::1", "127.0.0.1")
        );
    }

    #[test]
    fn what_is_no_address_is_told_what_one_looks_like() {
        assert_eq!(parse(""), Err(AddressError::NoHost));
        assert_eq!(parse(":5555"), Err(AddressError::NoHost));
        for port in ["0", "65536", "+1", "chat", ""] {
            assert_eq!(parse(&format!("relay:{port}")), Err(AddressError::BadPort(port.into())));
            assert_eq!(parse(&format!("[::1]:{port}")), Err(AddressError::BadPort(port.into())));
        }
        for written in ["[::1", "[relay]:1", "[::1]5555", "1:2:3", "fe80::1%", "[fe80::1%a/b]"] {
            assert_eq!(parse(written), Err(AddressError::BadIpv6), "{written}");
        }
        for written in ["tcp//relay", "a b", "ana@relay", "relay\x1b[2J"] {
            assert_eq!(parse(written), Err(AddressError::BadHost), "{written}");
        }
    }
}
