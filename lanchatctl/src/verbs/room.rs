//! `op`, `voice`, `slow`, `lock`, `private`, `moderated` and their opposites: who may do what in a room, in the words of the chat.

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::engine::ArgValueCompleter;
use lanchat_protocol::admin::{Request, RoomOrder};
use lanchat_protocol::order::Order;

use crate::candidates;

/// What can be done in a room.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum RoomVerb {
    /// Make somebody who has an account an operator of a room, here or not: they keep order there
    Op(Person),
    /// Make them one no longer
    Deop(Person),
    /// Let somebody who has an account speak in a room while it is moderated
    Voice(Person),
    /// Let them speak there no longer
    Devoice(Person),
    /// Let everybody in a room say one message in so many seconds; its operators may say more
    Slow {
        #[command(flatten)]
        place: Place,
        /// How many, 3600 at most, or off
        #[arg(value_name = "SECONDS|off", value_parser = pace)]
        seconds: u32,
    },
    /// Let nobody new into a room; whoever is in it stays
    Lock(Place),
    /// Let everybody in again
    Unlock(Place),
    /// Hide a room from those who are not in it and not invited, or show it to everybody with all that was said there
    Private {
        #[command(flatten)]
        place: Place,
        /// What is to be from here on
        state: Switch,
    },
    /// Let only operators speak in a room, and those who have a voice, or everybody
    Moderated {
        #[command(flatten)]
        place: Place,
        /// What is to be from here on
        state: Switch,
    },
}

/// In which room.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub(crate) struct Place {
    /// The name of the room, as rooms shows it
    #[arg(add = ArgValueCompleter::new(candidates::rooms))]
    room: String,
}

/// To whom, in which room.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub(crate) struct Person {
    #[command(flatten)]
    place: Place,
    /// Their nick
    #[arg(add = ArgValueCompleter::new(candidates::nicks))]
    nick: String,
}

/// Whether a rule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// It holds
    On,
    /// It does not
    Off,
}

pub(super) fn request(verb: RoomVerb) -> Request {
    let (Place { room }, order) = match verb {
        RoomVerb::Op(Person { place, nick }) => (place, RoomOrder::Op { nick }),
        RoomVerb::Deop(Person { place, nick }) => (place, RoomOrder::Deop { nick }),
        RoomVerb::Voice(Person { place, nick }) => (place, RoomOrder::Voice { nick }),
        RoomVerb::Devoice(Person { place, nick }) => (place, RoomOrder::Devoice { nick }),
        RoomVerb::Slow { place, seconds } => (place, RoomOrder::Slow { seconds }),
        RoomVerb::Lock(place) => (place, RoomOrder::Lock),
        RoomVerb::Unlock(place) => (place, RoomOrder::Unlock),
        RoomVerb::Private { place, state } => (place, RoomOrder::Private { on: state == Switch::On }),
        RoomVerb::Moderated { place, state } => (place, RoomOrder::Moderated { on: state == Switch::On }),
    };
    Request::Order { room, order }
}

/// `10`, `10s` or `off`, as it is typed in the chat.
fn pace(written: &str) -> Result<u32, String> {
    match Order::parse("slow", written) {
        Some(Order::Slow { seconds }) => Ok(seconds),
        _ => Err("write a number of seconds, or off".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        verb: RoomVerb,
    }

    fn asked(words: &str) -> Option<Request> {
        let line = Line::try_parse_from(format!("lanchatctl {words}").split(' ')).ok()?;
        Some(request(line.verb))
    }

    #[test]
    fn every_verb_is_the_order_of_the_chat_that_has_its_name() {
        for (words, typed) in [
            ("op ops ana", "op ana"),
            ("deop ops ana", "deop ana"),
            ("voice ops ana", "voice ana"),
            ("devoice ops ana", "devoice ana"),
            ("slow ops 5", "slow 5"),
            ("slow ops 5s", "slow 5"),
            ("slow ops off", "slow off"),
            ("lock ops", "lock"),
            ("unlock ops", "unlock"),
            ("private ops on", "private on"),
            ("private ops off", "private off"),
            ("moderated ops on", "moderated on"),
            ("moderated ops off", "moderated off"),
        ] {
            let Some(Request::Order { room, order }) = asked(words) else { panic!("{words}") };
            let (name, argument) = typed.split_once(' ').unwrap_or((typed, ""));
            assert_eq!(
                (room.as_str(), Some(order.order())),
                ("ops", Order::parse(name, argument)),
                "{words}"
            );
        }
    }

    #[test]
    fn what_is_missing_or_senseless_is_not_asked_for() {
        for words in [
            "op ops",
            "slow ops",
            "slow ops fast",
            "lock",
            "private ops",
            "private ops maybe",
            "lock ops now",
        ] {
            assert_eq!(asked(words), None, "{words}");
        }
    }
}
