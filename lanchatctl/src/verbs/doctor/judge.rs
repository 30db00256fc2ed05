//! What the facts mean. Nothing is looked at here.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use ipnet::IpNet;
use lanchat_protocol::admin::Status;
use lanchat_protocol::counted;
use serde::Serialize;

use super::facts::{Clock, Disk, Entry, Facts, Port};
use super::firewall::{Firewall, Rules};
use super::networks::around;
use super::rules::{nft_closed, ufw_lets_in};
use super::users::{Gate, Outsider};
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
    found.extend(facts.squatter.as_ref().map(squatter));
    found.extend(facts.config_errors.as_ref().map(config));
    found.push(clock(&facts.clock));
    let Some(status) = &facts.status else { return found };
    found.push(version(status));
    found.extend(listen(status));
    found.extend(facts.ports.iter().map(port));
    found.extend(facts.firewall.as_ref().map(|firewall| filtered(firewall, status, &facts.networks)));
    found.extend(facts.gate.as_ref().map(|gate| gated(gate, facts.daemon_uid)));
    found.extend(facts.files.iter().map(|entry| file(entry, facts.daemon_uid)));
    found.extend(facts.disk.as_ref().map(disk));
    found.extend(limits(status));
    let look = "lanchatctl status, and the log";
    found.extend(attention(status).into_iter().map(|what| warn("attention", what, look)));
    found
}

fn daemon(facts: &Facts) -> Finding {
    let remedy = match facts.outsider {
        None => "look at: journalctl -u lanchatd -e",
        Some(Outsider::NotYet) => {
            "you are in group lanchat since after you have logged in: log in again, or: newgrp lanchat"
        }
        Some(Outsider::NoMember) => {
            "sudo usermod -aG lanchat $USER, then log in again; or sudo lanchatctl doctor"
        }
        Some(Outsider::NoGroup) => "sudo lanchatctl doctor; there is no group lanchat on this machine",
    };
    match (&facts.status, &facts.unreached) {
        (Some(status), _) => ok("daemon", format!("lanchatd {} runs (pid {})", status.version, status.pid)),
        (None, why) => fail("daemon", why.clone().unwrap_or_default(), remedy),
    }
}

/// Somebody has the daemon's place, or it is one that is reached by another socket.
fn squatter(port: &Port) -> Finding {
    let (address, at) = (port.address, port.address.port());
    let greets = port.answer.as_ref().is_ok_and(|line| line.starts_with("* Welcome"));
    if greets {
        let message = format!("a relay answers on {address}, and not on the admin socket");
        return warn("port", message, "name its socket: lanchatctl --socket PATH (admin.socket)");
    }
    let message = format!("another program listens on {address}");
    let remedy = format!(
        "sudo ss -ltnp 'sport = :{at}' names it; end it, or give lanchatd another port (listen.chat)"
    );
    warn("port", message, remedy)
}

fn config(checked: &Result<String, String>) -> Finding {
    let remedy = "correct these lines, then: lanchatctl reload, or sudo systemctl start lanchatd";
    match checked {
        Ok(errors) if errors.trim().is_empty() => ok("config", "no errors"),
        Ok(errors) => fail("config", errors.trim(), remedy),
        Err(why) => warn("config", format!("not checked: {why}"), "lanchatd --check-config"),
    }
}

fn clock(clock: &Clock) -> Finding {
    let remedy = "sudo timedatectl set-ntp true, or set it by hand";
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
    warn("version", message, "sudo systemctl restart lanchatd after an upgrade, or upgrade both")
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
    let port = addresses(status).next().map_or(5555, |address| address.port());
    let remedy = format!(
        "listen.chat = [\"0.0.0.0:{port}\"] in the configuration, then sudo systemctl restart lanchatd"
    );
    vec![warn("listen", message, remedy)]
}

fn port(port: &Port) -> Finding {
    let address = port.address;
    match &port.answer {
        Ok(line) if line.starts_with("* Welcome") => ok("port", format!("{address} answers")),
        Ok(line) if line.starts_with("* this relay takes encrypted connections only") => {
            ok("port", format!("{address} answers, and takes encrypted connections only"))
        }
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
            "is a firewall in the way? sudo nft list ruleset, sudo ufw status",
        ),
    }
}

fn filtered(firewall: &Firewall, status: &Status, networks: &[IpNet]) -> Finding {
    const CHECK: &str = "firewall";
    let Some(open) = addresses(status).find(|address| !address.ip().is_loopback()) else {
        return ok(CHECK, "nothing to open: the relay listens on this machine only");
    };
    let port = open.port();
    let network = around(networks, open.ip());
    let from = network.map_or_else(|| usual(open.ip()).to_owned(), |network| network.to_string());
    let ufw = format!("sudo ufw allow from {from} to any port {port} proto tcp");
    match &firewall.ufw {
        Some(Rules::Read(rules)) if ufw_lets_in(rules, port) => {
            return ok(CHECK, format!("ufw lets port {port} in"));
        }
        Some(Rules::Read(_)) => {
            return fail(CHECK, format!("ufw is active and has no rule for port {port}"), ufw);
        }
        Some(Rules::Unread(why)) => {
            return warn(
                CHECK,
                format!("ufw is active, its rules cannot be read: {why}"),
                ufw + ", unless it is open",
            );
        }
        Some(Rules::Absent) | None => {}
    }
    if firewall.has_firewalld {
        let remedy = format!(
            "sudo firewall-cmd --permanent --add-port={port}/tcp && sudo firewall-cmd --reload, unless it is open"
        );
        return warn(CHECK, "firewalld runs", remedy);
    }
    let nothing_seen =
        format!("nothing seen that keeps others from port {port}; be sure from another machine");
    let closed = match &firewall.nft {
        Rules::Absent => Ok(None),
        Rules::Unread(why) => Err(why.clone()),
        Rules::Read(rules) => nft_closed(rules, port, network),
    };
    match closed {
        Ok(None) => ok(CHECK, nothing_seen),
        Err(why) => {
            warn(CHECK, format!("the rules of nftables cannot be read: {why}"), "sudo lanchatctl doctor")
        }
        Ok(Some(chain)) => {
            let remedy = opening(&chain, &from, port, network.is_some_and(|it| it.addr().is_ipv6()));
            let chain = chain.join(" ");
            let message = format!(
                "nftables lets nobody in {from} reach port {port}, as far as its rules are understood (chain {chain})"
            );
            warn(CHECK, message, remedy)
        }
    }
}

/// What lets a network in, before anything else of a chain is asked.
fn opening([family, table, chain]: &[String; 3], from: &str, port: u16, is_v6: bool) -> String {
    let last = "or it is gone with the next start";
    // What iptables has made is not to be touched by others.
    let program = match (family.as_str(), table.as_str(), chain.as_str()) {
        ("ip", "filter", "INPUT") => "iptables",
        ("ip6", "filter", "INPUT") => "ip6tables",
        _ => {
            let ip = if is_v6 { "ip6" } else { "ip" };
            let rule = format!("{ip} saddr {from} tcp dport {port} accept");
            return format!(
                "sudo nft insert rule {family} {table} {chain} {rule}; and the same rule in /etc/nftables.conf, {last}"
            );
        }
    };
    format!(
        "sudo {program} -I INPUT -s {from} -p tcp --dport {port} -j ACCEPT; and where {program}'s rules are kept, {last}"
    )
}

/// A private network, where nothing is known of the own one.
fn usual(address: IpAddr) -> &'static str {
    match address {
        IpAddr::V6(v6) if !v6.is_unspecified() => "fd00::/8",
        IpAddr::V4(_) | IpAddr::V6(_) => "192.168.0.0/16",
    }
}

/// A path that a shell takes for one word.
fn word(path: &Path) -> String {
    let path = path.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@".contains(c);
    if path.chars().all(is_plain) { path } else { format!("'{}'", path.replace('\'', "'\\''")) }
}

/// Whoever may write to the admin socket is administrator.
fn gated(gate: &Gate, daemon_uid: Option<u32>) -> Finding {
    const CHECK: &str = "socket";
    let (path, word) = (gate.path.display(), word(&gate.path));
    let (mode, uid, gid) = match gate.seen {
        Ok(seen) => seen,
        Err(ref why) => {
            return warn(CHECK, format!("{path} cannot be looked at: {why}"), "sudo lanchatctl doctor");
        }
    };
    let group = gate.group.as_ref().map_or_else(|| gid.to_string(), |(name, _)| name.clone());
    if mode & 0o002 != 0 {
        let message = format!("{path}: everybody on this machine may administrate (mode {mode:o})");
        return fail(CHECK, message, format!("sudo chmod 660 {word}"));
    }
    // One that was passed by the service manager is root's.
    if uid != 0 && daemon_uid.is_some_and(|daemon| daemon != uid) {
        let message = format!("{path} belongs to uid {uid}, who is not who lanchatd runs as");
        return fail(CHECK, message, "sudo systemctl restart lanchatd");
    }
    if mode & 0o060 != 0o060 {
        let message = format!("{path}: group {group} may not administrate (mode {mode:o})");
        return warn(CHECK, message, format!("sudo chmod 660 {word}"));
    }
    let members = gate.group.as_ref().map(|(_, members)| members.join(", ")).filter(|all| !all.is_empty());
    let members = members.map(|all| format!(": {all}")).unwrap_or_default();
    ok(CHECK, format!("{path} is for root and group {group}{members} (mode {mode:o})"))
}

fn file(entry: &Entry, daemon_uid: Option<u32>) -> Finding {
    const CHECK: &str = "files";
    let (what, path, word) = (entry.what, entry.path.display(), word(&entry.path));
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
        return warn(CHECK, message, format!("sudo chmod {remedy} {word}"));
    }
    match daemon_uid {
        Some(daemon) if what != "configuration" && uid != daemon => {
            let message = format!("{what} {path} belongs to uid {uid}, lanchatd runs as uid {daemon}");
            fail(CHECK, message, format!("sudo chown -R {daemon} {word}"))
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
        let message = format!("{} may be open, limits.connections_max is {max}", counted(files, "file"));
        found.push(warn(
            "limits",
            message,
            format!("LimitNOFILE={} in the unit, or ulimit -n", max + OWN_FILES),
        ));
    }
    if max > 0 && status.clients >= max - max / 10 {
        let message = format!("{} of {} taken", status.clients, counted(max, "connection"));
        found.push(warn("limits", message, "raise limits.connections_max, then lanchatctl reload"));
    }
    if found.is_empty() {
        found.push(ok(
            "limits",
            format!("{}, room for {max} (0: no limit)", counted(status.clients, "client")),
        ));
    }
    found
}

#[cfg(test)]
mod tests;
