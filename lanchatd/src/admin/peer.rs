//! Whoever asks.

use std::cell::RefCell;
use std::io;

use tokio::net::UnixStream;

/// Who is at the other end of an admin connection.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) uid: u32,
    pub(super) pid: Option<i32>,
    /// The export of which the log has a record: a room or all, and whether with what was said to one person alone.
    pub(super) export: RefCell<Option<(Option<String>, bool)>>,
}

impl Peer {
    pub(super) fn of(stream: &UnixStream) -> io::Result<Self> {
        let credentials = stream.peer_cred()?;
        Ok(Self { uid: credentials.uid(), pid: credentials.pid(), export: RefCell::default() })
    }
}
