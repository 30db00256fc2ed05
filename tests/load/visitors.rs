//! A storm of people who come, say one line that somebody hears, and leave.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::payload;
use crate::socket::{Happening, Happenings, Origin, begin};

/// From how many addresses they come: each has a range of ports of its own, and a port that was used rests
/// for a while.
const SOURCES: u64 = 200;

/// How far a visitor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It connects, and will speak as soon as it can.
    Coming,
    /// It has spoken and waits until it is heard.
    Speaking,
    /// It was heard and has closed its side.
    Leaving,
}

#[derive(Debug)]
struct Visitor {
    id: u64,
    stream: TcpStream,
    stage: Stage,
}

/// So many visitors at once, one after the other.
pub struct Visitors {
    address: SocketAddr,
    happenings: Happenings,
    slots: Vec<Option<Visitor>>,
    visits: u64,
    /// Whether those who leave are followed by others.
    goes_on: bool,
    stirred: Instant,
    /// Visits that came to their good end.
    pub done: u64,
    /// Visitors who were turned away or disconnected.
    pub disconnected: u64,
}

impl Visitors {
    /// `at_once` visitors of the relay at this address.
    pub fn begin(address: SocketAddr, at_once: usize) -> Result<Self, Failure> {
        let mut visitors = Self {
            address,
            happenings: Happenings::new().map_err(epoll_failed)?,
            slots: Vec::new(),
            visits: 0,
            goes_on: true,
            stirred: Instant::now(),
            done: 0,
            disconnected: 0,
        };
        for slot in 0..at_once {
            let visitor = visitors.come(slot)?;
            visitors.slots.push(Some(visitor));
        }
        Ok(visitors)
    }

    /// From now on nobody follows those who leave.
    pub fn end(&mut self) {
        self.goes_on = false;
        self.stirred = Instant::now();
    }

    /// How many are on their visit.
    pub fn under_way(&self) -> u64 {
        self.slots.iter().flatten().count() as u64
    }

    /// Whether nothing has happened for so long.
    pub fn is_stalled(&self, patience: Duration) -> bool {
        self.stirred.elapsed() > patience
    }

    /// Does what has become possible: those whom the observer has `heard` leave, and others come.
    pub fn turn(&mut self, heard: &mut Vec<u64>) -> Result<(), Failure> {
        for id in heard.drain(..) {
            self.is_heard(id);
        }
        let count = self.happenings.wait(Duration::ZERO).map_err(epoll_failed)?;
        for position in 0..count {
            let happening = self.happenings.get(position);
            self.serve(happening)?;
        }
        Ok(())
    }

    fn come(&mut self, slot: usize) -> Result<Visitor, Failure> {
        let address = self.address;
        let connect = |source| Failure::Connect { address, source };
        let id = self.visits;
        self.visits += 1;
        let source = address.is_ipv4().then(|| Ipv4Addr::new(127, 1, 1, (1 + id % SOURCES) as u8));
        let stream = begin(address, Origin { source, ..Origin::default() }).map_err(connect)?;
        self.happenings.add(&stream, slot).map_err(epoll_failed)?;
        Ok(Visitor { id, stream, stage: Stage::Coming })
    }

    fn is_heard(&mut self, id: u64) {
        let found = self.slots.iter_mut().flatten().find(|visitor| visitor.id == id);
        if let Some(visitor) = found.filter(|visitor| visitor.stage == Stage::Speaking) {
            visitor.stage = Stage::Leaving;
            // Where it is broken, reading tells.
            let _ = visitor.stream.shutdown(Shutdown::Write);
        }
    }

    fn serve(&mut self, happening: Happening) -> Result<(), Failure> {
        let Some(visitor) = &mut self.slots[happening.index] else { return Ok(()) };
        self.stirred = Instant::now();
        if visitor.stage == Stage::Coming && happening.is_writable && !happening.has_ended {
            visitor.stage = Stage::Speaking;
            // An empty buffer takes a line; where the socket is broken, reading tells.
            let _ = (&visitor.stream).write(&payload::visit_line(visitor.id));
        }
        if !happening.is_readable || !read_all(&visitor.stream) {
            return Ok(());
        }
        if visitor.stage == Stage::Leaving {
            self.done += 1;
        } else {
            self.disconnected += 1;
        }
        let next = if self.goes_on { Some(self.come(happening.index)?) } else { None };
        self.slots[happening.index] = next;
        Ok(())
    }
}

/// Reads what has come, and says whether that was the end.
fn read_all(mut stream: &TcpStream) -> bool {
    let mut buffer = [0; 16 * 1024];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return error.kind() != io::ErrorKind::WouldBlock,
        }
    }
}

fn epoll_failed(source: io::Error) -> Failure {
    Failure::System { what: "watch sockets", source }
}
