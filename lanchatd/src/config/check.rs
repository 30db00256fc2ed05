//! What values may be: every range and every form, with words for those who got one wrong.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::{Allow, Config, Limits};

/// The longest path of a Unix socket, in bytes (`sun_path` of unix(7), without its NUL).
const SOCKET_PATH_BYTES_MAX: usize = 107;

/// The bounds of one number.
struct Range {
    key: &'static str,
    value: fn(&Limits) -> u64,
    min: u64,
    max: u64,
    unit: &'static str,
}

const fn range(
    key: &'static str,
    value: fn(&Limits) -> u64,
    bounds: (u64, u64),
    unit: &'static str,
) -> Range {
    Range { key, value, min: bounds.0, max: bounds.1, unit }
}

/// Every number that can be set. Where the unit says so, 0 lifts the limit.
const RANGES: &[Range] = &[
    range("limits.line_bytes_max", |l| l.line_bytes_max as u64, (64, 1 << 20), "bytes"),
    range("limits.connections_max", |l| l.connections_max as u64, (0, 1_000_000), "0: no limit"),
    range(
        "limits.connections_per_address_max",
        |l| l.connections_per_address_max as u64,
        (0, 1_000_000),
        "0: no limit",
    ),
    range(
        "limits.messages_per_second_max",
        |l| l.messages_per_second_max.into(),
        (0, 1_000_000),
        "0: no limit",
    ),
    range("limits.messages_burst_max", |l| l.messages_burst_max.into(), (1, 1_000_000), "messages"),
    range("limits.login_grace_ms", |l| l.login_grace_ms, (100, 600_000), "milliseconds"),
    range("limits.write_deadline_ms", |l| l.write_deadline_ms, (100, 3_600_000), "milliseconds"),
    range("limits.text_quiet_ms", |l| l.text_quiet_ms, (10, 10_000), "milliseconds"),
    range("limits.greeting_delay_ms", |l| l.greeting_delay_ms, (10, 10_000), "milliseconds"),
    range("limits.stop_grace_ms", |l| l.stop_grace_ms, (0, 60_000), "milliseconds"),
    range("limits.timeline_bytes_max", |l| l.timeline_bytes_max as u64, (65_536, 1 << 32), "bytes"),
    range("limits.timeline_events_max", |l| l.timeline_events_max as u64, (100, 10_000_000), "events"),
];

/// The form of every key that is no number in a range.
const FORMS: &[(&str, &str)] = &[
    ("listen.chat", r#"a list of IP addresses with ports, such as ["0.0.0.0:5555", "[::]:5555"]"#),
    ("listen.allow", r#""lan", "any", or a list of networks such as ["10.1.0.0/16", "fd00::/8"]"#),
    ("admin.socket", r#""" or an absolute path of at most 107 bytes"#),
    ("limits.connections_per_address_on_loopback", "true or false"),
    ("log.level", r#""error", "warn", "info", "debug" or "trace""#),
    ("log.target", r#""auto", "journald" or "stderr""#),
    ("log.messages", "true or false"),
    ("store.path", r#""": this version keeps history in memory only"#),
    ("tls.mode", r#""off": this version speaks plain text only"#),
];

/// One value that is not allowed.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    /// The dotted key.
    pub key: &'static str,
    /// Which element, where the value is a list and one element of it is wrong.
    pub element: Option<usize>,
    /// What is wrong and what is allowed.
    pub message: String,
}

/// What the value of a dotted key may be, in words.
pub fn allowed(key: &str) -> String {
    if let Some(range) = RANGES.iter().find(|range| range.key == key) {
        return format!("a whole number from {} to {} ({})", range.min, range.max, range.unit);
    }
    let form = FORMS.iter().find(|(known, _)| *known == key);
    form.map_or("another value", |(_, form)| form).to_owned()
}

/// Everything about `config` that is not allowed.
pub fn check(config: &Config) -> Vec<Finding> {
    let mut findings = ranges(&config.limits);
    findings.extend(chat(&config.listen.chat));
    findings.extend(networks(&config.listen.allow).err().into_iter().flatten());
    findings.extend(socket(&config.admin.socket));
    findings.extend(only("store.path", &config.store.path, ""));
    findings.extend(only("tls.mode", &config.tls.mode, "off"));
    findings
}

fn finding(key: &'static str, element: Option<usize>, what: &str) -> Finding {
    let at = element.map(|element| format!("[{element}]")).unwrap_or_default();
    Finding { key, element, message: format!("{key}{at} {what}, allowed: {}", allowed(key)) }
}

fn ranges(limits: &Limits) -> Vec<Finding> {
    let outside = |range: &&Range| !(range.min..=range.max).contains(&(range.value)(limits));
    let describe = |range: &Range| finding(range.key, None, &format!("is {}", (range.value)(limits)));
    RANGES.iter().filter(outside).map(describe).collect()
}

fn only(key: &'static str, value: &str, allowed: &str) -> Option<Finding> {
    (value != allowed).then(|| finding(key, None, &format!("is {}", quoted(value))))
}

fn socket(path: &str) -> Option<Finding> {
    let wrong = |what: &str| Some(finding("admin.socket", None, what));
    match path {
        "" => None,
        _ if !path.starts_with('/') => wrong(&format!("is {}, a relative path", quoted(path))),
        _ if path.len() > SOCKET_PATH_BYTES_MAX => wrong(&format!("has {} bytes", path.len())),
        _ if path.contains('\0') => wrong("has a NUL character"),
        _ => None,
    }
}

/// Every address has to be usable and different; port 0 may repeat, since each takes another free one.
fn chat(written: &[String]) -> Vec<Finding> {
    const KEY: &str = "listen.chat";
    if written.is_empty() {
        return vec![finding(KEY, None, "is empty, nobody could connect")];
    }
    let mut seen = Vec::new();
    let mut findings = Vec::new();
    for (element, address) in written.iter().enumerate() {
        match address.parse::<SocketAddr>() {
            Ok(parsed) if parsed.port() != 0 && seen.contains(&parsed) => {
                findings.push(finding(KEY, Some(element), &format!("repeats {}", quoted(address))));
            }
            Ok(parsed) => seen.push(parsed),
            Err(_) => findings.push(finding(KEY, Some(element), &no_address(address))),
        }
    }
    findings
}

fn no_address(written: &str) -> String {
    let shown = quoted(written);
    if let Ok(address) = written.parse::<IpAddr>() {
        let meant = SocketAddr::new(address, lanchat_protocol::PORT);
        return format!("is {shown}, which has no port (\"{meant}\"?)");
    }
    let Some((host, port)) = written.rsplit_once(':') else {
        return format!("is {shown}, which has no port");
    };
    let is_literal = host.is_empty() || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    if port.parse::<u16>().is_err() {
        format!("is {shown}, whose port is no number from 0 to 65535")
    } else if is_literal {
        format!("is {shown}, which is no address")
    } else {
        format!("is {shown}, which begins with a name")
    }
}

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

/// A network in CIDR notation, or one address; IPv4-mapped ones as the IPv4 that they stand for.
fn network(written: &str) -> Option<IpNet> {
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

/// A string as it stands in the file, cut where it would fill the screen.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN_CHARS_MAX: usize = 80;
    let cut = text.char_indices().nth(SHOWN_CHARS_MAX).map(|(end, _)| format!("{}…", &text[..end]));
    format!("{:?}", cut.as_deref().unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(change: impl FnOnce(&mut Config)) -> Vec<String> {
        let mut config = Config::default();
        change(&mut config);
        check(&config).into_iter().map(|finding| finding.message).collect()
    }

    fn chat_messages(addresses: &[&str]) -> Vec<String> {
        messages(|config| config.listen.chat = addresses.iter().map(ToString::to_string).collect())
    }

    fn list(networks: &[&str]) -> Allow {
        Allow::Networks(networks.iter().map(ToString::to_string).collect())
    }

    fn allows(allow: &Allow, address: &str) -> bool {
        networks(allow).unwrap().allows(address.parse().unwrap())
    }

    #[test]
    fn the_defaults_are_allowed() {
        assert_eq!(check(&Config::default()), []);
    }

    #[test]
    fn every_key_says_what_is_allowed() {
        for key in crate::config::reload::values(&Config::default()).keys() {
            assert_ne!(allowed(key), "another value", "{key}");
        }
    }

    #[test]
    fn every_number_has_a_range() {
        let values = crate::config::reload::values(&Config::default());
        for (key, _) in values.iter().filter(|(_, value)| value.is_integer()) {
            assert!(RANGES.iter().any(|range| range.key == key), "{key}");
        }
    }

    #[test]
    fn numbers_pass_at_their_bounds_and_not_beyond() {
        let line = |bytes| messages(|config| config.limits.line_bytes_max = bytes);
        assert_eq!(line(64), [""; 0]);
        assert_eq!(line(1 << 20), [""; 0]);
        let expected = "limits.line_bytes_max is 63, allowed: a whole number from 64 to 1048576 (bytes)";
        assert_eq!(line(63), [expected]);
        assert_eq!(line((1 << 20) + 1).len(), 1);
        assert_eq!(messages(|config| config.limits.messages_burst_max = 0).len(), 1);
        assert_eq!(messages(|config| config.limits.messages_per_second_max = 0), [""; 0]);
        assert_eq!(messages(|config| config.limits.timeline_bytes_max = usize::MAX).len(), 1);
    }

    #[test]
    fn an_address_needs_an_ip_and_a_port() {
        assert_eq!(chat_messages(&["0.0.0.0:5555", "[::1]:0", "[::1]:0"]), [""; 0]);
        let wrong = |address: &str| chat_messages(&[address]).concat();
        assert!(wrong("localhost:5555").starts_with(
            "listen.chat[0] is \"localhost:5555\", which begins with a name, allowed: a list of IP addresses"
        ));
        assert!(wrong("10.0.0.1").contains("has no port (\"10.0.0.1:5555\"?)"));
        assert!(wrong("::").contains("has no port (\"[::]:5555\"?)"));
        assert!(wrong("10.0.0.1:99999").contains("whose port is no number from 0 to 65535"));
        assert!(wrong(":5555").contains("which is no address"));
        assert!(wrong("").contains("which has no port"));
        assert!(chat_messages(&[]).concat().contains("nobody could connect"));
    }

    #[test]
    fn an_address_stands_in_the_list_once() {
        let wrong = chat_messages(&["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:1"]);
        assert!(wrong[0].starts_with("listen.chat[2] repeats \"127.0.0.1:1\""), "{wrong:?}");
    }

    #[test]
    fn an_admin_socket_is_absolute_and_fits_the_kernel() {
        let socket = |path: &str| messages(|config| config.admin.socket = path.to_owned()).concat();
        assert_eq!(socket("/run/x.sock"), "");
        assert_eq!(socket(&format!("/{}", "x".repeat(106))), "");
        assert!(socket(&format!("/{}", "x".repeat(107))).contains("has 108 bytes"));
        assert!(socket("x.sock").contains("a relative path"));
        assert!(socket("/x\0").contains("NUL"));
    }

    #[test]
    fn what_this_version_cannot_do_is_refused() {
        let store = messages(|config| config.store.path = "/var/lib/x.db".to_owned());
        let expected =
            "store.path is \"/var/lib/x.db\", allowed: \"\": this version keeps history in memory only";
        assert_eq!(store, [expected]);
        assert_eq!(messages(|config| config.tls.mode = "required".to_owned()).len(), 1);
    }

    #[test]
    fn the_lan_is_private_and_local_addresses() {
        let lan = Allow::Named("lan".to_owned());
        for inside in [
            "127.8.8.8",
            "::1",
            "169.254.3.4",
            "fe80::1",
            "febf::1",
            "10.255.255.255",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "fd12::1",
            "fc00::1",
            "::ffff:192.168.1.1",
        ] {
            assert!(allows(&lan, inside), "{inside}");
        }
        for outside in [
            "8.8.8.8",
            "172.32.0.1",
            "100.64.0.1",
            "192.169.0.1",
            "2001:db8::1",
            "fec0::1",
            "::",
            "::ffff:8.8.8.8",
        ] {
            assert!(!allows(&lan, outside), "{outside}");
            assert!(allows(&Allow::Named("any".to_owned()), outside), "{outside}");
        }
    }

    #[test]
    fn listed_networks_and_single_addresses_are_allowed_and_nothing_else() {
        let listed = list(&["10.1.2.3/16", "192.0.2.7", "2001:db8::/32", "::ffff:198.51.100.0/120"]);
        for inside in ["10.1.255.1", "192.0.2.7", "2001:db8::5", "198.51.100.9", "::ffff:10.1.0.1"] {
            assert!(allows(&listed, inside), "{inside}");
        }
        for outside in ["10.2.0.1", "192.0.2.8", "127.0.0.1", "198.51.101.1"] {
            assert!(!allows(&listed, outside), "{outside}");
        }
    }

    #[test]
    fn what_is_no_network_is_named() {
        let wrong = networks(&list(&["10.0.0.0/8", "10.0.0.0/33", "office"])).unwrap_err();
        assert_eq!(wrong.iter().map(|finding| finding.element).collect::<Vec<_>>(), [Some(1), Some(2)]);
        assert!(wrong[0].message.starts_with("listen.allow[1] is \"10.0.0.0/33\""), "{}", wrong[0].message);
        assert!(networks(&list(&[])).is_err());
        assert!(networks(&Allow::Named("all".to_owned())).is_err());
    }
}
