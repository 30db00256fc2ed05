//! What rules of a firewall come to for one port. They are read as far as an administrator writes them by hand: what is
//! not understood decides nothing.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;

/// How far chains are followed that lead to each other.
const JUMPS_MAX: usize = 16;

/// Whether `ufw status verbose` lets TCP to a port in.
pub(super) fn ufw_lets_in(status: &str, port: u16) -> bool {
    for rule in status.lines().skip_while(|line| !line.starts_with("--")) {
        let mut columns = rule.split("  ").map(str::trim).filter(|column| !column.is_empty());
        let (Some(to), Some(action), Some(from)) = (columns.next(), columns.next(), columns.next()) else {
            continue;
        };
        if action.ends_with(" OUT") || action.ends_with(" FWD") || !is_for(to, port) {
            continue;
        }
        match action.split(' ').next() {
            Some("ALLOW" | "LIMIT") => return true,
            Some("DENY" | "REJECT") if from.starts_with("Anywhere") => return false,
            _ => {}
        }
    }
    status.lines().any(|line| line.starts_with("Default: allow (incoming)"))
}

/// Whether a destination as ufw writes it has the port: `5555/tcp (v6)`, `10.0.0.1 5000:6000/tcp on eth0`, `Anywhere`.
fn is_for(to: &str, port: u16) -> bool {
    let to = to.split(" on ").next().unwrap_or(to).trim_end_matches(" (v6)");
    if to == "Anywhere" {
        return true;
    }
    let last = to.rsplit(' ').next().unwrap_or(to);
    let (ports, protocol) = last.split_once('/').unwrap_or((last, "tcp"));
    let has = |range: &str| {
        let (first, last) = range.split_once(':').unwrap_or((range, range));
        let bound = |bound: &str| bound.parse::<u16>().ok();
        bound(first).zip(bound(last)).is_some_and(|(first, last)| (first..=last).contains(&port))
    };
    protocol == "tcp" && ports.split(',').any(has)
}

/// The first chain of nftables that lets nobody of a network reach a port: family, table and name. `Err`: they are not
/// understood.
pub(super) fn nft_closed(
    json: &str,
    port: u16,
    network: Option<IpNet>,
) -> Result<Option<[String; 3]>, String> {
    let told: Value = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let all = told["nftables"].as_array().ok_or("it is no list of rules")?;
    let ruleset = Ruleset { all, port, network };
    let bases = all.iter().filter_map(|it| it.get("chain")).filter(|chain| chain["hook"] == "input");
    let closed = bases.into_iter().find(|chain| {
        let is_for_us = match chain["family"].as_str() {
            Some("inet") => true,
            Some("ip") => network.is_none_or(|it| it.addr().is_ipv4()),
            Some("ip6") => network.is_some_and(|it| it.addr().is_ipv6()),
            _ => false,
        };
        let decided = || ruleset.decided(chain, &chain["name"], 0);
        is_for_us && !decided().unwrap_or(chain["policy"] != "drop")
    });
    Ok(closed
        .map(|chain| ["family", "table", "name"].map(|key| chain[key].as_str().unwrap_or("?").to_owned())))
}

struct Ruleset<'a> {
    all: &'a [Value],
    port: u16,
    network: Option<IpNet>,
}

impl Ruleset<'_> {
    /// What the rules of a chain come to, if they come to anything.
    fn decided(&self, base: &Value, name: &Value, jumps: usize) -> Option<bool> {
        if jumps > JUMPS_MAX {
            return None;
        }
        let rules = self.all.iter().filter_map(|it| it.get("rule"));
        let own = |rule: &&Value| {
            rule["family"] == base["family"] && rule["table"] == base["table"] && rule["chain"] == *name
        };
        rules.filter(own).find_map(|rule| self.verdict(base, rule["expr"].as_array()?, jumps))
    }

    fn verdict(&self, base: &Value, parts: &[Value], jumps: usize) -> Option<bool> {
        for part in parts {
            let (what, value) = part.as_object()?.iter().next()?;
            match what.as_str() {
                "match" if !self.concerns_us(value) => return None,
                "accept" => return Some(true),
                "drop" | "reject" => return Some(false),
                "jump" | "goto" => return self.decided(base, &value["target"], jumps + 1),
                "match" | "counter" | "log" | "limit" | "comment" => {}
                "vmap" => return self.mapped(value),
                // Something that is not known here: whoever it concerns, it decides nothing.
                _ => return None,
            }
        }
        None
    }

    /// Whether the first packet of somebody in the network who connects to the port is meant.
    fn concerns_us(&self, value: &Value) -> bool {
        let (left, right) = (&value["left"], &value["right"]);
        let field = (left["payload"]["protocol"].as_str(), left["payload"]["field"].as_str());
        let is_meant = match (field, left["meta"]["key"].as_str()) {
            ((Some("tcp" | "th"), Some("dport")), _) => has_port(right, self.port),
            ((Some("ip" | "ip6"), Some("saddr")), _) => {
                self.network.is_some_and(|network| has_network(right, network))
            }
            (_, Some("l4proto")) | ((Some("ip"), Some("protocol")), _) => {
                has(right, &|it| it == "tcp" || it == 6)
            }
            (_, Some("nfproto")) => self.network.is_none_or(|network| {
                has(right, &|it| it == if network.addr().is_ipv4() { "ipv4" } else { "ipv6" })
            }),
            (_, Some("iif" | "iifname")) => !has(right, &|it| it == "lo"),
            _ if left.get("ct").is_some() => has(right, &|it| it == "new"),
            _ => return false,
        };
        is_meant != (value["op"] == "!=")
    }

    fn mapped(&self, value: &Value) -> Option<bool> {
        let pairs = value["data"]["set"].as_array()?;
        let key = |key: &Value| {
            self.concerns_us(&serde_json::json!({ "op": "==", "left": value["key"], "right": key }))
        };
        let verdict = pairs.iter().find(|pair| key(&pair[0])).map(|pair| &pair[1])?;
        if verdict.get("accept").is_some() {
            return Some(true);
        }
        verdict.get("drop").is_some().then_some(false)
    }
}

/// Whether one value, or one of a set or list, is such.
fn has(right: &Value, is_it: &dyn Fn(&Value) -> bool) -> bool {
    match right.get("set").unwrap_or(right) {
        Value::Array(all) => all.iter().any(|one| has(one, is_it)),
        one => is_it(one),
    }
}

fn has_port(right: &Value, port: u16) -> bool {
    has(right, &|it| match it["range"].as_array().map(Vec::as_slice) {
        Some([first, last]) => first.as_u64() <= Some(port.into()) && last.as_u64() >= Some(port.into()),
        _ => *it == port,
    })
}

fn has_network(right: &Value, network: IpNet) -> bool {
    has(right, &|it| {
        let prefix = it["prefix"]["addr"].as_str().zip(it["prefix"]["len"].as_u64());
        let named = match prefix {
            Some((address, length)) => {
                let length = u8::try_from(length).unwrap_or(u8::MAX);
                address.parse().ok().and_then(|address: IpAddr| IpNet::new(address, length).ok())
            }
            None => it.as_str().and_then(|address| address.parse::<IpAddr>().ok()).map(IpNet::from),
        };
        named.is_some_and(|named| named.contains(&network) || network.contains(&named))
    })
}

#[cfg(test)]
mod tests;
