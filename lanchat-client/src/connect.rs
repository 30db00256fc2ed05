//! A TCP connection to a relay, or one line that says why there is none and what to do.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout, timeout_at};

use crate::address::Address;

/// How long resolving and connecting may take together.
const PATIENCE: Duration = Duration::from_secs(10);

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
            Why::Unresolved(error) | Why::Failed(error) => Some(error),
            Why::NoAddress | Why::TimedOut => None,
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

/// Connects to the first address of the host that answers.
pub(crate) async fn connect(address: Address) -> Result<TcpStream, ConnectError> {
    match timeout(PATIENCE, try_all(&address)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(why)) => Err(ConnectError { address, why }),
        Err(_) => Err(ConnectError { address, why: Why::TimedOut }),
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
