//! What it costs to look at what a person wrote: decoding, sanitising, telling commands from messages.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use lanchat_protocol::{slash, text};

/// A long message: as long as the relay's default bound on lines.
const LONG_BYTES: usize = 4096;

/// Kinds of messages.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// 100 bytes of English.
    Ascii,
    /// About 100 bytes of several scripts.
    Mixed,
    /// The same with signs that share their first byte in UTF-8 with what the sanitiser drops.
    Typographic,
    /// [`LONG_BYTES`] of English.
    Long,
    /// 100 bytes with an escape sequence among them.
    Escape,
    /// The same words, a line each.
    Lines,
}

const KINDS: [Kind; 6] = [Kind::Ascii, Kind::Mixed, Kind::Typographic, Kind::Long, Kind::Escape, Kind::Lines];

const SENTENCE: &str =
    "The quick brown fox jumps over the lazy dog, and nobody in this room has asked it why it did so. OK?";

impl Kind {
    fn message(self) -> String {
        match self {
            Self::Ascii => SENTENCE.to_owned(),
            Self::Mixed => {
                "Grüße aus Köln, привет из Москвы, 東京からこんにちは, שלום, and hello to you all".to_owned()
            }
            Self::Typographic => {
                "“Grüße” aus Köln – привет из Москвы… 東京からこんにちは, and it’s fine".to_owned()
            }
            Self::Long => SENTENCE.chars().cycle().take(LONG_BYTES).collect(),
            Self::Lines => SENTENCE.replace(' ', "\n"),
            Self::Escape => SENTENCE.replacen(" fox ", "\x1b[1mX", 1),
        }
    }
}

fn main() {
    divan::main();
}

#[divan::bench(args = KINDS)]
fn decode(bencher: Bencher, kind: Kind) {
    let message = kind.message();
    bencher.counter(BytesCount::of_str(&message)).bench(|| text::decode(black_box(message.as_bytes())));
}

#[divan::bench]
fn decode_what_is_not_utf8(bencher: Bencher) {
    let mut bytes = SENTENCE.as_bytes().to_vec();
    bytes[50] = 0xe9;
    bencher.counter(BytesCount::of_slice(&bytes)).bench(|| text::decode(black_box(&bytes)));
}

#[divan::bench(args = KINDS)]
fn clean(bencher: Bencher, kind: Kind) {
    let message = kind.message();
    bencher.counter(BytesCount::of_str(&message)).bench(|| text::clean(black_box(&message)));
}

#[divan::bench(args = KINDS)]
fn clean_lines(bencher: Bencher, kind: Kind) {
    let message = kind.message();
    bencher.counter(BytesCount::of_str(&message)).bench(|| text::clean_lines(black_box(&message)));
}

#[divan::bench(args = KINDS)]
fn parse_a_message(bencher: Bencher, kind: Kind) {
    let message = kind.message();
    bencher.counter(BytesCount::of_str(&message)).bench(|| slash::parse(black_box(&message)));
}

#[divan::bench(args = ["/who", "/nick Ana", "/me waves at everybody", "//etc/hosts", "/nikc Ana"])]
fn parse_a_command(bencher: Bencher, line: &str) {
    bencher.counter(BytesCount::of_str(line)).bench(|| slash::parse(black_box(line)));
}
