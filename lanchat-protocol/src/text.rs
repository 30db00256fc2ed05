//! What may stand in a message: the sanitiser that every user string passes once.
//!
//! Whatever passed it can be written to a terminal, a log or a table: it moves no cursor, changes no
//! colour, ends no line and turns no text around.

use std::borrow::Cow;

/// What becomes of one character.
enum Verdict {
    Keep,
    Drop,
    Space,
}

fn verdict(c: char) -> Verdict {
    match c {
        '\t' => Verdict::Keep,
        // Line breaks, those of Unicode included (UAX #14, class BK, CR, LF and NL).
        '\n' | '\r' | '\x0b' | '\x0c' | '\u{85}' | '\u{2028}' | '\u{2029}' => Verdict::Space,
        // C0, DEL and C1 (ECMA-48): everything a terminal could take for an order, escape included.
        '\0'..='\x1f' | '\x7f'..='\u{9f}' => Verdict::Drop,
        // Embeddings, overrides and isolates of the bidirectional algorithm (UAX #9).
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Verdict::Drop,
        _ => Verdict::Keep,
    }
}

/// Whether `text` holds nothing that [`clean`] would change.
pub fn is_clean(text: &str) -> bool {
    // Non-ASCII offenders begin with 0xC2 (C1) or 0xE2 (bidi controls, separators) in UTF-8.
    let suspicious = |b: &u8| (*b < 0x20 && *b != b'\t') || matches!(*b, 0x7f | 0xc2 | 0xe2);
    // Without an early exit inside a chunk, the compiler looks at many bytes at once.
    let has_suspicious = |chunk: &[u8]| chunk.iter().fold(false, |any, b| any | suspicious(b));
    !text.as_bytes().chunks(64).any(has_suspicious)
        || text.chars().all(|c| matches!(verdict(c), Verdict::Keep))
}

/// The text with line breaks as spaces and without control, escape and bidi-override characters.
/// Tabs stay. Borrowed where there is nothing to change, which is the common case.
pub fn clean(text: &str) -> Cow<'_, str> {
    if is_clean(text) {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().filter_map(|c| match verdict(c) {
        Verdict::Keep => Some(c),
        Verdict::Space => Some(' '),
        Verdict::Drop => None,
    });
    Cow::Owned(kept.collect())
}

/// The text of arbitrary bytes: what is not UTF-8 becomes U+FFFD. The flag tells whether any was.
pub fn decode(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text), false),
        Err(_) => (Cow::Owned(String::from_utf8_lossy(bytes).into_owned()), true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_text_of_any_script_is_borrowed_unchanged() {
        for text in ["hi", "tab\there", "été", "日本語", "שלום", "👩‍👩‍👧", "“quotes” – dash", "\u{a0}nbsp"]
        {
            assert!(matches!(clean(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn terminal_orders_do_not_survive() {
        assert_eq!(clean("\x1b[31mred\x1b[0m"), "[31mred[0m");
        assert_eq!(clean("a\u{9b}2Jb\x07\0\x7f"), "a2Jb");
        assert_eq!(clean("abc\u{202e}fed\u{2066}x\u{2069}"), "abcfedx");
    }

    #[test]
    fn line_breaks_become_spaces() {
        assert_eq!(clean("a\nb\r\nc\u{2028}d\u{85}e"), "a b  c d e");
    }

    proptest! {
        #[test]
        fn nothing_forbidden_survives_and_a_second_pass_changes_nothing(text in "\\PC*|[\\x00-\\u{a0}]*|.*") {
            let once = clean(&text);
            prop_assert!(is_clean(&once));
            let forbidden = |c: char| (c.is_control() && c != '\t') || ['\u{202e}', '\u{2028}'].contains(&c);
            prop_assert!(!once.contains(forbidden));
            prop_assert_eq!(clean(&once), &*once);
        }
    }
}
