//! What happens too often to be written one by one: the first of it is, the rest is counted and summed up.
//!
//! Whoever may connect can cause records. Without a bound they could fill the journal, and push out what an
//! administrator looks for after an attack.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::net::IpAddr;

use crate::hub::{Now, Quota, Rate, origin};
use lanchat_protocol::counted;

/// Of each kind, so many records are written at once, and one in so many seconds in the long run. That is some 30 MiB
/// of journal for a day on which somebody floods all the time with all kinds; one a second would be ten times that,
/// and the journal of a small machine gone in days.
const BURST_MAX: u32 = 100;
const INTERVAL_S: u64 = 10;

/// By a clock that goes so much slower.
const RATE: Rate = Rate { per_second_max: 1, burst_max: BURST_MAX };

/// What was not written is summed up so long after the first of it.
const SUMMARY_AFTER_US: u64 = 60_000_000;

/// So many records that were not written may be an attack; fewer are what a busy morning brings.
const ATTACK_FROM: u64 = 100;

/// Addresses of each kind that are told apart until the next summary. Of more is only known that they are more.
const ADDRESSES_MAX: usize = 1024;

/// What others can have written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Somebody connected.
    Connected,
    /// A connection has ended.
    Disconnected,
    /// A connection was not taken.
    NotAdmitted,
    /// Somebody has a name.
    Named,
    /// Somebody was told no.
    Refused,
    /// Somebody in the chat keeps order.
    Ordered,
    /// There is no descriptor for a connection.
    CannotAccept,
    /// There is again.
    AcceptingAgain,
    /// There are too many administrators.
    AdminRefused,
    /// What somebody wanted to know cannot be read.
    StoreUnread,
}

impl Kind {
    const ALL: [Self; 10] = [
        Self::Connected,
        Self::Disconnected,
        Self::NotAdmitted,
        Self::Named,
        Self::Refused,
        Self::Ordered,
        Self::CannotAccept,
        Self::AcceptingAgain,
        Self::AdminRefused,
        Self::StoreUnread,
    ];

    /// As its records say it.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::NotAdmitted => "connection refused",
            Self::Named => "named",
            Self::Refused => "refused",
            Self::Ordered => "keeps order",
            Self::CannotAccept => "cannot take connections",
            Self::AcceptingAgain => "taking connections again",
            Self::AdminRefused => "admin connection refused",
            Self::StoreUnread => "cannot be read from the store",
        }
    }
}

/// All kinds.
#[derive(Debug, Default)]
pub(super) struct Floods {
    by_kind: [Flood; Kind::ALL.len()],
}

/// One kind: what was written of it, and what was not since the last summary.
#[derive(Debug, Default)]
struct Flood {
    written: Quota,
    /// When the first was not written.
    since_us: Option<u64>,
    times: u64,
    by_address: HashMap<IpAddr, u64>,
    /// There were more addresses than are told apart.
    has_others: bool,
    /// Why, where that has a code.
    by_code: BTreeMap<&'static str, u64>,
}

/// What was not written one by one. `Display` is the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Summary {
    /// What happened.
    pub(super) kind: Kind,
    /// How often, beside what was written.
    pub(super) times: u64,
    /// In how long.
    pub(super) seconds: u64,
    /// From how many addresses that were told apart.
    pub(super) addresses: usize,
    /// There were more addresses.
    pub(super) has_others: bool,
    /// From where most of it was, and how often, where that is known.
    pub(super) most: Option<(IpAddr, u64)>,
    /// Why most of it was, where that is known.
    pub(super) mostly: Option<&'static str>,
}

impl Floods {
    /// It happened, so many times. Whether it is to be written.
    pub(super) fn note(&mut self, now: Now, kind: Kind, from: Option<IpAddr>, times: u64) -> bool {
        let slow = Now { mono_us: now.mono_us / INTERVAL_S, ..now };
        if self.by_kind[kind as usize].written.take(slow, RATE).is_ok() {
            return true;
        }
        self.count(now, kind, from, times);
        false
    }

    /// It happened, so many times, and is not to be written.
    pub(super) fn count(&mut self, now: Now, kind: Kind, from: Option<IpAddr>, times: u64) {
        let flood = &mut self.by_kind[kind as usize];
        flood.since_us.get_or_insert(now.mono_us);
        flood.times += times;
        if let Some(from) = from.map(origin) {
            if flood.by_address.len() < ADDRESSES_MAX || flood.by_address.contains_key(&from) {
                *flood.by_address.entry(from).or_default() += times;
            } else {
                flood.has_others = true;
            }
        }
    }

    /// What was counted was refused for this reason.
    pub(super) fn count_code(&mut self, kind: Kind, code: &'static str, times: u64) {
        *self.by_kind[kind as usize].by_code.entry(code).or_default() += times;
    }

    /// In how many microseconds the next summary is due, if one is.
    pub(super) fn due_us(&self, now: Now) -> Option<u64> {
        let first = self.by_kind.iter().filter_map(|flood| flood.since_us).min()?;
        Some((first + SUMMARY_AFTER_US).saturating_sub(now.mono_us))
    }

    /// The summaries that are due, or, at the end, all there are.
    pub(super) fn sum_up(&mut self, now: Now, is_the_end: bool) -> Vec<Summary> {
        let floods = Kind::ALL.into_iter().zip(&mut self.by_kind);
        floods.filter_map(|(kind, flood)| flood.sum_up(now, kind, is_the_end)).collect()
    }
}

impl Flood {
    fn sum_up(&mut self, now: Now, kind: Kind, is_the_end: bool) -> Option<Summary> {
        let since_us = self.since_us?;
        if !is_the_end && since_us + SUMMARY_AFTER_US > now.mono_us {
            return None;
        }
        let Self { times, by_address, has_others, by_code, .. } =
            std::mem::replace(self, Self { written: self.written, ..Self::default() });
        let most = by_address.iter().max_by_key(|(ip, times)| (**times, **ip));
        Some(Summary {
            kind,
            times,
            seconds: now.mono_us.saturating_sub(since_us).div_ceil(1_000_000).max(1),
            addresses: by_address.len(),
            has_others,
            most: most.map(|(ip, times)| (*ip, *times)),
            mostly: by_code.into_iter().max_by_key(|(_, times)| *times).map(|(code, _)| code),
        })
    }
}

impl Summary {
    /// Whether it is worth a warning.
    pub(super) fn may_be_an_attack(&self) -> bool {
        self.times >= ATTACK_FROM
    }

    /// From where most of it was: an address, or a network of IPv6 that somebody has to themselves.
    pub(super) fn most_from(&self) -> Option<String> {
        let (ip, _) = self.most?;
        Some(if ip.is_ipv6() && !ip.is_loopback() { format!("{ip}/64") } else { ip.to_string() })
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { times, seconds, addresses, .. } = self;
        let times = counted(*times, "more time");
        write!(f, "{}: {times} in the last {seconds} s", self.kind.words())?;
        if let Some(code) = self.mostly {
            write!(f, ", mostly {code}")?;
        }
        match (self.most, self.most_from()) {
            (Some(_), Some(from)) if *addresses == 1 && !self.has_others => write!(f, ", all from {from}"),
            (Some((_, most)), Some(from)) => {
                let more = if self.has_others { "more than " } else { "" };
                let addresses = counted(*addresses, "address");
                write!(f, ", from {more}{addresses}, most ({most}) from {from}")
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND_US: u64 = 1_000_000;

    fn at(seconds: u64) -> Now {
        Now { mono_us: seconds * SECOND_US, wall_ms: 0 }
    }

    fn ip(last: u16) -> IpAddr {
        let [high, low] = last.to_be_bytes();
        IpAddr::from([10, 0, high, low])
    }

    /// How many of so many are written.
    fn written(floods: &mut Floods, now: Now, from: IpAddr, count: u64) -> u64 {
        (0..count).filter(|_| floods.note(now, Kind::NotAdmitted, Some(from), 1)).count() as u64
    }

    #[test]
    fn the_first_are_written_and_then_one_at_times_and_none_is_lost_to_the_counts() {
        let mut floods = Floods::default();
        assert_eq!(written(&mut floods, at(1), ip(7), 100), 100);
        assert_eq!(floods.due_us(at(1)), None, "at the bound nothing is left to be summed up");
        assert_eq!(written(&mut floods, at(1), ip(7), 1), 0);
        let mut total = 100;
        for round in 1..1000 {
            let before = total;
            total += written(&mut floods, at(1 + round * INTERVAL_S), ip(7), 49);
            total += written(&mut floods, at(round * INTERVAL_S + INTERVAL_S), ip(7), 1);
            assert_eq!(total - before, 1, "round {round}");
        }
        let summaries = floods.sum_up(at(1000 * INTERVAL_S), false);
        assert_eq!(summaries.iter().map(|summary| summary.times).sum::<u64>() + total, 100 + 1 + 999 * 50);
    }

    #[test]
    fn a_summary_is_due_a_minute_after_the_first_that_was_not_written() {
        let mut floods = Floods::default();
        written(&mut floods, at(10), ip(7), 150);
        written(&mut floods, at(10), ip(8), 30);
        floods.note(at(10), Kind::NotAdmitted, None, 1);
        assert_eq!(floods.due_us(at(10)), Some(60 * SECOND_US));
        assert_eq!(floods.sum_up(at(69), false), []);
        let [summary] = &floods.sum_up(at(70), false)[..] else { panic!() };
        let said =
            "connection refused: 81 more times in the last 60 s, from 2 addresses, most (50) from 10.0.0.7";
        assert_eq!(summary.to_string(), said);
        assert_eq!(floods.due_us(at(70)), None);
        assert_eq!(floods.sum_up(at(999), true), [], "it is told once");
    }

    #[test]
    fn at_the_end_everything_is_summed_up() {
        let mut floods = Floods::default();
        written(&mut floods, at(1), ip(7), 101);
        let said = floods.sum_up(at(1), true).iter().map(Summary::to_string).collect::<Vec<_>>();
        assert_eq!(said, ["connection refused: 1 more time in the last 1 s, all from 10.0.0.7"]);
    }

    #[test]
    fn a_few_more_than_are_written_are_no_attack() {
        for (more, may_be) in [(99, false), (100, true)] {
            let mut floods = Floods::default();
            written(&mut floods, at(1), ip(7), 100 + more);
            assert_eq!(floods.sum_up(at(1), true)[0].may_be_an_attack(), may_be, "{more} more");
        }
    }

    #[test]
    fn a_flood_of_one_kind_hides_no_other() {
        let mut floods = Floods::default();
        written(&mut floods, at(1), ip(7), 1000);
        assert!(floods.note(at(1), Kind::Connected, Some(ip(7)), 1));
    }

    #[test]
    fn refusals_that_were_counted_before_are_counted_on() {
        let mut floods = Floods::default();
        for _ in 0..100 {
            floods.note(at(1), Kind::Refused, Some(ip(1)), 1);
        }
        assert!(!floods.note(at(1), Kind::Refused, Some(ip(1)), 46));
        assert_eq!(floods.sum_up(at(61), false)[0].times, 46);
    }

    #[test]
    fn addresses_have_a_bound_and_beyond_it_are_more() {
        let mut floods = Floods::default();
        written(&mut floods, at(1), ip(0), 100);
        let all = u16::try_from(ADDRESSES_MAX).unwrap();
        (0..all).for_each(|last| assert_eq!(written(&mut floods, at(1), ip(last), 1), 0));
        let at_bound = floods.sum_up(at(61), false).remove(0);
        assert_eq!((at_bound.addresses, at_bound.has_others), (ADDRESSES_MAX, false));
        written(&mut floods, at(61), ip(0), 100);
        (0..=all).for_each(|last| assert_eq!(written(&mut floods, at(61), ip(last), 1), 0));
        let beyond = floods.sum_up(at(121), false).remove(0);
        assert_eq!((beyond.addresses, beyond.has_others), (ADDRESSES_MAX, true));
        assert_eq!(floods.by_kind[Kind::NotAdmitted as usize].by_address.capacity(), 0);
        assert!(beyond.to_string().contains("from more than 1024 addresses"), "{beyond}");
    }

    #[test]
    fn an_address_is_the_same_by_both_families() {
        let mut floods = Floods::default();
        written(&mut floods, at(1), ip(7), 100);
        written(&mut floods, at(1), ip(7), 1);
        written(&mut floods, at(1), "::ffff:10.0.0.7".parse().unwrap(), 1);
        assert_eq!(floods.sum_up(at(61), false)[0].most, Some((ip(7), 2)));
    }

    #[test]
    fn the_networks_of_ipv6_are_told_apart_and_not_their_addresses() {
        let mut floods = Floods::default();
        for host in 0..120 {
            floods.note(at(1), Kind::NotAdmitted, Some(format!("2001:db8::{host:x}").parse().unwrap()), 1);
        }
        let said = floods.sum_up(at(61), false)[0].to_string();
        assert_eq!(said, "connection refused: 20 more times in the last 60 s, all from 2001:db8::/64");
    }

    #[test]
    fn a_summary_names_why_most_of_it_was() {
        let mut floods = Floods::default();
        written(&mut floods, at(1), ip(7), 110);
        floods.count_code(Kind::NotAdmitted, "full", 4);
        floods.count_code(Kind::NotAdmitted, "connecting_too_fast", 6);
        let said = floods.sum_up(at(61), false)[0].to_string();
        assert!(said.contains("in the last 60 s, mostly connecting_too_fast, all from 10.0.0.7"), "{said}");
        written(&mut floods, at(61), ip(7), 110);
        assert_eq!(floods.sum_up(at(121), false)[0].mostly, None, "it is told once");
    }

    #[test]
    fn each_kind_has_a_place_of_its_own() {
        for (place, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, place);
        }
    }
}
