//! How often somebody may try a password.
//!
//! Whoever guesses is slowed down by where they are, and by whose password they guess. Where an owner has logged in
//! before, neither counts: only what is tried from that address against that account. So nobody locks an owner out by
//! guessing from elsewhere.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};

use super::Now;
use super::accounts::AccountKey;
use super::quota::{Quota, Rate};

/// Buckets of each kind that are told apart; those who come then share one.
pub(super) const BUCKETS_MAX: usize = 4096;

/// One try in so many seconds in the long run, by a clock that goes so much slower.
const INTERVAL_S: u64 = 5;

/// So many tries at once: from one address, against one account, and both.
const FROM_ADDRESS: Rate = Rate { per_second_max: 1, burst_max: 20 };
const AT_ACCOUNT: Rate = Rate { per_second_max: 1, burst_max: 50 };
const BY_OWNER: Rate = Rate { per_second_max: 1, burst_max: 20 };

/// The prefix of an IPv6 address that one customer, or one machine, has to itself (RFC 6177, RFC 7421).
const IPV6_PREFIX: u32 = 64;

/// The tries of late.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    addresses: Buckets<IpAddr>,
    accounts: Buckets<AccountKey>,
    owners: Buckets<(AccountKey, IpAddr)>,
}

/// A try that was let through.
#[derive(Debug)]
pub(super) struct Try {
    ip: IpAddr,
    account: Option<AccountKey>,
    /// From where its owner has logged in before.
    pub(super) is_known: bool,
}

impl Try {
    /// Somebody at this address tries to open an account, or, without one, to make one.
    pub(super) fn new(ip: IpAddr, account: Option<AccountKey>, is_known: bool) -> Self {
        Self { ip, account, is_known }
    }
}

impl Throttle {
    /// Takes a try into account, or says how many milliseconds to wait until the next.
    pub(super) fn take(&mut self, now: Now, tried: &Try) -> Result<(), u64> {
        let now = slow(now);
        let Try { ip, account, is_known } = tried;
        let taken = match account {
            Some(account) if *is_known => self.owners.take(now, (account.clone(), *ip), BY_OWNER),
            Some(account) => self.addresses.take(now, *ip, FROM_ADDRESS).and_then(|()| {
                let taken = self.accounts.take(now, account.clone(), AT_ACCOUNT);
                if taken.is_err() {
                    self.addresses.give_back(ip, FROM_ADDRESS);
                }
                taken
            }),
            None => self.addresses.take(now, *ip, FROM_ADDRESS),
        };
        taken.map_err(|wait_us| (wait_us * INTERVAL_S).div_ceil(1000))
    }

    /// It was no guess: it does not count.
    pub(super) fn was_right(&mut self, tried: &Try) {
        let Try { ip, account, is_known } = tried;
        match account {
            Some(account) if *is_known => self.owners.give_back(&(account.clone(), *ip), BY_OWNER),
            Some(account) => {
                self.addresses.give_back(ip, FROM_ADDRESS);
                self.accounts.give_back(account, AT_ACCOUNT);
            }
            None => self.addresses.give_back(ip, FROM_ADDRESS),
        }
    }
}

/// From where somebody comes, as far as they cannot choose it.
pub(super) fn origin(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => {
            let mask = u128::MAX << (128 - IPV6_PREFIX);
            IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & mask))
        }
        ip @ IpAddr::V4(_) => ip,
    }
}

fn slow(now: Now) -> Now {
    Now { mono_us: now.mono_us / INTERVAL_S, ..now }
}

/// Buckets by whom they are for. One that is full again is as good as none.
#[derive(Debug)]
struct Buckets<K> {
    all: HashMap<K, Quota>,
    others: Quota,
    /// When full ones were last looked for.
    swept_us: u64,
}

impl<K> Default for Buckets<K> {
    fn default() -> Self {
        Self { all: HashMap::new(), others: Quota::default(), swept_us: 0 }
    }
}

impl<K: Eq + Hash> Buckets<K> {
    fn take(&mut self, now: Now, key: K, rate: Rate) -> Result<(), u64> {
        if let Some(quota) = self.all.get_mut(&key) {
            return quota.take(now, rate);
        }
        if self.all.len() >= BUCKETS_MAX && self.swept_us + 1_000_000 / INTERVAL_S <= now.mono_us {
            self.swept_us = now.mono_us;
            self.all.retain(|_, quota| !quota.is_full(now));
        }
        if self.all.len() >= BUCKETS_MAX {
            return self.others.take(now, rate);
        }
        self.all.entry(key).or_default().take(now, rate)
    }

    fn give_back(&mut self, key: &K, rate: Rate) {
        self.all.get_mut(key).unwrap_or(&mut self.others).give_back(rate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Now {
        Now { mono_us: seconds * 1_000_000, wall_ms: 0 }
    }

    fn guess(ip: &str, is_known: bool) -> Try {
        Try::new(origin(ip.parse().unwrap()), Some("ana".into()), is_known)
    }

    fn let_through(throttle: &mut Throttle, now: Now, tried: &Try, tries: usize) -> usize {
        (0..tries).filter(|_| throttle.take(now, tried).is_ok()).count()
    }

    #[test]
    fn one_address_guesses_20_times_and_then_once_in_5_seconds() {
        let mut throttle = Throttle::default();
        let guess = guess("10.0.0.1", false);
        assert_eq!(let_through(&mut throttle, at(100), &guess, 30), 20);
        assert_eq!(throttle.take(at(100), &guess), Err(5000));
        assert_eq!(let_through(&mut throttle, at(105), &guess, 2), 1);
    }

    #[test]
    fn many_addresses_together_guess_50_times_at_one_account_and_its_owner_is_let_through() {
        let mut throttle = Throttle::default();
        let through = (0..200).map(|host| guess(&format!("10.0.0.{host}"), false));
        let through: usize = through.map(|guess| let_through(&mut throttle, at(100), &guess, 5)).sum();
        assert_eq!(through, 50);
        assert_eq!(let_through(&mut throttle, at(100), &guess("10.0.1.1", true), 30), 20);
        let other = Try::new(origin("10.0.2.1".parse().unwrap()), Some("bob".into()), false);
        assert_eq!(let_through(&mut throttle, at(100), &other, 30), 20, "another account is another matter");
    }

    #[test]
    fn who_was_right_has_not_guessed() {
        let mut throttle = Throttle::default();
        for is_known in [false, true] {
            let login = guess("10.0.0.1", is_known);
            for _ in 0..100 {
                throttle.take(at(100), &login).unwrap();
                throttle.was_right(&login);
            }
        }
    }

    #[test]
    fn the_addresses_of_one_network_are_one() {
        let same = |one: &str, other: &str| origin(one.parse().unwrap()) == origin(other.parse().unwrap());
        assert!(same("fd00::1", "fd00::2:3:4:5"));
        assert!(!same("fd00::1", "fd00:0:0:1::1"));
        assert!(same("::ffff:10.0.0.1", "10.0.0.1"));
        assert!(!same("10.0.0.1", "10.0.0.2"));
    }

    #[test]
    fn no_more_are_told_apart_than_there_are_buckets_and_the_rest_share_one() {
        let mut throttle = Throttle::default();
        let ip = |number: usize| IpAddr::from([10, 1, (number / 256) as u8, (number % 256) as u8]);
        let tried = |number| Try::new(ip(number), None, false);
        for number in 0..BUCKETS_MAX {
            throttle.take(at(100), &tried(number)).unwrap();
        }
        let through = (0..100).filter(|number| throttle.take(at(100), &tried(BUCKETS_MAX + number)).is_ok());
        assert_eq!(through.count(), 20);
        assert_eq!(throttle.addresses.all.len(), BUCKETS_MAX);
        throttle.take(at(200), &tried(2 * BUCKETS_MAX)).unwrap();
        assert_eq!(throttle.addresses.all.len(), 1, "those who have not tried for a while are forgotten");
    }
}
