//! The thread that reads, on a connection of its own: a disk that is slow to write does not hold it up.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Instant;

use rusqlite::Connection;

use super::answer::{Answer, Request};
use super::database::Database;
use super::error::{Cause, StoreError};
use super::report::{Report, Tell};
use super::{Ticket, history, search};

/// The thread's state.
pub(super) struct Reader {
    database: Arc<Database>,
    /// `None` after an error that a new connection may mend.
    connection: Option<Connection>,
    /// Which file it leads to.
    file: u64,
    tell: Tell,
}

impl Reader {
    pub(super) fn new(database: Arc<Database>, connection: Connection, tell: Tell) -> Self {
        let file = database.file_number();
        Self { database, connection: Some(connection), file, tell }
    }

    /// Works until the store lets go of it.
    pub(super) fn run(mut self, requests: &Receiver<(Ticket, Request)>) {
        for (ticket, request) in requests {
            let began = Instant::now();
            let result = self.read(request);
            (self.tell)(Report::Read { ticket, result, took: began.elapsed() });
        }
    }

    fn read(&mut self, request: Request) -> Result<Answer, StoreError> {
        let attempted = match request {
            Request::Search(_) => "search",
            Request::Page { .. } | Request::Since { .. } | Request::Export { .. } | Request::Extents => {
                "read messages from"
            }
        };
        let result = self.connect().and_then(|connection| Ok(answer(connection, request)?));
        result.map_err(|cause| {
            let error = self.database.error(attempted, cause);
            if error.wants_new_connection() {
                self.connection = None;
            }
            error
        })
    }

    fn connect(&mut self) -> Result<&mut Connection, Cause> {
        let file = self.database.file_number();
        let connection = match self.connection.take().filter(|_| self.file == file) {
            Some(connection) => connection,
            None => self.database.reader()?,
        };
        self.file = file;
        Ok(self.connection.insert(connection))
    }
}

pub(super) fn answer(connection: &mut Connection, request: Request) -> rusqlite::Result<Answer> {
    match request {
        Request::Page { conversation, from, until, limit, bytes, direction } => {
            history::page(connection, conversation, from..until, limit, bytes, direction).map(Answer::Page)
        }
        Request::Since { conversation, time_ms } => {
            history::since(connection, conversation, time_ms).map(Answer::Since)
        }
        Request::Search(query) => search::search(connection, &query).map(Answer::Found),
        Request::Extents => history::extents(connection).map(Answer::Extents),
        Request::Export { conversation, since_ms, from, limit } => {
            history::export(connection, conversation, since_ms, from, limit).map(Answer::Exported)
        }
    }
}
