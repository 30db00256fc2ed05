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

    /// Closes it for good: what the system holds of what was sent is dropped with it, so that an abandoned greeting
    /// does not reach the relay after that of a later connection.
    pub(crate) fn abandon(self) {
        // Where that cannot be had, it is closed in the ordinary way.
        let _ = self.stream.set_zero_linger();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_abandoned_is_closed_at_once() -> io::Result<()> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let link = Link::new(TcpStream::connect(listener.local_addr()?).await?);
        let (stream, _) = listener.accept().await?;
        link.abandon();
        stream.readable().await?;
        assert_eq!(stream.try_read(&mut [0]).unwrap_err().kind(), io::ErrorKind::ConnectionReset);
        Ok(())
    }
}
