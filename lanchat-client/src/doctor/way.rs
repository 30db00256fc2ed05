//! The way to a relay, step by step: its name, its addresses, the handshake, its key.

use std::net::SocketAddr;
use std::time::Duration;

use lanchat_protocol::address::Address;
use tokio::time::{Instant, timeout};
use tokio_rustls::rustls::ProtocolVersion;

use super::report::Report;
use crate::connect::{Connected, attempt, reach_one, resolve};
use crate::contact::Contact;
use crate::introduction;
use crate::stream::Stream;
use crate::trouble::{ConnectError, Why};
use crate::trust::Trust;

/// What follows from each other, in this order.
const STEPS: [&str; 4] = ["name", "port", "tls", "key"];

/// A connection to a relay that is to be trusted.
pub(super) struct Way {
    pub(super) stream: Stream,
    pub(super) address: Address,
    pub(super) patience: Duration,
}

/// Goes there; `None`: there is no way, and the report says why.
pub(super) async fn lead(report: &mut Report, contact: &Contact) -> Option<Way> {
    let address = &contact.link.address;
    // What is known of it first: where that cannot be read, nobody is talked to.
    let trust = match introduction::trust(contact) {
        Ok(trust) => trust,
        Err(error) => {
            report.distrust("key", error.to_string());
            return None;
        }
    };
    let patience = trust.patience();
    let Some(candidates) = name(report, &trust).await else {
        return stop(report, "name");
    };
    if !port(report, address, &candidates, patience).await {
        return stop(report, "port");
    }
    let started = Instant::now();
    match attempt(&trust).await {
        Ok(connected) => {
            shaken(report, &connected, started.elapsed());
            key(report, &trust, &connected);
            Some(Way { stream: connected.stream, address: address.clone(), patience })
        }
        Err(error) if error.is_distrust() => {
            report.ok("tls", format!("the handshake is done ({})", milliseconds(started.elapsed())));
            report.distrust("key", error.to_string());
            None
        }
        Err(error) if error.is_untrusted() => {
            report.distrust("tls", error.to_string());
            stop(report, "tls")
        }
        Err(error) => {
            report.fail("tls", error.to_string(), None);
            stop(report, "tls")
        }
    }
}

/// What comes after this step cannot be looked at.
fn stop(report: &mut Report, at: &str) -> Option<Way> {
    for step in STEPS.into_iter().skip_while(|step| *step != at).skip(1) {
        report.skip(step, "not looked at");
    }
    None
}

async fn name(report: &mut Report, trust: &Trust) -> Option<Vec<SocketAddr>> {
    let (address, patience) = (trust.address(), trust.patience());
    let resolved = timeout(patience, resolve(address)).await.unwrap_or(Err(Why::TimedOut(patience)));
    match resolved {
        Ok(candidates) => {
            let ips: Vec<_> = candidates.iter().map(|candidate| candidate.ip().to_string()).collect();
            let message = match &ips[..] {
                [ip] if *ip == address.host => format!("{ip} needs no looking up"),
                _ => format!("{} is {}", address.host, ips.join(", ")),
            };
            report.ok("name", message);
            Some(candidates)
        }
        Err(Why::TimedOut(_)) => {
            let message = format!("nobody has said within {} s what {} is", patience.as_secs(), address.host);
            let remedy = format!("getent hosts {}  asks the same; its IP address works too", address.host);
            report.fail("name", message, Some(&remedy));
            None
        }
        Err(why) => {
            let error = ConnectError::new(address.clone(), why).of_host(trust.misnamed());
            report.fail("name", error.to_string(), None);
            None
        }
    }
}

/// Whether one of the addresses takes connections. What others do not is no more than worth a look then.
async fn port(report: &mut Report, address: &Address, candidates: &[SocketAddr], patience: Duration) -> bool {
    let share = patience / u32::try_from(candidates.len()).unwrap_or(u32::MAX).max(1);
    let mut failed = Vec::new();
    let mut reached = 0;
    for candidate in candidates {
        let started = Instant::now();
        match reach_one(*candidate, share).await {
            Ok(_) => {
                reached += 1;
                report.ok(
                    "port",
                    format!("{candidate} takes connections ({})", milliseconds(started.elapsed())),
                );
            }
            Err(why) => {
                let host = candidate.ip().to_string();
                failed.push(ConnectError::new(Address { host, port: address.port }, why).to_string());
            }
        }
    }
    for why in failed {
        if reached > 0 {
            report.warn("port", why, format!("name one that works instead of {}", address.host));
        } else {
            report.fail("port", why, None);
        }
    }
    reached > 0
}

fn shaken(report: &mut Report, connected: &Connected, took: Duration) {
    match &connected.stream {
        Stream::Plain(_) => report.warn(
            "tls",
            "not encrypted: everybody in between can read and change what is said",
            "leave --plain out, unless the relay has tls.mode = \"off\"",
        ),
        Stream::Tls(stream) => {
            let version = match stream.get_ref().1.protocol_version() {
                Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
                Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
                _ => "TLS",
            };
            report.ok("tls", format!("{version}, connected and encrypted in {}", milliseconds(took)));
        }
    }
}

fn key(report: &mut Report, trust: &Trust, connected: &Connected) {
    let Some(shown) = connected.shown else { return report.skip("key", "plain text shows none") };
    match trust.known_by() {
        Some(why) => report.ok("key", format!("{shown}, {why}")),
        None => report.warn(
            "key",
            format!("{shown}, not known yet; taken for now, as --accept-new says, and not remembered"),
            "compare it with lanchatctl status on that machine",
        ),
    }
}

/// As people compare them: a tenth is enough.
pub(super) fn milliseconds(span: Duration) -> String {
    let tenths = span.as_micros() / 100;
    format!("{}.{} ms", tenths / 10, tenths % 10)
}
