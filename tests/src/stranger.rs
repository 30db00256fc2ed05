//! Something that connects and need not be a chat client.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, SocketAddrV4, TcpStream};

use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with};

use crate::{Daemon, PATIENCE};

/// A raw connection. It reads only when it is told to, so it can be one that does not.
#[derive(Debug)]
pub struct Stranger {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Stranger {
    /// Connects.
    #[track_caller]
    pub fn connect(daemon: &Daemon) -> Self {
        Self::connect_to(daemon.address())
    }

    /// Connects to this address.
    #[track_caller]
    pub fn connect_to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)
            .unwrap_or_else(|error| panic!("a stranger cannot connect to {address}: {error}"));
        Self::of(stream)
    }

    /// Connects from another address of this machine.
    #[track_caller]
    pub fn connect_from(source: Ipv4Addr, daemon: &Daemon) -> Self {
        let socket = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None);
        let socket = socket.expect("there is a descriptor left");
        bind(&socket, &SocketAddrV4::new(source, 0)).expect("127.0.0.0/8 is this machine");
        connect(&socket, &daemon.address())
            .unwrap_or_else(|error| panic!("a stranger cannot connect from {source}: {error}"));
        Self::of(socket.into())
    }

    fn of(stream: TcpStream) -> Self {
        stream.set_nodelay(true).expect("a socket takes an option");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket takes an option");
        stream.set_write_timeout(Some(PATIENCE)).expect("a socket takes an option");
        Self { stream, received: Vec::new() }
    }

    /// The socket, for what is not foreseen here.
    pub fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// Sends bytes.
    ///
    /// # Panics
    /// When the daemon does not take them within the deadline.
    #[track_caller]
    pub fn sends(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the daemon takes what is sent");
    }

    /// Sends bytes to a daemon that may have closed the connection. True when it took them.
    pub fn tries_to_send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// Sends nothing more, but could still read.
    pub fn ends_input(&self) {
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Reads until `needle` has come. The answer is everything read so far.
    ///
    /// # Panics
    /// When it does not come within the deadline, or before the end.
    #[track_caller]
    pub fn sees(&mut self, needle: &str) -> String {
        while !self.text().contains(needle) {
            assert!(self.reads() > 0, "closed without {needle:?}: {:?}", self.text());
        }
        self.text()
    }

    /// Reads so many bytes, and forgets them.
    #[track_caller]
    pub fn reads_bytes(&mut self, count: usize) {
        let mut bytes = vec![0; count];
        self.stream.read_exact(&mut bytes).expect("there is as much to read");
    }

    /// Reads until the daemon has closed the connection. The answer is everything read.
    ///
    /// # Panics
    /// When it is not closed, and nothing comes, within the deadline.
    #[track_caller]
    pub fn is_closed(&mut self) -> String {
        while self.reads() > 0 {}
        self.text()
    }

    /// Ends the connection with a reset: what the daemon still has to say is lost.
    pub fn resets(self) {
        rustix::net::sockopt::set_socket_linger(&self.stream, Some(std::time::Duration::ZERO))
            .expect("a socket takes an option");
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.received).into_owned()
    }

    /// Reads some bytes. 0: closed.
    #[track_caller]
    fn reads(&mut self) -> usize {
        let mut chunk = [0; 16 * 1024];
        match self.stream.read(&mut chunk) {
            Ok(count) => {
                self.received.extend_from_slice(&chunk[..count]);
                count
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => 0,
            Err(error) => panic!("waited in vain ({error}), read so far: {:?}", self.text()),
        }
    }
}
