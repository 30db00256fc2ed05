//! Every command of the administrator's guide, from top to bottom, on a host with a real systemd.

use std::fs;
use std::path::Path;

use lanchat_tests::{Hosts, network, skip_without_root};

/// What an administrator may be told to type in the middle of a sentence.
const PROGRAMS: [&str; 5] = ["journalctl", "lanchatctl", "lanchatd", "ss", "systemctl"];

/// Those that go on until they are interrupted end by themselves here.
const WITHIN: &str = "timeout --preserve-status --signal=INT 3";

/// The commands of the page: a line each in its blocks, and those in its sentences.
fn commands() -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/ADMIN.md");
    let text = fs::read_to_string(page).expect("the guide is there");
    let mut commands = Vec::new();
    for (index, part) in text.split("```").enumerate() {
        match part.strip_prefix("sh\n") {
            Some(block) if index % 2 == 1 => commands.extend(block.lines().map(str::to_owned)),
            _ => commands.extend(spoken(part)),
        }
    }
    commands
}

/// `systemctl` alone is a name, `systemctl status lanchatd` is a command, `lanchatctl invite revoke ID` is how some look.
fn spoken(sentences: &str) -> impl Iterator<Item = String> {
    let spans = sentences.split('`').skip(1).step_by(2);
    let is_command = |span: &&str| {
        let words: Vec<_> = span.split_whitespace().collect();
        let is_pattern = words.iter().any(|word| word.bytes().all(|byte| byte.is_ascii_uppercase()));
        let is_whole = words.len() >= if words.first() == Some(&"systemctl") { 3 } else { 2 };
        is_whole && !is_pattern && PROGRAMS.contains(&words[0])
    };
    spans.filter(is_command).map(|span| format!("{WITHIN} {span}"))
}

#[test]
fn every_command_of_the_guide_does_what_it_says() {
    let hosts = match Hosts::here() {
        Ok(hosts) => hosts,
        Err(why) => return skip_without_root(&format!("the administrator's guide on a host: {why}")),
    };
    let host = hosts.boot_on(&network());
    // What the guide takes for granted: a network, a colleague, and a firewall as Debian's nftables.conf begins.
    host.runs("useradd ana");
    host.runs("nft add table inet filter && nft add chain inet filter input '{ type filter hook input priority 0; }'");
    let commands = commands();
    assert!(commands.len() >= 40, "only {} commands", commands.len());
    let mut bo = None;
    for command in &commands {
        if command.contains(" kick bo ") {
            bo = Some(host.client("localhost", "bo"));
        }
        host.runs(&format!("cd /packages && export DEBIAN_FRONTEND=noninteractive && {command}"));
    }
    assert!(bo.is_some(), "the guide ends somebody's connection");
    host.runs("! ls -d /run/lanchatd /var/lib/lanchatd /etc/lanchatd 2>/dev/null");
}
