//! Every command of the administrator's guide, from top to bottom, on a host with a real systemd.

use std::fs;
use std::path::Path;

use lanchat_tests::{Hosts, skip_without_root};

/// The commands of the page, one a line.
fn commands() -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/ADMIN.md");
    let text = fs::read_to_string(page).expect("the guide is there");
    let blocks = text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.flat_map(str::lines).map(str::to_owned).collect()
}

#[test]
fn every_command_of_the_guide_does_what_it_says() {
    let hosts = match Hosts::here() {
        Ok(hosts) => hosts,
        Err(why) => return skip_without_root(&format!("the administrator's guide on a host: {why}")),
    };
    let host = hosts.boot(&[]);
    // What the guide takes for granted: a colleague, and a firewall as Debian's nftables.conf begins.
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
