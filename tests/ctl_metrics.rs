//! What Prometheus finds.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpStream;

use lanchat_tests::{Daemon, Native, Netcat, PATIENCE, Setup, eventually};

const SERVED: &str = "metrics.listen = \"127.0.0.1:0\"\n";

/// Understands the text form as strictly as a scraper, and returns every sample.
fn parsed(text: &str) -> BTreeMap<String, f64> {
    let (mut types, mut helps, mut samples) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
    let mut lines = text.lines();
    assert_eq!(lines.next_back(), Some("# EOF"));
    for line in lines {
        let words: Vec<_> = line.splitn(4, ' ').collect();
        match words[..] {
            ["#", "HELP", name, help] => assert!(helps.insert(name) && !help.is_empty(), "{line}"),
            ["#", "TYPE", name, kind] => assert!(types.insert(name, kind).is_none(), "{line}"),
            ["#", "UNIT", name, unit] => assert!(name.ends_with(&format!("_{unit}")), "{line}"),
            _ => {
                let (name, value) = line.rsplit_once(' ').expect("a sample has a value");
                let family = name.split('{').next().expect("a name");
                assert!(family.starts_with("lanchat_"), "{line}");
                let known = |suffix: &str, kind: &str| {
                    family.strip_suffix(suffix).is_some_and(|family| types.get(family) == Some(&kind))
                };
                assert!(known("_total", "counter") || known("", "gauge") || known("_info", "info"), "{line}");
                let value: f64 = value.parse().expect("a value is a number");
                assert!(samples.insert(name.to_owned(), value).is_none(), "{line}");
            }
        }
    }
    assert_eq!(types.keys().copied().collect::<BTreeSet<_>>(), helps);
    samples
}

fn address(daemon: &Daemon) -> String {
    daemon.status()["metrics"].as_str().expect("metrics are served").to_owned()
}

fn fetch(address: &str, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // Whoever is refused early may not take all of it.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

const GET: &[u8] = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

#[test]
fn the_counters_tell_what_has_happened() {
    let daemon = Daemon::start();
    let mut ana = Netcat::named(&daemon, "ana");
    let mut bob = Native::hello(&daemon, "bob");
    bob.says("hi");
    ana.sees("bob: hi");
    ana.says("/nick bob");
    ana.sees("is taken");
    let samples = parsed(&daemon.ctl(&["metrics"]).exits(0).out);
    let value = |name: &str| *samples.get(name).unwrap_or_else(|| panic!("no {name}: {samples:?}"));
    assert_eq!(value("lanchat_clients"), 2.0);
    assert_eq!(value("lanchat_connections_total"), 2.0);
    assert_eq!(value("lanchat_messages_accepted_total"), 1.0);
    assert_eq!(value("lanchat_deliveries_total"), 1.0);
    assert_eq!(value("lanchat_refusals_total{code=\"nick_taken\"}"), 1.0);
    assert_eq!(value("lanchat_build_info{version=\"0.1.0\"}"), 1.0);
    assert!(value("lanchat_sent_bytes_total") > 50.0);
    assert!(value("lanchat_process_resident_memory_bytes") > 1e6);
    let json = daemon.ctl(&["metrics", "--json"]).exits(0).json();
    assert_eq!(json["schema"], 1);
    parsed(json["text"].as_str().unwrap());
}

#[test]
fn bytes_are_those_that_arrived() {
    let daemon = Daemon::start();
    let mut ana = Netcat::named(&daemon, "ana");
    let mut bob = Netcat::named(&daemon, "bob");
    let sent = |daemon: &Daemon| daemon.status()["bytes_sent"].as_u64().unwrap();
    ana.sees("bob joined");
    let before = sent(&daemon);
    ana.says("0123456789");
    bob.sees("ana: 0123456789");
    // Nothing else is written to anybody: "ana: 0123456789\n".
    eventually("16 bytes", || (sent(&daemon) == before + 16).then_some(()));
}

#[test]
fn prometheus_fetches_them_over_http() {
    let daemon = Daemon::with(SERVED);
    let address = address(&daemon);
    let answer = fetch(&address, GET);
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    assert!(head.contains("application/openmetrics-text; version=1.0.0"), "{head}");
    assert!(parsed(body).contains_key("lanchat_clients"));
    assert!(fetch(&address, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 404"));
    assert!(fetch(&address, b"POST /metrics HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 405"));
    let head = fetch(&address, b"HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"), "{head}");
}

#[test]
fn hostile_peers_harm_nobody() {
    let daemon = Daemon::with(SERVED);
    let address = address(&daemon);
    // As many as are served at once of one address, and none says anything: the next are closed, and these after a while.
    let silent: Vec<_> = (0..4).map(|_| TcpStream::connect(&address).unwrap()).collect();
    assert_eq!(fetch(&address, GET), "");
    drop(silent);
    eventually("a place", || fetch(&address, GET).starts_with("HTTP/1.1 200").then_some(()));
    let endless = [b"GET /metrics HTTP/1.1\r\nX: ".as_slice(), &[b'x'; 100_000]].concat();
    let refused = fetch(&address, &endless);
    assert!(!refused.contains("200 OK"), "{refused}");
    fetch(&address, b"\x16\x03\x01\0\0 not http at all\r\n\r\n");
    assert!(fetch(&address, GET).starts_with("HTTP/1.1 200"));
    assert_eq!(daemon.status()["clients"], 0);
}

#[test]
fn who_may_not_connect_gets_no_metrics_either() {
    let daemon = Daemon::with(&format!("{SERVED}listen.allow = [\"10.99.0.0/16\"]\n"));
    assert_eq!(fetch(&address(&daemon), GET), "");
}

#[test]
fn whoever_says_nothing_is_closed_in_time() {
    let daemon = Daemon::with(SERVED);
    let mut silent = TcpStream::connect(address(&daemon)).unwrap();
    silent.set_read_timeout(Some(2 * PATIENCE)).unwrap();
    assert_eq!(silent.read(&mut [0; 16]).unwrap(), 0);
}

#[test]
fn without_the_key_nothing_is_served_and_a_taken_address_is_named() {
    let daemon = Daemon::start();
    assert!(daemon.status()["metrics"].is_null());
    let taken = Setup::new(&format!("metrics.listen = \"{}\"", daemon.address())).run().exits(1);
    assert!(taken.err.contains("check metrics.listen"), "{}", taken.err);
}
