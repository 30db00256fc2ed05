//! The terminal of a person: what they type and what they see, with or without a line editor.

use std::collections::VecDeque;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use crate::colour::Palette;
use crate::conversation::Shown;
use crate::gate::Gate;
use crate::helper::Callbacks;
use crate::input::{Input, read_lines};
use crate::people::People;
use crate::printer::{self, SHOWN_AHEAD};
use crate::prompt::Prompt;
use crate::status::Status;

/// How long the editor may take to leave the terminal as it found it.
const EDITOR_MAX: Duration = Duration::from_secs(1);

/// How long the last words may take to be printed.
const LAST_WORDS_MAX: Duration = Duration::from_secs(2);

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
    backlog: VecDeque<Shown>,
    editor: Option<EditorThread>,
    status: Arc<Status>,
}

#[derive(Debug)]
struct EditorThread {
    thread: JoinHandle<()>,
    leaving: Arc<AtomicBool>,
    /// How the terminal was before.
    before: Option<Termios>,
}

impl Console {
    /// A prompt where the terminal can edit lines, else plain lines both ways.
    pub(crate) fn open(
        status: Arc<Status>,
        people: People,
        palette: Palette,
        history: Option<PathBuf>,
    ) -> io::Result<Self> {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        if !dumb && io::stdout().is_terminal() {
            Self::with_prompt(status, people, palette, history)
        } else {
            Self::plain(status)
        }
    }

    fn with_prompt(
        status: Arc<Status>,
        people: People,
        palette: Palette,
        history: Option<PathBuf>,
    ) -> io::Result<Self> {
        let before = tcgetattr(io::stdin()).ok();
        let gate = Arc::new(Gate::new());
        let leaving = Arc::new(AtomicBool::new(false));
        let callbacks = Callbacks { people, palette, gate: Arc::clone(&gate) };
        let prompt = Prompt::new(callbacks, Arc::clone(&status), Arc::clone(&leaving), history);
        let prompt = prompt.and_then(|mut prompt| Ok((prompt.printer()?, prompt)));
        // A terminal that rustyline knows to be unable (emacs, cons25) is served plainly.
        let Ok((above, prompt)) = prompt else { return Self::plain(status) };
        let (printer, printing) = printer::above_prompt(above, gate)?;
        let (typed, thread) = prompt.start()?;
        let editor = Some(EditorThread { thread, leaving, before });
        Ok(Self { typed, has_input: true, printer, printing, backlog: VecDeque::new(), editor, status })
    }

    fn plain(status: Arc<Status>) -> io::Result<Self> {
        let (printer, printing) = printer::plainly()?;
        let typed = read_lines()?;
        Ok(Self { typed, has_input: true, printer, printing, backlog: VecDeque::new(), editor: None, status })
    }

    /// Shows something, as soon as the printer takes it.
    pub(crate) fn show(&mut self, shown: impl IntoIterator<Item = Shown>) {
        self.backlog.extend(shown);
    }

    /// Whether the printer keeps up. While it does not, nothing more should be read from the network;
    /// what is typed must still be taken, for the editor may be what the printer waits for.
    pub(crate) fn has_room(&self) -> bool {
        self.backlog.len() < SHOWN_AHEAD
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
                    if let Some(shown) = self.backlog.pop_front() {
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
        let Self { typed, printer, printing, backlog, editor, .. } = self;
        // An editor that waits for its line to be taken need not any more.
        drop(typed);
        if let Some(editor) = editor {
            editor.end().await;
        }
        let last_words = async {
            for shown in backlog {
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
