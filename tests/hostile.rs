//! Strangers, broken programs and bad input: each gets a clear answer, and harms nobody.

use lanchat_tests::{Daemon, Native, Netcat, Stranger, json};

/// Somebody well-behaved who would notice harm.
struct Witness {
    alice: Netcat,
    bob: Netcat,
}

impl Witness {
    fn of(daemon: &Daemon) -> Self {
        Self { alice: Netcat::named(daemon, "alice"), bob: Netcat::named(daemon, "bob") }
    }

    /// Whatever happened before, the two still hear each other; what bob has heard is returned.
    #[track_caller]
    fn is_unharmed(&mut self) -> Vec<String> {
        self.alice.says("still fine");
        self.bob.sees("alice: still fine");
        self.bob.lines()
    }
}

#[test]
fn an_over_long_line_is_refused_with_the_limit_and_its_tail_is_no_command() {
    let daemon = Daemon::start();
    let mut witness = Witness::of(&daemon);
    let mut long = Netcat::connect(&daemon);
    long.sends(&[b'x'; 4096]);
    long.says("");
    witness.bob.sees("xxxx");
    long.sends(&[b'y'; 4097]);
    long.sees("longer than 4096 bytes");
    long.says("/quit");
    long.says("after");
    witness.bob.sees("after");
    assert!(!witness.is_unharmed().iter().any(|line| line.contains("yyy") || line.contains("left")));
    let mut native = Native::hello(&daemon, "eva");
    native.sends_line(&format!("{{\"type\":\"say\",\"text\":\"{}\"}}", "z".repeat(5000)));
    native.is_refused("line_too_long");
    native.says("still connected");
}

#[test]
fn what_is_not_utf8_is_replaced_and_the_sender_told_once() {
    let daemon = Daemon::start();
    let mut witness = Witness::of(&daemon);
    let mut latin = Netcat::connect(&daemon);
    latin.sends(b"caf\xe9\nna\xefve\n");
    witness.bob.sees("caf\u{fffd}");
    witness.bob.sees("na\u{fffd}ve");
    latin.sees("not UTF-8");
    latin.says("/who");
    latin.sees("in #lobby");
    assert_eq!(latin.lines().iter().filter(|line| line.contains("not UTF-8")).count(), 1);
    let mut native = Native::hello(&daemon, "eva");
    native.sends_line("\u{0}{\"type\"");
    native.is_refused("bad_json");
    witness.is_unharmed();
}

#[test]
fn nuls_and_terminal_orders_reach_nobody() {
    let daemon = Daemon::start();
    let mut witness = Witness::of(&daemon);
    let mut rude = Netcat::connect(&daemon);
    rude.sends(b"a\0b\x1b[2J\x1b]0;owned\x07\xc2\x9bc\xe2\x80\xaed\n");
    let line = witness.bob.sees("guest");
    assert_eq!(line, format!("{}: ab[2J]0;ownedcd", rude.nick()));
    let mut native = Native::hello(&daemon, "eva");
    native.says("x\u{1b}[31m\ny");
    witness.bob.sees("eva: x[31m");
    witness.bob.sees("eva: y");
    native.sends(&json!({ "type": "nick", "id": "1", "nick": "ev\u{1b}il" }));
    native.is_refused("bad_nick");
}

#[test]
fn broken_requests_are_explained_and_the_connection_stays() {
    let daemon = Daemon::with("limits.line_bytes_max = 1000000");
    let mut witness = Witness::of(&daemon);
    let mut eva = Native::hello(&daemon, "eva");
    for (line, code) in [
        ("[".repeat(100_000), "bad_json"),
        (format!("{{\"type\":{}", "{\"a\":".repeat(100_000)), "bad_json"),
        ("{\"type\":\"frobnicate\"}".to_owned(), "unknown_type"),
        ("{\"type\":\"say\"}".to_owned(), "bad_request"),
        ("{}".to_owned(), "bad_request"),
        ("{\"type\":\"say\",\"text\":\"x\",\"room\":\"nowhere\"}".to_owned(), "no_such_room"),
        ("{\"type\":\"say\",\"text\":\"\\u001b\"}".to_owned(), "empty_text"),
        ("{\"type\":\"hello\",\"version\":1}".to_owned(), "already_welcome"),
    ] {
        eva.sends_line(&line);
        let error = eva.is_refused(code);
        assert!(!error["message"].as_str().unwrap().is_empty(), "{error}");
    }
    eva.says("still connected");
    witness.bob.sees("eva: still connected");
    witness.is_unharmed();
}

#[test]
fn a_hello_with_an_unknown_version_or_a_taken_nick_may_be_said_again() {
    let daemon = Daemon::start();
    let _alice = Netcat::named(&daemon, "alice");
    let mut native = Native::connect(&daemon);
    native.sends(&json!({ "type": "hello", "version": 99, "nick": "eva" }));
    native.is_refused("unsupported_version");
    native.sends(&json!({ "type": "hello", "version": 1, "nick": "ALICE" }));
    native.is_refused("nick_taken");
    native.sends(&json!({ "type": "hello", "version": 1, "nick": "eva" }));
    assert_eq!(native.event("welcome")["nick"], "eva");
}

#[test]
fn an_http_request_gets_400_and_nothing_is_relayed() {
    let daemon = Daemon::start();
    let mut witness = Witness::of(&daemon);
    let mut browser = Stranger::connect(&daemon);
    browser.sends(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n/nick bob");
    let answer = browser.is_closed();
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
    daemon.log_contains("an HTTP request");
    assert!(!witness.is_unharmed().iter().any(|line| line.contains("Host") || line.contains("POST")));
    let mut friend = Netcat::connect(&daemon);
    friend.says("GET well soon");
    witness.bob.sees("GET well soon");
}

#[test]
fn an_http_request_in_pieces_or_of_any_size_is_not_relayed_either() {
    let daemon = Daemon::with("limits.login_grace_ms = 500");
    let mut witness = Witness::of(&daemon);
    let mut pieces = Stranger::connect(&daemon);
    pieces.sends(b"POST /upload HT");
    let mut long = Stranger::connect(&daemon);
    long.sends(format!("GET /{}", "x".repeat(5_000)).as_bytes());
    long.sends(format!("{} HTTP/1.1\r\nCookie: session=SECRET\r\n\r\n", "x".repeat(5_000)).as_bytes());
    let mut other = Stranger::connect(&daemon);
    other.sends(b"\r\nPROPFIND / HTTP/1.1\r\nCookie: session=SECRET\r\n\r\n");
    // The pieces stay half a request until the login grace has passed.
    for stranger in [&mut pieces, &mut long, &mut other] {
        assert!(stranger.is_closed().contains("HTTP/1.1 400"));
    }
    for line in witness.is_unharmed() {
        assert!(!line.contains("SECRET") && !line.contains("POST") && !line.contains("xxx"), "{line}");
    }
}

#[test]
fn a_tls_hello_is_closed_with_a_logged_reason_where_tls_is_off() {
    let daemon = Daemon::with("tls.mode = \"off\"");
    let mut witness = Witness::of(&daemon);
    let mut tls = Stranger::connect(&daemon);
    tls.sends(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
    assert_eq!(tls.is_closed(), "");
    let line = daemon.log_contains("TLS is not spoken here");
    assert!(line.contains(" INFO client 3 at "), "{line}");
    witness.is_unharmed();
}

#[test]
fn a_peer_outside_the_allowed_networks_is_told_and_closed() {
    let daemon = Daemon::with("listen.allow = [\"192.0.2.0/24\"]");
    let mut outsider = Stranger::connect(&daemon);
    let told = outsider.is_closed();
    assert!(told.starts_with("* ") && told.contains("own network"), "{told}");
    daemon.log_contains(" refused: ");
    assert_eq!(daemon.status()["refusals"], 1);
    assert_eq!(daemon.status()["clients"], 0);
}

#[test]
fn a_full_relay_says_so_and_takes_the_next_one_when_there_is_room() {
    let daemon = Daemon::with("limits.connections_max = 2");
    let witness = Witness::of(&daemon);
    let told = Stranger::connect(&daemon).is_closed();
    assert!(told.contains("full (2 connections)"), "{told}");
    drop(witness);
    daemon.log_has_end_of(2);
    daemon.log_has_end_of(1);
    Netcat::connect(&daemon);
}

#[test]
fn connections_from_one_address_are_limited_where_asked() {
    let daemon = Daemon::with(
        "limits.connections_per_address_max = 1\nlimits.connections_per_address_on_loopback = true",
    );
    let _first = Netcat::connect(&daemon);
    let told = Stranger::connect(&daemon).is_closed();
    assert!(told.contains("there is 1 connection from your address"), "{told}");
}

#[test]
fn a_native_client_that_says_nothing_more_is_closed_after_the_login_grace() {
    let daemon = Daemon::with("limits.login_grace_ms = 200");
    let mut half = Stranger::connect(&daemon);
    half.sends(b"{");
    let told = half.is_closed();
    assert!(told.contains("\"login_timeout\""), "{told}");
    daemon.log_contains("no hello within the login grace");
    let mut silent = Netcat::connect(&daemon);
    silent.says("/who");
    silent.sees("in #lobby");
}

#[test]
fn half_open_and_reset_connections_harm_nobody() {
    let daemon = Daemon::start();
    let mut witness = Witness::of(&daemon);
    for number in 0..50 {
        let mut stranger = Stranger::connect(&daemon);
        if number % 3 > 0 {
            stranger.sends(b"half a li");
        }
        if number % 2 == 0 {
            stranger.resets();
        } else {
            stranger.ends_input();
        }
    }
    for number in 3..=52 {
        daemon.log_has_end_of(number);
    }
    witness.is_unharmed();
    assert_eq!(daemon.status()["clients"], 2);
}

#[test]
fn too_fast_is_refused_with_the_wait() {
    let daemon = Daemon::with("limits.messages_per_second_max = 1\nlimits.messages_burst_max = 3");
    let mut eva = Native::hello(&daemon, "eva");
    for _ in 0..3 {
        eva.says("x");
    }
    let refused = eva.request(json!({ "type": "say", "text": "x" }));
    assert_eq!(refused["code"], "rate_limited", "{refused}");
    let wait = refused["retry_after_ms"].as_u64().unwrap();
    assert!((1..=1000).contains(&wait), "{refused}");
    let mut alice = Netcat::connect(&daemon);
    for _ in 0..4 {
        alice.says("x");
    }
    assert!(alice.sees("too fast").contains("wait "));
}

#[test]
fn who_asks_for_more_than_it_reads_costs_little() {
    let daemon = Daemon::with("limits.messages_per_second_max = 0");
    let crowd: Vec<_> =
        (0..100).map(|number| Native::hello(&daemon, &format!("{}{number}", "🦀".repeat(25)))).collect();
    let before = daemon.memory_kib();
    let mut greedy: Vec<_> = (0..20).map(|_| Stranger::connect(&daemon)).collect();
    for stranger in &mut greedy {
        stranger.sends(&b"/who\n".repeat(2_000));
    }
    greedy[19].sees(" dropped: read what you are sent");
    let grown = daemon.memory_kib().saturating_sub(before);
    assert!(grown < 16 * 1024, "{grown} KiB");
    drop(crowd);
}

#[test]
fn somebody_who_asks_without_reading_the_answers_is_not_listened_to() {
    let daemon = Daemon::with("limits.messages_per_second_max = 0\nlimits.write_deadline_ms = 500");
    let mut witness = Witness::of(&daemon);
    let before = daemon.memory_kib();
    let mut deaf = Stranger::connect(&daemon);
    while deaf.tries_to_send(&b"/nonsense\n".repeat(10_000)) {}
    daemon.log_contains("took nothing for the write deadline");
    witness.is_unharmed();
    let grown = daemon.memory_kib().saturating_sub(before);
    assert!(grown < 16 * 1024, "{grown} KiB");
    assert_eq!(daemon.status()["slow_disconnects"], 1);
}

#[test]
fn noise_of_every_kind_leaves_the_talk_alone() {
    let daemon = Daemon::start();
    let mut witness = Witness::of(&daemon);
    let mut seed = 42u64;
    for _ in 0..60 {
        let noise: Vec<u8> = (0..3000)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (seed >> 33) as u8
            })
            .collect();
        let mut stranger = Stranger::connect(&daemon);
        stranger.tries_to_send(&noise);
        stranger.ends_input();
        stranger.is_closed();
    }
    for line in witness.is_unharmed() {
        assert!(line.starts_with("* ") || line.contains(": "), "{line:?}");
        assert!(lanchat_protocol::text::is_clean(&line), "{line:?}");
    }
}
