use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use rcgen::{CertifiedKey as Pair, generate_simple_self_signed};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme};

use super::*;
use crate::tls::{Credentials, server_config};

/// Takes everything: what is tried here is the other end.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// Both ends of a session, and the sockets between them.
struct Ends {
    wire: Wire,
    here: UnixStream,
    client: ClientConnection,
    there: UnixStream,
}

impl Ends {
    /// The handshake is done.
    fn shaken() -> Self {
        let mut ends = Self::new();
        while ends.wire.is_shaking() || ends.client.is_handshaking() {
            ends.client_sends();
            assert!(!ends.wire_reads(&mut Vec::new()).unwrap());
            ends.wire.send(&ends.here).unwrap();
            ends.client_reads();
        }
        ends
    }

    /// Nothing is said yet.
    fn new() -> Self {
        let Pair { cert, signing_key } = generate_simple_self_signed(["lanchat".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
        let provider = Arc::new(ring::default_provider());
        let certified = CertifiedKey::from_der(vec![cert.der().clone()], key, &provider).unwrap();
        let credentials = Credentials {
            certified: Arc::new(certified),
            fingerprint: lanchat_protocol::fingerprint::Fingerprint::of_hash([0; 32]),
            validity: None,
            key_path: PathBuf::new(),
            renewed_by: "",
            is_exposed: false,
        };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody))
            .with_no_client_auth();
        let client = ClientConnection::new(Arc::new(config), "lanchat".try_into().unwrap()).unwrap();
        let (here, there) = UnixStream::pair().unwrap();
        here.set_nonblocking(true).unwrap();
        there.set_nonblocking(true).unwrap();
        let wire = Wire::new(Arc::new(server_config(&credentials).unwrap())).unwrap();
        Self { wire, here, client, there }
    }

    fn client_sends(&mut self) {
        while self.client.wants_write() {
            self.client.write_tls(&mut self.there).unwrap();
        }
    }

    fn wire_reads(&mut self, plain: &mut Vec<u8>) -> Result<bool, Unshaken> {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = (&self.here).read(&mut bytes) {
            if self.wire.open(&bytes[..count], plain)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What has arrived at the client.
    fn client_reads(&mut self) -> Vec<u8> {
        let mut plain = Vec::new();
        while matches!(self.client.read_tls(&mut self.there), Ok(1..)) {
            let state = self.client.process_new_packets().unwrap();
            let start = plain.len();
            plain.resize(start + state.plaintext_bytes_to_read(), 0);
            self.client.reader().read_exact(&mut plain[start..]).unwrap();
        }
        plain
    }
}

#[test]
fn what_is_sealed_and_not_taken_is_bounded_and_arrives_in_order() {
    let mut ends = Ends::shaken();
    let said: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let (mut sealed, mut heard) = (0, Vec::new());
    while heard.len() < said.len() {
        // As much as it takes while nobody reads.
        loop {
            let taken = ends.wire.seal(&[IoSlice::new(&said[sealed..]), IoSlice::new(&[])]);
            assert!(taken <= SEALED_BYTES_MAX + 16 * 1024, "{taken}");
            sealed += taken;
            let sent = ends.wire.send(&ends.here).unwrap();
            if ends.wire.has_sealed() || (taken == 0 && sent == 0) {
                break;
            }
        }
        assert!(!ends.wire.has_sealed() || sealed > heard.len());
        heard.extend(ends.client_reads());
    }
    assert!(heard == said, "what was said is what is heard");
}

#[test]
fn pieces_are_one_word_and_the_last_word_is_the_last() {
    let mut ends = Ends::shaken();
    assert_eq!(ends.wire.seal(&[IoSlice::new(b"one "), IoSlice::new(b""), IoSlice::new(b"word")]), 8);
    ends.wire.seal_end();
    ends.wire.send(&ends.here).unwrap();
    assert_eq!(ends.client_reads(), b"one word");
    ends.client.writer().write_all(b"good bye").unwrap();
    ends.client.send_close_notify();
    ends.client_sends();
    let mut plain = Vec::new();
    assert_eq!(ends.wire_reads(&mut plain), Ok(true));
    assert_eq!(plain, b"good bye");
    // What comes behind it is nothing.
    assert_eq!(ends.wire.open(b"anything", &mut plain), Ok(true));
    assert_eq!(plain, b"good bye");
}

#[test]
fn a_handshake_that_goes_on_and_on_is_refused() {
    // The beginning of a greeting that says to have 65,000 bytes.
    let record = |first: &[u8]| {
        let mut record = b"\x16\x03\x01\x10\x00".to_vec();
        record.extend(first);
        record.resize(4096 + 5, 7);
        record
    };
    let mut wire = Ends::new().wire;
    let mut sent = 0;
    let mut bytes = record(b"\x01\x00\xfd\xe8");
    let why = loop {
        sent += bytes.len();
        if let Err(why) = wire.open(&bytes, &mut Vec::new()) {
            break why;
        }
        assert!(sent <= HANDSHAKE_BYTES_MAX, "{sent}");
        bytes = record(b"");
    };
    assert_eq!(why, Unshaken::Malformed);
    assert!(sent > HANDSHAKE_BYTES_MAX, "{sent}");
}

#[test]
fn arbitrary_bytes_are_refused_and_never_more() {
    let mut seed = 1_u32;
    for length in (0..3000).step_by(37) {
        let mut bytes = b"\x16\x03\x01".to_vec();
        bytes.extend((0..length).map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        }));
        let mut ends = Ends::shaken();
        let mut plain = Vec::new();
        let _ = ends.wire.open(&bytes, &mut plain);
        assert_eq!(plain, b"");
        // It goes on being refused.
        let _ = ends.wire.open(&bytes, &mut plain);
        assert_eq!(plain, b"");
    }
}
