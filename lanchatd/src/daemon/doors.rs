//! Where people, administrators and those who measure come in.

use std::io;
use std::net::SocketAddr;
use std::os::unix::net;
use std::path::PathBuf;

use lanchat_protocol::admin::socket_candidates;
use rustix::io::Errno;
use tokio::net::{TcpListener, UnixListener};

use super::Failure;
use crate::admin::{self, Claim};
use crate::config::Config;
use crate::systemd::Passed;
use crate::{listen, log, metrics};

/// Sockets that listen.
pub(super) struct Doors {
    pub(super) claim: Claim,
    pub(super) admin: UnixListener,
    pub(super) chat: Vec<TcpListener>,
    pub(super) metrics: Option<TcpListener>,
}

impl Doors {
    /// Opens all, or none.
    pub(super) fn open(config: &Config, passed: Passed) -> Result<Self, Failure> {
        let (is_chat_passed, is_admin_passed) = (!passed.chat.is_empty(), passed.admin.is_some());
        // Its administrator first: a second daemon is to hear who holds the place, not that a port is taken.
        let (claim, admin) = claim(config, passed.admin)?;
        let opened = listeners(config, passed.chat).and_then(|chat| Ok((chat, measure(config)?)));
        let (chat, metrics) = match opened {
            Ok(opened) => opened,
            Err(failure) => {
                claim.release();
                return Err(failure);
            }
        };
        if is_chat_passed || is_admin_passed {
            let passed = chat.iter().filter(|_| is_chat_passed);
            let passed: Vec<_> = passed.filter_map(|listener| listener.local_addr().ok()).collect();
            log::sockets_passed(&passed, is_admin_passed.then(|| claim.path()));
        }
        Ok(Self { claim, admin, chat, metrics })
    }
}

/// The admin socket: the one that was passed, else the one that the configuration names.
fn claim(
    config: &Config,
    passed: Option<(PathBuf, net::UnixListener)>,
) -> Result<(Claim, UnixListener), Failure> {
    let Some((path, listener)) = passed else {
        return admin::claim(&admin_path(config)).map_err(Failure::Admin);
    };
    let what = "take the admin socket over that was passed";
    let listener = UnixListener::from_std(listener).map_err(|source| Failure::System { what, source })?;
    Ok((Claim::passed(path), listener))
}

/// The chat sockets: those that were passed, else those that the configuration names.
fn listeners(config: &Config, passed: Vec<std::net::TcpListener>) -> Result<Vec<TcpListener>, Failure> {
    if passed.is_empty() {
        return bind(config);
    }
    let what = "take the chat sockets over that were passed";
    let adopted = passed.into_iter().map(listen::adopt).collect::<io::Result<_>>();
    adopted.map_err(|source| Failure::System { what, source })
}

fn bind(config: &Config) -> Result<Vec<TcpListener>, Failure> {
    let listen = |address: &String| {
        let wrong = |source| Failure::Listen { address: address.clone(), source };
        let parsed: SocketAddr =
            address.parse().map_err(|error| wrong(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
        listen::bind(parsed).map_err(wrong)
    };
    let mut listeners = Vec::new();
    let mut without = None;
    for address in &config.listen.chat {
        match listen(address) {
            Ok(listener) => listeners.push(listener),
            Err(Failure::Listen { address, source }) if is_without_family(&address, &source) => {
                log::family_left_out(&address, &source);
                without = Some(Failure::Listen { address, source });
            }
            Err(failure) => return Err(failure),
        }
    }
    without.filter(|_| listeners.is_empty()).map_or(Ok(listeners), Err)
}

/// Whether it is every address of a family that this system does not have: nobody can want to come by it, and
/// `[::]` is in the package's configuration. An address that somebody named is another matter.
fn is_without_family(address: &str, error: &io::Error) -> bool {
    let address: Option<SocketAddr> = address.parse().ok();
    address.is_some_and(|address| address.ip().is_unspecified())
        && error.raw_os_error() == Some(Errno::AFNOSUPPORT.raw_os_error())
}

fn admin_path(config: &Config) -> PathBuf {
    if !config.admin.socket.is_empty() {
        return config.admin.socket.clone().into();
    }
    let uid = rustix::process::geteuid().as_raw();
    socket_candidates(|name| std::env::var_os(name), uid).swap_remove(0)
}

fn measure(config: &Config) -> Result<Option<TcpListener>, Failure> {
    let address = &config.metrics.listen;
    metrics::bind(&config.metrics).map_err(|source| Failure::Metrics { address: address.clone(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_of_a_missing_family_is_left_out_and_no_other_trouble() {
        let missing = io::Error::from(Errno::AFNOSUPPORT);
        assert!(is_without_family("[::]:5555", &missing));
        assert!(!is_without_family("[fd00::1]:5555", &missing), "somebody counts on it");
        assert!(!is_without_family("[::]:5555", &io::Error::from(Errno::ADDRINUSE)));
    }
}
