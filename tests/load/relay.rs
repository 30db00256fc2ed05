//! The relay that is measured: one of our own, or one that runs.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lanchat_protocol::admin::Request;
use lanchat_tests::TempDir;
use toml::{Table, Value};

use crate::failure::Failure;

/// How long it may take to get ready, and how often it is asked: nothing tells when its admin socket appears.
const READY_MAX: Duration = Duration::from_secs(10);
const READY_LOOK: Duration = Duration::from_millis(5);

/// How many lines of its log are shown when it has complained.
const LOG_LINES_SHOWN: usize = 3;

/// Which relay is measured.
#[derive(Clone, Debug)]
pub enum Target {
    /// One that is started for each run.
    Own {
        /// Its program.
        program: PathBuf,
        /// The processor it is pinned to.
        cpu: Option<u32>,
        /// Whether it keeps what is said.
        keeps: bool,
        /// What its configuration has beside what every run needs.
        settings: Vec<Table>,
    },
    /// One that runs.
    Running {
        /// Where it takes connections.
        address: SocketAddr,
        /// Its process id.
        pid: u32,
    },
}

/// A relay that takes connections. One of our own is killed when the value goes out of scope.
#[derive(Debug)]
pub struct Relay {
    /// Where it takes connections.
    pub address: SocketAddr,
    /// Its process id.
    pub pid: u32,
    /// Its version, where it is one of our own.
    pub version: Option<String>,
    own: Option<Own>,
}

#[derive(Debug)]
struct Own {
    child: Child,
    directory: TempDir,
}

const CONFIG: &str = "lanchatd.toml";
const SOCKET: &str = "admin.sock";
const LOG: &str = "log";
const STORE: &str = "lanchat.db";

impl Relay {
    /// Starts the relay where it is one of our own.
    pub fn start(target: &Target) -> Result<Self, Failure> {
        match target {
            Target::Own { program, cpu, keeps, settings } => {
                Own::start(program, *cpu, *keeps, settings)?.until_ready()
            }
            Target::Running { address, pid } => {
                Ok(Self { address: *address, pid: *pid, version: None, own: None })
            }
        }
    }
}

impl Own {
    fn start(program: &Path, cpu: Option<u32>, keeps: bool, settings: &[Table]) -> Result<Self, Failure> {
        let directory = TempDir::new();
        let store = if keeps { directory.file(STORE) } else { PathBuf::new() };
        let config = directory.write(CONFIG, &config(&directory.file(SOCKET), &store, settings).to_string());
        let log = File::create(directory.file(LOG))
            .map_err(|source| Failure::System { what: "make a file for the relay's log", source })?;
        // taskset(1) becomes the program that it starts, so the process id is the relay's.
        let mut command = match cpu {
            Some(cpu) => {
                let mut command = Command::new("taskset");
                command.arg("--cpu-list").arg(cpu.to_string()).arg(program);
                command
            }
            None => Command::new(program),
        };
        command.arg("--config").arg(config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        for name in ["RUNTIME_DIRECTORY", "STATE_DIRECTORY", "JOURNAL_STREAM", "NOTIFY_SOCKET"] {
            command.env_remove(name);
        }
        // Ctrl-C is for us: we end it when everybody has left.
        let child = command
            .process_group(0)
            .spawn()
            .map_err(|source| Failure::Program { path: command.get_program().into(), source })?;
        Ok(Self { child, directory })
    }

    fn until_ready(mut self) -> Result<Relay, Failure> {
        let start = Instant::now();
        while start.elapsed() < READY_MAX && matches!(self.child.try_wait(), Ok(None)) {
            if let Some((address, version)) = status(&self.directory.file(SOCKET)) {
                let pid = self.child.id();
                return Ok(Relay { address, pid, version: Some(version), own: Some(self) });
            }
            std::thread::sleep(READY_LOOK);
        }
        Err(Failure::NotReady { log: self.log() })
    }

    fn log(&self) -> String {
        let log = std::fs::read(self.directory.file(LOG)).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Relay {
    /// Shows what it complained of while it was measured.
    fn drop(&mut self) {
        let Some(own) = &self.own else { return };
        let log = own.log();
        let lines: Vec<_> = log.lines().filter(|line| !line.trim().is_empty()).collect();
        for line in lines.iter().take(LOG_LINES_SHOWN) {
            eprintln!("lanchatd logged: {line}");
        }
        if lines.len() > LOG_LINES_SHOWN {
            eprintln!("lanchatd logged {} lines more", lines.len() - LOG_LINES_SHOWN);
        }
    }
}

/// Where the daemon on this admin socket takes connections, and its version; `None` where it does not answer
/// yet. Only these two fields are looked at, so that other versions of it can be measured too.
fn status(socket: &Path) -> Option<(SocketAddr, String)> {
    let mut stream = UnixStream::connect(socket).ok()?;
    stream.set_read_timeout(Some(READY_MAX)).ok()?;
    writeln!(stream, "{}", serde_json::to_string(&Request::Status).ok()?).ok()?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).ok()?;
    let reply: serde_json::Value = serde_json::from_str(&line).ok()?;
    let status = &reply["result"];
    Some((status["listen"][0].as_str()?.parse().ok()?, status["version"].as_str()?.to_owned()))
}

/// What every run needs, overlaid with `settings`.
fn config(socket: &Path, store: &Path, settings: &[Table]) -> Table {
    let (socket, store) = (socket.display().to_string(), store.display().to_string());
    let mut config = Table::new();
    let base = [
        ("listen", "chat", Value::from(vec!["127.0.0.1:0"])),
        ("admin", "socket", Value::from(socket)),
        ("limits", "messages_per_second_max", Value::from(0)),
        ("limits", "connections_max", Value::from(0)),
        ("store", "path", Value::from(store)),
        ("log", "level", Value::from("warn")),
        ("log", "target", Value::from("stderr")),
    ];
    for (section, key, value) in base {
        let setting = Table::from_iter([(key.to_owned(), value)]);
        overlay(&mut config, &Table::from_iter([(section.to_owned(), Value::Table(setting))]));
    }
    for setting in settings {
        overlay(&mut config, setting);
    }
    config
}

/// Sections are merged, keys are replaced.
fn overlay(config: &mut Table, settings: &Table) {
    for (section, value) in settings {
        match (config.get_mut(section), value) {
            (Some(Value::Table(below)), Value::Table(above)) => {
                below.extend(above.iter().map(|(key, value)| (key.clone(), value.clone())));
            }
            _ => drop(config.insert(section.clone(), value.clone())),
        }
    }
}

/// A setting as `--set` takes it: `section.key=value`, the value in TOML or a bare word.
pub fn setting(argument: &str) -> Result<Table, String> {
    let is_key =
        |key: &str| key.split_once('.').is_some_and(|(section, key)| !section.is_empty() && !key.is_empty());
    let Some((key, value)) = argument.split_once('=').filter(|(key, _)| is_key(key)) else {
        return Err("it has to be SECTION.KEY=VALUE, such as limits.write_deadline_ms=1000".to_owned());
    };
    format!("{key} = {value}")
        .parse()
        .or_else(|_| format!("{key} = {}", Value::from(value)).parse())
        .map_err(|error: toml::de::Error| error.message().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_take_precedence_over_what_every_run_needs() {
        let settings = ["log.level=debug", "limits.connections_max=7", "limits.text_quiet_ms = 1"];
        let settings: Vec<_> = settings.iter().map(|argument| setting(argument).unwrap()).collect();
        let config = config(Path::new("/s"), Path::new(""), &settings);
        assert_eq!(config["log"]["level"].as_str(), Some("debug"));
        assert_eq!(config["limits"]["connections_max"].as_integer(), Some(7));
        assert_eq!(config["limits"]["text_quiet_ms"].as_integer(), Some(1));
        assert_eq!(config["limits"]["messages_per_second_max"].as_integer(), Some(0));
        assert_eq!(config["admin"]["socket"].as_str(), Some("/s"));
    }

    #[test]
    fn a_setting_needs_a_section_a_key_and_a_value() {
        for argument in ["level", "level=warn", ".level=warn", "log.=warn", "log.level"] {
            assert!(setting(argument).is_err(), "{argument}");
        }
    }
}
