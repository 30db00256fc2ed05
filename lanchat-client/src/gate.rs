//! When the printer may print: while the prompt is being edited, or when there is none any more.
//!
//! Outside of editing, rustyline's printer writes straight to the terminal. Between two lines that would
//! put a message behind the prompt or behind the line just entered, so the printer waits here instead.

mod line;

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::io;
use rustix::process::{Signal, getpid, kill_process};

pub(crate) use self::line::{Ahead, Anew, Draft, Pasted, Which};

/// A printer that is still printing after this long waits for the editor itself, and has taken the way
/// through the editor already: then it cannot write to the terminal on its own.
const PRINTING_MAX: Duration = Duration::from_millis(20);

/// How long the printer waits for the editor to show what it was given last. Giving it more is safe at any
/// time, but makes the printer wait where the one above has to be waited out.
const SHOWING_MAX: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// Between two lines; nothing may be printed.
    #[default]
    Between,
    /// The editor is about to draw the prompt.
    Starting,
    /// The editor draws and reads: what is printed appears above the prompt.
    Editing,
    /// There is no editor any more: what is printed goes straight to the terminal.
    Over,
}

/// How long a SIGINT of ours may be on its way.
const SIGNAL_MAX: Duration = Duration::from_millis(100);

/// Whoever presses Ctrl-C on an empty line twice within this time leaves.
const LEAVING_MAX: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    printing: bool,
    /// How often the prompt has been drawn.
    drawings: u64,
    /// The same when the editor was given something last.
    drawings_before: Option<u64>,
    /// What stands before the line.
    prompt: String,
    /// So many columns the window had when the line was drawn last.
    columns: Option<usize>,
    draft: Draft,
    /// What stands behind the line.
    hint: String,
    /// The line as it was when the terminal began to paste.
    before_paste: Option<Draft>,
    pasted: Option<Pasted>,
    /// The line answers a question.
    is_answer: bool,
    /// The person has asked to leave it, with a key.
    is_left: bool,
    /// When they pressed the key on an empty line that leaves at the second time, and have written nothing since.
    interrupted: Option<Instant>,
    ahead: Ahead,
    anew: Option<Anew>,
    /// The last row that a vanishing line was taken from, and the one with the cursor.
    vanished: (usize, usize),
    /// When the editor was sent a SIGINT to begin anew.
    signalled: Option<Instant>,
    /// How often the program was continued.
    continued: u64,
}

impl State {
    fn is_closed(&self) -> bool {
        !matches!(self.phase, Phase::Editing | Phase::Over)
    }

    fn has_signalled(&self) -> bool {
        self.signalled.is_some_and(|at| at.elapsed() < SIGNAL_MAX)
    }

    /// The editor was told to end its line and has not yet: what is printed now might come after the line,
    /// where the editor takes it for the old prompt and erases it.
    fn is_ending(&self) -> bool {
        self.phase == Phase::Editing && self.anew.is_some() && self.has_signalled()
    }

    /// The editor draws the prompt anew after each message.
    fn is_showing(&self) -> bool {
        self.phase != Phase::Over && self.drawings_before.is_some_and(|before| self.drawings <= before)
    }
}

/// Shared by the editor's thread and the printer's.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

/// What the printer may do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Print through the editor.
    Editor,
    /// Write to the terminal.
    Terminal,
}

impl Gate {
    /// A gate that is closed until the first prompt.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The editor is about to read a line, or the answer to a question, behind this prompt.
    pub(crate) fn starts(&self, prompt: &str, is_answer: bool) {
        let mut state = self.lock();
        (state.phase, state.is_answer, state.is_left) = (Phase::Starting, is_answer, false);
        prompt.clone_into(&mut state.prompt);
        (state.columns, state.vanished) = (None, (0, 0));
        (state.before_paste, state.pasted, state.ahead) = (None, None, Ahead::default());
    }

    /// The line is drawn in a window of so many columns. How many there were, if it was another number.
    pub(crate) fn draws_in(&self, columns: usize) -> Option<usize> {
        self.lock().columns.replace(columns).filter(|before| *before != columns)
    }

    /// How many columns there were when the line was drawn last.
    pub(crate) fn columns(&self) -> Option<usize> {
        self.lock().columns
    }

    /// What stands before the line.
    pub(crate) fn prompt(&self) -> String {
        self.lock().prompt.clone()
    }

    /// Whether the line answers a question.
    pub(crate) fn is_answer(&self) -> bool {
        self.lock().is_answer
    }

    /// The editor draws the prompt. With the first drawing the terminal is in its hands, and not before: that one
    /// shows nothing of what the editor is given meanwhile.
    pub(crate) fn drawn(&self) {
        let mut state = self.lock();
        state.drawings += 1;
        state.hint.clear();
        if state.phase == Phase::Starting {
            state.phase = Phase::Editing;
        }
        self.changed.notify_all();
    }

    /// So it does, with this behind the line.
    pub(crate) fn drawn_with(&self, hint: &str) {
        hint.clone_into(&mut self.lock().hint);
    }

    /// What stands behind the line.
    pub(crate) fn hint(&self) -> String {
        self.lock().hint.clone()
    }

    /// The line is about to be complete. Returns when the printer cannot get in its way.
    pub(crate) fn closes(&self) {
        self.close(self.lock());
    }

    fn close(&self, mut state: MutexGuard<'_, State>) {
        if state.phase == Phase::Editing {
            state.phase = Phase::Between;
            drop(self.changed.wait_timeout_while(state, PRINTING_MAX, |state| state.printing));
        }
    }

    /// The line being edited, or where the cursor is in it, has changed. Whether a text of several lines was pasted.
    pub(crate) fn edited(&self, text: &str, cursor: usize) -> bool {
        let mut state = self.lock();
        text.clone_into(&mut state.draft.text);
        state.draft.cursor = cursor;
        if !text.is_empty() {
            state.interrupted = None;
        }
        let Some(before) = state.before_paste.take() else { return false };
        let pasted = text.get(before.cursor..cursor).unwrap_or_default();
        let is_text = pasted.trim_matches('\n').contains('\n');
        if is_text && !state.is_answer {
            state.pasted = Some(Pasted { before, text: pasted.to_owned() });
        }
        state.pasted.is_some()
    }

    /// The terminal pastes into this line.
    pub(crate) fn pastes(&self, text: &str, cursor: usize) {
        self.lock().before_paste = Some(Draft { text: text.to_owned(), cursor });
    }

    /// The text that was pasted last.
    pub(crate) fn take_pasted(&self) -> Option<Pasted> {
        self.lock().pasted.take()
    }

    /// Whether the line is about to end, and vanishes.
    pub(crate) fn is_vanishing(&self) -> bool {
        self.lock().anew.is_some_and(Anew::vanishes)
    }

    /// It was taken from the rows from 0 to `end`, and the cursor is on this one of them.
    pub(crate) fn vanishes_in(&self, end: usize, cursor: usize) {
        self.lock().vanished = (end, cursor);
    }

    /// The rows that the cursor is below the first one that the line was taken from, where the editor `is_at_end`.
    pub(crate) fn rows_above(&self, is_at_end: bool) -> usize {
        let (end, cursor) = self.lock().vanished;
        if is_at_end { end } else { cursor }
    }

    /// Whether it vanishes because of a text that was pasted.
    pub(crate) fn is_pasted(&self) -> bool {
        self.lock().anew == Some(Anew::Paste)
    }

    /// The editor has a key while the line is about to end.
    pub(crate) fn is_typed_ahead(&self, key: Option<char>, is_enter: bool) {
        let ahead = &mut self.lock().ahead;
        if !ahead.is_entered {
            ahead.text.extend(key);
            ahead.is_entered = is_enter;
        }
    }

    /// The person presses the key that leaves an empty line. Whether they have just done so before.
    pub(crate) fn insists(&self) -> bool {
        let before = self.lock().interrupted.replace(Instant::now());
        before.is_some_and(|at| at.elapsed() < LEAVING_MAX)
    }

    /// The person leaves an empty line.
    pub(crate) fn leaves(&self) {
        self.lock().is_left = true;
        self.closes();
    }

    /// Whether they did.
    pub(crate) fn is_left(&self) -> bool {
        self.lock().is_left
    }

    /// What was typed while the line ended.
    pub(crate) fn take_ahead(&self) -> Ahead {
        std::mem::take(&mut self.lock().ahead)
    }

    /// The line as it was edited last.
    pub(crate) fn draft(&self) -> Draft {
        self.lock().draft.clone()
    }

    /// Why the line that has ended goes on, if it does.
    pub(crate) fn take_anew(&self) -> Option<Anew> {
        self.lock().anew.take()
    }

    /// The line ends here for this reason: nothing can be printed until the next one begins.
    pub(crate) fn ends_line(&self, why: Anew) {
        let mut state = self.lock();
        state.anew = Some(why);
        self.close(state);
    }

    /// A SIGINT is on its way to the editor, to end its line.
    pub(crate) fn signals(&self) {
        self.lock().signalled = Some(Instant::now());
    }

    /// Has the editor begin anew with the same line, unless it is between two lines anyway.
    pub(crate) fn begin_anew(&self, why: Anew) {
        let printing = self.changed.wait_timeout_while(self.lock(), PRINTING_MAX, |state| state.printing);
        let (mut state, _) = printing.unwrap_or_else(PoisonError::into_inner);
        // One that came together with a change of the window's size is lost, so it may be sent again.
        if state.phase == Phase::Editing && !state.has_signalled() {
            (state.anew, state.signalled) = (Some(why), Some(Instant::now()));
            // Rustyline takes it for Ctrl-C while it reads, whichever thread gets it.
            let _ = kill_process(getpid(), Signal::INT);
        }
    }

    /// Whether a SIGINT just received may be the editor's, which was faster than the signal.
    pub(crate) fn has_signalled(&self) -> bool {
        self.lock().has_signalled()
    }

    /// The program was stopped and goes on.
    pub(crate) fn continues(&self) {
        self.lock().continued += 1;
        self.changed.notify_all();
        self.begin_anew(Anew::Continued);
    }

    /// Does what stops the program, and waits until it goes on; not for long if it does not stop.
    pub(crate) fn stop(&self, stop: impl FnOnce() -> io::Result<()>, wait_max: Duration) {
        let before = self.lock().continued;
        if stop().is_err() {
            return;
        }
        drop(self.changed.wait_timeout_while(self.lock(), wait_max, |state| state.continued == before));
    }

    /// The editor is gone.
    pub(crate) fn ends(&self) {
        self.lock().phase = Phase::Over;
        self.changed.notify_all();
    }

    /// The printer wants to print; returns when it may. [`Gate::printed`] follows.
    pub(crate) fn enter(&self) -> Way {
        let showing = self.changed.wait_timeout_while(self.lock(), SHOWING_MAX, |state| state.is_showing());
        let (mut state, _) = showing.unwrap_or_else(PoisonError::into_inner);
        while state.is_closed() || state.is_ending() {
            // A signal may be lost; then nothing tells when it has ended.
            let waited = self.changed.wait_timeout(state, SIGNAL_MAX);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if state.phase == Phase::Over {
            return Way::Terminal;
        }
        state.printing = true;
        state.drawings_before = Some(state.drawings);
        Way::Editor
    }

    /// The printer has printed.
    pub(crate) fn printed(&self) {
        self.lock().printing = false;
        self.changed.notify_all();
    }

    /// Whether the editor has shown what it was given last.
    pub(crate) fn has_shown(&self) -> bool {
        let state = self.lock();
        state.drawings_before.is_none_or(|before| state.drawings > before)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is whole after any panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
