//! The last word to a client, and the time to read it.

use std::io;
use std::net::Shutdown;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncReadExt, copy, sink};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Connection, Ending};
use crate::dialect::http;
use crate::link::Link;
use crate::relay::Relay;

/// After the last word, what the client still sends is read for this long, so that its own kernel
/// does not throw the last word away.
const LINGER: Duration = Duration::from_millis(500);

/// How much is read of what somebody sends who was turned away, in bytes.
const TURNED_AWAY_BYTES_MAX: u64 = 64 * 1024;

impl Connection {
    /// Tells a browser that here is no web server.
    pub(super) fn refuse_http(&mut self) {
        self.link.say(http::ANSWER);
        self.ending = Some(Ending::Http);
    }
}

/// Ends our side and reads what is left of the other.
pub(super) async fn linger(relay: &Relay, link: &Link) {
    let end = async {
        link.finish()?;
        loop {
            link.stream.readable().await?;
            match link.stream.try_read(&mut relay.read_buffer.borrow_mut()) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    };
    // Whatever happens to it now, the connection is over.
    let _ = timeout(LINGER, end).await;
}

/// Tells somebody whose connection is not taken why. They are not let in, whether they hear it or not.
pub fn turn_away(stream: &TcpStream, why: &str) {
    let socket = SockRef::from(stream);
    // A new socket takes this much.
    let _ = socket.send(format!("* {why}\n").as_bytes());
    let _ = socket.shutdown(Shutdown::Write);
}

/// Reads what somebody who was turned away still sends, such as the beginning of a handshake: left unread, it would have
/// their own kernel throw away what they were told.
pub async fn let_read(stream: TcpStream) {
    let rest = async { copy(&mut stream.take(TURNED_AWAY_BYTES_MAX), &mut sink()).await };
    // Whatever happens to it now, the connection is over.
    let _ = timeout(LINGER, rest).await;
}
