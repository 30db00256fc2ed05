//! Why somebody's TLS has failed.

use std::fmt;

use rustls::{AlertDescription, Error, PeerIncompatible};

/// Why a handshake came to nothing, or a session that had begun could not go on. `Display` is for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unshaken {
    /// It took too long.
    TimedOut,
    /// The client went away.
    GaveUp,
    /// The client speaks neither TLS 1.2 nor 1.3.
    Version,
    /// The client has no cipher, group or signature in common with us.
    Cipher,
    /// The client means another protocol.
    Protocol,
    /// The client does not like the handshake: mostly, it does not trust the certificate.
    Alert(AlertDescription),
    /// What the client sends is no TLS, or was changed on its way.
    Malformed,
    /// It came after the greeting in plain text.
    Late,
    /// Whatever else.
    Other,
}

impl Unshaken {
    /// Every kind, as it is counted.
    pub const CODES: [&str; 9] =
        ["timed_out", "gave_up", "version", "cipher", "protocol", "alert", "malformed", "late", "other"];

    /// The place of its kind in [`Unshaken::CODES`].
    pub fn kind(self) -> usize {
        match self {
            Self::TimedOut => 0,
            Self::GaveUp => 1,
            Self::Version => 2,
            Self::Cipher => 3,
            Self::Protocol => 4,
            Self::Alert(_) => 5,
            Self::Malformed => 6,
            Self::Late => 7,
            Self::Other => 8,
        }
    }
}

impl From<&Error> for Unshaken {
    fn from(error: &Error) -> Self {
        match error {
            Error::NoApplicationProtocol => Self::Protocol,
            Error::AlertReceived(alert) => Self::Alert(*alert),
            Error::PeerIncompatible(
                PeerIncompatible::Tls12NotOffered
                | PeerIncompatible::Tls12NotOfferedOrEnabled
                | PeerIncompatible::SignatureAlgorithmsExtensionRequired
                | PeerIncompatible::SupportedVersionsExtensionRequired,
            ) => Self::Version,
            Error::PeerIncompatible(_) => Self::Cipher,
            Error::InvalidMessage(_)
            | Error::InappropriateMessage { .. }
            | Error::InappropriateHandshakeMessage { .. }
            | Error::PeerMisbehaved(_)
            | Error::PeerSentOversizedRecord
            | Error::DecryptError => Self::Malformed,
            // The library may have others one day.
            _ => Self::Other,
        }
    }
}

impl fmt::Display for Unshaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("the handshake was not done in time (limits.handshake_ms)"),
            Self::GaveUp => f.write_str("the client left in the handshake"),
            Self::Version => f.write_str("the client speaks neither TLS 1.2 nor TLS 1.3"),
            Self::Cipher => f.write_str("no cipher, group or signature in common with the client"),
            Self::Protocol => f.write_str("the client asks for another protocol than lanchat"),
            Self::Alert(alert) => write!(f, "the client refuses, with the alert {alert:?}"),
            Self::Malformed => f.write_str("what the client sends is no TLS, or was changed on its way"),
            Self::Late => {
                f.write_str("the handshake came after the greeting in plain text (limits.greeting_delay_ms)")
            }
            Self::Other => f.write_str("the handshake came to nothing"),
        }
    }
}
