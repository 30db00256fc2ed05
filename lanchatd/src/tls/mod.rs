//! TLS on the port that everybody uses: the key that the relay shows, and what its sockets carry then.
//!
//! No public authority vouches for a relay on a LAN. Whoever connects knows it by its key ([`Fingerprint`]), so the
//! certificate around it may change, and the key should not.

mod credentials;
mod error;
mod made;
mod unshaken;
mod wire;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use lanchat_protocol::fingerprint::Fingerprint;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::NoServerSessionStorage;
use rustls::sign::SingleCertAndKey;
use rustls::version::{TLS12, TLS13};

use crate::config::{Config, Mode};
pub use credentials::{Credentials, Fault, Part};
pub use error::Error;
pub use unshaken::Unshaken;
pub use wire::Wire;

/// What clients that name a protocol have to name (RFC 7301): a browser that has lost its way hears that here is none.
pub const ALPN: &[u8] = b"lanchat";

/// The service's credentials, in `$CREDENTIALS_DIRECTORY` (systemd.exec(5), `LoadCredential=`).
const CERTIFICATE_CREDENTIAL: &str = "tls-certificate";
const KEY_CREDENTIAL: &str = "tls-key";

/// The directory, beside the store, of a key that the relay has made.
const DIRECTORY: &str = "tls";

/// A certificate that ends within so many days needs attention.
const ENDS_SOON_DAYS: i64 = 30;

const DAY_S: i64 = 24 * 60 * 60;

/// What a relay goes by that speaks TLS. New connections take the newest; those that are there keep theirs.
#[derive(Debug)]
pub struct Server {
    mode: Mode,
    config: Arc<ServerConfig>,
    credentials: Credentials,
}

impl Server {
    /// What the configuration says; `None`: no TLS. `env` looks an environment variable up. Reads files and, at the
    /// first start, writes them.
    pub fn load(config: &Config, env: impl Fn(&str) -> Option<OsString>) -> Result<Option<Self>, Error> {
        let mode = config.tls.mode;
        if mode == Mode::Off {
            return Ok(None);
        }
        let credentials = match given(config, &env) {
            Some(Given { files: [certificate, key], is_passed }) => {
                let read = Credentials::read(&certificate, &key).map_err(Error::Given)?;
                if is_passed { Credentials { renewed_by: credentials::RESTART, ..read } } else { read }
            }
            None => made::read_or_make(&own_directory(config, env).ok_or(Error::NoPlace)?)?,
        };
        let config = Arc::new(server_config(&credentials).map_err(Error::Library)?);
        Ok(Some(Self { mode, config, credentials }))
    }

    /// What a new connection goes by.
    pub fn config(&self) -> Arc<ServerConfig> {
        self.config.clone()
    }

    /// Whether plain text is refused.
    pub fn is_required(&self) -> bool {
        self.mode == Mode::Required
    }

    /// As the configuration says it.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// What the relay is known by.
    pub fn fingerprint(&self) -> Fingerprint {
        self.credentials.fingerprint
    }

    /// Where the key is.
    pub fn key_path(&self) -> &std::path::Path {
        &self.credentials.key_path
    }

    /// When the certificate ends, in seconds since 1970, where it says so.
    pub fn ends_s(&self) -> Option<i64> {
        self.credentials.validity.and_then(|validity| validity.ends_s)
    }

    /// What of the key or its certificate needs attention, in words. `now_s` is in seconds since 1970.
    pub fn warnings(&self, now_s: i64) -> Vec<String> {
        self.credentials.warnings(now_s)
    }

    /// The keys of the configuration whose files have changed since `before`, whether they are named or not.
    pub fn changed_since(&self, before: &Self) -> Vec<&'static str> {
        let (old, new) = (&before.credentials, &self.credentials);
        let certificate = (old.certified.cert != new.certified.cert).then_some("tls.certificate");
        let key = (old.fingerprint != new.fingerprint).then_some("tls.key");
        certificate.into_iter().chain(key).collect()
    }
}

/// The files that somebody else makes.
struct Given {
    /// That with the certificate, and that with the key.
    files: [PathBuf; 2],
    /// They are credentials of the service.
    is_passed: bool,
}

/// The files that somebody else makes: those of the configuration, else the credentials of the service.
fn given(config: &Config, env: impl Fn(&str) -> Option<OsString>) -> Option<Given> {
    if !config.tls.certificate.is_empty() && !config.tls.key.is_empty() {
        let files = [&config.tls.certificate, &config.tls.key].map(PathBuf::from);
        return Some(Given { files, is_passed: false });
    }
    let directory = PathBuf::from(env("CREDENTIALS_DIRECTORY").filter(|value| !value.is_empty())?);
    let files = [CERTIFICATE_CREDENTIAL, KEY_CREDENTIAL].map(|name| directory.join(name));
    // One without the other is a mistake that is told.
    files.iter().any(|file| file.exists()).then_some(Given { files, is_passed: true })
}

fn own_directory(config: &Config, env: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let store = config.store.file(&env).or_else(|| crate::config::Store::auto_path(env))?;
    Some(store.parent()?.join(DIRECTORY))
}

fn server_config(credentials: &Credentials) -> Result<ServerConfig, rustls::Error> {
    let certified = SingleCertAndKey::from(credentials.certified.clone());
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(certified));
    config.alpn_protocols = vec![ALPN.to_vec()];
    // A chat connects once and stays: what would be kept to connect again faster is not worth its memory.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}
