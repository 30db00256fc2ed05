//! What has to be true in the end.

use std::collections::{BTreeMap, BTreeSet};

use super::super::*;
use super::heard::{self, Transcript};
use super::model::{Duty, Model, Place, Reader};

impl Model {
    /// Everybody reads what is left, goes, and comes again for what waits for them.
    pub(super) fn finish(mut self) {
        self.everybody_reads();
        for reader in self.readers.iter().filter(|reader| !reader.is_closing) {
            check_loss(reader);
        }
        self.everybody_goes();
        let for_somebody = self.said.iter().filter_map(|said| match &said.place {
            Place::Person(person) => Some(person.clone()),
            Place::Room(_) => None,
        });
        let persons: BTreeSet<String> = for_somebody.filter(|person| !person.starts_with("guest ")).collect();
        for person in persons {
            self.come(false, Some(&person));
            self.everybody_reads();
            self.everybody_goes();
        }
        self.check_what_was_heard();
    }

    fn everybody_reads(&mut self) {
        for _ in 0..3 {
            let is_stuck = |reader: &&Reader| reader.is_lagging || reader.is_closing;
            let stuck: Vec<_> = self.readers.iter().filter(is_stuck).map(|reader| reader.id).collect();
            for id in stuck {
                self.flush(id, usize::MAX);
            }
            self.pass(0, true);
            sound::check(&self.house.hub);
        }
        assert!(!self.house.hub.has_ready());
    }

    fn everybody_goes(&mut self) {
        while !self.readers.is_empty() {
            self.go(0);
            sound::check(&self.house.hub);
        }
    }

    fn check_what_was_heard(&self) {
        let mut directs = BTreeSet::new();
        let mut missed = 0;
        let mut deliveries = 0;
        for reader in &self.gone {
            let transcript = Transcript::of(&reader.bytes);
            missed += transcript.missed;
            deliveries += transcript.messages.len() as u64;
            if reader.is_closing {
                assert!(transcript.last.contains("kicked"), "its goodbye is last: {transcript:?}");
            }
            let mut last = BTreeMap::new();
            for message in &transcript.messages {
                let said = &self.said[message.number as usize];
                let duty = reader.due.get(&message.number);
                assert!(
                    matches!(duty, Some(Duty::Must | Duty::May)),
                    "{} heard m{} of {said:?}, which it should not: {duty:?}",
                    reader.nick,
                    message.number
                );
                assert_eq!(message.from, said.from);
                let stream = match (&said.place, &message.place) {
                    (Place::Room(room), heard::Place::Room(heard)) => {
                        assert_eq!(room, heard, "m{} to {}", message.number, reader.nick);
                        format!("#{room}")
                    }
                    (Place::Person(to), heard::Place::Person(from)) => {
                        assert_eq!(*from, said.from);
                        assert!(directs.insert(message.number), "m{} was heard twice", message.number);
                        format!("{:?} to {to}", said.by)
                    }
                    _ => panic!("m{} in {:?}", message.number, message.place),
                };
                let before = last.insert(stream, message.number);
                assert!(before.is_none_or(|before| before < message.number), "m{} again", message.number);
            }
        }
        let waited = (0..).zip(&self.said).filter(|(_, said)| matches!(said.place, Place::Person(_)));
        let waited = waited.map(|(number, _)| number).filter(|number| !self.lost.contains(number));
        let unheard: Vec<u64> = waited.filter(|number| !directs.contains(number)).collect();
        assert!(
            unheard.len() as u64 <= missed,
            "nobody heard {unheard:?}, and {missed} were told to be missed"
        );
        assert!(!self.is_ample || unheard.is_empty(), "nobody heard {unheard:?}");
        let totals = self.house.hub.totals();
        assert_eq!(totals.messages_accepted, self.said.len() as u64);
        assert_eq!(totals.deliveries, deliveries, "deliveries");
        assert!(totals.messages_skipped >= missed);
    }
}

/// Whoever is here has heard what they must, or was told how much they have not.
fn check_loss(reader: &Reader) {
    let transcript = Transcript::of(&reader.bytes);
    let heard: BTreeSet<u64> = transcript.messages.iter().map(|message| message.number).collect();
    let unheard = || reader.due.iter().filter(|(number, _)| !heard.contains(number));
    let must = unheard().filter(|(_, duty)| **duty == Duty::Must).count() as u64;
    let may = unheard().filter(|(_, duty)| **duty == Duty::May).count() as u64;
    assert!(
        (must..=must + may).contains(&transcript.missed),
        "{} was told of {} missed messages, but missed {must} and maybe {may}",
        reader.nick,
        transcript.missed
    );
}
