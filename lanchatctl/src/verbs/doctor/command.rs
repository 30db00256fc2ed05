//! Other programs, which are not waited for longer than a person would.

use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is looked whether it has ended.
const LOOKED_EVERY: Duration = Duration::from_millis(5);
/// More of what it writes is not read, in bytes.
const OUTPUT_BYTES_MAX: u64 = 16 << 20;

/// What a program that has ended wrote.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) is_success: bool,
    pub(super) out: String,
    pub(super) err: String,
}

/// Runs a program to its end, or says why not.
pub(super) fn run(command: &mut Command) -> Result<Ran, String> {
    run_within(command, PATIENCE)
}

fn run_within(command: &mut Command, patience: Duration) -> Result<Ran, String> {
    let name = command.get_program().display().to_string();
    let command =
        command.env("LC_ALL", "C").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("{name} cannot be run: {error}"))?;
    let (out, err) = (read(child.stdout.take()), read(child.stderr.take()));
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Err(error) => return Err(format!("{name} cannot be waited for: {error}")),
            // Who has ended has written all there is, unless somebody else holds the other end.
            Ok(Some(_)) if !(out.is_finished() && err.is_finished()) && start.elapsed() < patience => {}
            Ok(Some(status)) if out.is_finished() && err.is_finished() => {
                let text = |read: thread::JoinHandle<Vec<u8>>| {
                    String::from_utf8_lossy(&read.join().unwrap_or_default()).into_owned()
                };
                return Ok(Ran { is_success: status.success(), out: text(out), err: text(err) });
            }
            Ok(None) if start.elapsed() < patience => {}
            Ok(_) => {
                // It may have ended by itself meanwhile.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("{name} has not ended within {}", crate::units::timeout(patience)));
            }
        }
        thread::sleep(LOOKED_EVERY);
    }
}

fn read(source: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(source) = source {
            // What was read before an error is all there is.
            let _ = source.take(OUTPUT_BYTES_MAX).read_to_end(&mut bytes);
        }
        bytes
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_says_is_known_when_it_has_ended() {
        let ran = run(Command::new("sh").args(["-c", "echo out; echo err >&2; exit 3"])).unwrap();
        assert_eq!((ran.is_success, &*ran.out, &*ran.err), (false, "out\n", "err\n"));
        assert!(run(&mut Command::new("/nonexistent")).unwrap_err().contains("cannot be run"));
    }

    #[test]
    fn a_program_that_hangs_or_leaves_somebody_behind_is_not_waited_for() {
        for line in ["exec sleep 600", "sleep 3 & exit 0"] {
            let start = Instant::now();
            let late = run_within(Command::new("sh").args(["-c", line]), Duration::from_millis(50));
            assert!(late.unwrap_err().contains("sh has not ended within 0.05s"));
            assert!(start.elapsed() < Duration::from_secs(2));
        }
    }
}
