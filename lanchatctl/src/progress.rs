//! How far something is that takes long: a bar on standard error, where that is a terminal.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Whoever waits sees that something moves.
const TICK: Duration = Duration::from_millis(120);

/// A bar; it is gone when the value is.
#[derive(Debug)]
pub(crate) struct Progress(Option<ProgressBar>);

impl Progress {
    /// A bar with a word on what is done.
    pub(crate) fn of(what: &'static str) -> Self {
        Self::shown_if(io::stderr().is_terminal(), what)
    }

    /// The same where standard output is read by nobody who looks at the terminal: the two would be mixed.
    pub(crate) fn beside_output(what: &'static str) -> Self {
        Self::shown_if(io::stderr().is_terminal() && !io::stdout().is_terminal(), what)
    }

    fn shown_if(is_shown: bool, what: &'static str) -> Self {
        if !is_shown {
            return Self(None);
        }
        let bar = ProgressBar::no_length().with_message(what);
        bar.set_draw_target(ProgressDrawTarget::stderr());
        bar.set_style(style("{spinner} {msg} {human_pos}"));
        bar.tick();
        bar.enable_steady_tick(TICK);
        Self(Some(bar))
    }

    /// So much is done, of so much where that is known.
    pub(crate) fn is_at(&self, done: u64, of: Option<u64>) {
        let Some(bar) = &self.0 else { return };
        if let (Some(of), None) = (of, bar.length()) {
            bar.set_style(style("{spinner} {msg} [{bar:40}] {percent}% {eta}"));
            bar.set_length(of);
        }
        bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    // The templates are ours; a wrong one would show as the default style.
    let plain = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    plain.tick_chars("|/-\\ ").progress_chars("=> ")
}
