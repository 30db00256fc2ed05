//! Firewalls, as far as they can be seen. Their rules are root's to read.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// What filters connections on this machine.
#[derive(Debug, Default)]
pub(super) struct Firewall {
    /// `ufw` is switched on.
    pub(super) has_ufw: bool,
    /// Its rules, where they can be read.
    pub(super) ufw: Option<String>,
    /// `firewalld` runs.
    pub(super) has_firewalld: bool,
    /// The rules of nftables, with those of iptables-nft; `None`: cannot be read.
    pub(super) nft: Option<String>,
}

pub(super) fn look() -> Firewall {
    let is_root = rustix::process::geteuid().is_root();
    let asked = |program: &str, words: &[&str]| if is_root { output(program, words) } else { None };
    let ufw = fs::read_to_string("/etc/ufw/ufw.conf").unwrap_or_default();
    let is_on = ufw.lines().any(|line| line.trim().eq_ignore_ascii_case("ENABLED=yes"));
    Firewall {
        has_ufw: is_on,
        ufw: if is_on { asked("ufw", &["status"]) } else { None },
        has_firewalld: Path::new("/run/firewalld.pid").exists() || Path::new("/run/firewalld").exists(),
        nft: asked("nft", &["list", "ruleset"]),
    }
}

fn output(program: &str, words: &[&str]) -> Option<String> {
    // Where sbin is not in the path, the programs are there all the same.
    let program = ["/usr/sbin/", "/sbin/"].map(|place| format!("{place}{program}"));
    let program = program.into_iter().find(|program| Path::new(program).exists())?;
    let ran = Command::new(program).args(words).env("LC_ALL", "C").stdin(Stdio::null()).output().ok()?;
    ran.status.success().then(|| String::from_utf8_lossy(&ran.stdout).into_owned())
}
