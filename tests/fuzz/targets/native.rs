//! Whatever a native client sends, nobody reads anything that is not fit to be read.
#![no_main]

use lanchat_fuzz::House;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| House::of_native().hear(input));
