//! `purge`: removes messages for good.

use std::io::{self, IsTerminal, Write};

use jiff::tz::TimeZone;
use lanchat_protocol::admin::{Purged, Request};
use lanchat_protocol::{moment, text};

use clap_complete::engine::ArgValueCompleter;

use crate::candidates;
use crate::exit::Failure;
use crate::units;

/// Which messages go.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub(crate) struct Purge {
    /// Those that were said before then: 30d, 2w, yesterday, 2026-11-01, "2026-11-01 09:15"
    #[arg(long, value_name = "MOMENT", value_parser = crate::moment::read)]
    before: i64,
    /// Only what was said in this room; otherwise also what people said to one person alone
    #[arg(long, add = ArgValueCompleter::new(candidates::rooms))]
    room: Option<String>,
    /// Do not ask; has to be given where nobody can be asked
    #[arg(long)]
    yes: bool,
}

/// Asks whether it is meant, where that is to be asked. Whoever could not have it done is not asked: `reach` fails.
/// What it reaches is let go, people take their time.
pub(super) fn confirm<T>(purge: &Purge, reach: impl FnOnce() -> Result<T, Failure>) -> Result<(), Failure> {
    if purge.yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::Unconfirmed);
    }
    drop(reach()?);
    ask(&question(purge, &TimeZone::system()))
}

/// What to ask of the daemon.
pub(super) fn request(purge: &Purge) -> Request {
    Request::Purge { before_ms: purge.before, room: purge.room.clone() }
}

pub(super) fn describe(purged: &Purged) -> String {
    format!("removed {}", units::count(purged.messages, "message"))
}

fn question(purge: &Purge, zone: &TimeZone) -> String {
    let before = units::moment(&moment::utc(purge.before), zone);
    let of = purge.room.as_deref().map(|room| format!("#{}", text::clean(room.trim_start_matches('#'))));
    let of = of.as_deref().unwrap_or("all rooms and of all conversations of two people");
    format!("Remove all messages of {of} from before {before}, for good? [y/N] ")
}

fn ask(question: &str) -> Result<(), Failure> {
    let mut terminal = io::stderr();
    let asked = terminal.write_all(question.as_bytes()).and_then(|()| terminal.flush());
    let mut answer = String::new();
    asked.and_then(|()| io::stdin().read_line(&mut answer)).map_err(Failure::Output)?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::Declined),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_says_what_would_go() {
        let mut purge = Purge { before: 1_795_342_500_120, room: Some("#ops".to_owned()), yes: false };
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        assert_eq!(
            question(&purge, &zone),
            "Remove all messages of #ops from before 2026-11-22 11:15:00, for good? [y/N] "
        );
        purge.room = None;
        assert!(question(&purge, &zone).contains("of all rooms and of all conversations of two people from"));
    }
}
