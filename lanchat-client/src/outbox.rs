//! What a person asked for and the relay has not confirmed yet: in order, one at a time, each once.
//!
//! One request at a time keeps the order when the relay refuses one for a while. The outbox outlives
//! connections; it never waits and never sends: it says what to send.

mod errand;

use std::collections::VecDeque;

use lanchat_protocol::client::{Code, write_line};

pub(crate) use errand::Errand;

/// How long a request may stay unanswered before the connection counts as broken, in milliseconds.
const ANSWER_MS: u64 = 60_000;

/// The pause after a refusal that names none, in milliseconds.
const PAUSE_MS: u64 = 1_000;

/// The shortest and the longest pause that a relay can ask for, in milliseconds.
const PAUSES_MS: (u64, u64) = (10, 60_000);

/// An errand that is out of the outbox.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settled {
    /// The errand.
    pub(crate) errand: Errand,
    /// Whether a person asked for it; otherwise it was to restore what there was before the connection.
    pub(crate) is_typed: bool,
}

/// What became of the errand that a refusal is about.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It goes out again after this many milliseconds.
    Later(u64),
    /// It will not be done.
    Final(Settled),
    /// The refusal is about something else.
    NotOurs,
}

/// An errand that does not fit what the relay takes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong {
    /// The errand, which was dropped.
    pub(crate) settled: Settled,
    /// Its size on the wire in bytes.
    pub(crate) bytes: usize,
}

#[derive(Debug)]
struct Sent {
    id: String,
    settled: Settled,
    since_ms: u64,
}

/// The errands of a person.
#[derive(Debug)]
pub(crate) struct Outbox {
    errands_max: usize,
    /// What nobody typed, for this connection alone: it comes before all else.
    restoring: VecDeque<Errand>,
    waiting: VecDeque<Errand>,
    sent: Option<Sent>,
    last_id: u64,
    not_before_ms: u64,
}

impl Outbox {
    /// An empty outbox that holds up to `errands_max` errands.
    pub(crate) fn new(errands_max: usize) -> Self {
        let (restoring, waiting) = (VecDeque::new(), VecDeque::new());
        Self { errands_max, restoring, waiting, sent: None, last_id: 0, not_before_ms: 0 }
    }

    /// Takes an errand, or gives it back when there is no room. A question does not wait for the messages
    /// before it; a nick does, for they are said under the old one.
    pub(crate) fn push(&mut self, errand: Errand) -> Result<(), Errand> {
        if self.len() >= self.errands_max {
            return Err(errand);
        }
        let mut at = self.waiting.len();
        if errand.is_question() {
            let after_move = self.waiting.iter().rposition(Errand::moves).map_or(0, |moves| moves + 1);
            let is_say = |errand: &Errand| matches!(errand, Errand::Say { .. });
            let overtaken = self.waiting.iter().skip(after_move).position(is_say);
            at = overtaken.map_or(at, |overtaken| after_move + overtaken);
        }
        self.waiting.insert(at, errand);
        Ok(())
    }

    /// On a new connection, these come first. They are asked for anew on the next.
    pub(crate) fn restore(&mut self, errands: impl IntoIterator<Item = Errand>) {
        self.restoring = errands.into_iter().collect();
    }

    /// Appends the next request to `out`, if one may go out now.
    pub(crate) fn send(&mut self, now_ms: u64, line_bytes_max: usize, out: &mut Vec<u8>) -> Option<TooLong> {
        if self.sent.is_some() || now_ms < self.not_before_ms {
            return None;
        }
        let restored = self.restoring.pop_front();
        let is_typed = restored.is_none();
        let errand = restored.or_else(|| self.waiting.pop_front())?;
        self.last_id += 1;
        let id = self.last_id.to_string();
        let start = out.len();
        write_line(&errand.request(&id), out);
        let bytes = out.len() - start - 1;
        let settled = Settled { errand, is_typed };
        if bytes > line_bytes_max {
            out.truncate(start);
            return Some(TooLong { settled, bytes });
        }
        self.sent = Some(Sent { id, settled, since_ms: now_ms });
        None
    }

    /// The relay did what the request with this id asked for.
    pub(crate) fn done(&mut self, id: Option<&str>) -> Option<Settled> {
        let sent = self.sent.take_if(|sent| Some(sent.id.as_str()) == id)?;
        Some(sent.settled)
    }

    /// The relay refused a request. Without an id, some refusals can only be about the one that is out.
    pub(crate) fn refused(
        &mut self,
        id: Option<&str>,
        code: Code,
        retry_after_ms: Option<u64>,
        now_ms: u64,
    ) -> Refusal {
        let unnamed = id.is_none() && matches!(code, Code::LineTooLong | Code::BadJson | Code::BadRequest);
        let Some(sent) = self.sent.take_if(|sent| unnamed || Some(sent.id.as_str()) == id) else {
            return Refusal::NotOurs;
        };
        if !matches!(code, Code::RateLimited | Code::Stopping) {
            return Refusal::Final(sent.settled);
        }
        let pause_ms = retry_after_ms.unwrap_or(PAUSE_MS).clamp(PAUSES_MS.0, PAUSES_MS.1);
        self.not_before_ms = now_ms.saturating_add(pause_ms);
        let Settled { errand, is_typed } = sent.settled;
        let queue = if is_typed { &mut self.waiting } else { &mut self.restoring };
        queue.push_front(errand);
        Refusal::Later(pause_ms)
    }

    /// The connection broke. Returns what others may or may not have read; it is not sent again.
    pub(crate) fn disconnected(&mut self) -> Option<Errand> {
        self.not_before_ms = 0;
        self.restoring.clear();
        let Settled { errand, is_typed } = self.sent.take()?.settled;
        if errand.quoted().is_some() {
            return Some(errand);
        }
        if is_typed {
            // Asking twice for these does no harm.
            self.waiting.push_front(errand);
        }
        None
    }

    /// When [`Outbox::send`] or [`Outbox::is_overdue`] is worth a call, if nothing else happens.
    pub(crate) fn due_ms(&self) -> Option<u64> {
        match &self.sent {
            Some(sent) => Some(sent.since_ms.saturating_add(ANSWER_MS)),
            None if self.waiting.is_empty() && self.restoring.is_empty() => None,
            None => Some(self.not_before_ms),
        }
    }

    /// Whether the relay owes an answer for too long.
    pub(crate) fn is_overdue(&self, now_ms: u64) -> bool {
        self.sent.as_ref().is_some_and(|sent| now_ms >= sent.since_ms.saturating_add(ANSWER_MS))
    }

    /// How many errands of the person are not done.
    pub(crate) fn len(&self) -> usize {
        self.errands().count()
    }

    /// The errands of the person that are not done, in order.
    pub(crate) fn errands(&self) -> impl Iterator<Item = &Errand> {
        let sent = self.sent.iter().map(|sent| &sent.settled).filter(|settled| settled.is_typed);
        sent.map(|settled| &settled.errand).chain(&self.waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lanchat_protocol::names::RoomName;

    fn say(text: &str) -> Errand {
        say_in("lobby", text)
    }

    fn say_in(room: &str, text: &str) -> Errand {
        Errand::Say { to: room.into(), text: text.into(), action: false }
    }

    fn room(name: &str) -> RoomName {
        RoomName::parse(name).unwrap()
    }

    fn typed(errand: Errand) -> Settled {
        Settled { errand, is_typed: true }
    }

    fn outbox<const N: usize>(texts: [&str; N]) -> Outbox {
        let mut outbox = Outbox::new(100);
        for text in texts {
            outbox.push(say(text)).unwrap();
        }
        outbox
    }

    fn send(outbox: &mut Outbox, now_ms: u64) -> String {
        let mut out = Vec::new();
        assert_eq!(outbox.send(now_ms, 4096, &mut out), None);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn one_request_is_out_at_a_time_and_each_goes_out_once() {
        let mut outbox = outbox(["a", "b"]);
        assert_eq!(
            send(&mut outbox, 0),
            "{\"type\":\"say\",\"id\":\"1\",\"room\":\"lobby\",\"text\":\"a\"}\n"
        );
        assert_eq!(send(&mut outbox, 0), "");
        assert_eq!(outbox.done(Some("2")), None);
        assert_eq!(outbox.done(None), None);
        assert_eq!(outbox.done(Some("1")), Some(typed(say("a"))));
        assert_eq!(outbox.done(Some("1")), None);
        assert!(send(&mut outbox, 0).contains("\"text\":\"b\""));
        assert_eq!(outbox.done(Some("2")), Some(typed(say("b"))));
        assert_eq!((send(&mut outbox, 0).as_str(), outbox.len()), ("", 0));
    }

    #[test]
    fn a_rate_limit_is_waited_out_in_order() {
        let mut outbox = outbox(["a", "b"]);
        send(&mut outbox, 0);
        let refusal = outbox.refused(Some("1"), Code::RateLimited, Some(700), 1_000);
        assert_eq!(refusal, Refusal::Later(700));
        assert_eq!(outbox.due_ms(), Some(1_700));
        assert_eq!(send(&mut outbox, 1_699), "");
        assert!(send(&mut outbox, 1_700).contains("\"text\":\"a\""));
    }

    #[test]
    fn no_relay_can_ask_for_an_endless_pause_or_for_none() {
        for (asked_ms, pause_ms) in [(u64::MAX, 60_000), (0, 10)] {
            let mut outbox = outbox(["a"]);
            send(&mut outbox, 0);
            let refusal = outbox.refused(Some("1"), Code::RateLimited, Some(asked_ms), 1_000);
            assert_eq!(refusal, Refusal::Later(pause_ms));
            assert_eq!(outbox.due_ms(), Some(1_000 + pause_ms));
        }
    }

    #[test]
    fn a_question_overtakes_messages_and_a_nick_does_not() {
        let mut outbox = outbox(["a", "b"]);
        send(&mut outbox, 0);
        outbox.push(Errand::Nick("bo".into())).unwrap();
        outbox.push(Errand::Who(room("lobby"))).unwrap();
        let order: Vec<_> = outbox.errands().cloned().collect();
        assert_eq!(order, [say("a"), Errand::Who(room("lobby")), say("b"), Errand::Nick("bo".into())]);
    }

    #[test]
    fn a_refused_message_is_dropped_and_the_next_one_goes_on() {
        let mut outbox = outbox(["a", "b", "c"]);
        send(&mut outbox, 0);
        assert_eq!(outbox.refused(None, Code::NotUtf8, None, 0), Refusal::NotOurs);
        assert_eq!(outbox.refused(Some("9"), Code::EmptyText, None, 0), Refusal::NotOurs);
        assert_eq!(outbox.refused(Some("1"), Code::EmptyText, None, 0), Refusal::Final(typed(say("a"))));
        assert!(send(&mut outbox, 0).contains("\"text\":\"b\""));
        assert_eq!(outbox.refused(None, Code::LineTooLong, None, 0), Refusal::Final(typed(say("b"))));
        assert!(send(&mut outbox, 0).contains("\"text\":\"c\""));
    }

    #[test]
    fn what_was_out_when_the_connection_broke_is_named_and_never_sent_again() {
        let mut outbox = outbox(["a", "b"]);
        send(&mut outbox, 0);
        assert_eq!(outbox.disconnected(), Some(say("a")));
        assert_eq!(outbox.disconnected(), None);
        assert!(send(&mut outbox, 0).contains("\"text\":\"b\""));
    }

    #[test]
    fn questions_that_were_out_are_asked_again() {
        let mut outbox = Outbox::new(2);
        outbox.push(Errand::Nick("bo".into())).unwrap();
        outbox.push(Errand::Who(room("lobby"))).unwrap();
        assert_eq!(outbox.push(Errand::Who(room("lobby"))), Err(Errand::Who(room("lobby"))), "the bound");
        assert!(send(&mut outbox, 0).contains("\"nick\":\"bo\""));
        assert_eq!(outbox.disconnected(), None);
        assert!(send(&mut outbox, 0).contains("\"nick\":\"bo\""));
    }

    #[test]
    fn a_message_that_fits_no_line_is_given_back_with_its_size() {
        let mut outbox = outbox(["xxxxxxxxxx", "b"]);
        let mut out = Vec::new();
        let too_long = outbox.send(0, 57, &mut out).unwrap();
        assert_eq!((too_long.settled, too_long.bytes), (typed(say("xxxxxxxxxx")), 58));
        assert!(out.is_empty());
        assert_eq!(outbox.send(0, 49, &mut out), None, "at the bound it passes");
        assert_eq!(out.len(), 50);
    }

    #[test]
    fn an_answer_that_never_comes_is_noticed() {
        let mut outbox = outbox(["a"]);
        assert_eq!(outbox.due_ms(), Some(0));
        send(&mut outbox, 5);
        assert_eq!(outbox.due_ms(), Some(60_005));
        assert!(!outbox.is_overdue(60_004) && outbox.is_overdue(60_005));
    }

    #[test]
    fn a_question_does_not_overtake_the_room_that_it_may_be_about() {
        let mut outbox = outbox(["a"]);
        outbox.push(Errand::Join(room("ops"))).unwrap();
        outbox.push(say_in("ops", "b")).unwrap();
        outbox.push(Errand::Who(room("ops"))).unwrap();
        let order: Vec<_> = outbox.errands().cloned().collect();
        assert_eq!(
            order,
            [say("a"), Errand::Join(room("ops")), Errand::Who(room("ops")), say_in("ops", "b")]
        );
    }

    #[test]
    fn what_there_was_is_restored_first_and_counts_for_nothing() {
        let mut outbox = outbox(["a"]);
        outbox.restore([Errand::Join(room("ops")), Errand::Back]);
        assert_eq!(send(&mut outbox, 0), "{\"type\":\"join\",\"id\":\"1\",\"room\":\"ops\"}\n");
        assert_eq!((outbox.len(), outbox.errands().count()), (1, 1));
        let refusal = outbox.refused(Some("1"), Code::RateLimited, Some(700), 0);
        assert_eq!(refusal, Refusal::Later(700));
        assert!(send(&mut outbox, 700).contains("\"type\":\"join\""));
        let settled = Settled { errand: Errand::Join(room("ops")), is_typed: false };
        assert_eq!(outbox.done(Some("2")), Some(settled));
        assert!(send(&mut outbox, 700).contains("\"type\":\"back\""));
        assert_eq!(outbox.disconnected(), None);
        assert!(send(&mut outbox, 700).contains("\"text\":\"a\""), "the next connection restores anew");
    }

    #[test]
    fn a_topic_that_was_out_is_not_set_again_and_an_entrance_is_made_again() {
        let mut outbox = Outbox::new(9);
        let topic = Errand::Topic { room: room("ops"), topic: Some("disk".into()) };
        outbox.push(topic.clone()).unwrap();
        outbox.push(Errand::Join(room("ops"))).unwrap();
        send(&mut outbox, 0);
        assert_eq!(outbox.disconnected(), Some(topic));
        for _ in 0..2 {
            assert!(send(&mut outbox, 0).contains("\"type\":\"join\""));
            assert_eq!(outbox.disconnected(), None);
        }
    }
}
