//! What a search among the lines that were entered before finds, as one types.

use std::borrow::Cow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lanchat_protocol::text::clean;
use unicode_segmentation::UnicodeSegmentation;

use crate::transcript::wrap::Measure;

/// What stands before the words that are looked for.
pub(crate) const PROMPT: &str = "(search) ";

/// What stands between them and what is found.
const FOUND: &str = " → ";

/// What stands behind them where nothing is found.
const NOTHING: &str = " (nothing found)";

/// What stands there before there are any.
const HELP: &str = "type to find; Ctrl-R an older one, Enter takes it, Esc goes back";

/// In less room than so many columns nothing is shown of what is found.
const COLUMNS_MIN: usize = 8;

/// Where else to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Older,
    Newer,
}

#[derive(Debug, Default)]
struct State {
    is_on: bool,
    words: String,
    /// How many of the lines that have the words in them are passed over, the newest first.
    passed_over: usize,
    found: Option<String>,
}

/// What the editor's thread and what it calls back know of the search.
#[derive(Debug, Default)]
pub(crate) struct Search(Mutex<State>);

impl Search {
    /// The person looks for something.
    pub(crate) fn begins(&self) {
        *self.lock() = State { is_on: true, ..State::default() };
    }

    /// Whether they do.
    pub(crate) fn is_on(&self) -> bool {
        self.lock().is_on
    }

    /// They want an older line that has the same words in it, or a newer one.
    pub(crate) fn steps(&self, step: Step) {
        let passed_over = &mut self.lock().passed_over;
        *passed_over = match step {
            Step::Older => passed_over.saturating_add(1),
            Step::Newer => passed_over.saturating_sub(1),
        };
    }

    /// They have looked, and take what was found, or not.
    pub(crate) fn ends(&self, is_taken: bool) {
        let mut state = self.lock();
        state.is_on = false;
        state.found = state.found.take().filter(|_| is_taken);
    }

    /// What they take.
    pub(crate) fn take_found(&self) -> Option<String> {
        self.lock().found.take()
    }

    /// Looks through `lines`, which begin with the newest. What is shown of that in a window of so many columns, behind
    /// the words; `None` where there is no search, or no room.
    pub(crate) fn looks<'l>(
        &self,
        words: &str,
        lines: impl Iterator<Item = Cow<'l, str>>,
        columns: usize,
    ) -> Option<String> {
        let mut state = self.lock();
        if !state.is_on {
            return None;
        }
        if state.words != words {
            words.clone_into(&mut state.words);
            state.passed_over = 0;
        }
        let mut found: Vec<Cow<'_, str>> = Vec::new();
        for line in lines.filter(|line| matches(words, line)) {
            if found.len() > state.passed_over {
                break;
            }
            if !found.contains(&line) {
                found.push(line);
            }
        }
        // Beyond the oldest there is none.
        state.passed_over = state.passed_over.min(found.len().saturating_sub(1));
        state.found = found.pop().map(Cow::into_owned);
        let hint = match &state.found {
            Some(found) => format!("{FOUND}{}", clean(found).replace('\t', " ")),
            None if words.is_empty() => HELP.to_owned(),
            None => NOTHING.to_owned(),
        };
        drop(state);
        let measure = Measure::of_surroundings();
        // The last column stays free, so that the row does not break.
        let room = columns.checked_sub(measure.width(PROMPT) + measure.width(words) + 1)?;
        (room >= COLUMNS_MIN && !words.contains('\n')).then(|| cut(hint, room, measure))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is whole after any panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a line has the words in it. Their case matters when one of them is not in lower case.
fn matches(words: &str, line: &str) -> bool {
    if words.is_empty() {
        false
    } else if words.chars().any(char::is_uppercase) {
        line.contains(words)
    } else {
        line.to_lowercase().contains(words)
    }
}

/// As much of a text as takes so many columns.
fn cut(text: String, columns: usize, measure: Measure) -> String {
    if measure.width(&text) <= columns {
        return text;
    }
    let mut left = columns - 1;
    let fits = |seen: &&str| {
        let rest = left.checked_sub(measure.width(seen));
        left = rest.unwrap_or_default();
        rest.is_some()
    };
    text.graphemes(true).take_while(fits).chain(["…"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: [&str; 5] = ["deploy web-3", "lunch?", "Deploy web-2", "deploy web-3", "日本語 and\nmore"];

    fn looks(search: &Search, words: &str, columns: usize) -> Option<String> {
        search.looks(words, LINES.into_iter().map(Cow::Borrowed), columns)
    }

    #[test]
    fn the_newest_line_with_the_words_is_found_and_then_older_ones_and_none_twice() {
        let search = Search::default();
        assert_eq!(looks(&search, "deploy", 80), None, "nobody looks for anything");
        search.begins();
        let found = |words: &str| looks(&search, words, 80).unwrap();
        assert_eq!(found(""), HELP);
        assert_eq!(found("web"), " → deploy web-3");
        search.steps(Step::Newer);
        assert_eq!(found("web"), " → deploy web-3", "there is no newer one");
        for _ in 0..3 {
            search.steps(Step::Older);
            assert_eq!(found("web"), " → Deploy web-2", "there is no older one");
        }
        search.steps(Step::Newer);
        assert_eq!(found("web"), " → deploy web-3");
        search.steps(Step::Older);
        assert_eq!(found("web-"), " → deploy web-3", "other words are looked for anew");
        assert_eq!(found("DEPLOY"), " (nothing found)");
        assert_eq!(found("Deploy"), " → Deploy web-2");
        search.ends(true);
        assert_eq!((search.take_found().as_deref(), search.is_on()), (Some("Deploy web-2"), false));
        search.begins();
        assert_eq!(found("and"), " → 日本語 and more");
        search.ends(false);
        assert_eq!(search.take_found(), None);
    }

    #[test]
    fn what_is_found_is_cut_to_one_row() {
        let search = Search::default();
        search.begins();
        assert_eq!(looks(&search, "and", 30).as_deref(), Some(" → 日本語 and mo…"));
        assert_eq!(looks(&search, "and", 31).as_deref(), Some(" → 日本語 and more"));
        assert_eq!(looks(&search, "and", 22).as_deref(), Some(" → 日本…"), "no half of a character");
        assert_eq!(looks(&search, "and", 20), None);
        assert_eq!(looks(&search, "and", 0), None);
        search.ends(true);
        assert_eq!(search.take_found().as_deref(), Some("日本語 and\nmore"), "found all the same");
    }
}
