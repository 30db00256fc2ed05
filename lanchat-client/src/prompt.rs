//! The line editor, on a thread of its own.

mod drafts;
mod paste;
mod questions;
mod search;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use lanchat_protocol::slash::{Typed, parse};
use rustix::process::{Signal, kill_current_process_group};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use rustyline::config::BellStyle;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{ColorMode, CompletionType, Config, EditMode, Editor, ExternalPrinter};
use tokio::sync::mpsc;

use self::drafts::Drafts;
use crate::claim;
use crate::files;
use crate::gate::{Ahead, Anew, Draft, Gate, Which};
use crate::helper::screen::Screen;
use crate::helper::search::Search;
use crate::helper::{Callbacks, keys};
use crate::history;
use crate::input::Input;
use crate::printer;
use crate::status::Status;

/// How long an escape key waits for the rest of a sequence, in milliseconds. Messages are held meanwhile.
const ESCAPE_MS: u16 = 200;

/// How long Ctrl-Z may take to stop the program. Nothing does where no shell would continue it.
const STOP_MAX: Duration = Duration::from_millis(500);

/// What the person is told who presses Ctrl-C on an empty line.
const INSIST: &str = "* press Ctrl-C again, or Ctrl-D, to leave\n";

/// What the person is told once, for it will happen with each such key.
const NOT_UTF_8: &str = "lanchat-client: your terminal sends something that is not UTF-8; it was left out";

/// How a line has ended.
enum Ended {
    /// With Enter.
    Entered(String),
    /// It goes on, or another one does.
    Anew(Anew),
    /// By a signal for the size of the window: it goes on.
    Disturbed,
    /// By what is not UTF-8.
    NotUtf8,
    /// With Ctrl-C on an empty line that answers something or for the second time, or with Ctrl-D.
    Left,
    /// The terminal is gone.
    Failed(String),
}

/// Nothing more is to be read.
struct Over;

impl Over {
    /// Nothing more can be.
    fn failed<T>(error: String, lines: &mpsc::Sender<Input>) -> Result<T, Self> {
        // Nobody takes it when the program ends anyway.
        let _ = lines.blocking_send(Input::Failed(error));
        Err(Self)
    }
}

/// A prompt and the thread that reads from it.
pub(crate) struct Prompt {
    editor: Editor<Callbacks, FileHistory>,
    history: Option<PathBuf>,
    status: Arc<Status>,
    gate: Arc<Gate>,
    leaving: Arc<AtomicBool>,
    /// What is typed is a password.
    is_hidden: Arc<AtomicBool>,
    search: Arc<Search>,
    entered: u64,
    told_encoding: bool,
    drafts: Drafts,
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
        let (gate, search) = (Arc::clone(&callbacks.gate), Arc::clone(&callbacks.search));
        let is_hidden = Arc::clone(&callbacks.is_hidden);
        let mut editor = Editor::with_config(config()?)?;
        let before = tcgetattr(io::stdin()).ok();
        keys::bind(&mut editor, &gate, &search, before.as_ref());
        editor.set_helper(Some(callbacks));
        Ok(Self {
            editor,
            history,
            status,
            gate,
            leaving,
            is_hidden,
            search,
            entered: 0,
            told_encoding: false,
            drafts: Drafts::default(),
            before,
        })
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
            let prompt = self.status.draw();
            draft = self.drafts.follow(self.status.here().as_deref(), draft);
            let ended = self.edit(&prompt, &draft, false);
            draft = self.gate.draft();
            let next = match ended {
                Ended::Entered(line) => self.enter(line, lines),
                Ended::Anew(Anew::Room(which)) => self.change_room(which, draft, lines),
                Ended::Anew(Anew::Paste) => self.ask_about_paste(draft, lines),
                Ended::Anew(Anew::Search) => self.look_back(draft, lines),
                Ended::Anew(Anew::Argument) => {
                    let ahead = self.gate.take_ahead();
                    self.go_on_with(draft, &ahead, lines)
                }
                Ended::Anew(Anew::Interrupted) => {
                    let _ = printer::write(INSIST);
                    Ok(draft)
                }
                Ended::Anew(why) => {
                    self.go_on(why);
                    Ok(draft)
                }
                Ended::Disturbed => Ok(draft),
                Ended::NotUtf8 => {
                    if !std::mem::replace(&mut self.told_encoding, true) {
                        printer::complain(NOT_UTF_8);
                    }
                    Ok(draft)
                }
                Ended::Left => return,
                Ended::Failed(error) => Over::failed(error, lines),
            };
            let Ok(next) = next else { return };
            draft = next;
        }
    }

    /// Reads one line, or an answer, that begins with `draft`. Of one that vanishes nothing stays on the screen.
    fn edit(&mut self, prompt: &str, draft: &Draft, is_answer: bool) -> Ended {
        self.gate.starts(prompt, is_answer);
        self.gate.edited(&draft.text, draft.cursor);
        let parts = draft.text.split_at_checked(draft.cursor).unwrap_or((&draft.text, ""));
        let line = self.editor.readline_with_initial(prompt, parts);
        self.gate.closes();
        match (line, self.gate.take_anew()) {
            (line @ (Ok(_) | Err(ReadlineError::Interrupted | ReadlineError::Eof)), Some(why))
                if why.vanishes() =>
            {
                // The editor has begun one more row.
                let rows = self.gate.rows_above(line.is_ok()) + 1;
                let _ = printer::write(&format!("\x1b[{rows}A\r\x1b[J"));
                Ended::Anew(why)
            }
            (Ok(line), _) => Ended::Entered(line),
            (Err(ReadlineError::Interrupted), _) if self.gate.is_left() => Ended::Left,
            (Err(ReadlineError::Interrupted), Some(why)) => Ended::Anew(why),
            // A signal for the line before.
            (Err(ReadlineError::Interrupted), None) if self.gate.has_signalled() => Ended::Anew(Anew::Stale),
            (Err(ReadlineError::Interrupted | ReadlineError::Eof), _) => Ended::Left,
            (Err(ReadlineError::Io(error)), _) if error.kind() == io::ErrorKind::InvalidData => {
                Ended::NotUtf8
            }
            (Err(ReadlineError::Signal(_)), _) => Ended::Disturbed,
            (Err(error), _) => Ended::Failed(error.to_string()),
        }
    }

    /// The person has entered a line. What the next one begins with.
    fn enter(&mut self, line: String, lines: &mpsc::Sender<Input>) -> Result<Draft, Over> {
        if line.trim().is_empty() {
            return Ok(Draft::default());
        }
        self.remember(&line);
        let is_line = !line.trim_end_matches('\n').contains('\n');
        let leaves = parse(line.trim_end_matches('\n')) == Typed::Quit && is_line;
        let input = match claim::understand(&line).filter(|_| is_line) {
            Some(Err(asked)) => Input::Claim(self.ask(asked)),
            Some(Ok(claim)) => Input::Claim(Ok(claim)),
            None => Input::Line { text: line, damaged: false },
        };
        self.hand(input, lines)?;
        if leaves { Err(Over) } else { Ok(Draft::default()) }
    }

    /// Hands something over, and waits until it was taken care of.
    fn hand(&mut self, input: Input, lines: &mpsc::Sender<Input>) -> Result<(), Over> {
        lines.blocking_send(input).map_err(|_| Over)?;
        self.entered += 1;
        self.status.settle(self.entered);
        Ok(())
    }

    /// Puts the line away, and takes up the one of another room.
    fn change_room(
        &mut self,
        which: Which,
        draft: Draft,
        lines: &mpsc::Sender<Input>,
    ) -> Result<Draft, Over> {
        let ahead = self.gate.take_ahead();
        let Some(room) = self.status.other_room(which) else { return self.go_on_with(draft, &ahead, lines) };
        let draft = self.drafts.switch(&room, draft);
        self.hand(Input::Talk(room), lines)?;
        self.go_on_with(draft, &ahead, lines)
    }

    /// The line goes on with what was typed meanwhile.
    fn go_on_with(
        &mut self,
        draft: Draft,
        ahead: &Ahead,
        lines: &mpsc::Sender<Input>,
    ) -> Result<Draft, Over> {
        let draft = draft.with(ahead);
        if ahead.is_entered { self.enter(draft.text, lines) } else { Ok(draft) }
    }

    /// The terminal is as the shell left it, and the cursor below the line.
    fn go_on(&self, why: Anew) {
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
            Anew::Stale => self.editor.helper().into_iter().for_each(Callbacks::erase),
            Anew::Argument | Anew::Room(_) | Anew::Paste => {}
            Anew::Interrupted | Anew::Search | Anew::Searched => {}
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
        // A text that does not fit the screen cannot be edited again; of some terminals nobody knows the size.
        let is_too_long = || line.contains('\n') && !Screen::now().fits(&self.gate.prompt(), line);
        if history::is_secret(line) || is_too_long() {
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

fn config() -> rustyline::Result<Config> {
    let builder = Config::builder()
        .max_history_size(history::LINES_MAX)?
        .history_ignore_dups(true)?
        .completion_type(CompletionType::List)
        // The second Tab that would be waited for otherwise holds messages back.
        .completion_show_all_if_ambiguous(true)
        .completion_prompt_limit(usize::MAX)
        // The mode takes any timeout back, so it comes first.
        .edit_mode(EditMode::Emacs)
        .keyseq_timeout(Some(ESCAPE_MS))
        .bell_style(BellStyle::None)
        // Even under NO_COLOR: the callbacks that this turns on are needed, and colours our palette's affair.
        .color_mode(ColorMode::Forced);
    Ok(builder.build())
}
