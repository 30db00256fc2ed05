//! A name that was taken is fit to be shown, is itself again, and collides with what looks the same. What the sanitiser
//! has passed is clean.
#![no_main]

use lanchat_fuzz::assert_clean;
use lanchat_protocol::names::{NAME_CHARS_MAX, Nick, RoomName};
use lanchat_protocol::text;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let (written, _) = text::decode(input);
    let cleaned = text::clean(&written);
    assert_clean(&cleaned);
    assert_eq!(text::clean(&cleaned), cleaned);
    assert_eq!(text::is_clean(&written), cleaned == written);
    let lines = text::clean_lines(&written);
    lines.split('\n').for_each(assert_clean);
    assert_eq!(text::clean_lines(&lines), lines);
    if let Ok(nick) = Nick::parse(&written) {
        assert_clean(nick.as_str());
        assert!((1..=NAME_CHARS_MAX).contains(&nick.as_str().chars().count()));
        assert!(!nick.as_str().contains(char::is_whitespace));
        assert!(!nick.as_str().starts_with(['*', '#', '@', '/']));
        assert_eq!(Nick::parse(nick.as_str()).as_ref(), Ok(&nick));
        let upper = nick.as_str().to_uppercase();
        if upper.to_lowercase() == nick.as_str() {
            assert!(Nick::parse(&upper).is_ok_and(|upper| upper.keys().collide(&nick.keys())), "{nick}");
        }
    }
    if let Ok(room) = RoomName::parse(&written) {
        assert_clean(room.as_str());
        assert_eq!(RoomName::parse(&format!("#{room}")).as_ref(), Ok(&room));
        assert!(!room.key().is_empty());
    }
});
