//! What it costs to cut a stream of bytes into lines.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use lanchat_protocol::lines::Framer;

/// The relay's default bound.
const LINE_BYTES_MAX: usize = 4096;
/// A line with its end.
const LINE_BYTES: usize = 100;
/// As much as one read of a busy connection brings.
const CHUNK_BYTES: usize = 64 * 1024;
/// Keys of a keyboard, pieces that cut every line, Ethernet frames, all at once.
const PIECES: [usize; 4] = [1, 7, 1_400, CHUNK_BYTES];

fn main() {
    divan::main();
}

/// Whole lines only, so that every round begins with an empty framer.
fn lines() -> Vec<u8> {
    let line = format!("{:x<width$}\n", "", width = LINE_BYTES - 1);
    line.repeat(CHUNK_BYTES / LINE_BYTES).into_bytes()
}

fn frame(framer: &mut Framer, stream: &[u8], piece_bytes: usize) {
    for piece in stream.chunks(piece_bytes) {
        let mut lines = framer.push(piece);
        while let Some(line) = lines.next() {
            black_box(line);
        }
    }
}

#[divan::bench(args = PIECES)]
fn lines_of_100_bytes_in_pieces_of(bencher: Bencher, piece_bytes: usize) {
    let stream = lines();
    bencher
        .counter(BytesCount::new(stream.len()))
        .counter(ItemsCount::new(stream.len() / LINE_BYTES))
        .with_inputs(|| Framer::new(LINE_BYTES_MAX))
        .bench_local_refs(|framer| frame(framer, black_box(&stream), piece_bytes));
}

#[divan::bench(args = PIECES)]
fn an_over_long_line_in_pieces_of(bencher: Bencher, piece_bytes: usize) {
    let mut stream = vec![b'x'; CHUNK_BYTES];
    stream.push(b'\n');
    bencher
        .counter(BytesCount::new(stream.len()))
        .with_inputs(|| Framer::new(LINE_BYTES_MAX))
        .bench_local_refs(|framer| frame(framer, black_box(&stream), piece_bytes));
}
