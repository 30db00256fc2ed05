//! What a run came to, as named numbers.

use crate::measure::Used;
use crate::talk::Talk;

/// Numbers by name, in the order in which they are shown. A name ends in its unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures(Vec<(&'static str, f64)>);

impl Figures {
    /// Adds one. What could not be measured, such as a mean of nothing, is left out.
    pub fn add(&mut self, name: &'static str, value: f64) {
        if value.is_finite() {
            self.0.push((name, value));
        }
    }

    /// Adds what so many deliveries cost.
    pub fn add_cost(&mut self, used: &Used, deliveries: u64) {
        let deliveries = deliveries as f64;
        self.add("deliveries_per_s", deliveries / used.seconds);
        self.add("relay_ns_per_delivery", used.relay_ns / deliveries);
        self.add("load_ns_per_delivery", used.own_ns / deliveries);
    }

    /// Adds the percentiles of the latency, where anything was heard.
    pub fn add_latency(&mut self, talk: &Talk) {
        if talk.latency_ns.is_empty() {
            return;
        }
        for (name, quantile) in [("p50_us", 0.5), ("p99_us", 0.99), ("p999_us", 0.999), ("max_us", 1.0)] {
            self.add(name, talk.latency_ns.value_at_quantile(quantile) as f64 / 1e3);
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, f64)> {
        self.0.iter().copied()
    }

    /// One of them.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.iter().find_map(|(found, value)| (found == name).then_some(value))
    }

    /// The median of each over several runs.
    pub fn medians(runs: &[Self]) -> Self {
        let names = runs.first().into_iter().flat_map(Self::iter).map(|(name, _)| name);
        Self(
            names.map(|name| (name, median(runs.iter().filter_map(|run| run.get(name)).collect()))).collect(),
        )
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) { (values[middle - 1] + values[middle]) / 2.0 } else { values[middle] }
}

/// A number with so many decimals, and commas between the thousands.
pub fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let groups: Vec<_> = whole.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    let sign = if value < 0.0 { "-" } else { "" };
    format!("{sign}{}{rest}", groups.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_told_apart() {
        for (value, decimals, shown) in
            [(0.0, 0, "0"), (999.4, 0, "999"), (9_040.0, 0, "9,040"), (-1_234_567.891, 2, "-1,234,567.89")]
        {
            assert_eq!(grouped(value, decimals), shown);
        }
    }

    #[test]
    fn medians_are_taken_figure_by_figure() {
        let run = |a, b| Figures(vec![("a", a), ("b", b)]);
        let medians = Figures::medians(&[run(1.0, 9.0), run(3.0, 7.0), run(2.0, 8.0)]);
        assert_eq!(medians, run(2.0, 8.0));
        assert_eq!(Figures::medians(&[run(1.0, 9.0), run(3.0, 7.0)]), run(2.0, 8.0));
        assert_eq!(Figures::medians(&[]), Figures::default());
    }

    #[test]
    fn a_mean_of_nothing_is_left_out() {
        let mut figures = Figures::default();
        figures.add("a", f64::NAN);
        assert_eq!(figures.get("a"), None);
    }
}
