//! `OpenMetrics` 1.0, which Prometheus reads.

use std::fmt;
use std::time::Duration;

use lanchat_protocol::admin::Status;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

use crate::admin::Daemon;
use crate::tls::Unshaken;

/// All counters as they are now.
pub fn text(daemon: &Daemon) -> String {
    let tally = &daemon.relay.tally;
    let snapshot = Snapshot {
        status: daemon.status(),
        tls_failures: std::array::from_fn(|kind| tally.tls_failures[kind].get()),
        connections_refused: tally.connections_refused.get(),
        batches: tally.batches.get(),
        batches_us: tally.batches_us.get(),
    };
    let mut registry = Registry::with_prefix("lanchat");
    registry.register_collector(Box::new(snapshot));
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = encode(&mut text, &registry);
    text
}

#[derive(Debug)]
struct Snapshot {
    status: Status,
    tls_failures: [u64; Unshaken::CODES.len()],
    connections_refused: u64,
    batches: u64,
    batches_us: u64,
}

impl Collector for Snapshot {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let (s, out) = (&self.status, &mut encoder);
        counter(out, "connections", "Connections taken since the start", s.connections)?;
        counter(
            out,
            "connections_refused",
            "Connections not taken since the start",
            self.connections_refused,
        )?;
        counter(out, "messages_accepted", "Messages accepted since the start", s.messages_accepted)?;
        counter(
            out,
            "deliveries",
            "Messages handed to a receiver's socket, for each receiver",
            s.deliveries,
        )?;
        counter(out, "gaps", "How often a slow reader was told that it missed something", s.gaps)?;
        counter(out, "messages_skipped", "Messages missed by slow readers", s.messages_skipped)?;
        counter(out, "slow_disconnects", "Clients disconnected for not reading", s.slow_disconnects)?;
        counter(out, "messages_not_kept", "Messages that will never be in the history", s.messages_not_kept)?;
        counter(out, "log_lines_dropped", "Lines that the log could not take in time", s.log_lines_dropped)?;
        counter(out, "store_batches", "Batches that the store has written", self.batches)?;
        bytes(out, "sent", "Bytes that the sockets of clients took", s.bytes_sent)?;
        seconds(
            out,
            "store_batches",
            "Time that writing batches took",
            Duration::from_micros(self.batches_us).as_secs_f64(),
        )?;
        seconds(out, "process_cpu", "Processor time used", Duration::from_millis(s.cpu_ms).as_secs_f64())?;
        gauge(out, "clients", "Connections now", s.clients)?;
        gauge(out, "rooms", "Rooms now", s.rooms)?;
        gauge(out, "tls_sessions", "Connections now that are encrypted", s.tls.sessions)?;
        counter(out, "tls_handshakes", "TLS handshakes done since the start", s.tls.handshakes)?;
        gauge(
            out,
            "messages_unwritten",
            "Messages to be kept that are not on the disk yet",
            s.messages_unwritten,
        )?;
        gauge(
            out,
            "store_degraded",
            "1: what is said is not kept for now",
            s.store_trouble.is_some().into(),
        )?;
        gauge(out, "lockdown", "1: nobody new is let in", s.lockdown.into())?;
        gauge(out, "connections_max", "Connections taken at most; 0: no limit", s.connections_max)?;
        gauge(out, "process_open_fds", "Open files and sockets", s.files_open)?;
        gauge(out, "process_max_fds", "Files and sockets that may be open; 0: no limit", s.files_max)?;
        size(out, "timelines", "Memory that timelines hold", s.timeline_bytes)?;
        size(out, "process_resident_memory", "Resident memory", s.memory_bytes)?;
        seconds_now(out, "uptime", "Time since the start", s.uptime_s)?;
        self.refusals(out)?;
        self.tls_failures(out)?;
        let mut build = out.encode_descriptor("build", "The version that runs", None, MetricType::Info)?;
        build.encode_info(&[("version", s.version.as_str())])
    }
}

impl Snapshot {
    fn refusals(&self, out: &mut DescriptorEncoder) -> fmt::Result {
        let help = "Requests, messages and connections refused since the start, by code";
        let mut family = out.encode_descriptor("refusals", help, None, MetricType::Counter)?;
        for (code, count) in &self.status.refusals_by_code {
            ConstCounter::new(*count).encode(family.encode_family(&[("code", code.as_str())])?)?;
        }
        Ok(())
    }

    fn tls_failures(&self, out: &mut DescriptorEncoder) -> fmt::Result {
        let help = "TLS handshakes that came to nothing since the start, and sessions that broke, by kind";
        let mut family = out.encode_descriptor("tls_failures", help, None, MetricType::Counter)?;
        for (kind, count) in Unshaken::CODES.into_iter().zip(self.tls_failures) {
            ConstCounter::new(count).encode(family.encode_family(&[("kind", kind)])?)?;
        }
        Ok(())
    }
}

fn counter(out: &mut DescriptorEncoder, name: &str, help: &str, value: u64) -> fmt::Result {
    metric(out, name, help, None, &ConstCounter::new(value))
}

fn bytes(out: &mut DescriptorEncoder, name: &str, help: &str, value: u64) -> fmt::Result {
    metric(out, name, help, Some(&Unit::Bytes), &ConstCounter::new(value))
}

fn seconds(out: &mut DescriptorEncoder, name: &str, help: &str, value: f64) -> fmt::Result {
    metric(out, name, help, Some(&Unit::Seconds), &ConstCounter::new(value))
}

fn gauge(out: &mut DescriptorEncoder, name: &str, help: &str, value: u64) -> fmt::Result {
    metric(out, name, help, None, &ConstGauge::new(value))
}

fn size(out: &mut DescriptorEncoder, name: &str, help: &str, value: u64) -> fmt::Result {
    metric(out, name, help, Some(&Unit::Bytes), &ConstGauge::new(value))
}

fn seconds_now(out: &mut DescriptorEncoder, name: &str, help: &str, value: u64) -> fmt::Result {
    metric(out, name, help, Some(&Unit::Seconds), &ConstGauge::new(value))
}

fn metric(
    out: &mut DescriptorEncoder,
    name: &str,
    help: &str,
    unit: Option<&Unit>,
    metric: &impl EncodeMetric,
) -> fmt::Result {
    metric.encode(out.encode_descriptor(name, help, unit, metric.metric_type())?)
}
