//! What a relay's key is known by: the hash of its public key.
//!
//! Written `SHA256:` and 43 characters, as ssh(1) does, but in the alphabet that may stand in an address (RFC 4648,
//! section 5). The certificate may be renewed; as long as the key is the same, so is this.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How a fingerprint begins.
const PREFIX: &str = "SHA256:";

/// SHA-256 of the public key of a certificate, its `SubjectPublicKeyInfo` in DER (RFC 5280, section 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

/// What was written is no fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoFingerprint;

impl Fingerprint {
    /// The one with this hash.
    pub fn of_hash(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// The same without `SHA256:`, for a link.
    pub fn bare(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.bare())
    }
}

impl FromStr for Fingerprint {
    type Err = NoFingerprint;

    /// With or without `SHA256:`, and in the usual alphabet of base64 too, padded or not.
    fn from_str(written: &str) -> Result<Self, NoFingerprint> {
        let written = written.trim();
        let hash = written.strip_prefix(PREFIX).unwrap_or(written).trim_end_matches('=');
        let hash = hash.replace('+', "-").replace('/', "_");
        let hash = BASE64URL_NOPAD.decode(hash.as_bytes()).map_err(|_| NoFingerprint)?;
        hash.try_into().map(Self).map_err(|_| NoFingerprint)
    }
}

impl fmt::Display for NoFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a fingerprint is {PREFIX} and 43 letters, digits, - or _: lanchatctl status shows it")
    }
}

impl std::error::Error for NoFingerprint {}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = String::deserialize(deserializer)?;
        written.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: &str = "SHA256:__79_Pv6-fj39vX08_Lx8O_u7ezr6uno5-bl5OPi4eA";

    fn fingerprint() -> Fingerprint {
        Fingerprint::of_hash(std::array::from_fn(|number| 255 - number as u8))
    }

    #[test]
    fn what_is_shown_is_understood_again() {
        assert_eq!(fingerprint().to_string(), WRITTEN);
        assert_eq!(WRITTEN.parse(), Ok(fingerprint()));
        assert_eq!(serde_json::to_string(&fingerprint()).unwrap(), format!("\"{WRITTEN}\""));
        assert_eq!(serde_json::from_str::<Fingerprint>(&format!("\"{WRITTEN}\"")).unwrap(), fingerprint());
    }

    #[test]
    fn other_ways_of_writing_it_are_the_same() {
        let bare = WRITTEN.strip_prefix(PREFIX).unwrap();
        let usual = bare.replace('-', "+").replace('_', "/");
        for written in [bare.to_owned(), usual.clone(), format!("{usual}="), format!(" {WRITTEN}\n")] {
            assert_eq!(written.parse(), Ok(fingerprint()), "{written}");
        }
    }

    #[test]
    fn what_is_none_is_told_what_one_looks_like() {
        for written in ["", "SHA256:", "SHA256:abc", "MD5:00", "é", &WRITTEN[..49], &format!("{WRITTEN}A")] {
            assert_eq!(written.parse::<Fingerprint>(), Err(NoFingerprint), "{written}");
        }
        assert!(NoFingerprint.to_string().contains("lanchatctl status"));
    }
}
