//! What is printed: one table, or one JSON line a run.

use std::io::{self, Write};

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use serde_json::{Map, Value, json};

use crate::figures::{Figures, grouped};
use crate::ledger::Faults;
use crate::machine;
use crate::scenario::{Load, Outcome};

/// The figures that have a column: title, name, by what they are divided, decimals.
const COLUMNS: [(&str, &str, f64, usize); 8] = [
    ("DELIVERIES/S", "deliveries_per_s", 1.0, 0),
    ("P50 ms", "p50_us", 1e3, 2),
    ("P99 ms", "p99_us", 1e3, 2),
    ("P99.9 ms", "p999_us", 1e3, 2),
    ("MAX ms", "max_us", 1e3, 2),
    ("RELAY ns", "relay_ns_per_delivery", 1.0, 1),
    ("LOAD ns", "load_ns_per_delivery", 1.0, 1),
    ("BYTES/CONN", "relay_bytes_per_connection", 1.0, 0),
];

/// Collects what all runs came to.
#[derive(Debug)]
pub struct Report {
    is_json: bool,
    rows: Vec<Row>,
    relay_version: Option<String>,
}

/// A scenario, and what its runs came to.
#[derive(Debug)]
struct Row {
    load: Load,
    runs: Vec<Figures>,
    faults: Faults,
}

impl Report {
    /// An empty one.
    pub fn new(is_json: bool) -> Self {
        Self { is_json, rows: Vec::new(), relay_version: None }
    }

    /// Adds a run.
    pub fn add(&mut self, load: &Load, outcome: Outcome, relay_version: Option<String>) {
        self.relay_version = relay_version;
        let index = self.rows.iter().position(|row| row.load == *load).unwrap_or_else(|| {
            self.rows.push(Row { load: load.clone(), runs: Vec::new(), faults: Faults::default() });
            self.rows.len() - 1
        });
        let row = &mut self.rows[index];
        row.faults += outcome.faults;
        if self.is_json {
            let machine = machine::facts(self.relay_version.as_deref());
            print(&json_line(load, row.runs.len() + 1, &outcome, &machine));
        }
        row.runs.push(outcome.figures);
    }

    /// Prints the table. True when nothing went wrong in any run.
    pub fn finish(self) -> bool {
        if !self.is_json && !self.rows.is_empty() {
            print(&self.conditions());
            print(&self.table());
        }
        self.rows.iter().all(|row| row.faults.is_none())
    }

    /// What all rows have in common.
    fn conditions(&self) -> String {
        let facts = machine::facts(self.relay_version.as_deref());
        let Some(Row { load, runs, .. }) = self.rows.first() else { return facts };
        let medians =
            if runs.len() > 1 { format!(", medians of {} runs", runs.len()) } else { String::new() };
        format!("{facts}; messages of {} bytes, window {}{medians}", load.payload_bytes, load.window)
    }

    fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        let titles = ["SCENARIO", "RECEIVERS", "PUBLISHERS", "NATIVE"].into_iter();
        let titles = titles.chain(COLUMNS.iter().map(|(title, ..)| *title)).chain(["VERDICT", "ALSO"]);
        table.add_row(titles);
        for row in &self.rows {
            table.add_row(row.cells());
        }
        let last = COLUMNS.len() + 3;
        for (index, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, 2));
            if (1..=last).contains(&index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let lines: Vec<_> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        lines.join("\n")
    }
}

impl Row {
    fn cells(&self) -> Vec<Cell> {
        let medians = Figures::medians(&self.runs);
        let load = &self.load;
        let mut cells = vec![
            load.scenario.name().to_owned(),
            grouped(load.receivers as f64, 0),
            load.publishers.to_string(),
            format!("{}%", load.native_percent),
        ];
        cells.extend(COLUMNS.iter().map(|(_, name, divisor, decimals)| {
            medians.get(name).map_or_else(|| "-".to_owned(), |value| grouped(value / divisor, *decimals))
        }));
        cells.push(self.faults.to_string());
        let others = medians.iter().filter(|(name, _)| COLUMNS.iter().all(|column| column.1 != *name));
        cells.push(others.map(|(name, value)| words(name, value)).collect::<Vec<_>>().join(", "));
        cells.into_iter().map(Cell::new).collect()
    }
}

/// A figure without a column of its own.
fn words(name: &str, value: f64) -> String {
    let decimals = if value.abs() < 10.0 {
        2
    } else if value.abs() < 100.0 {
        1
    } else {
        0
    };
    format!("{} {}", name.replace("_per_", "/").replace('_', " "), grouped(value, decimals))
}

fn json_line(load: &Load, run: usize, outcome: &Outcome, machine: &str) -> String {
    let figures: Map<_, _> =
        outcome.figures.iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    let faults: Map<_, _> =
        outcome.faults.counts().iter().map(|(name, count)| (name.replace(' ', "_"), json!(count))).collect();
    let mut line = json!({
        "scenario": load.scenario.name(),
        "run": run,
        "ok": outcome.faults.is_none(),
        "receivers": load.receivers,
        "publishers": load.publishers,
        "native_percent": load.native_percent,
        "tls": load.is_sealed,
        "payload_bytes": load.payload_bytes,
        "window": load.window,
        "rate_per_s": load.rate,
        "at_once": load.at_once,
        "seconds": load.seconds.as_secs_f64(),
        "machine": machine,
    });
    line["faults"] = Value::Object(faults);
    line["figures"] = Value::Object(figures);
    line.to_string()
}

fn print(text: &str) {
    // Whoever closed standard output does not want to know; the exit code stays.
    let _ = writeln!(io::stdout(), "{text}");
}
