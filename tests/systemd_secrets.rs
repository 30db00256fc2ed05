//! Secrets on hosts with a real systemd: passwords that are nowhere to be found, and a key that systemd passes.

use std::sync::atomic::{AtomicU32, Ordering};

use lanchat_tests::{Host, Hosts, Piped, Value, eventually, json, skip_without_root};

/// What each password begins with, and nothing else that is typed, said or made. Too short for a password.
const MARK: &str = "qzSntnl";

/// The same for what may be found: that it is shows that the search finds.
const SEEN: &str = "qzSeen";

/// Writes down with what and in which surroundings all processes were started, until it is stopped.
const PROCESSES: &str = "systemd-run --quiet --unit=processes bash -c 'while sleep 0.05; do \
                         cat /proc/[0-9]*/{cmdline,environ}; echo; done >/root/processes 2>/dev/null'";

/// Where a host keeps anything; its journal is read in full by other means. Nothing of ours is ever in /tmp.
const FILES: &str = "cat >/root/marks; find /etc /var /root /home /run /dev/shm -type f -newer /root/began \
                     -not -path /root/marks -not -path /root/processes -not -path '*/log/journal/*' \
                     -exec grep --text --only-matching --with-filename --fixed-strings --file=/root/marks {} +";

static COUNT: AtomicU32 = AtomicU32::new(0);

fn relay(hosts: &Hosts) -> Host {
    let host = hosts.boot(&[]);
    host.installs(&["lanchatd", "lanchat-client"]);
    host
}

/// One that nobody has used.
fn password() -> String {
    format!("{MARK}-{}-sesame", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A connection in TLS, through which lines go as they are.
fn tunnel(host: &Host) -> Piped {
    host.pipes(&["openssl", "s_client", "-quiet", "-alpn", "lanchat", "-connect", "localhost:5555"])
}

fn plain(host: &Host) -> Piped {
    host.pipes(&["nc", "localhost", "5555"])
}

fn says(client: &mut Piped, line: &str) {
    client.writes(format!("{line}\n").as_bytes());
}

/// Asks for something, and waits for the answer to it.
#[track_caller]
fn asks(client: &mut Piped, mut request: Value, answer: &str) {
    let id = format!("request-{}", COUNT.fetch_add(1, Ordering::Relaxed));
    request["id"] = json!(id);
    says(client, &request.to_string());
    let line = client.prints(&format!("\"id\":\"{id}\""));
    assert!(line.contains(&format!("\"{answer}\"")), "{request}: {line}");
}

/// Says something, and waits for the answer, which is another one each time.
#[track_caller]
fn types(client: &mut Piped, line: &str, answer: &str) {
    says(client, line);
    client.prints(answer);
}

/// In the native dialect: what is right, what is wrong, and what a hasty program puts elsewhere.
fn natively(host: &Host) {
    let mut ana = tunnel(host);
    says(&mut ana, &json!({"type": "hello", "version": 1, "nick": "ana"}).to_string());
    ana.prints("\"welcome\"");
    let (first, second) = (password(), password());
    asks(&mut ana, json!({"type": "register", "password": MARK}), "bad_password");
    asks(&mut ana, json!({"type": "register", "password": first}), "account");
    asks(&mut ana, json!({"type": "register", "password": password()}), "logged_in");
    asks(&mut ana, json!({"type": "passwd", "old": password(), "new": second}), "wrong_password");
    asks(&mut ana, json!({"type": "passwd", "old": first, "new": second}), "account");
    asks(&mut ana, json!({"type": "logout"}), "account");
    for login in [
        json!({"nick": "ana", "password": first}),
        json!({"nick": "nobody", "password": second}),
        json!({"nick": "ana", "token": second}),
        json!({"nick": second, "password": "another one"}),
    ] {
        let mut login = login;
        login["type"] = json!("login");
        asks(&mut ana, login, "wrong_password");
    }
    for misunderstood in [
        json!({"type": "login", "nick": "ana", "password": [second]}),
        json!({"type": "login", "nick": "ana", "pasword": second}),
        json!({"type": "register", "password": second, "invite": {"is": second}}),
        json!({"type": "search", "words": "hi", "limit": second}),
        json!({"type": "history", "room": "lobby", "before": second}),
        json!({"type": "say", "room": "lobby", "text": {"is": second}}),
    ] {
        asks(&mut ana, misunderstood, "bad_request");
    }
    asks(&mut ana, json!({"type": "logn", "nick": "ana", "password": second}), "unknown_type");
    asks(&mut ana, json!({"type": second}), "unknown_type");
    types(&mut ana, &json!(second).to_string(), "invalid type: string");
    types(&mut ana, &format!("{{\"type\":\"login\",\"nick\":\"ana\",\"password\":\"{second}"), "EOF while");
    let long = format!("{second}{}{second}", "x".repeat(20_000));
    types(&mut ana, &json!({"type": "login", "id": "x", "password": long}).to_string(), "line_too_long");
    asks(&mut ana, json!({"type": "login", "nick": "ana", "password": second}), "account");
    asks(&mut ana, json!({"type": "say", "room": "lobby", "text": format!("{SEEN} said")}), "ack");

    for (key, value, answer) in [
        ("password", json!(second), "welcome"),
        ("password", json!(first), "wrong_password"),
        ("token", json!(first), "wrong_password"),
        ("password", json!({"is": first}), "bad_request"),
        ("version", json!(first), "bad_request"),
    ] {
        let mut hello = json!({"type": "hello", "version": 1, "nick": "ana"});
        hello[key] = value;
        types(&mut tunnel(host), &hello.to_string(), &format!("\"{answer}\""));
        types(&mut plain(host), &hello.to_string(), "\"error\"");
    }
}

/// The same for lines of text, encrypted and not.
fn by_text(host: &Host) {
    let mut bob = tunnel(host);
    bob.prints("Welcome");
    let (first, second) = (password(), password());
    types(&mut bob, &format!("/nick {SEEN}"), &format!("you are now {SEEN}"));
    types(&mut bob, "/nick bob", "you are now bob");
    types(&mut bob, &format!("/register {MARK}"), "at least 8 characters");
    types(&mut bob, &format!("/register {first}"), "you are logged in as bob");
    types(&mut bob, &format!("/passwd {} {second}", password()), "the password is wrong");
    types(&mut bob, &format!("/passw {first} {second}"), "no command /passw;");
    types(&mut bob, &format!("/passwd{first} {second}"), "no command /passwd");
    types(&mut bob, &format!("/ login bob {first}"), "no command / login;");
    types(&mut bob, "/logout", "you are not logged in any more");
    types(&mut bob, &format!("/logn bob {first}"), "no command /logn;");
    types(&mut bob, &format!("/login{first}"), "no command /login");
    types(&mut bob, &format!("/{first}"), &format!("no command /{MARK}"));
    types(&mut bob, &format!("/search from:{first} since:{first}"), "* ");
    types(&mut bob, &format!("/history since {first}"), "* ");
    types(&mut bob, &format!("/LOGIN bob {first}"), "you are logged in as bob (");
    let mut eve = plain(host);
    eve.prints("Welcome");
    for line in
        [format!("/register {first}"), format!("/login bob {first}"), format!("/passwd {first} {second}")]
    {
        types(&mut eve, &line, "yours was not read");
    }
}

/// Somebody at a terminal of the host, and scripts there.
fn with_the_client(host: &Host) {
    let (right, new) = (password(), password());
    let client = "lanchat-client localhost --accept-new --nick eva";
    // What is drawn before a line is complete is to be read too.
    let terminal =
        format!("TERM=xterm script --quiet --command '{client}' /dev/null | stdbuf -o0 tr '\\r' '\\n'");
    let mut eva = host.pipes(&["bash", "-c", &terminal]);
    eva.prints("connected to");
    for (line, answer) in [
        ("/register", "new password: "),
        (&*right, "the same again: "),
        (&*right, "logged in as eva"),
        (&*format!("/passwd {right} {new}"), "#lobby eva> "),
        ("/logout", "you are logged out"),
        (&*format!("/login eva {right}"), "the password is wrong"),
        (&*format!("/logn eva {right}"), "no command /logn"),
        (&*format!("/login{right}"), "no command /login"),
        (&*format!("/login eva {new}"), "logged in as eva"),
        (&*format!("{SEEN} typed"), SEEN),
    ] {
        eva.writes(format!("{line}\r").as_bytes());
        eva.prints(answer);
    }
    eva.writes(b"/quit\r");
    eva.ends().exits(0);
    // The files in which scripts have one are made and removed by themselves.
    let script = "umask 077; cat >/dev/shm/password; echo hello | lanchat-client localhost --login eva \
                  --password-file /dev/shm/password; code=$?; rm /dev/shm/password; exit $code";
    host.tries_with(script, &format!("{new}\n")).exits(0);
    let refused = host.tries_with(script, &format!("{right}\n"));
    assert!(refused.code != Some(0) && !refused.err.contains(MARK), "{refused:?}");
}

/// What an administrator does, and all that is told to one.
fn with_lanchatctl(host: &Host) -> String {
    let mut told = String::new();
    let mut tells = |line: &str, input: &str| {
        let ran = host.tries_with(line, input);
        told += &format!("{line}\n{}\n{}\n", ran.out, ran.err);
    };
    tells("lanchatctl user add carl --role moderator", &password());
    tells("lanchatctl user add carl", &password());
    tells("lanchatctl user add dora", MARK);
    tells("lanchatctl user passwd carl", &password());
    tells("lanchatctl user passwd nobody", &password());
    let asked = [
        "user list",
        "token list",
        "invite list",
        "bans",
        "status",
        "list-clients",
        "rooms",
        "metrics",
        "export",
    ];
    for words in asked.into_iter().chain(["top --once", "doctor"]) {
        tells(&format!("lanchatctl {words}"), "");
        tells(&format!("lanchatctl --json {words}"), "");
    }
    told
}

#[test]
fn passwords_are_nowhere_to_be_found_on_a_host() {
    let hosts = match Hosts::here() {
        Ok(hosts) => hosts,
        Err(why) => return skip_without_root(&format!("passwords on a host: {why}")),
    };
    let host = relay(&hosts);
    let all = "s/^level = .*/level = \"trace\"/; s/^messages = .*/messages = true/";
    host.runs(&format!("sed -i '{all}' /etc/lanchatd/lanchatd.toml && systemctl reload lanchatd"));
    host.runs(&format!("touch /root/began && {PROCESSES}"));
    let watcher = host.pipes(&["lanchatctl", "watch", "--json"]);
    watcher.prints("{");
    natively(&host);
    by_text(&host);
    with_the_client(&host);
    let told = with_lanchatctl(&host);
    // The log is written a moment later.
    eventually("the journal has all of it", || host.journal().contains("account carl given").then_some(()));
    host.runs("lanchatctl announce 'the end'; systemctl stop processes");
    watcher.prints("\"announced\"");

    let found = host.tries_with(FILES, &format!("{MARK}\n{SEEN}\n"));
    assert_eq!(found.err, "");
    let found_in = |file: &str| found.out.lines().any(|line| line.starts_with(file) && line.ends_with(SEEN));
    assert!(
        found_in("/var/lib/lanchatd/lanchat.db") && found_in("/root/.local/state/lanchat/history"),
        "{found:?}"
    );
    let journal = host.runs("journalctl --no-pager --all --output=export");
    assert!(journal.contains(&format!("{SEEN} said")) && journal.contains(&format!("NICK={SEEN}")));
    let processes = host.runs("cat /root/processes");
    assert!(processes.contains("--password-file") && processes.contains("/usr/sbin/lanchatd"));
    assert!(told.contains(&format!("{SEEN} said")) && told.contains("carl"), "{told}");
    host.runs("kill $(pidof -s lanchatctl)");
    let watched = watcher.ends().out;
    assert!(watched.contains(SEEN), "{watched}");
    let all =
        [("a file", &found.out), ("the journal", &journal), ("a process", &processes), ("lanchatctl", &told)];
    for (what, text) in all.into_iter().chain([("lanchatctl watch", &watched)]) {
        let line = text.lines().find(|line| line.contains(MARK));
        assert_eq!(line, None, "{what} has a password");
    }
}

/// The fingerprint of a certificate's key, as `openssl` makes it out.
fn fingerprint(host: &Host, certificate: &str) -> String {
    let public = format!("openssl x509 -in {certificate} -noout -pubkey | openssl pkey -pubin -outform der");
    let hash =
        host.runs(&format!("{public} | openssl dgst -sha256 -binary | base64 | tr +/ -_ | tr -d '=\n'"));
    format!("SHA256:{hash}")
}

/// What the status says of the key.
fn tls(host: &Host) -> Value {
    let status: Value =
        serde_json::from_str(&host.runs("lanchatctl --json status")).expect("the status is JSON");
    status["tls"].clone()
}

/// A drop-in for the relay's unit.
fn drops_in(host: &Host, lines: &[&str]) {
    let lines = lines.join("\\n");
    host.runs("mkdir -p /etc/systemd/system/lanchatd.service.d");
    host.runs(&format!(
        "printf '[Service]\\n{lines}\\n' >/etc/systemd/system/lanchatd.service.d/override.conf"
    ));
    host.runs("systemctl daemon-reload");
}

#[test]
fn systemd_may_pass_the_key_and_passes_another_one_at_a_restart() {
    const CERTIFICATE: &str = "LoadCredential=tls-certificate:/etc/ssl/lanchat/certificate.pem";
    const KEY: &str = "LoadCredential=tls-key:/etc/ssl/lanchat/key.pem";
    let make = |key: &str, days: u32| {
        format!(
            "cd /etc/ssl/lanchat && umask 077 && openssl req -x509 {key} -out certificate.pem -days {days} -subj /CN=chat 2>&1"
        )
    };
    let new_key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem";

    let hosts = match Hosts::here() {
        Ok(hosts) => hosts,
        Err(why) => return skip_without_root(&format!("a key that systemd passes on a host: {why}")),
    };
    let host = relay(&hosts);
    let made = tls(&host)["fingerprint"].clone();
    host.runs(&format!("install -d -m 700 /etc/ssl/lanchat && {}", make(new_key, 100)));
    let first = fingerprint(&host, "/etc/ssl/lanchat/certificate.pem");
    assert_ne!(made, *first);
    drops_in(&host, &[CERTIFICATE, KEY]);
    host.runs("systemctl restart lanchatd");
    let shown = tls(&host);
    assert_eq!(shown["fingerprint"], *first);
    assert!(host.runs("lanchatctl status").contains(&first));
    let line = format!("with the key {first} (/run/credentials/lanchatd.service/tls-key)");
    assert!(host.journal().contains(&line), "{}", host.journal());
    assert!(!host.journal().contains("may read the key"), "it is for the relay alone");
    host.runs("lanchatctl doctor");
    host.runs("useradd stranger");
    let read = host.runs_as("stranger", &["cat", "/run/credentials/lanchatd.service/tls-key"]);
    assert_ne!(read.code, Some(0), "{read:?}");
    // Those who connect are shown it.
    let pinned = format!("echo hi | lanchat-client localhost --nick ana --pin {first}");
    host.runs(&pinned);

    // What is renewed is seen at a restart, and not before.
    host.runs(&make("-key key.pem", 200));
    host.runs("systemctl reload lanchatd");
    assert_eq!(tls(&host)["expires"], shown["expires"]);
    host.runs("systemctl restart lanchatd");
    let renewed = tls(&host);
    assert_eq!(renewed["fingerprint"], *first);
    assert_ne!(renewed["expires"], shown["expires"]);
    host.runs(&pinned);
    host.runs(&make(new_key, 100));
    let second = fingerprint(&host, "/etc/ssl/lanchat/certificate.pem");
    host.runs("systemctl reload lanchatd");
    assert_eq!((&tls(&host)["fingerprint"], &tls(&host)["expires"]), (&json!(first), &renewed["expires"]));
    host.runs("systemctl restart lanchatd");
    assert_eq!(tls(&host)["fingerprint"], *second);
    assert_ne!(host.tries(&pinned).code, Some(0), "the key is another one");

    // Half of it is a mistake, and told.
    drops_in(&host, &[KEY]);
    assert_ne!(host.tries("systemctl restart lanchatd").code, Some(0));
    let why = "the certificate /run/credentials/lanchatd.service/tls-certificate, which cannot be read";
    assert!(host.journal().contains(why), "{}", host.journal());
    // Without any, it is the key that the relay has made.
    drops_in(&host, &[""]);
    host.runs("systemctl restart lanchatd");
    assert_eq!(tls(&host)["fingerprint"], made);
}
