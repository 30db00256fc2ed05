use super::*;
use crate::config::{Allow, reload};
use proptest::prelude::*;

const SHIPPED: &str = include_str!("../../../../config/lanchatd.toml");

fn errors(text: &str) -> Vec<String> {
    let errors = parse("f", text).expect_err("should be refused");
    errors.to_string().lines().map(str::to_owned).collect()
}

#[test]
fn the_shipped_file_is_the_defaults() {
    assert_eq!(parse("lanchatd.toml", SHIPPED), Ok(Config::default()));
    assert_eq!(parse("empty", ""), Ok(Config::default()));
}

#[test]
fn the_shipped_file_shows_every_key_after_a_word_about_it() {
    let lines: Vec<&str> = SHIPPED.lines().collect();
    let mut section = "";
    let mut shown = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            assert!(lines[index - 1].starts_with("# "), "{key} has no comment");
            shown.push(format!("{section}.{key}"));
        }
    }
    shown.sort();
    assert_eq!(shown, reload::values(&Config::default()).into_keys().collect::<Vec<_>>());
}

#[test]
fn what_is_set_holds_and_the_rest_keeps_its_default() {
    let config = parse("f", "limits.line_bytes_max = 64\n[listen]\nallow = [\"10.0.0.0/8\"]\n").unwrap();
    let mut expected = Config::default();
    expected.limits.line_bytes_max = 64;
    expected.listen.allow = Allow::Networks(vec!["10.0.0.0/8".to_owned()]);
    assert_eq!(config, expected);
}

#[test]
fn an_unknown_key_names_the_nearest() {
    assert_eq!(
        errors("[limits]\nline_byte_max = 1\n"),
        ["f:2:1: limits.line_byte_max is unknown, did you mean limits.line_bytes_max?"]
    );
    assert_eq!(
        errors("x = 1\n[limts]\n"),
        [
            "f:1:1: x is unknown, allowed: accounts, admin, io, limits, listen, log, metrics, store, tls",
            "f:2:2: limts is unknown, did you mean limits?"
        ]
    );
    assert_eq!(
        errors("[log]\n  colours = true\n"),
        ["f:2:3: log.colours is unknown, allowed in [log]: level, messages, target"]
    );
    assert_eq!(errors("limits.\"a\\nb\" = 1")[0].split(',').next(), Some("f:1:8: limits.a\\nb is unknown"));
}

#[test]
fn a_value_of_another_type_says_what_is_allowed() {
    assert_eq!(
        errors("\n[limits]\nline_bytes_max = \"x\"\n"),
        ["f:3:18: limits.line_bytes_max is \"x\", allowed: a whole number from 64 to 1048576 (bytes)"]
    );
    assert_eq!(errors("log.messages = 1"), ["f:1:16: log.messages is 1, allowed: true or false"]);
    assert_eq!(
        errors("log.level = \"loud\""),
        ["f:1:13: log.level is \"loud\", allowed: \"error\", \"warn\", \"info\", \"debug\" or \"trace\""]
    );
    assert_eq!(errors("limits = 3"), ["f:1:10: limits is 3, allowed: a section [limits]"]);
    assert_eq!(errors("[[limits]]"), ["f:1:1: limits is a list, allowed: a section [limits]"]);
    assert!(errors("log.level = 1979-05-27")[0].starts_with("f:1:13: log.level is a date or time, allowed:"));
    assert!(errors("limits.text_quiet_ms = 1.5")[0].contains("is 1.5, allowed: a whole number"));
    assert!(errors("admin.socket.x = 1")[0].contains("admin.socket is a section, allowed: \"\" or"));
}

#[test]
fn every_wrong_element_of_a_list_is_pointed_at() {
    let chat = "a list of IP addresses with ports, such as [\"0.0.0.0:5555\", \"[::]:5555\"]";
    assert_eq!(
        errors("[listen]\nchat = [\"[::]:1\", 5,\n  true]\nallow = [\"lan\", \"::/0\"]"),
        [
            format!("f:2:19: listen.chat[1] is 5, allowed: {chat}"),
            format!("f:3:3: listen.chat[2] is true, allowed: {chat}"),
            format!("f:4:10: listen.allow[0] is \"lan\", allowed: {}", allowed("listen.allow")),
        ]
    );
    assert!(errors("listen.chat = [\"localhost:1\"]")[0].starts_with("f:1:16: listen.chat[0] is"));
    assert!(errors("listen.chat = 5555")[0].starts_with("f:1:15: listen.chat is 5555, allowed: a list"));
    assert!(errors("listen.allow = [[]]")[0].starts_with("f:1:17: listen.allow[0] is a list, allowed:"));
    assert!(errors("listen.chat = []")[0].starts_with("f:1:15: listen.chat is empty"));
}

#[test]
fn a_list_of_mixed_elements_is_told_completely() {
    let errors = errors("[listen]\nchat = [1, \"x\"]\nallow = [\"10.0.0.0/33\", 3]\n");
    let places: Vec<_> =
        errors.iter().map(|error| error.splitn(4, ' ').take(2).collect::<Vec<_>>()).collect();
    assert_eq!(
        places,
        [
            ["f:2:9:", "listen.chat[0]"],
            ["f:2:12:", "listen.chat[1]"],
            ["f:3:10:", "listen.allow[0]"],
            ["f:3:25:", "listen.allow[1]"],
        ]
    );
}

#[test]
fn a_number_of_any_size_is_told_its_range() {
    for number in ["-1", "63", "1048577", "4294967296", "9223372036854775808", "99999999999999999999999"] {
        let told = errors(&format!("limits.line_bytes_max = {number}"));
        assert_eq!(
            told,
            [format!(
                "f:1:25: limits.line_bytes_max is {number}, allowed: a whole number from 64 to 1048576 (bytes)"
            )]
        );
    }
    assert!(errors("limits.messages_burst_max = 4294967296")[0].contains("from 1 to 1000000"));
    assert!(errors("limits.stop_grace_ms = 18446744073709551615")[0].contains("from 0 to 60000"));
    assert!(errors("limits.stop_grace_ms = 0x")[0].contains("from 0 to 60000"));
}

#[test]
fn what_is_no_toml_is_told_once_a_line() {
    assert_eq!(
        errors("é = 1\nlog.level = loud\nlog.messages = = 2\n"),
        [
            "f:1:1: not TOML: invalid unquoted key, expected letters, numbers, `-`, `_`",
            "f:2:13: not TOML: string values must be quoted, expected literal string",
            "f:3:16: not TOML: extra `=`, expected nothing",
        ]
    );
    assert_eq!(
        errors("[tls]\nmode = \"off\"\nmode = \"off\"\n[tls]"),
        [
            "f:3:1: mode stands here again, allowed: each key and section once",
            "f:4:2: tls stands here again, allowed: each key and section once"
        ]
    );
    assert_eq!(
        errors("[listen]\nchat = [\"x\"\nallow = 1\n[log]\nlevel = 2"),
        ["f:3:1: not TOML: missing comma between array elements, expected `,`"]
    );
    assert_eq!(errors("[limits"), ["f:1:8: not TOML: unclosed table, expected `]`"]);
}

#[test]
fn all_errors_are_told_at_once_in_order() {
    let text = "\
[listen]
chat = [\"127.0.0.1:5555\", \"here\"]
alow = \"any\"
[limits]
line_bytes_max = 1
stop_grace_ms = -1
text_quiet_ms = soon
[log]
level = 7
[tls]
mode = \"loud\"
";
    let told = errors(text);
    let places: Vec<&str> = told.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["f:2:27", "f:3:1", "f:5:18", "f:6:17", "f:7:17", "f:9:9", "f:11:8"], "{told:#?}");
}

#[test]
fn a_named_file_comes_before_the_system_one() {
    let (there, absent) = (Path::new("/dev/null"), Path::new("/nonexistent/lanchatd.toml"));
    assert_eq!(find_beside(Some(absent), there), Some(absent.to_owned()));
    assert_eq!(find_beside(None, there), Some(there.to_owned()));
    assert_eq!(find_beside(None, absent), None);
    assert_eq!(read(None), Ok(Config::default()));
    assert_eq!(read(Some(there)), Ok(Config::default()));
}

#[test]
fn an_unreadable_file_is_one_error_with_a_remedy() {
    let told = read(Some(Path::new("/nonexistent/x.toml"))).unwrap_err().to_string();
    assert!(told.starts_with("/nonexistent/x.toml: cannot be read: No such file"), "{told}");
    assert!(told.ends_with("name another one with --config FILE"), "{told}");
}

#[test]
fn a_file_that_is_not_utf8_is_told_where() {
    let path = std::env::temp_dir().join(format!("lanchatd-load-{}.toml", std::process::id()));
    fs::write(&path, b"# \xc3\xa9\n# \xff\n").unwrap();
    let told = read(Some(&path)).unwrap_err().to_string();
    fs::remove_file(&path).unwrap();
    assert!(told.ends_with(":2:3: is no UTF-8 from here on, allowed: text in UTF-8"), "{told}");
}

#[test]
fn a_file_full_of_errors_is_told_in_reasonable_time() {
    let told = errors(&"[[[=,".repeat(100_000));
    assert!(told.len() <= 101);
    let told = errors(&(0..50_000).fold(String::new(), |text, n| format!("k{n}=1\n") + &text));
    assert_eq!(told.last().unwrap(), "f: 49900 more errors");
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in ".*|[\\[\\]a-c.=\"'\\n 0-9{},#\\\\]*") {
        let _ = parse("f", &text).map_err(|errors| errors.to_string());
    }

    #[test]
    fn any_value_of_any_key_is_taken_or_refused_in_one_line(
        key in prop::sample::select(reload::values(&Config::default()).into_keys().collect::<Vec<_>>()),
        value in prop_oneof![
            any::<i64>().prop_map(|n| n.to_string()),
            any::<f64>().prop_map(|n| format!("{n:?}")),
            "\"[a-z0-9:./]{0,20}\"",
            "\\[(\"[a-z0-9:./]{0,9}\",){0,3}\\]",
            "true|false|\\{\\}|\\[\\]|\\[1\\]|1979-05-27|\"\"",
        ],
    ) {
        if let Err(errors) = parse("f", &format!("{key} = {value}\n")) {
            let told = errors.to_string();
            prop_assert!(told.starts_with("f:1:"), "{}", told);
            prop_assert!(told.lines().all(|line| line.contains("llowed: ") || line.contains("not TOML")), "{}", told);
        }
    }
}
