//! What a relay answers to whoever asks what their `hello` would come to: who they would be, how long a round trip takes,
//! and what its clock says. Nobody else notices.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use lanchat_protocol::client::{
    Bare, Code, Event, Hello, Kind, Request, VERSION, is_turned_away, write_line,
};
use lanchat_protocol::lines::Line;
use lanchat_protocol::text;
use tokio::time::{Instant, timeout_at};

use super::report::Report;
use super::way::{Way, milliseconds};
use crate::claim::Proof;
use crate::contact::Contact;
use crate::link::{self, Link};
use crate::trouble::{TLS_REQUIRED, not_a_relay};
use crate::wish::shown_nick;

/// How often the round trip is measured; the shortest counts.
const ROUNDS: u32 = 3;

/// Clocks that differ by less than this are as good as the same.
const CLOCKS_MAX: Duration = Duration::from_secs(5);

/// What is looked at here, in this order.
const STEPS: [&str; 4] = ["relay", "you", "delay", "clock"];

/// None of it can be looked at.
pub(super) fn skip(report: &mut Report) {
    for step in STEPS {
        report.skip(step, "not looked at");
    }
}

/// What a relay says to one question.
#[derive(Debug)]
enum Answer {
    Welcome(Welcome),
    Refused(Refused),
    Pong,
    /// It lets nobody in, or not this one.
    TurnedAway(String),
    NoRelay(String),
}

/// Whoever says hello would be let in.
#[derive(Debug)]
struct Welcome {
    nick: String,
    server: String,
    version: u32,
    /// What the relay's clock says.
    time: Option<String>,
}

#[derive(Debug)]
struct Refused {
    code: Code,
    message: String,
}

/// A connection on which nobody has come in.
pub(super) struct Visit {
    link: Link,
    address: String,
    patience: Duration,
    answers: VecDeque<Answer>,
}

impl Visit {
    pub(super) fn begin(way: Way) -> Self {
        let Way { stream, address, patience } = way;
        Self { link: Link::new(stream), address: address.to_string(), patience, answers: VecDeque::new() }
    }

    /// Asks all that there is to ask.
    pub(super) async fn pay(mut self, report: &mut Report, contact: &Contact) {
        let (proof, unproven) = match Proof::of(contact) {
            Ok(proof) => (proof, None),
            Err(why) => (Proof::default(), Some(why)),
        };
        let has_proof = proof.password.is_some() || proof.token.is_some();
        let nick = contact.wish().first().filter(|_| unproven.is_none()).map(ToString::to_string);
        let has_nick = nick.is_some();
        let mut asked = Instant::now();
        let answer = match self.ask(&hello(nick, proof)).await {
            Ok(Answer::Welcome(welcome)) => Ok(welcome),
            Ok(Answer::Refused(refused)) if !is_about_the_relay(refused.code) => Err(refused),
            other => {
                self.does_not_greet(report, other);
                for step in STEPS.into_iter().skip(1) {
                    report.skip(step, "not looked at");
                }
                return;
            }
        };
        let mut took = asked.elapsed();
        let stays = !matches!(answer, Err(Refused { code: Code::Banned, .. }));
        let as_guest = if answer.is_err() && stays {
            asked = Instant::now();
            let answer = self.ask(&hello(None, Proof::default())).await;
            took = asked.elapsed();
            if let Ok(Answer::Welcome(welcome)) = answer { Some(welcome) } else { None }
        } else {
            None
        };
        let seen = as_guest.as_ref().or(answer.as_ref().ok());
        let ahead_ms = seen.and_then(|welcome| difference_ms(welcome.time.as_deref()?, took));
        match seen {
            Some(Welcome { server, version, .. }) => {
                report.ok("relay", format!("{server} greets, in version {version} of the protocol"));
            }
            None => report.ok("relay", format!("{} is a lanchat relay", self.address)),
        }
        match (unproven, &answer) {
            (Some(why), _) => report.fail("you", why, None),
            (None, Ok(welcome)) => {
                let nick = shown_nick(&welcome.nick).unwrap_or_default();
                let how = match (has_proof, has_nick) {
                    (true, _) => ", logged in",
                    (false, true) => ", a free nick",
                    (false, false) => " or another guest: no nick is asked for",
                };
                report.ok("you", format!("you would be {nick}{how}"));
            }
            (None, Err(refused)) => tell_refused(report, refused),
        }
        if stays {
            self.goes_round(report).await;
        } else {
            report.skip("delay", "not looked at");
        }
        match ahead_ms {
            Some(ahead_ms) => tell_clock(report, ahead_ms),
            None => report.skip("clock", "the relay does not say what its clock does"),
        }
    }

    /// What answers is no relay, or none that can be talked to.
    fn does_not_greet(&self, report: &mut Report, answer: Result<Answer, String>) {
        let address = &self.address;
        let (message, remedy) = match answer {
            Ok(Answer::Refused(Refused { code: Code::TlsRequired, .. })) => (TLS_REQUIRED.to_owned(), None),
            Ok(Answer::Refused(Refused { message, .. })) => (
                format!("it speaks another version of the protocol than {VERSION}: {message}"),
                Some("install the lanchat-client that belongs to that relay"),
            ),
            Ok(Answer::TurnedAway(words)) => (format!("{address} does not let you in: {words:?}"), None),
            Ok(Answer::NoRelay(why)) => (why, None),
            Ok(Answer::Welcome(_) | Answer::Pong) => (format!("{address} answers what was not asked"), None),
            Err(why) => (
                format!("{address} takes the connection, and does not greet: {why}"),
                Some("is it a lanchat relay, and the port right?"),
            ),
        };
        report.fail("relay", message, remedy);
    }

    /// How long a question and its answer take.
    async fn goes_round(&mut self, report: &mut Report) {
        let mut shortest: Option<Duration> = None;
        for _ in 0..ROUNDS {
            let asked = Instant::now();
            if let Err(why) = self.ask(&Request::Ping(Bare::default())).await {
                return report.fail("delay", format!("no answer to a ping: {why}"), None);
            }
            let took = asked.elapsed();
            shortest = Some(shortest.map_or(took, |before| before.min(took)));
        }
        let shortest = shortest.unwrap_or_default();
        report.ok("delay", format!("{} to the relay and back", milliseconds(shortest)));
    }

    /// Asks, and waits for the answer.
    async fn ask(&mut self, request: &Request<'_>) -> Result<Answer, String> {
        let mut unsent = Vec::new();
        write_line(request, &mut unsent);
        self.link.send(&unsent);
        // What came before was no answer to it.
        self.answers.clear();
        let by = Instant::now() + self.patience;
        let late = || format!("nothing came within {} s that answers", self.patience.as_secs());
        loop {
            if let Some(answer) = self.answers.pop_front() {
                return Ok(answer);
            }
            // Something that talks all the time is never waited for.
            if Instant::now() >= by {
                return Err(late());
            }
            let received = timeout_at(by, self.link.receive()).await.map_err(|_| late())?;
            let count = received.map_err(|error| link::why(&error))?;
            let mut lines = self.link.lines(count);
            while let Some(line) = lines.next() {
                if let Line::Whole(line) = line {
                    self.answers.extend(understand(line));
                }
            }
        }
    }
}

/// Asks what a hello would come to.
fn hello(nick: Option<String>, proof: Proof) -> Request<'static> {
    let nick = nick.map(Into::into);
    Request::Hello(proof.into_hello(Hello { version: VERSION, nick, kind: Kind::Probe, ..Hello::default() }))
}

/// Whether the same would be said to everybody who comes in this way.
fn is_about_the_relay(code: Code) -> bool {
    matches!(code, Code::TlsRequired | Code::UnsupportedVersion)
}

/// What a line means here, if it means anything.
fn understand(line: &[u8]) -> Option<Answer> {
    let own = |words: &str| text::clean(words).into_owned();
    match serde_json::from_slice::<Event>(line) {
        Ok(Event::Welcome { nick, server, version, time, .. }) => {
            let (server, time) = (own(&server), time.map(|time| own(&time)));
            Some(Answer::Welcome(Welcome { nick: nick.into_owned(), server, version, time }))
        }
        Ok(Event::Error { code, message, .. }) => {
            Some(Answer::Refused(Refused { code, message: own(&message) }))
        }
        Ok(Event::Pong { .. }) => Some(Answer::Pong),
        // A goodbye follows what it is about.
        Ok(_) => None,
        Err(_) => {
            let (line, _) = text::decode(line);
            match line.strip_prefix("* ") {
                Some(words) if is_turned_away(words) => Some(Answer::TurnedAway(own(words))),
                // The greeting of those who are slow to say hello.
                Some(_) => None,
                None => Some(Answer::NoRelay(not_a_relay(&line))),
            }
        }
    }
}

/// What was said against a hello, and what to do.
fn tell_refused(report: &mut Report, refused: &Refused) {
    let Refused { code, message } = refused;
    let remedy = match code {
        Code::NickTaken => {
            let remedy = "nothing, if that is you on another connection; else --nick NAME takes another one";
            return report.warn("you", message, remedy);
        }
        Code::NickRegistered => {
            let remedy = "log in with --login NICK, or take another one with --nick NAME";
            return report.warn("you", message, remedy);
        }
        Code::WrongPassword => "look at the token, or at the nick and the password",
        Code::LoginRequired => {
            "log in with --login NICK or --token-file FILE; its administrator makes accounts (lanchatctl user add)"
        }
        Code::NotPrivate => "leave --plain out",
        Code::Banned => "ask its administrator; lanchatctl bans shows whom it is about, and until when",
        Code::LoginThrottled | Code::RateLimited | Code::Busy => "try again in a while",
        _ => "ask its administrator",
    };
    report.fail("you", message, Some(remedy));
}

/// By how much a relay's clock is ahead of this machine's, in milliseconds; what it said is about `took` old, at most.
fn difference_ms(time: &str, took: Duration) -> Option<i128> {
    let said: Timestamp = time.parse().ok()?;
    let here = i128::from(Timestamp::now().as_millisecond());
    let half = i128::try_from(took.as_millis()).ok()? / 2;
    Some(i128::from(said.as_millisecond()) - (here - half))
}

fn tell_clock(report: &mut Report, ahead_ms: i128) {
    let apart = Duration::from_millis(u64::try_from(ahead_ms.unsigned_abs()).unwrap_or(u64::MAX));
    if apart < CLOCKS_MAX {
        return report.ok("clock", format!("it differs from the relay's by {} ms", apart.as_millis()));
    }
    let side = if ahead_ms > 0 { "behind" } else { "ahead of" };
    let message = format!("this machine's clock is {} s {side} the relay's", apart.as_secs());
    report.warn("clock", message, "sudo timedatectl set-ntp true, on the machine whose clock is wrong");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    #[test]
    fn clocks_that_differ_by_less_than_five_seconds_are_as_good_as_the_same() {
        let told = |ahead_ms| {
            let mut report = Report::new(true);
            tell_clock(&mut report, ahead_ms);
            report.last()
        };
        for (ahead_ms, part) in [
            (4_999, "ok    clock       it differs from the relay's by 4999 ms"),
            (5_000, "warn  clock       this machine's clock is 5 s behind the relay's"),
            (-5_000, "warn  clock       this machine's clock is 5 s ahead of the relay's"),
            (i128::MIN, "ahead of"),
        ] {
            assert!(told(ahead_ms).contains(part), "{}", told(ahead_ms));
        }
    }

    #[test]
    fn a_time_that_makes_no_sense_says_nothing_of_a_clock() {
        assert_eq!(difference_ms("soon", Duration::ZERO), None);
        assert!(difference_ms("9999-12-31T00:00:00Z", Duration::MAX).is_none_or(|ahead_ms| ahead_ms > 0));
    }

    #[test]
    fn what_is_said_against_a_hello_fails_unless_there_is_another_nick() {
        for (code, exit) in
            [(Code::NickTaken, Exit::Well), (Code::NickRegistered, Exit::Well), (Code::Banned, Exit::Failed)]
        {
            let mut report = Report::new(true);
            tell_refused(&mut report, &Refused { code, message: String::new() });
            assert_eq!(report.end().exit, exit);
        }
    }
}
