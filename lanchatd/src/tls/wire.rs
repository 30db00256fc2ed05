//! One TLS session: what stands between a socket and what is said through it.
//!
//! What was sealed and not sent yet waits here, at most [`SEALED_BYTES_MAX`] and a record; the rest waits where all
//! readers' words do, in the timelines.

use std::fmt;
use std::io::{self, IoSlice, Read, Write};
use std::os::fd::AsFd;
use std::sync::Arc;

use rustix::io::Errno;
use rustix::net::{SendAncillaryBuffer, SendFlags};
use rustls::{ServerConfig, ServerConnection};

use super::Unshaken;

/// How much may be sealed that the socket has not taken, in bytes.
const SEALED_BYTES_MAX: usize = 64 * 1024;

/// How much a client may send before the handshake is done, in bytes: many times what one takes. The library would keep
/// four times as much for whoever never ends it.
const HANDSHAKE_BYTES_MAX: usize = 16 * 1024;

/// One TLS session, from the first byte of its handshake.
pub struct Wire {
    session: ServerConnection,
    /// How much of a handshake has arrived.
    shaken_bytes: usize,
}

impl Wire {
    /// The relay's end of a new one.
    pub fn new(config: Arc<ServerConfig>) -> Result<Self, Unshaken> {
        let mut session = ServerConnection::new(config).map_err(|error| Unshaken::from(&error))?;
        session.set_buffer_limit(Some(SEALED_BYTES_MAX));
        Ok(Self { session, shaken_bytes: 0 })
    }

    /// Whether nothing may be said through it yet.
    pub fn is_shaking(&self) -> bool {
        self.session.is_handshaking()
    }

    /// Takes in what has arrived, and puts what was said behind `plain`. Whether the client has said its last word.
    pub fn open(&mut self, mut sealed: &[u8], plain: &mut Vec<u8>) -> Result<bool, Unshaken> {
        while !sealed.is_empty() {
            let offered = sealed.len();
            // What is in memory can be read; what the session has no room for is told as an error.
            let taken = self.session.read_tls(&mut sealed).map_err(|_| Unshaken::Malformed)?;
            self.count_handshake(offered - sealed.len())?;
            let state = self.session.process_new_packets().map_err(|error| Unshaken::from(&error))?;
            let said = state.plaintext_bytes_to_read();
            let start = plain.len();
            plain.resize(start + said, 0);
            // So much is there.
            self.session.reader().read_exact(&mut plain[start..]).map_err(|_| Unshaken::Other)?;
            if state.peer_has_closed() || taken == 0 {
                return Ok(state.peer_has_closed());
            }
        }
        Ok(false)
    }

    fn count_handshake(&mut self, bytes: usize) -> Result<(), Unshaken> {
        if self.is_shaking() {
            self.shaken_bytes += bytes;
            if self.shaken_bytes > HANDSHAKE_BYTES_MAX {
                return Err(Unshaken::Malformed);
            }
        }
        Ok(())
    }

    /// Seals what is to be said, as far as there is room for it; how many bytes of it that was.
    pub fn seal(&mut self, pieces: &[IoSlice<'_>]) -> usize {
        // Writing to memory does not fail; a session that is over takes nothing.
        self.session.writer().write_vectored(pieces).unwrap_or(0)
    }

    /// Seals that nothing more will be said.
    pub fn seal_end(&mut self) {
        self.session.send_close_notify();
    }

    /// Whether something sealed has not been sent.
    pub fn has_sealed(&self) -> bool {
        self.session.wants_write()
    }

    /// Sends what is sealed as far as the socket takes it; how many bytes that was.
    pub fn send(&mut self, socket: impl AsFd) -> io::Result<usize> {
        let mut sent = 0;
        while self.session.wants_write() {
            match self.session.write_tls(&mut Outgoing(&socket)) {
                Ok(taken) => sent += taken,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(sent)
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("is_shaking", &self.is_shaking()).finish_non_exhaustive()
    }
}

/// A socket that is written to without waiting.
struct Outgoing<'a, S>(&'a S);

impl<S: AsFd> Write for Outgoing<'_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match rustix::net::send(self.0, bytes, SendFlags::NOSIGNAL) {
                Err(Errno::INTR) => {}
                sent => return Ok(sent?),
            }
        }
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        if let [one] = pieces {
            return self.write(one);
        }
        loop {
            let mut nothing_more = SendAncillaryBuffer::default();
            match rustix::net::sendmsg(self.0, pieces, &mut nothing_more, SendFlags::NOSIGNAL) {
                Err(Errno::INTR) => {}
                sent => return Ok(sent?),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
