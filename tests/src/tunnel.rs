//! TLS for clients that do not speak it: what is sent to a tunnel's address goes to the relay encrypted.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use lanchat_protocol::fingerprint::Fingerprint;
use rustix::event::{PollFd, PollFlags, poll};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme, SupportedProtocolVersion,
};
use sha2::{Digest, Sha256};

use crate::{Daemon, eventually};

/// What waits for the client of a tunnel, in bytes; while it is that much, nothing is read from the relay.
const WAITING_BYTES_MAX: usize = 64 * 1024;

/// A tunnel. It takes any number of connections, each of which is one to the relay.
#[derive(Debug)]
pub struct Tunnel {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Fingerprint>>>,
}

impl Tunnel {
    /// To this relay.
    pub fn to(daemon: &Daemon) -> Self {
        Self::to_address(daemon.address())
    }

    /// To this address.
    pub fn to_address(relay: SocketAddr) -> Self {
        Self::with(relay, &[&TLS13, &TLS12])
    }

    /// The same with TLS 1.2 only.
    pub fn of_tls12(daemon: &Daemon) -> Self {
        Self::with(daemon.address(), &[&TLS12])
    }

    fn with(relay: SocketAddr, versions: &[&'static SupportedProtocolVersion]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let (config, seen) = client_config(versions);
        thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { return };
                let config = config.clone();
                // Either side may be gone at any time.
                thread::spawn(move || drop(carry(client, relay, config)));
            }
        });
        Self { address, seen }
    }

    /// Where clients connect that do not speak TLS.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The keys that the relay has shown so far, one for each connection.
    pub fn keys(&self) -> Vec<Fingerprint> {
        self.seen.lock().expect("nobody panics").clone()
    }

    /// Waits until the relay has shown so many, and says which was the last.
    #[track_caller]
    pub fn key_of_connection(&self, count: usize) -> Fingerprint {
        eventually("another connection is shown a key", || {
            let keys = self.keys();
            (keys.len() >= count).then(|| keys[count - 1])
        })
    }
}

/// How a client goes about it that takes any key; what the keys were that it took.
pub fn client_config(
    versions: &[&'static SupportedProtocolVersion],
) -> (Arc<ClientConfig>, Arc<Mutex<Vec<Fingerprint>>>) {
    let provider = Arc::new(ring::default_provider());
    let seen = Arc::default();
    let anybody = Anybody { provider: provider.clone(), seen: Arc::clone(&seen) };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .expect("the versions fit the provider")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(anybody))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"lanchat".to_vec()];
    (Arc::new(config), seen)
}

/// Takes every key, if whoever shows it has it.
#[derive(Debug)]
struct Anybody {
    provider: Arc<CryptoProvider>,
    seen: Arc<Mutex<Vec<Fingerprint>>>,
}

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let key = ParsedCertificate::try_from(certificate)?.subject_public_key_info();
        let hash = Sha256::digest(key.as_ref());
        self.seen.lock().expect("nobody panics").push(Fingerprint::of_hash(hash.into()));
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Carries bytes both ways until either side has gone.
fn carry(mut client: TcpStream, relay: SocketAddr, config: Arc<ClientConfig>) -> io::Result<()> {
    let mut relay = TcpStream::connect(relay)?;
    for stream in [&client, &relay] {
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
    }
    let name = ServerName::try_from("lanchat").expect("it is a name");
    let mut session = ClientConnection::new(config, name).map_err(io::Error::other)?;
    let mut waiting: Vec<u8> = Vec::new();
    let (mut client_ended, mut relay_ended) = (false, false);
    let mut chunk = vec![0; 16 * 1024];
    loop {
        let mut of_client = PollFlags::empty();
        let mut of_relay = PollFlags::empty();
        let may_send = !session.is_handshaking() && !session.wants_write();
        of_client.set(PollFlags::IN, !client_ended && may_send);
        of_client.set(PollFlags::OUT, !waiting.is_empty());
        of_relay.set(PollFlags::IN, !relay_ended && waiting.len() < WAITING_BYTES_MAX);
        of_relay.set(PollFlags::OUT, session.wants_write());
        let mut fds = [PollFd::new(&client, of_client), PollFd::new(&relay, of_relay)];
        poll(&mut fds, None)?;
        if of_client.contains(PollFlags::IN) {
            match unless_it_waits(client.read(&mut chunk))? {
                Some(0) => {
                    client_ended = true;
                    session.send_close_notify();
                }
                Some(count) => session.writer().write_all(&chunk[..count])?,
                None => {}
            }
        }
        while session.wants_write() && unless_it_waits(session.write_tls(&mut relay))?.is_some() {}
        if of_relay.contains(PollFlags::IN) && unless_it_waits(session.read_tls(&mut relay))? == Some(0) {
            relay_ended = true;
        }
        let state = match session.process_new_packets() {
            Ok(state) => state,
            Err(error) => {
                // What the relay is told of it.
                let _ = session.write_tls(&mut relay);
                return Err(io::Error::other(error));
            }
        };
        let start = waiting.len();
        waiting.resize(start + state.plaintext_bytes_to_read(), 0);
        session.reader().read_exact(&mut waiting[start..])?;
        relay_ended |= state.peer_has_closed();
        if !waiting.is_empty()
            && let Some(count) = unless_it_waits(client.write(&waiting))?
        {
            waiting.drain(..count);
        }
        if relay_ended && waiting.is_empty() {
            // The client may not have ended; the relay has.
            return client.shutdown(Shutdown::Both);
        }
    }
}

fn unless_it_waits<T>(done: io::Result<T>) -> io::Result<Option<T>> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(None),
        Err(error) => Err(error),
    }
}
