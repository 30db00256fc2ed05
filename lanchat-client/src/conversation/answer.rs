//! What became of an errand.

use std::borrow::Cow;

use lanchat_protocol::client::{Code, Event, RoomAt};
use lanchat_protocol::names::RoomName;

use super::person::NO_ROOM;
use super::{Conversation, Shown};
use crate::outbox::{Errand, Refusal, Settled};
use crate::transcript::{because, is_direct};

/// So many of those of whom the person hears nothing are remembered for the next connection.
const IGNORED_MAX: usize = 10_000;

impl Conversation {
    /// Something was said and accepted. What went to one person alone is shown: where it went to is not to be
    /// seen from the prompt.
    pub(super) fn accepted(&mut self, settled: Option<Settled>, event: &Event) {
        let Event::Ack { room, time, waits, away, .. } = event else { return };
        let Some(Errand::Say { text, .. }) = settled.map(|settled| settled.errand) else { return };
        if self.json || !is_direct(room) {
            return;
        }
        self.shown.push(Shown::Event(self.transcript.sent(room, time, &text)));
        let nick = room.trim_start_matches('@');
        if *waits {
            self.note(&format!("{nick} is not here: your message waits for them"));
        } else if away.is_some() {
            self.note(&format!("{nick} is away{}", because(away.as_deref())));
        }
    }

    /// The relay has taken the person into a room. Whether that is news to them.
    pub(super) fn entered(&mut self, settled: Option<&Settled>, room: &str) -> bool {
        self.known.places.learn(room);
        let asked_for = settled.and_then(|settled| match &settled.errand {
            Errand::Join(room) => Some(room.clone()),
            _ => None,
        });
        // What the relay calls it is what events will call it.
        if let Some(room) = RoomName::parse(room).ok().or(asked_for) {
            self.census.want(room.as_str());
            self.rooms.joined(room);
        }
        settled.is_none_or(|settled| settled.is_typed) || self.welcomes <= 1
    }

    /// The person is no longer in a room.
    pub(super) fn left(&mut self, settled: Option<&Settled>, room: &str) {
        self.known.people.forget(room);
        self.census.forget(room);
        if let Ok(room) = RoomName::parse(room) {
            self.rooms.parted(&room);
            if settled.is_none() {
                self.rooms.unwant(&room);
            }
        }
        if self.json || settled.is_some_and(|settled| !settled.is_typed) {
            return;
        }
        match self.here() {
            Some(here) => self.note(&format!("you have left #{room}, and talk in #{here} now")),
            None => self.note(&format!("you have left #{room}; /join ROOM enters another")),
        }
    }

    /// The person is away, or there again. Whether that is news to them.
    pub(super) fn was_away(&mut self, settled: Option<Settled>, away: bool) -> bool {
        let Some(Settled { errand, is_typed }) = settled else { return true };
        if is_typed {
            self.away = match errand {
                Errand::Away(text) if away => Some(text.unwrap_or_default()),
                _ => None,
            };
        }
        is_typed
    }

    /// Of whom the person hears nothing. Whether that is news to them.
    pub(super) fn ignores(&mut self, settled: Option<&Settled>, nicks: &[Cow<str>]) -> bool {
        // While the list is being restored, it is not whole.
        let is_typed = settled.is_none_or(|settled| settled.is_typed);
        if is_typed {
            self.ignored = nicks.iter().take(IGNORED_MAX).map(|nick| nick.clone().into_owned()).collect();
        }
        is_typed
    }

    /// Whether the person wants to hear nothing of somebody. The relay sees to that, but for what it sends a new
    /// connection before it is asked to.
    pub(super) fn is_hidden(&self, nick: &str) -> bool {
        !self.ignored.is_empty() && self.ignored.contains(&nick.to_lowercase())
    }

    /// What there was before this connection, and is not there on one that has taken the person into these rooms.
    pub(super) fn welcomed_into(&mut self, rooms: &[RoomAt]) -> Vec<Errand> {
        let mut errands = self.rooms.welcomed(rooms);
        errands.extend(self.ignored.iter().map(|nick| Errand::Ignore(Some(nick.clone()))));
        let away = self.away.as_ref().map(|text| (!text.is_empty()).then(|| text.clone()));
        errands.extend(away.map(Errand::Away));
        errands
    }

    /// The relay refused something.
    pub(super) fn refused(&mut self, refusal: Refusal, code: Code, message: &str) {
        let settled = match refusal {
            Refusal::Later(pause_ms) => {
                if code == Code::RateLimited && !std::mem::replace(&mut self.slowed, true) {
                    let seconds = pause_ms.div_ceil(1000);
                    self.note(&format!("too fast for the relay: the rest follows in {seconds} s"));
                }
                return;
            }
            Refusal::NotOurs => return self.note(message),
            Refusal::Final(settled) => settled,
        };
        match (&settled.errand, settled.is_typed) {
            (Errand::Say { .. }, _) => {
                let what = settled.errand.quoted().unwrap_or_default();
                self.note(&format!("not sent: {what}: {message}"));
            }
            (Errand::Join(room), false) => self.note(&format!("you are not in #{room}: {message}")),
            (Errand::Ignore(Some(nick)), false) => {
                self.note(&format!("you may hear of {nick} again: {message}"));
            }
            // The person is no longer in the lobby, if they ever were.
            (Errand::Part(_), false) => {}
            // What follows from that is told.
            (Errand::History(_), false) => {}
            _ => self.note(message),
        }
        if let (Errand::Part(room), Code::NoSuchRoom) = (&settled.errand, code) {
            self.rooms.parted(room);
        }
        self.was_refused(&settled);
    }

    /// Names what the relay may or may not have done. Whether there is anything to name.
    pub(super) fn name_uncertain(&mut self, errand: &Errand) -> bool {
        let Some(what) = errand.quoted() else { return false };
        self.note(&format!("{what} may not have arrived: the relay had not confirmed it"));
        true
    }

    /// The relay has answered, but nobody can read what.
    pub(super) fn garbled(&mut self, id: Option<&str>) {
        if let Some(settled) = self.outbox.garbled(id) {
            self.unanswered(&settled, "the relay's answer could not be read");
        }
    }

    /// What became of an errand is not to be known.
    pub(super) fn unanswered(&mut self, settled: &Settled, why: &str) {
        self.note(&format!("{}: {why}", settled.errand.named()));
        self.name_uncertain(&settled.errand);
        self.was_refused(settled);
    }

    /// What will not be done has no consequences.
    pub(super) fn was_refused(&mut self, settled: &Settled) {
        let before = self.here().map(str::to_owned);
        match &settled.errand {
            Errand::Join(room) => {
                if !settled.is_typed {
                    self.rooms.parted(room);
                }
                self.rooms.was_refused(room);
            }
            Errand::Part(room) => self.rooms.stays(room),
            Errand::Ignore(Some(nick)) if !settled.is_typed => self.ignored.retain(|other| other != nick),
            Errand::Away(_) if !settled.is_typed => self.away = None,
            Errand::History(asked) if !settled.is_typed => {
                self.misses_meanwhile(asked.room.as_deref().unwrap_or_default());
            }
            _ => {}
        }
        let here = self.here().map(str::to_owned);
        match here {
            here if here == before => {}
            Some(here) => self.note(&format!("you talk in #{here} now")),
            None => self.note(NO_ROOM),
        }
    }
}
