//! How a text client sends: lines, whole chunks without line ends, or key by key.
//!
//! The rule, also in `docs/PROTOCOL.md`:
//! * Whoever has sent a line end, or a telnet order, sends lines from then on.
//! * Whoever sends more than one character at once without a line end sends chunks: a chunk is a
//!   message once nothing has followed it for a moment. That holds until the first line end.
//! * Whoever sends two single characters one after the other types on a keyboard that sends each key:
//!   only the Enter key ends a line, and Backspace takes a character back.
//! * That is a guess until the first Enter or telnet order: a whole chunk ([`CHUNK_CHARS_MIN`] or more
//!   characters at once) shows a program after all. What was held back is a message, and so is the chunk.
//! * A single character that nothing follows is a message when the client ends its side.

/// How a client sends, as far as it has shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Manner {
    /// Nothing without a line end has arrived yet.
    #[default]
    Unknown,
    /// One single character: a key, or a very short message.
    OneKey,
    /// Key by key, it seems: no Enter has been pressed yet.
    Keys,
    /// Key by key.
    Keyboard,
    /// Whole messages without line ends.
    Chunks,
    /// Lines.
    Lines,
}

impl Manner {
    /// A line has ended, or telnet has shown itself.
    pub(super) fn after_line_end(self, is_telnet: bool) -> Self {
        match self {
            Self::OneKey | Self::Keys | Self::Keyboard => Self::Keyboard,
            Self::Unknown | Self::Chunks | Self::Lines => {
                if is_telnet {
                    Self::Keyboard
                } else {
                    Self::Lines
                }
            }
        }
    }

    /// `piece` has arrived at once, without a line end.
    pub(super) fn after_piece(self, piece: &[u8]) -> Self {
        match (self, is_one_key(piece)) {
            (Self::Unknown, true) => Self::OneKey,
            (Self::Unknown | Self::OneKey, false) => Self::Chunks,
            (Self::OneKey, true) => Self::Keys,
            (Self::Keys, false) if is_chunk(piece) => Self::Chunks,
            (known @ Self::Keys, _) => known,
            (known @ (Self::Keyboard | Self::Chunks | Self::Lines), _) => known,
        }
    }
}

/// How many characters at once no keyboard sends: two or three may be quick keys in one segment.
const CHUNK_CHARS_MIN: usize = 4;

fn is_chunk(piece: &[u8]) -> bool {
    piece.first() != Some(&0x1b) && String::from_utf8_lossy(piece).chars().count() >= CHUNK_CHARS_MIN
}

/// Whether the bytes are what one key of a keyboard sends: a character, or an escape sequence.
fn is_one_key(piece: &[u8]) -> bool {
    match piece {
        [0x1b, rest @ ..] => rest.len() <= 7,
        _ => match std::str::from_utf8(piece) {
            Ok(text) => text.chars().count() <= 1,
            // A part of a character.
            Err(error) => error.valid_up_to() == 0 && piece.len() < 4,
        },
    }
}

/// What was typed, with what Backspace (BS or DEL) and ^U took back.
pub(super) fn apply_erasures(line: &[u8]) -> Vec<u8> {
    let mut kept: Vec<u8> = Vec::with_capacity(line.len());
    for byte in line.iter().copied() {
        match byte {
            0x08 | 0x7f => {
                // Continuation bytes of UTF-8 are 10xxxxxx.
                while kept.pop().is_some_and(|last| last & 0xc0 == 0x80) {}
            }
            0x15 => kept.clear(),
            _ => kept.push(byte),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manner(pieces: &[&str]) -> Manner {
        pieces.iter().fold(Manner::Unknown, |manner, piece| match piece.strip_suffix('\n') {
            Some(_) => manner.after_line_end(false),
            None => manner.after_piece(piece.as_bytes()),
        })
    }

    #[test]
    fn the_way_bytes_arrive_tells_programs_from_keyboards() {
        assert_eq!(manner(&["Hi"]), Manner::Chunks);
        assert_eq!(manner(&["h"]), Manner::OneKey);
        assert_eq!(manner(&["h", "i"]), Manner::Keys);
        assert_eq!(manner(&["é", "\x1b[A", "ll"]), Manner::Keys);
        assert_eq!(manner(&["h", "i", "\n"]), Manner::Keyboard);
        assert_eq!(manner(&["h", "i", "\n", "pasted words"]), Manner::Keyboard);
        assert_eq!(manner(&["y", "n", "Hello"]), Manner::Chunks);
        assert_eq!(manner(&["y", "no"]), Manner::Chunks);
        assert_eq!(manner(&["h", "\n"]), Manner::Keyboard);
        assert_eq!(manner(&["hi\n", "there"]), Manner::Lines);
        assert_eq!(manner(&["Hi", "x\n", "y"]), Manner::Lines);
    }

    #[test]
    fn backspace_takes_whole_characters_back() {
        assert_eq!(apply_erasures(b"helo\x08lo"), b"hello");
        assert_eq!(apply_erasures("né\x7fe".as_bytes()), b"ne");
        assert_eq!(apply_erasures(b"\x08\x08a"), b"a");
        assert_eq!(apply_erasures(b"wrong\x15right"), b"right");
    }
}
