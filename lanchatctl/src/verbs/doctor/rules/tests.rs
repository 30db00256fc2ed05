use super::*;

fn lan() -> IpNet {
    "10.1.2.0/24".parse().unwrap()
}

/// What a chain with these rules comes to; `policy` and `expr`s as nft writes them.
fn closed(policy: &str, rules: &[&str]) -> bool {
    let mut all = vec![format!(
        r#"{{"chain":{{"family":"inet","table":"t","name":"in","hook":"input","type":"filter","policy":"{policy}"}}}}"#
    )];
    all.extend(
        rules.iter().map(|expr| {
            format!(r#"{{"rule":{{"family":"inet","table":"t","chain":"in","expr":[{expr}]}}}}"#)
        }),
    );
    let json = format!(r#"{{"nftables":[{{"metainfo":{{}}}},{}]}}"#, all.join(","));
    nft_closed(&json, 5555, Some(lan())).unwrap().is_some()
}

const ESTABLISHED: &str = r#"{"match":{"op":"in","left":{"ct":{"key":"state"}},"right":["established","related"]}},{"accept":null}"#;
const INVALID: &str =
    r#"{"match":{"op":"in","left":{"ct":{"key":"state"}},"right":"invalid"}},{"drop":null}"#;
const LOOPBACK: &str =
    r#"{"match":{"op":"==","left":{"meta":{"key":"iifname"}},"right":"lo"}},{"accept":null}"#;
const SSH: &str = r#"{"match":{"op":"==","left":{"payload":{"protocol":"tcp","field":"dport"}},"right":22}},{"accept":null}"#;
const REJECT: &str = r#"{"counter":{"packets":5555,"bytes":5555}},{"reject":null}"#;

#[test]
fn a_chain_that_drops_is_closed_unless_a_rule_before_that_lets_the_port_in() {
    assert!(closed("drop", &[ESTABLISHED, INVALID, LOOPBACK, SSH]));
    assert!(!closed("accept", &[ESTABLISHED, INVALID, LOOPBACK, SSH]));
    assert!(closed("accept", &[SSH, REJECT]));
    let dport = |op: &str, right: &str| {
        format!(
            r#"{{"match":{{"op":"{op}","left":{{"payload":{{"protocol":"tcp","field":"dport"}}}},"right":{right}}}}},{{"accept":null}}"#
        )
    };
    for (op, right) in
        [("==", "5555"), ("==", r#"{"set":[22,5555]}"#), ("==", r#"{"range":[5000,6000]}"#), ("!=", "22")]
    {
        assert!(!closed("drop", &[SSH, &dport(op, right)]), "{op} {right}");
        assert!(closed("drop", &[REJECT, &dport(op, right)]), "behind a reject: {op} {right}");
    }
    assert!(closed("drop", &[&dport("==", "55550")]));
    assert!(closed("drop", &[&dport("!=", "5555")]));
}

#[test]
fn a_rule_for_a_network_counts_where_it_is_the_own_one() {
    let from = |right: &str| {
        format!(
            r#"{{"match":{{"op":"==","left":{{"payload":{{"protocol":"ip","field":"saddr"}}}},"right":{right}}}}},{{"accept":null}}"#
        )
    };
    assert!(!closed("drop", &[&from(r#"{"prefix":{"addr":"10.0.0.0","len":8}}"#)]));
    assert!(!closed("drop", &[&from(r#""10.1.2.7""#)]));
    assert!(closed("drop", &[&from(r#"{"prefix":{"addr":"192.168.0.0","len":16}}"#)]));
}

#[test]
fn chains_that_lead_to_each_other_are_followed_and_end() {
    let base = r#"{"chain":{"family":"ip","table":"t","name":"in","hook":"input","policy":"drop"}}"#;
    let rule = |chain: &str, expr: &str| {
        format!(r#"{{"rule":{{"family":"ip","table":"t","chain":"{chain}","expr":[{expr}]}}}}"#)
    };
    let jump = r#"{"jump":{"target":"more"}}"#;
    let judged = |more: &str| {
        let json = format!(r#"{{"nftables":[{base},{},{}]}}"#, rule("in", jump), rule("more", more));
        nft_closed(&json, 5555, Some(lan())).unwrap()
    };
    assert_eq!(judged(jump), Some(["ip", "t", "in"].map(str::to_owned)));
    assert_eq!(judged(r#"{"accept":null}"#), None);
    let map = r#"{"vmap":{"key":{"payload":{"protocol":"tcp","field":"dport"}},"data":{"set":[[22,{"accept":null}],[5555,{"accept":null}]]}}}"#;
    assert_eq!(judged(map), None);
}

#[test]
fn what_is_no_list_of_rules_is_not_judged() {
    for nonsense in ["", "{}", "[]", "{\"nftables\":1}"] {
        assert!(nft_closed(nonsense, 5555, Some(lan())).is_err(), "{nonsense}");
    }
    assert_eq!(
        nft_closed("{\"nftables\":[{},1,null,{\"chain\":{\"hook\":\"input\"}}]}", 5555, Some(lan())),
        Ok(None)
    );
}

#[test]
fn the_first_rule_of_ufw_that_decides_counts() {
    let status = |default: &str, rules: &str| {
        format!(
            "Status: active\nDefault: {default} (incoming), allow (outgoing)\n\nTo  Action  From\n--  ------  ----\n{rules}"
        )
    };
    let lets_in = |rules: &str| ufw_lets_in(&status("deny", rules), 5555);
    for open in [
        "5555/tcp                   ALLOW IN    192.168.0.0/16",
        "5555                       LIMIT IN    Anywhere",
        "5000:6000/tcp (v6)         ALLOW IN    Anywhere (v6)",
        "22,5555/tcp                ALLOW IN    Anywhere",
        "10.1.2.3 5555/tcp on eth0  ALLOW IN    Anywhere",
        "Anywhere                   ALLOW IN    10.1.2.0/24",
        "5555/tcp                   DENY IN     10.9.9.9\n5555/tcp          ALLOW IN    Anywhere",
        "5555/tcp                   ALLOW IN    10.1.2.0/24                # lanchat",
    ] {
        assert!(lets_in(open), "{open}");
    }
    for closed in [
        "",
        "5555/udp                   ALLOW IN    Anywhere",
        "55555/tcp                  ALLOW IN    Anywhere",
        "5555/tcp                   ALLOW OUT   Anywhere",
        "5555/tcp                   DENY IN     Anywhere\n5555/tcp          ALLOW IN    Anywhere",
    ] {
        assert!(!lets_in(closed), "{closed}");
    }
    assert!(ufw_lets_in(&status("allow", ""), 5555));
}
