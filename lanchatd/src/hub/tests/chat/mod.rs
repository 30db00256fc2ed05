//! Any sequence of what people do in rooms and with each other, compared with a list of what each of them is
//! due; after each step the hub's books agree with each other.

mod finish;
mod heard;
mod model;

use proptest::prelude::*;

use super::*;
use model::Model;

const NICKS: [&str; 8] = ["ana", "Ana", "bob", "Iana", "lana", "kim", "guest2", "guest9"];
const ROOMS: [&str; 4] = ["lobby", "one", "two", "three"];

/// Readers are meant by a number, counted round.
#[derive(Clone, Copy, Debug)]
enum Op {
    Come { native: bool, nick: Option<usize> },
    Go(u8),
    Kick(u8),
    Name(u8, usize),
    Join(u8, usize),
    Part(u8, usize),
    Say(u8, To, u16),
    Burst(u8, To, u8, u16),
    Ignore(u8, usize),
    Unignore(u8, usize),
    Away(u8),
    Back(u8),
    Topic(u8, usize),
    Ask(u8),
    Announce,
    Pass(u64),
    Flush(u8, u16),
    Configure(u8),
}

#[derive(Clone, Copy, Debug)]
enum To {
    Current,
    Room(usize),
    Nick(usize),
    Reader(u8),
}

fn op() -> impl Strategy<Value = Op> {
    let who = || any::<u8>();
    let nick = || 0..NICKS.len();
    let room = || 0..ROOMS.len();
    let to = || {
        prop_oneof![
            3 => Just(To::Current),
            3 => room().prop_map(To::Room),
            4 => nick().prop_map(To::Nick),
            2 => who().prop_map(To::Reader),
        ]
    };
    prop_oneof![
        4 => (any::<bool>(), prop::option::of(nick())).prop_map(|(native, nick)| Op::Come { native, nick }),
        3 => who().prop_map(Op::Go),
        1 => who().prop_map(Op::Kick),
        6 => (who(), nick()).prop_map(|(i, n)| Op::Name(i, n)),
        8 => (who(), room()).prop_map(|(i, r)| Op::Join(i, r)),
        4 => (who(), room()).prop_map(|(i, r)| Op::Part(i, r)),
        16 => (who(), to(), 0u16..300).prop_map(|(i, to, n)| Op::Say(i, to, n)),
        3 => (who(), to(), 1u8..60, 0u16..4000).prop_map(|(i, to, times, n)| Op::Burst(i, to, times, n)),
        3 => (who(), nick()).prop_map(|(i, n)| Op::Ignore(i, n)),
        2 => (who(), nick()).prop_map(|(i, n)| Op::Unignore(i, n)),
        1 => who().prop_map(Op::Away),
        1 => who().prop_map(Op::Back),
        1 => (who(), room()).prop_map(|(i, r)| Op::Topic(i, r)),
        2 => who().prop_map(Op::Ask),
        1 => Just(Op::Announce),
        10 => any::<u64>().prop_map(Op::Pass),
        8 => (who(), any::<u16>()).prop_map(|(i, n)| Op::Flush(i, n)),
        1 => any::<u8>().prop_map(Op::Configure),
    ]
}

/// Limits of one kind or another; ample: nothing that was said leaves a timeline.
fn settings_of(which: u8, is_ample: bool) -> Settings {
    let (bytes_max, events_max, timelines_bytes_max) = match which % 4 {
        _ if is_ample => (1 << 26, 1 << 20, 1 << 30),
        0 => (65_536, 100, 1 << 30),
        1 => (20_000, 30, 1 << 30),
        2 => (1 << 20, 10_000, 400_000),
        _ => (1 << 20, 10_000, 100_000),
    };
    Settings {
        retention: Retention { bytes_max, events_max },
        timelines_bytes_max,
        rooms_max: [100, 4, 2][usize::from(which / 4) % 3],
        rooms_joined_max: [10, 2][usize::from(which / 12) % 2],
        people_max: [100, 2][usize::from(which / 24) % 2],
        bans_max: 100,
        mutes_max: 100,
        room_people_max: 100,
        ignored_max: 2,
        ..settings()
    }
}

fn run(ops: Vec<Op>, heeds_needs_pass: bool, is_ample: bool) {
    let mut model = Model::new(heeds_needs_pass, is_ample);
    for (native, nick) in [(true, Some(0)), (false, None), (true, Some(2)), (false, None)] {
        model.step(Op::Come { native, nick });
    }
    for op in ops {
        model.step(op);
        sound::check(&model.house.hub);
    }
    model.finish();
}

/// `PROPTEST_CASES` may ask for more cases than are always run.
fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig { cases: default.cases.max(300), max_shrink_iters: 20_000, ..default }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn everybody_hears_what_is_for_them_once_in_order_or_is_told_and_nobody_else_does(
        ops in prop::collection::vec(op(), 0..150), heeds: bool, is_ample: bool,
    ) {
        run(ops, heeds, is_ample);
    }
}
