//! When the printer may print: while the prompt is being edited, or when there is none any more.
//!
//! Outside of editing, rustyline's printer writes straight to the terminal. Between two lines that would
//! put a message behind the prompt or behind the line just entered, so the printer waits here instead.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::io;
use rustix::process::{Signal, getpid, kill_process};

/// A printer that is still printing after this long waits for the editor itself, and has taken the way
/// through the editor already: then it cannot write to the terminal on its own.
const PRINTING_MAX: Duration = Duration::from_millis(20);

/// How long the printer waits for the editor to show what it was given last. Giving it more is safe at any
/// time, but makes the printer wait where the one above has to be waited out.
const SHOWING_MAX: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Between two lines; nothing may be printed.
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

/// Why the editor ends a line that goes on: it is edited further at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anew {
    /// The person sends the program to the background.
    Suspend,
    /// The program was stopped, and the terminal may be as the shell wants it.
    Continued,
    /// The prompt says what is not so any more.
    Stale,
}

/// The line being edited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) text: String,
    /// Where the cursor is, in bytes.
    pub(crate) cursor: usize,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    printing: bool,
    /// How often the prompt has been drawn.
    drawings: u64,
    /// The same when the editor was given something last.
    drawings_before: Option<u64>,
    draft: Draft,
    anew: Option<Anew>,
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
#[derive(Debug)]
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
        let state = State {
            phase: Phase::Between,
            printing: false,
            drawings: 0,
            drawings_before: None,
            draft: Draft::default(),
            anew: None,
            signalled: None,
            continued: 0,
        };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// The editor is about to read a line.
    pub(crate) fn starts(&self) {
        self.lock().phase = Phase::Starting;
    }

    /// The editor draws the prompt. With the first drawing the terminal is in its hands, and not before: that one
    /// shows nothing of what the editor is given meanwhile.
    pub(crate) fn drawn(&self) {
        let mut state = self.lock();
        state.drawings += 1;
        if state.phase == Phase::Starting {
            state.phase = Phase::Editing;
        }
        self.changed.notify_all();
    }

    /// The line is about to be complete. Returns when the printer cannot get in its way.
    pub(crate) fn closes(&self) {
        let mut state = self.lock();
        if state.phase == Phase::Editing {
            state.phase = Phase::Between;
            drop(self.changed.wait_timeout_while(state, PRINTING_MAX, |state| state.printing));
        }
    }

    /// The line being edited, or where the cursor is in it, has changed.
    pub(crate) fn edited(&self, text: &str, cursor: usize) {
        let draft = &mut self.lock().draft;
        text.clone_into(&mut draft.text);
        draft.cursor = cursor;
    }

    /// The line as it was edited last.
    pub(crate) fn draft(&self) -> Draft {
        self.lock().draft.clone()
    }

    /// The line that is about to end goes on.
    pub(crate) fn goes_on(&self, why: Anew) {
        self.lock().anew = Some(why);
    }

    /// Why the line that has ended goes on, if it does.
    pub(crate) fn take_anew(&self) -> Option<Anew> {
        self.lock().anew.take()
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
mod tests {
    use super::*;
    use std::sync::{Arc, mpsc};
    use std::thread;

    #[test]
    fn the_printer_waits_for_the_prompt() {
        let gate = Arc::new(Gate::new());
        let (sender, receiver) = mpsc::channel();
        let printer = thread::spawn({
            let gate = Arc::clone(&gate);
            move || {
                sender.send(gate.enter()).unwrap();
                gate.printed();
            }
        });
        gate.starts();
        assert!(receiver.try_recv().is_err());
        gate.drawn();
        assert_eq!(receiver.recv(), Ok(Way::Editor));
        printer.join().unwrap();
        assert!(!gate.has_shown());
        gate.drawn();
        assert!(gate.has_shown());
    }

    #[test]
    fn a_line_is_complete_only_when_the_printer_is_out_of_the_way() {
        let gate = Arc::new(Gate::new());
        gate.starts();
        gate.drawn();
        assert_eq!(gate.enter(), Way::Editor);
        let closing = thread::spawn({
            let gate = Arc::clone(&gate);
            move || gate.closes()
        });
        gate.printed();
        closing.join().unwrap();
        gate.drawn();
        assert_eq!(gate.lock().phase, Phase::Between, "only the next line opens what was closed");
    }

    #[test]
    fn a_printer_that_waits_for_the_editor_holds_nobody_up() {
        let gate = Gate::new();
        gate.starts();
        gate.drawn();
        gate.enter();
        gate.closes();
    }

    #[test]
    fn nothing_is_printed_while_a_line_is_about_to_end_and_a_lost_signal_holds_nobody_up() {
        let gate = Gate::new();
        gate.starts();
        gate.drawn();
        let signalled = Instant::now();
        // As if begun anew, without the signal, which would end the tests.
        (gate.lock().anew, gate.lock().signalled) = (Some(Anew::Stale), Some(signalled));
        assert!(gate.lock().is_ending());
        assert_eq!(gate.enter(), Way::Editor);
        assert!(signalled.elapsed() >= SIGNAL_MAX);
    }

    #[test]
    fn between_two_lines_nothing_begins_anew() {
        let gate = Gate::new();
        gate.continues();
        assert_eq!((gate.take_anew(), gate.has_signalled()), (None, false));
    }

    #[test]
    fn what_stops_the_program_is_waited_out() {
        let gate = Gate::new();
        let stop = || {
            gate.continues();
            Ok(())
        };
        gate.stop(stop, Duration::MAX);
        gate.stop(|| Ok(()), Duration::from_millis(1)); // does not stop it
    }

    #[test]
    fn without_an_editor_the_terminal_is_free() {
        let gate = Gate::new();
        gate.ends();
        assert_eq!(gate.enter(), Way::Terminal);
    }
}
