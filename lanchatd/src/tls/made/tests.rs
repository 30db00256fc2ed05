use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::*;

/// A directory of a test's own, which goes away with the value.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("lanchatd-tls-{}-{name}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn what_is_made_once_is_there_ever_after() {
    let directory = Directory::new("once");
    let made = read_or_make(&directory.0.join("a/tls")).unwrap();
    let again = read_or_make(&directory.0.join("a/tls")).unwrap();
    assert_eq!(made.fingerprint, again.fingerprint);
    assert_eq!(made.certified.cert, again.certified.cert);
    let key = fs::metadata(directory.0.join("a/tls/key.pem")).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, KEY_MODE);
    assert_eq!(fs::read_dir(directory.0.join("a/tls")).unwrap().count(), 2, "nothing else is left");
}

#[test]
fn whoever_makes_it_at_the_same_time_gets_the_same() {
    for round in 0..20 {
        let directory = Directory::new(&format!("same-{round}"));
        let place = &directory.0.join("tls");
        let makers = 8;
        let start = &std::sync::Barrier::new(makers);
        let made = std::thread::scope(|scope| {
            let make = |_| {
                scope.spawn(move || {
                    start.wait();
                    read_or_make(place).unwrap().fingerprint
                })
            };
            let makers: Vec<_> = (0..makers).map(make).collect();
            makers.into_iter().map(|maker| maker.join().unwrap()).collect::<Vec<_>>()
        });
        assert!(made.iter().all(|fingerprint| *fingerprint == made[0]), "{made:?}");
    }
}

#[test]
fn its_certificate_never_ends_and_needs_no_attention() {
    let directory = Directory::new("ends");
    let made = read_or_make(&directory.0).unwrap();
    assert_eq!(made.validity.unwrap().ends_s, None);
    assert_eq!(made.warnings(1_800_000_000), [""; 0]);
    assert_eq!(made.warnings(250_000_000_000), [""; 0]);
    assert!(made.warnings(0)[0].contains("check the clock"));
}

#[test]
fn a_certificate_that_is_missing_is_made_for_the_same_key() {
    let directory = Directory::new("missing");
    let made = read_or_make(&directory.0).unwrap();
    fs::remove_file(directory.0.join(CERTIFICATE)).unwrap();
    // What a crash has left.
    fs::write(directory.0.join("certificate.pem.new"), "half").unwrap();
    assert_eq!(read_or_make(&directory.0).unwrap().fingerprint, made.fingerprint);
}

#[test]
fn a_key_that_is_missing_or_broken_is_not_made_again() {
    let directory = Directory::new("broken");
    read_or_make(&directory.0).unwrap();
    fs::remove_file(directory.0.join(KEY)).unwrap();
    assert!(matches!(read_or_make(&directory.0), Err(Error::Own { .. })));
    fs::write(directory.0.join(KEY), "no key").unwrap();
    let told = read_or_make(&directory.0).unwrap_err().to_string();
    assert!(told.contains("key.pem, which has no private key in PEM"), "{told}");
    assert!(told.contains("move them away"), "{told}");
    assert_eq!(fs::read_to_string(directory.0.join(KEY)).unwrap(), "no key");
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let directory = Directory::new("file");
    fs::write(directory.0.join("tls"), "").unwrap();
    let told = read_or_make(&directory.0.join("tls")).unwrap_err().to_string();
    assert!(told.contains("tls.mode = \"off\"") && told.contains("/tls"), "{told}");
}
