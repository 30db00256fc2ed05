//! What can go wrong: what was attempted, on which file, and what a person can do.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::kept::ConversationId;

/// Something on a store's file did not work.
#[derive(Debug)]
pub struct StoreError {
    /// Of what kind: tells what to do.
    pub kind: StoreErrorKind,
    attempted: &'static str,
    path: PathBuf,
    /// It is a file that is to be restored: what to do is something else.
    is_of_backup: bool,
    cause: Cause,
}

/// Of what kind an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// There is no room. The same again works when there is.
    Full,
    /// The file or its file system may not be written to.
    ReadOnly,
    /// Another program keeps the file locked.
    Busy,
    /// The file is damaged.
    Corrupt,
    /// The system reported a fault, or the file is not there any more.
    Io,
    /// What was asked for breaks a rule; the same again will not work either.
    Refused,
    /// Anything else.
    Other,
}

/// What was against it.
#[derive(Debug)]
pub(super) enum Cause {
    Sqlite(rusqlite::Error),
    Io(io::Error),
    Misfit(Misfit),
}

/// A request or a file that breaks a rule of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    /// Conversation or position are out of bounds.
    OutOfBounds { conversation: ConversationId, position: u64 },
    /// A message is longer than what is ever read.
    TooLong { conversation: ConversationId, position: u64 },
    /// Messages for a conversation that nobody has announced.
    NoConversation(ConversationId),
    /// Another message has this place.
    Taken { conversation: ConversationId, position: u64 },
    /// There is something already.
    Exists,
    /// There is a store already.
    Stands,
    /// There is something that is not a store of ours, and stays.
    NoStore,
    /// It has a name that SQLite gives to its own files beside another.
    NameOfSqlite,
    /// It is a directory.
    Directory,
    /// It is a device, a socket or a pipe.
    NoFile,
    /// The directory is not there.
    NoDirectory(PathBuf),
    /// It is a symbolic link to nothing.
    LeadsNowhere,
    /// There is a file of the name that an incomplete copy has, and it is none.
    PartInTheWay(PathBuf),
    /// Somebody is writing that copy.
    PartInUse(PathBuf),
    /// The file is not a store of ours.
    Foreign,
    /// A later lanchatd has written the file.
    Newer { found: i64, known: i64 },
    /// What the store knows about itself makes no sense.
    Damaged(&'static str),
    /// SQLite's verdict on a file.
    Unsound(String),
    /// Nothing is at the path, or another file than before.
    Gone,
    /// A batch is still to be written.
    Unwritten,
    /// Too much of the kind is under way.
    Busy,
    /// The store was closed meanwhile.
    Closed,
}

impl StoreError {
    pub(super) fn new(attempted: &'static str, path: &Path, cause: impl Into<Cause>) -> Self {
        let cause = cause.into();
        Self { kind: cause.kind(), attempted, path: path.to_owned(), is_of_backup: false, cause }
    }

    /// Of a file that is to be restored: whoever reads this has asked what it is good for.
    pub(super) fn of_backup(path: &Path, cause: impl Into<Cause>) -> Self {
        Self { is_of_backup: true, ..Self::new("use", path, cause) }
    }

    /// Whether the file itself is what is wrong, so that only another one helps.
    pub fn wants_new_store(&self) -> bool {
        matches!(self.cause, Cause::Misfit(Misfit::Gone))
            || self.cause.is_damage() && !self.cause.is_of_index()
    }

    /// Whether a new connection may help.
    pub(super) fn wants_new_connection(&self) -> bool {
        match self.kind {
            StoreErrorKind::ReadOnly
            | StoreErrorKind::Corrupt
            | StoreErrorKind::Io
            | StoreErrorKind::Other => true,
            StoreErrorKind::Full | StoreErrorKind::Busy | StoreErrorKind::Refused => false,
        }
    }
}

impl Cause {
    pub(super) fn kind(&self) -> StoreErrorKind {
        match self {
            Self::Sqlite(error) => sqlite_kind(error),
            Self::Io(error) => io_kind(error),
            Self::Misfit(Misfit::Damaged(_) | Misfit::Unsound(_)) => StoreErrorKind::Corrupt,
            Self::Misfit(Misfit::Gone) => StoreErrorKind::Io,
            Self::Misfit(
                Misfit::OutOfBounds { .. }
                | Misfit::NoConversation(_)
                | Misfit::Taken { .. }
                | Misfit::Exists
                | Misfit::Stands
                | Misfit::NoStore
                | Misfit::NameOfSqlite
                | Misfit::Directory
                | Misfit::NoFile
                | Misfit::NoDirectory(_)
                | Misfit::LeadsNowhere
                | Misfit::PartInTheWay(_)
                | Misfit::PartInUse(_)
                | Misfit::Foreign
                | Misfit::Newer { .. }
                | Misfit::TooLong { .. }
                | Misfit::Busy
                | Misfit::Unwritten
                | Misfit::Closed,
            ) => StoreErrorKind::Refused,
        }
    }

    /// Whether SQLite finds the file damaged.
    pub(super) fn is_damage(&self) -> bool {
        matches!(self, Self::Sqlite(error) if sqlite_kind(error) == StoreErrorKind::Corrupt)
    }

    fn advice_on_backup(&self) -> Option<&'static str> {
        if let Self::Io(error) = self {
            match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => return Some("look at its name"),
                io::ErrorKind::PermissionDenied => {
                    return Some("run this as root, or as a user who may read it");
                }
                // `io::ErrorKind` is not exhaustive.
                _ => {}
            }
        }
        match self.kind() {
            StoreErrorKind::Corrupt => Some("it cannot be restored, use another backup"),
            StoreErrorKind::Io => {
                Some("check the disk, the system's log and whether its directory can be written to")
            }
            kind @ (StoreErrorKind::Full
            | StoreErrorKind::ReadOnly
            | StoreErrorKind::Busy
            | StoreErrorKind::Refused
            | StoreErrorKind::Other) => kind.advice(),
        }
    }

    /// Whether it is the search index that is damaged, which can be made again. Upkeep breaks no constraint
    /// of its own: where one fails, the index contradicts itself.
    pub(super) fn is_of_index(&self) -> bool {
        let Self::Sqlite(error) = self else { return false };
        error.sqlite_error().is_some_and(|error| {
            error.extended_code == rusqlite::ffi::SQLITE_CORRUPT_VTAB
                || error.code == ErrorCode::ConstraintViolation
        })
    }
}

fn sqlite_kind(error: &rusqlite::Error) -> StoreErrorKind {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreErrorKind::Full,
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => StoreErrorKind::ReadOnly,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed) => {
            StoreErrorKind::Busy
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreErrorKind::Corrupt,
        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => StoreErrorKind::Io,
        Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig) => StoreErrorKind::Refused,
        // `ErrorCode` is not exhaustive, and the rest says nothing that one could act on.
        Some(_) | None => StoreErrorKind::Other,
    }
}

fn io_kind(error: &io::Error) -> StoreErrorKind {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreErrorKind::Full,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => StoreErrorKind::ReadOnly,
        io::ErrorKind::WouldBlock => StoreErrorKind::Busy,
        io::ErrorKind::AlreadyExists => StoreErrorKind::Refused,
        // `io::ErrorKind` is not exhaustive.
        _ => StoreErrorKind::Io,
    }
}

impl StoreErrorKind {
    /// What a person can do.
    fn advice(self) -> Option<&'static str> {
        match self {
            Self::Full => Some("make room on its file system"),
            Self::ReadOnly => Some(
                "let lanchatd's user write to the file and its directory; a service may in /var/lib/lanchatd alone, see lanchatd(8)",
            ),
            Self::Busy => Some("end the other program that uses it"),
            Self::Corrupt => Some("move it away and restore a backup"),
            Self::Io => Some("check the disk, the system's log and whether the file is still there"),
            Self::Refused | Self::Other => None,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} {}: {}", self.attempted, self.path.display(), self.cause)?;
        let advice = if self.is_of_backup { self.cause.advice_on_backup() } else { self.kind.advice() };
        advice.map_or(Ok(()), |advice| write!(f, "; {advice}"))
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.cause {
            Cause::Sqlite(error) => Some(error),
            Cause::Io(error) => Some(error),
            Cause::Misfit(_) => None,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(error) => write!(f, "{error}"),
            Self::Io(error) => write!(f, "{error}"),
            Self::Misfit(misfit) => write!(f, "{misfit}"),
        }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfBounds { conversation, position } => {
                write!(f, "conversation {conversation} or position {position} is out of bounds")
            }
            Self::TooLong { conversation, position } => {
                write!(f, "the message at position {position} of conversation {conversation} is too long")
            }
            Self::NoConversation(conversation) => write!(f, "there is no conversation {conversation}"),
            Self::Taken { conversation, position } => {
                write!(f, "another message is at position {position} of conversation {conversation}")
            }
            Self::Exists => write!(f, "there is something already, it is left alone: choose another name"),
            Self::Stands => write!(
                f,
                "there is a store already: with --replace it is put aside, or choose another path with --to"
            ),
            Self::NoStore => {
                write!(f, "it is not a store of lanchatd, it is left alone: choose another path")
            }
            Self::NameOfSqlite => {
                write!(f, "names that end like this are for files of SQLite's own: choose another name")
            }
            Self::Directory => write!(f, "it is a directory: name a file"),
            Self::NoFile => write!(f, "it is no regular file: name another"),
            Self::NoDirectory(directory) => {
                write!(f, "there is no directory {}: make it first, or name another", directory.display())
            }
            Self::LeadsNowhere => {
                write!(f, "it is a symbolic link to nothing: remove it, or name another path")
            }
            Self::PartInTheWay(part) => {
                write!(f, "{} is in the way: move it away, or choose another name", part.display())
            }
            Self::PartInUse(part) => {
                write!(f, "somebody is writing {}: wait for the end, or choose another name", part.display())
            }
            Self::Foreign => {
                write!(f, "it is not a store of lanchatd, it is left alone: choose another path")
            }
            Self::Newer { found, known } => write!(
                f,
                "a newer lanchatd has written it (schema {found}, this one knows up to {known}): use that one, or another path"
            ),
            Self::Damaged(what) => write!(f, "{what}"),
            Self::Unsound(verdict) => write!(f, "it is damaged: {verdict}"),
            Self::Gone => write!(f, "the file was removed or replaced while it was in use"),
            Self::Unwritten => write!(f, "the last batch was not written"),
            Self::Busy => write!(f, "as much of the kind is under way as can be: try again later"),
            Self::Closed => write!(f, "the store was closed"),
        }
    }
}

impl From<rusqlite::Error> for Cause {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<io::Error> for Cause {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Misfit> for Cause {
    fn from(misfit: Misfit) -> Self {
        Self::Misfit(misfit)
    }
}
