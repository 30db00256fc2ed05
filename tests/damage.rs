//! The file in which is kept what is said gets damaged or lost: the chat goes on, and keeps what is said in a new one.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use lanchat_tests::{Daemon, Native, Netcat, Value, eventually, json};

/// Nobody is told to talk less.
const UNLIMITED: &str = "limits.messages_per_second_max = 0\n";
/// What SQLite reads and writes at once; the first one says whose file it is.
const PAGE_BYTES: u64 = 4096;

fn store(daemon: &Daemon) -> PathBuf {
    daemon.directory().file("lanchat.db")
}

/// A daemon that has read nothing yet of what was said, all of which is in the file: what is in memory could mend it.
fn with_much_said() -> Daemon {
    let mut daemon = Daemon::with(UNLIMITED);
    let mut teller = Native::hello(&daemon, "teller");
    let story = json!({ "type": "say", "text": "a rather long story, ".repeat(150) });
    for _ in 0..3 {
        // Fewer at once than would be packed, and fewer in all than would be indexed.
        for _ in 0..99 {
            teller.sends(&story);
        }
        teller.says("so much for that");
    }
    daemon.ctl(&["stop"]).exits(0);
    daemon.wait_exit();
    daemon.restart()
}

/// This very file, whatever it is called later.
fn opens(path: &Path) -> File {
    OpenOptions::new().write(true).open(path).unwrap()
}

/// Writes nonsense over all of a file from here on.
fn overwrites(file: &File, from: u64) {
    let length = file.metadata().unwrap().len();
    let nonsense = vec![0x5a; usize::try_from(length.saturating_sub(from)).unwrap()];
    file.write_all_at(&nonsense, from).unwrap();
}

/// Ana says something to Bob, who hears it whatever the disk does, and to Archive. Whether it is on the disk.
#[track_caller]
fn goes_on(ana: &mut Native, bob: &mut Native, number: &mut usize) -> bool {
    *number += 1;
    let text = number.to_string();
    ana.sends(&json!({ "type": "say", "text": text }));
    bob.sees_message("ana", &text);
    let ack = ana.says_in("@archive", &text);
    assert!(ack["durable"].is_boolean(), "{ack}");
    ack["durable"] == true
}

/// The chat goes on until nothing is kept any more, and until it is kept again, by itself. How much was said.
#[track_caller]
fn recovers(daemon: &Daemon, why: &str) -> usize {
    drop(Netcat::named(daemon, "archive"));
    let (mut ana, mut bob, mut said) = (Native::hello(daemon, "ana"), Native::hello(daemon, "bob"), 0);
    eventually("nothing is kept", || (!goes_on(&mut ana, &mut bob, &mut said)).then_some(()));
    let trouble = daemon.status()["store_trouble"].clone();
    assert!(trouble.as_str().is_some_and(|trouble| trouble.contains(why)), "{trouble}");
    assert!(daemon.log_contains("what is said is not kept for now").contains(why));
    eventually("it is kept again", || goes_on(&mut ana, &mut bob, &mut said).then_some(()));
    eventually("the store is well", || (daemon.status()["store_trouble"] == Value::Null).then_some(()));
    daemon.log_contains("what is said is kept again");
    let times = daemon.log().iter().filter(|line| line.contains("what is said is not kept")).count();
    assert_eq!(times, 1);
    said
}

/// Archive comes, and hears all that was said since the trouble began.
fn archive_hears(daemon: &Daemon, said: usize) {
    let mut archive = Native::hello(daemon, "archive");
    archive.sees_message("ana", &said.to_string());
    let events = archive.events().into_iter().filter(|event| event["type"] == "message");
    let heard: Vec<usize> = events.map(|event| event["text"].as_str().unwrap().parse().unwrap()).collect();
    assert!(heard.is_sorted_by(|one, next| one + 1 == *next), "{heard:?}");
}

/// The damaged file was put aside as it was, and everybody is told where it is.
#[track_caller]
fn is_aside(daemon: &Daemon) -> PathBuf {
    let aside = daemon.status()["store_aside"].as_str().map(PathBuf::from).expect("a store is aside");
    assert!(aside.to_str().unwrap().ends_with("lanchat.db.damaged-1") && aside.exists());
    let line = daemon.log_contains("the store was damaged");
    assert!(line.contains(aside.to_str().unwrap()) && line.contains("lanchatctl restore"), "{line}");
    let status = daemon.ctl(&["status"]).exits(0).out;
    assert!(
        status.lines().any(|line| line.starts_with("attention:") && line.contains("damaged-1")),
        "{status}"
    );
    aside
}

#[test]
fn a_store_that_gets_damaged_is_put_aside_and_the_chat_goes_on_in_a_new_one() {
    let daemon = with_much_said();
    let file = opens(&store(&daemon));
    overwrites(&file, PAGE_BYTES);
    let said = recovers(&daemon, "cannot write messages");
    let aside = is_aside(&daemon);
    let bytes = fs::read(&aside).unwrap();
    assert!(bytes.iter().filter(|byte| **byte == 0x5a).count() as u64 > PAGE_BYTES);
    let daemon = daemon.restart();
    archive_hears(&daemon, said);
    assert_eq!(daemon.status()["store_aside"], Value::Null);
}

#[test]
fn a_store_that_is_cut_short_is_put_aside_and_the_chat_goes_on_in_a_new_one() {
    let daemon = with_much_said();
    let file = opens(&store(&daemon));
    file.set_len(PAGE_BYTES).unwrap();
    let said = recovers(&daemon, "cannot write messages");
    is_aside(&daemon);
    let daemon = daemon.restart();
    archive_hears(&daemon, said);
}

#[test]
fn a_store_that_is_removed_is_begun_anew() {
    let daemon = Daemon::with(UNLIMITED);
    Native::hello(&daemon, "teller").says("written");
    fs::remove_file(store(&daemon)).unwrap();
    let said = recovers(&daemon, "removed or replaced");
    daemon.log_contains("the store was gone");
    let daemon = daemon.restart();
    archive_hears(&daemon, said);
}

#[test]
fn a_store_that_is_damaged_at_the_start_does_not_keep_people_from_talking() {
    let mut daemon = Daemon::start();
    Native::hello(&daemon, "teller").says("written");
    daemon.ctl(&["stop"]).exits(0);
    daemon.wait_exit();
    let path = store(&daemon);
    overwrites(&opens(&path), 100);
    let before = fs::read(&path).unwrap();
    let daemon = daemon.restart();
    assert_eq!(fs::read(is_aside(&daemon)).unwrap(), before);
    let ack = Native::hello(&daemon, "ana").answered("ack", json!({ "type": "say", "text": "hi" }));
    assert_eq!(ack["durable"], true, "{ack}");
}
