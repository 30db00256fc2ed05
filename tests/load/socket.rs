//! Sockets that never wait.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::time::Duration;

use rustix::event::{Timespec, epoll};
use rustix::fd::{AsFd, OwnedFd};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with, sockopt};

/// Where a connection comes from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origin {
    /// The address it comes from; `None`: what the system chooses.
    pub source: Option<Ipv4Addr>,
    /// The size of its receive buffer in bytes; `None`: what the system chooses.
    pub receive_buffer_bytes: Option<usize>,
}

/// Begins to connect. It can be written to when the connection is there.
pub fn begin(address: SocketAddr, origin: Origin) -> io::Result<TcpStream> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = socket_with(family, SocketType::STREAM, flags, None)?;
    if let Some(bytes) = origin.receive_buffer_bytes {
        sockopt::set_socket_recv_buffer_size(&socket, bytes)?;
    }
    if let Some(source) = origin.source {
        bind(&socket, &SocketAddrV4::new(source, 0))?;
    }
    match connect(&socket, &address) {
        Ok(()) | Err(rustix::io::Errno::INPROGRESS) => {}
        Err(error) => return Err(error.into()),
    }
    let stream = TcpStream::from(socket);
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// What happens on many sockets.
pub struct Happenings {
    epoll: OwnedFd,
    events: Vec<epoll::Event>,
}

/// What has happened on one socket.
#[derive(Clone, Copy, Debug)]
pub struct Happening {
    /// Under which number the socket was added.
    pub index: usize,
    /// The peer has ended the connection, or it broke.
    pub has_ended: bool,
    /// There is something to read, or an end to find.
    pub is_readable: bool,
    /// There is room to write.
    pub is_writable: bool,
}

/// How many are told of at once.
const EVENTS_MAX: usize = 1_024;

impl Happenings {
    /// On no socket yet.
    pub fn new() -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        Ok(Self { epoll, events: Vec::with_capacity(EVENTS_MAX) })
    }

    /// Watches a socket too, until it is closed. Edge-triggered: each change is told once.
    pub fn add(&self, socket: impl AsFd, index: usize) -> io::Result<()> {
        use epoll::EventFlags;
        let flags = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        Ok(epoll::add(&self.epoll, socket, epoll::EventData::new_u64(index as u64), flags)?)
    }

    /// Waits until something happens, for so long at most, to the millisecond. Returns how much there is.
    pub fn wait(&mut self, timeout: Duration) -> io::Result<usize> {
        let timeout =
            Timespec { tv_sec: 0, tv_nsec: timeout.min(Duration::from_millis(999)).subsec_nanos().into() };
        self.events.clear();
        match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut self.events), Some(&timeout)) {
            Ok(count) => Ok(count),
            Err(rustix::io::Errno::INTR) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// What the last wait has found.
    pub fn get(&self, position: usize) -> Happening {
        use epoll::EventFlags;
        let epoll::Event { flags, data, .. } = self.events[position];
        let has_ended = flags.intersects(EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR);
        Happening {
            index: data.u64() as usize,
            has_ended,
            is_readable: has_ended || flags.contains(EventFlags::IN),
            is_writable: flags.contains(EventFlags::OUT),
        }
    }
}
