//! What somebody has used up, by whom that is: tables of token buckets that do not grow beyond their bound.

use std::cell::Cell;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::rc::Rc;

use super::Now;
use super::quota::{Quota, Rate};

/// Buckets of each kind that are told apart, beside those that somebody holds.
pub(super) const BUCKETS_MAX: usize = 4096;

/// How often those who are full again are looked for, at most, by the clock of the table.
const SWEEP_US: u64 = 10_000;

/// The prefix of an IPv6 address that one customer, or one machine, has to itself (RFC 6177, RFC 7421).
const IPV6_PREFIX: u32 = 64;

/// From where somebody comes, as far as they cannot choose it.
pub fn origin(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => {
            let mask = u128::MAX << (128 - IPV6_PREFIX);
            // A machine of its own, not a network.
            if ip.is_loopback() {
                IpAddr::V6(ip)
            } else {
                IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & mask))
            }
        }
        ip @ IpAddr::V4(_) => ip,
    }
}

/// One bucket, which several may hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Bucket(Rc<Cell<Quota>>);

impl Bucket {
    /// Takes one, or tells how many microseconds to wait until one may be taken.
    pub(super) fn take(&self, now: Now, rate: Rate) -> Result<(), u64> {
        let mut quota = self.0.get();
        let taken = quota.take(now, rate);
        self.0.set(quota);
        taken
    }

    /// Gives one back that should not have counted.
    pub(super) fn give_back(&self, rate: Rate) {
        let mut quota = self.0.get();
        quota.give_back(rate);
        self.0.set(quota);
    }

    fn is_held(&self) -> bool {
        Rc::strong_count(&self.0) > 1
    }

    fn is_full(&self, now: Now) -> bool {
        self.0.get().is_full(now)
    }
}

/// Buckets by whom they are for. One that is full again is as good as none.
#[derive(Debug)]
pub(super) struct Buckets<K> {
    all: HashMap<K, Bucket>,
    /// Those for whom there is no room share one.
    others: Bucket,
    /// When full ones were last looked for.
    swept_us: u64,
    /// From how many on those are looked for that nobody holds.
    crowded_from: usize,
}

impl<K> Default for Buckets<K> {
    fn default() -> Self {
        let (all, others) = (HashMap::new(), Bucket::default());
        Self { all, others, swept_us: 0, crowded_from: BUCKETS_MAX }
    }
}

impl<K: Eq + Hash> Buckets<K> {
    /// Takes one for somebody, or tells how many microseconds to wait until one may be taken.
    pub(super) fn take(&mut self, now: Now, key: K, rate: Rate) -> Result<(), u64> {
        if rate.per_second_max == 0 {
            return Ok(());
        }
        if let Some(bucket) = self.all.get(&key) {
            return bucket.take(now, rate);
        }
        if self.all.len() >= BUCKETS_MAX && self.swept_us + SWEEP_US <= now.mono_us {
            self.swept_us = now.mono_us;
            self.all.retain(|_, bucket| bucket.is_held() || !bucket.is_full(now));
        }
        if self.all.len() >= BUCKETS_MAX {
            return self.others.take(now, rate);
        }
        self.all.entry(key).or_default().take(now, rate)
    }

    /// Gives one back that should not have counted.
    pub(super) fn give_back(&mut self, key: &K, rate: Rate) {
        self.all.get(key).unwrap_or(&self.others).give_back(rate);
    }

    /// Somebody's bucket, for whoever takes from it often. It is theirs for as long as anybody holds it; of those that nobody
    /// holds any more, [`BUCKETS_MAX`] that are not full again are remembered, or, where there are more, none.
    pub(super) fn hold(&mut self, now: Now, key: K) -> Bucket {
        if self.all.len() >= self.crowded_from && !self.all.contains_key(&key) {
            self.all.retain(|_, bucket| bucket.is_held() || !bucket.is_full(now));
            let held = self.all.values().filter(|bucket| bucket.is_held()).count();
            if self.all.len() >= held + BUCKETS_MAX {
                self.all.retain(|_, bucket| bucket.is_held());
            }
            self.crowded_from = held + BUCKETS_MAX;
        }
        self.all.entry(key).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_second_max: 1, burst_max: 20 };

    fn at(seconds: u64) -> Now {
        Now { mono_us: seconds * 1_000_000, wall_ms: 0 }
    }

    #[test]
    fn no_more_are_told_apart_than_there_are_buckets_and_the_rest_share_one() {
        let mut buckets = Buckets::default();
        for number in 0..BUCKETS_MAX {
            buckets.take(at(100), number, RATE).unwrap();
        }
        let others = BUCKETS_MAX..BUCKETS_MAX + 100;
        assert_eq!(others.filter(|number| buckets.take(at(100), *number, RATE).is_ok()).count(), 20);
        assert_eq!(buckets.all.len(), BUCKETS_MAX);
        buckets.take(at(200), 2 * BUCKETS_MAX, RATE).unwrap();
        assert_eq!(buckets.all.len(), 1, "those who have not come for a while are forgotten");
    }

    #[test]
    fn what_one_holder_takes_is_gone_for_the_other_and_for_whoever_comes_after_them() {
        let mut buckets = Buckets::default();
        let (one, other) = (buckets.hold(at(1), "a"), buckets.hold(at(1), "a"));
        assert_eq!((0..30).filter(|_| one.take(at(1), RATE).is_ok()).count(), 20);
        assert_eq!(other.take(at(1), RATE), Err(1_000_000));
        drop((one, other));
        assert_eq!(buckets.hold(at(1), "a").take(at(1), RATE), Err(1_000_000));
        assert_eq!(buckets.hold(at(1), "b").take(at(1), RATE), Ok(()));
    }

    #[test]
    fn held_buckets_have_no_bound_of_their_own_and_those_left_behind_have() {
        let mut buckets = Buckets::default();
        let held: Vec<_> = (0..3 * BUCKETS_MAX).map(|number| buckets.hold(at(1), number)).collect();
        assert_eq!(buckets.all.len(), 3 * BUCKETS_MAX);
        for number in 0..10 * BUCKETS_MAX {
            buckets.hold(at(1), 3 * BUCKETS_MAX + number).take(at(1), RATE).unwrap();
            assert!(buckets.all.len() <= held.len() + BUCKETS_MAX);
        }
        assert!((0..held.len()).all(|number| buckets.all.contains_key(&number)));
        drop(held);
        for number in 0..10 * BUCKETS_MAX {
            buckets.hold(at(9), number).take(at(9), RATE).unwrap();
        }
        assert!(buckets.all.len() <= 4 * BUCKETS_MAX);
    }

    #[test]
    fn the_addresses_of_one_network_are_one() {
        let same = |one: &str, other: &str| origin(one.parse().unwrap()) == origin(other.parse().unwrap());
        assert!(same("fd00::1", "fd00::2:3:4:5"));
        assert!(!same("fd00::1", "fd00:0:0:1::1"));
        assert!(same("::ffff:10.0.0.1", "10.0.0.1"));
        assert!(!same("10.0.0.1", "10.0.0.2"));
        assert!(!same("::1", "::2"));
    }
}
