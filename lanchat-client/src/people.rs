//! Who is known to be here, for completion.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lanchat_protocol::names::Nick;

/// More people than this are not remembered: completion is a help, not a register.
const PEOPLE_MAX: usize = 2_048;

/// Nicks, shared between the conversation, which learns them, and the prompt, which completes them.
#[derive(Clone, Debug, Default)]
pub(crate) struct People {
    /// By lower-case nick.
    nicks: Arc<Mutex<BTreeMap<String, Nick>>>,
}

impl People {
    /// Somebody is here. What is no valid nick is nobody.
    pub(crate) fn came(&self, nick: &str) {
        let Ok(nick) = Nick::parse(nick) else { return };
        let mut nicks = self.lock();
        if nicks.len() < PEOPLE_MAX {
            nicks.insert(nick.as_str().to_lowercase(), nick);
        }
    }

    /// Somebody is no longer here.
    pub(crate) fn went(&self, nick: &str) {
        self.lock().remove(&nick.to_lowercase());
    }

    /// Nobody is known to be here.
    pub(crate) fn forget(&self) {
        self.lock().clear();
    }

    /// Up to `count_max` nicks that begin so, in whatever case, in order.
    pub(crate) fn beginning_with(&self, start: &str, count_max: usize) -> Vec<String> {
        let start = start.to_lowercase();
        let nicks = self.lock();
        let from = nicks.range(start.clone()..);
        let matching = from.take_while(|(key, _)| key.starts_with(&start));
        matching.take(count_max).map(|(_, nick)| nick.as_str().to_owned()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Nick>> {
        // A map of nicks is whole after any panic.
        self.nicks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_found_by_how_their_nick_begins() {
        let people = People::default();
        for nick in ["Ana", "anton", "bruno", "no nick", "Änne"] {
            people.came(nick);
        }
        assert_eq!(people.beginning_with("AN", 9), ["Ana", "anton"]);
        assert_eq!(people.beginning_with("an", 1), ["Ana"]);
        assert_eq!(people.beginning_with("ä", 9), ["Änne"]);
        assert_eq!(people.beginning_with("", 9).len(), 4);
        people.went("ana");
        assert_eq!(people.beginning_with("an", 9), ["anton"]);
        people.forget();
        assert!(people.beginning_with("", 9).is_empty());
    }

    #[test]
    fn a_flood_of_names_is_bounded() {
        let people = People::default();
        (0..PEOPLE_MAX + 10).for_each(|n| people.came(&format!("n{n}")));
        assert_eq!(people.beginning_with("", usize::MAX).len(), PEOPLE_MAX);
    }
}
