//! What a doctor can see. Nothing is judged here, and nothing is changed.

use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ipnet::IpNet;
use jiff::Timestamp;
use lanchat_protocol::admin::{Request, Rooms, Status};

use super::firewall::{self, Firewall};
use super::users::{self, Gate, Outsider};
use super::{command, networks};
use crate::exit::Failure;
use crate::socket::Connection;
use crate::verbs::{restore, typed};

/// How long a port may take to answer: longer than a relay waits before it greets whoever is silent.
const PORT_PATIENCE: Duration = Duration::from_secs(3);

/// Where a relay listens that nobody has told otherwise.
const USUAL_PLACE: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 5555);

/// How many of this machine's own addresses are knocked at.
const OWN_MAX: usize = 4;

/// Everything that was seen.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Why the daemon was not reached.
    pub(super) unreached: Option<String>,
    /// Why this user may not reach it.
    pub(super) outsider: Option<Outsider>,
    /// Who listens where the daemon would, while it is not reached.
    pub(super) squatter: Option<Port>,
    pub(super) status: Option<Status>,
    /// What is wrong with the configuration; `Err`: it could not be checked.
    pub(super) config_errors: Option<Result<String, String>>,
    pub(super) ports: Vec<Port>,
    pub(super) firewall: Option<Firewall>,
    /// This machine's addresses, with their networks.
    pub(super) networks: Vec<IpNet>,
    pub(super) gate: Option<Gate>,
    pub(super) files: Vec<Entry>,
    pub(super) disk: Option<Result<Disk, String>>,
    pub(super) clock: Clock,
    /// The user that the daemon runs as.
    pub(super) daemon_uid: Option<u32>,
}

/// A place to connect to, and what came of it.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) address: SocketAddr,
    pub(super) answer: Result<String, String>,
}

/// A file or directory of the daemon.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) what: &'static str,
    pub(super) path: PathBuf,
    /// Mode and owner.
    pub(super) seen: Result<(u32, u32), String>,
}

/// Where the store is.
#[derive(Debug, Default)]
pub(super) struct Disk {
    pub(super) free_bytes: u64,
    pub(super) bytes: u64,
    /// Where the file system counts them.
    pub(super) inodes: Option<(u64, u64)>,
    /// The store with its log.
    pub(super) store_bytes: u64,
}

/// What time it is.
#[derive(Debug, Default)]
pub(super) struct Clock {
    pub(super) now_s: i64,
    /// When something was said last.
    pub(super) newest_s: Option<i64>,
    /// Whether the system says that it is synchronised, where it says anything.
    pub(super) is_synchronised: Option<bool>,
}

pub(super) fn collect(reach: impl FnOnce() -> Result<Connection, Failure>) -> Facts {
    let mut facts = Facts { clock: clock(), ..Facts::default() };
    let reached = reach().and_then(|mut connection| {
        let status: Status = connection.ask(&Request::Status).and_then(typed)?;
        Ok((connection, status))
    });
    match reached {
        Err(failure) => {
            facts.outsider = matches!(failure, Failure::Denied(_)).then(users::outsider);
            if matches!(failure, Failure::NotRunning(_)) {
                facts.squatter = squatter();
            }
            facts.unreached = Some(failure.to_string());
            facts.config_errors = Some(check_offline());
        }
        Ok((mut connection, status)) => {
            let checked = connection.ask(&Request::CheckConfig { text: None, name: None });
            facts.config_errors = Some(match checked {
                Ok(_) => Ok(String::new()),
                Err(Failure::Refused(refusal)) => Ok(refusal.message),
                Err(other) => Err(other.to_string()),
            });
            let rooms: Option<Rooms> = connection.ask(&Request::Rooms).and_then(typed).ok();
            facts.clock.newest_s = rooms.and_then(|rooms| newest(&rooms));
            facts.gate = Some(users::gate(connection.path()));
            look_at(&mut facts, &status);
            facts.status = Some(status);
        }
    }
    facts
}

fn look_at(facts: &mut Facts, status: &Status) {
    let listen: Vec<SocketAddr> = status.listen.iter().filter_map(|address| address.parse().ok()).collect();
    facts.networks = networks::look();
    facts.ports = knock_at(&places(&listen, &facts.networks));
    facts.firewall = Some(firewall::look());
    facts.daemon_uid = fs::metadata(format!("/proc/{}", status.pid)).ok().map(|it| it.uid());
    let mut entry = |what, path: &Path| {
        let seen = fs::metadata(path).map(|it| (it.permissions().mode() & 0o7777, it.uid()));
        let seen = seen.map_err(|error| error.to_string());
        facts.files.push(Entry { what, path: path.to_owned(), seen });
    };
    // What it was started with may be named as seen from where it stands.
    let stands = fs::read_link(format!("/proc/{}/cwd", status.pid)).unwrap_or_default();
    if let Some(config) =
        status.config.as_ref().map(|config| stands.join(config)).filter(|it| it.is_absolute())
    {
        entry("configuration", &config);
    }
    if let Some(store) = status.store.as_ref().map(Path::new) {
        let directory = store.parent().unwrap_or(Path::new("/"));
        entry("state directory", directory);
        entry("store", store);
        facts.disk = Some(disk(directory, store));
    }
}

/// Each listening address, and for one that means all, this machine's own in networks of one's own.
fn places(listen: &[SocketAddr], networks: &[IpNet]) -> Vec<SocketAddr> {
    let mut places = Vec::new();
    for address in listen {
        if address.ip().is_unspecified() {
            let loopback: IpAddr =
                if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
            let own = networks.iter().map(IpNet::addr);
            let own = own.filter(|own| own.is_ipv4() == address.is_ipv4() && networks::is_lan(*own));
            let all = std::iter::once(loopback).chain(own.take(OWN_MAX));
            places.extend(all.map(|own| SocketAddr::new(own, address.port())));
        } else {
            places.push(*address);
        }
    }
    places
}

/// Knocks at all of them at once: one that is silent keeps nobody waiting for the others.
fn knock_at(places: &[SocketAddr]) -> Vec<Port> {
    thread::scope(|scope| {
        let knocks: Vec<_> = places.iter().map(|place| scope.spawn(|| knock(*place))).collect();
        knocks.into_iter().filter_map(|knock| knock.join().ok()).collect()
    })
}

/// Connects as a client would, and waits for the first line.
fn knock(address: SocketAddr) -> Port {
    let greeted = || greeting(TcpStream::connect_timeout(&address, PORT_PATIENCE)?);
    Port { address, answer: greeted().map_err(|error: std::io::Error| error.to_string()) }
}

fn greeting(mut stream: TcpStream) -> std::io::Result<String> {
    stream.set_read_timeout(Some(PORT_PATIENCE))?;
    let mut line = [0; 512];
    let read = stream.read(&mut line)?;
    // A relay that has greeted a person lets them go with a word.
    let _ = stream.write_all(b"/quit\n");
    Ok(String::from_utf8_lossy(&line[..read]).lines().next().unwrap_or_default().to_owned())
}

/// Who listens at the usual place.
fn squatter() -> Option<Port> {
    let address = USUAL_PLACE.into();
    let stream = TcpStream::connect_timeout(&address, PORT_PATIENCE).ok()?;
    Some(Port { address, answer: greeting(stream).map_err(|error| error.to_string()) })
}

fn disk(directory: &Path, store: &Path) -> Result<Disk, String> {
    let it = rustix::fs::statvfs(directory).map_err(|error| std::io::Error::from(error).to_string())?;
    let mut wal = store.as_os_str().to_owned();
    wal.push("-wal");
    let size = |path: &Path| fs::metadata(path).map_or(0, |it| it.len());
    Ok(Disk {
        free_bytes: it.f_bavail.saturating_mul(it.f_frsize),
        bytes: it.f_blocks.saturating_mul(it.f_frsize),
        inodes: (it.f_files > 0).then_some((it.f_favail, it.f_files)),
        store_bytes: size(store) + size(Path::new(&wal)),
    })
}

fn clock() -> Clock {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // systemd-timesyncd tells by a file; others are asked by programs of their own.
    let timesync = Path::new("/run/systemd/timesync");
    let is_synchronised = timesync.is_dir().then(|| timesync.join("synchronized").exists());
    Clock { now_s: i64::try_from(now.as_secs()).unwrap_or(i64::MAX), newest_s: None, is_synchronised }
}

fn newest(rooms: &Rooms) -> Option<i64> {
    let said = rooms.rooms.iter().filter_map(|room| room.last_said.as_deref());
    said.filter_map(|said| said.parse::<Timestamp>().ok()).map(Timestamp::as_second).max()
}

/// The daemon's own program knows what a configuration may say. It looks where it would look when it starts.
fn check_offline() -> Result<String, String> {
    let ran = command::run(Command::new(restore::program()).arg("--check-config"))?;
    Ok(if ran.is_success { String::new() } else { ran.err })
}
