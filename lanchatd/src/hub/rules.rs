//! How order is kept in a room: who its operators are, who may speak there and come in, and how often.

use std::collections::BTreeMap;
use std::rc::Rc;

use lanchat_protocol::client::RoomKind;

use super::accounts::AccountKey;
use super::culprit::Culprit;
use super::mutes::Mutes;
use super::people::PersonKey;
use super::{Now, Session};
use crate::kept;

/// Who was put out of a room and may not come back yet, at most; beyond that the first may.
const KICKED_MAX: usize = 256;

/// How long somebody who was put out stays out.
const KICKED_US: u64 = 60_000_000;

/// Who has said something in a slow room a moment ago, at most; beyond that whoever waits the shortest need not.
const PACES_MAX: usize = 4_096;

/// The rules of a room.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) is_private: bool,
    pub(super) is_moderated: bool,
    pub(super) is_locked: bool,
    /// One message in so many seconds from each; 0: no such rule.
    pub(super) slow_s: u32,
    /// Those with rights of their own.
    people: BTreeMap<AccountKey, Rights>,
    pub(super) mutes: Mutes,
    /// Who was put out, and when they may come back.
    kicked: Vec<(Culprit, u64)>,
    /// When each may say something again.
    paces: BTreeMap<PersonKey, u64>,
}

/// What an account may do in a room that others may not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rights {
    pub(super) nick: Rc<str>,
    pub(super) is_operator: bool,
    pub(super) has_voice: bool,
    pub(super) is_invited: bool,
}

impl Rules {
    /// What an account may do here.
    pub(super) fn of(&self, account: Option<&AccountKey>) -> Rights {
        account.and_then(|account| self.people.get(account)).cloned().unwrap_or_default()
    }

    /// Changes what an account may do here; false: there are as many with rights as may be.
    pub(super) fn change(
        &mut self,
        account: &AccountKey,
        nick: &Rc<str>,
        max: usize,
        change: impl FnOnce(&mut Rights),
    ) -> bool {
        let mut rights = self.of(Some(account));
        rights.nick = nick.clone();
        change(&mut rights);
        let Rights { is_operator, has_voice, is_invited, .. } = rights;
        if !(is_operator || has_voice || is_invited) {
            self.people.remove(account);
            return true;
        }
        if self.people.len() >= max && !self.people.contains_key(account) {
            return false;
        }
        self.people.insert(account.clone(), rights);
        true
    }

    /// Nobody has the account any more. Whether it had rights.
    pub(super) fn forget(&mut self, account: &AccountKey) -> bool {
        self.people.remove(account).is_some()
    }

    /// What is special about the room.
    pub(super) fn kind(&self) -> RoomKind {
        RoomKind { private: self.is_private, moderated: self.is_moderated, locked: self.is_locked }
    }

    /// Whether there is something that has to be kept although nothing was said.
    pub(super) fn is_set(&self) -> bool {
        self.is_private || self.is_moderated || self.is_locked || self.slow_s > 0
    }

    /// Keeps somebody out for a moment.
    pub(super) fn keep_out(&mut self, now: Now, culprit: Culprit) {
        self.kicked.retain(|(other, until_us)| *until_us > now.mono_us && !other.is_same(&culprit));
        if self.kicked.len() >= KICKED_MAX {
            self.kicked.remove(0);
        }
        self.kicked.push((culprit, now.mono_us + KICKED_US));
    }

    /// How long somebody who was put out has to wait, in milliseconds.
    pub(super) fn out_ms(&self, now: Now, session: &Session) -> Option<u64> {
        let mut theirs = self.kicked.iter().filter(|(culprit, _)| culprit.is(session));
        let left_us = theirs.find_map(|(_, until_us)| until_us.checked_sub(now.mono_us))?;
        (left_us > 0).then(|| left_us.div_ceil(1000))
    }

    /// Nobody is kept out whom somebody invites.
    pub(super) fn let_in(&mut self, culprit: &Culprit) {
        self.kicked.retain(|(other, _)| !other.is_same(culprit));
    }

    /// How long somebody has to wait until they may speak, in milliseconds.
    pub(super) fn pace_ms(&self, now: Now, person: &PersonKey) -> Option<u64> {
        if self.slow_s == 0 {
            return None;
        }
        let left_us = self.paces.get(person)?.checked_sub(now.mono_us)?;
        // A room that was slower before makes nobody wait longer than it is slow now.
        let left_us = left_us.min(u64::from(self.slow_s) * 1_000_000);
        (left_us > 0).then(|| left_us.div_ceil(1000))
    }

    /// Somebody has spoken.
    pub(super) fn note_spoken(&mut self, now: Now, person: &PersonKey) {
        if self.slow_s == 0 {
            return self.paces.clear();
        }
        if self.paces.len() >= PACES_MAX {
            self.paces.retain(|_, until_us| *until_us > now.mono_us);
            let first = self.paces.iter().min_by_key(|(_, until_us)| **until_us).map(|(key, _)| key.clone());
            if self.paces.len() >= PACES_MAX
                && let Some(first) = first
            {
                self.paces.remove(&first);
            }
        }
        self.paces.insert(person.clone(), now.mono_us + u64::from(self.slow_s) * 1_000_000);
    }

    /// Whoever has spoken goes by another name, and waits on.
    pub(super) fn pace_on(&mut self, old: &PersonKey, new: &PersonKey) {
        if let Some(until_us) = self.paces.get(old).copied()
            && self.paces.len() < PACES_MAX
        {
            let theirs = self.paces.entry(new.clone()).or_default();
            *theirs = until_us.max(*theirs);
        }
    }

    pub(super) fn kept(&self) -> kept::Rules {
        let right = |(account, rights): (&AccountKey, &Rights)| kept::Rights {
            account: account.to_string(),
            nick: rights.nick.to_string(),
            is_operator: rights.is_operator,
            has_voice: rights.has_voice,
            is_invited: rights.is_invited,
        };
        kept::Rules {
            is_moderated: self.is_moderated,
            is_locked: self.is_locked,
            slow_s: self.slow_s,
            people: self.people.iter().map(right).collect(),
            mutes: self.mutes.kept(),
        }
    }

    pub(super) fn from_kept(kept: kept::Rules, is_private: bool) -> Self {
        let kept::Rules { is_moderated, is_locked, slow_s, people, mutes } = kept;
        let right = |kept: kept::Rights| {
            let kept::Rights { account, nick, is_operator, has_voice, is_invited } = kept;
            (account.into(), Rights { nick: nick.into(), is_operator, has_voice, is_invited })
        };
        let (people, mutes) = (people.into_iter().map(right).collect(), Mutes::from_kept(mutes));
        Self { is_private, is_moderated, is_locked, slow_s, people, mutes, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_have_just_spoken_are_a_bounded_table() {
        let mut rules = Rules { slow_s: 10, ..Rules::default() };
        let at = |s: u64| Now { mono_us: s * 1_000_000, wall_ms: 0 };
        let person = |n: usize| PersonKey::from(format!("p{n}"));
        rules.note_spoken(at(0), &person(0));
        for n in 1..=PACES_MAX {
            rules.note_spoken(at(1), &person(n));
        }
        assert_eq!(rules.paces.len(), PACES_MAX);
        assert_eq!(rules.pace_ms(at(1), &person(0)), None, "whoever waits the shortest gives way");
        assert_eq!(rules.pace_ms(at(1), &person(1)), Some(10_000));
        rules.note_spoken(at(20), &person(0));
        assert_eq!(rules.paces.len(), 1, "swept");
    }

    #[test]
    fn there_are_only_so_many_with_rights_in_a_room() {
        let mut rules = Rules::default();
        let mut give = |n: usize| {
            rules.change(&format!("p{n}").into(), &"p".into(), 2, |rights| rights.has_voice = true)
        };
        assert_eq!([give(1), give(2), give(3), give(1)], [true, true, false, true]);
        assert!(rules.change(&"p1".into(), &"p".into(), 2, |rights| rights.has_voice = false));
        assert!(rules.change(&"p3".into(), &"p".into(), 2, |rights| rights.is_operator = true));
        assert!(rules.of(Some(&"p3".into())).is_operator && !rules.of(Some(&"p1".into())).has_voice);
    }
}
