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
    assert_eq!(filtered(&Firewall::default(), &local).verdict, Verdict::Ok);
}

#[test]
fn a_firewall_that_is_in_the_way_is_opened_with_one_command() {
    #[allow(clippy::option_option)]
    let look = |ufw: Option<Option<&str>>, has_firewalld, nft: Option<&str>| {
        let rules = ufw.flatten().map(str::to_owned);
        let nft = nft.map(str::to_owned);
        filtered(&Firewall { has_ufw: ufw.is_some(), ufw: rules, has_firewalld, nft }, &status())
    };
    let closed = look(Some(Some("Status: active\n22/tcp  ALLOW  Anywhere\n")), false, None);
    assert_eq!(closed.verdict, Verdict::Fail);
    let command = "sudo ufw allow from 192.168.0.0/16 to any port 5555 proto tcp";
    assert_eq!(closed.remedy.as_deref(), Some(command));
    assert_eq!(look(Some(Some("5555/tcp  ALLOW  192.168.0.0/16\n")), false, None).verdict, Verdict::Ok);
    assert_eq!(look(Some(Some("55555/tcp  ALLOW  Anywhere\n")), false, None).verdict, Verdict::Fail);
    assert_eq!(look(Some(None), false, None).verdict, Verdict::Warn);
    assert!(look(None, true, None).remedy.unwrap().contains("firewall-cmd --permanent --add-port=5555/tcp"));
    assert_eq!(look(None, false, None).verdict, Verdict::Warn);
    assert_eq!(look(None, false, Some("")).verdict, Verdict::Ok);
    let drop = "chain input { type filter hook input priority 0; policy drop; tcp dport 22 accept }";
    assert_eq!(look(None, false, Some(drop)).verdict, Verdict::Warn);
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
    assert_eq!((open.verdict, open.remedy.as_deref()), (Verdict::Warn, Some("chmod o-rwx /x")));
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
