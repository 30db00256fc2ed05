//! Hub and store under faults: thousands of short lives of a relay, each made of one seed. Commits fail or come late,
//! the store answers late or not at all, connections break, the relay crashes and begins anew; and whatever happens,
//! what was promised holds.
//!
//! `LANCHAT_SEED` and `LANCHAT_RUNS` say where to begin and how many lives there are.

mod client;
mod disk;
mod finish;
mod hearing;
mod step;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

use super::*;
use crate::store::tests::memory::Memory;
use step::Step;
use world::{Tally, World};

/// How many steps one life has at most.
const STEPS_MAX: u32 = 160;
/// The hub's books are looked at after every so many steps: that takes a while.
const CHECKED_EVERY: usize = 16;
/// How many lives there are where nobody says how many.
const RUNS: u64 = 500;

/// One life: the same seed, the same steps.
fn steps(seed: u64) -> Vec<Step> {
    let seed = [seed.to_le_bytes(), (!seed).to_le_bytes()].concat();
    let mut rng = TestRng::from_seed(RngAlgorithm::XorShift, &seed);
    let count = 20 + rng.next_u32() % STEPS_MAX;
    (0..count).map(|_| Step::any(&mut rng)).collect()
}

fn live(disk: &mut Memory, seed: u64, steps: &[Step]) -> Tally {
    disk.clear();
    let mut world = World::new(disk, seed);
    for (number, step) in steps.iter().enumerate() {
        world.step(*step);
        if number % CHECKED_EVERY == 0 {
            sound::check(&world.house.hub);
        }
    }
    world.finish()
}

/// Whether all goes well; if not, what does not.
fn tries(disk: &mut Memory, seed: u64, steps: &[Step]) -> Result<Tally, String> {
    catch_unwind(AssertUnwindSafe(|| live(disk, seed, steps))).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned())).unwrap_or_default()
    })
}

/// Leaves out what the failure does not need.
fn shrink(seed: u64, mut steps: Vec<Step>, mut why: String) -> (Vec<Step>, String) {
    // That it fails was told once.
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let mut chunk = steps.len() / 2;
    while chunk > 0 {
        let mut at = 0;
        while at < steps.len() {
            let mut fewer = steps.clone();
            fewer.drain(at..(at + chunk).min(steps.len()));
            // What panics in the middle of a transaction leaves it open.
            match tries(&mut Memory::new(), seed, &fewer) {
                Err(still) => (steps, why) = (fewer, still),
                Ok(_) => at += chunk,
            }
        }
        chunk /= 2;
    }
    set_hook(hook);
    (steps, why)
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

#[test]
fn whatever_fails_what_was_promised_holds() {
    let (first, runs) = (number("LANCHAT_SEED", 1), number("LANCHAT_RUNS", RUNS));
    let mut disk = Memory::new();
    let mut tally = Tally::default();
    let failed = (first..first + runs).find_map(|seed| {
        let steps = steps(seed);
        match tries(&mut disk, seed, &steps) {
            Ok(one) => tally.add(&one),
            Err(why) => return Some((seed, shrink(seed, steps, why))),
        }
        None
    });
    if let Some((seed, (steps, why))) = failed {
        let steps: Vec<_> = steps.iter().map(|step| format!("  {step:?}")).collect();
        panic!("{why}\nwith LANCHAT_SEED={seed} LANCHAT_RUNS=1, shortened to\n{}", steps.join("\n"));
    }
    eprintln!("{runs} runs: {tally:?}");
}
