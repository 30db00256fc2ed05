//! The bytes of one connection: read into lines, written as the socket takes them.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lanchat_protocol::lines::{Framer, Lines};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::stream::Stream;

/// The longest line taken from a relay, in bytes: a list of many people travels in one.
const LINE_BYTES_MAX: usize = 1 << 20;

/// How much is read at once, in bytes.
const CHUNK_BYTES: usize = 16 << 10;

/// A connection and what is to be written to it. Writing never waits for reading, nor the reverse.
#[derive(Debug)]
pub(crate) struct Link {
    stream: Stream,
    framer: Framer,
    chunk: Box<[u8]>,
    unsent: Vec<u8>,
    /// What was written may be held back below.
    is_held_back: bool,
}

impl Link {
    /// A connection on which nothing was read or written yet.
    pub(crate) fn new(stream: Stream) -> Self {
        let chunk = vec![0; CHUNK_BYTES].into_boxed_slice();
        let framer = Framer::new(LINE_BYTES_MAX);
        Self { stream, framer, chunk, unsent: Vec::new(), is_held_back: false }
    }

    /// Queues bytes for writing.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.unsent.extend_from_slice(bytes);
    }

    /// Closes it for good: what the system holds of what was sent is dropped with it, so that an abandoned greeting
    /// does not reach the relay after that of a later connection.
    pub(crate) fn abandon(self) {
        // Where that cannot be had, it is closed in the ordinary way.
        let _ = self.stream.socket().set_zero_linger();
    }

    /// Writes what is queued and waits for bytes; returns how many came. An error says that the connection
    /// is gone. Cancelling it loses nothing.
    pub(crate) async fn receive(&mut self) -> io::Result<usize> {
        poll_fn(|cx| self.poll_receive(cx)).await
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(&mut self.chunk);
        let read = Pin::new(&mut self.stream).poll_read(cx, &mut buffer);
        let count = buffer.filled().len();
        // What has arrived comes before the news that nothing can be written any more: it may say why.
        match (read, self.poll_send(cx)) {
            (Poll::Ready(Ok(())), _) if count == 0 => Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            (Poll::Ready(read), _) => Poll::Ready(read.map(|()| count)),
            (Poll::Pending, Poll::Ready(Err(error))) => Poll::Ready(Err(error)),
            (Poll::Pending, _) => Poll::Pending,
        }
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.is_empty() {
            let count = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.unsent))?;
            self.unsent.drain(..count);
            self.is_held_back = true;
        }
        if self.is_held_back {
            ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
            self.is_held_back = false;
        }
        Poll::Ready(Ok(()))
    }

    /// The lines that the `count` bytes received last complete.
    pub(crate) fn lines(&mut self, count: usize) -> Lines<'_> {
        self.framer.push(&self.chunk[..count])
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
    use tokio::net::TcpStream;

    #[tokio::test]
    async fn what_is_abandoned_is_closed_at_once() -> io::Result<()> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let link = Link::new(Stream::Plain(TcpStream::connect(listener.local_addr()?).await?));
        let (stream, _) = listener.accept().await?;
        link.abandon();
        stream.readable().await?;
        assert_eq!(stream.try_read(&mut [0]).unwrap_err().kind(), io::ErrorKind::ConnectionReset);
        Ok(())
    }
}
