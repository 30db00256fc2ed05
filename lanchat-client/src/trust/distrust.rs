//! Why a relay that is there is not talked to, and what to do about it.

use std::fmt;

use jiff::Timestamp;
use lanchat_protocol::address::Address;
use lanchat_protocol::fingerprint::Fingerprint;

use super::pin::{Origin, Pin};

/// Why a relay is not talked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Distrust {
    /// Nobody has said yet that this is its key.
    Unknown(Fingerprint),
    /// Somebody was asked, and did not say so.
    Declined,
    /// It is known by another key.
    Changed {
        /// By which.
        known: Pin,
        /// The one it shows.
        shown: Fingerprint,
    },
    /// It is known by another key than the command line says.
    Contradicted {
        /// By which it is known.
        known: Pin,
        /// What the command line says.
        given: Fingerprint,
    },
    /// It shows another key than the command line says.
    NotTheGiven {
        /// What the command line says.
        given: Fingerprint,
        /// The one it shows.
        shown: Fingerprint,
    },
    /// Its certificate has ended.
    Expired {
        /// When.
        end: Timestamp,
        /// What this machine's clock says.
        now: Timestamp,
    },
    /// Its certificate has not begun.
    NotYetValid {
        /// When it does.
        start: Timestamp,
        /// What this machine's clock says.
        now: Timestamp,
    },
    /// Its certificate makes no sense.
    Unreadable(String),
    /// It does not own the key that it shows.
    Forged,
    /// What is known of relays cannot be read, for this reason.
    NoMemory(String),
}

impl Distrust {
    /// In words, about the relay at `address`; several lines where keys are to be compared.
    pub(crate) fn tell(&self, address: &Address, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(shown) => write!(
                f,
                "{address} is not known yet; it shows the key\n  {shown}\n\
                 If lanchatctl status says the same on that machine, connect with  --pin {shown}\n\
                 or take whatever key it shows the first time with  --accept-new"
            ),
            Self::Declined => write!(f, "{address} stays unknown; nothing was sent to it"),
            Self::Changed { known, shown } => {
                write!(
                    f,
                    "{address} shows another key than the one it is known by; nothing was sent to it\n  "
                )?;
                known.tell(f)?;
                write!(f, "\n  shown  {shown}\n")?;
                f.write_str(
                    "Either its administrator has made a new key, or somebody else answers in its place: \
                     ask before you go on.\n",
                )?;
                write!(f, "If the new key is right, forget the old one:  lanchat-client --forget {address}")
            }
            Self::Contradicted { known, given } => {
                write!(
                    f,
                    "{address} is known by another key than the one given; nothing was sent to it\n  "
                )?;
                known.tell(f)?;
                write!(f, "\n  given  {given}\n")?;
                f.write_str("Either its administrator has made a new key, or what you were given is not right: ask.\n")?;
                write!(f, "If the given one is right, forget the old one:  lanchat-client --forget {address}")
            }
            Self::NotTheGiven { given, shown } => write!(
                f,
                "{address} shows another key than the one given; nothing was sent to it\n  \
                 given  {given}\n  shown  {shown}\n\
                 Either what you were given is old or of another relay, or somebody else answers in its place: \
                 ask its administrator for a new link, which lanchatctl invite prints"
            ),
            Self::Expired { end, now } => write!(
                f,
                "the certificate of {address} ended on {}, and this machine's clock says {}: if the clock is right, \
                 its administrator has to renew it (with the same key, you will not be asked again)",
                Moment(*end),
                Moment(*now)
            ),
            Self::NotYetValid { start, now } => write!(
                f,
                "the certificate of {address} begins on {}, and this machine's clock says {}: \
                 set the clock right, or ask its administrator for one that holds already",
                Moment(*start),
                Moment(*now)
            ),
            Self::Unreadable(why) => write!(
                f,
                "{address} shows a certificate that makes no sense ({why}): is a lanchat relay on that port?"
            ),
            Self::Forged => write!(
                f,
                "{address} shows a key that is not its own: somebody answers in the relay's place; \
                 nothing was sent there. Tell its administrator"
            ),
            Self::NoMemory(why) => {
                write!(f, "cannot tell whether {address} is the relay that is meant: {why}")
            }
        }
    }
}

impl Pin {
    fn tell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "known  {}", self.fingerprint)?;
        match &self.origin {
            Origin::Remembered(since) => write!(f, " (since {since})"),
            Origin::Met => f.write_str(" (from before in this run)"),
            Origin::Given => Ok(()),
        }
    }
}

impl fmt::Display for Distrust {
    /// For logs of the libraries in between; people are told by [`Distrust::tell`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Distrust {}

/// To the minute, UTC.
struct Moment(Timestamp);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.strftime("%Y-%m-%d %H:%M UTC"))
    }
}
