use super::*;

fn status() -> Status {
    Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        listen: vec!["0.0.0.0:5555".to_owned()],
        connections_max: 100,
        files_max: 1024,
        ..Status::default()
    }
}

fn verdict(finding: &Finding) -> (&'static str, Verdict) {
    (finding.check, finding.verdict)
}

const YEAR_2026_S: i64 = 1_790_000_000;

#[test]
fn a_daemon_that_is_down_fails_and_the_rest_is_not_guessed() {
    let clock = Clock { now_s: YEAR_2026_S, ..Clock::default() };
    let facts = Facts {
        unreached: Some("not running".to_owned()),
        config_errors: Some(Ok("f:1:1: x".to_owned())),
        clock,
        ..Facts::default()
    };
    let found = judge(&facts);
    let verdicts: Vec<_> = found.iter().map(verdict).collect();
    assert_eq!(verdicts, [("daemon", Verdict::Fail), ("config", Verdict::Fail), ("clock", Verdict::Ok)]);
    assert!(found[1].message.contains("f:1:1: x"));
}

#[test]
fn a_clock_that_was_set_back_fails() {
    let at = |now_s, newest_s, is_synchronised| clock(&Clock { now_s, newest_s, is_synchronised }).verdict;
    assert_eq!(at(YEAR_2025_S - 1, None, None), Verdict::Fail);
    assert_eq!(at(YEAR_2026_S, Some(YEAR_2026_S + AHEAD_S), None), Verdict::Ok);
    assert_eq!(at(YEAR_2026_S, Some(YEAR_2026_S + AHEAD_S + 1), None), Verdict::Fail);
    assert_eq!(at(YEAR_2026_S, None, Some(false)), Verdict::Warn);
}

#[test]
fn a_relay_that_nobody_else_reaches_is_worth_a_look() {
    let local = Status { listen: vec!["127.0.0.1:5555".to_owned(), "[::1]:5555".to_owned()], ..status() };
    assert_eq!(listen(&local)[0].verdict, Verdict::Warn);
    assert_eq!(listen(&status())[0].verdict, Verdict::Ok);
    assert_eq!(filtered(&Firewall::default(), &local, &[]).verdict, Verdict::Ok);
}

#[test]
fn a_firewall_that_is_in_the_way_is_opened_with_one_command_for_the_own_network() {
    let networks: Vec<IpNet> = vec!["10.1.2.3/24".parse().unwrap()];
    let read = |rules: &str| Rules::Read(rules.to_owned());
    let look =
        |ufw, has_firewalld, nft| filtered(&Firewall { ufw, has_firewalld, nft }, &status(), &networks);
    let status = "Status: active\nDefault: deny (incoming)\n--\n22/tcp  ALLOW IN  Anywhere\n";
    let closed = look(Some(read(status)), false, Rules::Absent);
    assert_eq!(closed.verdict, Verdict::Fail);
    let command = "sudo ufw allow from 10.1.2.0/24 to any port 5555 proto tcp";
    assert_eq!(closed.remedy.as_deref(), Some(command));
    let open = format!("{status}5555/tcp  ALLOW IN  192.168.0.0/16\n");
    assert_eq!(look(Some(read(&open)), false, Rules::Absent).verdict, Verdict::Ok);
    let unread = Rules::Unread("root's".to_owned());
    assert_eq!(look(Some(unread.clone()), false, Rules::Absent).verdict, Verdict::Warn);
    let firewalld = look(None, true, Rules::Absent);
    assert!(firewalld.remedy.unwrap().contains("firewall-cmd --permanent --add-port=5555/tcp"));
    assert_eq!(look(None, false, unread).verdict, Verdict::Warn);
    assert_eq!(look(None, false, Rules::Absent).verdict, Verdict::Ok);
    assert_eq!(look(None, false, read("nonsense")).verdict, Verdict::Warn);
    let chain = r#"{"nftables":[{"chain":{"family":"inet","table":"fw","name":"in","hook":"input","policy":"drop"}}]}"#;
    let closed = look(None, false, read(chain));
    assert_eq!(closed.verdict, Verdict::Warn);
    let command = "sudo nft insert rule inet fw in ip saddr 10.1.2.0/24 tcp dport 5555 accept; ";
    assert!(closed.remedy.as_deref().is_some_and(|remedy| remedy.starts_with(command)), "{closed:?}");
}

#[test]
fn a_chain_of_iptables_is_opened_with_iptables() {
    let remedy = opening(&["ip", "filter", "INPUT"].map(str::to_owned), "10.1.2.0/24", 5555, false);
    assert!(
        remedy.starts_with("sudo iptables -I INPUT -s 10.1.2.0/24 -p tcp --dport 5555 -j ACCEPT; "),
        "{remedy}"
    );
}

#[test]
fn whoever_may_administrate_is_told_and_may_not_be_everybody() {
    let with = |mode, uid| {
        let group = Some(("lanchat".to_owned(), vec!["ana".to_owned(), "bob".to_owned()]));
        gated(&Gate { path: "/run/x y".into(), seen: Ok((mode, uid, 990)), group }, Some(7))
    };
    let fine = with(0o660, 7);
    assert_eq!(
        (fine.verdict, &*fine.message),
        (Verdict::Ok, "/run/x y is for root and group lanchat: ana, bob (mode 660)")
    );
    assert_eq!(with(0o660, 0).verdict, Verdict::Ok);
    let open = with(0o666, 7);
    assert_eq!((open.verdict, open.remedy.as_deref()), (Verdict::Fail, Some("sudo chmod 660 '/run/x y'")));
    assert_eq!(with(0o600, 7).verdict, Verdict::Warn);
    assert_eq!(with(0o660, 8).verdict, Verdict::Fail);
}

#[test]
fn whoever_may_not_is_told_what_to_do_about_it() {
    let remedy = |outsider| daemon(&Facts { outsider: Some(outsider), ..Facts::default() }).remedy.unwrap();
    assert!(remedy(Outsider::NotYet).contains("newgrp lanchat"));
    assert!(remedy(Outsider::NoMember).contains("sudo usermod -aG lanchat $USER"));
    assert!(remedy(Outsider::NoGroup).contains("sudo lanchatctl doctor"));
}

#[test]
fn another_program_at_the_usual_place_is_told() {
    let at = |answer: Result<&str, &str>| {
        let answer = answer.map(str::to_owned).map_err(str::to_owned);
        squatter(&Port { address: "127.0.0.1:5555".parse().unwrap(), answer })
    };
    assert!(at(Err("timed out")).remedy.unwrap().starts_with("sudo ss -ltnp 'sport = :5555'"));
    assert!(at(Ok("* Welcome to lanchat")).remedy.unwrap().contains("--socket PATH"));
}

#[test]
fn a_port_that_greets_is_open_and_every_other_answer_is_shown() {
    let answered = |answer: Result<&str, &str>| {
        let answer = answer.map(str::to_owned).map_err(str::to_owned);
        port(&Port { address: "127.0.0.1:1".parse().unwrap(), answer })
    };
    assert_eq!(answered(Ok("* Welcome to lanchat, …")).verdict, Verdict::Ok);
    assert_eq!(answered(Ok("")).verdict, Verdict::Fail);
    assert!(answered(Ok("SSH-2.0")).message.contains("SSH-2.0"));
    assert!(answered(Err("Connection refused")).message.contains("refused"));
}

#[test]
fn files_that_others_may_touch_are_named_with_the_command() {
    let entry = |what, mode, uid| Entry { what, path: "/x".into(), seen: Ok((mode, uid)) };
    assert_eq!(file(&entry("store", 0o600, 7), Some(7)).verdict, Verdict::Ok);
    let open = file(&entry("store", 0o644, 7), Some(7));
    assert_eq!((open.verdict, open.remedy.as_deref()), (Verdict::Warn, Some("sudo chmod o-rwx /x")));
    assert_eq!(file(&entry("store", 0o600, 0), Some(7)).verdict, Verdict::Fail);
    assert_eq!(file(&entry("configuration", 0o644, 0), Some(7)).verdict, Verdict::Ok);
    assert_eq!(file(&entry("configuration", 0o666, 0), Some(7)).verdict, Verdict::Warn);
    let unseen = Entry { what: "store", path: "/x".into(), seen: Err("denied".to_owned()) };
    assert_eq!(file(&unseen, None).verdict, Verdict::Warn);
}

#[test]
fn a_disk_is_full_or_nearly_or_fine() {
    let with =
        |free_bytes, bytes, inodes| disk(&Ok(Disk { free_bytes, bytes, inodes, store_bytes: 0 })).verdict;
    let large = 1 << 40;
    assert_eq!(with(FREE_BYTES_FEW, large, None), Verdict::Ok);
    assert_eq!(with(FREE_BYTES_FEW - 1, large, None), Verdict::Warn);
    assert_eq!(with(FREE_BYTES_MIN - 1, large, None), Verdict::Fail);
    assert_eq!(with(0, 4 << 20, None), Verdict::Fail);
    assert_eq!(with(large, large, Some((9, 1_000_000))), Verdict::Fail);
    assert_eq!(with(large, large, Some((9_999, 1_000_000))), Verdict::Warn);
}

#[test]
fn limits_that_do_not_fit_each_other_are_told() {
    assert_eq!(limits(&status())[0].verdict, Verdict::Ok);
    assert_eq!(limits(&Status { files_max: 131, ..status() })[0].verdict, Verdict::Warn);
    assert_eq!(limits(&Status { files_max: 132, ..status() })[0].verdict, Verdict::Ok);
    assert_eq!(limits(&Status { clients: 90, ..status() })[0].verdict, Verdict::Warn);
    assert_eq!(limits(&Status { clients: 89, ..status() })[0].verdict, Verdict::Ok);
    assert_eq!(version(&Status { version: "0.0.1".to_owned(), ..status() }).verdict, Verdict::Warn);
}
