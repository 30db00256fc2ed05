//! What may stand in a message: the sanitiser that every user string passes once.
//!
//! Whatever passed it can be written to a terminal, a log or a table: it moves no cursor, changes no
//! colour, ends no line and turns no text around. What people say may have several lines ([`clean_lines`]):
//! each of them is so.

use std::borrow::Cow;

/// Lines that one message has at most.
pub const LINES_MAX: usize = 100;

/// What becomes of one character.
enum Verdict {
    Keep,
    Drop,
    Break,
}

fn verdict(c: char) -> Verdict {
    match c {
        '\t' => Verdict::Keep,
        // Line breaks, those of Unicode included (UAX #14, class BK, CR, LF and NL).
        '\n' | '\r' | '\x0b' | '\x0c' | '\u{85}' | '\u{2028}' | '\u{2029}' => Verdict::Break,
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
        Verdict::Break => Some(' '),
        Verdict::Drop => None,
    });
    Cow::Owned(kept.collect())
}

/// The same for what may have several lines: each line break becomes `\n`, CR LF a single one, and blank lines at the
/// start and at the end go. Text of one line is as [`clean`] leaves it.
pub fn clean_lines(text: &str) -> Cow<'_, str> {
    if is_clean(text) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut follows_cr = false;
    for c in text.chars() {
        match verdict(c) {
            Verdict::Keep => kept.push(c),
            Verdict::Break if c == '\n' && follows_cr => {}
            Verdict::Break => kept.push('\n'),
            Verdict::Drop => {}
        }
        follows_cr = c == '\r';
    }
    let inner = without_blank_ends(&kept);
    if inner.len() < kept.len() { Cow::Owned(inner.to_owned()) } else { Cow::Owned(kept) }
}

/// The lines from the first to the last that has something in it.
fn without_blank_ends(lines: &str) -> &str {
    let mut inner = lines;
    while let Some((first, rest)) = inner.split_once('\n')
        && first.trim().is_empty()
    {
        inner = rest;
    }
    while let Some((rest, last)) = inner.rsplit_once('\n')
        && last.trim().is_empty()
    {
        inner = rest;
    }
    let was_cut = inner.len() < lines.len();
    if was_cut && inner.trim().is_empty() { "" } else { inner }
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

    #[test]
    fn lines_stay_lines_however_they_are_ended() {
        assert_eq!(
            clean_lines("a\nb\r\nc\rd\u{2028}e\u{2029}f\u{85}g\x0bh\x0ci"),
            "a\nb\nc\nd\ne\nf\ng\nh\ni"
        );
        assert_eq!(clean_lines("a\n\r\nb"), "a\n\nb", "a blank line in the middle stays");
        assert_eq!(clean_lines("a\r\r\n\rb"), "a\n\n\nb", "only CR LF is one");
        assert_eq!(clean_lines("if x:\n\ty\n    z"), "if x:\n\ty\n    z", "code keeps its indentation");
        assert_eq!(clean_lines("a\x1b[2J\n\u{202e}b\0"), "a[2J\nb");
    }

    #[test]
    fn blank_lines_at_the_start_and_at_the_end_go() {
        assert_eq!(clean_lines("\n \t\r\n  a\n\n b \n\u{3000}\n"), "  a\n\n b ");
        assert_eq!(clean_lines("a\n\x1b\n"), "a", "also one that is blank because of what was taken out");
        for blank in ["\n", " \n ", "\r\n\r\n", "\u{2028}\t"] {
            assert_eq!(clean_lines(blank), "", "{blank:?}");
        }
    }

    #[test]
    fn text_of_one_line_is_borrowed_or_as_without_lines() {
        for text in ["hi", "  hi ", "日本語", "", "   "] {
            assert!(matches!(clean_lines(text), Cow::Borrowed(same) if same == text), "{text:?}");
        }
        assert_eq!(clean_lines(" \x1b "), clean(" \x1b "));
    }

    proptest! {
        #[test]
        fn each_of_several_lines_is_clean_and_none_at_an_end_is_blank(
            text in "\\PC*|[\\x00-\\u{a0}]*|.*|([a \t\x1b\r\n\u{2028}\u{202e}]){0,12}"
        ) {
            let once = clean_lines(&text);
            prop_assert!(once.split('\n').all(is_clean));
            prop_assert_eq!(clean_lines(&once), &*once, "a second pass changes nothing");
            if once.contains('\n') {
                let is_blank = |line: Option<&str>| line.is_some_and(|line| line.trim().is_empty());
                prop_assert!(!is_blank(once.split('\n').next()) && !is_blank(once.rsplit('\n').next()));
            }
            let said = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(said(&once), said(&clean(&text)), "nothing is lost but blanks");
        }

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
