//! A configuration is taken whole, and then is the same when it is written and read again; or its errors are told.
#![no_main]

use lanchatd::config::load::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    match parse("lanchatd.toml", input) {
        Ok(config) => {
            let written = toml::to_string(&config).expect("a configuration can be written");
            assert_eq!(parse("lanchatd.toml", &written).as_ref(), Ok(&config));
        }
        Err(errors) => {
            let told = errors.to_string();
            assert!(!told.is_empty());
            assert!(
                told.lines().all(lanchat_protocol::text::is_clean),
                "this would reach a terminal: {told:?}"
            );
        }
    }
});
