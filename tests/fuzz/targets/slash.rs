//! A command that went wrong is never a message, and what commands ask is understood or refused.
#![no_main]

use jiff::tz::TimeZone;
use lanchat_protocol::past::{Query, Wanted, place};
use lanchat_protocol::slash::{Typed, parse};
use lanchat_protocol::{moment, text};
use libfuzzer_sys::fuzz_target;

const NOW_MS: i64 = 1_795_342_500_120;

fuzz_target!(|input: &[u8]| {
    let (line, _) = text::decode(input);
    let typed = parse(&line);
    let is_command = line.starts_with('/') && !line.starts_with("//");
    assert!(!(is_command && matches!(typed, Typed::Say(_))), "a command was said: {line:?}");
    match typed {
        Typed::History(asked) => {
            let (_, asked) = place(asked);
            let _ = Wanted::parse(asked, NOW_MS, &TimeZone::UTC);
        }
        Typed::Search(words) => {
            if let Err(wrong) = Query::parse(words, NOW_MS, &TimeZone::UTC) {
                assert!(!wrong.to_string().is_empty());
            }
        }
        Typed::Wrong(wrong) => assert!(!wrong.to_string().is_empty()),
        _ => {}
    }
    if let Ok(ms) = moment::parse(&line, NOW_MS, &TimeZone::UTC) {
        assert!(!moment::utc(ms).is_empty());
    }
});
