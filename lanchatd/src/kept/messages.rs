//! Many messages side by side, and their words one after the other in one piece of text, so that none of them costs an
//! allocation of its own.

use super::Message;

/// Messages in an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    entries: Vec<Entry>,
    words: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    /// Where its words begin.
    begins: usize,
    /// The message, with the lengths of its words in their place.
    message: Message<u32>,
}

impl Messages {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds one at the end.
    pub fn push(&mut self, message: Message<&str>) {
        let begins = self.words.len();
        let message = message.map(|words| {
            self.words.push_str(words);
            words.len() as u32
        });
        self.entries.push(Entry { begins, message });
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Message<&str>> {
        Stretch { entries: &self.entries, words: &self.words }.iter()
    }

    /// The same by conversation: those that follow each other and were said in one.
    pub fn stretches(&self) -> impl Iterator<Item = Stretch<'_>> {
        let is_one = |one: &Entry, next: &Entry| one.message.conversation == next.message.conversation;
        self.entries.chunk_by(is_one).map(|entries| Stretch { entries, words: &self.words })
    }

    /// Takes off those from `at` on.
    #[must_use]
    pub fn split_off(&mut self, at: usize) -> Self {
        let others = self.iter().skip(at).collect();
        self.words.truncate(self.entries.get(at).map_or(self.words.len(), |entry| entry.begins));
        self.entries.truncate(at);
        others
    }
}

/// Messages that follow each other.
#[derive(Clone, Copy, Debug)]
pub struct Stretch<'a> {
    entries: &'a [Entry],
    words: &'a str,
}

impl<'a> Stretch<'a> {
    /// How many there are.
    pub fn len(self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.entries.is_empty()
    }

    /// One after the other.
    pub fn iter(self) -> impl Iterator<Item = Message<&'a str>> {
        self.entries.iter().map(move |entry| {
            let mut words = &self.words[entry.begins..];
            entry.message.map(|length| {
                let (these, others) = words.split_at(length as usize);
                words = others;
                these
            })
        })
    }

    /// The same with the lengths of their words in the place of these, in bytes: nothing of the text is touched.
    pub fn outlines(self) -> impl DoubleEndedIterator<Item = Message<u32>> + Clone {
        self.entries.iter().map(|entry| entry.message)
    }
}

impl<S: AsRef<str>> FromIterator<Message<S>> for Messages {
    fn from_iter<T: IntoIterator<Item = Message<S>>>(messages: T) -> Self {
        let mut all = Self::default();
        all.extend(messages);
        all
    }
}

impl<S: AsRef<str>> Extend<Message<S>> for Messages {
    fn extend<T: IntoIterator<Item = Message<S>>>(&mut self, messages: T) {
        messages.into_iter().for_each(|message| self.push(message.view()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kept::{MessageKind, Uid};

    fn message(position: u64) -> Message {
        let uid = position.is_multiple_of(2).then(|| Uid { client: "run".into(), tag: position.to_string() });
        let (conversation, kind) = ((position / 3) as u32, MessageKind::Said);
        Message {
            conversation,
            position,
            time_ms: 7,
            kind,
            nick: "eva".into(),
            text: format!("né{position}"),
            uid,
        }
    }

    fn owned<'a>(messages: impl Iterator<Item = Message<&'a str>>) -> Vec<Message> {
        messages.map(Message::owned).collect()
    }

    #[test]
    fn what_goes_in_comes_out_by_conversation() {
        let wanted: Vec<_> = (0..8).map(message).collect();
        let messages: Messages = wanted.iter().cloned().collect();
        assert_eq!(owned(messages.iter()), wanted);
        let stretches: Vec<_> = messages.stretches().map(|stretch| owned(stretch.iter())).collect();
        assert_eq!(stretches, [&wanted[..3], &wanted[3..6], &wanted[6..]]);
    }

    #[test]
    fn two_parts_are_as_if_they_had_never_been_one() {
        for at in 0..6 {
            let mut messages: Messages = (0..5).map(message).collect();
            let others = messages.split_off(at);
            let parts = [messages, others];
            let at = 5.min(at as u64);
            assert_eq!(parts, [(0..at).map(message).collect(), (at..5).map(message).collect()]);
        }
    }
}
