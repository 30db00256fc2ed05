//! The file and its neighbour, the lock: made if missing, ours alone, and ours for as long as we live.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::error::{Cause, Misfit};
use super::open_error::OpenError;

/// Messages are nobody's but the daemon's.
const FILE_MODE: u32 = 0o600;
/// A directory that the store has to make itself.
const DIRECTORY_MODE: u32 = 0o700;

/// A file that no other daemon uses.
///
/// The lock is another file: what SQLite does to its own is its business, a second connection has to get in,
/// and whoever closes any descriptor of the database loses SQLite's locks on it (fcntl(2)).
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    /// Device and inode.
    file: Mutex<(u64, u64)>,
    _lock: File,
}

impl Place {
    /// Takes the file, and makes it if there is none.
    pub(super) fn claim(path: &Path) -> Result<Self, OpenError> {
        let io = |what, source| OpenError::File { what, path: path.to_owned(), source };
        make_directory(path)?;
        let made = make(path).map_err(|error| io("make", error))?;
        // By its real name: two ways to one file lead to one lock.
        let path = &path.canonicalize().map_err(|error| io("find", error))?;
        let metadata = fs::metadata(path).map_err(|error| io("look at", error))?;
        if !metadata.is_file() {
            return Err(io("use", io::Error::new(ErrorKind::InvalidInput, "it is not a regular file")));
        }
        let lock = lock(path)?;
        if made {
            // Otherwise a power cut could lose the name of a file whose content is safe.
            sync_directory(path).map_err(|error| io("make durable", error))?;
        }
        Ok(Self { path: path.clone(), file: Mutex::new((metadata.dev(), metadata.ino())), _lock: lock })
    }

    /// Where it is, without symbolic links.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file is still where it was; if not, what is written to it is lost.
    pub(super) fn is_there(&self) -> bool {
        let ours = *self.file.lock().unwrap_or_else(PoisonError::into_inner);
        fs::metadata(&self.path).is_ok_and(|file| (file.dev(), file.ino()) == ours)
    }

    /// The file that is there now is ours.
    pub(super) fn is_new(&self) -> io::Result<()> {
        let metadata = fs::metadata(&self.path)?;
        *self.file.lock().unwrap_or_else(PoisonError::into_inner) = (metadata.dev(), metadata.ino());
        Ok(())
    }
}

/// A path whose name has something appended.
pub(super) fn with(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Where a file's lock is.
pub(super) fn lock_of(path: &Path) -> PathBuf {
    with(path, ".lock")
}

/// Refuses a path whose directory is not there: whoever mistypes one is better told.
pub(super) fn has_directory(path: &Path) -> Result<(), Cause> {
    let Some(directory) = path.parent() else { return Err(Misfit::Directory.into()) };
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    match fs::metadata(directory) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(Misfit::NoDirectory(directory.to_owned()).into()),
        Err(error) => Err(match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => {
                Misfit::NoDirectory(directory.to_owned()).into()
            }
            _ => error.into(),
        }),
    }
}

/// Makes the directory that a file is to be in, if there is none.
pub(super) fn make_directory(path: &Path) -> Result<(), OpenError> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    let made = DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(directory);
    made.map_err(|source| OpenError::File { what: "make the directory of", path: path.to_owned(), source })
}

/// Makes an empty file of ours, durable when [`sync_directory`] is. Whether there was none.
pub(super) fn make(path: &Path) -> io::Result<bool> {
    match OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes down what a file's directory knows of it (fsync(2)).
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

/// Locks a file, which need not be there.
pub(super) fn lock(path: &Path) -> Result<File, OpenError> {
    let name = lock_of(path);
    let io = |what, source| OpenError::File { what, path: name.clone(), source };
    // It is never removed: two daemons could lock two files of one name.
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(FILE_MODE);
    let mut file = options.open(&name).map_err(|error| io("open", error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // It is only for the message.
            let _ = file.take(32).read_to_string(&mut holder);
            return Err(OpenError::Held { path: path.to_owned(), pid: holder.trim().parse().ok() });
        }
        Err(fs::TryLockError::Error(error)) => return Err(io("lock", error)),
    }
    // Whoever comes next may read who it is; the lock itself does not need it.
    let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
    Ok(file)
}
