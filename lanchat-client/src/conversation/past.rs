//! What was said before: asked for, searched for, and told by the way.

use jiff::Timestamp;
use lanchat_protocol::client::{Event, HISTORY_MAX, HITS, History, Hit, Past, Search};
use lanchat_protocol::past::Wanted;

use super::person::NO_ROOM;
use super::{Conversation, Shown};
use crate::outbox::{Errand, Settled};
use crate::query::{moment, search};
use crate::target::Target;
use crate::transcript::{MOMENT_CHARS_MAX, shorten};

/// How many messages before and after each hit are shown.
const CONTEXT: usize = 1;

/// What goes on where the last history ended.
const MORE: &str = "more";

impl Conversation {
    /// The person wants to know what was said: `/history 30`, `/history @ana 2h`, `/history more`.
    pub(super) fn ask_history(&mut self, words: &str, wall: Timestamp) {
        if words.eq_ignore_ascii_case(MORE) {
            match self.more.clone() {
                Some(history) => self.take(Errand::History(history)),
                None => self.note("there is no more; /history shows what was said here before"),
            }
            return;
        }
        match self.history(words, wall) {
            Ok(history) => self.take(Errand::History(history)),
            Err(why) => self.note(&why),
        }
    }

    /// The person looks for something: `/search disk full from:ana in:#ops after:2h`.
    pub(super) fn ask_search(&mut self, typed: &str, wall: Timestamp) {
        match self.search(typed, wall) {
            Ok(search) => self.take(Errand::Search { typed: typed.to_owned(), search: search.into() }),
            Err(why) => self.note(&why),
        }
    }

    fn history(&self, words: &str, wall: Timestamp) -> Result<History<'static>, String> {
        let (first, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
        let (room, words) = if first.starts_with(['#', '@']) {
            (Target::parse(first)?.on_the_wire(), rest)
        } else {
            (self.here().ok_or(NO_ROOM)?.to_owned(), words)
        };
        let wanted = Wanted::parse(words, wall.as_millisecond(), self.transcript.zone());
        let history = match wanted.map_err(|wrong| wrong.to_string())? {
            Wanted::Last(limit) => History { limit: Some(limit), ..History::default() },
            Wanted::Since(ms) => {
                History { since: Some(moment(ms)?.into()), limit: Some(HISTORY_MAX), ..History::default() }
            }
        };
        Ok(History { room: Some(room.into()), ..history })
    }

    fn search(&self, typed: &str, wall: Timestamp) -> Result<Search<'static>, String> {
        search(typed, wall, self.transcript.zone(), CONTEXT)
    }

    /// The relay tells what was said in a room before: because somebody has asked, or has just come in.
    pub(super) fn told_history(&mut self, settled: Option<Settled>, event: &Event) {
        let Event::History { room, messages, more, .. } = event else { return };
        if let Some(Settled { errand: Errand::History(asked), is_typed: false }) = &settled {
            return self.told_meanwhile(asked, event);
        }
        if self.json {
            return;
        }
        let heard: Vec<&Past> = messages.iter().filter(|message| !self.is_hidden(&message.from)).collect();
        let Some(Errand::History(asked)) = settled.map(|settled| settled.errand) else {
            // What is asked for anyway begins before that.
            let is_asked_for = self.reading.is_unlisted(room);
            if !heard.is_empty() && !is_asked_for && self.rooms.is_of_interest(room) {
                let lines = self.transcript.before(room, self.here(), &heard, self.heard);
                self.shown.push(Shown::Event(lines));
            }
            return;
        };
        let is_forward = asked.since.is_some() || asked.after.is_some();
        if heard.is_empty() {
            self.note(if is_forward { "nothing was said since then" } else { "nothing was said before" });
        } else {
            let lines = self.transcript.history(room, self.here(), &heard, self.heard);
            self.shown.push(Shown::Event(lines));
        }
        let end = if is_forward { messages.last() } else { messages.first() };
        let end = end.filter(|_| *more).map(|end| end.pos);
        self.more = end.map(|pos| {
            let (before, after) = if is_forward { (None, Some(pos)) } else { (Some(pos), None) };
            History { before, after, since: None, ..asked }
        });
        if self.more.is_some() {
            let which = if is_forward { "more was said" } else { "more was said before" };
            self.note(&format!("{which}: /history {MORE} goes on"));
        }
    }

    /// The relay has searched.
    pub(super) fn told_found(
        &mut self,
        settled: Option<Settled>,
        hits: &[Hit],
        more: bool,
        before: Option<&str>,
    ) {
        let Some(Errand::Search { typed, search }) = settled.map(|settled| settled.errand) else { return };
        let incomplete =
            if more { "; older messages were not looked at, for that would have taken too long" } else { "" };
        let oldest = hits.last().filter(|_| more || hits.len() >= HITS);
        let older = before.filter(|_| more).or(oldest.map(|oldest| &*oldest.message.time));
        let head = match hits.len() {
            0 => format!("nothing found{incomplete}"),
            count => format!("found {count}{incomplete}"),
        };
        match older {
            Some(time) => self.note(&format!("{head}; for older ones: {}", older_than(time, &typed))),
            None => self.note(&head),
        }
        if !hits.is_empty() {
            let lines = self.transcript.found(hits, search.words.as_deref().unwrap_or_default());
            self.shown.push(Shown::Event(lines));
        }
    }
}

/// The command that finds what is older.
fn older_than(time: &str, typed: &str) -> String {
    let is_before = |word: &&str| word.to_ascii_lowercase().starts_with("before:");
    let words: Vec<_> = typed.split_whitespace().filter(|word| !is_before(word)).collect();
    format!("/search {} before:{}", words.join(" "), shorten(time, MOMENT_CHARS_MAX))
}
