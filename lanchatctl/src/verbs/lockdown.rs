//! `lockdown`: lets nobody new in, or everybody again, and shows which of the two it is.

use clap::ValueEnum;
use lanchat_protocol::admin::{Lockdown, Request};

/// What is to be from here on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Wanted {
    /// Nobody new is let in
    On,
    /// Everybody is
    Off,
}

pub(super) fn request(wanted: Option<Wanted>) -> Request {
    Request::Lockdown { on: wanted.map(|wanted| wanted == Wanted::On) }
}

pub(super) fn describe(told: &Lockdown) -> String {
    let still = if told.changed { "" } else { " (as before)" };
    let now = if told.lockdown {
        "nobody new is let in, whoever is connected stays; lanchatctl lockdown off, or a restart, ends it"
    } else {
        "everybody is let in who may be"
    };
    format!("{now}{still}")
}
