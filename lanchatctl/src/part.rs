//! A file that is not complete: its name ends in `.part` until it is.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What is written is nobody's but its owner's.
const FILE_MODE: u32 = 0o600;

/// How much of a file shows whose it is, in bytes.
const BEGINNING_BYTES: u64 = 64;

/// A file that is ours until it is published; it is gone when the value is.
#[derive(Debug)]
pub(crate) struct Part {
    path: PathBuf,
    /// Locked, so that nobody takes it for one that was cut off.
    file: File,
    is_published: bool,
}

impl Part {
    /// Makes an empty one for `to`. One that was cut off before is cleared away; `is_ours` knows it by its beginning.
    pub(crate) fn make(to: &Path, is_ours: fn(&[u8]) -> bool) -> io::Result<Self> {
        let mut path = to.to_owned().into_os_string();
        path.push(".part");
        let path = PathBuf::from(path);
        clear(&path, is_ours)?;
        let file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&path)?;
        lock(&file, &path)?;
        let part = Self { path, file, is_published: false };
        // Between the two somebody else could take it for one that was cut off.
        if part.is_there() { Ok(part) } else { Err(in_use(&part.path)) }
    }

    /// What is to be written to.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Gives it its name, when all of it is on the disk. A file that has the name is replaced.
    pub(crate) fn publish(mut self, to: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, to)?;
        self.is_published = true;
        Ok(())
    }

    fn is_there(&self) -> bool {
        let own = self.file.metadata().map(|own| (own.dev(), own.ino())).ok();
        own.is_some() && fs::symlink_metadata(&self.path).map(|it| (it.dev(), it.ino())).ok() == own
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.is_published && self.is_there() {
            // The error that led here says more than one about what is left.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes one that was cut off, if there is one: nobody works on it, and it begins as one does.
fn clear(path: &Path, is_ours: fn(&[u8]) -> bool) -> io::Result<()> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let in_the_way = || told(path, "is in the way: move it away, or choose another name");
    if !metadata.is_file() {
        return Err(in_the_way());
    }
    let file = File::open(path)?;
    lock(&file, path)?;
    let mut beginning = Vec::new();
    (&file).take(BEGINNING_BYTES).read_to_end(&mut beginning)?;
    // What was cut off by a power failure may have nothing in it, or zeros.
    if beginning.iter().all(|byte| *byte == 0) || is_ours(&beginning) {
        fs::remove_file(path)
    } else {
        Err(in_the_way())
    }
}

fn lock(file: &File, path: &Path) -> io::Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(in_use(path)),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn in_use(path: &Path) -> io::Error {
    told(path, "is being written by somebody: wait for the end, or choose another name")
}

fn told(path: &Path, what: &str) -> io::Error {
    io::Error::new(ErrorKind::AlreadyExists, format!("{} {what}", path.display()))
}
