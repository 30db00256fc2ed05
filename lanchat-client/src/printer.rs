//! Prints what is shown, on a thread of its own: a terminal or a pipe may take its time.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rustix::termios::tcgetwinsize;
use rustyline::ExternalPrinter;
use tokio::sync::mpsc;

use crate::conversation::Shown;
use crate::gate::{Gate, Way};
use crate::transcript::wrap::{Measure, wrapped};

/// How many things to show may wait for the printer.
const SHOWN_AHEAD: usize = 256;

/// How many are printed together: the prompt is drawn anew once for all of them.
const TOGETHER_MAX: usize = 64;

/// A printer at work: where to put what is to be shown, and its thread.
pub(crate) type Printer = (mpsc::Sender<Shown>, JoinHandle<()>);

/// Starts to print above the prompt.
pub(crate) fn above_prompt(
    printer: impl ExternalPrinter + Send + 'static,
    gate: Arc<Gate>,
) -> io::Result<Printer> {
    start(AbovePrompt { printer, gate, handed: String::new(), measure: Measure::of_surroundings() })
}

/// Starts to print to standard output. What the program says about itself goes to standard error where
/// standard output is not a terminal.
pub(crate) fn plainly() -> io::Result<Printer> {
    start(Plainly { is_terminal: io::stdout().is_terminal() })
}

/// Writes a line to standard error, if anybody reads it.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Writes to standard output, where an error says that nobody reads it any more.
pub(crate) fn write(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

trait Print: Send + 'static {
    /// Prints what came together.
    fn print(&mut self, together: Vec<Shown>) -> io::Result<()>;

    /// Nothing more will come.
    fn finish(&mut self) {}
}

fn start(mut print: impl Print) -> io::Result<Printer> {
    let (sender, mut receiver) = mpsc::channel(SHOWN_AHEAD);
    let thread = thread::Builder::new().name("printer".to_owned()).spawn(move || {
        while let Some(first) = receiver.blocking_recv() {
            let mut together = vec![first];
            while together.len() < TOGETHER_MAX
                && let Ok(next) = receiver.try_recv()
            {
                together.push(next);
            }
            if print.print(together).is_err() {
                return;
            }
        }
        print.finish();
    })?;
    Ok((sender, thread))
}

struct AbovePrompt<P> {
    printer: P,
    gate: Arc<Gate>,
    /// What the editor was given last.
    handed: String,
    measure: Measure,
}

impl<P> AbovePrompt<P> {
    /// What is written for something to show, in a window as wide as it is now.
    fn rows(&self, shown: &Shown) -> String {
        let columns = tcgetwinsize(io::stdout()).map_or(0, |size| usize::from(size.ws_col));
        format!("{}{}\n", shown.call(), wrapped(shown.marked(), columns, self.measure))
    }
}

impl<P: ExternalPrinter + Send + 'static> Print for AbovePrompt<P> {
    fn print(&mut self, together: Vec<Shown>) -> io::Result<()> {
        let text: String = together.iter().map(|shown| self.rows(shown)).collect();
        match self.gate.enter() {
            Way::Terminal => self.finish(),
            Way::Editor => {
                let printed = self.printer.print(text.clone());
                self.gate.printed();
                if printed.is_ok() {
                    self.handed = text;
                    return Ok(());
                }
            }
        }
        write(&text)
    }

    /// An editor that ends may leave unprinted what it was given last.
    fn finish(&mut self) {
        let handed = std::mem::take(&mut self.handed);
        if !self.gate.has_shown() {
            let _ = write(&handed);
        }
    }
}

struct Plainly {
    /// Else a note is no part of what is printed.
    is_terminal: bool,
}

impl Print for Plainly {
    fn print(&mut self, together: Vec<Shown>) -> io::Result<()> {
        let mut text = String::new();
        for shown in together {
            match shown {
                note @ Shown::Note(_) if !self.is_terminal => complain(&note.into_line()),
                shown => {
                    if self.is_terminal {
                        text.push_str(shown.call());
                    }
                    text.push_str(&(shown.into_line() + "\n"));
                }
            }
        }
        write(&text)
    }
}
