use super::*;
use proptest::prelude::*;

/// A file in a directory that goes away with the value.
struct Temporary(KnownRelays);

impl Temporary {
    fn new(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("lanchat-known-{}-{name}", std::process::id()));
        Self(KnownRelays::at(directory.join("lanchat").join(FILE)))
    }

    fn write(&self, bytes: &[u8]) {
        files::make_directory(&self.0.path).unwrap();
        fs::write(&self.0.path, bytes).unwrap();
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.0.path.parent().and_then(Path::parent).unwrap());
    }
}

fn key(number: u8) -> Fingerprint {
    Fingerprint::of_hash([number; 32])
}

fn address(written: &str) -> Address {
    written.parse().unwrap()
}

#[test]
fn a_relay_is_known_by_the_first_key_whatever_the_case_of_its_name() {
    let file = Temporary::new("first");
    assert!(file.0.read().unwrap().entries.is_empty() && !file.0.path.exists());
    let first = file.0.remember(&address("Relay.LAN"), key(1)).unwrap();
    assert_eq!(file.0.remember(&address("relay.lan:5555"), key(2)).unwrap(), first);
    assert_eq!(file.0.read().unwrap().pin(&address("RELAY.lan")), Some(first.clone()));
    assert_eq!(file.0.read().unwrap().pin(&address("relay.lan:1")), None);
    assert_eq!(file.0.forget(&address("relay.lan")).unwrap(), Some(first));
    assert_eq!(file.0.forget(&address("relay.lan")).unwrap(), None);
    assert_eq!(file.0.remember(&address("relay.lan"), key(2)).unwrap().fingerprint, key(2));
}

#[test]
fn what_means_nothing_is_named_by_its_line_and_stays() {
    let file = Temporary::new("damaged");
    let good = format!("relay:5555 {} 2026-11-23", key(1));
    let written = format!("# a word\n\nrelay:5555\n{good}\nrelay:0 {} 2026-11-23\n{good} more\nlast", key(1));
    file.write(written.as_bytes());
    let contents = file.0.read().unwrap();
    assert_eq!((contents.entries.len(), contents.damaged), (1, vec![3, 5, 6, 7]));
    file.0.remember(&address("other"), key(2)).unwrap();
    file.0.forget(&address("other")).unwrap();
    assert_eq!(fs::read_to_string(&file.0.path).unwrap(), format!("{written}\n"));
}

#[test]
fn a_file_beyond_its_bound_is_neither_read_nor_written() {
    let file = Temporary::new("large");
    let line = "#".repeat(63) + "\n";
    file.write(line.repeat(FILE_BYTES_MAX as usize / 64).as_bytes());
    assert!(file.0.read().unwrap().entries.is_empty());
    assert!(file.0.remember(&address("relay"), key(1)).unwrap_err().to_string().contains("larger than"));
    file.write(format!("{line}#").repeat(FILE_BYTES_MAX as usize / 64).as_bytes());
    assert!(file.0.read().unwrap_err().to_string().contains("larger than"));
}

#[test]
fn a_lock_that_is_held_is_waited_for_and_one_that_is_never_given_back_is_told() {
    let file = Temporary::new("lock");
    files::make_directory(&file.0.path).unwrap();
    let held = file.0.lock().unwrap();
    let other = file.0.clone();
    let waits = std::thread::spawn(move || other.remember(&address("relay"), key(1)).is_ok());
    drop(held);
    assert!(waits.join().unwrap());
    let _held = file.0.lock().unwrap();
    let error = file.0.remember(&address("other"), key(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(file.0.read().unwrap().pin(&address("relay")).is_some(), "reading takes no lock");
}

#[test]
fn a_fifo_in_place_of_the_file_or_its_lock_keeps_nobody_waiting() {
    let file = Temporary::new("fifo");
    files::make_directory(&file.0.path).unwrap();
    let make = |path: &Path| {
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    };
    let lock = file.0.path.with_extension("lock");
    make(&lock);
    let told = file.0.remember(&address("relay"), key(1)).unwrap_err().to_string();
    assert!(told.contains("known-relays.lock cannot be taken: it is not a file"), "{told}");
    fs::remove_file(&lock).unwrap();
    make(&file.0.path);
    for error in [file.0.read().map(drop), file.0.remember(&address("relay"), key(1)).map(drop)] {
        assert_eq!(error.unwrap_err().to_string(), "it is not a file");
    }
}

#[test]
fn a_file_behind_a_link_stays_there() {
    let file = Temporary::new("link");
    files::make_directory(&file.0.path).unwrap();
    let elsewhere = file.0.path.with_file_name("elsewhere");
    fs::write(&elsewhere, "# mine\n").unwrap();
    std::os::unix::fs::symlink(&elsewhere, &file.0.path).unwrap();
    file.0.remember(&address("relay"), key(1)).unwrap();
    assert!(fs::symlink_metadata(&file.0.path).unwrap().is_symlink());
    assert!(fs::read_to_string(elsewhere).unwrap().starts_with("# mine\nrelay:5555 SHA256:"));
}

proptest! {
    #[test]
    fn whatever_the_file_holds_it_is_read_and_what_is_shown_is_understood(bytes in ".{0,80}|[ -~\\n]{0,200}") {
        for entry in understand(bytes.as_bytes()).entries {
            prop_assert_eq!(parse(entry.to_string().as_bytes()), Some(entry));
        }
    }
}
