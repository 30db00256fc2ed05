//! Events side by side: plain records, and their strings one after the other in one piece of text, so
//! that neither appending nor dropping an event costs an allocation of its own.

use std::ops::Range;

use lanchat_protocol::order::Measure;

use super::{Author, Body, Event, Position};

#[derive(Clone, Copy, Debug)]
enum Kind {
    Said,
    Did,
    Joined,
    Left {
        has_reason: bool,
    },
    Renamed,
    Away {
        has_reason: bool,
    },
    Back,
    Topic,
    /// The words are whom, so many bytes, and why.
    Ordered {
        measure: Measure,
        whom_bytes: u16,
    },
    Announced,
    Bye,
}

#[derive(Clone, Copy, Debug)]
struct Record {
    time_ms: i64,
    author: Author,
    /// Messages before it in the timeline.
    messages_before: u64,
    /// For comings and goings: how many more. For what keeps order: until when, or how often.
    others: u64,
    /// Where its strings end in the text: the nick, the words, the uid.
    from_end: u32,
    words_end: u32,
    uid_end: u32,
    kind: Kind,
}

/// The events of a segment.
#[derive(Debug, Default)]
pub(super) struct Records {
    records: Vec<Record>,
    text: String,
}

impl Records {
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    pub(super) fn push(&mut self, event: &Event, messages_before: u64) {
        let (kind, words, others) = match event.body {
            Body::Said(words) => (Kind::Said, words, 0),
            Body::Did(words) => (Kind::Did, words, 0),
            Body::Joined { others } => (Kind::Joined, "", others),
            Body::Left { reason, others } => {
                (Kind::Left { has_reason: reason.is_some() }, reason.unwrap_or_default(), others)
            }
            Body::Renamed { to, others } => (Kind::Renamed, to, others),
            Body::Away { reason, others } => {
                (Kind::Away { has_reason: reason.is_some() }, reason.unwrap_or_default(), others)
            }
            Body::Back { others } => (Kind::Back, "", others),
            Body::Topic(words) => (Kind::Topic, words, 0),
            Body::Ordered { measure, whom, reason, number } => {
                (Kind::Ordered { measure, whom_bytes: whom.len() as u16 }, reason, number.cast_unsigned())
            }
            Body::Announced(words) => (Kind::Announced, words, 0),
            Body::Bye(words) => (Kind::Bye, words, 0),
        };
        self.text.push_str(event.from);
        let from_end = self.text.len() as u32;
        if let Body::Ordered { whom, .. } = event.body {
            self.text.push_str(whom);
        }
        self.text.push_str(words);
        let words_end = self.text.len() as u32;
        self.text.push_str(event.uid);
        self.records.push(Record {
            time_ms: event.time_ms,
            author: event.author,
            messages_before,
            others,
            from_end,
            words_end,
            uid_end: self.text.len() as u32,
            kind,
        });
    }

    /// The event at `index`, whose position is that.
    pub(super) fn event(&self, index: usize, position: Position) -> Event<'_> {
        let record = &self.records[index];
        let from = self.from(index);
        let words = &self.text[record.from_end as usize..record.words_end as usize];
        let others = record.others;
        let body = match record.kind {
            Kind::Said => Body::Said(words),
            Kind::Did => Body::Did(words),
            Kind::Joined => Body::Joined { others },
            Kind::Left { has_reason } => Body::Left { reason: has_reason.then_some(words), others },
            Kind::Renamed => Body::Renamed { to: words, others },
            Kind::Away { has_reason } => Body::Away { reason: has_reason.then_some(words), others },
            Kind::Back => Body::Back { others },
            Kind::Topic => Body::Topic(words),
            Kind::Ordered { measure, whom_bytes } => {
                let (whom, reason) = words.split_at(whom_bytes.into());
                Body::Ordered { measure, whom, reason, number: others.cast_signed() }
            }
            Kind::Announced => Body::Announced(words),
            Kind::Bye => Body::Bye(words),
        };
        let uid = &self.text[record.words_end as usize..record.uid_end as usize];
        Event { position, time_ms: record.time_ms, author: record.author, from, body, uid }
    }

    /// The nick of whom the event at `index` is about.
    pub(super) fn from(&self, index: usize) -> &str {
        let start = if index == 0 { 0 } else { self.records[index - 1].uid_end };
        &self.text[start as usize..self.records[index].from_end as usize]
    }

    pub(super) fn author(&self, index: usize) -> Author {
        self.records[index].author
    }

    /// How many messages stand before the event at `index`, in all of the timeline.
    pub(super) fn messages_before(&self, index: usize) -> Option<u64> {
        self.records.get(index).map(|record| record.messages_before)
    }

    pub(super) fn is_message(&self, index: usize) -> bool {
        matches!(self.records[index].kind, Kind::Said | Kind::Did)
    }

    /// How many messages by `author` stand at these places, as far as there are any.
    pub(super) fn messages_of(&self, indices: Range<usize>, author: Author) -> u64 {
        let indices = indices.start..indices.end.min(self.records.len());
        indices.filter(|index| self.is_message(*index) && self.author(*index) == author).count() as u64
    }

    /// Bytes that the events take.
    pub(super) fn bytes_used(&self) -> usize {
        size_of_val(&*self.records) + self.text.len()
    }

    /// The same with what is reserved for more.
    pub(super) fn bytes(&self) -> usize {
        self.records.capacity() * size_of::<Record>() + self.text.capacity()
    }

    pub(super) fn shrink(&mut self) {
        self.records.shrink_to_fit();
        self.text.shrink_to_fit();
    }

    pub(super) fn clear(&mut self) {
        self.records.clear();
        self.text.clear();
    }
}
