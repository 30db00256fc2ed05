//! What values may be: every range and every form, with words for those who got one wrong.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use super::networks::networks;
use super::{Allow, Config, Mode, Tls};
use crate::tls::{Credentials, Fault, Part};

/// The longest path of a Unix socket, in bytes (`sun_path` of unix(7), without its NUL).
const SOCKET_PATH_BYTES_MAX: usize = 107;

/// The bounds of one number.
struct Range {
    key: &'static str,
    value: fn(&Config) -> u64,
    min: u64,
    max: u64,
    unit: &'static str,
}

const fn range(
    key: &'static str,
    value: fn(&Config) -> u64,
    bounds: (u64, u64),
    unit: &'static str,
) -> Range {
    Range { key, value, min: bounds.0, max: bounds.1, unit }
}

/// Every number that can be set. Where the unit says so, 0 lifts the limit.
const RANGES: &[Range] = &[
    range("limits.line_bytes_max", |c| c.limits.line_bytes_max as u64, (64, 1 << 20), "bytes"),
    range("limits.connections_max", |c| c.limits.connections_max as u64, (0, 1_000_000), "0: no limit"),
    range(
        "limits.connections_per_address_max",
        |c| c.limits.connections_per_address_max as u64,
        (0, 1_000_000),
        "0: no limit",
    ),
    range(
        "limits.connects_per_second_per_address_max",
        |c| c.limits.connects_per_second_per_address_max.into(),
        (0, 1_000_000),
        "0: no limit",
    ),
    range(
        "limits.connects_burst_per_address_max",
        |c| c.limits.connects_burst_per_address_max.into(),
        (1, 1_000_000),
        "connections",
    ),
    range(
        "limits.messages_per_second_max",
        |c| c.limits.messages_per_second_max.into(),
        (0, 1_000_000),
        "0: no limit",
    ),
    range("limits.messages_burst_max", |c| c.limits.messages_burst_max.into(), (1, 1_000_000), "messages"),
    range(
        "limits.account_messages_per_second_max",
        |c| c.limits.account_messages_per_second_max.into(),
        (0, 1_000_000),
        "0: no limit",
    ),
    range(
        "limits.account_messages_burst_max",
        |c| c.limits.account_messages_burst_max.into(),
        (1, 1_000_000),
        "messages",
    ),
    range(
        "limits.address_messages_per_second_max",
        |c| c.limits.address_messages_per_second_max.into(),
        (0, 1_000_000),
        "0: no limit",
    ),
    range(
        "limits.address_messages_burst_max",
        |c| c.limits.address_messages_burst_max.into(),
        (1, 1_000_000),
        "messages",
    ),
    range("limits.login_grace_ms", |c| c.limits.login_grace_ms, (100, 600_000), "milliseconds"),
    range("limits.write_deadline_ms", |c| c.limits.write_deadline_ms, (100, 3_600_000), "milliseconds"),
    range("limits.text_quiet_ms", |c| c.limits.text_quiet_ms, (10, 10_000), "milliseconds"),
    range("limits.greeting_delay_ms", |c| c.limits.greeting_delay_ms, (10, 10_000), "milliseconds"),
    range("limits.handshake_ms", |c| c.limits.handshake_ms, (100, 600_000), "milliseconds"),
    range("limits.rest_ms_max", |c| c.limits.rest_ms_max, (0, 100), "milliseconds; 0: no rest"),
    range("limits.stop_grace_ms", |c| c.limits.stop_grace_ms, (0, 60_000), "milliseconds"),
    range("limits.timeline_bytes_max", |c| c.limits.timeline_bytes_max as u64, (65_536, 1 << 32), "bytes"),
    range("limits.timeline_events_max", |c| c.limits.timeline_events_max as u64, (100, 10_000_000), "events"),
    range("limits.timelines_bytes_max", |c| c.limits.timelines_bytes_max as u64, (1 << 20, 1 << 40), "bytes"),
    range("limits.rooms_max", |c| c.limits.rooms_max as u64, (1, 100_000), "rooms"),
    range(
        "limits.rooms_opened_per_hour_max",
        |c| c.limits.rooms_opened_per_hour_max.into(),
        (0, 1_000_000),
        "0: no limit",
    ),
    range("limits.rooms_joined_max", |c| c.limits.rooms_joined_max as u64, (1, 1_000), "rooms"),
    range("limits.ignored_max", |c| c.limits.ignored_max as u64, (1, 10_000), "people"),
    range("limits.people_max", |c| c.limits.people_max as u64, (1, 1_000_000), "people"),
    range("limits.accounts_max", |c| c.limits.accounts_max as u64, (1, 1_000_000), "accounts"),
    range("limits.bans_max", |c| c.limits.bans_max as u64, (1, 10_000), "bans"),
    range("limits.mutes_max", |c| c.limits.mutes_max as u64, (1, 10_000), "people"),
    range("limits.room_people_max", |c| c.limits.room_people_max as u64, (1, 10_000), "people"),
    range("limits.backlog_messages", |c| c.limits.backlog_messages as u64, (0, 200), "messages"),
    range("store.retention_days", |c| c.store.retention_days, (0, 100_000), "days; 0: for ever"),
    range("store.retention_messages", |c| c.store.retention_messages, (0, 1_000_000_000), "messages; 0: all"),
];

/// The form of every key that is no number in a range.
const FORMS: &[(&str, &str)] = &[
    ("listen.chat", r#"a list of IP addresses with ports, such as ["0.0.0.0:5555", "[::]:5555"]"#),
    ("listen.allow", r#""lan", "any", or a list of networks such as ["10.1.0.0/16", "fd00::/8"]"#),
    ("admin.socket", r#""" or an absolute path of at most 107 bytes"#),
    ("limits.connections_per_address_on_loopback", "true or false"),
    ("io.backend", r#""auto", "epoll" or "io_uring""#),
    ("log.level", r#""error", "warn", "info", "debug" or "trace""#),
    ("log.target", r#""auto", "journald" or "stderr""#),
    ("log.messages", "true or false"),
    ("metrics.listen", r#""" or an IP address with a port, such as "127.0.0.1:9464""#),
    ("store.path", r#""auto", an absolute path, or "" to keep nothing"#),
    ("store.durability", r#""commit" or "relaxed""#),
    ("accounts.who", r#""open", "registered" or "invited""#),
    ("accounts.plain_passwords", "true or false"),
    ("tls.mode", r#""off", "optional" or "required""#),
    ("tls.certificate", r#""" or the absolute path of a certificate in PEM, with tls.key"#),
    ("tls.key", r#""" or the absolute path of the certificate's key in PEM, with tls.certificate"#),
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
    let mut findings = ranges(config);
    findings.extend(chat(&config.listen.chat));
    findings.extend(networks(&config.listen.allow).err().into_iter().flatten());
    findings.extend(socket(&config.admin.socket));
    findings.extend(metrics(&config.metrics.listen));
    findings.extend(store(&config.store.path));
    findings.extend(tls(&config.tls));
    findings
}

/// What is not allowed of the strings in a list that is nothing else than strings: `None` for the others.
pub(super) fn elements(key: &str, written: &[Option<&str>]) -> Vec<Finding> {
    // In place of what is no string, something that is always right.
    let filled =
        |right: &str| written.iter().map(|text| text.unwrap_or(right).to_owned()).collect::<Vec<_>>();
    match key {
        "listen.chat" => chat(&filled("127.0.0.1:0")),
        "listen.allow" => networks(&Allow::Networks(filled("127.0.0.1"))).err().unwrap_or_default(),
        _ => Vec::new(),
    }
}

pub(super) fn finding(key: &'static str, element: Option<usize>, what: &str) -> Finding {
    let at = element.map(|element| format!("[{element}]")).unwrap_or_default();
    Finding { key, element, message: format!("{key}{at} {what}, allowed: {}", allowed(key)) }
}

fn ranges(config: &Config) -> Vec<Finding> {
    let outside = |range: &&Range| !(range.min..=range.max).contains(&(range.value)(config));
    let describe = |range: &Range| finding(range.key, None, &format!("is {}", (range.value)(config)));
    RANGES.iter().filter(outside).map(describe).collect()
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

fn metrics(address: &str) -> Option<Finding> {
    let is_fine = address.is_empty() || address.parse::<SocketAddr>().is_ok();
    (!is_fine).then(|| finding("metrics.listen", None, &no_address(address)))
}

fn store(path: &str) -> Option<Finding> {
    let wrong = |what: &str| Some(finding("store.path", None, what));
    match path {
        "" | "auto" => None,
        _ if !path.starts_with('/') => wrong(&format!("is {}, a relative path", quoted(path))),
        _ if path.contains('\0') => wrong("has a NUL character"),
        _ => None,
    }
}

/// Both files or neither, and files that fit each other: what is in them is looked at where it is used.
fn tls(written: &Tls) -> Vec<Finding> {
    let files = [("tls.certificate", &written.certificate), ("tls.key", &written.key)];
    let wrong = |(key, path): (&'static str, &String), other: &String| match path.as_str() {
        "" if !other.is_empty() => Some(finding(key, None, "is \"\"")),
        "" => None,
        _ if !path.starts_with('/') => {
            Some(finding(key, None, &format!("is {}, a relative path", quoted(path))))
        }
        _ if path.contains('\0') => Some(finding(key, None, "has a NUL character")),
        _ => None,
    };
    let [certificate, key] = files;
    let found: Vec<_> = wrong(certificate, key.1).into_iter().chain(wrong(key, certificate.1)).collect();
    if !found.is_empty() || written.certificate.is_empty() || written.mode == Mode::Off {
        return found;
    }
    let faults = Credentials::read(Path::new(&written.certificate), Path::new(&written.key)).err();
    let tell = |fault: Fault| {
        let (key, path) = match fault.part {
            Part::Certificate => certificate,
            Part::Key => key,
        };
        finding(key, None, &format!("is {}, {}", quoted(path), fault.what))
    };
    faults.into_iter().flatten().map(tell).collect()
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

/// A string as it stands in the file, cut where it would fill the screen.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN_CHARS_MAX: usize = 80;
    let cut = text.char_indices().nth(SHOWN_CHARS_MAX).map(|(end, _)| format!("{}…", &text[..end]));
    format!("{:?}", cut.as_deref().unwrap_or(text))
}

#[cfg(test)]
mod tests;
