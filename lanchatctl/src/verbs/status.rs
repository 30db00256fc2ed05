//! `status`: how the relay is, and what needs attention.

use lanchat_protocol::admin::{Status, Tls};

use crate::{table, units};

pub(super) fn describe(status: &Status) -> String {
    let mut pairs = vec![
        ("version", status.version.clone()),
        ("pid", status.pid.to_string()),
        ("running for", units::duration(status.uptime_s)),
        ("listening on", status.listen.join(", ")),
        ("configuration", status.config.clone().unwrap_or_else(|| "built-in defaults".to_owned())),
        ("encrypts", encrypting(&status.tls)),
        ("clients", format!("{} now, {} since the start", status.clients, status.connections)),
        ("rooms", status.rooms.to_string()),
        ("messages", format!("{} accepted, {} delivered", status.messages_accepted, status.deliveries)),
        ("refused", refused(status)),
        ("timelines", units::size(status.timeline_bytes)),
        ("sends with", sending(status)),
        ("process", process(status)),
        ("keeps", status.store.clone().unwrap_or_else(|| "nothing (store.path)".to_owned())),
    ];
    if let Some(fingerprint) = &status.tls.fingerprint {
        pairs.push(("fingerprint", fingerprint.to_string()));
    }
    let attention = attention(status);
    if attention.is_empty() {
        pairs.push(("attention", "nothing".to_owned()));
    }
    pairs.extend(attention.into_iter().map(|what| ("attention", what)));
    table::pairs(&pairs)
}

/// How much, and for what reasons most of it.
fn refused(status: &Status) -> String {
    const SHOWN_MAX: usize = 3;
    let mut codes: Vec<_> = status.refusals_by_code.iter().collect();
    codes.sort_by_key(|(code, times)| (std::cmp::Reverse(**times), *code));
    let shown: Vec<_> = codes.iter().take(SHOWN_MAX).map(|(code, times)| format!("{times} {code}")).collect();
    let more = if codes.len() > SHOWN_MAX { ", …" } else { "" };
    if shown.is_empty() {
        return status.refusals.to_string();
    }
    format!("{}: {}{more}", status.refusals, shown.join(", "))
}

fn process(status: &Status) -> String {
    let seconds = status.cpu_ms / 1000;
    let files = match status.files_max {
        0 => status.files_open.to_string(),
        max => format!("{} of {max}", status.files_open),
    };
    let memory = units::size(status.memory_bytes);
    // `of 1024` may stand between the number and the noun.
    let noun = if status.files_max == 0 && status.files_open == 1 { "file" } else { "files" };
    format!("{memory} of memory, {} of processor time, {files} {noun}", units::duration(seconds))
}

fn encrypting(tls: &Tls) -> String {
    let what = match tls.mode.as_str() {
        "optional" => "whoever wants",
        "required" => "everybody",
        _ => return "nobody (tls.mode)".to_owned(),
    };
    let sessions = units::count(tls.sessions, "connection");
    let ends = tls.expires.as_ref().map(|ends| format!(", certificate until {ends}")).unwrap_or_default();
    format!("{what}, {sessions} now, {} failed{ends}", tls.failures)
}

fn sending(status: &Status) -> String {
    match &status.io_shortfall {
        Some(why) => format!("{}, because io_uring is not to be had: {why}", status.io),
        None => status.io.clone(),
    }
}

/// Whatever was lost or is not as it should be, a line each.
pub(super) fn attention(status: &Status) -> Vec<String> {
    let mut attention = Vec::new();
    if status.stopping {
        attention.push("the relay is stopping".to_owned());
    }
    if status.lockdown {
        attention
            .push("nobody new is let in: lanchatctl lockdown off ends that, as does a restart".to_owned());
    }
    if status.io_wanted == "io_uring" && status.io != status.io_wanted {
        attention.push("io_uring was asked for and is not in use (io.backend)".to_owned());
    }
    if let Some(why) = &status.store_trouble {
        attention.push(format!("what is said is not kept at the moment: {why}"));
    }
    if status.messages_unwritten > 0 && status.store_trouble.is_some() {
        let messages = units::count(status.messages_unwritten, "message");
        attention.push(format!("{messages} said and not written yet: stopping now could lose them"));
    }
    if let Some(aside) = &status.store_aside {
        attention.push(format!(
            "the store was damaged, a new one was begun: what was said before is in {aside} (lanchatctl restore, or sqlite3's .recover)"
        ));
    }
    if status.messages_not_kept > 0 {
        let messages = units::count(status.messages_not_kept, "message");
        attention.push(format!(
            "{messages} will never be in the history: the store was in trouble for too long, or refused them"
        ));
    }
    attention.extend(status.tls.warnings.iter().cloned());
    if status.slow_disconnects > 0 {
        let clients = units::count(status.slow_disconnects, "client");
        attention.push(format!("{clients} disconnected for not reading (limits.write_deadline_ms)"));
    }
    if status.messages_skipped > 0 || status.gaps > 0 {
        let (messages, gaps) =
            (units::count(status.messages_skipped, "message"), units::count(status.gaps, "gap"));
        attention.push(format!("{messages} missed by slow readers in {gaps} (limits.timeline_bytes_max)"));
    }
    if status.log_lines_dropped > 0 {
        let lines = units::count(status.log_lines_dropped, "log line");
        attention.push(format!("{lines} dropped: the log does not keep up"));
    }
    attention
}

#[cfg(test)]
mod tests {
    use lanchat_protocol::fingerprint::Fingerprint;

    use super::*;

    fn healthy() -> Status {
        Status {
            version: "0.1.0".to_owned(),
            pid: 42,
            uptime_s: 3 * 3600 + 120,
            listen: vec!["127.0.0.1:5555".to_owned(), "[::1]:5555".to_owned()],
            clients: 12,
            connections: 30,
            rooms: 1,
            messages_accepted: 100,
            deliveries: 1100,
            timeline_bytes: 1536,
            io: "io_uring".to_owned(),
            io_wanted: "auto".to_owned(),
            store: Some("/var/lib/lanchatd/lanchat.db".to_owned()),
            tls: Tls {
                mode: "optional".to_owned(),
                fingerprint: Some(Fingerprint::of_hash([0; 32])),
                sessions: 3,
                ..Tls::default()
            },
            ..Status::default()
        }
    }

    #[test]
    fn a_healthy_relay_needs_no_attention() {
        let expected = "\
version:        0.1.0
pid:            42
running for:    3h2m
listening on:   127.0.0.1:5555, [::1]:5555
configuration:  built-in defaults
encrypts:       whoever wants, 3 connections now, 0 failed
clients:        12 now, 30 since the start
rooms:          1
messages:       100 accepted, 1100 delivered
refused:        0
timelines:      1.5KiB
sends with:     io_uring
process:        0B of memory, 0s of processor time, 0 files
keeps:          /var/lib/lanchatd/lanchat.db
fingerprint:    SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
attention:      nothing
";
        assert_eq!(describe(&healthy()), expected);
    }

    #[test]
    fn what_was_refused_most_is_named() {
        let times = [("full", 1), ("rate_limited", 900), ("lockdown", 1), ("wrong_password", 40)];
        let refusals_by_code = times.map(|(code, times)| (code.to_owned(), times)).into();
        let shown = describe(&Status { refusals: 942, refusals_by_code, ..healthy() });
        assert!(
            shown.contains("refused:        942: 900 rate_limited, 40 wrong_password, 1 full, …\n"),
            "{shown}"
        );
    }

    #[test]
    fn every_loss_is_named_with_the_key_that_bounds_it() {
        let lossy = Status {
            stopping: true,
            lockdown: true,
            io: "epoll".to_owned(),
            io_shortfall: Some("Operation not permitted (os error 1)".to_owned()),
            io_wanted: "io_uring".to_owned(),
            store_trouble: Some("no space left".to_owned()),
            store_aside: Some("/srv/lanchat.db.damaged-1".to_owned()),
            messages_not_kept: 2,
            slow_disconnects: 1,
            tls: Tls { warnings: vec!["the certificate ends".to_owned()], ..Tls::default() },
            gaps: 2,
            messages_skipped: 312,
            log_lines_dropped: 7,
            ..healthy()
        };
        let shown = describe(&lossy);
        for expected in [
            "sends with:     epoll, because io_uring is not to be had: Operation not permitted (os error 1)\n",
            "attention:      the relay is stopping\n",
            "attention:      nobody new is let in: lanchatctl lockdown off ends that, as does a restart\n",
            "attention:      io_uring was asked for and is not in use (io.backend)\n",
            "attention:      what is said is not kept at the moment: no space left\n",
            "attention:      the store was damaged, a new one was begun: what was said before is in /srv/lanchat.db.damaged-1 (",
            "attention:      2 messages will never be in the history: the store was in trouble for too long, or refused them\n",
            "encrypts:       nobody (tls.mode)\n",
            "attention:      the certificate ends\n",
            "attention:      1 client disconnected for not reading (limits.write_deadline_ms)\n",
            "attention:      312 messages missed by slow readers in 2 gaps (limits.timeline_bytes_max)\n",
            "attention:      7 log lines dropped",
        ] {
            assert!(shown.contains(expected), "{expected}\n{shown}");
        }
        assert!(!shown.contains("nothing"));
    }
}
