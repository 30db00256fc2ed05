//! A dialect of programs that the first bytes have shown, more bytes do not change.
#![no_main]

use lanchatd::dialect::sniff::{Guess, is_half_a_request, sniff};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut shown = Guess::Undecided;
    for end in 0..=input.len().min(300) {
        let bytes = &input[..end];
        let guess = sniff(bytes);
        if !matches!(shown, Guess::Undecided | Guess::Text) {
            assert_eq!(guess, shown, "after {bytes:?}");
        }
        if is_half_a_request(bytes) {
            assert!(
                matches!(guess, Guess::Undecided | Guess::Http),
                "half a request is {guess:?}: {bytes:?}"
            );
        }
        shown = guess;
    }
});
