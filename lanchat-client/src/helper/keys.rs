//! What keys do that the editor would have do something else, or nothing.

use std::io;
use std::sync::Arc;

use rustix::termios::{OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use rustyline::history::History;
use rustyline::{
    Cmd, ConditionalEventHandler, Editor, Event, EventContext, EventHandler, Helper, KeyCode, KeyEvent,
    Modifiers, Movement, RepeatCount,
};

use super::screen::Screen;
use super::search::{Search, Step};
use crate::gate::{Anew, Gate, Which};

/// Gives keys their meaning. `terminal` is how the terminal was at the start.
pub(crate) fn bind<H: Helper, I: History>(
    editor: &mut Editor<H, I>,
    gate: &Arc<Gate>,
    search: &Arc<Search>,
    terminal: Option<&Termios>,
) {
    // What waits for a second key holds messages back: a quoted control character, which would only be
    // taken out again, Ctrl-X, and the search for a character.
    let backwards = KeyEvent(KeyCode::Char(']'), Modifiers::CTRL_ALT);
    for key in ['V', 'Q', 'X', ']'].map(KeyEvent::ctrl).into_iter().chain([backwards]) {
        editor.bind_sequence(key, EventHandler::Simple(Cmd::Noop));
    }
    let paste = KeyEvent(KeyCode::BracketedPasteStart, Modifiers::NONE);
    let keys = [
        (KeyEvent::ctrl('C').into(), Meaning::Interrupt),
        (suspend_key(terminal).into(), Meaning::Suspend),
        (KeyEvent::ctrl('R').into(), Meaning::Search(Step::Older)),
        (KeyEvent::ctrl('S').into(), Meaning::Search(Step::Newer)),
        (KeyEvent::ctrl('N').into(), Meaning::Room(Which::Next)),
        (KeyEvent::ctrl('P').into(), Meaning::Room(Which::Previous)),
        (KeyEvent::alt('\r').into(), Meaning::LineBreak),
        (KeyEvent::alt('\n').into(), Meaning::LineBreak),
        (paste.into(), Meaning::Paste),
        (Event::Any, Meaning::Itself),
    ];
    for (event, meaning) in keys {
        let key = Key { gate: Arc::clone(gate), search: Arc::clone(search), meaning };
        editor.bind_sequence::<Event, EventHandler>(event, EventHandler::Conditional(Box::new(key)));
    }
}

/// The key that suspends, as the terminal has it.
fn suspend_key(terminal: Option<&Termios>) -> KeyEvent {
    match terminal.map_or(0, |terminal| terminal.special_codes[SpecialCodeIndex::VSUSP]) {
        0 => KeyEvent::ctrl('Z'),
        code => KeyEvent::new(char::from(code), Modifiers::NONE),
    }
}

/// What a key means.
#[derive(Clone, Copy, Debug)]
enum Meaning {
    /// Clears a line that holds something, leaves from an empty one at the second time.
    Interrupt,
    /// Ends the line for as long as the program is stopped. Rustyline's own way has the terminal raw again before
    /// the shell gets it, for the signal may go to another thread.
    Suspend,
    /// Looks for what was entered before, or for another such line.
    Search(Step),
    /// Goes to another room.
    Room(Which),
    /// Breaks the line, as long as there is room on the screen.
    LineBreak,
    /// The terminal pastes.
    Paste,
    /// What the editor makes of it.
    Itself,
}

#[derive(Debug)]
struct Key {
    gate: Arc<Gate>,
    search: Arc<Search>,
    meaning: Meaning,
}

impl ConditionalEventHandler for Key {
    fn handle(&self, event: &Event, _: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        if self.gate.is_vanishing() {
            if matches!(self.meaning, Meaning::Paste) {
                // A second text right behind the first: not to be taken for keys.
                return None;
            }
            // The line has ended, but the editor had this key already; what comes after it is not lost.
            let (key, is_enter) = typed(event);
            self.gate.is_typed_ahead(key, is_enter);
            return Some(Cmd::AcceptLine);
        }
        if self.search.is_on()
            && let Some(does) = self.does_in_search(event, context)
        {
            return Some(self.do_in_search(does));
        }
        match self.meaning {
            Meaning::Interrupt if context.line().is_empty() => {
                if self.gate.is_answer() || self.gate.insists() {
                    self.gate.leaves();
                    Some(Cmd::Interrupt)
                } else {
                    Some(self.end_line(Anew::Interrupted))
                }
            }
            Meaning::Interrupt => Some(Cmd::Kill(Movement::WholeBuffer)),
            Meaning::Suspend => {
                self.gate.ends_line(Anew::Suspend);
                Some(Cmd::Interrupt)
            }
            Meaning::Search(_) | Meaning::Room(_) if self.gate.is_answer() => Some(Cmd::Noop),
            Meaning::Search(_) => Some(self.end_line(Anew::Search)),
            Meaning::Room(which) => Some(self.end_line(Anew::Room(which))),
            Meaning::LineBreak => {
                let longer = format!("{}\n", context.line());
                let may_break = !self.gate.is_answer() && Screen::now().fits(&self.gate.prompt(), &longer);
                Some(if may_break { Cmd::Insert(1, "\n".to_owned()) } else { Cmd::Noop })
            }
            Meaning::Paste => {
                self.gate.pastes(context.line(), context.pos());
                None
            }
            Meaning::Itself => None,
        }
    }
}

impl Key {
    /// The line ends, and vanishes.
    fn end_line(&self, why: Anew) -> Cmd {
        self.gate.ends_line(why);
        // Not interrupted: that would lose the keys that the editor has already.
        Cmd::AcceptLine
    }

    /// What a key does in a search, if it is not for the words that are looked for.
    fn does_in_search(&self, event: &Event, context: &EventContext<'_>) -> Option<InSearch> {
        let is_at_end = context.pos() == context.line().len();
        let Event::KeySeq(keys) = event else { return None };
        match (self.meaning, keys.first()?) {
            (Meaning::Search(step), _) => Some(InSearch::Step(step)),
            (Meaning::Interrupt, _) => Some(InSearch::End { is_taken: false }),
            (Meaning::Itself, KeyEvent(code, Modifiers::NONE)) => match code {
                KeyCode::Up => Some(InSearch::Step(Step::Older)),
                KeyCode::Down => Some(InSearch::Step(Step::Newer)),
                KeyCode::Enter | KeyCode::Tab => Some(InSearch::End { is_taken: true }),
                KeyCode::Right if is_at_end => Some(InSearch::End { is_taken: true }),
                KeyCode::Esc => Some(InSearch::End { is_taken: false }),
                _ => None,
            },
            (Meaning::Itself, KeyEvent(KeyCode::Char(c), Modifiers::CTRL)) => match c {
                'J' | 'M' | 'I' => Some(InSearch::End { is_taken: true }),
                'G' => Some(InSearch::End { is_taken: false }),
                'D' if context.line().is_empty() => Some(InSearch::End { is_taken: false }),
                _ => None,
            },
            _ => None,
        }
    }

    fn do_in_search(&self, does: InSearch) -> Cmd {
        match does {
            InSearch::Step(step) => {
                self.search.steps(step);
                Cmd::Repaint
            }
            InSearch::End { is_taken } => {
                self.search.ends(is_taken);
                self.end_line(Anew::Searched)
            }
        }
    }
}

/// What a key does in a search.
#[derive(Clone, Copy, Debug)]
enum InSearch {
    Step(Step),
    End { is_taken: bool },
}

/// The character that was typed, if it is one, or whether it was Enter.
fn typed(event: &Event) -> (Option<char>, bool) {
    let Event::KeySeq(keys) = event else { return (None, false) };
    match keys.first() {
        Some(KeyEvent(KeyCode::Char(c), Modifiers::NONE)) => (Some(*c), false),
        Some(KeyEvent(KeyCode::Enter, _) | KeyEvent(KeyCode::Char('J'), Modifiers::CTRL)) => (None, true),
        _ => (None, false),
    }
}

/// The editor shows the number that it is about to multiply the next key with, and waits for that key, which holds
/// messages back. Instead the line ends: Alt-1 to Alt-9 are rooms.
pub(crate) fn argument(gate: &Gate, prompt: &str) {
    let number = prompt.trim_start_matches("(arg: ").trim_end_matches([')', ' ']);
    let mut digits = if number.starts_with('-') { "" } else { number }.chars();
    let room = digits.next().and_then(|digit| digit.to_digit(10)).filter(|room| *room > 0);
    // Digits that the editor had already belong to the line that follows.
    gate.take_ahead();
    digits.for_each(|digit| gate.is_typed_ahead(Some(digit), false));
    if !gate.is_vanishing() {
        match room {
            Some(room) if !gate.is_answer() => gate.ends_line(Anew::Room(Which::Nth(room as usize))),
            _ => gate.ends_line(Anew::Argument),
        }
    }
    // To a read that need not wait, a terminal without keys is one at its end. How it was, the editor knows.
    if let Ok(mut terminal) = tcgetattr(io::stdin()) {
        terminal.special_codes[SpecialCodeIndex::VMIN] = 0;
        terminal.special_codes[SpecialCodeIndex::VTIME] = 0;
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &terminal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::Ahead;

    #[test]
    fn a_number_is_a_room_and_not_waited_for() {
        let ends = |prompt: &str, is_answer| {
            let gate = Gate::new();
            gate.starts("ana> ", is_answer);
            argument(&gate, prompt);
            (gate.take_anew(), gate.take_ahead())
        };
        let nth = |n| Some(Anew::Room(Which::Nth(n)));
        let ahead = |text: &str| Ahead { text: text.to_owned(), is_entered: false };
        assert_eq!(ends("(arg: 2) ", false), (nth(2), ahead("")));
        assert_eq!(ends("(arg: 23) ", false), (nth(2), ahead("3")));
        assert_eq!(ends("(arg: 0) ", false), (Some(Anew::Argument), ahead("")));
        assert_eq!(ends("(arg: -1) ", false), (Some(Anew::Argument), ahead("")));
        assert_eq!(ends("(arg: 2) ", true).0, Some(Anew::Argument));
    }
}
