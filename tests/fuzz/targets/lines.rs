//! Lines are the same in whatever pieces they arrive, and never longer than they may be.
#![no_main]

use lanchat_fuzz::pieces;
use lanchat_protocol::lines::{Framer, Line};
use libfuzzer_sys::fuzz_target;

const LINE_BYTES_MAX: usize = 40;

/// `None` is one that is too long.
fn lines<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Option<Vec<u8>>>, Vec<u8>) {
    let mut framer = Framer::new(LINE_BYTES_MAX);
    let mut found = Vec::new();
    for piece in pieces {
        let mut lines = framer.push(piece);
        while let Some(line) = lines.next() {
            found.push(match line {
                Line::Whole(line) => Some(line.to_owned()),
                Line::TooLong => None,
            });
        }
    }
    let unfinished = framer.take_unfinished();
    (found, unfinished)
}

fuzz_target!(|input: &[u8]| {
    let (found, unfinished) = lines(pieces(input));
    assert!(found.iter().flatten().all(|line| line.len() <= LINE_BYTES_MAX && !line.contains(&b'\n')));
    assert!(unfinished.len() <= LINE_BYTES_MAX + 1);
    let whole = input.split_first().map(|(_, bytes)| bytes);
    assert_eq!((found, unfinished), lines(whole.into_iter()));
});
