//! What people pass on so that others find a relay and know it: `lanchat://HOST[:PORT][/INVITE][#FINGERPRINT]`.
//!
//! The shape is that of any address (RFC 3986): the fingerprint stands where a browser would tell nobody else of it.

use std::fmt;
use std::str::FromStr;

use crate::PORT;
use crate::address::{Address, AddressError};
use crate::fingerprint::Fingerprint;

/// How a link begins, in whatever case.
const SCHEME: &str = "lanchat://";

/// The longest code of an invitation, in bytes.
pub const INVITE_BYTES_MAX: usize = 128;

/// A relay, what its key is known by, and a code that lets a guest register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where the relay is.
    pub address: Address,
    /// The code of an invitation: letters, digits, `-`, `_`; at most [`INVITE_BYTES_MAX`] bytes.
    pub invite: Option<String>,
    /// What the relay's key is known by; `None` where the relay does not encrypt.
    pub fingerprint: Option<Fingerprint>,
}

/// Why a string is no link; its `Display` says what a link looks like.
#[derive(Debug, PartialEq, Eq)]
pub enum LinkError {
    /// It begins in another way.
    NoScheme,
    /// What stands for the relay is no address.
    Address(AddressError),
    /// What follows the slash is no code.
    BadInvite,
    /// What follows the `#` is no fingerprint.
    BadFingerprint,
}

impl Link {
    /// Whether somebody has written a link, a good one or not.
    pub fn is_meant(written: &str) -> bool {
        written.get(..SCHEME.len()).is_some_and(|start| start.eq_ignore_ascii_case(SCHEME))
    }
}

impl FromStr for Link {
    type Err = LinkError;

    fn from_str(written: &str) -> Result<Self, LinkError> {
        let written = written.trim();
        if !Self::is_meant(written) {
            return Err(LinkError::NoScheme);
        }
        let rest = &written[SCHEME.len()..];
        let (rest, fingerprint) = match rest.split_once('#') {
            Some((rest, hash)) => (rest, Some(hash.parse().map_err(|_| LinkError::BadFingerprint)?)),
            None => (rest, None),
        };
        let (place, invite) = match rest.split_once('/') {
            Some((place, "")) => (place, None),
            Some((place, code)) if is_code(code) => (place, Some(code.to_owned())),
            Some(_) => return Err(LinkError::BadInvite),
            None => (rest, None),
        };
        let address = without_escape(place).parse().map_err(LinkError::Address)?;
        Ok(Self { address, invite, fingerprint })
    }
}

fn is_code(code: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=INVITE_BYTES_MAX).contains(&code.len()) && code.bytes().all(plain)
}

/// In a link, the `%` before an IPv6 zone is written as `%25` (RFC 6874); people who type it may not.
fn without_escape(place: &str) -> String {
    match place.split_once("%25") {
        Some((number, zone)) if place.starts_with('[') && !zone.starts_with(']') => {
            format!("{number}%{zone}")
        }
        _ => place.to_owned(),
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address: Address { host, port }, invite, fingerprint } = self;
        f.write_str(SCHEME)?;
        if host.contains(':') {
            write!(f, "[{}]", host.replacen('%', "%25", 1))?;
        } else {
            f.write_str(host)?;
        }
        if *port != PORT {
            write!(f, ":{port}")?;
        }
        if let Some(invite) = invite {
            write!(f, "/{invite}")?;
        }
        match fingerprint {
            Some(fingerprint) => write!(f, "#{}", fingerprint.bare()),
            None => Ok(()),
        }
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoScheme => write!(f, "a link to a relay begins with {SCHEME}"),
            Self::Address(error) => error.fmt(f),
            Self::BadInvite => f.write_str(
                "what follows the / is no invitation, which is letters, digits, - or _: was all of the link copied?",
            ),
            Self::BadFingerprint => f.write_str(
                "what follows the # is no fingerprint, which is 43 letters, digits, - or _: was all of the link copied?",
            ),
        }
    }
}

impl std::error::Error for LinkError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HASH: &str = "__79_Pv6-fj39vX08_Lx8O_u7ezr6uno5-bl5OPi4eA";

    fn parse(written: &str) -> Result<(String, Option<String>, bool), LinkError> {
        let link: Link = written.parse()?;
        Ok((link.address.to_string(), link.invite, link.fingerprint.is_some()))
    }

    #[test]
    fn a_link_names_a_relay_its_key_and_an_invitation() {
        assert_eq!(parse(&format!("lanchat://relay#{HASH}")), Ok(("relay:5555".into(), None, true)));
        assert_eq!(parse(&format!("LANCHAT://relay:1/#SHA256:{HASH}")), Ok(("relay:1".into(), None, true)));
        let invited = parse(&format!(" lanchat://10.0.0.5:6000/Xy-9_z#{HASH}\n"));
        assert_eq!(invited, Ok(("10.0.0.5:6000".into(), Some("Xy-9_z".into()), true)));
        assert_eq!(parse("lanchat://[::1]"), Ok(("[::1]:5555".into(), None, false)));
        for zone in ["lanchat://[fe80::1%25eth0]:1", "lanchat://[fe80::1%eth0]:1"] {
            assert_eq!(parse(zone), Ok(("[fe80::1%eth0]:1".into(), None, false)), "{zone}");
        }
    }

    #[test]
    fn a_link_is_shown_as_short_as_it_can_be() {
        for link in [
            "lanchat://relay".to_owned(),
            format!("lanchat://relay:6000/code#{HASH}"),
            format!("lanchat://[fe80::1%25eth0]#{HASH}"),
        ] {
            assert_eq!(link.parse::<Link>().unwrap().to_string(), link);
        }
    }

    #[test]
    fn what_is_no_link_is_told_what_is_wrong_with_it() {
        assert_eq!(parse("relay:5555"), Err(LinkError::NoScheme));
        assert_eq!(parse("http://relay"), Err(LinkError::NoScheme));
        assert_eq!(parse("lanchat:/é"), Err(LinkError::NoScheme));
        assert_eq!(parse("lanchat://"), Err(LinkError::Address(AddressError::NoHost)));
        assert_eq!(parse("lanchat://ana@relay"), Err(LinkError::Address(AddressError::BadHost)));
        for code in ["a b", "a/b", "é", "%41", &"x".repeat(INVITE_BYTES_MAX + 1)] {
            assert_eq!(parse(&format!("lanchat://relay/{code}")), Err(LinkError::BadInvite), "{code}");
        }
        assert!(parse(&format!("lanchat://relay/{}", "x".repeat(INVITE_BYTES_MAX))).is_ok());
        for hash in ["", "abc", &HASH[1..]] {
            let told = parse(&format!("lanchat://relay#{hash}")).unwrap_err();
            assert!(told == LinkError::BadFingerprint && told.to_string().contains("copied"), "{hash}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_understood_again(
            host in "[a-z0-9.-]{1,20}|[é日]{1,4}|::[0-9a-f]{1,4}|fe80::1%[a-z0-9]{1,8}",
            port in 1..=u16::MAX,
            invite in proptest::option::of("[A-Za-z0-9_-]{1,128}"),
            hash in proptest::option::of(proptest::array::uniform32(any::<u8>())),
        ) {
            let link = Link { address: Address { host, port }, invite, fingerprint: hash.map(Fingerprint::of_hash) };
            prop_assert_eq!(link.to_string().parse(), Ok(link));
        }

        #[test]
        fn no_text_is_too_odd_to_be_looked_at(written in "(lanchat://)?\\PC*|(lanchat://)?[\\[\\]:/#%0-9a-f]*") {
            if let Ok(link) = written.parse::<Link>() {
                prop_assert_eq!(link.to_string().parse(), Ok(link));
            }
        }
    }
}
