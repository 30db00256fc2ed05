//! What rustyline calls back: completion, the look of the prompt, and the gate of the printer.

pub(crate) mod keys;
mod reflow;
pub(crate) mod screen;
pub(crate) mod search;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lanchat_protocol::text::{clean, is_clean};
use rustyline::completion::Completer;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::SearchDirection;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper};
use signal_hook::consts::SIGINT;
use signal_hook::low_level::raise;

use self::reflow::Line;
pub(crate) use self::reflow::Reflow;
use self::screen::Screen;
use self::search::Search;
use crate::colour::Emphasis;
use crate::completion::{Known, complete};
use crate::gate::{Anew, Draft, Gate};
use crate::printer;

/// The callbacks of one editor.
#[derive(Debug)]
pub(crate) struct Callbacks {
    pub(crate) known: Known,
    pub(crate) emphasis: Emphasis,
    pub(crate) gate: Arc<Gate>,
    /// What is typed is a password.
    pub(crate) is_hidden: Arc<AtomicBool>,
    pub(crate) search: Arc<Search>,
    /// What the terminal does with lines when its width changes.
    pub(crate) reflow: Reflow,
}

impl Callbacks {
    fn is_hidden(&self) -> bool {
        self.is_hidden.load(Ordering::SeqCst)
    }

    /// Where the window has become wider or narrower, takes away the line as it was drawn, and puts the cursor where the
    /// editor believes it to be. Whether all of it is to be drawn anew because of that.
    fn follows_width(&self, before: &Draft) -> bool {
        let columns = Screen::now().columns;
        let Some(columns_before) = self.gate.draws_in(columns) else { return false };
        let line = Line::new(&self.gate.prompt(), before, &self.gate.hint());
        let mended = line.mended(columns_before, columns, self.reflow);
        mended.is_some_and(|mended| printer::write(&mended).is_ok())
    }

    /// What is drawn instead of a line that vanishes: nothing, with the cursor on the row that the editor believes it to be
    /// on. It may take the line away once more, and would take what stands above with it. Of a pasted text no row has been
    /// drawn yet, so there the cursor stays on the first.
    fn vanished(&self, prompt: &str) -> String {
        let columns = self.gate.columns().unwrap_or_else(|| Screen::now().columns);
        let Some(rows) = Line::new(prompt, &self.gate.draft(), "").rows(columns) else {
            return String::new();
        };
        let rows = if self.gate.is_pasted() { rows.below_cursor() } else { rows };
        self.gate.vanishes_in(rows.end, rows.cursor);
        "\n".repeat(rows.end - usize::from(rows.is_broken_by_editor).min(rows.end))
    }

    /// Takes away the line that was interrupted last, with all its rows.
    pub(crate) fn erase(&self) {
        let Some(columns) = self.gate.columns() else { return };
        let line = Line::new(&self.gate.prompt(), &self.gate.draft(), &self.gate.hint());
        if let Some(erased) = line.erased(columns, Screen::now().columns) {
            let _ = printer::write(&erased);
        }
    }
}

impl Helper for Callbacks {}

impl Hinter for Callbacks {
    type Hint = String;

    /// Only a search has hints: what it finds.
    fn hint(&self, line: &str, _: usize, context: &Context<'_>) -> Option<String> {
        let history = context.history();
        let entry = |at| history.get(at, SearchDirection::Reverse).ok().flatten().map(|found| found.entry);
        self.search.looks(line, (0..history.len()).rev().filter_map(entry), Screen::now().columns)
    }
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
    /// Called with each drawing, of which the gate keeps count. Another prompt than the one of the line is the number
    /// for the key that follows.
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, is_own: bool) -> Cow<'b, str> {
        if !is_own {
            keys::argument(&self.gate, prompt);
        }
        if self.gate.is_vanishing() {
            return Cow::Owned(self.vanished(prompt));
        }
        self.gate.drawn();
        Cow::Owned(self.emphasis.strong(prompt))
    }

    /// Pasted control characters have no width for rustyline, so they must have none on the terminal.
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if self.gate.is_vanishing() {
            return Cow::Borrowed("");
        }
        if self.is_hidden() {
            return Cow::Owned("*".repeat(line.chars().count()));
        }
        if is_clean(line) {
            return Cow::Borrowed(line);
        }
        Cow::Owned(line.split('\n').map(clean).collect::<Vec<_>>().join("\n"))
    }

    /// Called with each drawing of a hint, after the prompt.
    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        if self.gate.is_vanishing() {
            return Cow::Borrowed("");
        }
        self.gate.drawn_with(hint);
        Cow::Owned(self.emphasis.faint(hint))
    }

    /// Called with each change of the line and each move of the cursor.
    fn highlight_char(&self, line: &str, cursor: usize, kind: CmdKind) -> bool {
        // The end of the line, to which the editor goes before it leaves it, is not where the person was.
        if kind == CmdKind::ForcedRefresh && self.gate.is_vanishing() {
            return false;
        }
        let before = self.gate.draft();
        if self.gate.edited(line, cursor) {
            self.gate.ends_line(Anew::Paste);
        }
        if self.gate.is_vanishing() {
            // The editor would wait for a key. To this thread, so that it has arrived when the editor looks: from now
            // on it must not draw, for where it believes the cursor to be, it is not.
            self.gate.signals();
            let _ = raise(SIGINT);
            return false;
        }
        if self.follows_width(&before) {
            return true;
        }
        // What is drawn is not what was typed, or what takes several rows is to vanish with all of them: all of it
        // is drawn anew.
        self.is_hidden() || !Screen::now().is_one_row(&self.gate.prompt(), line)
    }
}

impl Validator for Callbacks {
    /// Called with each Enter, before the line is complete.
    fn validate(&self, _: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        self.gate.closes();
        Ok(ValidationResult::Valid(None))
    }
}
