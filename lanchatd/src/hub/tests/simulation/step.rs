//! What can happen.

use proptest::prelude::Rng;
use proptest::test_runner::TestRng;

use super::client::{CLIENTS, PEOPLE};
use super::world::ROOMS;

/// One thing that happens. Clients, rooms and people are meant by their number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// A connection; taken for a text client at first, if it says nothing for a while.
    Connect {
        client: usize,
        is_silent: bool,
    },
    Hello {
        client: usize,
        resumes: bool,
        backlog: usize,
    },
    Join {
        client: usize,
        room: usize,
    },
    Part {
        client: usize,
        room: usize,
    },
    Say {
        client: usize,
        room: usize,
        times: usize,
    },
    Tell {
        client: usize,
        person: usize,
    },
    Topic {
        client: usize,
        room: usize,
    },
    History {
        client: usize,
        place: usize,
        at: usize,
        limit: usize,
    },
    Search {
        client: usize,
        number: usize,
    },
    /// The connection is gone; what has arrived by then may have been read, and the relay may not know yet.
    Lose {
        client: usize,
        has_read: bool,
        is_known: bool,
    },
    /// What the client sent on the connection that it lost last arrives after all.
    Late {
        client: usize,
        room: usize,
    },
    /// The relay learns which connections are gone.
    Notice,
    /// The relay writes to everybody; sockets take as much as the number says. Some read at once.
    Pass {
        rooms: u32,
        readers: usize,
    },
    /// Sockets that were full take more.
    Drain(u32),
    Read {
        client: usize,
    },
    Wait {
        ms: u32,
    },
    /// The keeper goes one step on: takes a batch, has it written, or hears that it was.
    Keep,
    /// What is being written fails, as it did or was not written all the same.
    Fail {
        is_written: bool,
    },
    /// What is being written takes too long.
    Slow,
    /// The store has time for what it does later.
    Tidy,
    /// The store looks something up, which the hub hears later.
    LookUp {
        number: usize,
    },
    /// The hub hears what was found.
    Answer {
        number: usize,
        is_read: bool,
    },
    Configure {
        retention: usize,
    },
    Crash {
        has_read: u32,
    },
    Stop {
        is_written: bool,
    },
}

impl Step {
    pub(super) fn any(rng: &mut TestRng) -> Self {
        let mut below = |n: usize| rng.next_u32() as usize % n;
        let client = below(CLIENTS);
        match below(100) {
            0..4 => Self::Connect { client, is_silent: below(4) == 0 },
            4..16 => Self::Hello { client, resumes: below(6) > 0, backlog: [0, 0, 2, 9][below(4)] },
            16..20 => Self::Join { client, room: below(ROOMS.len()) },
            20..22 => Self::Part { client, room: below(ROOMS.len()) },
            22..37 => {
                Self::Say { client, room: below(ROOMS.len()), times: [1, 1, 1, 2, 2, 5, 9, 30][below(8)] }
            }
            37..43 => Self::Tell { client, person: below(PEOPLE.len()) },
            43..44 => Self::Topic { client, room: below(ROOMS.len()) },
            44..48 => {
                let place = below(ROOMS.len() + PEOPLE.len());
                Self::History { client, place, at: below(120), limit: 1 + below(12) }
            }
            48..49 => Self::Search { client, number: below(50) },
            49..53 => Self::Lose { client, has_read: below(2) == 0, is_known: below(2) == 0 },
            53..55 => Self::Notice,
            55..57 => Self::Late { client, room: below(ROOMS.len()) },
            57..66 => Self::Pass { rooms: below(1 << 24) as u32, readers: below(1 << CLIENTS) },
            66..68 => Self::Drain(below(1 << 24) as u32),
            68..74 => Self::Read { client },
            74..76 => Self::Wait { ms: [1, 200, 5000][below(3)] },
            76..83 => Self::Keep,
            83..86 => Self::Tidy,
            86..88 => Self::Fail { is_written: below(3) == 0 },
            88..89 => Self::Slow,
            89..92 => Self::LookUp { number: below(8) },
            92..97 => Self::Answer { number: below(8), is_read: below(3) > 0 },
            97..98 => Self::Configure { retention: below(4) },
            98..99 => Self::Crash { has_read: below(1 << 8) as u32 },
            _ => match below(3) {
                0 => Self::Stop { is_written: below(4) > 0 },
                _ => Self::Crash { has_read: below(1 << 8) as u32 },
            },
        }
    }
}
