//! A text of several lines as messages that the relay takes.

use lanchat_protocol::client::{Request, Say, write_line};
use lanchat_protocol::text::LINES_MAX;

/// How much room an id takes at most: that of a number.
const ID: &str = "18446744073709551615";

/// The text as messages to `to` of up to [`LINES_MAX`] lines that take up to `line_bytes_max` bytes on the wire.
/// Blank lines at the ends are left out, and so is a message of nothing else.
pub(crate) fn pieces(text: &str, to: &str, line_bytes_max: usize) -> Vec<String> {
    let mut empty = Vec::new();
    let (id, room) = (Some(ID.into()), Some(to.into()));
    write_line(&Request::Say(Say { id, room, text: "".into(), action: true }), &mut empty);
    let bytes_max = line_bytes_max.saturating_sub(empty.len());
    let (mut pieces, mut piece, mut lines, mut bytes) = (Vec::new(), String::new(), 0, 0);
    let mut finish = |piece: &mut String| {
        let whole = std::mem::take(piece);
        let trimmed = without_blank_ends(&whole);
        if !trimmed.is_empty() {
            pieces.push(trimmed.to_owned());
        }
    };
    for line in text.split('\n') {
        for part in parts(line, bytes_max) {
            // A line break is written as two bytes.
            let needed = written_bytes(part) + if lines > 0 { 2 } else { 0 };
            if lines == LINES_MAX || lines > 0 && bytes + needed > bytes_max {
                finish(&mut piece);
                (lines, bytes) = (0, 0);
            }
            if lines > 0 {
                piece.push('\n');
            }
            piece.push_str(part);
            lines += 1;
            bytes += needed;
        }
    }
    finish(&mut piece);
    pieces
}

/// The line, in parts that fit.
fn parts(line: &str, bytes_max: usize) -> Vec<&str> {
    let (mut parts, mut start, mut bytes) = (Vec::new(), 0, 0);
    for (at, c) in line.char_indices() {
        let more = written_bytes(c.encode_utf8(&mut [0; 4]));
        if bytes + more > bytes_max && at > start {
            parts.push(&line[start..at]);
            (start, bytes) = (at, 0);
        }
        bytes += more;
    }
    parts.push(&line[start..]);
    parts
}

/// How many bytes that takes in JSON, at most.
fn written_bytes(text: &str) -> usize {
    let written = |byte: u8| match byte {
        b'"' | b'\\' | b'\t' => 2,
        0..0x20 => 6,
        _ => 1,
    };
    text.bytes().map(written).sum()
}

/// Without blank lines before the first and after the last that is none, whose own indent stays.
fn without_blank_ends(text: &str) -> &str {
    let end = text.trim_end();
    let blank = end.len() - end.trim_start().len();
    let start = end[..blank].rfind('\n').map_or(0, |at| at + 1);
    if end.trim().is_empty() { "" } else { &end[start..] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbered(count: usize) -> String {
        (0..count).map(|n| n.to_string() + "\n").collect()
    }

    #[test]
    fn what_fits_is_one_message_and_what_has_a_line_too_many_two() {
        assert_eq!(pieces(&numbered(LINES_MAX), "lobby", 4096).len(), 1);
        assert_eq!(pieces(&numbered(LINES_MAX + 1), "lobby", 4096)[1], "100");
        assert_eq!(pieces("\n \n  a\n\n b \n\t\n", "lobby", 4096), ["  a\n\n b"]);
        assert_eq!(pieces("\n \n", "lobby", 4096), [""; 0]);
    }

    #[test]
    fn a_line_that_is_too_long_by_itself_is_cut_between_characters() {
        let text = "日".repeat(1_000);
        let pieces = pieces(&text, "lobby", 512);
        assert!(pieces.len() > 6 && pieces.concat() == text, "{pieces:?}");
        assert!(super::pieces("日本", "lobby", 0).concat() == "日本", "whatever the relay says");
    }

    proptest! {
        #[test]
        fn every_piece_fits_and_nothing_but_blanks_is_lost(text in "(\\PC|[\\n\\t\"\\\\]){0,400}", max in 256_usize..900) {
            let pieces = pieces(&text, "@ana", max);
            for piece in &pieces {
                let (id, room) = (Some(ID.into()), Some("@ana".into()));
                let mut line = Vec::new();
                write_line(&Request::Say(Say { id, room, text: piece.into(), action: false }), &mut line);
                prop_assert!(line.len() - 1 <= max, "{} of {max}", line.len());
                prop_assert!(piece.split('\n').count() <= LINES_MAX);
            }
            let solid = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(solid(&pieces.concat()), solid(&text));
        }
    }
}
