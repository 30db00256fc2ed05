//! The line editor, on a thread of its own.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use lanchat_protocol::slash::{Typed, parse};
use rustyline::config::BellStyle;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{
    Cmd, ColorMode, CompletionType, Config, EditMode, Editor, EventHandler, ExternalPrinter, KeyEvent,
};
use tokio::sync::mpsc;

use crate::gate::Gate;
use crate::helper::{Callbacks, Interrupt};
use crate::history;
use crate::input::Input;
use crate::status::Status;

/// How long an escape key waits for the rest of a sequence, in milliseconds. Messages are held meanwhile.
const ESCAPE_MS: u16 = 200;

/// A prompt and the thread that reads from it.
pub(crate) struct Prompt {
    editor: Editor<Callbacks, FileHistory>,
    history: Option<PathBuf>,
    status: Arc<Status>,
    gate: Arc<Gate>,
    leaving: Arc<AtomicBool>,
    entered: u64,
}

impl Prompt {
    /// An editor on the terminal of the process; fails where that can edit no lines.
    pub(crate) fn new(
        callbacks: Callbacks,
        status: Arc<Status>,
        leaving: Arc<AtomicBool>,
        history: Option<PathBuf>,
    ) -> rustyline::Result<Self> {
        let gate = Arc::clone(&callbacks.gate);
        let mut editor = Editor::with_config(config()?)?;
        // A quoted control character would only be taken out again, and the wait for it holds messages back.
        for key in ['V', 'Q'] {
            editor.bind_sequence(KeyEvent::ctrl(key), EventHandler::Simple(Cmd::Noop));
        }
        let interrupt = Interrupt { gate: Arc::clone(&gate) };
        editor.bind_sequence(KeyEvent::ctrl('C'), EventHandler::Conditional(Box::new(interrupt)));
        editor.set_helper(Some(callbacks));
        let mut prompt = Self { editor, history, status, gate, leaving, entered: 0 };
        prompt.recall();
        Ok(prompt)
    }

    /// What prints above this prompt.
    pub(crate) fn printer(&mut self) -> rustyline::Result<impl ExternalPrinter + Send + use<>> {
        self.editor.create_external_printer()
    }

    /// Starts to read. The channel closes when the person leaves.
    pub(crate) fn start(mut self) -> io::Result<(mpsc::Receiver<Input>, JoinHandle<()>)> {
        let (sender, receiver) = mpsc::channel(16);
        let thread = thread::Builder::new().name("prompt".to_owned()).spawn(move || {
            self.read(&sender);
            let Self { editor, gate, .. } = self;
            // The editor goes first: dropping it frees a printer that waits for it.
            drop(editor);
            gate.ends();
        })?;
        Ok((receiver, thread))
    }

    fn read(&mut self, lines: &mpsc::Sender<Input>) {
        while !self.leaving.load(Ordering::SeqCst) {
            self.gate.starts();
            let line = self.editor.readline(&self.status.prompt());
            self.gate.closes();
            match line {
                Ok(line) if line.trim().is_empty() => {}
                Ok(line) => {
                    self.remember(&line);
                    let leaves = parse(&line) == Typed::Quit;
                    let sent = lines.blocking_send(Input::Line { text: line, damaged: false });
                    if sent.is_err() || leaves {
                        return;
                    }
                    self.entered += 1;
                    self.status.settle(self.entered);
                }
                Err(ReadlineError::Signal(_)) => {}
                // Ctrl-C on an empty line, Ctrl-D, or a terminal that has gone.
                Err(_) => return,
            }
        }
    }

    /// Takes over what was entered in earlier sessions. A history that cannot be read is an empty one.
    fn recall(&mut self) {
        if let Some(path) = &self.history
            && history::make_directory(path).is_ok()
        {
            let _ = self.editor.load_history(path);
        }
    }

    /// A history that cannot be written lasts for the session: that is no reason to disturb a chat.
    fn remember(&mut self, line: &str) {
        if history::is_secret(line) {
            return;
        }
        let added = self.editor.add_history_entry(line).unwrap_or(false);
        if added && let Some(path) = &self.history {
            let _ = self.editor.append_history(path);
        }
    }
}

fn config() -> rustyline::Result<Config> {
    let builder = Config::builder()
        .max_history_size(history::LINES_MAX)?
        .history_ignore_dups(true)?
        .completion_type(CompletionType::List)
        // The second Tab that would be waited for otherwise holds messages back.
        .completion_show_all_if_ambiguous(true)
        .completion_prompt_limit(usize::MAX)
        .keyseq_timeout(Some(ESCAPE_MS))
        .edit_mode(EditMode::Emacs)
        .bell_style(BellStyle::None)
        // Even under NO_COLOR: the callbacks that this turns on are needed, and colours our palette's affair.
        .color_mode(ColorMode::Forced);
    Ok(builder.build())
}
