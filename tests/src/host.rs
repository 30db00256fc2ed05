//! A throw-away host with a systemd of its own, and what is done on it.
//!
//! `tests/systemd/systemd-host` boots it; its `help` says more. It goes with the value, and with the test.

use std::path::{Path, PathBuf};
use std::process::{Command, id};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs};

use rustix::process::geteuid;

use crate::ctl::{Ran, run, run_with};
use crate::piped::Piped;

/// Names the folder with the packages that `packaging/build-deb` has made.
const PACKAGES: &str = "LANCHAT_PACKAGES";

/// Where the packages are on each host.
const PACKAGES_THERE: &str = "/packages";

/// Found in every Debian that has systemd-container.
const NSPAWN: &str = "/usr/bin/systemd-nspawn";

static COUNT: AtomicU32 = AtomicU32::new(0);

/// Where hosts can be booted: what is installed on them.
#[derive(Clone, Debug)]
pub struct Hosts {
    packages: PathBuf,
}

/// A host that runs.
#[derive(Debug)]
pub struct Host {
    name: String,
}

impl Hosts {
    /// Says why there are none.
    pub fn here() -> Result<Self, String> {
        if !geteuid().is_root() {
            return Err("to boot a host takes root".to_owned());
        }
        if !Path::new(NSPAWN).exists() {
            return Err("to boot a host takes systemd-container".to_owned());
        }
        let packages = env::var_os(PACKAGES).map(PathBuf::from);
        let packages = packages.ok_or_else(|| {
            format!(
                "there is nothing to install: set {PACKAGES} to the folder that packaging/build-deb has made"
            )
        })?;
        let packages = packages.canonicalize().map_err(|error| format!("{}: {error}", packages.display()))?;
        Ok(Self { packages })
    }

    /// The packages.
    pub fn packages(&self) -> Vec<PathBuf> {
        let found = fs::read_dir(&self.packages).expect("the packages are there");
        found.map(|entry| entry.expect("it can be read").path()).collect()
    }

    /// Boots a host with these options of `systemd-host up`.
    ///
    /// # Panics
    /// When it does not boot.
    pub fn boot(&self, options: &[&str]) -> Host {
        let name = format!("lanchat-{}-{}", id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let packages = format!("{}:{PACKAGES_THERE}", self.packages.display());
        let mut command = tool();
        command.args(["up", &name, "--ro", &packages]).args(options);
        run(&mut command).exits(0);
        let host = Host { name };
        // The index of the manual pages of a whole machine takes seconds, for every package.
        host.runs("rm -f /var/lib/man-db/auto-update");
        host
    }

    /// Boots a host on a network of the test's own.
    pub fn boot_on(&self, network: &str) -> Host {
        self.boot(&["--net", network])
    }
}

/// A name for a network of a test's own.
pub fn network() -> String {
    format!("lanchat-{}-{}", id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

impl Host {
    /// How others on the network call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Has root's shell run a line.
    pub fn tries(&self, line: &str) -> Ran {
        run(&mut self.command(&[], &["bash", "-c", line]))
    }

    /// The same for a line that succeeds. What it has written.
    ///
    /// # Panics
    /// When it fails.
    #[track_caller]
    pub fn runs(&self, line: &str) -> String {
        let ran = self.tries(line);
        assert_eq!(ran.code, Some(0), "{line}\nout: {}\nerr: {}", ran.out, ran.err);
        ran.out
    }

    /// Has somebody run a program.
    pub fn runs_as(&self, user: &str, words: &[&str]) -> Ran {
        run(&mut self.command(&["--user", user], words))
    }

    /// Installs packages, as an administrator does.
    #[track_caller]
    pub fn installs(&self, packages: &[&str]) {
        let files: Vec<_> =
            packages.iter().map(|package| format!("{PACKAGES_THERE}/{package}_*.deb")).collect();
        self.apt(&format!("install {}", files.join(" ")));
    }

    /// Has apt do something, with nobody there to answer.
    #[track_caller]
    pub fn apt(&self, what: &str) -> String {
        self.runs(&format!("DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes {what}"))
    }

    /// A property of the relay's unit.
    pub fn unit(&self, property: &str) -> String {
        self.runs(&format!("systemctl show --value --property={property} lanchatd")).trim().to_owned()
    }

    /// What the relay's unit has in the journal.
    pub fn journal(&self) -> String {
        self.runs("journalctl --no-pager --unit=lanchatd --output=cat")
    }

    /// The same with this on standard input, which the host's journal does not have, as it has command lines.
    pub fn tries_with(&self, line: &str, input: &str) -> Ran {
        run_with(&mut self.command(&[], &["bash", "-c", line]), input)
    }

    /// A program on this host whose standard input is a pipe.
    pub fn pipes(&self, words: &[&str]) -> Piped {
        Piped::spawn(self.command(&[], words))
    }

    /// Somebody on this host who pipes into `lanchat-client`, and reads its events.
    pub fn client(&self, relay: &str, nick: &str) -> Piped {
        let words = ["lanchat-client", relay, "--accept-new", "--nick", nick, "--json"];
        let client = self.pipes(&words);
        client.prints("\"welcome\"");
        client
    }

    fn command(&self, options: &[&str], words: &[&str]) -> Command {
        let mut command = tool();
        command.args(["exec", &self.name]).args(options).arg("--").args(words);
        command
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let journal = self.tries("journalctl --no-pager --lines=100").out;
            eprintln!("--- the journal of {}:\n{journal}", self.name);
        }
        let _ = tool().args(["down", &self.name]).status();
    }
}

fn tool() -> Command {
    Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd/systemd-host"))
}
