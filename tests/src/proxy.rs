//! A wire between a client and a daemon that can be cut.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::eventually;

#[derive(Debug, Default)]
struct State {
    is_cut: bool,
    is_deaf: bool,
    is_brief: bool,
    withheld: usize,
    streams: Vec<TcpStream>,
}

/// The state, and that it was mended.
type Shared = (Mutex<State>, Condvar);

/// Passes bytes on between those who connect to it and a daemon.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Proxy {
    /// A whole wire to this daemon, or whoever is there after it.
    ///
    /// # Panics
    /// When no port is free.
    pub fn to(daemon: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let shared = Arc::new(Shared::default());
        let wires = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                connect(&wires, &client, daemon);
            }
        });
        Self { address, shared }
    }

    /// Where a client connects to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Hangs up on both sides. Who connects is heard only when it is mended: they need not try again and again, with
    /// longer and longer pauses.
    pub fn cut(&self) {
        let mut state = lock(&self.shared);
        state.is_cut = true;
        for stream in state.streams.drain(..) {
            // It may be closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Nothing that the daemon says arrives any more, until it is mended; what is said to it does.
    pub fn deafen(&self) {
        lock(&self.shared).is_deaf = true;
    }

    /// Of what the daemon says on a connection, only the first thing arrives, until it is mended; what is said to it does.
    pub fn shorten(&self) {
        lock(&self.shared).is_brief = true;
    }

    /// Waits until the daemon has said something on so many connections that did not arrive.
    #[track_caller]
    pub fn has_withheld(&self, count: usize) {
        eventually("what the daemon says does not arrive", || {
            (lock(&self.shared).withheld >= count).then_some(())
        });
    }

    /// The next connection is a whole one.
    pub fn mend(&self) {
        let mut state = lock(&self.shared);
        (state.is_cut, state.is_deaf, state.is_brief) = (false, false, false);
        self.shared.1.notify_all();
    }
}

fn connect(shared: &Arc<Shared>, client: &TcpStream, daemon: SocketAddr) {
    let state = shared.1.wait_while(lock(shared), |state| state.is_cut);
    let mut state = state.unwrap_or_else(PoisonError::into_inner);
    // Nobody may be there: then the client is hung up on.
    let Ok(relay) = &TcpStream::connect(daemon) else { return };
    for (from, to, is_to_client) in [(client, relay, false), (relay, client, true)] {
        let clone = |stream: &TcpStream| stream.try_clone().expect("a descriptor");
        let (from, to, shared) = (clone(from), clone(to), Arc::clone(shared));
        state.streams.push(clone(&from));
        thread::spawn(move || pass(from, to, is_to_client, &shared));
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, is_to_client: bool, shared: &Shared) {
    let mut chunk = [0; 16 << 10];
    let (mut is_greeted, mut has_withheld) = (false, false);
    while let Ok(count @ 1..) = from.read(&mut chunk) {
        let was_greeted = std::mem::replace(&mut is_greeted, true);
        let mut state = lock(shared);
        if is_to_client && (state.is_deaf || state.is_brief && was_greeted) {
            state.withheld += usize::from(!std::mem::replace(&mut has_withheld, true));
            continue;
        }
        drop(state);
        if to.write_all(&chunk[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

fn lock(shared: &Shared) -> MutexGuard<'_, State> {
    shared.0.lock().unwrap_or_else(PoisonError::into_inner)
}
