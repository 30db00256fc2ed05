//! What the figures depend on, for whoever compares them.

use std::fs;

use jiff::Zoned;

/// Processors, kernel, date and versions, in one line.
pub fn facts(relay_version: Option<&str>) -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let processors = read("/proc/cpuinfo");
    let cores = processors.lines().filter(|line| line.starts_with("processor")).count();
    let model = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, model)| model.to_owned());
    let kernel = read("/proc/sys/kernel/osrelease").trim().to_owned();
    let plural = if cores == 1 { "" } else { "s" };
    let mut facts = vec![
        format!("{cores} core{plural} of {model}"),
        format!("Linux {kernel}"),
        Zoned::now().date().to_string(),
    ];
    facts.extend(relay_version.map(|version| format!("lanchatd {version}")));
    facts.push(concat!("lanchat-load ", env!("CARGO_PKG_VERSION")).to_owned());
    if cfg!(debug_assertions) {
        facts.push("debug build: figures mean little".to_owned());
    }
    facts.join(", ")
}
