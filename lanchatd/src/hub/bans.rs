//! Who is not let in: accounts, nicks and networks.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use lanchat_protocol::names::NickKeys;

use super::accounts::{AccountKey, Accounts};
use super::pattern::Pattern;
use super::policy::Rank;
use super::term::Term;
use super::{Now, network};
use crate::kept;

/// How an account is written.
const ACCOUNT: &str = "account:";

/// Who is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whom {
    /// Whoever logs in to it.
    Account(AccountKey),
    /// Whoever is called so, or looks as if.
    Nicks(Pattern),
    /// Whoever comes from there.
    Network(IpNet),
}

impl Whom {
    /// Who is meant by what somebody wrote; `None`: nobody can be.
    pub(super) fn parse(written: &str) -> Option<Self> {
        let written = written.trim();
        match written.strip_prefix(ACCOUNT) {
            Some("") => None,
            Some(nick) => Some(Self::Account(Accounts::key_of(nick))),
            None => network(written)
                .map(|network| Self::Network(network.trunc()))
                .or_else(|| Pattern::parse(written.trim_start_matches('@')).map(Self::Nicks)),
        }
    }
}

impl Whom {
    /// Who is meant, as people write it: an account by its nick, not by the key that no one would guess.
    pub(super) fn told(&self, accounts: &Accounts) -> String {
        match self {
            Self::Account(key) => match accounts.get(key) {
                Some(account) => format!("{ACCOUNT}{}", account.nick),
                None => self.to_string(),
            },
            Self::Nicks(_) | Self::Network(_) => self.to_string(),
        }
    }
}

impl fmt::Display for Whom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(key) => write!(f, "{ACCOUNT}{key}"),
            Self::Nicks(pattern) => f.write_str(pattern.as_str()),
            Self::Network(network) if network.prefix_len() == network.max_prefix_len() => {
                write!(f, "{}", network.addr())
            }
            Self::Network(network) => write!(f, "{network}"),
        }
    }
}

/// That somebody is not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ban {
    pub(super) whom: Whom,
    pub(super) term: Term,
}

/// All of them, the newest last.
#[derive(Debug, Default)]
pub(super) struct Bans(Vec<Ban>);

/// Who comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comer<'a> {
    pub(super) account: Option<&'a AccountKey>,
    pub(super) nick: &'a str,
    pub(super) ip: IpAddr,
    pub(super) rank: Rank,
}

impl Ban {
    /// Whether it is about whoever comes.
    pub(super) fn hits(&self, comer: Comer, now: Now) -> bool {
        let Comer { account, nick, ip, rank } = comer;
        self.term.holds(rank, now.wall_ms)
            && match &self.whom {
                Whom::Account(key) => account == Some(key),
                Whom::Nicks(pattern) => !nick.is_empty() && pattern.fits(&NickKeys::of(nick)),
                Whom::Network(network) => network.contains(&ip.to_canonical()),
            }
    }
}

impl Bans {
    /// The ban by which nobody comes in from this address, whoever they are.
    pub(super) fn at(&self, ip: IpAddr, now: Now) -> Option<&Ban> {
        let ip = ip.to_canonical();
        let mut all = self.0.iter().filter(|ban| !ban.term.is_over(now.wall_ms));
        all.find(|ban| matches!(&ban.whom, Whom::Network(network) if network.contains(&ip)))
    }

    /// The ban that is about whoever comes.
    pub(super) fn of(&self, comer: Comer, now: Now) -> Option<&Ban> {
        if self.0.is_empty() {
            return None;
        }
        self.0.iter().find(|ban| ban.hits(comer, now))
    }

    /// The ban of exactly these.
    pub(super) fn find(&self, whom: &Whom, now: Now) -> Option<&Ban> {
        self.0.iter().find(|ban| ban.whom == *whom && !ban.term.is_over(now.wall_ms))
    }

    /// Takes one in, in place of one of the same; false: there are as many as may be.
    pub(super) fn add(&mut self, ban: Ban, max: usize) -> bool {
        let now_ms = ban.term.since_ms;
        self.0.retain(|other| !other.term.is_over(now_ms) && other.whom != ban.whom);
        let fits = self.0.len() < max;
        if fits {
            self.0.push(ban);
        }
        fits
    }

    /// Ends one.
    pub(super) fn remove(&mut self, whom: &Whom) {
        self.0.retain(|ban| ban.whom != *whom);
    }

    /// Those that hold, the newest first.
    pub(super) fn holding(&self, now: Now) -> impl Iterator<Item = &Ban> {
        self.0.iter().rev().filter(move |ban| !ban.term.is_over(now.wall_ms))
    }

    pub(super) fn kept(&self) -> Vec<kept::Ban> {
        self.0.iter().map(|ban| kept::Ban { whom: ban.whom.to_string(), term: ban.term.kept() }).collect()
    }

    pub(super) fn from_kept(kept: Vec<kept::Ban>) -> Self {
        let ban = |ban: kept::Ban| {
            // The key of an account is kept as it is: made again of itself it need not be the same.
            let whom = match ban.whom.strip_prefix(ACCOUNT) {
                Some(key) => Whom::Account(key.into()),
                None => Whom::parse(&ban.whom)?,
            };
            Some(Ban { whom, term: Term::from_kept(ban.term) })
        };
        Self(kept.into_iter().filter_map(ban).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_a_ban_is_about_is_read_as_it_is_written() {
        for (written, told) in [
            ("account:Ana", "account:ana"),
            ("spam*", "spam*"),
            ("@bob", "bob"),
            ("10.1.2.3", "10.1.2.3"),
            ("10.1.2.3/24", "10.1.2.0/24"),
            ("::ffff:10.1.2.0/120", "10.1.2.0/24"),
            ("fe80::/10", "fe80::/10"),
        ] {
            let whom = Whom::parse(written).unwrap();
            assert_eq!(whom.to_string(), told);
            assert_eq!(Whom::parse(told), Some(whom));
        }
        for wrong in ["", "account:", "10.1.2.0/33", "a b"] {
            assert_eq!(Whom::parse(wrong), None, "{wrong}");
        }
    }
}
