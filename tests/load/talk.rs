//! What is said, who still has to hear it, and what was heard.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use hdrhistogram::Histogram;

use crate::ledger::Faults;
use crate::payload::{self, Header};

/// What a publisher has said.
#[derive(Debug)]
pub struct Voice {
    /// The publisher's nick.
    pub nick: String,
    /// What stands before its payload on a line of the text dialect.
    pub text_lead: Vec<u8>,
    /// What stands right before its payload on a line of the native dialect.
    pub native_lead: Vec<u8>,
    /// The number of the first message in `under_way`.
    first: u64,
    under_way: VecDeque<Said>,
}

/// A message that not everybody has heard yet. (One before it may be under way for longer.)
#[derive(Debug)]
struct Said {
    header: Header,
    due_ns: u64,
    /// Who has not heard it.
    left: u32,
}

impl Voice {
    fn new(talk: u32, publisher: usize) -> Self {
        let nick = format!("load-{}-{talk}-{publisher}", std::process::id());
        let text_lead = format!("{nick}: ").into_bytes();
        let native_lead = format!(r#""from":"{nick}","text":""#).into_bytes();
        Self { nick, text_lead, native_lead, first: 0, under_way: VecDeque::new() }
    }

    /// How many messages it has said.
    pub fn said(&self) -> u64 {
        self.first + self.under_way.len() as u64
    }

    fn get(&self, number: u64) -> Option<&Said> {
        self.under_way.get(number.checked_sub(self.first)? as usize)
    }

    fn get_mut(&mut self, number: u64) -> Option<&mut Said> {
        self.under_way.get_mut(number.checked_sub(self.first)? as usize)
    }
}

/// All that is said and heard in one run.
#[derive(Debug)]
pub struct Talk {
    /// The publishers.
    pub voices: Vec<Voice>,
    /// Clients on their way into the room.
    pub arriving: usize,
    /// Clients in the room.
    pub present: u32,
    /// Messages that not everybody has heard.
    pub under_way: usize,
    /// Messages heard, counted once for each receiver.
    pub deliveries: u64,
    /// From when a message was due until a receiver had it, in nanoseconds.
    pub latency_ns: Histogram<u64>,
    /// What went wrong so far. What is lost is known only at the end.
    pub faults: Faults,
    /// The visitors whom the observer has heard.
    pub visits: Vec<u64>,
    letters: Vec<u8>,
}

static TALKS: AtomicU32 = AtomicU32::new(0);

/// The longest latency that is told apart from longer ones.
const LATENCY_NS_MAX: u64 = 600_000_000_000;

impl Talk {
    /// Nothing is said yet by so many publishers.
    pub fn new(publishers: usize, payload_bytes: usize) -> Self {
        // Whoever had a nick in the talk before may not have left yet.
        let talk = TALKS.fetch_add(1, Ordering::Relaxed);
        // The bounds are constants that the library takes.
        let latency_ns = Histogram::new_with_bounds(1_000, LATENCY_NS_MAX, 3).expect("the bounds are sound");
        Self {
            voices: (0..publishers).map(|publisher| Voice::new(talk, publisher)).collect(),
            arriving: 0,
            present: 0,
            under_way: 0,
            deliveries: 0,
            latency_ns,
            faults: Faults::default(),
            visits: Vec::new(),
            letters: payload::letters(payload_bytes),
        }
    }

    /// A publisher says something that was due at `due_ns`: appends the payload to `out`.
    pub fn say(&mut self, publisher: usize, due_ns: u64, out: &mut Vec<u8>) {
        let voice = &mut self.voices[publisher];
        let header = payload::header(publisher, voice.said(), due_ns);
        out.extend_from_slice(&header);
        out.extend_from_slice(&self.letters);
        let left = self.present.saturating_sub(1);
        voice.under_way.push_back(Said { header, due_ns, left });
        self.under_way += 1;
        self.forget_done(publisher);
    }

    /// What stands behind this message's payload, where `bytes` begin with exactly that.
    pub fn behind<'a>(&self, publisher: usize, number: u64, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let said = self.voices.get(publisher)?.get(number)?;
        bytes.strip_prefix(&said.header)?.strip_prefix(&*self.letters)
    }

    /// The publisher and the number of a message that was said some time, and what stands behind it.
    pub fn recognise<'a>(&self, bytes: &'a [u8]) -> Option<(usize, u64, &'a [u8])> {
        let (publisher, number) = (payload::publisher(bytes)?, payload::number(bytes)?);
        let voice = self.voices.get(publisher).filter(|voice| number < voice.said())?;
        let behind = match voice.get(number) {
            Some(_) => self.behind(publisher, number, bytes)?,
            // Everybody has heard it already: its time is forgotten.
            None => bytes.get(payload::HEADER_BYTES..)?.strip_prefix(&*self.letters)?,
        };
        Some((publisher, number, behind))
    }

    /// Somebody has heard a message for the first time.
    pub fn deliver(&mut self, publisher: usize, number: u64, now_ns: u64) {
        self.deliveries += 1;
        let Some(said) = self.voices[publisher].get_mut(number) else { return };
        self.latency_ns.saturating_record(now_ns.saturating_sub(said.due_ns));
        said.left = said.left.saturating_sub(1);
        if said.left == 0 {
            self.forget_done(publisher);
        }
    }

    /// Somebody will not hear these messages, or not in time: nobody waits for that.
    pub fn settle(&mut self, publisher: usize, numbers: Range<u64>) {
        let voice = &mut self.voices[publisher];
        for number in numbers.start.max(voice.first)..numbers.end.min(voice.said()) {
            if let Some(said) = voice.get_mut(number) {
                said.left = said.left.saturating_sub(1);
            }
        }
        self.forget_done(publisher);
    }

    /// Counts and latencies begin again; what is under way stays so.
    pub fn reset(&mut self) {
        self.deliveries = 0;
        self.latency_ns.reset();
    }

    /// What all have heard leaves from the front: as they hear in order, that is where it is.
    fn forget_done(&mut self, publisher: usize) {
        let voice = &mut self.voices[publisher];
        while voice.under_way.pop_front_if(|said| said.left == 0).is_some() {
            voice.first += 1;
            self.under_way -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn talk(present: u32) -> (Talk, Vec<u8>) {
        let mut talk = Talk::new(1, 100);
        talk.present = present;
        let mut said = Vec::new();
        talk.say(0, 5_000, &mut said);
        (talk, said)
    }

    #[test]
    fn a_message_is_done_when_everybody_has_it() {
        let (mut talk, said) = talk(3);
        assert_eq!(said.len(), 100);
        assert_eq!(talk.under_way, 1);
        talk.deliver(0, 0, 9_000);
        assert_eq!(talk.under_way, 1);
        talk.settle(0, 0..1);
        assert_eq!((talk.under_way, talk.deliveries), (0, 1));
        assert!(talk.latency_ns.equivalent(talk.latency_ns.max(), 4_000));
    }

    #[test]
    fn only_what_was_said_is_recognised_byte_for_byte() {
        let (mut talk, said) = talk(2);
        let line = [&said[..], b"\"}"].concat();
        assert_eq!(talk.behind(0, 0, &line), Some(&b"\"}"[..]));
        assert_eq!(talk.recognise(&line), Some((0, 0, &b"\"}"[..])));
        for wrong in [20, 99] {
            let mut torn = said.clone();
            torn[wrong] = b'X';
            assert_eq!(talk.recognise(&torn), None);
        }
        assert_eq!(talk.recognise(&said[..99]), None);
        assert_eq!(talk.recognise(&payload::header(0, 1, 5_000)), None, "not said yet");
        talk.deliver(0, 0, 9_000);
        assert_eq!(talk.recognise(&said), Some((0, 0, &b""[..])), "a double is recognised");
    }

    #[test]
    fn what_nobody_is_there_to_hear_is_done_at_once() {
        let (talk, _) = talk(1);
        assert_eq!(talk.under_way, 0);
    }
}
