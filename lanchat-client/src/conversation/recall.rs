//! What was for the person themselves: who wrote to them alone last, and what named them.

use std::collections::VecDeque;

use lanchat_protocol::client::Event;

use super::{Conversation, Shown};
use crate::own::{self, Own};
use crate::transcript::is_direct;

/// So many messages that named the person are remembered.
const MESSAGES_MAX: usize = 100;

/// And so much of them, in bytes.
const BYTES_MAX: usize = 128 << 10;

/// What whoever replies to nobody is told.
const NOBODY: &str = "nobody has written to you alone yet; /msg NICK TEXT does. Nothing was sent";

/// A message that named somebody.
#[derive(Debug)]
struct Message {
    room: String,
    time: String,
    from: String,
    text: String,
    action: bool,
}

/// What is remembered.
#[derive(Debug, Default)]
pub(super) struct Recall {
    /// Who wrote to the person alone last.
    from: Option<String>,
    messages: VecDeque<Message>,
}

impl Recall {
    /// Something was said to somebody called `nick`, or where they are; `is_named`: their name is in it.
    pub(super) fn hear(&mut self, event: &Event, nick: &str, is_named: bool) {
        let Event::Message { room, time, from, text, action, .. } = event else { return };
        if from == nick {
            return;
        }
        if is_direct(room) {
            self.from = Some(from.clone().into_owned());
        } else if !is_named {
            return;
        }
        self.messages.push_back(Message {
            room: room.clone().into_owned(),
            time: time.clone().into_owned(),
            from: from.clone().into_owned(),
            text: text.clone().into_owned(),
            action: *action,
        });
        while self.messages.len() > MESSAGES_MAX || self.bytes() > BYTES_MAX {
            self.messages.pop_front();
        }
    }

    /// Somebody is called `to` now.
    pub(super) fn renamed(&mut self, nick: &str, to: &str) {
        if self.from.as_deref() == Some(nick) {
            self.from = Some(to.to_owned());
        }
    }

    fn bytes(&self) -> usize {
        self.messages.iter().map(|message| message.room.len() + message.from.len() + message.text.len()).sum()
    }
}

impl Conversation {
    /// Keeps what was said, if it was for the person or named them.
    pub(super) fn recalls(&mut self, event: &Event) {
        let Event::Message { text, .. } = event else { return };
        self.transcript.is_read_by(&self.nick);
        let is_named = self.transcript.names_reader(text);
        self.recall.hear(event, &self.nick, is_named);
    }

    /// Does what a command of this program asks for. Whether the line is one.
    pub(super) fn does_itself(&mut self, line: &str) -> bool {
        match own::parse(line) {
            None => return false,
            Some(Own::Incomplete(usage)) => self.note(&format!("usage: {usage}")),
            Some(Own::Reply(text)) => match self.recall.from.clone() {
                Some(nick) => self.say_to(&format!("@{nick}"), text, false),
                None => self.note(NOBODY),
            },
            Some(Own::Last(count)) => self.show_last(count),
        }
        true
    }

    fn show_last(&mut self, count: usize) {
        let messages = &self.recall.messages;
        let skipped = messages.len().saturating_sub(count);
        let lines: Vec<_> =
            messages.iter().skip(skipped).filter_map(|message| self.recalled(message)).collect();
        self.note(&match lines.len() {
            0 => "nothing has named you yet, or was for you alone".to_owned(),
            1 => "the last message that named you, or was for you alone:".to_owned(),
            n => format!("the last {n} messages that named you, or were for you alone:"),
        });
        self.shown.extend(lines.into_iter().map(Shown::Note));
    }

    fn recalled(&self, message: &Message) -> Option<String> {
        let event = Event::Message {
            room: (&*message.room).into(),
            pos: 0,
            time: (&*message.time).into(),
            from: (&*message.from).into(),
            text: (&*message.text).into(),
            action: message.action,
            uid: None,
        };
        self.transcript.line(&event, self.here())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message<'a>(room: &'a str, from: &'a str, text: &'a str) -> Event<'a> {
        Event::Message {
            room: room.into(),
            pos: 1,
            time: "".into(),
            from: from.into(),
            text: text.into(),
            action: false,
            uid: None,
        }
    }

    #[test]
    fn what_is_for_the_person_is_remembered_to_a_bound() {
        let mut recall = Recall::default();
        recall.hear(&message("lobby", "bo", "hi all"), "ana", false);
        recall.hear(&message("@ana", "ana", "to myself"), "ana", true);
        assert!(recall.messages.is_empty() && recall.from.is_none());
        for n in 0..MESSAGES_MAX + 5 {
            recall.hear(&message("lobby", "bo", &format!("ana: {n}")), "ana", true);
        }
        recall.hear(&message("@bo", "bo", "psst"), "ana", false);
        recall.renamed("eve", "mallory");
        recall.renamed("bo", "bob");
        assert_eq!((recall.messages.len(), recall.from.as_deref()), (MESSAGES_MAX, Some("bob")));
        for _ in 0..3 {
            recall.hear(&message("@bo", "bo", &"x".repeat(BYTES_MAX / 2 - 10)), "ana", false);
        }
        assert_eq!(recall.messages.len(), 2);
    }
}
