//! Who comes, goes and takes another name: one alone is told at once, and many in a short time together.

use lanchat_protocol::client::{Change, Event};

use super::{Conversation, Shown};
use crate::transcript::Folded;

/// What follows another within this time is told together with what comes within the same time after it, in
/// milliseconds.
pub(super) const FOLD_MS: u64 = 2_000;

/// What is folded takes no more than this, in bytes.
const BYTES_MAX: usize = 64 << 10;

/// What one name costs besides its letters, in bytes.
const NAME_COST_BYTES: usize = 64;

/// What is to be told together.
#[derive(Debug, Default)]
pub(super) struct Fold {
    /// Each place, in the order in which something happened there.
    places: Vec<Folded>,
    bytes: usize,
    /// When it is told.
    due_ms: u64,
    /// It stands behind so many things that are about to be shown.
    behind: usize,
    /// Something was told or folded then.
    last_ms: Option<u64>,
}

/// Somebody came, went, or is called otherwise.
struct Step<'a> {
    room: &'a str,
    time: &'a str,
    nick: &'a str,
    change: Change,
    to: Option<&'a str>,
    reason: Option<&'a str>,
}

impl<'a> Step<'a> {
    /// What of an event can be told together with others.
    fn of(event: &'a Event) -> Option<Self> {
        let Event::Presence { room, time, nick, change, to, reason, others: 0, .. } = event else {
            return None;
        };
        let is_one = match change {
            Change::Joined | Change::Left => true,
            Change::Renamed => to.is_some(),
            Change::Away | Change::Back | Change::Other => false,
        };
        let (to, reason) = (to.as_deref(), reason.as_deref());
        is_one.then_some(Self { room, time, nick, change: *change, to, reason })
    }

    fn bytes(&self) -> usize {
        let texts = [Some(self.room), Some(self.time), Some(self.nick), self.to, self.reason];
        NAME_COST_BYTES + texts.iter().flatten().map(|text| text.len()).sum::<usize>()
    }
}

impl Fold {
    /// When it has to be told.
    pub(super) fn due_ms(&self) -> Option<u64> {
        (!self.places.is_empty()).then_some(self.due_ms)
    }

    /// Whether this is to be told later. `shown` things are about to be shown before it.
    fn takes(&mut self, step: &Step<'_>, shown: usize, now_ms: u64) -> bool {
        let last_ms = self.last_ms.replace(now_ms);
        if self.places.is_empty() {
            if last_ms.is_none_or(|last_ms| now_ms.saturating_sub(last_ms) >= FOLD_MS) {
                return false;
            }
            (self.behind, self.due_ms) = (shown, now_ms.saturating_add(FOLD_MS));
        }
        self.bytes += step.bytes();
        self.add(step);
        true
    }

    fn add(&mut self, step: &Step<'_>) {
        let nick = step.nick.to_owned();
        match (step.change, step.to) {
            (Change::Renamed, Some(to)) if self.is_renamed(step.nick, to) => {}
            (Change::Renamed, Some(to)) => self.place(step).renamed.push((nick, to.to_owned())),
            (Change::Joined, _) => {
                let place = self.place(step);
                // Who is back before anybody was told that they went was never away.
                match place.left.iter().position(|(left, _)| *left == nick) {
                    Some(at) => drop(place.left.remove(at)),
                    None => place.joined.push(nick),
                }
            }
            _ => {
                let place = self.place(step);
                match place.joined.iter().position(|joined| *joined == nick) {
                    Some(at) => drop(place.joined.remove(at)),
                    None => place.left.push((nick, step.reason.map(str::to_owned))),
                }
            }
        }
    }

    /// Whether another name of somebody only changes what is told of them already, wherever that is.
    fn is_renamed(&mut self, nick: &str, to: &str) -> bool {
        let mut is_known = false;
        for place in &mut self.places {
            for joined in place.joined.iter_mut().filter(|joined| *joined == nick) {
                to.clone_into(joined);
                is_known = true;
            }
            for (_, last) in place.renamed.iter_mut().filter(|(_, last)| last == nick) {
                to.clone_into(last);
                is_known = true;
            }
            place.renamed.retain(|(first, last)| first != last);
        }
        is_known
    }

    fn place(&mut self, step: &Step<'_>) -> &mut Folded {
        let at = self.places.iter().position(|place| place.room == step.room).unwrap_or_else(|| {
            let (room, time) = (step.room.to_owned(), step.time.to_owned());
            self.places.push(Folded { room, time, ..Folded::default() });
            self.places.len() - 1
        });
        &mut self.places[at]
    }

    fn take(&mut self) -> Vec<Folded> {
        self.bytes = 0;
        std::mem::take(&mut self.places)
    }
}

impl Conversation {
    /// Whether the event is told later, together with others of its kind.
    pub(super) fn folds(&mut self, event: &Event, now_ms: u64) -> bool {
        let Some(step) = Step::of(event) else { return false };
        // What was shown since belongs behind what was folded before it.
        if self.shown.len() > self.fold.behind || self.fold.bytes + step.bytes() > BYTES_MAX {
            self.unfold();
        }
        self.fold.takes(&step, self.shown.len(), now_ms)
    }

    /// Tells what was folded, before whatever is shown behind it.
    pub(super) fn unfold(&mut self) {
        let (here, behind) = (self.here(), self.fold.behind.min(self.shown.len()));
        let lines = self.fold.places.iter().flat_map(|place| self.transcript.folded(place, here));
        let lines: Vec<_> = lines.map(Shown::Event).collect();
        self.fold.take();
        self.shown.splice(behind..behind, lines);
    }

    /// The same if something is shown behind it, for nothing is told in another order than it happened.
    pub(super) fn unfold_before_others(&mut self) {
        if self.shown.len() > self.fold.behind {
            self.unfold();
        }
        self.fold.behind = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(steps: &[(&str, Change, &str, &str)]) -> Vec<Folded> {
        let mut fold = Fold::default();
        for (room, change, nick, to) in steps {
            let (to, reason) = (Some(*to), None);
            fold.add(&Step { room, time: "", nick, change: *change, to, reason });
        }
        fold.take().into_iter().filter(|place| *place != empty(&place.room)).collect()
    }

    fn empty(room: &str) -> Folded {
        Folded { room: room.to_owned(), ..Folded::default() }
    }

    #[test]
    fn one_alone_is_told_at_once_and_what_follows_together() {
        let mut fold = Fold::default();
        let step =
            |nick| Step { room: "lobby", time: "", nick, change: Change::Joined, to: None, reason: None };
        assert!(!fold.takes(&step("ana"), 0, 0));
        assert!(!fold.takes(&step("bob"), 0, FOLD_MS));
        assert!(fold.takes(&step("carl"), 3, 2 * FOLD_MS - 1));
        assert!(fold.takes(&step("dora"), 4, 2 * FOLD_MS));
        assert_eq!((fold.due_ms(), fold.behind), (Some(3 * FOLD_MS - 1), 3));
        assert_eq!(fold.take()[0].joined, ["carl", "dora"]);
        assert_eq!(fold.due_ms(), None);
    }

    #[test]
    fn who_comes_and_goes_meanwhile_is_not_told_of() {
        use Change::{Joined, Left, Renamed};
        assert_eq!(fold(&[("lobby", Joined, "ana", ""), ("lobby", Left, "ana", "")]), []);
        assert_eq!(fold(&[("lobby", Left, "ana", ""), ("lobby", Joined, "ana", "")]), []);
        assert_eq!(fold(&[("lobby", Renamed, "ana", "bo"), ("lobby", Renamed, "bo", "ana")]), []);
        let elsewhere = fold(&[("lobby", Joined, "ana", ""), ("ops", Left, "ana", "")]);
        assert_eq!(elsewhere.len(), 2, "another room is another matter");
    }

    #[test]
    fn who_is_called_otherwise_meanwhile_is_told_of_by_the_last_name() {
        use Change::{Joined, Renamed};
        let joined = fold(&[("ops", Joined, "guest1", ""), ("lobby", Renamed, "guest1", "ana")]);
        assert_eq!(joined, [Folded { joined: vec!["ana".into()], ..empty("ops") }]);
        let twice = fold(&[("lobby", Renamed, "a", "b"), ("lobby", Renamed, "b", "c")]);
        assert_eq!(twice, [Folded { renamed: vec![("a".into(), "c".into())], ..empty("lobby") }]);
    }
}
