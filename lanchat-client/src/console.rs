//! The terminal of a person: what they type and what they see, with or without a line editor.

use std::collections::VecDeque;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use lanchat_protocol::counted;
use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use crate::colour::Emphasis;
use crate::completion::Known;
use crate::conversation::Shown;
use crate::gate::{Anew, Gate};
use crate::helper::{Callbacks, Reflow};
use crate::input::{Input, read_lines};
use crate::printer;
use crate::prompt::Prompt;
use crate::status::Status;

/// How long the editor may take to leave the terminal as it found it.
const EDITOR_MAX: Duration = Duration::from_secs(1);

/// How long the last words may take to be printed.
const LAST_WORDS_MAX: Duration = Duration::from_secs(2);

/// How much may wait to be printed, in bytes. A terminal that takes nothing for longer misses lines, and is
/// told how many; the relay is listened to all the same, or the silence would look like the relay's.
const BACKLOG_BYTES_MAX: usize = 4 << 20;

/// What a line takes in memory besides its text, in bytes.
const LINE_COST_BYTES: usize = size_of::<Shown>();

/// How often something that cannot be waited for is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// What happened on the console.
#[derive(Debug)]
pub(crate) enum Turn {
    /// A line was typed; `None`: there will be no more.
    Typed(Option<Input>),
    /// Something was handed to the printer.
    Shown,
    /// Nobody reads what is printed.
    Closed,
}

/// A running console.
#[derive(Debug)]
pub(crate) struct Console {
    typed: mpsc::Receiver<Input>,
    has_input: bool,
    printer: mpsc::Sender<Shown>,
    printing: JoinHandle<()>,
    backlog: Backlog,
    editor: Option<EditorThread>,
    status: Arc<Status>,
    gate: Arc<Gate>,
}

/// What waits for the printer. Beyond its bound the oldest lines go.
#[derive(Debug, Default)]
struct Backlog {
    lines: VecDeque<Shown>,
    bytes: usize,
    dropped: u64,
}

impl Backlog {
    fn push(&mut self, shown: Shown) {
        self.bytes += cost(&shown);
        self.lines.push_back(shown);
        while self.bytes > BACKLOG_BYTES_MAX
            && let Some(oldest) = self.lines.pop_front()
        {
            self.bytes -= cost(&oldest);
            self.dropped += 1;
        }
    }

    /// What is to be printed next.
    fn pop(&mut self) -> Option<Shown> {
        if self.dropped > 0 {
            let dropped = std::mem::take(&mut self.dropped);
            let note =
                format!("* {} not shown: this terminal did not take them in time", counted(dropped, "line"));
            return Some(Shown::Note(note));
        }
        let next = self.lines.pop_front()?;
        self.bytes -= cost(&next);
        Some(next)
    }

    fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.dropped == 0
    }
}

fn cost(shown: &Shown) -> usize {
    LINE_COST_BYTES + shown.marked().len() + shown.call().len()
}

#[derive(Debug)]
struct EditorThread {
    thread: JoinHandle<()>,
    leaving: Arc<AtomicBool>,
    /// How the terminal was before.
    before: Option<Termios>,
}

impl Console {
    /// A prompt where the terminal can edit lines and the person wants that, else plain lines both ways.
    pub(crate) fn open(
        status: Arc<Status>,
        known: Known,
        emphasis: Emphasis,
        history: Option<PathBuf>,
        is_plain: bool,
    ) -> io::Result<Self> {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        if !dumb && !is_plain && io::stdout().is_terminal() {
            Self::with_prompt(status, known, emphasis, history)
        } else {
            Self::plain(status)
        }
    }

    fn with_prompt(
        status: Arc<Status>,
        known: Known,
        emphasis: Emphasis,
        history: Option<PathBuf>,
    ) -> io::Result<Self> {
        let before = tcgetattr(io::stdin()).ok();
        let gate = Arc::new(Gate::new());
        let leaving = Arc::new(AtomicBool::new(false));
        let callbacks = Callbacks {
            known,
            emphasis,
            gate: Arc::clone(&gate),
            is_hidden: Arc::default(),
            search: Arc::default(),
            reflow: Reflow::of_surroundings(),
        };
        let prompt = Prompt::new(callbacks, Arc::clone(&status), Arc::clone(&leaving), history);
        let prompt = prompt.and_then(|mut prompt| Ok((prompt.printer()?, prompt)));
        // A terminal that rustyline knows to be unable (emacs, cons25) is served plainly.
        let Ok((above, prompt)) = prompt else { return Self::plain(status) };
        let (printer, printing) = printer::above_prompt(above, Arc::clone(&gate))?;
        let (typed, thread) = prompt.start()?;
        let editor = Some(EditorThread { thread, leaving, before });
        let backlog = Backlog::default();
        Ok(Self { typed, has_input: true, printer, printing, backlog, editor, status, gate })
    }

    fn plain(status: Arc<Status>) -> io::Result<Self> {
        let (printer, printing) = printer::plainly()?;
        let typed = read_lines()?;
        let (backlog, gate) = (Backlog::default(), Arc::new(Gate::new()));
        Ok(Self { typed, has_input: true, printer, printing, backlog, editor: None, status, gate })
    }

    /// Whether lines are edited, and passwords asked for.
    pub(crate) fn has_prompt(&self) -> bool {
        self.editor.is_some()
    }

    /// Shows something, as soon as the printer takes it.
    pub(crate) fn show(&mut self, shown: impl IntoIterator<Item = Shown>) {
        shown.into_iter().for_each(|shown| self.backlog.push(shown));
    }

    /// Has the prompt drawn anew if it says what is not so any more. Whether that is so: an editor that is about to
    /// draw misses it, and so does one whose signal is lost.
    pub(crate) fn freshen(&self) -> bool {
        let is_stale = self.status.is_stale();
        if is_stale {
            self.gate.begin_anew(Anew::Stale);
        }
        is_stale
    }

    /// The program was stopped and goes on.
    pub(crate) fn continues(&self) {
        self.gate.continues();
    }

    /// Whether a SIGINT just received may be meant for the editor.
    pub(crate) fn has_signalled(&self) -> bool {
        self.gate.has_signalled()
    }

    /// A typed line was taken care of.
    pub(crate) fn handled(&self) {
        self.status.handled();
    }

    /// Waits for the next thing to happen. Cancelling it loses nothing.
    pub(crate) async fn next(&mut self) -> Turn {
        tokio::select! {
            permit = self.printer.reserve(), if !self.backlog.is_empty() => match permit {
                Ok(permit) => {
                    if let Some(shown) = self.backlog.pop() {
                        permit.send(shown);
                    }
                    Turn::Shown
                }
                Err(_) => Turn::Closed,
            },
            typed = self.typed.recv(), if self.has_input => {
                self.has_input = typed.is_some();
                Turn::Typed(typed)
            }
            () = self.printer.closed() => Turn::Closed,
        }
    }

    /// Ends the editor, prints what is left, and leaves the terminal as it was.
    pub(crate) async fn close(self) {
        let Self { typed, printer, printing, mut backlog, editor, .. } = self;
        // An editor that waits for its line to be taken need not any more.
        drop(typed);
        if let Some(editor) = editor {
            editor.end().await;
        }
        let last_words = async {
            while let Some(shown) = backlog.pop() {
                // Nobody may be reading any more; then there is nothing left to do.
                let _ = printer.send(shown).await;
            }
            drop(printer);
            while !printing.is_finished() {
                sleep(LOOK).await;
            }
        };
        // A pipe that nobody empties does not keep the program from ending.
        let _ = timeout(LAST_WORDS_MAX, last_words).await;
    }
}

/// Has a panic leave the terminal as it is now. Releases abort on it, so nothing else would.
pub(crate) fn restore_on_panic() {
    let Ok(before) = tcgetattr(io::stdin()) else { return };
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &before);
        if io::stdout().is_terminal() {
            // Past the lock of std, which another thread may hold for ever.
            let _ = rustix::io::write(io::stdout(), b"\x1b[?2004l\n");
        }
        default(panic);
    }));
}

impl EditorThread {
    async fn end(self) {
        self.leaving.store(true, Ordering::SeqCst);
        let deadline = Instant::now() + EDITOR_MAX;
        while !self.thread.is_finished() && Instant::now() < deadline {
            // Rustyline takes SIGINT for Ctrl-C while it reads: the way out that restores the terminal.
            // Sent between two reads it is lost, so it is sent again.
            let _ = kill_process(getpid(), Signal::INT);
            sleep(LOOK).await;
        }
        if let (false, Some(before)) = (self.thread.is_finished(), self.before) {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &before);
            let _ = printer::write("\x1b[?2004l\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_that_takes_nothing_costs_bounded_memory_and_learns_what_it_missed() {
        let mut backlog = Backlog::default();
        let line_bytes = BACKLOG_BYTES_MAX / 4 - LINE_COST_BYTES;
        for n in 0..6 {
            backlog.push(Shown::Event(n.to_string().repeat(line_bytes)));
        }
        assert_eq!(backlog.bytes, BACKLOG_BYTES_MAX);
        let lines: Vec<_> = std::iter::from_fn(|| backlog.pop()).map(Shown::into_line).collect();
        assert!(lines[0].starts_with("* 2 lines not shown"), "{}", lines[0]);
        let firsts: String = lines[1..].iter().map(|line| &line[..1]).collect();
        assert_eq!((firsts.as_str(), backlog.bytes, backlog.is_empty()), ("2345", 0, true));
    }
}
