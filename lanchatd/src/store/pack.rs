//! A pack: messages of one conversation that follow each other, as one compressed piece.
//!
//! Compressed with LZ4: in a flood, what has to reach the disk costs more than what is done to make it less. There is no
//! checksum, as there is none for rows; a file may hold anything, so whatever a pack says of itself is checked.

use std::str;

use lz4_flex::block::{compress_into, decompress_into, get_maximum_output_size};

use super::message::{MESSAGE_BYTES_MAX, id, ids, place};
use crate::kept::{Message, MessageKind, Stretch, Uid};

/// What a pack holds at most. Whoever reads one message of it unpacks all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// So many messages.
    pub(super) messages_max: usize,
    /// What they take before they are compressed: the message with which they reach this is the last.
    pub(super) bytes_max: usize,
}

impl Bounds {
    pub(super) const DEFAULT: Self = Self { messages_max: 1024, bytes_max: 64 * 1024 };
}

/// What a pack takes at most when it is not compressed: any message may be the last one.
const SIZE_MAX: usize = Bounds::DEFAULT.bytes_max + MESSAGE_BYTES_MAX;

/// In what stands for the kind of a message: its sender has given it a name.
const HAS_UID: u8 = 0x80;

/// What a pack says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    /// The number that its first message has as a row.
    pub(super) first: i64,
    /// The same of its last one.
    pub(super) last: i64,
    /// How many messages are in it.
    pub(super) count: u64,
    /// The time of the first one.
    pub(super) first_ms: i64,
    /// What it takes when it is not compressed.
    pub(super) size: usize,
}

/// A pack that is to be written.
#[derive(Debug)]
pub(super) struct Packed {
    pub(super) header: Header,
    /// The time of the last message.
    pub(super) last_ms: i64,
    /// The time of the newest one that has a name of its sender.
    pub(super) sent_ms: Option<i64>,
    pub(super) body: Vec<u8>,
}

/// A message of a pack. What makes no sense is `None`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) id: i64,
    pub(super) time_ms: i64,
    pub(super) kind: Option<MessageKind>,
    pub(super) nick: Option<&'a str>,
    pub(super) text: Option<&'a str>,
    /// Client and tag.
    pub(super) uid: Option<(Option<&'a str>, Option<&'a str>)>,
    /// All of it as it is in the pack.
    pub(super) bytes: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The message; `None` if it is none.
    pub(super) fn message(&self) -> Option<Message<&'a str>> {
        let (conversation, position) = place(self.id)?;
        let uid = match self.uid {
            Some((client, tag)) => Some(Uid { client: client?, tag: tag? }),
            None => None,
        };
        let (nick, text) = (self.nick?, self.text?);
        Some(Message { conversation, position, time_ms: self.time_ms, kind: self.kind?, nick, text, uid })
    }
}

/// Packs messages of one conversation, in the order of their positions, that were found to be in bounds.
pub(super) fn pack(messages: Stretch<'_>, bounds: Bounds) -> impl Iterator<Item = Packed> {
    let mut left = messages.iter().peekable();
    let (mut raw, mut compressed) = (Vec::new(), Vec::new());
    std::iter::from_fn(move || {
        let first = *left.peek()?;
        raw.clear();
        let (mut before, mut count, mut sent_ms) = (first, 0, None);
        while count < bounds.messages_max
            && raw.len() < bounds.bytes_max
            && let Some(message) = left.next()
        {
            write_frame(&mut raw, message, before);
            if message.uid.is_some() {
                sent_ms = sent_ms.max(Some(message.time_ms));
            }
            (before, count) = (message, count + 1);
        }
        // There is room for the worst case.
        compressed.resize(get_maximum_output_size(raw.len()), 0);
        let length = compress_into(&raw, &mut compressed).ok()?;
        let body = compressed[..length].to_vec();
        let header = Header {
            first: id(first.conversation, first.position),
            last: id(before.conversation, before.position),
            count: count as u64,
            first_ms: first.time_ms,
            size: raw.len(),
        };
        Some(Packed { header, last_ms: before.time_ms, sent_ms, body })
    })
}

fn write_frame(raw: &mut Vec<u8>, message: Message<&str>, before: Message<&str>) {
    let Message { position, time_ms, kind, nick, text, uid, .. } = message;
    write_number(raw, position.wrapping_sub(before.position));
    let passed_ms = time_ms.wrapping_sub(before.time_ms);
    // Small numbers either way: the sign comes last (zigzag).
    write_number(raw, ((passed_ms << 1) ^ (passed_ms >> 63)).cast_unsigned());
    let kind = match kind {
        MessageKind::Said => 0,
        MessageKind::Done => 1,
    };
    raw.push(if uid.is_some() { kind | HAS_UID } else { kind });
    write_text(raw, nick);
    write_text(raw, text);
    if let Some(Uid { client, tag }) = uid {
        write_text(raw, client);
        write_text(raw, tag);
    }
}

fn write_text(raw: &mut Vec<u8>, text: &str) {
    write_number(raw, text.len() as u64);
    raw.extend_from_slice(text.as_bytes());
}

/// Seven bits a byte, the low ones first; the highest bit says that there are more (LEB128).
fn write_number(raw: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        raw.push(number as u8 | 0x80);
        number >>= 7;
    }
    raw.push(number as u8);
}

/// What is in a body; `None` if that is not what the header says.
pub(super) fn open(header: &Header, body: &[u8]) -> Option<Vec<u8>> {
    if header.size > SIZE_MAX {
        return None;
    }
    let mut raw = vec![0; header.size];
    let length = decompress_into(body, &mut raw).ok()?;
    (length == header.size).then_some(raw)
}

/// The messages of an open pack, in their order. `None`: they are not what the header says.
pub(super) fn frames<'a>(header: &Header, mut raw: &'a [u8]) -> Option<Vec<Frame<'a>>> {
    let conversation = place(header.first)?.0;
    if !ids(conversation).contains(&header.last) || header.count > Bounds::DEFAULT.messages_max as u64 {
        return None;
    }
    let mut frames: Vec<Frame<'a>> = Vec::with_capacity(header.count as usize);
    let (mut id, mut time_ms) = (header.first, header.first_ms);
    while !raw.is_empty() {
        let all = raw;
        let further = i64::try_from(read_number(&mut raw)?).ok()?;
        if frames.is_empty() != (further == 0) {
            return None;
        }
        id = id.checked_add(further).filter(|id| *id <= header.last)?;
        let passed = read_number(&mut raw)?;
        time_ms = time_ms.wrapping_add((passed >> 1).cast_signed() ^ -(passed & 1).cast_signed());
        let (&kind, rest) = raw.split_first()?;
        raw = rest;
        let (nick, text) = (read_text(&mut raw)?, read_text(&mut raw)?);
        let uid = if kind & HAS_UID == 0 { None } else { Some((read_text(&mut raw)?, read_text(&mut raw)?)) };
        let kind = match kind & !HAS_UID {
            0 => Some(MessageKind::Said),
            1 => Some(MessageKind::Done),
            _ => None,
        };
        let bytes = &all[..all.len() - raw.len()];
        frames.push(Frame { id, time_ms, kind, nick, text, uid, bytes });
        if frames.len() as u64 > header.count {
            return None;
        }
    }
    (frames.len() as u64 == header.count && id == header.last).then_some(frames)
}

/// The outer `None`: there is no such thing; the inner one: it is no text.
#[expect(clippy::option_option, reason = "absent and unreadable are two things")]
fn read_text<'a>(raw: &mut &'a [u8]) -> Option<Option<&'a str>> {
    let length = usize::try_from(read_number(raw)?).ok()?;
    let (text, rest) = raw.split_at_checked(length)?;
    *raw = rest;
    Some(str::from_utf8(text).ok().filter(|text| text.len() <= MESSAGE_BYTES_MAX))
}

fn read_number(raw: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = raw.split_first()?;
        *raw = rest;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kept::Messages;

    fn messages(count: usize, text: &str) -> Vec<Message> {
        let message = |number: usize| Message {
            conversation: 3,
            position: 5 + 2 * number as u64,
            time_ms: 1_795_342_500_120 - 7 * i64::try_from(number).unwrap(),
            kind: if number.is_multiple_of(3) { MessageKind::Done } else { MessageKind::Said },
            nick: format!("nick{}", number % 5),
            text: format!("{number} {text}"),
            uid: number.is_multiple_of(2).then(|| Uid { client: "run".into(), tag: number.to_string() }),
        };
        (0..count).map(message).collect()
    }

    fn pack_all(messages: &[Message], bounds: Bounds) -> Vec<Packed> {
        let messages: Messages = messages.iter().map(Message::view).collect();
        messages.stretches().flat_map(|stretch| pack(stretch, bounds)).collect()
    }

    fn unpack(packed: &Packed) -> Option<Vec<Option<Message>>> {
        let raw = open(&packed.header, &packed.body)?;
        Some(frames(&packed.header, &raw)?.iter().map(|frame| frame.message().map(Message::owned)).collect())
    }

    #[test]
    fn what_is_packed_comes_out_again_within_bounds() {
        let messages = messages(3000, &"much to say ".repeat(4));
        let packs = pack_all(&messages, Bounds::DEFAULT);
        let found: Vec<_> = packs.iter().flat_map(|packed| unpack(packed).unwrap()).flatten().collect();
        assert_eq!(found, messages);
        assert!(packs.iter().all(|packed| packed.header.size < Bounds::DEFAULT.bytes_max + 200));
        assert!(packs[0].body.len() < packs[0].header.size / 2, "it was not compressed");
        assert_eq!(packs[0].sent_ms, Some(messages[0].time_ms));
        let bounds = Bounds { messages_max: 7, ..Bounds::DEFAULT };
        assert!(pack_all(&messages, bounds).iter().all(|packed| packed.header.count <= 7));
    }

    #[test]
    fn the_longest_message_fits_and_has_a_pack_of_its_own() {
        let mut messages = messages(2, "");
        for message in &mut messages {
            message.text = "x".repeat(MESSAGE_BYTES_MAX - message.bytes());
        }
        let packs = pack_all(&messages, Bounds::DEFAULT);
        assert_eq!(packs.len(), 2);
        assert!(packs.iter().all(|packed| unpack(packed).is_some_and(|messages| messages[0].is_some())));
        let larger = Header { size: SIZE_MAX + 1, ..packs[0].header };
        assert!(open(&larger, &packs[0].body).is_none());
    }

    #[test]
    fn a_text_that_is_none_is_the_only_one_that_is_left_out() {
        let packed = pack_all(&messages(3, "abc"), Bounds::DEFAULT).remove(0);
        let mut raw = open(&packed.header, &packed.body).unwrap();
        let at = raw.windows(5).position(|window| window == b"1 abc").unwrap();
        raw[at] = 0xff;
        let frames = frames(&packed.header, &raw).unwrap();
        let readable: Vec<_> = frames.iter().map(|frame| frame.message().is_some()).collect();
        assert_eq!(readable, [true, false, true]);
    }

    #[test]
    fn a_header_that_says_something_else_is_not_believed() {
        let Packed { header, body, .. } = pack_all(&messages(9, "abc"), Bounds::DEFAULT).remove(0);
        let wrong = [
            Header { count: 8, ..header },
            Header { count: 10, ..header },
            Header { count: u64::MAX, ..header },
            Header { last: header.last - 2, ..header },
            Header { last: header.last + 1, ..header },
            Header { last: i64::MAX, ..header },
            Header { first: -5, ..header },
            Header { size: header.size - 1, ..header },
            Header { size: header.size + 1, ..header },
        ];
        for header in wrong {
            let raw = open(&header, &body);
            assert!(raw.is_none_or(|raw| frames(&header, &raw).is_none()), "{header:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_file_holds_is_either_nothing_or_in_order(
            raw in prop::collection::vec(any::<u8>(), 0..200), count in 0..20_u64, body in any::<bool>(),
        ) {
            let header = Header { first: 1 << 41, last: (1 << 41) + 50, count, first_ms: 5, size: raw.len() };
            let opened = if body { open(&header, &raw) } else { Some(raw) };
            if let Some(frames) = opened.as_ref().and_then(|raw| frames(&header, raw)) {
                prop_assert!(frames.iter().is_sorted_by(|a, b| a.id < b.id));
                prop_assert!(frames.iter().all(|frame| (header.first..=header.last).contains(&frame.id)));
            }
        }

        #[test]
        fn a_pack_with_wrong_bytes_does_no_harm(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut packed = pack_all(&messages(50, "abc"), Bounds::DEFAULT).remove(0);
            let at = at.index(packed.body.len());
            packed.body[at] = byte;
            let _ = unpack(&packed);
        }
    }
}
