//! What rustyline calls back: completion, the look of the prompt, and the gate of the printer.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lanchat_protocol::text::{clean, is_clean};
use rustyline::completion::Completer;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Cmd, ConditionalEventHandler, Context, Event, EventContext, Helper, Movement, RepeatCount};

use crate::colour::Emphasis;
use crate::completion::{Known, complete};
use crate::gate::{Anew, Gate};

/// The callbacks of one editor.
#[derive(Debug)]
pub(crate) struct Callbacks {
    pub(crate) known: Known,
    pub(crate) emphasis: Emphasis,
    pub(crate) gate: Arc<Gate>,
    /// What is typed is a password.
    pub(crate) is_hidden: Arc<AtomicBool>,
}

impl Callbacks {
    fn is_hidden(&self) -> bool {
        self.is_hidden.load(Ordering::SeqCst)
    }
}

impl Helper for Callbacks {}

/// There are no hints.
impl Hinter for Callbacks {
    type Hint = String;
}

impl Completer for Callbacks {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        cursor: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        if self.is_hidden() {
            return Ok((cursor, Vec::new()));
        }
        Ok(complete(line, cursor, &self.known))
    }
}

impl Highlighter for Callbacks {
    /// Called with each drawing, of which the gate keeps count.
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        self.gate.drawn();
        Cow::Owned(self.emphasis.strong(prompt))
    }

    /// Pasted control characters have no width for rustyline, so they must have none on the terminal.
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if self.is_hidden() {
            return Cow::Owned("*".repeat(line.chars().count()));
        }
        if is_clean(line) {
            return Cow::Borrowed(line);
        }
        Cow::Owned(line.split('\n').map(clean).collect::<Vec<_>>().join("\n"))
    }

    /// Called with each change of the line and each move of the cursor.
    fn highlight_char(&self, line: &str, cursor: usize, _: CmdKind) -> bool {
        self.gate.edited(line, cursor);
        // What is drawn is not what was typed: all of it is drawn anew.
        self.is_hidden()
    }
}

impl Validator for Callbacks {
    /// Called with each Enter, before the line is complete.
    fn validate(&self, _: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        self.gate.closes();
        Ok(ValidationResult::Valid(None))
    }
}

/// Ctrl-C: clears a line that holds something, leaves from an empty one.
#[derive(Debug)]
pub(crate) struct Interrupt {
    pub(crate) gate: Arc<Gate>,
}

impl ConditionalEventHandler for Interrupt {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        if context.line().is_empty() {
            self.gate.closes();
            return Some(Cmd::Interrupt);
        }
        Some(Cmd::Kill(Movement::WholeBuffer))
    }
}

/// Ctrl-Z: ends the line for as long as the program is stopped. Rustyline's own way has the terminal raw
/// again before the shell gets it, for the signal may go to another thread.
#[derive(Debug)]
pub(crate) struct Suspend {
    pub(crate) gate: Arc<Gate>,
}

impl ConditionalEventHandler for Suspend {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, _: &EventContext<'_>) -> Option<Cmd> {
        self.gate.goes_on(Anew::Suspend);
        self.gate.closes();
        Some(Cmd::Interrupt)
    }
}
