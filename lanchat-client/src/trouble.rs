//! Why there is no connection, in words: what was attempted, on what, and what to do about it.

mod stranger;

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use lanchat_protocol::address::Address;
use lanchat_protocol::fingerprint::Fingerprint;

use crate::trust::Distrust;

pub(crate) use self::stranger::{not_a_relay, stranger};

/// What a relay that takes encrypted connections only says to plain text, to people who have a client.
pub(crate) const TLS_REQUIRED: &str = "this relay takes encrypted connections only: leave --plain out";

/// What to look at where something else answers.
const WRONG_PORT: &str = "A relay has port 5555, unless listen.chat in its lanchatd.toml says otherwise";

/// Why there is no connection.
#[derive(Debug)]
pub(crate) struct ConnectError {
    address: Address,
    why: Why,
    /// What may have been meant instead of a host of this name.
    misnamed: Option<Arc<str>>,
}

/// The same without where.
#[derive(Debug)]
pub(crate) enum Why {
    /// Nobody knows the name, or who would know does not answer.
    Unresolved(io::Error),
    /// The name is known, and means nothing that can be connected to.
    NoAddress,
    /// No connection to this one of the host's addresses.
    Failed(SocketAddr, io::Error),
    /// Nothing answers for so long.
    TimedOut(Duration),
    /// Nothing answers the handshake for so long.
    Mute(Duration),
    /// What answers it is no TLS.
    Plain {
        /// Its first line, if it has said anything; it can be shown.
        words: Option<String>,
        /// Whether the relay is known by a key, and so to encrypt.
        is_known: bool,
    },
    /// The relay says that it takes nobody, or not this one, for now; in these words, which can be shown.
    TurnedAway(String),
    /// What answers it speaks TLS, and something else inside.
    OtherProtocol,
    /// The handshake came to nothing.
    Broken(io::Error),
    /// It shows what it should not.
    Distrusted(Box<Distrust>),
}

impl ConnectError {
    /// No connection to the relay at `address`.
    pub(crate) fn new(address: Address, why: Why) -> Self {
        Self { address, why, misnamed: None }
    }

    /// Where there is no host of this name, this is told too.
    pub(crate) fn of_host(self, misnamed: Option<Arc<str>>) -> Self {
        Self { misnamed, ..self }
    }

    /// A relay that is not talked to.
    pub(crate) fn distrusted(address: Address, why: Distrust) -> Self {
        Self::new(address, Why::Distrusted(Box::new(why)))
    }

    /// Whether the relay is there, but not to be trusted: trying again would not help.
    pub(crate) fn is_distrust(&self) -> bool {
        matches!(self.why, Why::Distrusted(_))
    }

    /// Whether it is told as something about trust. A relay that lets nobody in is none, nor is something else on the port,
    /// unless it is where a relay is known to be.
    pub(crate) fn is_untrusted(&self) -> bool {
        match &self.why {
            Why::Distrusted(_) => true,
            Why::Plain { words, is_known } => *is_known || words.as_deref().and_then(stranger).is_none(),
            Why::Unresolved(_)
            | Why::NoAddress
            | Why::Failed(..)
            | Why::TimedOut(_)
            | Why::Mute(_)
            | Why::TurnedAway(_)
            | Why::OtherProtocol
            | Why::Broken(_) => false,
        }
    }

    /// The key that somebody has to be asked about.
    pub(crate) fn unknown_key(&self) -> Option<Fingerprint> {
        match &self.why {
            Why::Distrusted(why) => match **why {
                Distrust::Unknown(shown) => Some(shown),
                _ => None,
            },
            _ => None,
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, why, misnamed } = self;
        let host = &address.host;
        match why {
            Why::Unresolved(error) => {
                let error = plain(error);
                write!(
                    f,
                    "cannot find the host {host}: {error}; is it spelled right? Its IP address works too, and \
                     getent hosts {host}  shows what this machine knows of the name"
                )?;
                misnamed.as_ref().map_or(Ok(()), |misnamed| write!(f, ". {misnamed}"))
            }
            Why::NoAddress => write!(f, "the host {host} has no address; its IP address would work"),
            Why::Failed(candidate, error) => failed(f, address, *candidate, error),
            Why::TimedOut(within) => timed_out(f, address, Some(*within)),
            Why::Mute(within) => write!(
                f,
                "{address} takes the connection, and does not answer the handshake within {}: is it a lanchat relay? \
                 {WRONG_PORT}",
                Span(*within)
            ),
            // Whoever says so may be anybody, and gains by it only that nobody connects, which they could have had anyway.
            Why::TurnedAway(words) => {
                write!(f, "{address} does not let you in: {words:?}; nothing was sent to it")
            }
            Why::Plain { words, is_known } => plain_text(f, address, words.as_deref(), *is_known),
            Why::OtherProtocol => {
                write!(
                    f,
                    "{address} speaks TLS, and something else than lanchat inside: is the port right? {WRONG_PORT}"
                )
            }
            Why::Broken(error) => write!(f, "the handshake with {address} failed: {error}"),
            Why::Distrusted(distrust) => distrust.tell(address, f),
        }
    }
}

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.why {
            Why::Unresolved(error) | Why::Failed(_, error) | Why::Broken(error) => Some(error),
            Why::Distrusted(distrust) => Some(distrust.as_ref()),
            Why::NoAddress
            | Why::TimedOut(_)
            | Why::Mute(_)
            | Why::Plain { .. }
            | Why::TurnedAway(_)
            | Why::OtherProtocol => None,
        }
    }
}

/// Why one of a host's addresses takes no connection.
fn failed(
    f: &mut fmt::Formatter<'_>,
    address: &Address,
    candidate: SocketAddr,
    error: &io::Error,
) -> fmt::Result {
    match error.kind() {
        io::ErrorKind::ConnectionRefused if is_here(candidate.ip()) => write!(
            f,
            "nothing on this machine takes connections at {address}: is lanchatd running?  systemctl status lanchatd"
        ),
        io::ErrorKind::ConnectionRefused => write!(
            f,
            "{address} refuses connections: is lanchatd running on that machine? There,  systemctl status lanchatd  \
             says so, and listen.chat in its lanchatd.toml has to let other machines connect, at port {}",
            address.port
        ),
        io::ErrorKind::TimedOut => timed_out(f, address, None),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => write!(
            f,
            "there is no way to {address}: is this machine on the same network, and that one on?  ip route get {}  \
             shows which way is tried",
            candidate.ip()
        ),
        _ => write!(f, "cannot connect to {address}: {error}"),
    }
}

/// Whether this machine has the address: only then can something be bound to it.
fn is_here(ip: IpAddr) -> bool {
    ip.is_loopback() || UdpSocket::bind((ip, 0)).is_ok()
}

/// Nothing answers, as behind a firewall that drops what it does not let through.
fn timed_out(f: &mut fmt::Formatter<'_>, address: &Address, within: Option<Duration>) -> fmt::Result {
    write!(f, "{address} does not answer")?;
    if let Some(within) = within {
        write!(f, " within {}", Span(within))?;
    }
    let port = address.port;
    write!(
        f,
        ": is that machine on, and does its firewall let TCP port {port} through? One of these on that machine opens it:  \
         ufw allow {port}/tcp  or  nft add rule inet filter input tcp dport {port} accept"
    )
}

/// Whoever says that may be anybody: the words are quoted, and where a relay is known to encrypt, nobody is led to do
/// without.
fn plain_text(
    f: &mut fmt::Formatter<'_>,
    address: &Address,
    words: Option<&str>,
    is_known: bool,
) -> fmt::Result {
    let stranger = words.and_then(stranger);
    match (words, stranger) {
        (Some(words), Some(stranger)) => write!(f, "{address} answers as {stranger}, {words:?}: "),
        (Some(words), None) if !words.is_empty() => {
            write!(f, "{address} answers in plain text, {words:?}: ")
        }
        (Some(_), None) => write!(f, "{address} answers in plain text: "),
        (None, _) => write!(f, "{address} hangs up on the handshake: "),
    }?;
    match (is_known, stranger) {
        (true, Some(_)) => write!(
            f,
            "a relay is known there. It has moved, or somebody answers in its place; nothing was sent. \
             Ask its administrator"
        ),
        (true, None) => f.write_str(
            "this relay is known to encrypt. It takes nobody now, has stopped encrypting, or somebody answers in its place; \
             nothing was sent to it. Try again later, and ask its administrator if that does not help",
        ),
        (false, Some(_)) => write!(f, "that is no lanchat relay; is the port right? {WRONG_PORT}"),
        (false, None) => f.write_str(
            "this relay speaks no TLS, or takes nobody now. With --plain it is talked to all the same, \
             and everybody in between can read and change what is said",
        ),
    }
}

/// In seconds, as people say it.
struct Span(Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.subsec_millis() / 100 {
            0 => write!(f, "{} s", self.0.as_secs()),
            tenths => write!(f, "{}.{tenths} s", self.0.as_secs()),
        }
    }
}

/// The standard library puts a phrase of its own before that of the resolver.
fn plain(error: &io::Error) -> String {
    let error = error.to_string();
    error.strip_prefix("failed to lookup address information: ").unwrap_or(&error).to_owned()
}

#[cfg(test)]
mod tests;
