//! The bytes of one connection: read into lines, written as the socket takes them.

use std::io;

use lanchat_protocol::lines::{Framer, Lines};
use tokio::io::Interest;
use tokio::net::TcpStream;

/// The longest line taken from a relay, in bytes: a list of many people travels in one.
const LINE_BYTES_MAX: usize = 1 << 20;

/// How much is read at once, in bytes.
const CHUNK_BYTES: usize = 16 << 10;

/// A connection and what is to be written to it. Writing never waits for reading, nor the reverse.
#[derive(Debug)]
pub(crate) struct Link {
    stream: TcpStream,
    framer: Framer,
    chunk: Box<[u8]>,
    unsent: Vec<u8>,
}

impl Link {
    /// A connection on which nothing was read or written yet.
    pub(crate) fn new(stream: TcpStream) -> Self {
        let chunk = vec![0; CHUNK_BYTES].into_boxed_slice();
        Self { stream, framer: Framer::new(LINE_BYTES_MAX), chunk, unsent: Vec::new() }
    }

    /// Queues bytes for writing.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.unsent.extend_from_slice(bytes);
    }

    /// Writes what is queued and waits for bytes; returns how many came. An error says that the connection
    /// is gone. Cancelling it loses nothing.
    pub(crate) async fn receive(&mut self) -> io::Result<usize> {
        loop {
            let write = if self.unsent.is_empty() { None } else { Some(Interest::WRITABLE) };
            let interest = write.map_or(Interest::READABLE, |write| write | Interest::READABLE);
            let ready = self.stream.ready(interest).await?;
            if ready.is_readable()
                && let Some(count) = would_block(self.stream.try_read(&mut self.chunk))?
            {
                return if count == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(count) };
            }
            if ready.is_writable()
                && let Some(count) = would_block(self.stream.try_write(&self.unsent))?
            {
                self.unsent.drain(..count);
            }
        }
    }

    /// The lines that the `count` bytes received last complete.
    pub(crate) fn lines(&mut self, count: usize) -> Lines<'_> {
        self.framer.push(&self.chunk[..count])
    }
}

fn would_block(result: io::Result<usize>) -> io::Result<Option<usize>> {
    match result {
        Ok(count) => Ok(Some(count)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

/// Why a connection is gone, in words.
pub(crate) fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "the relay closed it".to_owned(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => "the relay is gone".to_owned(),
        _ => error.to_string(),
    }
}
