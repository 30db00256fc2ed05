//! Where the client keeps what outlives it, and where its configuration is.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// Where a file of this name is kept; `None` without a home. `env` looks an environment variable up.
pub(crate) fn path(name: &str, env: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    below("XDG_STATE_HOME", ".local/state", name, env)
}

/// Where the configuration of this name is; `None` without a home.
pub(crate) fn configuration(name: &str, env: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    below("XDG_CONFIG_HOME", ".config", name, env)
}

/// Below the base directory that a variable names, else below the usual one of the home (XDG Base Directory
/// Specification).
fn below(variable: &str, usual: &str, name: &str, env: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name: &str| env(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute(variable).or_else(|| Some(absolute("HOME")?.join(usual)))?;
    Some(base.join("lanchat").join(name))
}

/// Makes the directory of a file, for its owner only.
pub(crate) fn make_directory(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |parent| DirBuilder::new().recursive(true).mode(0o700).create(parent))
}

/// Opens a file, and nothing else: does not wait, whatever is there.
pub(crate) fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let no_file = || io::Error::other("it is not a file");
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = options.custom_flags(flags).open(path).map_err(|error| {
        // A FIFO that nobody reads.
        if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) { no_file() } else { error }
    })?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(no_file()) }
}

/// Whether there is nothing else than a file: what is no file may keep a reader waiting for ever.
pub(crate) fn is_file_or_absent(path: &Path) -> bool {
    match fs::metadata(path) {
        Ok(found) => found.is_file(),
        Err(error) => is_absent(&error),
    }
}

/// Whether there is no such file, nor a directory for it.
pub(crate) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_where_the_base_directory_specification_says() {
        let env = |pairs: &'static [(&str, &str)]| {
            move |name: &str| {
                pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
            }
        };
        let path = |pairs| path("history", env(pairs));
        assert_eq!(path(&[("XDG_STATE_HOME", "/s"), ("HOME", "/h")]), Some("/s/lanchat/history".into()));
        let home = Some("/h/.local/state/lanchat/history".into());
        assert_eq!(path(&[("XDG_STATE_HOME", "relative"), ("HOME", "/h")]), home);
        assert_eq!(path(&[]), None);
        let configuration = configuration("client.toml", env(&[("HOME", "/h")]));
        assert_eq!(configuration, Some("/h/.config/lanchat/client.toml".into()));
    }
}
