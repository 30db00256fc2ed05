//! What a relay has to show in the handshake: the key that it is known by, a certificate that holds now, and a
//! signature that only the owner of the key can make. No authority is asked.

use std::sync::Arc;

use jiff::Timestamp;
use lanchat_protocol::fingerprint::Fingerprint;
use sha2::{Digest, Sha256};
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{
    WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};
use webpki::{EndEntityCert, KeyUsage};

use super::distrust::Distrust;
use super::pin::Pin;

/// Looks at what one relay shows.
#[derive(Debug)]
pub(super) struct Verifier {
    /// What the relay is known by; `None` at the first contact.
    pub(super) pin: Option<Pin>,
    /// How signatures are verified.
    pub(super) algorithms: WebPkiSupportedAlgorithms,
}

/// What the key in a certificate is known by.
pub(super) fn fingerprint(certificate: &CertificateDer<'_>) -> Result<Fingerprint, Distrust> {
    let certificate = EndEntityCert::try_from(certificate).map_err(unreadable)?;
    Ok(Fingerprint::of_hash(Sha256::digest(certificate.subject_public_key_info()).into()))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err calls")]
fn unreadable(error: webpki::Error) -> Distrust {
    Distrust::Unreadable(error.to_string())
}

impl Verifier {
    fn look(&self, certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Distrust> {
        let shown = fingerprint(certificate)?;
        // A key that is not the right one is worse news than a date.
        if let Some(pin) = &self.pin {
            pin.admits(shown)?;
        }
        self.look_at_dates(certificate, now)
    }

    /// Of all that can be said against a certificate that nobody vouches for, only its dates count.
    fn look_at_dates(&self, certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Distrust> {
        let parsed = EndEntityCert::try_from(certificate).map_err(unreadable)?;
        let anchors = webpki::anchor_from_trusted_cert(certificate).ok();
        let usage = KeyUsage::server_auth();
        let verified =
            parsed.verify_for_usage(self.algorithms.all, anchors.as_slice(), &[], now, usage, None, None);
        match verified {
            Err(webpki::Error::CertExpired { not_after, .. }) => {
                Err(Distrust::Expired { end: moment(not_after), now: moment(now) })
            }
            Err(webpki::Error::CertNotValidYet { not_before, .. }) => {
                Err(Distrust::NotYetValid { start: moment(not_before), now: moment(now) })
            }
            Err(webpki::Error::InvalidCertValidity) => {
                Err(Distrust::Unreadable("it ends before it begins".to_owned()))
            }
            Err(error @ (webpki::Error::BadDer | webpki::Error::BadDerTime)) => Err(unreadable(error)),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

/// A time of certificates, as near as it can be told.
fn moment(time: UnixTime) -> Timestamp {
    i64::try_from(time.as_secs()).ok().and_then(|s| Timestamp::from_second(s).ok()).unwrap_or(Timestamp::MAX)
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.look(end_entity, now) {
            Ok(()) => Ok(ServerCertVerified::assertion()),
            Err(distrust) => {
                Err(Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(distrust)))))
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests;
