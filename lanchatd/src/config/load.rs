//! Finding the configuration file and reading it, with all errors at once.
//!
//! The file is walked against the known keys (those of the defaults), and every value is tried alone, so
//! that one wrong value hides no other. What passed is taken together and checked for ranges.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lanchat_protocol::nearest;
use serde::Deserialize;
use toml::de::{DeTable, DeValue, Deserializer};
use toml::{Spanned, Table, Value};

use super::Config;
use super::check::{allowed, check, elements, quoted};
use super::errors::{Errors, Found, Lines};

/// The file that is read when none is named.
pub const SYSTEM_FILE: &str = "/etc/lanchatd/lanchatd.toml";

/// A longer key is no misspelling of a known one.
const KEY_BYTES_MAX: usize = 64;

/// Where the configuration is: the file that was named, else [`SYSTEM_FILE`] where there is one, else
/// nowhere and the defaults hold.
pub fn find(explicit: Option<&Path>) -> Option<PathBuf> {
    find_beside(explicit, Path::new(SYSTEM_FILE))
}

/// A system file that cannot even be looked for counts as there: reading it tells why, which is better
/// than running with other settings than the administrator wrote.
fn find_beside(explicit: Option<&Path>, system: &Path) -> Option<PathBuf> {
    let is_there = || !matches!(system.try_exists(), Ok(false));
    explicit.or_else(|| is_there().then_some(system)).map(Path::to_owned)
}

/// The same for a daemon that runs and must not wait: only of a regular file, which the one that it was
/// started with may not have been.
pub fn read_again(path: Option<&Path>) -> Result<Config, Errors> {
    match path {
        Some(path) if fs::metadata(path).is_ok_and(|file| !file.is_file()) => {
            let message = "is not a regular file, which is all that is read again".to_owned();
            Err(Errors::unplaced(&path.display().to_string(), message))
        }
        path => read(path),
    }
}

/// The configuration in the file at `path`; the defaults where there is none.
pub fn read(path: Option<&Path>) -> Result<Config, Errors> {
    let Some(path) = path else { return Ok(Config::default()) };
    let name = path.display().to_string();
    let bytes = fs::read(path).map_err(|error| {
        let remedy = "make the file readable, or name another one with --config FILE";
        Errors::unplaced(&name, format!("cannot be read: {error}; {remedy}"))
    })?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => parse(&name, text),
        Err(error) => {
            let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let message = "is no UTF-8 from here on, allowed: text in UTF-8".to_owned();
            Err(Errors::placed(&name, &valid, vec![Found { at: valid.len(), message }]))
        }
    }
}

/// The configuration that `text` is; errors call it `name`.
pub fn parse(name: &str, text: &str) -> Result<Config, Errors> {
    let (document, syntax) = DeTable::parse_recoverable(text);
    let mut walk = Walk::default();
    let known = walk.known(&defaults(), "", document.into_inner());
    let config = deserialize(known).unwrap_or_else(|error| {
        walk.found.push(Found { at: 0, message: error.message().to_owned() });
        Config::default()
    });
    walk.check(&config);

    let syntax = syntax.iter().map(|error| not_toml(text, error));
    let found = walk.merge(&Lines::of(text), syntax);
    if found.is_empty() { Ok(config) } else { Err(Errors::placed(name, text, found)) }
}

fn not_toml(text: &str, error: &toml::de::Error) -> Found {
    let span = error.span().unwrap_or(text.len()..text.len());
    let message = match (error.message(), text.get(span.clone())) {
        ("duplicate key", Some(key)) => {
            format!("{key} stands here again, allowed: each key and section once")
        }
        (message, _) => format!("not TOML: {message}"),
    };
    Found { at: span.start, message }
}

/// Every known key with its default.
fn defaults() -> Table {
    Table::try_from(Config::default()).unwrap_or_default()
}

fn deserialize(table: DeTable<'_>) -> Result<Config, toml::de::Error> {
    Config::deserialize(Deserializer::from(Spanned::new(0..0, table)))
}

/// The walk through a file: what is wrong in it, and where each known key has its value.
#[derive(Default)]
struct Walk {
    found: Vec<Found>,
    places: BTreeMap<String, Place>,
    /// Where each value begins and ends, those of unknown keys included.
    spans: BTreeMap<usize, usize>,
}

/// Where the value of a key is, and where its elements are if it is a list.
struct Place {
    value: usize,
    elements: Vec<usize>,
}

impl Walk {
    /// What of `table` is known and of the right type.
    fn known<'a>(&mut self, known: &Table, prefix: &str, table: DeTable<'a>) -> DeTable<'a> {
        let mut kept = DeTable::new();
        for (key, value) in table {
            let path = format!("{prefix}{}", key.get_ref());
            let span = value.span();
            if !value.get_ref().is_table() {
                self.spans.insert(span.start, span.end);
            }
            match (known.get(key.get_ref().as_ref()), value.into_inner()) {
                (None, _) => self.unknown(known, prefix, &key),
                (Some(Value::Table(known)), DeValue::Table(section)) => {
                    let section = DeValue::Table(self.known(known, &format!("{path}."), section));
                    kept.insert(key, Spanned::new(span, section));
                }
                (Some(Value::Table(_)), other) => {
                    self.wrong(span.start, &path, &other, &format!("a section [{path}]"));
                }
                (Some(_), value) => {
                    let value = Spanned::new(span, value);
                    if self.is_right(&path, &value) {
                        kept.insert(key, value);
                    }
                }
            }
        }
        kept
    }

    fn unknown(&mut self, known: &Table, prefix: &str, key: &Spanned<Cow<'_, str>>) {
        let (written, known) = (key.get_ref(), || known.keys().map(String::as_str));
        let may_be_misspelt = written.len() <= KEY_BYTES_MAX;
        let near = may_be_misspelt.then(|| nearest(written, known())).flatten();
        let all = known().collect::<Vec<_>>().join(", ");
        let remedy = match near {
            Some(near) => format!("did you mean {prefix}{near}?"),
            None if prefix.is_empty() => format!("allowed: {all}"),
            None => format!("allowed in [{}]: {all}", prefix.trim_end_matches('.')),
        };
        let message = format!("{} is unknown, {remedy}", unquoted(&format!("{prefix}{written}")));
        self.found.push(Found { at: key.span().start, message });
    }

    /// Tries a value alone.
    fn is_right(&mut self, path: &str, value: &Spanned<DeValue<'_>>) -> bool {
        let is_right = deserialize(nest(path, value.clone())).is_ok();
        if is_right {
            self.places.insert(path.to_owned(), Place::of(value));
        } else {
            self.wrong_value(path, value);
        }
        is_right
    }

    /// All lists in the configuration are of strings: an element that is none is what is wrong, and the
    /// others are looked at all the same.
    fn wrong_value(&mut self, path: &str, value: &Spanned<DeValue<'_>>) {
        let list = value.get_ref().as_array().filter(|_| matches!(path, "listen.chat" | "listen.allow"));
        let Some(list) = list else {
            return self.wrong(value.span().start, path, value.get_ref(), &allowed(path));
        };
        for (index, element) in list.iter().enumerate().filter(|(_, element)| !element.get_ref().is_str()) {
            let path_of_element = format!("{path}[{index}]");
            self.wrong(element.span().start, &path_of_element, element.get_ref(), &allowed(path));
        }
        let strings: Vec<_> = list.iter().map(|element| element.get_ref().as_str()).collect();
        for finding in elements(path, &strings) {
            let element = finding.element.and_then(|index| list.get(index));
            let at = element.map_or(value.span().start, |element| element.span().start);
            self.found.push(Found { at, message: finding.message });
        }
    }

    fn wrong(&mut self, at: usize, path: &str, value: &DeValue<'_>, allowed: &str) {
        let message = format!("{path} is {}, allowed: {allowed}", describe(value));
        self.found.push(Found { at, message });
    }

    /// Adds what is wrong with values that have the right type.
    fn check(&mut self, config: &Config) {
        for finding in check(config) {
            let place = self.places.get(finding.key);
            let element = place.zip(finding.element).and_then(|(place, index)| place.elements.get(index));
            let at = element.copied().or(place.map(|place| place.value)).unwrap_or_default();
            self.found.push(Found { at, message: finding.message });
        }
    }

    /// Adds what is no TOML. A broken line or value is told once: more errors in it follow from the first,
    /// and what it sets is the parser's guess.
    fn merge(self, lines: &Lines<'_>, syntax: impl Iterator<Item = Found>) -> Vec<Found> {
        let mut broken = BTreeMap::new();
        for error in syntax {
            broken.entry(lines.line(self.value_around(error.at))).or_insert(error);
        }
        let around = |error: &Found| lines.line(self.value_around(error.at));
        let mut found: Vec<Found> =
            self.found.iter().filter(|error| !broken.contains_key(&around(error))).cloned().collect();
        found.extend(broken.into_values());
        found
    }

    /// Where the value that reaches over the byte at `at` begins; `at` itself where there is none.
    fn value_around(&self, at: usize) -> usize {
        let before = self.spans.range(..=at).next_back();
        before.filter(|(_, end)| **end >= at).map_or(at, |(start, _)| *start)
    }
}

impl Place {
    fn of(value: &Spanned<DeValue<'_>>) -> Self {
        let elements = value.get_ref().as_array().into_iter().flatten();
        Self { value: value.span().start, elements: elements.map(|element| element.span().start).collect() }
    }
}

/// A document that holds one value.
fn nest<'a>(path: &'a str, value: Spanned<DeValue<'a>>) -> DeTable<'a> {
    let span = value.span();
    let wrap = |value, key: &'a str| {
        let mut table = DeTable::new();
        table.insert(Spanned::new(span.clone(), Cow::Borrowed(key)), value);
        table
    };
    let (sections, key) = path.rsplit_once('.').unwrap_or(("", path));
    let sections = sections.rsplit('.').filter(|section| !section.is_empty());
    sections.fold(wrap(value, key), |inner, key| wrap(Spanned::new(span.clone(), DeValue::Table(inner)), key))
}

/// A value as people would call it.
fn describe(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(string) => quoted(string),
        DeValue::Integer(number) => unquoted(&number.to_string()),
        DeValue::Float(number) => unquoted(&number.to_string()),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(_) => "a date or time".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a section".to_owned(),
    }
}

/// Bounded and escaped like a quoted string.
fn unquoted(text: &str) -> String {
    quoted(text).trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests;
