//! The relays that are known, in a small file that people can read: `HOST:PORT FINGERPRINT DATE`, one a line.
//!
//! It is replaced as a whole under a lock, so that of two clients neither loses what the other has learnt, and nobody
//! reads half of it. Lines that mean nothing are left as they are.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use lanchat_protocol::address::Address;
use lanchat_protocol::fingerprint::Fingerprint;
use rustix::fs::{FlockOperation, flock};

use super::pin::{Origin, Pin};
use crate::files;

/// The name of the file.
pub(crate) const FILE: &str = "known-relays";

/// The largest file that is read or written, in bytes: room for thousands of relays.
pub(crate) const FILE_BYTES_MAX: u64 = 1 << 20;

/// How long another client may hold the lock.
const LOCK_MAX: Duration = Duration::from_secs(2);

/// How often a lock that is held is tried.
const LOOK: Duration = Duration::from_millis(5);

/// The first line of a new file.
const HEAD: &str =
    "# what lanchat-client knows relays by; --pins lists them, --forget HOST:PORT removes one\n";

/// The file.
#[derive(Clone, Debug)]
pub(crate) struct KnownRelays {
    path: PathBuf,
}

/// A relay that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Where it is.
    pub(crate) address: Address,
    /// What its key is known by.
    pub(crate) fingerprint: Fingerprint,
    /// Since which day, `2026-11-23`.
    pub(crate) since: String,
}

/// What the file holds.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// In the order of the file.
    pub(crate) entries: Vec<Entry>,
    /// The numbers of the lines that mean nothing, from 1.
    pub(crate) damaged: Vec<usize>,
}

impl Contents {
    /// What a relay is known by. The first line about it counts.
    pub(crate) fn pin(&self, address: &Address) -> Option<Pin> {
        let entry = self.entries.iter().find(|entry| entry.address.is_same(address))?;
        Some(Pin { fingerprint: entry.fingerprint, origin: Origin::Remembered(entry.since.clone()) })
    }
}

impl KnownRelays {
    /// The file at this path, which need not be there.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What it holds; nothing, where there is none.
    pub(crate) fn read(&self) -> io::Result<Contents> {
        Ok(understand(&self.bytes()?))
    }

    /// What a relay is known by from now on: by what it was known, else by this.
    pub(crate) fn remember(&self, address: &Address, fingerprint: Fingerprint) -> io::Result<Pin> {
        files::make_directory(&self.path)?;
        let _lock = self.lock()?;
        let mut bytes = self.bytes()?;
        if let Some(known) = understand(&bytes).pin(address) {
            return Ok(known);
        }
        if bytes.is_empty() {
            bytes.extend_from_slice(HEAD.as_bytes());
        } else if !bytes.ends_with(b"\n") {
            bytes.push(b'\n');
        }
        let since = Timestamp::now().strftime("%Y-%m-%d").to_string();
        let entry = Entry { address: address.clone(), fingerprint, since };
        bytes.extend_from_slice(format!("{entry}\n").as_bytes());
        self.replace(&bytes)?;
        Ok(Pin { fingerprint, origin: Origin::Remembered(entry.since) })
    }

    /// Removes what a relay was known by.
    pub(crate) fn forget(&self, address: &Address) -> io::Result<Option<Pin>> {
        // Nothing is made only to find nothing in it.
        if self.bytes()?.is_empty() {
            return Ok(None);
        }
        let _lock = self.lock()?;
        let bytes = self.bytes()?;
        let known = understand(&bytes).pin(address);
        if known.is_some() {
            let is_other = |line: &&[u8]| parse(line).is_none_or(|entry| !entry.address.is_same(address));
            let rest: Vec<_> = bytes.split_inclusive(|byte| *byte == b'\n').filter(is_other).collect();
            self.replace(&rest.concat())?;
        }
        Ok(known)
    }

    fn bytes(&self) -> io::Result<Vec<u8>> {
        let file = match files::open(OpenOptions::new().read(true), &self.path) {
            Ok(file) => file,
            Err(error) if files::is_absent(&error) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        within_bounds(&bytes)?;
        Ok(bytes)
    }

    /// Others wait as long as the value lives. The lock is on a file of its own: the other one is replaced.
    fn lock(&self) -> io::Result<File> {
        let path = self.path.with_extension("lock");
        let told = |error: io::Error| {
            io::Error::new(error.kind(), format!("its lock {} cannot be taken: {error}", path.display()))
        };
        let file =
            files::open(OpenOptions::new().create(true).append(true).mode(0o600), &path).map_err(told)?;
        let start = Instant::now();
        loop {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(file),
                Err(rustix::io::Errno::WOULDBLOCK) if start.elapsed() < LOCK_MAX => sleep(LOOK),
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::WOULDBLOCK) => {
                    return Err(io::Error::new(ErrorKind::TimedOut, "another lanchat-client holds it"));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        within_bounds(bytes)?;
        // Somebody may keep the file elsewhere, behind a link.
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let new = path.with_extension("new");
        // One that was left behind may have other permissions.
        match fs::remove_file(&new) {
            Err(error) if !files::is_absent(&error) => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(new, path)
    }
}

fn within_bounds(bytes: &[u8]) -> io::Result<()> {
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::other(format!("it is larger than {FILE_BYTES_MAX} bytes")));
    }
    Ok(())
}

fn understand(bytes: &[u8]) -> Contents {
    let mut contents = Contents::default();
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        let is_empty = line.trim_ascii().is_empty() || line.trim_ascii().starts_with(b"#");
        match parse(line) {
            Some(entry) => contents.entries.push(entry),
            None if is_empty => {}
            None => contents.damaged.push(number),
        }
    }
    contents
}

fn parse(line: &[u8]) -> Option<Entry> {
    let mut words = str::from_utf8(line).ok()?.split_ascii_whitespace();
    let (address, fingerprint, since) = (words.next()?, words.next()?, words.next()?);
    let is_date = since.len() == 10 && since.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if !is_date || words.next().is_some() {
        return None;
    }
    let (address, fingerprint) = (address.parse().ok()?, fingerprint.parse().ok()?);
    Some(Entry { address, fingerprint, since: since.to_owned() })
}

impl std::fmt::Display for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.address, self.fingerprint, self.since)
    }
}

#[cfg(test)]
mod tests;
