//! The disk gets full, hangs, or cannot be written to: the chat goes on, and nobody is promised anything.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use lanchat_tests::{
    Daemon, Disk, Native, Netcat, Setup, Signal, Value, eventually, json, skip_without_root,
};
use rustix::process::{Pid, Resource, Rlimit, prlimit};

/// How long a message takes at most to whoever is there, whatever the disk does.
const DELIVERY_MAX: Duration = Duration::from_millis(500);

/// Nobody is told to talk less.
const UNLIMITED: &str = "limits.messages_per_second_max = 0\n";

/// What is logged once when what is said is not kept any more, and once when it is again.
const IN_TROUBLE: &str = "what is said is not kept for now";
const RECOVERED: &str = "what is said is kept again";

/// Ana talks to Bob, who is there, and to Archive, who is not and hears of it later.
struct Talk {
    ana: Native,
    bob: Native,
    said: usize,
    /// What was acknowledged as being on the disk.
    durable: BTreeSet<usize>,
}

impl Talk {
    fn begin(daemon: &Daemon) -> Self {
        drop(Netcat::named(daemon, "archive"));
        let (ana, bob) = (Native::hello(daemon, "ana"), Native::hello(daemon, "bob"));
        Self { ana, bob, said: 0, durable: BTreeSet::new() }
    }

    /// Ana says the next number to both. Whether it is on the disk.
    #[track_caller]
    fn goes_on(&mut self) -> bool {
        let text = self.said.to_string();
        let began = Instant::now();
        self.ana.sends(&json!({ "type": "say", "text": text }));
        self.bob.sees_message("ana", &text);
        let took = began.elapsed();
        assert!(took < DELIVERY_MAX, "it took {took:?} to tell bob {text:?}");
        let ack = self.ana.says_in("@archive", &text);
        let is_durable = ack["durable"] == true;
        assert!(is_durable || ack["durable"] == false, "{ack}");
        if is_durable {
            self.durable.insert(self.said);
        }
        self.said += 1;
        is_durable
    }

    #[track_caller]
    fn is_kept(&mut self, count: usize) {
        for _ in 0..count {
            assert!(self.goes_on(), "{} is not on the disk", self.said - 1);
        }
    }

    #[track_caller]
    fn is_not_kept(&mut self, count: usize) {
        for _ in 0..count {
            assert!(!self.goes_on(), "{} is on the disk", self.said - 1);
        }
    }

    /// Goes on until nothing is kept any more.
    #[track_caller]
    fn is_kept_no_more(&mut self) {
        eventually("the disk is in trouble", || (!self.goes_on()).then_some(()));
    }

    /// Goes on until everything is kept again.
    #[track_caller]
    fn is_kept_again(&mut self) {
        eventually("the disk is well again", || self.goes_on().then_some(()));
    }

    /// What Archive hears after all this, which has to hold what was promised, each once and in order.
    fn archive_hears(self, daemon: &Daemon) -> BTreeSet<usize> {
        let Self { durable, said, .. } = self;
        let mut archive = Native::hello(daemon, "archive");
        let heard = |archive: &Native| {
            let events = archive.events().into_iter().filter(|event| event["type"] == "message");
            events.map(|event| event["text"].as_str().unwrap().parse().unwrap()).collect::<Vec<usize>>()
        };
        archive.request(json!({ "type": "ping" }));
        eventually("everything that was promised is there", || {
            heard(&archive).last().is_some_and(|last| Some(last) >= durable.last()).then_some(())
        });
        let heard = heard(&archive);
        assert!(heard.is_sorted_by(|a, b| a < b), "{heard:?}");
        let heard: BTreeSet<_> = heard.into_iter().collect();
        assert_eq!(durable.difference(&heard).count(), 0, "lost of {said}: {:?}", &durable - &heard);
        println!("{said} said, {} acknowledged as durable, {} there", durable.len(), heard.len());
        heard
    }
}

/// How often something was logged.
fn logged(daemon: &Daemon, what: &str) -> usize {
    daemon.log().iter().filter(|line| line.contains(what)).count()
}

/// The store is in trouble for this reason: status says so, and the log once.
#[track_caller]
fn is_in_trouble(daemon: &Daemon, why: &str) {
    let trouble = daemon.status()["store_trouble"].clone();
    assert!(trouble.as_str().is_some_and(|trouble| trouble.contains(why)), "{trouble}");
    let status = daemon.ctl(&["status"]).exits(0).out;
    assert!(status.lines().any(|line| line.starts_with("attention:") && line.contains(why)), "{status}");
    let line = daemon.log_contains(IN_TROUBLE);
    assert!(line.contains(why), "{line}");
    assert_eq!(logged(daemon, IN_TROUBLE), logged(daemon, RECOVERED) + 1);
}

#[track_caller]
fn is_well_again(daemon: &Daemon) {
    eventually("the store is well", || (daemon.status()["store_trouble"] == Value::Null).then_some(()));
    daemon.log_contains(RECOVERED);
    assert_eq!(logged(daemon, IN_TROUBLE), logged(daemon, RECOVERED));
}

#[test]
fn while_the_disk_is_full_the_chat_goes_on_and_all_of_it_is_kept_when_there_is_room() {
    let disk = match Disk::of_memory(2048) {
        Ok(disk) => disk,
        Err(why) => return skip_without_root(&format!("a disk that gets full: {why}")),
    };
    let daemon = Setup::on_disk(&disk, UNLIMITED).start();
    let mut talk = Talk::begin(&daemon);
    talk.is_kept(20);
    disk.fills_up();
    talk.is_kept_no_more();
    talk.is_not_kept(50);
    is_in_trouble(&daemon, "full");
    disk.is_emptied();
    talk.is_kept_again();
    is_well_again(&daemon);
    talk.is_kept(20);
    let said = talk.said;
    let daemon = daemon.restart();
    assert_eq!(talk.archive_hears(&daemon).len(), said, "the memory held what the disk could not");
}

#[test]
fn while_the_disk_hangs_the_chat_goes_on() {
    let disk = match Disk::of_file(32) {
        Ok(disk) => disk,
        Err(why) => return skip_without_root(&format!("a disk that hangs: {why}")),
    };
    let daemon = Setup::on_disk(&disk, UNLIMITED).start();
    let mut talk = Talk::begin(&daemon);
    talk.is_kept(20);
    for _ in 0..2 {
        let frozen = disk.freezes();
        talk.is_kept_no_more();
        talk.is_not_kept(50);
        is_in_trouble(&daemon, "longer than");
        drop(frozen);
        talk.is_kept_again();
        is_well_again(&daemon);
    }
    let daemon = daemon.restart();
    talk.archive_hears(&daemon);
}

#[test]
fn while_files_cannot_be_written_to_the_chat_goes_on() {
    let disk = match Disk::of_file(32) {
        Ok(disk) => disk,
        Err(why) => return skip_without_root(&format!("files that cannot be written to: {why}")),
    };
    let daemon = Setup::on_disk(&disk, UNLIMITED).start();
    let mut talk = Talk::begin(&daemon);
    talk.is_kept(20);
    disk.runs("chattr +i disk/lanchat.db disk/lanchat.db-wal");
    talk.is_kept_no_more();
    talk.is_not_kept(50);
    is_in_trouble(&daemon, "cannot write messages");
    disk.runs("chattr -i disk/lanchat.db disk/lanchat.db-wal");
    talk.is_kept_again();
    is_well_again(&daemon);
    let daemon = daemon.restart();
    talk.archive_hears(&daemon);
}

#[test]
fn where_a_file_may_not_grow_the_chat_goes_on_and_all_of_it_is_kept_when_it_may() {
    let daemon = Daemon::with(UNLIMITED);
    let mut talk = Talk::begin(&daemon);
    talk.is_kept(20);
    for _ in 0..2 {
        limit_files(&daemon, Some(64 << 10));
        talk.is_kept_no_more();
        talk.is_not_kept(50);
        is_in_trouble(&daemon, "cannot write messages");
        limit_files(&daemon, None);
        talk.is_kept_again();
        is_well_again(&daemon);
    }
    talk.is_kept(20);
    let said = talk.said;
    let daemon = daemon.restart();
    assert_eq!(talk.archive_hears(&daemon).len(), said, "the memory held what the file could not");
}

/// No file that it writes to may have more bytes than this from now on (setrlimit(2), `LimitFSIZE` of systemd.exec(5)).
fn limit_files(daemon: &Daemon, bytes_max: Option<u64>) {
    let pid = Pid::from_raw(daemon.pid().cast_signed()).expect("a process");
    let before = prlimit(Some(pid), Resource::Fsize, Rlimit { current: bytes_max, maximum: None });
    assert_eq!(
        before.expect("a soft limit may be changed").maximum,
        None,
        "these tests run without a hard one"
    );
}

#[test]
fn when_the_system_makes_the_disk_read_only_the_chat_goes_on_until_somebody_mends_it() {
    let disk = match Disk::of_file(32) {
        Ok(disk) => disk,
        Err(why) => return skip_without_root(&format!("a disk that becomes read-only: {why}")),
    };
    let mut daemon = Setup::on_disk(&disk, UNLIMITED).start();
    let mut talk = Talk::begin(&daemon);
    talk.is_kept(20);
    // What the system does after an error of the disk (ext4(5)).
    disk.runs("sync -f disk && mount -o remount,abort disk");
    talk.is_kept_no_more();
    talk.is_not_kept(50);
    is_in_trouble(&daemon, "cannot write messages");
    daemon.signal(Signal::KILL);
    daemon.wait_exit();
    disk.runs("umount disk && { fsck.ext4 -p image || [ $? = 1 ]; } && mount -o loop image disk");
    let daemon = daemon.restart();
    talk.archive_hears(&daemon);
}

#[test]
fn a_daemon_that_could_not_keep_anything_does_not_start_and_says_why() {
    let disk = match Disk::of_memory(2048) {
        Ok(disk) => disk,
        Err(why) => return skip_without_root(&format!("a start without room: {why}")),
    };
    let refusal = || {
        let refused = Setup::on_disk(&disk, "").run().exits(1);
        assert!(refused.err.contains(disk.file("").to_str().unwrap()), "{refused:?}");
        refused.err
    };
    let is_read_only = "Read-only file system";
    disk.runs("mount -o remount,bind,ro disk");
    assert!(refusal().contains(is_read_only), "{}", refusal());
    disk.runs("mount -o remount,bind,rw disk");
    let mut daemon = Setup::on_disk(&disk, UNLIMITED).start();
    let mut talk = Talk::begin(&daemon);
    talk.is_kept(20);
    daemon.signal(Signal::KILL);
    daemon.wait_exit();
    disk.runs("mount -o remount,bind,ro disk");
    assert!(refusal().contains(is_read_only), "{}", refusal());
    disk.runs("mount -o remount,bind,rw disk");
    disk.fills_up();
    assert!(refusal().contains("make room"), "{}", refusal());
    disk.is_emptied();
    talk.archive_hears(&daemon.restart());
}
