//! A key and its certificate, as they are in two files.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use lanchat_protocol::fingerprint::Fingerprint;
use rustix::fs::OFlags;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys};
use sha2::{Digest, Sha256};
use x509_cert::der::Decode;

use super::{DAY_S, ENDS_SOON_DAYS};

/// A file with more than this is no certificate, nor a chain of them. In bytes.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Takes files that have changed. Those that systemd passes are read at a start alone (systemd.exec(5), `LoadCredential=`).
const RELOAD: &str = "lanchatctl reload";
pub(super) const RESTART: &str = "systemctl restart lanchatd";

/// Whoever is neither the owner nor of the group.
const OTHERS: u32 = 0o007;

/// A key that is used for a certificate.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// What rustls goes by.
    pub(super) certified: Arc<CertifiedKey>,
    /// What the key is known by.
    pub(super) fingerprint: Fingerprint,
    /// `None`: the certificate is of a kind whose dates are not understood.
    pub(super) validity: Option<Validity>,
    pub(super) key_path: PathBuf,
    /// What has the relay show a renewed certificate.
    pub(super) renewed_by: &'static str,
    /// Everybody on the host may read the key.
    pub(super) is_exposed: bool,
}

/// From when to when a certificate holds, in seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct Validity {
    pub(super) begins_s: i64,
    /// `None`: never (RFC 5280, section 4.1.2.5).
    pub(super) ends_s: Option<i64>,
}

/// One of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// That with the certificate.
    Certificate,
    /// That with the key.
    Key,
}

impl Part {
    /// As messages say it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Certificate => "the certificate",
            Self::Key => "the key",
        }
    }
}

/// Why a file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which one.
    pub part: Part,
    /// Where it is.
    pub path: PathBuf,
    /// What is wrong: "which …".
    pub what: String,
}

impl Credentials {
    /// What is in two files; everything that is wrong with them.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, Vec<Fault>> {
        let fault =
            |part, path: &Path, what: &str| Fault { part, path: path.to_owned(), what: what.to_owned() };
        let chain = read(certificate)
            .and_then(|file| chain(&file.bytes))
            .map_err(|what| fault(Part::Certificate, certificate, &what));
        let private = read(key).map_err(|what| fault(Part::Key, key, &what)).and_then(|file| {
            let private = private_key(&file.bytes).map_err(|what| fault(Part::Key, key, &what))?;
            Ok((private, file.is_exposed))
        });
        let (chain, (private, is_exposed)) = match (chain, private) {
            (Ok(chain), Ok(private)) => (chain, private),
            (chain, private) => return Err(chain.err().into_iter().chain(private.err()).collect()),
        };
        let validity = chain.first().and_then(validity);
        let certified =
            CertifiedKey::from_der(chain, private, &ring::default_provider()).map_err(|error| {
                let (part, path, what) = match error {
                    Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => (
                        Part::Key,
                        key,
                        format!("which is not that of the certificate {}", certificate.display()),
                    ),
                    Error::InvalidCertificate(_) => (
                        Part::Certificate,
                        certificate,
                        "which holds no certificate that can be used".to_owned(),
                    ),
                    error => (Part::Key, key, format!("which cannot be used: {error}")),
                };
                vec![fault(part, path, &what)]
            })?;
        let unknown = || vec![fault(Part::Key, key, "whose public key cannot be told")];
        let fingerprint = fingerprint(&certified).ok_or_else(unknown)?;
        let certified = Arc::new(certified);
        Ok(Self {
            certified,
            fingerprint,
            validity,
            key_path: key.to_owned(),
            renewed_by: RELOAD,
            is_exposed,
        })
    }

    /// What needs attention, in words.
    pub(super) fn warnings(&self, now_s: i64) -> Vec<String> {
        let renewed_by = self.renewed_by;
        let mut warnings = Vec::new();
        if let Some(Validity { begins_s, ends_s }) = self.validity {
            if now_s < begins_s {
                warnings.push(format!(
                    "the certificate holds from {} on: clients refuse it until then; check the clock",
                    day(begins_s)
                ));
            }
            match ends_s {
                Some(ends_s) if ends_s <= now_s => warnings.push(format!(
                    "the certificate has expired on {}: clients refuse it; renew it with the same key, then: {renewed_by}",
                    day(ends_s)
                )),
                Some(ends_s) if ends_s - now_s <= ENDS_SOON_DAYS * DAY_S => warnings.push(format!(
                    "the certificate ends on {}: renew it with the same key, then: {renewed_by}",
                    day(ends_s)
                )),
                Some(_) | None => {}
            }
        }
        if self.is_exposed {
            let path = self.key_path.display();
            warnings.push(format!("everybody on this host may read the key {path}: chmod o= {path}"));
        }
        warnings
    }
}

struct Content {
    bytes: Vec<u8>,
    is_exposed: bool,
}

/// Does not wait, whatever is there.
fn read(path: &Path) -> Result<Content, String> {
    let cannot = |error: io::Error| format!("which cannot be read: {error}");
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file: File = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(cannot)?;
    let metadata = file.metadata().map_err(cannot)?;
    if !metadata.is_file() {
        return Err("which is not a regular file".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(format!("which has more than {FILE_BYTES_MAX} bytes"));
    }
    Ok(Content { bytes, is_exposed: metadata.mode() & OTHERS != 0 })
}

fn chain(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match chain {
        Ok(chain) if chain.is_empty() => Err("which has no certificate in PEM".to_owned()),
        Ok(chain) => Ok(chain),
        Err(error) => Err(format!("which is not PEM: {error}")),
    }
}

fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        rustls::pki_types::pem::Error::NoItemsFound => {
            "which has no private key in PEM, or an encrypted one".to_owned()
        }
        error => format!("which is not PEM: {error}"),
    })
}

fn fingerprint(certified: &CertifiedKey) -> Option<Fingerprint> {
    let public = certified.key.public_key()?;
    Some(Fingerprint::of_hash(Sha256::digest(public.as_ref()).into()))
}

fn validity(certificate: &CertificateDer<'_>) -> Option<Validity> {
    /// 9999-12-31.
    const NEVER_S: i64 = 253_402_214_400;
    let certificate = x509_cert::Certificate::from_der(certificate).ok()?;
    let validity = certificate.tbs_certificate().validity();
    let seconds = |time: x509_cert::time::Time| i64::try_from(time.to_unix_duration().as_secs()).ok();
    let ends_s = seconds(validity.not_after)?;
    Some(Validity { begins_s: seconds(validity.not_before)?, ends_s: (ends_s < NEVER_S).then_some(ends_s) })
}

fn day(time_s: i64) -> String {
    Timestamp::from_second(time_s)
        .map_or_else(|_| time_s.to_string(), |time| time.strftime("%Y-%m-%d").to_string())
}
