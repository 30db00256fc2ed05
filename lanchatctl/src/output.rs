//! What is written to standard output and standard error.
//!
//! Nothing that came over the socket reaches them unsanitised, and a closed pipe is no panic.

use std::io::{self, ErrorKind, Write};

use lanchat_protocol::admin::SCHEMA;
use lanchat_protocol::text;
use serde_json::{Value, json};

use crate::exit::Failure;

/// Writes text to standard output, sanitised line by line.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let lines: Vec<_> = text.lines().map(text::clean).collect();
    write(&(lines.join("\n") + "\n"))
}

/// Writes one line of text to standard output, sanitised: what came over the socket adds none.
pub(crate) fn print_line(text: &str) -> Result<(), Failure> {
    write(&line(text))
}

/// Writes a result to standard output as one line of JSON.
pub(crate) fn print_json(value: Value) -> Result<(), Failure> {
    write(&json_line(&versioned(value).to_string()))
}

/// An object says which version of its shape it has. A list stays a list: its elements may be read by any version.
fn versioned(mut value: Value) -> Value {
    if let Value::Object(fields) = &mut value {
        fields.entry("schema").or_insert_with(|| SCHEMA.into());
    }
    value
}

/// Writes a result that is JSON already.
pub(crate) fn print_json_text(json: &str) -> Result<(), Failure> {
    write(&json_line(json))
}

/// A line of JSON that a terminal may see.
pub(crate) fn json_line(json: &str) -> String {
    escape(json) + "\n"
}

/// A line of text that a terminal may see.
pub(crate) fn line(text: &str) -> String {
    text::clean(text).replace('\n', " ") + "\n"
}

/// Tells something on standard error that is no failure.
pub(crate) fn note(text: &str) {
    // There is nobody to tell when that fails.
    let _ = io::stderr().write_all(line(text).as_bytes());
}

/// What a failed write to standard output means.
pub(crate) fn failed(error: io::Error) -> Failure {
    match error.kind() {
        ErrorKind::BrokenPipe => Failure::OutputClosed,
        _ => Failure::Output(error),
    }
}

/// Tells on standard error what went wrong, as one line of JSON where the result would have been JSON; there is nobody
/// to tell when that fails.
pub(crate) fn complain(failure: &Failure, is_json: bool) {
    if is_json {
        let (code, exit) = (failure.code(), failure.exit() as u8);
        let error = json!({ "code": code, "exit": exit, "message": failure.to_string() });
        let told = json_line(&json!({ "schema": SCHEMA, "error": error }).to_string());
        let _ = io::stderr().write_all(told.as_bytes());
        return;
    }
    let told = failure.to_string();
    for line in told.lines() {
        let _ = writeln!(io::stderr(), "{}", text::clean(line));
    }
}

fn write(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(failed)
}

/// JSON that a terminal may see: characters that could move it are escaped, so that nothing is lost.
/// They can only stand inside of strings.
fn escape(json: &str) -> String {
    if text::is_clean(json) {
        return json.to_owned();
    }
    let escaped = |c: char| {
        if text::is_clean(c.encode_utf8(&mut [0; 4])) {
            c.to_string()
        } else {
            format!("\\u{:04x}", u32::from(c))
        }
    };
    json.chars().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_harmless_on_a_terminal_and_loses_nothing() {
        let value = serde_json::json!({ "nick": "a\u{9b}2J\u{202e}\u{7f}\n日\u{1b}", "n": 1 });
        let line = escape(&value.to_string());
        assert!(text::is_clean(&line), "{line:?}");
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value);
        assert!(line.contains("\\u009b2J\\u202e\\u007f\\n日"), "{line}");
    }
}
