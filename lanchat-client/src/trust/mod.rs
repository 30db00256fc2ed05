//! Whether the relay that answers is the one that is meant: its key is asked about once, and known from then on.

mod distrust;
mod known;
mod pin;
mod verifier;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lanchat_protocol::address::Address;
use lanchat_protocol::fingerprint::Fingerprint;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{self, ClientConfig};

pub(crate) use self::distrust::Distrust;
pub(crate) use self::known::{FILE, KnownRelays};
use self::pin::{Origin, Pin};
use self::verifier::Verifier;

/// The protocol inside, as the handshake names it (RFC 7301).
const ALPN: &[u8] = b"lanchat";

/// How long resolving, connecting and the handshake may take together, and at least have.
const PATIENCE_MAX: Duration = Duration::from_secs(10);
const PATIENCE_MIN: Duration = Duration::from_secs(1);

/// What somebody wants of the connection to a relay.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted {
    /// No encryption.
    pub(crate) plain: bool,
    /// Whatever key it shows the first time is its key.
    pub(crate) accept_new: bool,
    /// What it has to be known by.
    pub(crate) pin: Option<Fingerprint>,
    /// How long somebody waits for it, in milliseconds, if that is less than usual.
    pub(crate) patience_ms: Option<u64>,
}

/// What is known of one relay.
#[derive(Debug)]
pub(crate) struct Trust {
    address: Address,
    wanted: Wanted,
    pin: Option<Pin>,
    known: Option<KnownRelays>,
    misnamed: Option<Arc<str>>,
}

/// How to make sure of a relay on one connection.
#[derive(Clone)]
pub(crate) struct Handshake {
    /// Encrypts.
    pub(crate) connector: TlsConnector,
    /// A relay that nobody knows is talked to all the same.
    pub(crate) accepts_new: bool,
    /// It is known what key the relay has.
    pub(crate) is_known: bool,
}

impl Trust {
    /// What is known of the relay at `address`, from the file at `path` if there may be one, and notes about that file.
    pub(crate) fn open(
        address: Address,
        wanted: Wanted,
        path: Option<PathBuf>,
    ) -> Result<(Self, Vec<String>), Distrust> {
        let mut trust = Self { address, wanted, pin: None, known: path.map(KnownRelays::at), misnamed: None };
        let mut notes = Vec::new();
        if wanted.plain {
            return Ok((trust, notes));
        }
        let given = wanted.pin.map(|fingerprint| Pin { fingerprint, origin: Origin::Given });
        let mut remembered = None;
        if let Some(known) = &trust.known {
            let path = known.path().display();
            let contents = known
                .read()
                .map_err(|error| Distrust::NoMemory(format!("{path} cannot be read: {error}")))?;
            for number in &contents.damaged {
                notes.push(format!("{path}: line {number} is no relay with its key and a date; left out"));
            }
            remembered = contents.pin(&trust.address);
        }
        if let (Some(known), Some(given)) = (&remembered, &given)
            && known.fingerprint != given.fingerprint
        {
            return Err(Distrust::Contradicted { known: known.clone(), given: given.fingerprint });
        }
        trust.pin = remembered.or(given);
        Ok((trust, notes))
    }

    /// Where the relay is.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// What to tell where there is no such host.
    pub(crate) fn may_be_misnamed(&mut self, told: Option<Arc<str>>) {
        self.misnamed = told;
    }

    /// The same, if there is something to tell.
    pub(crate) fn misnamed(&self) -> Option<Arc<str>> {
        self.misnamed.clone()
    }

    /// How long resolving, connecting and the handshake may take together.
    pub(crate) fn patience(&self) -> Duration {
        let wanted = self.wanted.patience_ms.map_or(PATIENCE_MAX, Duration::from_millis);
        wanted.clamp(PATIENCE_MIN, PATIENCE_MAX)
    }

    /// Why its key is known, in words; `None`: it is not.
    pub(crate) fn known_by(&self) -> Option<String> {
        Some(match &self.pin.as_ref()?.origin {
            Origin::Remembered(since) => format!("known since {since}"),
            Origin::Given => "as it was given".to_owned(),
            Origin::Met => "met before in this run".to_owned(),
        })
    }

    /// Whether somebody has to be asked before the relay is talked to.
    pub(crate) fn is_to_be_asked(&self) -> bool {
        !self.wanted.plain && !self.wanted.accept_new && self.pin.is_none()
    }

    /// How the next connection is made; `None`: in plain text.
    pub(crate) fn handshake(&self) -> Option<Result<Handshake, rustls::Error>> {
        if self.wanted.plain { None } else { Some(self.encrypted()) }
    }

    fn encrypted(&self) -> Result<Handshake, rustls::Error> {
        let provider = ring::default_provider();
        let algorithms = provider.signature_verification_algorithms;
        let verifier = Verifier { pin: self.pin.clone(), algorithms };
        let config = ClientConfig::builder_with_provider(Arc::new(provider));
        let mut config = config
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        config.alpn_protocols = vec![ALPN.to_vec()];
        // A relay has one key, whatever it is called.
        config.enable_sni = false;
        // What is resumed shows no certificate.
        config.resumption = Resumption::disabled();
        let connector = TlsConnector::from(Arc::new(config));
        let is_known = self.pin.is_some();
        Ok(Handshake { connector, accepts_new: self.wanted.accept_new, is_known })
    }

    /// The relay has proved that this is its key, and may be talked to: it is known by that from now on, in this run
    /// at least. The answer is what to tell if it cannot be remembered for longer.
    pub(crate) fn met(&mut self, shown: Fingerprint) -> Result<Option<String>, Distrust> {
        if self.pin.as_ref().is_some_and(|pin| pin.origin != Origin::Given) {
            return Ok(None);
        }
        let for_now = Pin { fingerprint: shown, origin: Origin::Met };
        let (pin, note) = match &self.known {
            Some(known) => match known.remember(&self.address, shown) {
                Ok(pin) => (pin, None),
                Err(error) => (for_now, Some(at(known, &error))),
            },
            // Whoever says the key each time needs no memory.
            None if self.pin.is_some() => (for_now, None),
            None => (for_now, Some("there is no home directory ($XDG_STATE_HOME, $HOME)".to_owned())),
        };
        // Another client may have met it meanwhile.
        pin.admits(shown)?;
        self.pin = Some(pin);
        Ok(note.map(|why| format!("the key of {} cannot be remembered: {why}", self.address)))
    }
}

/// What went wrong with the file.
pub(crate) fn at(known: &KnownRelays, error: &io::Error) -> String {
    format!("{}: {error}", known.path().display())
}

impl Handshake {
    /// What the key of a relay is known by that has proved to own it; an error where it has to be asked about first.
    pub(crate) fn settle(
        &self,
        certificates: Option<&[CertificateDer<'_>]>,
    ) -> Result<Fingerprint, Distrust> {
        let certificate = certificates.and_then(<[_]>::first);
        let certificate = certificate.ok_or_else(|| Distrust::Unreadable("there is none".to_owned()))?;
        let shown = verifier::fingerprint(certificate)?;
        if self.is_known || self.accepts_new { Ok(shown) } else { Err(Distrust::Unknown(shown)) }
    }
}

#[cfg(test)]
mod tests;
