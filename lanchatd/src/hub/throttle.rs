//! How often somebody may try a password.
//!
//! Whoever guesses is slowed down by where they are, and by whose password they guess. Where an owner has logged in
//! before, neither counts: only what is tried from that address against that account. So nobody locks an owner out by
//! guessing from elsewhere.

use std::net::IpAddr;

use super::Now;
use super::accounts::AccountKey;
use super::buckets::Buckets;
use super::quota::Rate;

/// One try in so many seconds in the long run, by a clock that goes so much slower.
const INTERVAL_S: u64 = 5;

/// So many tries at once: from one address, against one account, and both.
const FROM_ADDRESS: Rate = Rate { per_second_max: 1, burst_max: 20 };
const AT_ACCOUNT: Rate = Rate { per_second_max: 1, burst_max: 50 };
const BY_OWNER: Rate = Rate { per_second_max: 1, burst_max: 20 };

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
    /// From which origin.
    pub(super) ip: IpAddr,
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
        let now = now.slowed_by(INTERVAL_S);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::buckets::origin;

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
}
