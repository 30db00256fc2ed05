//! A file system of a test's own, which gets full, hangs, or cannot be written to.
//!
//! It is mounted in a mount namespace of its own (mount_namespaces(7)), which a shell holds: nobody else sees it,
//! and it goes with the shell. The shell ends with its input, so that nothing is left when a test is killed.

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rustix::process::geteuid;

use crate::TempDir;

/// What the shell does before it ends. What is frozen would stay so for ever, and hold everybody who writes to it.
const END: &str = "trap '{ fsfreeze -u disk; umount -l disk; } 2>/dev/null' EXIT";

/// A file system of a test's own. To be made before the daemon that uses it, so that it goes after it.
#[derive(Debug)]
pub struct Disk {
    directory: TempDir,
    shell: Child,
    wire: RefCell<Option<(ChildStdin, BufReader<ChildStdout>)>>,
}

/// A file system that hangs: whoever writes to it waits until this goes. To be made after the daemon, which cannot
/// even be killed meanwhile.
#[derive(Debug)]
pub struct Frozen<'a>(&'a Disk);

impl Disk {
    /// A file system of so much memory. Says why it is not to be had.
    pub fn of_memory(kib: u64) -> Result<Self, String> {
        let disk = Self::begin()?;
        disk.tries(&format!("mount -t tmpfs -o size={kib}k,mode=700 lanchat disk"))?;
        Ok(disk)
    }

    /// A real one (ext4) in a file, as on a disk, which takes root. Says why it is not to be had.
    pub fn of_file(mib: u64) -> Result<Self, String> {
        if !geteuid().is_root() {
            return Err("to mount a file takes root".to_owned());
        }
        let disk = Self::begin()?;
        let image = disk.directory.file("image");
        let made = File::create(image).and_then(|image| image.set_len(mib * 1024 * 1024));
        made.map_err(|error| error.to_string())?;
        disk.tries("mkfs.ext4 -q -F image && mount -o loop image disk")?;
        Ok(disk)
    }

    /// Where a file on it is, for a program that runs on it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.file("disk").join(name)
    }

    /// What a command line begins with whose program sees this file system.
    pub fn entrance(&self) -> Vec<OsString> {
        let target = format!("--target={}", self.shell.id());
        let (root, others) =
            (["--mount"].as_slice(), ["--user", "--preserve-credentials", "--mount"].as_slice());
        let flags = if geteuid().is_root() { root } else { others };
        ["nsenter", &target].iter().chain(flags).map(OsString::from).collect()
    }

    /// Has the shell run a line in the directory in which this is mounted as `disk`.
    ///
    /// # Panics
    /// When it fails.
    #[track_caller]
    pub fn runs(&self, line: &str) {
        self.tries(line).unwrap_or_else(|why| panic!("{why}"));
    }

    /// Fills it up to the last byte, with a file that can be removed.
    #[track_caller]
    pub fn fills_up(&self) {
        self.runs("! cat /dev/zero 2>/dev/null >disk/ballast");
    }

    /// Makes room again.
    #[track_caller]
    pub fn is_emptied(&self) {
        self.runs("rm disk/ballast");
    }

    /// Has it hang.
    #[track_caller]
    pub fn freezes(&self) -> Frozen<'_> {
        self.runs("fsfreeze -f disk");
        Frozen(self)
    }

    fn begin() -> Result<Self, String> {
        let directory = TempDir::new();
        std::fs::create_dir(directory.file("disk")).map_err(|error| error.to_string())?;
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "--propagation=private"]);
        if !geteuid().is_root() {
            unshare.args(["--user", "--map-root-user"]);
        }
        let (input, output) = (Stdio::piped(), Stdio::piped());
        let shell = unshare.arg("sh").current_dir(directory.path()).stdin(input).stdout(output).spawn();
        let mut shell = shell.map_err(|error| format!("unshare does not run: {error}"))?;
        let wire = shell.stdin.take().zip(shell.stdout.take().map(BufReader::new));
        let disk = Self { directory, shell, wire: RefCell::new(wire) };
        disk.tries("true")?;
        disk.wire.borrow_mut().as_mut().map(|(input, _)| writeln!(input, "{END}"));
        Ok(disk)
    }

    /// Has the shell run a line. What it has written, where it fails.
    fn tries(&self, line: &str) -> Result<(), String> {
        let mut wire = self.wire.borrow_mut();
        let (input, output) = wire.as_mut().ok_or("the shell has ended")?;
        let mut said = String::new();
        // The line gets no input: what comes next there is for the shell.
        writeln!(input, "{{ {line}; }} </dev/null 2>&1; echo \"= $?\"").map_err(|error| error.to_string())?;
        loop {
            let begin = said.len();
            match output.read_line(&mut said) {
                Ok(0) | Err(_) => return Err(format!("no own mounts here: {line}: {}", said.trim())),
                Ok(_) => {}
            }
            match said[begin..].strip_prefix("= ").map(str::trim) {
                Some("0") => return Ok(()),
                Some(code) => {
                    return Err(format!("{line}: {code}: {}", said[..begin].trim().replace('\n', " ")));
                }
                None => {}
            }
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Its end of input is the shell's end.
        self.wire.take();
        let _ = self.shell.wait();
    }
}

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        // The shell does it too, at its end.
        let _ = self.0.tries("fsfreeze -u disk");
    }
}
