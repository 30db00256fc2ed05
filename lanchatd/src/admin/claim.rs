//! The socket's file: taken from a dead daemon, never from a live one.

use std::fmt;
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::net::{UnixListener, UnixSocket};

/// Owner and group may talk to the daemon.
const SOCKET_MODE: u32 = 0o660;
/// A directory that the daemon has to make itself.
const DIRECTORY_MODE: u32 = 0o750;
/// How many administrators may wait to be answered.
const BACKLOG: u32 = 128;
/// How long another daemon may take to claim a socket in the same directory.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);

/// Why the admin socket could not be had.
#[derive(Debug)]
pub enum ClaimError {
    /// Another daemon answers there.
    Held {
        /// Where.
        path: PathBuf,
        /// Its process, where the system tells.
        pid: Option<i32>,
    },
    /// Something else than a socket is there.
    NotASocket(PathBuf),
    /// The file system does not let us.
    Io {
        /// What was attempted.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What came of it.
        source: io::Error,
    },
}

impl fmt::Display for ClaimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held { path, pid } => {
                let holder = pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"));
                let path = path.display();
                write!(
                    f,
                    "{holder} already answers on the admin socket {path}: stop it (lanchatctl --socket {path} stop), or set admin.socket to another path"
                )
            }
            Self::NotASocket(path) => write!(
                f,
                "{} exists and is not a socket, it is left alone: remove it, or set admin.socket to another path",
                path.display()
            ),
            Self::Io { what, path, source } => write!(
                f,
                "cannot {what} {}: {source}; check its directory's permissions, or set admin.socket to another path",
                path.display()
            ),
        }
    }
}

impl std::error::Error for ClaimError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        if let Self::Io { source, .. } = self { Some(source) } else { None }
    }
}

/// The socket's file, ours until it is released.
#[derive(Debug)]
pub struct Claim {
    path: PathBuf,
    /// Device and inode; `None`: the file is the service manager's.
    file: Option<(u64, u64)>,
}

/// Takes the socket's place and listens on it. A socket on which nobody answers is replaced.
///
/// Two daemons that start at once do not take each other's: the directory is locked meanwhile.
pub fn claim(path: &Path) -> Result<(Claim, UnixListener), ClaimError> {
    let io = |what, source| ClaimError::Io { what, path: path.to_owned(), source };
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_directory(directory).map_err(|error| io("make the directory of", error))?;
    let _lock = lock(directory).map_err(|error| io("lock the directory of", error))?;
    make_way(path)?;
    let listener = listen(path).map_err(|error| io("listen on", error))?;
    let file = fs::symlink_metadata(path).map_err(|error| io("look at", error))?;
    Ok((Claim { path: path.to_owned(), file: Some((file.dev(), file.ino())) }, listener))
}

impl Claim {
    /// A socket that was passed: its file is not ours to remove.
    pub fn passed(path: PathBuf) -> Self {
        Self { path, file: None }
    }

    /// Where the socket is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the file, unless it is somebody else's by now.
    pub fn release(self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|file| Some((file.dev(), file.ino())) == self.file)
            && let Err(error) = fs::remove_file(&self.path)
        {
            crate::log::socket_left(&self.path, &error);
        }
    }
}

fn make_directory(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return refuse_foreign(directory);
    }
    DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(directory)
}

/// In a directory that anybody may write to, such as /tmp, ours must be our own: whoever made it could
/// put another socket in its place.
fn refuse_foreign(directory: &Path) -> io::Result<()> {
    let own = rustix::process::geteuid().as_raw();
    let in_tmp = directory.parent() == Some(Path::new("/tmp"));
    if in_tmp && fs::symlink_metadata(directory)?.uid() != own {
        return Err(io::Error::new(ErrorKind::PermissionDenied, "the directory belongs to somebody else"));
    }
    Ok(())
}

fn lock(directory: &Path) -> io::Result<File> {
    let file = File::open(directory)?;
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(fs::TryLockError::WouldBlock) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(fs::TryLockError::WouldBlock) => return Err(ErrorKind::TimedOut.into()),
            Err(fs::TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Removes what a dead daemon has left.
fn make_way(path: &Path) -> Result<(), ClaimError> {
    let io = |what, source| ClaimError::Io { what, path: path.to_owned(), source };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io("look at", error)),
        Ok(file) if !file.file_type().is_socket() => return Err(ClaimError::NotASocket(path.to_owned())),
        Ok(_) => {}
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(|error| io("replace the stale socket", error))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        // Its queue is full: somebody is there all the same.
        Err(error) if error.kind() == ErrorKind::WouldBlock => {
            Err(ClaimError::Held { path: path.to_owned(), pid: None })
        }
        Err(error) => Err(io("see whether somebody answers on", error)),
        Ok(stream) => {
            let holder = rustix::net::sockopt::socket_peercred(&stream).ok();
            let pid = holder.map(|holder| holder.pid.as_raw_nonzero().get());
            Err(ClaimError::Held { path: path.to_owned(), pid })
        }
    }
}

/// The permissions are right before anybody can connect: that takes listen(2).
fn listen(path: &Path) -> io::Result<UnixListener> {
    let socket = UnixSocket::new_stream()?;
    socket.bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(SOCKET_MODE))?;
    socket.listen(BACKLOG)
}
