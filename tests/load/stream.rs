//! What a client's bytes go through: a socket, or TLS on one.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

use lanchat_tests::client_config;
use rustls::version::TLS13;
use rustls::{ClientConfig, ClientConnection};

/// A socket that never waits, with or without TLS.
#[derive(Debug)]
pub struct Stream {
    socket: TcpStream,
    session: Option<Box<ClientConnection>>,
}

/// What clients go by that speak TLS. They take any key: the relay is one's own.
pub fn sealing() -> Arc<ClientConfig> {
    client_config(&[&TLS13]).0
}

impl Stream {
    /// One that is as it is on the wire, or, with `sealing`, encrypted.
    pub fn new(socket: TcpStream, sealing: Option<&Arc<ClientConfig>>) -> io::Result<Self> {
        let session = sealing.map(|config| {
            let name = "lanchat".try_into().map_err(io::Error::other)?;
            let mut session = ClientConnection::new(config.clone(), name).map_err(io::Error::other)?;
            session.set_buffer_limit(None);
            Ok::<_, io::Error>(Box::new(session))
        });
        Ok(Self { socket, session: session.transpose()? })
    }

    /// Whether it speaks TLS: then less than was asked for does not mean that nothing more is there.
    pub fn is_sealed(&self) -> bool {
        self.session.is_some()
    }

    /// Writes what is sealed, as far as the socket takes it.
    pub fn push(&mut self) -> io::Result<()> {
        let Some(session) = &mut self.session else { return Ok(()) };
        while session.wants_write() {
            match session.write_tls(&mut self.socket) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // Not connected yet.
                Err(error) if error.kind() == io::ErrorKind::NotConnected => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(session) = &mut self.session else { return (&self.socket).write(bytes) };
        let count = session.writer().write(bytes)?;
        self.push()?;
        Ok(count)
    }

    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(session) = &mut self.session else { return (&self.socket).read(buffer) };
        loop {
            match session.reader().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
            if session.read_tls(&mut self.socket)? == 0 {
                return Ok(0);
            }
            session.process_new_packets().map_err(io::Error::other)?;
            while session.wants_write() && session.write_tls(&mut self.socket).is_ok() {}
        }
    }

    /// The peer has ended it already, or it is broken.
    pub fn end(&self) {
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}
