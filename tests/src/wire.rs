//! A connection whose lines are received in the background, as `nc` does.

use std::io::Write;
use std::net::{Shutdown, SocketAddr, TcpStream};

use crate::log::Log;
use crate::{PATIENCE, eventually};

/// Lines both ways. What was received stays; waiting goes on behind the last line that was waited for.
#[derive(Debug)]
pub(crate) struct Wire {
    who: String,
    stream: TcpStream,
    received: Log,
    next: usize,
}

impl Wire {
    /// Connects. `who` is what messages of failed tests call it.
    pub(crate) fn connect(address: SocketAddr, who: &str) -> Self {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)
            .unwrap_or_else(|error| panic!("{who} cannot connect to {address}: {error}"));
        stream.set_nodelay(true).expect("a socket takes an option");
        stream.set_write_timeout(Some(PATIENCE)).expect("a socket takes an option");
        let source = stream.try_clone().expect("there are descriptors left");
        Self { who: who.to_owned(), stream, received: Log::follow(source), next: 0 }
    }

    pub(crate) fn set_name(&mut self, who: &str) {
        who.clone_into(&mut self.who);
    }

    #[track_caller]
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        if let Err(error) = self.stream.write_all(bytes) {
            panic!("{} cannot send: {error}\n{}", self.who, self.describe());
        }
    }

    /// Waits for the next line that `is_wanted`; those before it are passed over.
    #[track_caller]
    pub(crate) fn wait(&mut self, what: &str, is_wanted: impl Fn(&str) -> bool) -> String {
        let Some((index, line)) = self.received.find(self.next, is_wanted) else {
            panic!("{} has not seen {what}\n{}", self.who, self.describe());
        };
        self.next = index + 1;
        line
    }

    /// All lines received so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.received.lines()
    }

    /// Waits until the other end has closed.
    #[track_caller]
    pub(crate) fn wait_closed(&self) {
        assert!(self.received.ends(), "{} is still connected\n{}", self.who, self.describe());
    }

    /// Waits until the other end, which is on this machine, has read everything that was sent.
    #[track_caller]
    pub(crate) fn wait_read(&self) {
        let own = self.local_address();
        let other = self.stream.peer_addr().expect("a connected socket has a peer");
        eventually("everything sent is read", || (unread_bytes(other, own) == Some(0)).then_some(()));
    }

    pub(crate) fn local_address(&self) -> SocketAddr {
        self.stream.local_addr().expect("a connected socket has an address")
    }

    /// Ends the sending side, as `nc` does when its input has ended.
    pub(crate) fn finish(&mut self) {
        self.stream.shutdown(Shutdown::Write).expect("the socket is connected");
    }

    pub(crate) fn describe(&self) -> String {
        format!("--- {} received:\n{}", self.who, self.received.text())
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        // The thread that receives has the socket too: closing ours alone would not end the connection.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

/// What has arrived at the IPv4 socket `local`, connected to `remote`, and has not been read
/// (proc_pid_net(5): addresses in hexadecimal, `tx_queue:rx_queue`).
fn unread_bytes(local: SocketAddr, remote: SocketAddr) -> Option<u64> {
    let hex = |address: SocketAddr| match address {
        SocketAddr::V4(v4) => format!("{:08X}:{:04X}", u32::from_ne_bytes(v4.ip().octets()), v4.port()),
        SocketAddr::V6(_) => panic!("only for IPv4"),
    };
    let sockets = std::fs::read_to_string("/proc/net/tcp").expect("Linux lists its sockets");
    let start = format!("{} {} ", hex(local), hex(remote));
    let socket = sockets.lines().find_map(|line| line.split_once(&start))?.1;
    let queues = socket.split(' ').nth(1)?;
    u64::from_str_radix(queues.split_once(':')?.1, 16).ok()
}
