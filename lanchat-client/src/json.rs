//! Events for programs: the relay's own lines, made safe for whoever prints them.

use std::borrow::Cow;
use std::fmt::Write;

use lanchat_protocol::text;

/// The line as it came, if it is one JSON object.
///
/// Valid JSON may hold C1 controls, DEL and bidi overrides inside its strings; they are written as `\u`
/// escapes, which mean the same to a program and nothing to a terminal.
pub(crate) fn object(line: &[u8]) -> Option<Cow<'_, str>> {
    let line = str::from_utf8(line).ok()?;
    serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(line).ok()?;
    if text::is_clean(line) && !line.contains('\t') {
        return Some(Cow::Borrowed(line));
    }
    let mut safe = String::with_capacity(line.len() + 16);
    for c in line.chars() {
        match c {
            // Between tokens only: inside a string JSON allows no raw C0 control.
            '\t' | '\r' | '\n' => safe.push(' '),
            _ if text::is_clean(c.encode_utf8(&mut [0; 4])) => safe.push(c),
            // All that the sanitiser objects to lies in the basic plane: four digits are enough.
            _ => write!(safe, "\\u{:04x}", u32::from(c)).unwrap_or_default(),
        }
    }
    Some(Cow::Owned(safe))
}

/// The id of the request that a line answers which is no event that this version knows.
pub(crate) fn answered(line: &[u8]) -> Option<String> {
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(line).ok()?;
    object.get("id")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_object_passes_as_it_came_with_fields_that_this_version_does_not_know() {
        let line = r#"{"type":"later","x":[1,{"y":"é\u001b"}],"z":null}"#;
        assert_eq!(object(line.as_bytes()).as_deref(), Some(line));
    }

    #[test]
    fn what_is_no_object_does_not_pass() {
        for line in ["", "1", "[1]", "{", "{}x", "\"x\"", "null"] {
            assert_eq!(object(line.as_bytes()), None, "{line}");
        }
        assert_eq!(object(b"{\"x\":\"\xff\"}"), None);
        assert_eq!(object(format!("{{\"x\":{}", "[".repeat(100_000)).as_bytes()), None);
    }

    #[test]
    fn raw_terminal_controls_become_escapes_of_the_same_meaning() {
        let line = "{\t\"x\":\"a\u{9b}2J\u{7f}\u{202e}\"}";
        assert_eq!(object(line.as_bytes()).as_deref(), Some(r#"{ "x":"a\u009b2J\u007f\u202e"}"#));
    }

    proptest! {
        #[test]
        fn a_safe_line_is_clean_and_means_the_same(value in "[\\x00-\\u{a0}\\u{2020}-\\u{2070}]{0,20}|.{0,20}") {
            let event = serde_json::json!({ "type": "message", "text": value });
            let safe = object(event.to_string().as_bytes()).unwrap().into_owned();
            prop_assert!(text::is_clean(&safe) && !safe.contains('\n'));
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), event);
        }
    }
}
