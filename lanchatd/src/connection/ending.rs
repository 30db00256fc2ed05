//! How connections end.

use std::fmt;
use std::io;

use crate::tls::Unshaken;

/// Why a connection is over. `Display` is for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The client closed its side.
    ClosedByPeer,
    /// The connection broke.
    Broke(io::ErrorKind),
    /// The relay closed it: the client quit, was kicked, or the relay stops.
    ClosedByUs,
    /// The client was told to go but did not read on.
    DidNotReadGoodbye,
    /// The socket took nothing for the write deadline.
    TooSlow,
    /// No hello in time.
    LoginTimeout,
    /// A browser, or another program that speaks HTTP.
    Http,
    /// A program that speaks TLS, which this relay does not.
    Tls,
    /// A TLS handshake that came to nothing.
    Handshake(Unshaken),
    /// A TLS session that could not go on.
    Unsealed(Unshaken),
    /// A program that speaks no TLS, without which this relay does not talk.
    TlsRequired,
}

impl Ending {
    /// The same for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::ClosedByPeer => "closed_by_client",
            Self::Broke(_) => "broke",
            Self::ClosedByUs => "closed_by_relay",
            Self::DidNotReadGoodbye => "goodbye_unread",
            Self::TooSlow => "too_slow",
            Self::LoginTimeout => "login_timeout",
            Self::Http => "http",
            Self::Tls => "tls",
            Self::Handshake(_) => "handshake",
            Self::Unsealed(_) => "unsealed",
            Self::TlsRequired => "tls_required",
        }
    }

    /// What the others are told, beyond that the client has gone.
    pub fn for_the_others(self) -> Option<&'static str> {
        match self {
            Self::Broke(_) | Self::Unsealed(_) => Some("connection lost"),
            Self::TooSlow | Self::DidNotReadGoodbye => Some("too slow"),
            Self::ClosedByPeer
            | Self::ClosedByUs
            | Self::LoginTimeout
            | Self::Http
            | Self::Tls
            | Self::Handshake(_)
            | Self::TlsRequired => None,
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClosedByPeer => f.write_str("the client closed"),
            Self::Broke(kind) => write!(f, "the connection broke: {kind}"),
            Self::ClosedByUs => f.write_str("the relay closed"),
            Self::DidNotReadGoodbye => f.write_str("the relay closed, the goodbye was not read"),
            Self::TooSlow => f.write_str("the client took nothing for the write deadline"),
            Self::LoginTimeout => f.write_str("no hello within the login grace"),
            Self::Http => f.write_str("an HTTP request: answered with 400"),
            Self::Tls => f.write_str("a TLS handshake: TLS is not spoken here (tls.mode)"),
            Self::Handshake(why) => write!(f, "TLS: {why}"),
            Self::Unsealed(why) => write!(f, "TLS broke: {why}"),
            Self::TlsRequired => f.write_str("plain text: only TLS is spoken here (tls.mode)"),
        }
    }
}
