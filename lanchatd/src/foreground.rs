//! What `--foreground` adds: a console that shows what is said, and takes `stop`.

use std::io::{self, ErrorKind, Read};
use std::rc::Rc;
use std::sync::Arc;

use lanchat_protocol::lines::{Framer, Line};
use tokio::sync::Notify;

use crate::admin::{Daemon, StopCause};
use crate::log;

/// The longest line that is looked at, in bytes.
const LINE_BYTES_MAX: usize = 256;

/// Follows standard input until somebody types `stop`. Its end means nothing.
pub async fn follow(daemon: Rc<Daemon>) {
    let typed = Arc::new(Notify::new());
    let told = typed.clone();
    let thread = std::thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        match is_stop_typed(io::stdin().lock()) {
            Ok(true) => told.notify_one(),
            Ok(false) => {}
            Err(error) => log::no_stdin(&error),
        }
    });
    if let Err(error) = thread {
        return log::no_stdin(&error);
    }
    typed.notified().await;
    daemon.stop(StopCause::Console);
}

/// Reads until a line is `stop`; false when the input has ended before.
fn is_stop_typed(mut input: impl Read) -> io::Result<bool> {
    let is_stop = |line: &[u8]| line.trim_ascii() == b"stop";
    let mut framer = Framer::new(LINE_BYTES_MAX);
    let mut buffer = [0; 1024];
    loop {
        let count = match input.read(&mut buffer) {
            Ok(0) => return Ok(is_stop(framer.unfinished())),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let mut lines = framer.push(&buffer[..count]);
        while let Some(line) = lines.next() {
            if matches!(line, Line::Whole(line) if is_stop(line)) {
                return Ok(true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_is_a_line_of_its_own_and_nothing_else() {
        for (typed, stops) in
            [("stop\n", true), ("hi\n stop \r\n", true), ("stop", true), ("stopp\n", false), ("", false)]
        {
            assert_eq!(is_stop_typed(typed.as_bytes()).unwrap(), stops, "{typed:?}");
        }
        let endless = [&b"x".repeat(10_000)[..], b"\xff\nstop\n"].concat();
        assert!(is_stop_typed(&endless[..]).unwrap());
    }
}
