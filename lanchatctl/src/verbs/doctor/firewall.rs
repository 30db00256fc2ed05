//! Firewalls, as far as they can be seen. Their rules are root's to read.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::command;

/// What filters connections on this machine.
#[derive(Debug, Default)]
pub(super) struct Firewall {
    /// The rules of `ufw`, where it is switched on.
    pub(super) ufw: Option<Rules>,
    /// `firewalld` runs.
    pub(super) has_firewalld: bool,
    /// The rules of nftables, with those of iptables-nft.
    pub(super) nft: Rules,
}

/// What a program says of its rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Rules {
    /// It is not installed.
    #[default]
    Absent,
    /// They cannot be read: why.
    Unread(String),
    /// This.
    Read(String),
}

pub(super) fn look() -> Firewall {
    let ufw = fs::read_to_string("/etc/ufw/ufw.conf").unwrap_or_default();
    let is_on = ufw.lines().any(|line| line.trim().eq_ignore_ascii_case("ENABLED=yes"));
    let ufw = if is_on { rules("ufw", &["status", "verbose"]) } else { Rules::Absent };
    let is_active = !matches!(&ufw, Rules::Read(told) if told.starts_with("Status: inactive"));
    Firewall {
        ufw: Some(ufw).filter(|ufw| *ufw != Rules::Absent && is_active),
        has_firewalld: Path::new("/run/firewalld.pid").exists() || Path::new("/run/firewalld").exists(),
        // Sets may have a million elements; those without a name are told all the same.
        nft: rules("nft", &["--json", "--terse", "list", "ruleset"]),
    }
}

fn rules(program: &str, words: &[&str]) -> Rules {
    let Some(path) = found(program) else { return Rules::Absent };
    if !rustix::process::geteuid().is_root() {
        return Rules::Unread("they are root's to read".to_owned());
    }
    match command::run(Command::new(path).args(words)) {
        Ok(ran) if ran.is_success => Rules::Read(ran.out),
        Ok(ran) => Rules::Unread(ran.err.trim().lines().next().unwrap_or("it fails").to_owned()),
        Err(why) => Rules::Unread(why),
    }
}

/// Where sbin is not in the path, the programs are there all the same.
fn found(program: &str) -> Option<PathBuf> {
    let places = ["/usr/sbin", "/sbin"].map(|place| Path::new(place).join(program));
    places.into_iter().find(|path| path.exists())
}
