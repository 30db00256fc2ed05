//! The house is as its map says: what a machine can check of `docs/ARCHITECTURE.md` and `docs/STYLE.md`.

use std::fs;
use std::path::{Path, PathBuf};

/// The longest source file, in lines.
const LINES_MAX: usize = 400;
/// The longest `main.rs`.
const MAIN_LINES_MAX: usize = 60;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// All Rust files below a folder, with their text.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "no sources in {folder}");
    found
}

fn all_sources() -> Vec<(String, String)> {
    let folders = ["lanchat-protocol/src", "lanchatd/src", "lanchatctl/src", "lanchat-client/src", "tests"];
    folders.into_iter().flat_map(sources).collect()
}

/// What stands before the unit tests.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap()
}

#[test]
fn imports_point_one_way() {
    let shell = [
        "admin",
        "clock",
        "config",
        "connection",
        "daemon",
        "descriptors",
        "flusher",
        "foreground",
        "link",
        "listen",
        "log",
        "relay",
        "signals",
        "metrics",
        "store",
        "systemd",
        "watch",
    ];
    for (layer, above) in [("timeline", &["hub", "dialect"][..]), ("hub", &["dialect"]), ("dialect", &[])] {
        for (name, text) in sources(&format!("lanchatd/src/{layer}")) {
            if is_tests(&name) {
                continue;
            }
            for module in above.iter().chain(&shell) {
                let import = format!("crate::{module}");
                assert!(!without_tests(&text).contains(&import), "{name} imports {import}: it lies above");
            }
        }
    }
}

#[test]
fn the_core_has_no_runtime_sockets_files_or_clock() {
    let forbidden = [
        "tokio",
        "std::fs",
        "std::thread",
        "TcpStream",
        "UnixStream",
        "Instant",
        "SystemTime",
        "fastrand",
        "tracing",
        "rustix",
        "Mutex",
        "mpsc",
    ];
    for folder in
        ["lanchatd/src/timeline", "lanchatd/src/hub", "lanchatd/src/dialect", "lanchat-protocol/src"]
    {
        for (name, text) in sources(folder) {
            for word in forbidden {
                let uses = |line: &str| line.contains(word) && !line.trim_start().starts_with("//");
                let line = without_tests(&text).lines().find(|line| uses(line));
                assert_eq!(line, None, "{name} uses {word}");
            }
        }
    }
}

#[test]
fn the_tools_know_only_the_protocol() {
    for program in ["lanchatctl", "lanchat-client"] {
        let manifest = fs::read_to_string(root().join(program).join("Cargo.toml")).unwrap();
        let own: Vec<_> = manifest.lines().filter(|line| line.starts_with("lanchat")).collect();
        assert_eq!(own, ["lanchat-protocol.workspace = true"], "{program}");
    }
    let manifest = fs::read_to_string(root().join("lanchat-protocol/Cargo.toml")).unwrap();
    assert!(!manifest.contains("tokio"));
}

#[test]
fn every_path_on_the_map_exists_and_every_room_is_on_it() {
    let map = fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    let paths = map.split('`').skip(1).step_by(2).filter(|word| word.contains('/') && !word.contains(' '));
    for path in paths.filter(|path| path.ends_with('/') || path.contains('.') || path.starts_with("lanchat"))
    {
        let path = path.trim_end_matches('/');
        let exists = root().join(path).exists() || root().join(format!("lanchatd/src/{path}.rs")).exists();
        assert!(exists, "docs/ARCHITECTURE.md names {path}, which is not there");
    }
    for entry in fs::read_dir(root().join("lanchatd/src")).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if !matches!(name.as_str(), "main.rs" | "lib.rs") {
            assert!(
                map.contains(&format!("lanchatd/src/{name}")),
                "docs/ARCHITECTURE.md does not name {name}"
            );
        }
    }
}

/// Whether the file holds nothing but tests.
fn is_tests(name: &str) -> bool {
    name.starts_with("tests/") || name.contains("/tests/") || name.ends_with("tests.rs")
}

#[test]
fn files_are_small_and_main_is_no_attic() {
    for (name, text) in all_sources() {
        let lines = text.lines().count();
        let max = if name.ends_with("main.rs") { MAIN_LINES_MAX } else { LINES_MAX };
        assert!(
            is_tests(&name) || lines <= max,
            "{name} has {lines} lines, at most {max} are fine: split it by noun"
        );
    }
}

#[test]
fn no_test_is_skipped_and_nothing_is_left_to_do() {
    let marks = [
        concat!("#[ig", "nore"),
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("todo", "!("),
        concat!("unbounded_", "channel"),
    ];
    for (name, text) in all_sources() {
        for mark in marks {
            assert!(!text.contains(mark), "{name} has {mark}");
        }
    }
}

#[test]
fn panics_are_not_written_outside_tests() {
    for folder in ["lanchat-protocol/src", "lanchatd/src", "lanchatctl/src", "lanchat-client/src"] {
        for (name, text) in sources(folder) {
            if is_tests(&name) {
                continue;
            }
            for mark in [".unwrap()", ".expect(", "panic!(", "unreachable!("] {
                assert!(!without_tests(&text).contains(mark), "{name} has {mark}");
            }
        }
    }
}
