//! What `lanchat-client` costs the machine of the person who leaves it open all day. `docs/PERFORMANCE.md` has the
//! figures of an optimised build; these bounds hold for any.

use std::time::{Duration, Instant};

use lanchat_tests::{Daemon, Native, TempDir, Terminal, eventually};

/// What it may have resident, in KiB.
const MEMORY_KIB_MAX: u64 = 15 * 1024;

/// How long the first prompt may take.
const START_MAX: Duration = Duration::from_millis(50);

const UNLIMITED: &str = "[limits]\nmessages_per_second_max = 0\n";

#[test]
fn the_prompt_is_there_at_once() {
    let (daemon, home) = (Daemon::start(), TempDir::new());
    let started = |_| {
        let start = Instant::now();
        let ana = Terminal::start(&home, &[], &[&daemon.address().to_string(), "--nick", "ana"]);
        ana.sees("#lobby ana> ");
        let took = start.elapsed();
        drop(ana);
        eventually("gone", || daemon.clients().is_empty().then_some(()));
        took
    };
    let mut took: Vec<_> = (0..11).map(started).collect();
    took.sort();
    println!("to the first prompt: {took:?}");
    // Another process may have the processor meanwhile: that is not the client's.
    assert!(took[0] < START_MAX, "{took:?}");
}

#[test]
fn ten_thousand_messages_are_shown_and_let_go_of() {
    let (daemon, home) = (Daemon::with(UNLIMITED), TempDir::new());
    let ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    let before = ana.memory_kib();
    for batch in 0..100 {
        for number in 0..100 {
            bob.says(&format!(
                "message {} of many, as long as people write them in a chat",
                batch * 100 + number
            ));
        }
        ana.sees(&format!("message {} ", batch * 100 + 99));
    }
    let after = ana.memory_kib();
    println!("resident: {before} KiB, {after} KiB after 10,000 messages");
    assert!(after < MEMORY_KIB_MAX, "{before} KiB, then {after} KiB");
}
