//! The last word to a client, and the time to read it.

use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Connection, Ending};
use crate::dialect::http;
use crate::link::Link;
use crate::relay::Relay;

/// After the last word, what the client still sends is read for this long, so that its own kernel
/// does not throw the last word away.
const LINGER: Duration = Duration::from_millis(500);

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

/// Tells somebody whose connection is not taken why, and closes.
pub async fn turn_away(mut stream: TcpStream, why: &str) {
    let words = async {
        stream.write_all(format!("* {why}\n").as_bytes()).await?;
        stream.shutdown().await
    };
    // They are not let in either way.
    let _ = timeout(LINGER, words).await;
}
