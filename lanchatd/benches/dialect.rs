//! What it costs to understand what clients send, and to write what they are sent.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use lanchatd::dialect::{Decoder, NATIVE, TEXT, json, text};
use lanchatd::hub::{Dialect, Reply};
use lanchatd::timeline::{Body, Conversation, Event};

/// A message of 100 bytes.
const MESSAGE: &str =
    "The quick brown fox jumps over the lazy dog, and nobody in this room has asked it why it did so. OK?";
/// The relay's default bound.
const LINE_BYTES_MAX: usize = 4096;
/// Lines that arrive at once, or that one message has.
const LINES: usize = 100;
/// A moment with milliseconds.
const TIME_MS: i64 = 1_795_342_500_120;

fn main() {
    divan::main();
}

fn text_decoder() -> Decoder {
    Decoder::Text(text::Reader::new(LINE_BYTES_MAX))
}

fn native_decoder() -> Decoder {
    Decoder::Native(json::Reader::new(LINE_BYTES_MAX))
}

fn decode(bencher: Bencher, decoder: fn() -> Decoder, line: &str) {
    let chunk = format!("{line}\n").repeat(LINES);
    bencher
        .counter(BytesCount::of_str(&chunk))
        .counter(ItemsCount::new(LINES))
        .with_inputs(decoder)
        .bench_local_refs(|decoder| {
            decoder.push(black_box(chunk.as_bytes()), &mut |id, command| _ = black_box((id, command)));
        });
}

#[divan::bench]
fn decode_text_messages(bencher: Bencher) {
    decode(bencher, text_decoder, MESSAGE);
}

#[divan::bench]
fn decode_text_commands(bencher: Bencher) {
    decode(bencher, text_decoder, "/me waves at everybody");
}

#[divan::bench]
fn decode_native_messages(bencher: Bencher) {
    decode(
        bencher,
        native_decoder,
        &format!(r#"{{"type":"say","id":"17","room":"lobby","text":"{MESSAGE}"}}"#),
    );
}

#[divan::bench]
fn decode_native_messages_without_id_and_room(bencher: Bencher) {
    decode(bencher, native_decoder, &format!(r#"{{"type":"say","text":"{MESSAGE}"}}"#));
}

#[divan::bench]
fn decode_native_messages_with_an_escape(bencher: Bencher) {
    let text = MESSAGE.replacen("fox", r#"\"fox\""#, 1);
    decode(bencher, native_decoder, &format!(r#"{{"type":"say","id":"17","text":"{text}"}}"#));
}

/// Into memory that is large enough: a timeline's has grown before long.
fn encode(bencher: Bencher, dialect: &Dialect, body: Body) {
    let event = Event { position: 123_456, time_ms: TIME_MS, author: 17, from: "guest17", body, uid: "" };
    let mut out = Vec::with_capacity(LINE_BYTES_MAX);
    let lobby = Conversation::Room("lobby".into());
    (dialect.here.event)(&lobby, &event, &mut out);
    bencher.counter(BytesCount::new(out.len())).counter(ItemsCount::new(1_u64)).bench_local(|| {
        out.clear();
        (dialect.here.event)(&lobby, black_box(&event), &mut out);
        black_box(out.len())
    });
}

#[divan::bench]
fn encode_a_text_message(bencher: Bencher) {
    encode(bencher, &TEXT, Body::Said(MESSAGE));
}

/// As many lines as one message may have.
#[divan::bench]
fn encode_a_text_message_of_lines(bencher: Bencher) {
    encode(bencher, &TEXT, Body::Said(&vec!["x"; LINES].join("\n")));
}

#[divan::bench]
fn encode_a_text_deed(bencher: Bencher) {
    encode(bencher, &TEXT, Body::Did(MESSAGE));
}

#[divan::bench]
fn encode_a_native_message(bencher: Bencher) {
    encode(bencher, &NATIVE, Body::Said(MESSAGE));
}

/// The answer to every native message.
#[divan::bench]
fn encode_a_native_ack(bencher: Bencher) {
    let ack = Reply::Ack {
        tag: Some("17"),
        room: "lobby",
        position: 123_456,
        time_ms: TIME_MS,
        waits: false,
        away: None,
        durable: None,
    };
    let mut out = Vec::with_capacity(LINE_BYTES_MAX);
    (NATIVE.reply)(&ack, &mut out);
    bencher.counter(BytesCount::new(out.len())).counter(ItemsCount::new(1_u64)).bench_local(|| {
        out.clear();
        (NATIVE.reply)(black_box(&ack), &mut out);
        black_box(out.len())
    });
}
