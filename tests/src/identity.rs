//! The key of a relay and a certificate for it.

use std::sync::Arc;

use lanchat_protocol::fingerprint::Fingerprint;
use rcgen::{CertificateParams, KeyPair, PublicKeyData, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};

/// What a relay shows in a handshake, and what it signs with.
#[derive(Debug)]
pub struct Identity {
    key: KeyPair,
    certificate: CertificateDer<'static>,
    /// What it signs with, where that is not its own.
    signs_with: Option<KeyPair>,
}

impl Identity {
    /// A new key, with a certificate that holds for longer than any test.
    ///
    /// # Panics
    /// When none can be made.
    #[expect(clippy::new_without_default, reason = "it makes a key")]
    pub fn new() -> Self {
        Self::of_key(new_key(), 2_000, 4_000)
    }

    /// The same key, with a certificate that holds from the begin of one year to the begin of another.
    ///
    /// # Panics
    /// When none can be made.
    pub fn valid(&self, from_year: i32, to_year: i32) -> Self {
        Self::of_key(copy(&self.key), from_year, to_year)
    }

    /// The same certificate, in the hands of somebody who has another key.
    ///
    /// # Panics
    /// When no key can be made.
    pub fn stolen(&self) -> Self {
        let certificate = self.certificate.clone();
        Self { key: copy(&self.key), certificate, signs_with: Some(new_key()) }
    }

    /// What people know it by.
    pub fn fingerprint(&self) -> String {
        Fingerprint::of_hash(Sha256::digest(self.key.subject_public_key_info()).into()).to_string()
    }

    /// For a server that shows this.
    ///
    /// # Panics
    /// When this cannot be.
    pub fn server(&self) -> Arc<ServerConfig> {
        let key = self.signs_with.as_ref().unwrap_or(&self.key).serialize_der();
        let key = ring::sign::any_supported_type(&PrivatePkcs8KeyDer::from(key).into()).expect("a key");
        let shown = CertifiedKey::new(vec![self.certificate.clone()], key);
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().expect("versions").with_no_client_auth();
        let mut config = config.with_cert_resolver(Arc::new(Shows(Arc::new(shown))));
        config.alpn_protocols = vec![b"lanchat".to_vec()];
        Arc::new(config)
    }

    fn of_key(key: KeyPair, from_year: i32, to_year: i32) -> Self {
        let mut params = CertificateParams::new(vec!["lanchat".to_owned()]).expect("a name");
        params.not_before = date_time_ymd(from_year, 1, 1);
        params.not_after = date_time_ymd(to_year, 1, 1);
        let certificate = params.self_signed(&key).expect("a certificate").der().clone();
        Self { key, certificate, signs_with: None }
    }
}

fn new_key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

fn copy(key: &KeyPair) -> KeyPair {
    KeyPair::try_from(key.serialize_der()).expect("it is a key")
}

#[derive(Debug)]
struct Shows(Arc<CertifiedKey>);

impl ResolvesServerCert for Shows {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}
