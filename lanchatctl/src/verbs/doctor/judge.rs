//! What the facts mean. Nothing is looked at here.

use std::net::{IpAddr, SocketAddr};

use lanchat_protocol::admin::Status;
use serde::Serialize;

use super::facts::{Clock, Disk, Entry, Facts, Port};
use super::firewall::Firewall;
use crate::units;
use crate::verbs::status::attention;

/// Less space than this is trouble, or soon will be; the same in parts of the whole.
const FREE_BYTES_MIN: u64 = 64 << 20;
const FREE_BYTES_FEW: u64 = 1 << 30;
const FREE_PARTS_FEW: u64 = 20;

/// No lanchat was built before: 2025-01-01, in seconds since 1970.
const YEAR_2025_S: i64 = 1_735_689_600;

/// A message may be so much newer than the clock.
const AHEAD_S: i64 = 60;

/// What the daemon needs beside its clients, about.
const OWN_FILES: u64 = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    Ok,
    Warn,
    Fail,
}

impl Verdict {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// One line of what a doctor says.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) verdict: Verdict,
    pub(super) message: String,
    pub(super) remedy: Option<String>,
}

fn ok(check: &'static str, message: impl Into<String>) -> Finding {
    Finding { check, verdict: Verdict::Ok, message: message.into(), remedy: None }
}

fn warn(check: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding { check, verdict: Verdict::Warn, message: message.into(), remedy: Some(remedy.into()) }
}

fn fail(check: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding { verdict: Verdict::Fail, ..warn(check, message, remedy) }
}

pub(super) fn judge(facts: &Facts) -> Vec<Finding> {
    let mut found = vec![daemon(facts)];
    found.extend(facts.config_errors.as_ref().map(config));
    found.push(clock(&facts.clock));
    let Some(status) = &facts.status else { return found };
    found.push(version(status));
    found.extend(listen(status));
    found.extend(facts.ports.iter().map(port));
    found.extend(facts.firewall.as_ref().map(|firewall| filtered(firewall, status)));
    found.extend(facts.files.iter().map(|entry| file(entry, facts.daemon_uid)));
    found.extend(facts.disk.as_ref().map(disk));
    found.extend(limits(status));
    let look = "lanchatctl status, and the log";
    found.extend(attention(status).into_iter().map(|what| warn("attention", what, look)));
    found
}

fn daemon(facts: &Facts) -> Finding {
    match (&facts.status, &facts.unreached) {
        (Some(status), _) => ok("daemon", format!("lanchatd {} runs (pid {})", status.version, status.pid)),
        // What is to be done stands behind the semicolon already.
        (None, why) => fail("daemon", why.clone().unwrap_or_default(), "look at: journalctl -u lanchatd -e"),
    }
}

fn config(checked: &Result<String, String>) -> Finding {
    let remedy = "correct these lines, then: lanchatctl reload, or systemctl start lanchatd";
    match checked {
        Ok(errors) if errors.trim().is_empty() => ok("config", "no errors"),
        Ok(errors) => fail("config", errors.trim(), remedy),
        Err(why) => warn("config", format!("not checked: {why}"), "lanchatd --check-config"),
    }
}

fn clock(clock: &Clock) -> Finding {
    let remedy = "timedatectl set-ntp true, or set it by hand";
    let ahead = clock.newest_s.map_or(0, |newest| newest - clock.now_s);
    if clock.now_s < YEAR_2025_S {
        fail("clock", "it is before 2025 by this machine's clock", remedy)
    } else if ahead > AHEAD_S {
        let ahead = units::duration(ahead.unsigned_abs());
        fail("clock", format!("the newest message was said {ahead} from now: the clock was set back"), remedy)
    } else if clock.is_synchronised == Some(false) {
        warn("clock", "not synchronised yet", remedy)
    } else {
        ok("clock", "plausible")
    }
}

fn version(status: &Status) -> Finding {
    let own = env!("CARGO_PKG_VERSION");
    if status.version == own {
        return ok("version", format!("lanchatd and lanchatctl are {own}"));
    }
    let message = format!("lanchatd is {}, lanchatctl {own}", status.version);
    warn("version", message, "systemctl restart lanchatd after an upgrade, or upgrade both")
}

fn addresses(status: &Status) -> impl Iterator<Item = SocketAddr> {
    status.listen.iter().filter_map(|address| address.parse().ok())
}

fn listen(status: &Status) -> Vec<Finding> {
    let is_open = addresses(status).any(|address| !address.ip().is_loopback());
    if is_open {
        return vec![ok("listen", status.listen.join(", "))];
    }
    let message = format!("{}: nobody but this machine can connect", status.listen.join(", "));
    let remedy = "listen.chat = [\"0.0.0.0:5555\"] in the configuration, then systemctl restart lanchatd";
    vec![warn("listen", message, remedy)]
}

fn port(port: &Port) -> Finding {
    let address = port.address;
    match &port.answer {
        Ok(line) if line.starts_with("* Welcome") => ok("port", format!("{address} answers")),
        Ok(line) if line.is_empty() => {
            fail("port", format!("{address} closes at once"), "look at the log, and at listen.allow")
        }
        Ok(line) => fail(
            "port",
            format!("{address} answers: {line}"),
            "look at listen.allow and limits.connections_max",
        ),
        Err(why) => fail(
            "port",
            format!("{address} does not answer: {why}"),
            "is a firewall in the way? nft list ruleset, ufw status",
        ),
    }
}

fn filtered(firewall: &Firewall, status: &Status) -> Finding {
    const CHECK: &str = "firewall";
    let Some(open) = addresses(status).find(|address| !address.ip().is_loopback()) else {
        return ok(CHECK, "nothing to open: the relay listens on this machine only");
    };
    let port = open.port();
    let from = network(open.ip());
    let ufw = format!("sudo ufw allow from {from} to any port {port} proto tcp");
    if firewall.has_ufw {
        return match &firewall.ufw {
            Some(rules) if rules.lines().any(|rule| allows(rule, port)) => {
                ok(CHECK, format!("ufw lets port {port} in"))
            }
            Some(_) => fail(CHECK, format!("ufw is active and has no rule for port {port}"), ufw),
            None => warn(CHECK, "ufw is active; its rules are root's to read", ufw),
        };
    }
    if firewall.has_firewalld {
        let remedy = format!(
            "sudo firewall-cmd --permanent --add-port={port}/tcp && sudo firewall-cmd --reload, unless it is open"
        );
        return warn(CHECK, "firewalld runs", remedy);
    }
    match &firewall.nft {
        None => warn(CHECK, "the rules of the kernel are root's to read", "sudo lanchatctl doctor"),
        Some(rules) if !drops(rules) || rules.contains(&port.to_string()) => ok(
            CHECK,
            format!("nothing seen that keeps others from port {port}; be sure from another machine"),
        ),
        Some(_) => {
            let remedy =
                format!("sudo nft add rule inet filter input ip saddr {from} tcp dport {port} accept");
            warn(CHECK, format!("nftables drops packets, and names port {port} nowhere"), remedy)
        }
    }
}

fn allows(rule: &str, port: u16) -> bool {
    let place = rule.split_whitespace().next().unwrap_or_default();
    rule.contains("ALLOW") && place.split('/').next() == Some(&port.to_string())
}

fn drops(rules: &str) -> bool {
    rules.contains("hook input") && (rules.contains("drop") || rules.contains("reject"))
}

/// The private network that an address belongs to; all of them where it means any.
fn network(address: IpAddr) -> &'static str {
    match address {
        IpAddr::V4(v4) if v4.octets()[0] == 10 => "10.0.0.0/8",
        IpAddr::V4(v4) if v4.octets()[0] == 172 => "172.16.0.0/12",
        IpAddr::V6(v6) if !v6.is_unspecified() => "fd00::/8",
        IpAddr::V4(_) | IpAddr::V6(_) => "192.168.0.0/16",
    }
}

fn file(entry: &Entry, daemon_uid: Option<u32>) -> Finding {
    const CHECK: &str = "files";
    let (what, path) = (entry.what, entry.path.display());
    let (mode, uid) = match entry.seen {
        Ok(seen) => seen,
        Err(ref why) => {
            return warn(
                CHECK,
                format!("{what} {path} cannot be looked at: {why}"),
                "sudo lanchatctl doctor",
            );
        }
    };
    // A configuration holds no secret, but whoever may write it is administrator.
    let (wrong, remedy) = if what == "configuration" { (0o022, "go-w") } else { (0o007, "o-rwx") };
    if mode & wrong != 0 {
        let message = format!("{what} {path} is open to others (mode {mode:o})");
        return warn(CHECK, message, format!("chmod {remedy} {path}"));
    }
    match daemon_uid {
        Some(daemon) if what != "configuration" && uid != daemon => {
            let message = format!("{what} {path} belongs to uid {uid}, lanchatd runs as uid {daemon}");
            fail(CHECK, message, format!("chown -R {daemon} {path}"))
        }
        _ => ok(CHECK, format!("{what} {path} (mode {mode:o})")),
    }
}

fn disk(disk: &Result<Disk, String>) -> Finding {
    const CHECK: &str = "disk";
    const REMEDY: &str = "make room; lanchatctl purge --before 90d, store.retention_days";
    let disk = match disk {
        Ok(disk) => disk,
        Err(why) => return warn(CHECK, format!("cannot be looked at: {why}"), "sudo lanchatctl doctor"),
    };
    let (free, store) = (units::size(disk.free_bytes), units::size(disk.store_bytes));
    let message = format!("{free} left of {}; the store has {store}", units::size(disk.bytes));
    let few_inodes = disk.inodes.is_some_and(|(free, all)| free < all / 100);
    let no_inodes = disk.inodes.is_some_and(|(free, _)| free < 10);
    let is_small = disk.bytes < FREE_BYTES_FEW * FREE_PARTS_FEW;
    let few = if is_small { disk.bytes / FREE_PARTS_FEW } else { FREE_BYTES_FEW };
    if disk.free_bytes < FREE_BYTES_MIN.min(disk.bytes / 100) || no_inodes {
        fail(CHECK, format!("full, or nearly: {message}"), REMEDY)
    } else if disk.free_bytes < few || few_inodes {
        let why = if few_inodes { "few inodes are left" } else { "little is left" };
        warn(CHECK, format!("{why}: {message}"), REMEDY)
    } else {
        ok(CHECK, message)
    }
}

fn limits(status: &Status) -> Vec<Finding> {
    let mut found = Vec::new();
    let (max, files) = (status.connections_max, status.files_max);
    if files > 0 && max + OWN_FILES > files {
        let message = format!("{files} files may be open, limits.connections_max is {max}");
        found.push(warn(
            "limits",
            message,
            format!("LimitNOFILE={} in the unit, or ulimit -n", max + OWN_FILES),
        ));
    }
    if max > 0 && status.clients >= max - max / 10 {
        let message = format!("{} of {max} connections are taken", status.clients);
        found.push(warn("limits", message, "raise limits.connections_max, then lanchatctl reload"));
    }
    if found.is_empty() {
        found.push(ok("limits", format!("{} clients, room for {max} (0: no limit)", status.clients)));
    }
    found
}

#[cfg(test)]
mod tests;
