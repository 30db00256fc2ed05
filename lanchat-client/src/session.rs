//! One connection to a relay: the greeting, whether it is alive, and what each received line means.
//!
//! Pure: time comes in as milliseconds, requests go out as values.

use std::borrow::Cow;

use lanchat_protocol::client::{Bare, Code, Event, Hello, Kind, Limits, Request, RoomAt, VERSION};
use lanchat_protocol::names::Nick;
use lanchat_protocol::text;

use crate::trouble::{TLS_REQUIRED, not_a_relay};
use crate::wish::Wish;

/// How long the relay may take to answer the greeting, in milliseconds.
const GREETING_MS: u64 = 10_000;

/// After this long without a word from the relay it is asked for one, in milliseconds.
const QUIET_MS: u64 = 30_000;

/// How long it may take to answer that, in milliseconds.
const PONG_MS: u64 = 15_000;

/// Why a connection ended that the relay took for an older one of the same run than it was.
pub(crate) const OVERTAKEN: &str = "an earlier attempt to connect has reached the relay after it";

/// What a received line means.
#[derive(Debug, PartialEq)]
pub(crate) enum Heard<'a> {
    /// The relay took this client in.
    Welcome {
        /// The nick that it gave.
        nick: Cow<'a, str>,
        /// Its name and version.
        server: Cow<'a, str>,
        /// The history that its positions are in.
        history: Cow<'a, str>,
        /// Where this client is, and how far that is.
        rooms: Vec<RoomAt<'a>>,
        /// What it allows.
        limits: Limits,
    },
    /// The nick is not to be had; greet again with this.
    Again(Request<'static>),
    /// The relay does not believe who this is, and says why; greet again with this, as nobody in particular.
    Unproven(Cow<'a, str>, Box<Request<'static>>),
    /// Plain words. A relay that takes nobody in says why and closes; one that takes a client that was slow
    /// to say hello for a text client greets it.
    Words(Cow<'a, str>),
    /// Something happened.
    Event(Event<'a>),
    /// The relay takes nobody in now.
    TurnedAway(Cow<'a, str>),
    /// This is no relay, or none that this client can talk to. Trying again would not help.
    Hopeless(String),
    /// Nothing that this version understands.
    Nothing,
}

/// What the passing of time asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Alarm {
    /// Nothing yet.
    Quiet,
    /// Send this and see.
    Ping(Request<'static>),
    /// The other side is gone; why.
    Lost(&'static str),
}

#[derive(Debug)]
enum Phase {
    Greeting { attempt: u32, since_ms: u64, spoke_plainly: bool },
    Welcome { heard_ms: u64, pinged_ms: Option<u64> },
}

/// The state of one connection.
#[derive(Debug)]
pub(crate) struct Session {
    wish: Wish,
    /// The greeting, whatever the nick.
    hello: Hello<'static>,
    phase: Phase,
}

impl Session {
    /// The session of a connection that was just made, and its first request: `hello` with a nick.
    pub(crate) fn open(wish: Wish, hello: Hello<'static>, now_ms: u64) -> (Self, Request<'static>) {
        let phase = Phase::Greeting { attempt: 0, since_ms: now_ms, spoke_plainly: false };
        let first = with_nick(&hello, wish.candidate(0));
        (Self { wish, hello, phase }, first)
    }

    /// Whether the relay has taken this client in.
    pub(crate) fn is_welcome(&self) -> bool {
        matches!(self.phase, Phase::Welcome { .. })
    }

    /// Understands one line without its line end.
    pub(crate) fn hear<'a>(&mut self, line: &'a [u8], now_ms: u64) -> Heard<'a> {
        let event = serde_json::from_slice::<Event>(line);
        match &mut self.phase {
            Phase::Welcome { heard_ms, pinged_ms } => {
                *heard_ms = now_ms;
                *pinged_ms = None;
                event.map_or(Heard::Nothing, Heard::Event)
            }
            Phase::Greeting { .. } => match event {
                Ok(event) => self.greeted(event, now_ms),
                Err(_) => self.not_an_event(line),
            },
        }
    }

    /// A sign of life that is no line, such as a part of one.
    pub(crate) fn stir(&mut self, now_ms: u64) {
        if let Phase::Welcome { heard_ms, pinged_ms } = &mut self.phase {
            *heard_ms = now_ms;
            *pinged_ms = None;
        }
    }

    /// What is due by now.
    pub(crate) fn alarm(&mut self, now_ms: u64) -> Alarm {
        if now_ms < self.due_ms() {
            return Alarm::Quiet;
        }
        match &mut self.phase {
            Phase::Greeting { .. } => Alarm::Lost("it does not answer"),
            Phase::Welcome { pinged_ms: Some(_), .. } => Alarm::Lost("it has stopped answering"),
            Phase::Welcome { pinged_ms, .. } => {
                *pinged_ms = Some(now_ms);
                Alarm::Ping(Request::Ping(Bare::default()))
            }
        }
    }

    /// When [`Session::alarm`] is worth a call.
    pub(crate) fn due_ms(&self) -> u64 {
        match self.phase {
            Phase::Greeting { since_ms, .. } => since_ms + GREETING_MS,
            Phase::Welcome { pinged_ms: Some(pinged_ms), .. } => pinged_ms + PONG_MS,
            Phase::Welcome { heard_ms, .. } => heard_ms + QUIET_MS,
        }
    }

    fn greeted<'a>(&mut self, event: Event<'a>, now_ms: u64) -> Heard<'a> {
        match event {
            Event::Welcome { nick, server, history, rooms, limits, .. } => {
                self.phase = Phase::Welcome { heard_ms: now_ms, pinged_ms: None };
                Heard::Welcome { nick, server, history, rooms, limits }
            }
            Event::Error { code: Code::WrongPassword | Code::NotPrivate, message, .. }
                if self.has_proof() =>
            {
                (self.hello.password, self.hello.token) = (None, None);
                Heard::Unproven(message, Box::new(with_nick(&self.hello, self.wish.candidate(0))))
            }
            Event::Error {
                code: Code::NickTaken | Code::NickRegistered | Code::BadNick, message, ..
            } => self.greet_again(message),
            // Where only who is logged in chats, a guest who comes in is in no room, and can be answered all the same.
            Event::Error { code: Code::LoginRequired, .. } if self.hello.kind == Kind::Probe => {
                self.hello.kind = Kind::Pipe;
                Heard::Again(with_nick(&self.hello, self.wish.candidate(0)))
            }
            Event::Error { code: Code::UnsupportedVersion, message, .. } => {
                let reason = text::clean(&message);
                Heard::Hopeless(format!("the relay speaks another version of the protocol: {reason}"))
            }
            Event::Error { code: Code::TlsRequired, .. } => Heard::TurnedAway(TLS_REQUIRED.into()),
            Event::Error { message, .. } => Heard::TurnedAway(message),
            Event::Bye { reason, .. } => Heard::TurnedAway(reason),
            event => Heard::Event(event),
        }
    }

    fn has_proof(&self) -> bool {
        self.hello.password.is_some() || self.hello.token.is_some()
    }

    fn not_an_event<'a>(&mut self, line: &'a [u8]) -> Heard<'a> {
        let Phase::Greeting { spoke_plainly, .. } = &mut self.phase else { return Heard::Nothing };
        let (line, _) = text::decode(line);
        match line.strip_prefix("* ") {
            Some(words) => {
                *spoke_plainly = true;
                if is_told_again(words) { Heard::Nothing } else { Heard::Words(words.to_owned().into()) }
            }
            // What others say meanwhile comes in plain text too.
            None if *spoke_plainly => Heard::Nothing,
            None => Heard::Hopeless(not_a_relay(&line)),
        }
    }

    fn greet_again<'a>(&mut self, why: Cow<'a, str>) -> Heard<'a> {
        let Phase::Greeting { attempt, .. } = &mut self.phase else { return Heard::Nothing };
        if self.wish.candidate(*attempt).is_none() {
            return Heard::TurnedAway(why);
        }
        *attempt += 1;
        // They are for the nick of the first choice.
        (self.hello.password, self.hello.token) = (None, None);
        Heard::Again(with_nick(&self.hello, self.wish.candidate(*attempt)))
    }
}

/// Whether these words of the relay are those of somebody else, which it tells whoever enters a room:
/// `02:46 ana: hi`, or the day on which they were said: `-- 2026-11-22 --`.
fn is_told_again(words: &str) -> bool {
    let is_time = |word: &str| {
        let digit = |byte: &u8| byte.is_ascii_digit();
        matches!(word.as_bytes(), [h1, h2, b':', m1, m2] if [h1, h2, m1, m2].into_iter().all(digit))
    };
    let first = words.split_whitespace().next().unwrap_or_default();
    is_time(first) || words.starts_with("-- ") && words.ends_with(" --")
}

fn with_nick(hello: &Hello<'static>, nick: Option<Nick>) -> Request<'static> {
    let nick = nick.map(|nick| nick.as_str().to_owned().into());
    Request::Hello(Hello { version: VERSION, nick, ..hello.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELCOME: &[u8] =
        br#"{"type":"welcome","version":1,"nick":"ana","server":"lanchatd 0.1.0","rooms":[],
        "limits":{"line_bytes_max":4096,"messages_per_second_max":5,"messages_burst_max":10}}"#;
    const TAKEN: &[u8] = br#"{"type":"error","code":"nick_taken","message":"taken"}"#;

    fn session() -> Session {
        Session::open(Wish::of(Nick::parse("ana").ok()), Hello::default(), 0).0
    }

    fn welcome(now_ms: u64) -> Session {
        let mut session = session();
        assert!(matches!(session.hear(WELCOME, now_ms), Heard::Welcome { .. }));
        session
    }

    fn asked_nick(request: &Request) -> Option<String> {
        let Request::Hello(hello) = request else { panic!("{request:?}") };
        hello.nick.as_deref().map(str::to_owned)
    }

    #[test]
    fn a_taken_nick_is_varied_and_then_given_up() {
        let (mut session, hello) = Session::open(Wish::of(Nick::parse("ana").ok()), Hello::default(), 0);
        assert_eq!(asked_nick(&hello).as_deref(), Some("ana"));
        for n in 2..=9 {
            let Heard::Again(hello) = session.hear(TAKEN, 0) else { panic!() };
            assert_eq!(asked_nick(&hello), Some(format!("ana{n}")));
        }
        let Heard::Again(hello) = session.hear(TAKEN, 0) else { panic!() };
        assert_eq!(asked_nick(&hello), None);
        assert!(matches!(session.hear(TAKEN, 0), Heard::TurnedAway(_)));
    }

    #[test]
    fn whatever_the_nick_the_rest_of_the_greeting_stays() {
        let hello = Hello { client: Some("f3".into()), history: Some("9c".into()), ..Hello::default() };
        let (mut session, first) = Session::open(Wish::of(None), hello.clone(), 0);
        assert_eq!(first, Request::Hello(Hello { version: VERSION, ..hello.clone() }));
        session.wish = Wish::of(Nick::parse("ana").ok());
        let Heard::Again(Request::Hello(again)) = session.hear(TAKEN, 0) else { panic!() };
        assert_eq!((again.client, again.history), (hello.client, hello.history));
    }

    #[test]
    fn words_from_a_relay_that_is_full_are_passed_on() {
        assert_eq!(session().hear(b"* the relay is full", 0), Heard::Words("the relay is full".into()));
        let full = br#"{"type":"error","code":"full","message":"come back later"}"#;
        assert_eq!(session().hear(full, 0), Heard::TurnedAway("come back later".into()));
    }

    #[test]
    fn a_hello_that_was_slow_to_arrive_is_answered_all_the_same() {
        let mut session = session();
        assert!(matches!(session.hear(b"* Welcome to lanchat, you are guest1", 0), Heard::Words(_)));
        assert_eq!(session.hear(b"bob: hi", 0), Heard::Nothing);
        assert!(matches!(session.hear(WELCOME, 0), Heard::Welcome { .. }));
    }

    #[test]
    fn what_somebody_has_said_is_not_taken_for_words_of_the_relay() {
        let mut session = session();
        assert!(matches!(session.hear(b"* Welcome to lanchat, you are guest1", 0), Heard::Words(_)));
        for line in [&b"* 02:46 pp: pp 9"[..], b"* -- 2026-11-22 --", b"* 02:46 pp: *waves*", b"pp: pp 9"] {
            assert_eq!(session.hear(line, 0), Heard::Nothing);
        }
        assert_eq!(session.hear(b"* good bye: no", 0), Heard::Words("good bye: no".into()));
        assert!(matches!(session.hear(WELCOME, 0), Heard::Welcome { .. }));
    }

    #[test]
    fn what_is_no_relay_is_given_up() {
        for line in
            [&b"SSH-2.0-OpenSSH_9.2"[..], b"HTTP/1.1 400 Bad Request", b"{}", b"", b"\xff\x00", b"[1]"]
        {
            assert!(matches!(session().hear(line, 0), Heard::Hopeless(_)), "{line:?}");
        }
    }

    #[test]
    fn once_welcome_a_line_of_no_meaning_ends_nothing() {
        let mut session = welcome(0);
        for line in [&b"garbage"[..], b"{}", b"\xff", br#"{"type":"message"}"#] {
            assert_eq!(session.hear(line, 0), Heard::Nothing);
        }
        assert_eq!(session.hear(br#"{"type":"weather"}"#, 0), Heard::Event(Event::Unknown));
    }

    #[test]
    fn a_quiet_relay_is_asked_and_a_dead_one_noticed() {
        let mut session = welcome(1_000);
        assert_eq!((session.alarm(30_999), session.due_ms()), (Alarm::Quiet, 31_000));
        assert!(matches!(session.alarm(31_000), Alarm::Ping(_)));
        assert_eq!(session.alarm(45_999), Alarm::Quiet);
        assert!(matches!(session.alarm(46_000), Alarm::Lost(_)));
        session.hear(br#"{"type":"pong"}"#, 46_000);
        assert_eq!(session.due_ms(), 76_000);
    }

    #[test]
    fn a_machine_that_slept_asks_before_it_gives_up() {
        let mut session = welcome(0);
        assert!(matches!(session.alarm(8 * 3_600_000), Alarm::Ping(_)));
    }

    #[test]
    fn a_greeting_without_an_answer_is_given_up() {
        let mut session = session();
        assert_eq!(session.alarm(9_999), Alarm::Quiet);
        assert!(matches!(session.alarm(10_000), Alarm::Lost(_)));
    }
}
