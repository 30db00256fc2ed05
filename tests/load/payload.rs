//! What the messages say: who said it, the how manieth it is, and when it was due.
//!
//! `~PPP.NNNNNNNNNN.TTTTTTTTTTTTTTT abcdef…`: the publisher, the number of the message from 0, and the time
//! at which it was due in nanoseconds since the start, then letters up to the length that was asked for.
//! Nothing in it needs an escape in JSON, and nothing else that the relay writes has a [`MARK`].

use std::io::Write;

/// Begins every payload.
pub const MARK: u8 = b'~';

/// The length of what stands before the letters.
pub const HEADER_BYTES: usize = 32;

/// The most publishers: what three digits can tell apart.
pub const PUBLISHERS_MAX: u16 = 1_000;

/// What stands before the letters.
pub type Header = [u8; HEADER_BYTES];

const PUBLISHER_END: usize = 4;
const NUMBER_END: usize = PUBLISHER_END + 11;

/// Begins what a visitor says: somebody who comes, says this one line, and leaves.
const VISIT: &[u8] = b"~visit.";

/// The header of a message.
pub fn header(publisher: usize, number: u64, due_ns: u64) -> Header {
    let mut header = [b' '; HEADER_BYTES];
    // It fits: fewer publishers than PUBLISHERS_MAX, 10 digits for a run and 15 for eleven days.
    let _ = write!(&mut header[..], "~{publisher:03}.{number:010}.{due_ns:015} ");
    header
}

/// The letters of a payload of so many bytes.
pub fn letters(payload_bytes: usize) -> Vec<u8> {
    (b'a'..=b'z').cycle().take(payload_bytes.saturating_sub(HEADER_BYTES)).collect()
}

/// The publisher, from the first bytes of a payload.
pub fn publisher(payload: &[u8]) -> Option<usize> {
    let &[MARK, hundreds @ b'0'..=b'9', tens @ b'0'..=b'9', ones @ b'0'..=b'9', ..] = payload else {
        return None;
    };
    let digit = |byte: u8| usize::from(byte - b'0');
    Some(digit(hundreds) * 100 + digit(tens) * 10 + digit(ones))
}

/// The number of the message, from a payload that has a [`publisher`].
pub fn number(payload: &[u8]) -> Option<u64> {
    let number = payload.get(PUBLISHER_END..NUMBER_END)?.strip_prefix(b".")?;
    str::from_utf8(number).ok()?.parse().ok()
}

/// The line that a visitor says.
pub fn visit_line(id: u64) -> Vec<u8> {
    let mut line = VISIT.to_vec();
    line.extend_from_slice(format!("{id:010}\n").as_bytes());
    line
}

/// Which visitor says this, and what stands behind it.
pub fn visit(payload: &[u8]) -> Option<(u64, &[u8])> {
    let (id, behind) = payload.strip_prefix(VISIT)?.split_at_checked(10)?;
    Some((str::from_utf8(id).ok()?.parse().ok()?, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_tells_what_it_was_made_of() {
        for (who, which, due_ns) in [(0, 0, 0), (7, 41, 1_234_567), (999, 9_999_999_999, 999_999_999_999_999)]
        {
            let header = header(who, which, due_ns);
            assert_eq!(publisher(&header), Some(who));
            assert_eq!(number(&header), Some(which));
            assert_eq!(header[HEADER_BYTES - 1], b' ', "{}", String::from_utf8_lossy(&header));
        }
    }

    #[test]
    fn what_is_cut_or_something_else_is_no_payload() {
        assert_eq!(publisher(b"~12"), None);
        assert_eq!(publisher(b"~1a2.0000000001"), None);
        assert_eq!(number(b"~012.00000"), None);
        assert_eq!(number(b"~012-0000000001."), None);
        assert_eq!(publisher(&visit_line(3)), None);
    }

    #[test]
    fn a_visit_tells_whose_it_is() {
        assert_eq!(visit(&visit_line(1_234)), Some((1_234, &b"\n"[..])));
        assert_eq!(visit(b"~visit.12"), None);
        assert_eq!(visit(&header(0, 1, 2)), None);
    }

    #[test]
    fn a_payload_has_the_length_asked_for() {
        assert_eq!(letters(100).len() + HEADER_BYTES, 100);
        assert!(letters(10).is_empty());
    }
}
