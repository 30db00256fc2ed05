//! Who came, went, and is called otherwise, as lines for people.

use lanchat_protocol::client::Change;

use super::wrap::TEXT;
use super::{Transcript, because};

/// So many names are told; of more than these, one less and how many others.
const NAMED_MAX: usize = 3;

/// Several who came, went or are called otherwise in one place, in a short time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Folded {
    /// The room.
    pub(crate) room: String,
    /// When the first of it happened, as the relay writes it.
    pub(crate) time: String,
    /// Who came.
    pub(crate) joined: Vec<String>,
    /// Who went, and why.
    pub(crate) left: Vec<(String, Option<String>)>,
    /// Who is called otherwise now, and how.
    pub(crate) renamed: Vec<(String, String)>,
}

impl Transcript {
    /// A line for those who came, one for those who went, and one for those with another name.
    pub(crate) fn folded(&self, folded: &Folded, here: Option<&str>) -> Vec<String> {
        let Folded { room, time, joined, left, renamed } = folded;
        let line = |here, what: &str| format!("{}{}", self.time(time), self.happening(room, here, what));
        let mut lines = Vec::new();
        if !joined.is_empty() {
            let names = joined.iter().map(|nick| self.nick(nick));
            lines.push(line(here, &format!("{} joined", listed(names.collect()))));
        }
        if !left.is_empty() {
            // Of several, why each of them went is of no interest.
            let why = if let [(_, why)] = &left[..] { because(why.as_deref()) } else { String::new() };
            let names = left.iter().map(|(nick, _)| self.nick(nick));
            lines.push(line(here, &format!("{} left{why}", listed(names.collect()))));
        }
        if !renamed.is_empty() {
            let names =
                renamed.iter().map(|(nick, to)| format!("{} is now {}", self.nick(nick), self.nick(to)));
            // Where somebody has another nick makes no difference.
            lines.push(line(Some(room), &listed(names.collect())));
        }
        lines
    }

    pub(super) fn presence(
        &self,
        nick: &str,
        change: Change,
        to: Option<&str>,
        reason: Option<&str>,
        others: u64,
    ) -> String {
        let nick = self.nick(nick);
        let what = match (change, to) {
            (Change::Joined, _) => format!("{nick} joined"),
            (Change::Left, _) => format!("{nick} left"),
            (Change::Renamed, Some(to)) => format!("{nick} is now {}", self.nick(to)),
            (Change::Away, _) => format!("{nick} is away"),
            (Change::Back, _) => format!("{nick} is back"),
            (Change::Renamed | Change::Other, _) => format!("{nick} changed"),
        };
        let others = if others > 0 { format!(", and {others} more came or went") } else { String::new() };
        format!("{what}{}{others}", because(reason))
    }

    /// Something that happened in a room, in words that are cleaned and coloured: cleaning again would take the
    /// colours out.
    pub(super) fn happening(&self, room: &str, here: Option<&str>, what: &str) -> String {
        format!("{} {TEXT}{}{what}", self.palette.faint("*"), self.place(room, here))
    }
}

/// `ana`, `ana and bob`, `ana, bob and carl`, `ana, bob and 3 others`.
fn listed(mut names: Vec<String>) -> String {
    let others = names.len();
    let last = if others > NAMED_MAX {
        names.truncate(NAMED_MAX - 1);
        Some(format!("{} others", others - names.len()))
    } else {
        names.pop()
    };
    let last = last.unwrap_or_default();
    if names.is_empty() { last } else { format!("{} and {last}", names.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::colour::Palette;
    use crate::transcript::wrap::unbroken;
    use jiff::tz::TimeZone;

    fn lines(folded: &Folded) -> Vec<String> {
        let transcript = Transcript::new(TimeZone::UTC, Palette::PLAIN);
        let lines = transcript.folded(folded, Some("lobby"));
        lines.iter().map(|line| unbroken(line).into_owned()).collect()
    }

    #[test]
    fn many_who_come_and_go_are_one_line() {
        let time = "2026-11-22T12:02:00Z".to_owned();
        let mut folded = Folded { room: "lobby".into(), time, ..Folded::default() };
        let told =
            ["ana joined", "ana and bob joined", "ana, bob and carl joined", "ana, bob and 2 others joined"];
        for (nick, told) in ["ana", "bob", "carl", "dora"].into_iter().zip(told) {
            folded.joined.push(nick.to_owned());
            assert_eq!(lines(&folded), [format!("12:02 * {told}")]);
        }
        folded.left.push(("emil".into(), Some("bye".into())));
        folded.renamed.push(("fritz".into(), "gina".into()));
        folded.room = "ops".into();
        assert_eq!(
            lines(&folded)[1..],
            ["12:02 * #ops emil left (bye)", "12:02 * fritz is now gina"],
            "each kind for itself"
        );
        folded.left.push(("hugo".into(), None));
        assert_eq!(lines(&folded)[1], "12:02 * #ops emil and hugo left");
    }
}
