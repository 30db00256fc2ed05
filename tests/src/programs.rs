//! The built programs: always those of the source that is tested.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Names a directory with programs that are tested as they are, instead of freshly built ones.
const DIRECTORY: &str = "LANCHAT_PROGRAMS";

/// Where a program is: `lanchatd`, `lanchatctl` or `lanchat-client`.
///
/// # Panics
/// When the programs do not build.
pub fn program(name: &str) -> PathBuf {
    static DIRECTORY_OF_PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    let directory =
        DIRECTORY_OF_PROGRAMS.get_or_init(|| env::var_os(DIRECTORY).map_or_else(build, PathBuf::from));
    directory.join(name)
}

/// The arguments of a client that takes whatever key a relay shows it, unless they say what it trusts.
pub(crate) fn trusting<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    let says = |argument: &&str| ["--plain", "--pin", "--accept-new", "--help", "--list"].contains(argument);
    let more = if arguments.iter().any(says) { None } else { Some("--accept-new") };
    arguments.iter().copied().chain(more).collect()
}

/// `cargo test` builds no programs of other packages: this does, into the directory that the test itself
/// was built into (`TARGET/PROFILE/deps/test`). With the tests, so that the dependencies have the same
/// features as in the build that is there already and nothing is built twice.
fn build() -> PathBuf {
    let test = env::current_exe().expect("a running test has a file");
    let directory = test.parent().and_then(Path::parent).expect("a test is in TARGET/PROFILE/deps");
    let profile = match directory.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let target = directory.parent().expect("a profile is in a target directory");
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--workspace", "--bins", "--tests", "--profile", profile, "--target-dir"])
        .arg(target)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .stdin(Stdio::null())
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "the programs do not build:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    directory.to_owned()
}
