//! A key and a certificate of the relay's own: made at the first start, and never again.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, date_time_ymd,
};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::credentials::{Credentials, Fault, Part};
use super::error::Error;

const KEY: &str = "key.pem";
const CERTIFICATE: &str = "certificate.pem";

/// What the certificate names. Nobody goes by it.
const NAME: &str = "lanchat";

/// Of the relay's user alone.
const KEY_MODE: u32 = 0o600;
const CERTIFICATE_MODE: u32 = 0o644;
const DIRECTORY_MODE: u32 = 0o700;

/// What is in the directory. A key without a certificate gets one; where there is neither, both are made.
pub(super) fn read_or_make(directory: &Path) -> Result<Credentials, Error> {
    let (key, certificate) = (directory.join(KEY), directory.join(CERTIFICATE));
    let make = |source| Error::Make { path: directory.to_owned(), source };
    let mut _lock = None;
    if !is_there(&key)? || !is_there(&certificate)? {
        DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(directory).map_err(make)?;
        _lock = lock(directory).map_err(make)?;
    }
    if !is_there(&key)? && !is_there(&certificate)? {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|error| make(other(error)))?;
        write(&key, pair.serialize_pem().as_bytes(), KEY_MODE)?;
    }
    if !is_there(&certificate)? {
        // As after a crash between the two.
        let fault = |what: String| Error::Own {
            directory: directory.to_owned(),
            faults: vec![Fault { part: Part::Key, path: key.clone(), what }],
        };
        let pem =
            fs::read_to_string(&key).map_err(|error| fault(format!("which cannot be read: {error}")))?;
        let pair =
            KeyPair::from_pem(&pem).map_err(|error| fault(format!("which cannot be used: {error}")))?;
        let made = certificate_for(&pair)
            .map_err(|error| Error::Make { path: certificate.clone(), source: other(error) })?;
        write(&certificate, made.as_bytes(), CERTIFICATE_MODE)?;
    }
    let own = |faults| Error::Own { directory: directory.to_owned(), faults };
    Credentials::read(&certificate, &key).map_err(own)
}

/// Another relay that starts on the same directory at this moment waits until the value is gone, and finds what was made.
/// Where the system knows no locks, as some network file systems, nobody waits.
fn lock(directory: &Path) -> io::Result<Option<File>> {
    let file = File::open(directory)?;
    loop {
        match flock(&file, FlockOperation::LockExclusive) {
            Ok(()) => return Ok(Some(file)),
            Err(Errno::INTR) => {}
            Err(_) => return Ok(None),
        }
    }
}

/// It never ends: whoever connects goes by the key, and a day on which nobody can connect any more would be no gain.
fn certificate_for(pair: &KeyPair) -> Result<String, rcgen::Error> {
    let mut params = CertificateParams::new([NAME.to_owned()])?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, NAME);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // A host whose clock is not set yet may make it.
    params.not_before = date_time_ymd(2000, 1, 1);
    params.not_after = date_time_ymd(9999, 12, 31);
    Ok(params.self_signed(pair)?.pem())
}

/// The file is there in full or not at all, and nobody else could ever read it.
fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Error> {
    let new = path.with_extension("pem.new");
    let written = || -> io::Result<()> {
        let _ = fs::remove_file(&new);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        let directory = path.parent().unwrap_or(path);
        File::open(directory)?.sync_all()
    };
    written().map_err(|source| Error::Make { path: path.to_owned(), source })
}

fn is_there(path: &Path) -> Result<bool, Error> {
    path.try_exists().map_err(|source| Error::Make { path: path.to_owned(), source })
}

fn other(error: rcgen::Error) -> io::Error {
    io::Error::other(error)
}

#[cfg(test)]
mod tests;
