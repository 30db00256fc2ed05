//! What was searched for, as lines for people.

use std::collections::BTreeSet;

use jiff::Timestamp;
use lanchat_protocol::client::{Hit, Past};
use lanchat_protocol::past;

use super::{Transcript, body};

/// How far what was said around a hit is indented.
const INDENT: &str = "    ";

impl Transcript {
    /// The hits, the newest last, so that it is nearest to the prompt: each with when and where it was said, the
    /// words that were searched for, and what was said around it.
    pub(crate) fn found(&self, hits: &[Hit], words: &str) -> String {
        let words: Vec<Vec<char>> = past::words(words).map(folded).collect();
        let plain = self.without_colours();
        let around = |message: &Past| {
            let line = plain.past("", None, message);
            self.palette.faint(&format!("{INDENT}{line}"))
        };
        // Hits that stand close together share what is around them.
        let mut shown: BTreeSet<_> = hits.iter().map(|hit| (&*hit.room, hit.message.pos)).collect();
        let mut lines = Vec::new();
        for hit in hits.iter().rev() {
            let mut is_new = |message: &&Past| shown.insert((&*hit.room, message.pos));
            lines.extend(hit.before.iter().filter(&mut is_new).map(around));
            lines.push(self.hit(hit, &words));
            lines.extend(hit.after.iter().filter(&mut is_new).map(around));
        }
        lines.join("\n")
    }

    /// `2026-11-22 09:15 #ops ana: the disk is full`
    fn hit(&self, Hit { room, message, .. }: &Hit, words: &[Vec<char>]) -> String {
        let day = message.time.parse::<Timestamp>().map(|time| self.local(time).date().to_string() + " ");
        let day = self.palette.faint(&day.unwrap_or_default());
        let text = self.emphasised(&body(&message.text), words);
        let place = self.place(room, None);
        format!("{day}{}", self.said(&message.time, &place, &message.from, message.action, &text))
    }

    /// The text with the words in it made to stand out.
    fn emphasised(&self, text: &str, words: &[Vec<char>]) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let longest = words.iter().filter_map(|word| length_of(word, rest)).max();
            let (length, is_word) = longest.map_or((first.len_utf8(), false), |length| (length, true));
            let (part, behind) = rest.split_at(length);
            if is_word {
                shown.push_str(&self.palette.strong(part));
            } else {
                shown.push_str(part);
            }
            rest = behind;
        }
        shown
    }
}

/// The text as it is the same as others whatever their case.
fn folded(text: &str) -> Vec<char> {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// How many bytes of `text` are this word, if it begins with it.
fn length_of(word: &[char], text: &str) -> Option<usize> {
    let mut left = word;
    for (at, c) in text.char_indices() {
        if left.is_empty() {
            return Some(at);
        }
        for lower in c.to_lowercase() {
            left = left.strip_prefix(&[lower])?;
        }
    }
    (left.is_empty() && !word.is_empty()).then_some(text.len())
}
