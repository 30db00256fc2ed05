//! What the targets share: bytes as they arrive, and a house in which others listen.

mod house;

pub use house::House;

use lanchat_protocol::text::is_clean;

/// The input as it could arrive: the first byte says in pieces of how many bytes, up to 64.
pub fn pieces(input: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (size, bytes) = input.split_first().unwrap_or((&0, &[]));
    bytes.chunks(1 + usize::from(size % 64))
}

/// Nothing in it gives orders to a terminal.
pub fn assert_clean(line: &str) {
    assert!(is_clean(line), "this would reach a terminal: {line:?}");
}
