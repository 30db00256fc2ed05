//! One client in the room: it listens, and may be a publisher.

use std::io;

use memchr::{memchr, memchr2};

use crate::ledger::{Arrival, Ledger};
use crate::payload::{self, MARK};
use crate::socket::Happening;
use crate::stream::Stream;
use crate::talk::{Talk, Voice};

/// What a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Lines, as from netcat.
    Text,
    /// One JSON object a line.
    Native,
}

impl Dialect {
    /// Whether what stands before and behind a payload makes it a message of this publisher.
    fn frames(self, voice: &Voice, before: &[u8], behind: &[u8]) -> bool {
        let is_led = match self {
            Self::Text => before == voice.text_lead,
            Self::Native => {
                before.ends_with(&voice.native_lead) && before.starts_with(br#"{"type":"message","#)
            }
        };
        is_led && self.ends(behind)
    }

    /// Whether this stands behind a payload on a whole line.
    fn ends(self, behind: &[u8]) -> bool {
        match self {
            Self::Text => behind.is_empty(),
            Self::Native => behind.starts_with(b"\"") && behind.ends_with(b"}"),
        }
    }
}

/// Where a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// On its way into the room.
    Arriving,
    /// In the room.
    Present,
    /// Disconnected.
    Gone,
}

/// A connection, and what came over it.
#[derive(Debug)]
pub struct Client {
    stream: Stream,
    dialect: Dialect,
    publisher: Option<usize>,
    place: Place,
    ledger: Ledger,
    /// A line that has not come to its end yet.
    tail: Vec<u8>,
    /// What the socket has not taken yet.
    outbox: Vec<u8>,
    /// What the relay itself said last, or why the connection broke.
    last_word: Vec<u8>,
    /// Collects what visitors say.
    is_observer: bool,
}

impl Client {
    /// Somebody who only listens.
    pub fn receiver(stream: Stream, dialect: Dialect, talk: &mut Talk) -> Self {
        let hello: &[u8] = match dialect {
            Dialect::Text => b"",
            Dialect::Native => b"{\"type\":\"hello\",\"version\":1}\n",
        };
        Self::new(stream, dialect, None, hello.to_vec(), talk)
    }

    /// Somebody who also speaks, as this publisher.
    pub fn publisher(stream: Stream, dialect: Dialect, publisher: usize, talk: &mut Talk) -> Self {
        let nick = &talk.voices[publisher].nick;
        let hello = match dialect {
            Dialect::Text => format!("/nick {nick}\n"),
            Dialect::Native => format!("{{\"type\":\"hello\",\"version\":1,\"nick\":\"{nick}\"}}\n"),
        };
        Self::new(stream, dialect, Some(publisher), hello.into_bytes(), talk)
    }

    fn new(
        stream: Stream,
        dialect: Dialect,
        publisher: Option<usize>,
        outbox: Vec<u8>,
        talk: &mut Talk,
    ) -> Self {
        talk.arriving += 1;
        Self {
            stream,
            dialect,
            publisher,
            place: Place::Arriving,
            ledger: Ledger::new(talk.voices.len(), publisher),
            tail: Vec::new(),
            outbox,
            last_word: Vec::new(),
            is_observer: false,
        }
    }

    /// From now on it notes which visitors it hears.
    pub fn observe(&mut self) {
        self.is_observer = true;
    }

    /// Whether it is in the room.
    pub fn is_present(&self) -> bool {
        self.place == Place::Present
    }

    /// Whether it was disconnected.
    pub fn is_gone(&self) -> bool {
        self.place == Place::Gone
    }

    /// What the relay itself said last, or why the connection broke.
    pub fn last_word(&self) -> String {
        String::from_utf8_lossy(&self.last_word).into_owned()
    }

    /// What it has not heard of all that was said.
    pub fn missing(&self, talk: &Talk) -> u64 {
        talk.voices
            .iter()
            .enumerate()
            .map(|(publisher, voice)| self.ledger.missing(publisher, voice.said()))
            .sum()
    }

    /// A publisher says something that was due at `due_ns`. It goes out with the next [`Self::send`].
    pub fn say(&mut self, due_ns: u64, talk: &mut Talk) {
        let Some(publisher) = self.publisher.filter(|_| self.place == Place::Present) else { return };
        match self.dialect {
            Dialect::Text => {
                talk.say(publisher, due_ns, &mut self.outbox);
                self.outbox.push(b'\n');
            }
            Dialect::Native => {
                self.outbox.extend_from_slice(br#"{"type":"say","text":""#);
                talk.say(publisher, due_ns, &mut self.outbox);
                self.outbox.extend_from_slice(b"\"}\n");
            }
        }
    }

    /// Writes what the socket takes.
    pub fn send(&mut self, talk: &mut Talk) {
        if let Err(error) = self.stream.push() {
            self.leave(&error.to_string(), talk);
        }
        while !self.outbox.is_empty() && self.place != Place::Gone {
            match self.stream.write(&self.outbox) {
                Ok(count) => drop(self.outbox.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.leave(&error.to_string(), talk),
            }
        }
    }

    /// Does what is to be done when something has happened on its socket. `buffer` is lent to all clients.
    pub fn serve(
        &mut self,
        happening: Happening,
        buffer: &mut [u8],
        talk: &mut Talk,
        now_ns: impl Fn() -> u64,
    ) {
        if happening.is_writable {
            self.send(talk);
        }
        while happening.is_readable && self.place != Place::Gone {
            let kept = self.tail.len();
            buffer[..kept].copy_from_slice(&self.tail);
            match self.stream.read(&mut buffer[kept..]) {
                Ok(0) => self.leave("the connection was closed", talk),
                Ok(count) => {
                    let filled = kept + count;
                    let taken = self.take(&buffer[..filled], talk, now_ns());
                    self.tail.clear();
                    self.tail.extend_from_slice(&buffer[taken..filled]);
                    // epoll(7): a stream that gave less than was asked for is empty. An end would still come.
                    if filled < buffer.len() && !happening.has_ended && !self.stream.is_sealed() {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.leave(&error.to_string(), talk),
            }
        }
    }

    /// Takes whole lines. Returns how many bytes they are.
    fn take(&mut self, bytes: &[u8], talk: &mut Talk, now_ns: u64) -> usize {
        let mut rest = bytes;
        while let Some(at) = memchr2(MARK, b'\n', rest) {
            let behind = if rest[at] == b'\n' {
                self.take_word(&rest[..at], talk);
                at
            } else if let Some(end) = self.take_next(rest, at, talk, now_ns) {
                end
            } else if let Some(end) = memchr(b'\n', &rest[at..]) {
                self.judge(&rest[..at + end], at, talk, now_ns);
                at + end
            } else {
                break;
            };
            rest = &rest[behind + 1..];
        }
        bytes.len() - rest.len()
    }

    /// The usual case, and the only one that has to be fast: the message that is expected next, whole.
    /// Returns where its line ends; `None` where it is not that.
    fn take_next(&mut self, rest: &[u8], mark: usize, talk: &mut Talk, now_ns: u64) -> Option<usize> {
        let body = &rest[mark..];
        let publisher = payload::publisher(body)?;
        let number = self.ledger.next(publisher)?;
        let behind = talk.behind(publisher, number, body)?;
        let end = memchr(b'\n', behind)?;
        if !self.dialect.frames(&talk.voices[publisher], &rest[..mark], &behind[..end]) {
            return None;
        }
        self.ledger.advance(publisher);
        talk.deliver(publisher, number, now_ns);
        Some(rest.len() - behind.len() + end)
    }

    /// A line with a mark in it that is not the message expected next.
    fn judge(&mut self, line: &[u8], mark: usize, talk: &mut Talk, now_ns: u64) {
        let (before, body) = line.split_at(mark);
        if let Some((visit, _)) = payload::visit(body).filter(|(_, behind)| self.dialect.ends(behind)) {
            if self.is_observer {
                talk.visits.push(visit);
            }
            return;
        }
        let Some((publisher, number, behind)) = talk.recognise(body) else {
            talk.faults.torn += 1;
            return;
        };
        if !self.dialect.frames(&talk.voices[publisher], before, behind) {
            talk.faults.torn += 1;
            return;
        }
        match self.ledger.take(publisher, number) {
            Arrival::Next => talk.deliver(publisher, number, now_ns),
            Arrival::Skipped(missing) => {
                talk.settle(publisher, missing);
                talk.deliver(publisher, number, now_ns);
            }
            Arrival::Late => talk.faults.out_of_order += 1,
            Arrival::Double => talk.faults.doubled += 1,
        }
    }

    /// A line without a mark: the relay says something itself.
    fn take_word(&mut self, line: &[u8], talk: &mut Talk) {
        if !line.starts_with(b"* ") && !line.starts_with(br#"{"type":""#) {
            talk.faults.torn += 1;
            return;
        }
        if line.starts_with(br#"{"type":"ack""#) {
            return;
        }
        if self.publisher.is_some() || self.place == Place::Arriving {
            self.last_word.clear();
            self.last_word.extend_from_slice(line);
        }
        if self.place == Place::Arriving && self.is_let_in(line, talk) {
            self.place = Place::Present;
            talk.arriving -= 1;
            talk.present += 1;
        }
    }

    /// Whether with these words it is in the room, and has its nick where it wants one.
    fn is_let_in(&self, line: &[u8], talk: &Talk) -> bool {
        match (self.dialect, self.publisher) {
            (Dialect::Native, _) => line.starts_with(br#"{"type":"welcome""#),
            (Dialect::Text, None) => line.starts_with(b"* Welcome"),
            (Dialect::Text, Some(publisher)) => {
                line.strip_prefix(b"* you are now ") == Some(talk.voices[publisher].nick.as_bytes())
            }
        }
    }

    /// It was disconnected: nobody waits for it any longer.
    fn leave(&mut self, why: &str, talk: &mut Talk) {
        if self.last_word.is_empty() || self.place == Place::Present {
            self.last_word = why.as_bytes().to_vec();
        }
        match self.place {
            Place::Arriving => talk.arriving -= 1,
            Place::Present => {
                talk.present -= 1;
                for publisher in 0..talk.voices.len() {
                    let next = self.ledger.next(publisher).unwrap_or(u64::MAX);
                    talk.settle(publisher, next..u64::MAX);
                }
            }
            Place::Gone => return,
        }
        self.place = Place::Gone;
        talk.faults.disconnected += 1;
        // The peer has ended it already, or it is broken.
        self.stream.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_framed_as_its_dialect_says() {
        let talk = Talk::new(2, 100);
        let [voice, other] = &talk.voices[..] else { unreachable!() };
        let nick = &voice.nick;
        let text = format!("{nick}: ");
        let native = format!(r#"{{"type":"message","room":"lobby","pos":3,"from":"{nick}","text":""#);
        for (dialect, before, behind) in [
            (Dialect::Text, &text, ""),
            (Dialect::Native, &native, "\"}"),
            (Dialect::Native, &native, "\",\"new\":1}"),
        ] {
            assert!(dialect.frames(voice, before.as_bytes(), behind.as_bytes()), "{before}{behind}");
            assert!(!dialect.frames(other, before.as_bytes(), behind.as_bytes()), "{before}{behind}");
            assert!(!dialect.frames(voice, &before.as_bytes()[1..], behind.as_bytes()), "{before}{behind}");
            assert!(
                !dialect.frames(voice, before.as_bytes(), &[behind.as_bytes(), b"x"].concat()),
                "{before}{behind}"
            );
        }
    }
}
