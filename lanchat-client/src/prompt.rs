//! The line editor, on a thread of its own.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use lanchat_protocol::password::Password;
use lanchat_protocol::slash::{Typed, parse};
use rustix::process::{Signal, kill_current_process_group};
use rustix::termios::{OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use rustyline::config::BellStyle;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{
    Cmd, ColorMode, CompletionType, Config, EditMode, Editor, EventHandler, ExternalPrinter, KeyCode,
    KeyEvent, Modifiers,
};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use crate::claim::{self, Asked, Claim};
use crate::files;
use crate::gate::{Anew, Draft, Gate};
use crate::helper::{Callbacks, Interrupt, Suspend};
use crate::history;
use crate::input::Input;
use crate::printer;
use crate::status::Status;

/// How long an escape key waits for the rest of a sequence, in milliseconds. Messages are held meanwhile.
const ESCAPE_MS: u16 = 200;

/// How long Ctrl-Z may take to stop the program. Nothing does where no shell would continue it.
const STOP_MAX: Duration = Duration::from_millis(500);

/// What the person is told once, for it will happen with each such key.
const NOT_UTF_8: &str = "lanchat-client: your terminal sends something that is not UTF-8; it was left out";

/// A prompt and the thread that reads from it.
pub(crate) struct Prompt {
    editor: Editor<Callbacks, FileHistory>,
    history: Option<PathBuf>,
    status: Arc<Status>,
    gate: Arc<Gate>,
    leaving: Arc<AtomicBool>,
    /// What is typed is a password.
    is_hidden: Arc<AtomicBool>,
    entered: u64,
    told_encoding: bool,
    /// How the terminal was at the start.
    before: Option<Termios>,
}

impl Prompt {
    /// An editor on the terminal of the process; fails where that can edit no lines.
    pub(crate) fn new(
        callbacks: Callbacks,
        status: Arc<Status>,
        leaving: Arc<AtomicBool>,
        history: Option<PathBuf>,
    ) -> rustyline::Result<Self> {
        let (gate, is_hidden) = (Arc::clone(&callbacks.gate), Arc::clone(&callbacks.is_hidden));
        let mut editor = Editor::with_config(config()?)?;
        // What waits for a second key holds messages back: a quoted control character, which would only be
        // taken out again, Ctrl-X, and the search for a character.
        let backwards = KeyEvent(KeyCode::Char(']'), Modifiers::CTRL_ALT);
        for key in ['V', 'Q', 'X', ']'].map(KeyEvent::ctrl).into_iter().chain([backwards]) {
            editor.bind_sequence(key, EventHandler::Simple(Cmd::Noop));
        }
        // So does the search as one types; this one goes by what was typed before.
        editor.bind_sequence(KeyEvent::ctrl('R'), EventHandler::Simple(Cmd::HistorySearchBackward));
        editor.bind_sequence(KeyEvent::ctrl('S'), EventHandler::Simple(Cmd::HistorySearchForward));
        let before = tcgetattr(io::stdin()).ok();
        let suspend = Suspend { gate: Arc::clone(&gate) };
        editor.bind_sequence(suspend_key(before.as_ref()), EventHandler::Conditional(Box::new(suspend)));
        let interrupt = Interrupt { gate: Arc::clone(&gate) };
        editor.bind_sequence(KeyEvent::ctrl('C'), EventHandler::Conditional(Box::new(interrupt)));
        editor.set_helper(Some(callbacks));
        let (entered, told_encoding) = (0, false);
        Ok(Self { editor, history, status, gate, leaving, is_hidden, entered, told_encoding, before })
    }

    /// What prints above this prompt.
    pub(crate) fn printer(&mut self) -> rustyline::Result<impl ExternalPrinter + Send + use<>> {
        self.editor.create_external_printer()
    }

    /// Starts to read. The channel closes when the person leaves.
    pub(crate) fn start(mut self) -> io::Result<(mpsc::Receiver<Input>, JoinHandle<()>)> {
        let (sender, receiver) = mpsc::channel(16);
        let thread = thread::Builder::new().name("prompt".to_owned()).spawn(move || {
            self.recall();
            self.read(&sender);
            let Self { editor, gate, .. } = self;
            // The editor goes first: dropping it frees a printer that waits for it.
            drop(editor);
            gate.ends();
        })?;
        Ok((receiver, thread))
    }

    fn read(&mut self, lines: &mpsc::Sender<Input>) {
        let mut draft = Draft::default();
        while !self.leaving.load(Ordering::SeqCst) {
            self.gate.starts();
            let prompt = self.status.draw();
            let parts = draft.text.split_at_checked(draft.cursor).unwrap_or((&draft.text, ""));
            let line = self.editor.readline_with_initial(&prompt, parts);
            self.gate.closes();
            draft = Draft::default();
            match (line, self.gate.take_anew()) {
                (Ok(line), _) if line.trim().is_empty() => {}
                (Ok(line), _) => {
                    self.remember(&line);
                    let leaves = parse(&line) == Typed::Quit;
                    let input = match claim::understand(&line) {
                        Some(Err(asked)) => Input::Claim(self.ask(asked)),
                        Some(Ok(claim)) => Input::Claim(Ok(claim)),
                        None => Input::Line { text: line, damaged: false },
                    };
                    let sent = lines.blocking_send(input);
                    if sent.is_err() || leaves {
                        return;
                    }
                    self.entered += 1;
                    self.status.settle(self.entered);
                }
                (Err(ReadlineError::Interrupted), Some(why)) => {
                    draft = self.gate.draft();
                    self.go_on(why, &prompt, &draft);
                }
                // A signal for the line before.
                (Err(ReadlineError::Interrupted), None) if self.gate.has_signalled() => {
                    draft = self.gate.draft();
                }
                // Ctrl-C on an empty line, or Ctrl-D.
                (Err(ReadlineError::Interrupted | ReadlineError::Eof), _) => return,
                (Err(ReadlineError::Io(error)), _) if error.kind() == io::ErrorKind::InvalidData => {
                    draft = self.gate.draft();
                    if !std::mem::replace(&mut self.told_encoding, true) {
                        printer::complain(NOT_UTF_8);
                    }
                }
                (Err(ReadlineError::Signal(_)), _) => draft = self.gate.draft(),
                (Err(error), _) => {
                    // Nobody takes it when the program ends anyway.
                    let _ = lines.blocking_send(Input::Failed(error.to_string()));
                    return;
                }
            }
        }
    }

    /// Asks for passwords, which are neither shown nor remembered.
    fn ask(&mut self, asked: Asked) -> Result<Claim, &'static str> {
        let answers = asked.questions().iter().map_while(|question| self.ask_one(question)).collect();
        asked.answered(answers)
    }

    fn ask_one(&mut self, question: &str) -> Option<Password> {
        self.is_hidden.store(true, Ordering::SeqCst);
        let mut draft = Draft::default();
        let answer = loop {
            if self.leaving.load(Ordering::SeqCst) {
                break None;
            }
            self.gate.starts();
            // The prompt that follows is drawn by itself.
            let _ = self.status.draw();
            let parts = draft.text.split_at_checked(draft.cursor).unwrap_or((&draft.text, ""));
            let line = self.editor.readline_with_initial(question, parts);
            self.gate.closes();
            match (line, self.gate.take_anew()) {
                (Ok(line), _) => break Some(Password::new(&Zeroizing::new(line))),
                (Err(ReadlineError::Interrupted), Some(why)) => {
                    draft = self.gate.draft();
                    self.go_on(why, question, &draft);
                }
                (Err(ReadlineError::Interrupted), None) if self.gate.has_signalled() => {
                    draft = self.gate.draft();
                }
                (Err(ReadlineError::Signal(_)), _) => draft = self.gate.draft(),
                // Ctrl-C or Ctrl-D: the person has thought better of it.
                (Err(_), _) => break None,
            }
        };
        self.gate.edited("", 0);
        self.is_hidden.store(false, Ordering::SeqCst);
        answer
    }

    /// The terminal is as the shell left it, and the cursor below the line.
    fn go_on(&self, why: Anew, prompt: &str, draft: &Draft) {
        match why {
            Anew::Suspend => {
                self.gate.stop(|| kill_current_process_group(Signal::TSTP), STOP_MAX);
                // In the background this stops the program again, before rustyline takes how the shell edits
                // for how the terminal was.
                if let Some(before) = &self.before {
                    let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
                }
            }
            Anew::Continued => {}
            Anew::Stale => {
                let columns = tcgetwinsize(io::stdout()).map_or(0, |size| usize::from(size.ws_col));
                if takes_one_row(prompt, &draft.text, columns) {
                    let _ = printer::write("\x1b[A\r\x1b[J");
                }
            }
        }
    }

    /// Takes over what was entered in earlier sessions. A history that cannot be read is an empty one.
    fn recall(&mut self) {
        if let Some(path) = &self.history
            && files::make_directory(path).is_ok()
            && history::set_aside_damaged(path).is_ok()
            && files::is_file_or_absent(path)
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
        if added
            && let Some(path) = &self.history
            && files::is_file_or_absent(path)
        {
            let _ = self.editor.append_history(path);
        }
    }
}

/// Whether a line certainly takes one row only. What is not ASCII may be wide.
fn takes_one_row(prompt: &str, text: &str, columns: usize) -> bool {
    let width = |text: &str| text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>();
    !text.contains(|c: char| c.is_control()) && width(prompt) + width(text) < columns
}

/// The key that suspends, as the terminal has it.
fn suspend_key(terminal: Option<&Termios>) -> KeyEvent {
    match terminal.map_or(0, |terminal| terminal.special_codes[SpecialCodeIndex::VSUSP]) {
        0 => KeyEvent::ctrl('Z'),
        code => KeyEvent::new(char::from(code), Modifiers::NONE),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_line_that_surely_takes_one_row_is_erased() {
        assert!(takes_one_row("ana> ", "hi", 8));
        assert!(!takes_one_row("ana> ", "hi", 7));
        assert!(!takes_one_row("ana> ", "日", 7));
        assert!(!takes_one_row("ana> ", "a\nb", 80));
        assert!(!takes_one_row("ana> ", "", 0));
    }
}
