//! What systemd's journal makes of what the daemon gives it.

use std::fs;
use std::path::Path;
use std::process::Command;

use lanchat_tests::{TempDir, run, skip};

#[test]
fn the_journal_takes_the_catalog_and_shows_every_entry_of_it() {
    let Ok(_) = Command::new("journalctl").arg("--version").output() else {
        return skip("there is no journalctl");
    };
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/systemd/lanchatd.catalog");
    let catalog = fs::read_to_string(&file).unwrap();
    let root = TempDir::new();
    for directory in ["usr/lib/systemd/catalog", "var/lib/systemd/catalog"] {
        fs::create_dir_all(root.file(directory)).unwrap();
    }
    fs::copy(&file, root.file("usr/lib/systemd/catalog/lanchatd.catalog")).unwrap();
    let journalctl = |verb: &str| {
        let root = format!("--root={}", root.path().display());
        run(Command::new("journalctl").args([verb, "--no-pager", &root])).exits(0)
    };
    assert_eq!(journalctl("--update-catalog").err, "");
    let shown = journalctl("--dump-catalog").out;
    let entries: Vec<_> = catalog.split("\n-- ").skip(1).collect();
    assert!(!entries.is_empty());
    for entry in entries {
        assert!(shown.contains(entry.trim_end()), "{entry} is not in {shown}");
    }
}
