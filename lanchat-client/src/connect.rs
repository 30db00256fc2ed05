//! A connection to a relay that is the one that is meant, or words that say why there is none and what to do.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use lanchat_protocol::address::Address;
use lanchat_protocol::client::is_turned_away;
use lanchat_protocol::fingerprint::Fingerprint;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self, AlertDescription, CertificateError};

use crate::stream::{Overheard, Stream};
use crate::trouble::{ConnectError, Why};
use crate::trust::{Distrust, Handshake, Trust};

/// What the relay is called in the handshake, which does not travel: it is its key that counts.
const NAME: &str = "lanchat.invalid";

/// How a relay greets a client that is silent for a moment, as this one may be on a busy machine: its handshake comes too
/// late then, and the next one is in time.
const GREETING: &str = "Welcome to lanchat";

/// A connection that was made.
#[derive(Debug)]
pub(crate) struct Connected {
    /// What carries the bytes.
    pub(crate) stream: Stream,
    /// What the key is known by that the relay has proved to own; `None` in plain text.
    pub(crate) shown: Option<Fingerprint>,
}

/// One attempt at a relay of which this is known.
pub(crate) fn attempt(trust: &Trust) -> impl Future<Output = Result<Connected, ConnectError>> + use<> {
    let attempt = connect(trust.address().clone(), trust.handshake(), trust.patience());
    let misnamed = trust.misnamed();
    async move { attempt.await.map_err(|error| error.of_host(misnamed)) }
}

/// Connects to the first address of the host that answers, and makes sure that it is the relay that is meant; without
/// a handshake it may be anybody.
async fn connect(
    address: Address,
    handshake: Option<Result<Handshake, rustls::Error>>,
    patience: Duration,
) -> Result<Connected, ConnectError> {
    let by = Deadline { by: Instant::now() + patience, patience };
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
    made.await.map_err(|why| ConnectError::new(address.clone(), why))
}

/// When it has to be done, and how long that was at the start.
#[derive(Clone, Copy, Debug)]
struct Deadline {
    by: Instant,
    patience: Duration,
}

async fn reach(address: &Address, by: Deadline) -> Result<TcpStream, Why> {
    let reached = timeout_at(by.by, try_all(address, by.patience));
    reached.await.unwrap_or(Err(Why::TimedOut(by.patience)))
}

async fn shake(address: &Address, handshake: Handshake, by: Deadline) -> Result<Connected, Why> {
    let socket = reach(address, by).await?;
    timeout_at(by.by, encrypt(socket, handshake)).await.unwrap_or(Err(Why::Mute(by.patience)))
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
            return Why::TurnedAway(words);
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

async fn try_all(address: &Address, patience: Duration) -> Result<TcpStream, Why> {
    let candidates = resolve(address).await?;
    // No candidate may use up the time of those after it: an IPv6 route that leads nowhere is common.
    let share = patience / u32::try_from(candidates.len()).unwrap_or(u32::MAX).max(1);
    let mut last = Why::NoAddress;
    for candidate in candidates {
        match reach_one(candidate, share).await {
            Ok(stream) => return Ok(stream),
            Err(why) => last = why,
        }
    }
    Err(last)
}

/// The addresses of the host, at least one.
pub(crate) async fn resolve(address: &Address) -> Result<Vec<SocketAddr>, Why> {
    let resolved = lookup_host((address.host.as_str(), address.port)).await.map_err(Why::Unresolved)?;
    let candidates: Vec<SocketAddr> = resolved.collect();
    if candidates.is_empty() { Err(Why::NoAddress) } else { Ok(candidates) }
}

/// Connects to one of them.
pub(crate) async fn reach_one(candidate: SocketAddr, patience: Duration) -> Result<TcpStream, Why> {
    let stream = timeout(patience, TcpStream::connect(candidate)).await;
    let stream =
        stream.map_err(|_| Why::TimedOut(patience))?.map_err(|error| Why::Failed(candidate, error))?;
    // A chat line must not wait for the next one; where it cannot be had it is only slower.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}
