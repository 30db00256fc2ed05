//! A connection to a relay that is the one that is meant, or words that say why there is none and what to do.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use lanchat_protocol::address::Address;
use lanchat_protocol::client::is_turned_away;
use lanchat_protocol::fingerprint::Fingerprint;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self, AlertDescription, CertificateError};

use crate::stream::{Overheard, Stream};
use crate::trust::{Distrust, Handshake};

/// How long resolving, connecting and the handshake may take together.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the relay is called in the handshake, which does not travel: it is its key that counts.
const NAME: &str = "lanchat.invalid";

/// How a relay greets a client that is silent for a moment, as this one may be on a busy machine: its handshake comes too
/// late then, and the next one is in time.
const GREETING: &str = "Welcome to lanchat";

/// Why there is no connection.
#[derive(Debug)]
pub(crate) struct ConnectError {
    address: Address,
    why: Why,
}

#[derive(Debug)]
enum Why {
    Unresolved(io::Error),
    NoAddress,
    Failed(io::Error),
    TimedOut,
    /// Nothing answers the handshake.
    Mute,
    /// What answers it is no TLS.
    Plain {
        /// Its first line, if it has said anything.
        words: Option<String>,
        /// Whether the relay is known by a key, and so to encrypt.
        is_known: bool,
    },
    /// The relay says that it takes nobody, or not this one, for now.
    TurnedAway {
        /// In these words.
        words: String,
    },
    /// What answers it speaks TLS, and something else inside.
    OtherProtocol,
    Broken(io::Error),
    Distrusted(Box<Distrust>),
}

/// A connection that was made.
#[derive(Debug)]
pub(crate) struct Connected {
    /// What carries the bytes.
    pub(crate) stream: Stream,
    /// What the key is known by that the relay has proved to own; `None` in plain text.
    pub(crate) shown: Option<Fingerprint>,
}

impl ConnectError {
    /// A relay that is not talked to.
    pub(crate) fn distrusted(address: Address, why: Distrust) -> Self {
        Self { address, why: Why::Distrusted(Box::new(why)) }
    }

    /// Whether the relay is there, but not to be trusted: trying again would not help.
    pub(crate) fn is_distrust(&self) -> bool {
        matches!(self.why, Why::Distrusted(_))
    }

    /// Whether it is told as something about trust.
    pub(crate) fn is_untrusted(&self) -> bool {
        matches!(self.why, Why::Distrusted(_) | Why::Plain { .. })
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
        let Self { address, why } = self;
        let Address { host, port } = address;
        match why {
            Why::Unresolved(error) => {
                let error = plain(error);
                write!(
                    f,
                    "cannot find the host {host}: {error}; is it spelled right? Its IP address works too"
                )
            }
            Why::NoAddress => write!(f, "the host {host} has no address; its IP address would work"),
            Why::TimedOut => timed_out(f, address),
            Why::Mute => write!(
                f,
                "{address} takes the connection, and does not answer the handshake within {} s: is it a lanchat relay?",
                PATIENCE.as_secs()
            ),
            // Whoever says so may be anybody, and gains by it only that nobody connects, which they could have had anyway.
            Why::TurnedAway { words } => {
                write!(f, "{address} does not let you in: {words:?}; nothing was sent to it")
            }
            Why::Plain { words, is_known } => plain_text(f, address, words.as_deref(), *is_known),
            Why::OtherProtocol => {
                write!(f, "{address} speaks TLS, and something else than lanchat inside: is the port right?")
            }
            Why::Broken(error) => write!(f, "the handshake with {address} failed: {error}"),
            Why::Distrusted(distrust) => distrust.tell(address, f),
            Why::Failed(error) => match error.kind() {
                io::ErrorKind::ConnectionRefused => {
                    write!(f, "{address} refuses connections: is lanchatd running there, on port {port}?")
                }
                io::ErrorKind::TimedOut => timed_out(f, address),
                io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                    write!(f, "there is no way to {address}: is this machine on the same network?")
                }
                _ => write!(f, "cannot connect to {address}: {error}"),
            },
        }
    }
}

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.why {
            Why::Unresolved(error) | Why::Failed(error) | Why::Broken(error) => Some(error),
            Why::Distrusted(distrust) => Some(distrust.as_ref()),
            Why::NoAddress
            | Why::TimedOut
            | Why::Mute
            | Why::TurnedAway { .. }
            | Why::Plain { .. }
            | Why::OtherProtocol => None,
        }
    }
}

fn timed_out(f: &mut fmt::Formatter<'_>, address: &Address) -> fmt::Result {
    let seconds = PATIENCE.as_secs();
    write!(f, "{address} does not answer within {seconds} s: is it on, and does a firewall let TCP through?")
}

/// The standard library puts a phrase of its own before that of the resolver.
fn plain(error: &io::Error) -> String {
    let error = error.to_string();
    error.strip_prefix("failed to lookup address information: ").unwrap_or(&error).to_owned()
}

/// Whoever says that may be anybody: the words are quoted, and where a relay is known to encrypt, nobody is led to do
/// without.
fn plain_text(
    f: &mut fmt::Formatter<'_>,
    address: &Address,
    words: Option<&str>,
    is_known: bool,
) -> fmt::Result {
    match words {
        Some(words) if !words.is_empty() => write!(f, "{address} answers in plain text, {words:?}: ")?,
        Some(_) => write!(f, "{address} answers in plain text: ")?,
        None => write!(f, "{address} hangs up on the handshake: ")?,
    }
    f.write_str(if is_known {
        "this relay is known to encrypt. It takes nobody now, has stopped encrypting, or somebody answers in its place; \
         nothing was sent to it. Try again later, and ask its administrator if that does not help"
    } else {
        "this relay speaks no TLS, or takes nobody now. With --plain it is talked to all the same, \
         and everybody in between can read and change what is said"
    })
}

/// Connects to the first address of the host that answers, and makes sure that it is the relay that is meant; without
/// a handshake it may be anybody.
pub(crate) async fn connect(
    address: Address,
    handshake: Option<Result<Handshake, rustls::Error>>,
) -> Result<Connected, ConnectError> {
    let by = Instant::now() + PATIENCE;
    let made = async {
        let Some(handshake) = handshake else {
            let socket = reach(&address, by).await?;
            return Ok(Connected { stream: Stream::Plain(socket), shown: None });
        };
        let handshake = handshake.map_err(|error| Why::Broken(io::Error::other(error)))?;
        match shake(&address, handshake.clone(), by).await {
            Err(Why::Plain { words: Some(words), .. }) if words.starts_with(GREETING) => {
                shake(&address, handshake, by).await
            }
            made => made,
        }
    };
    made.await.map_err(|why| ConnectError { address: address.clone(), why })
}

async fn reach(address: &Address, by: Instant) -> Result<TcpStream, Why> {
    timeout_at(by, try_all(address)).await.unwrap_or(Err(Why::TimedOut))
}

async fn shake(address: &Address, handshake: Handshake, by: Instant) -> Result<Connected, Why> {
    let socket = reach(address, by).await?;
    timeout_at(by, encrypt(socket, handshake)).await.unwrap_or(Err(Why::Mute))
}

async fn encrypt(socket: TcpStream, handshake: Handshake) -> Result<Connected, Why> {
    let name = ServerName::try_from(NAME).map_err(|error| Why::Broken(io::Error::other(error)))?;
    let attempt = handshake.connector.connect(name, Overheard::new(socket)).into_fallible();
    let is_known = handshake.is_known;
    let stream = attempt.await.map_err(|(error, overheard)| refused(error, &overheard, is_known))?;
    let shown = handshake.settle(stream.get_ref().1.peer_certificates()).map_err(distrusted)?;
    Ok(Connected { stream: Stream::Tls(Box::new(stream)), shown: Some(shown) })
}

fn distrusted(distrust: Distrust) -> Why {
    Why::Distrusted(Box::new(distrust))
}

/// Why a handshake came to nothing.
fn refused(error: io::Error, overheard: &Overheard, is_known: bool) -> Why {
    if let Some(words) = overheard.words() {
        if is_turned_away(&words) {
            return Why::TurnedAway { words };
        }
        return Why::Plain { words: Some(words), is_known };
    }
    let is_closed = matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset);
    if is_closed && overheard.was_silent() {
        return Why::Plain { words: None, is_known };
    }
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(CertificateError::Other(other))) => {
            match other.0.downcast_ref::<Distrust>() {
                Some(distrust) => distrusted(distrust.clone()),
                None => Why::Broken(error),
            }
        }
        Some(rustls::Error::InvalidCertificate(CertificateError::BadSignature)) => {
            distrusted(Distrust::Forged)
        }
        Some(rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol)) => Why::OtherProtocol,
        _ => Why::Broken(error),
    }
}

async fn try_all(address: &Address) -> Result<TcpStream, Why> {
    let resolved = lookup_host((address.host.as_str(), address.port)).await.map_err(Why::Unresolved)?;
    let candidates: Vec<SocketAddr> = resolved.collect();
    // No candidate may use up the time of those after it: an IPv6 route that leads nowhere is common.
    let share = PATIENCE / u32::try_from(candidates.len().max(1)).unwrap_or(u32::MAX);
    let mut last = Why::NoAddress;
    for candidate in candidates {
        match timeout_at(Instant::now() + share, TcpStream::connect(candidate)).await {
            Ok(Ok(stream)) => {
                // A chat line must not wait for the next one; where it cannot be had it is only slower.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => last = Why::Failed(error),
            Err(_) => last = Why::TimedOut,
        }
    }
    Err(last)
}
