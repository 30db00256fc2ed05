//! When the printer may print: while the prompt is being edited, or when there is none any more.
//!
//! Outside of editing, rustyline's printer writes straight to the terminal. Between two lines that would
//! put a message behind the prompt or behind the line just entered, so the printer waits here instead.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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

#[derive(Debug)]
struct State {
    phase: Phase,
    printing: bool,
    /// How often the prompt has been drawn.
    drawings: u64,
    /// The same when the editor was given something last.
    drawings_before: Option<u64>,
}

impl State {
    fn is_closed(&self) -> bool {
        !matches!(self.phase, Phase::Editing | Phase::Over)
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
        let state = State { phase: Phase::Between, printing: false, drawings: 0, drawings_before: None };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// The editor is about to read a line.
    pub(crate) fn starts(&self) {
        self.lock().phase = Phase::Starting;
    }

    /// The editor draws the prompt again.
    pub(crate) fn drawn(&self) {
        self.lock().drawings += 1;
        self.changed.notify_all();
    }

    /// The terminal is in the editor's hands.
    pub(crate) fn opens(&self) {
        let mut state = self.lock();
        if state.phase == Phase::Starting {
            state.phase = Phase::Editing;
            self.changed.notify_all();
        }
    }

    /// The line is about to be complete. Returns when the printer cannot get in its way.
    pub(crate) fn closes(&self) {
        let mut state = self.lock();
        if state.phase == Phase::Editing {
            state.phase = Phase::Between;
            drop(self.changed.wait_timeout_while(state, PRINTING_MAX, |state| state.printing));
        }
    }

    /// The editor is gone.
    pub(crate) fn ends(&self) {
        self.lock().phase = Phase::Over;
        self.changed.notify_all();
    }

    /// The printer wants to print; returns when it may. [`Gate::printed`] follows.
    pub(crate) fn enter(&self) -> Way {
        let showing = self.changed.wait_timeout_while(self.lock(), SHOWING_MAX, |state| state.is_showing());
        let (state, _) = showing.unwrap_or_else(PoisonError::into_inner);
        let closed = self.changed.wait_while(state, |state| state.is_closed());
        let mut state = closed.unwrap_or_else(PoisonError::into_inner);
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
        gate.opens();
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
        gate.opens();
        assert_eq!(gate.enter(), Way::Editor);
        let closing = thread::spawn({
            let gate = Arc::clone(&gate);
            move || gate.closes()
        });
        gate.printed();
        closing.join().unwrap();
        gate.opens();
        assert_eq!(gate.lock().phase, Phase::Between, "only the next line opens what was closed");
    }

    #[test]
    fn a_printer_that_waits_for_the_editor_holds_nobody_up() {
        let gate = Gate::new();
        gate.starts();
        gate.opens();
        gate.enter();
        gate.closes();
    }

    #[test]
    fn without_an_editor_the_terminal_is_free() {
        let gate = Gate::new();
        gate.ends();
        assert_eq!(gate.enter(), Way::Terminal);
    }
}
