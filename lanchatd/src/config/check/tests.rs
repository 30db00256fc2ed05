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
fn a_store_is_an_absolute_path_or_none() {
    let store = |path: &str| messages(|config| config.store.path = path.to_owned());
    for right in ["", "auto", "/var/lib/x.db"] {
        assert_eq!(store(right), [""; 0]);
    }
    assert!(store("x.db")[0].contains("a relative path"));
    assert!(store("/x\0")[0].contains("NUL"));
}

#[test]
fn what_this_version_cannot_do_is_refused() {
    assert_eq!(messages(|config| config.tls.key = "key.pem".to_owned()).len(), 2);
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
