//! The bytes to and from a relay, encrypted or not.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use lanchat_protocol::text;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// How much is looked at of what answers a handshake in plain text, in bytes.
const WORDS_BYTES_MAX: usize = 256;

/// What a record of TLS that answers a greeting begins with: a handshake or an alert (RFC 8446, section 5.1).
const TLS_RECORDS: [u8; 2] = [0x16, 0x15];

/// A connection to a relay.
#[derive(Debug)]
pub(crate) enum Stream {
    /// Everybody in between can read and change what is said.
    Plain(TcpStream),
    /// Nobody can.
    Tls(Box<TlsStream<Overheard>>),
}

impl Stream {
    /// What carries the bytes.
    pub(crate) fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => &stream.get_ref().0.socket,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}

/// A socket below TLS that keeps what came first where that is no TLS: perhaps words that say why.
#[derive(Debug)]
pub(crate) struct Overheard {
    socket: TcpStream,
    first: First,
}

#[derive(Debug)]
enum First {
    Awaited,
    Tls,
    Plain(Vec<u8>),
}

impl Overheard {
    /// A socket from which nothing was read yet.
    pub(crate) fn new(socket: TcpStream) -> Self {
        Self { socket, first: First::Awaited }
    }

    /// Whether nothing came at all.
    pub(crate) fn was_silent(&self) -> bool {
        matches!(self.first, First::Awaited)
    }

    /// The first line of what came, where that was no TLS; it can be shown.
    pub(crate) fn words(&self) -> Option<String> {
        let First::Plain(bytes) = &self.first else { return None };
        let line = bytes.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
        let (line, _) = text::decode(line);
        let line = text::clean(&line);
        Some(line.strip_prefix("* ").unwrap_or(&line).trim().to_owned())
    }
}

impl AsyncRead for Overheard {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.socket).poll_read(cx, buffer);
        if matches!(self.first, First::Awaited) {
            match &buffer.filled()[before..] {
                [] => {}
                [kind, ..] if TLS_RECORDS.contains(kind) => self.first = First::Tls,
                plain => self.first = First::Plain(plain[..plain.len().min(WORDS_BYTES_MAX)].to_vec()),
            }
        }
        polled
    }
}

impl AsyncWrite for Overheard {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
