//! Taking connections: binding the addresses, and accepting without falling over.

use std::cell::Cell;
use std::io;
use std::net::{self, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use lanchat_protocol::admin::Happening;
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{spawn_local, yield_now};
use tokio::time::sleep;

use crate::connection::{let_read, serve, turn_away};
use crate::log;
use crate::relay::{Refused, Relay, count};
use crate::watch::who;

/// How many connections may wait to be accepted; the system has a bound of its own
/// (`net.core.somaxconn`) and takes the smaller one.
const BACKLOG: i32 = 65_535;

/// How many connections are accepted before those who chat get their turn.
const ACCEPTS_AT_ONCE: usize = 32;

/// How long accepting pauses where there is no descriptor left: first, and at most.
const PAUSE_MIN: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// How much the system holds for a reader before it is on its way. The timeline holds the rest, for all of
/// them once (`TCP_NOTSENT_LOWAT`, tcp(7)).
const UNSENT_BYTES_MAX: u32 = 64 * 1024;

/// How many people at once have the time to read why they are not let in. The others are told, and closed at once.
const TURNED_AWAY_AT_ONCE_MAX: usize = 64;

/// A peer that has vanished without a word is noticed after about two minutes, whether something is on its
/// way to it or not (tcp(7), `TCP_USER_TIMEOUT` and keepalive).
const VANISHED_MAX: Duration = Duration::from_mins(2);
const KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_mins(1))
    .with_interval(Duration::from_secs(15))
    .with_retries(4);

/// Listens on an address.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // "[::]" and "0.0.0.0" may both be in the list.
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    prepare(&socket)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Takes over a socket that listens already and does not block. How many may wait for it is for its owner to say.
pub fn adopt(listener: net::TcpListener) -> io::Result<TcpListener> {
    prepare(&SockRef::from(&listener))?;
    TcpListener::from_std(listener)
}

/// Connections inherit these.
fn prepare(socket: &Socket) -> io::Result<()> {
    socket.set_tcp_keepalive(&KEEPALIVE)?;
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_user_timeout(Some(VANISHED_MAX))?;
    socket.set_tcp_notsent_lowat(UNSENT_BYTES_MAX)
}

/// Accepts for as long as the relay takes connections.
pub async fn accept(relay: Rc<Relay>, listener: TcpListener) {
    let door = Rc::new(Door::default());
    let mut pause = Pause::default();
    let mut accepted = 0;
    loop {
        match listener.accept().await {
            Ok((stream, address)) => {
                pause.over();
                admit(&relay, &door, stream, address);
            }
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) => pause.wait(&error).await,
        }
        accepted += 1;
        if accepted % ACCEPTS_AT_ONCE == 0 {
            yield_now().await;
        }
    }
}

fn admit(relay: &Rc<Relay>, door: &Rc<Door>, stream: TcpStream, address: SocketAddr) {
    let networks = relay.networks();
    if !networks.allows(address.ip()) {
        let why = "this relay is for its own network only: ask its administrator (listen.allow)";
        return door.close(relay, stream, address, "not_from_here", why);
    }
    // Loopback ignores what the listener has set on some systems; asking twice costs nothing there.
    let _ = SockRef::from(&stream).set_tcp_nodelay(true);
    match relay.attach(stream, address) {
        Ok(link) => {
            log::connected(link.id.serial, address);
            relay.watch.tell(|| Happening::Connected(who(link.id.serial, address, "", "new")));
            spawn_local(serve(relay.clone(), link));
        }
        Err(Refused { stream, why }) => door.close(relay, stream, address, why.code(), &why.to_string()),
    }
}

/// Those who are not let in.
#[derive(Debug, Default)]
struct Door {
    reading: Cell<usize>,
}

impl Door {
    fn close(
        self: &Rc<Self>,
        relay: &Relay,
        stream: TcpStream,
        address: SocketAddr,
        code: &'static str,
        why: &str,
    ) {
        count(&relay.tally.connections_refused);
        relay.tally.refuse(code);
        log::not_admitted(address, code, why);
        relay.watch.tell(|| {
            let (address, code) = (address.to_string(), code.to_owned());
            Happening::TurnedAway { address, code, reason: why.to_owned() }
        });
        turn_away(&stream, why);
        if self.reading.get() < TURNED_AWAY_AT_ONCE_MAX {
            self.reading.set(self.reading.get() + 1);
            let door = self.clone();
            spawn_local(async move {
                let_read(stream).await;
                door.reading.set(door.reading.get() - 1);
            });
        }
    }
}

/// Errors of a connection that ended before it was accepted (accept(2)): the next one is fine.
fn is_about_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted, PermissionDenied,
    };
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted | PermissionDenied
    )
}

/// Growing pauses while the system has no descriptor or memory for another connection.
#[derive(Debug, Default)]
pub(crate) struct Pause {
    length: Option<Duration>,
}

impl Pause {
    /// It works again.
    pub(crate) fn over(&mut self) {
        if self.length.take().is_some() {
            log::accepting_again();
        }
    }

    /// Waits a while, longer each time.
    pub(crate) async fn wait(&mut self, error: &io::Error) {
        if self.length.is_none() {
            log::cannot_accept(error);
        }
        let length = self.length.map_or(PAUSE_MIN, |last| (last * 2).min(PAUSE_MAX));
        self.length = Some(length);
        sleep(length).await;
    }
}
