//! The console of `--foreground`: standard output, as the people at it see it.

use std::io::{self, Write};

use super::background::Background;
use lanchat_protocol::counted;

/// Shows lines without ever waiting for the terminal.
#[derive(Clone, Debug)]
pub struct Console(Background);

impl Console {
    /// Starts it.
    pub fn start() -> io::Result<Self> {
        let tell_loss = |lines| write(&format!("({} dropped here)\n", counted(lines, "line")));
        Background::start("console", tell_loss).map(Self)
    }

    /// Shows a line, when the terminal takes it.
    pub fn print(&self, line: String) {
        self.0.defer(line.len(), move || write(&(line + "\n")));
    }

    /// How many lines did not fit.
    pub fn dropped(&self) -> u64 {
        self.0.dropped()
    }

    /// Lets the last lines out.
    pub fn finish(&self) {
        self.0.finish();
    }
}

fn write(text: &str) {
    let mut stdout = io::stdout().lock();
    // A terminal that is closed takes nothing more; the daemon goes on.
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}
