//! What scripts ask for: one file a subcommand. What decides is pure, as the delivery of a pipe is.

mod ask;
mod choices;
mod following;
mod ping;
mod said;
mod search;
mod send;
mod tail;
mod who;

use std::io::{self, ErrorKind};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lanchat_protocol::client::Code;
use lanchat_protocol::names::RoomName;
use lanchat_protocol::text::clean;
use tokio::sync::mpsc;

use crate::arguments::{Person, Place, Script as Asked};
use crate::claim::Proof;
use crate::contact::Contact;
use crate::driver::drive;
use crate::exit::{End, Exit};
use crate::introduction;
use crate::liaison::{LOGIN_REQUIRED, Liaison, Sender, Turn};
use crate::network::Network;
use crate::outbox::Errand;
use crate::run;
use crate::trust::Trust;
use crate::wish::Wish;
use crate::work::Work;

impl Asked {
    /// Who is to be talked to, and as whom, as the command line has it.
    pub(crate) fn contact(&self) -> (&Person, Option<&Place>) {
        let relay = match self {
            Self::Send(send) => &send.relay,
            Self::Tail(tail) => &tail.relay,
            Self::Ask(ask) => &ask.relay,
            Self::Who(who) => &who.relay,
            Self::Search(search) => &search.relay,
            Self::Ping(ping) => return (&ping.person, ping.place.as_ref()),
        };
        (&relay.person, relay.place.as_ref())
    }
}

/// Does what a script asks for.
pub(crate) async fn run(command: Asked, contact: Contact) -> End {
    let zone = TimeZone::system();
    let relay = match Relay::of(&contact).await {
        Ok(relay) => relay,
        Err(end) => return end.failing_with(failure(&command)),
    };
    match command {
        Asked::Send(send) => send::send(send, relay, contact).await,
        Asked::Tail(tail) => {
            let wish = if tail.with.is_some() { contact.wish() } else { contact.wish_to_read() };
            let tail = tail::Tail::new(&tail, zone);
            let rooms = tail.rooms();
            relay.work(tail, wish, rooms, contact).await
        }
        Asked::Ask(ask) => {
            let (wish, rooms) = (contact.wish(), ask.target.room().cloned().into_iter().collect());
            match ask::Asked::new(&ask) {
                Ok(asked) => relay.work(asked, wish, rooms, contact).await,
                Err(why) => End::misused(why),
            }
        }
        Asked::Who(who) => {
            let (wish, logs_in) = (contact.wish_to_read(), contact.logs_in());
            relay.work(who::People::new(who, logs_in), wish, Vec::new(), contact).await
        }
        Asked::Search(search) => {
            let wish = contact.wish_to_read();
            match search::Finding::new(&search, Timestamp::now(), zone) {
                Ok(finding) => {
                    let rooms = finding.rooms(&contact.rooms);
                    relay.work(finding, wish, rooms, contact).await
                }
                Err(why) => End::misused(why),
            }
        }
        Asked::Ping(ping) => {
            let wish = contact.wish_to_read();
            let relay_name = contact.link.address.to_string();
            relay.work(ping::Rounds::new(ping.count, relay_name), wish, Vec::new(), contact).await
        }
    }
}

/// The exit status of what failed.
fn failure(command: &Asked) -> Exit {
    match command {
        Asked::Ask(_) | Asked::Search(_) => Exit::Unable,
        Asked::Send(_) | Asked::Tail(_) | Asked::Who(_) | Asked::Ping(_) => Exit::Failed,
    }
}

/// A relay that may be talked to, and what shows it who this is.
struct Relay {
    trust: Trust,
    proof: Proof,
}

impl Relay {
    async fn of(contact: &Contact) -> Result<Self, End> {
        let proof = Proof::of(contact).map_err(End::failed)?;
        let mut trust = introduction::trust(contact).map_err(|error| End::unconnected(&error))?;
        introduction::introduce(&mut trust).await.map_err(|error| End::unconnected(&error))?;
        Ok(Self { trust, proof })
    }

    /// Who talks to it.
    fn sender(proof: Proof, wish: Wish, contact: &Contact) -> Sender {
        Sender {
            proof,
            wish,
            named: contact.named.clone().filter(|_| contact.login.is_none()),
            client: Some(run::token()),
            backlog: None,
            patience_ms: contact.timeout_ms,
        }
    }

    /// Does a piece of work there.
    async fn work<P: Part>(self, part: P, wish: Wish, rooms: Vec<RoomName>, contact: Contact) -> End {
        let address = self.trust.address().to_string();
        let sender = Self::sender(self.proof, wish, &contact);
        let sender = Sender { patience_ms: part.patience_ms().unwrap_or(sender.patience_ms), ..sender };
        let liaison = match P::BUSINESS {
            Business::Speaks => Liaison::looking_itself(sender, rooms),
            Business::Reads => Liaison::reading(sender, rooms),
            Business::Knocks => Liaison::at_the_door(sender),
        };
        let mut script = Script::new(part, liaison);
        let mut network = Network::new(self.trust);
        let (_, mut no_input) = mpsc::channel(1);
        match drive(&mut script, &mut network, &mut no_input).await {
            Ok(()) => script.end(&address),
            Err(error) => End::unconnected(&error).failing_with(P::FAILURE),
        }
    }
}

/// What somebody has to be let in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Business {
    /// They speak in a room, which is opened where there is none.
    Speaks,
    /// They look at what is there.
    Reads,
    /// They do not come in.
    Knocks,
}

/// What is particular about a subcommand that asks the relay for things. Pure.
trait Part {
    /// The exit status where something fails.
    const FAILURE: Exit = Exit::Failed;

    /// How far it has to be let in.
    const BUSINESS: Business = Business::Reads;

    /// How long a relay that is gone is waited for, where that is not as everywhere.
    fn patience_ms(&self) -> Option<u64> {
        None
    }

    /// The relay has said something.
    fn hear(&mut self, turn: Turn, desk: &mut Desk, now_ms: u64);

    /// There is no such room, or it is a private one.
    fn misses(&mut self, room: &RoomName, desk: &mut Desk, _now_ms: u64) {
        desk.stop(&no_room(room));
    }

    /// What to ask for next, now that the relay can be asked.
    fn errand(&mut self, now_ms: u64) -> Option<Errand>;

    /// Time has passed.
    fn tick(&mut self, _desk: &mut Desk, _now_ms: u64) {}

    /// When that is worth a call.
    fn due_ms(&self) -> Option<u64> {
        None
    }

    /// How long the program runs, for what milliseconds are too coarse for.
    fn runs_for(&mut self, _: Duration) {}

    /// Whether it is of use as long as somebody reads only.
    fn is_for_its_reader(&self) -> bool {
        true
    }

    /// Whether it may have nothing to write for long.
    fn minds_its_reader(&self) -> bool {
        false
    }

    /// How it has ended; `None`: not as it should.
    fn exit(&self) -> Option<Exit>;
}

/// What is said of a room that is not found.
fn no_room(room: &RoomName) -> String {
    format!("there is no room #{room}, or it is a private one")
}

/// What a part works with.
#[derive(Debug)]
struct Desk {
    liaison: Liaison,
    /// For standard output.
    output: String,
}

impl Desk {
    /// It comes to nothing, for this reason, which the relay may have said.
    fn stop(&mut self, why: &str) {
        self.liaison.stop(clean(why).into_owned());
    }

    fn print(&mut self, line: &str) {
        self.output.push_str(line);
        self.output.push('\n');
    }
}

/// A part at work.
#[derive(Debug)]
struct Script<P> {
    part: P,
    desk: Desk,
    /// Nobody reads any more.
    is_unread: bool,
    /// Why what was to be read could not be written.
    unwritten: Option<String>,
}

impl<P: Part> Script<P> {
    fn new(part: P, liaison: Liaison) -> Self {
        let desk = Desk { liaison, output: String::new() };
        Self { part, desk, is_unread: false, unwritten: None }
    }

    fn pump(&mut self, now_ms: u64) {
        if self.desk.liaison.is_free()
            && let Some(errand) = self.part.errand(now_ms)
        {
            self.desk.liaison.ask(errand);
        }
        if let Some(too_long) = self.desk.liaison.pump(now_ms) {
            let (bytes, max) = (too_long.bytes, self.desk.liaison.line_bytes_max());
            self.desk.stop(&format!("the request takes {bytes} bytes of at most {max}"));
        }
    }

    fn end(&self, relay: &str) -> End {
        let told = |exit, why: &str| End { exit, words: Some(format!("{relay}: {why}")) };
        if let Some(why) = &self.unwritten {
            return told(P::FAILURE, why);
        }
        match (self.part.exit(), self.desk.liaison.last_words()) {
            (Some(exit), _) => End { exit, words: None },
            (None, _) if self.is_unread => End::well(),
            (None, why) => {
                let exit = if self.desk.liaison.is_distrusted() { Exit::Untrusted } else { P::FAILURE };
                told(exit, why.unwrap_or("the relay has not answered"))
            }
        }
    }
}

impl<P: Part> Work for Script<P> {
    fn liaison(&self) -> &Liaison {
        &self.desk.liaison
    }

    fn liaison_mut(&mut self) -> &mut Liaison {
        &mut self.desk.liaison
    }

    fn hear(&mut self, line: &[u8], now_ms: u64) {
        match self.desk.liaison.hear(line, now_ms) {
            // What the relay says of commands to type is for people.
            Turn::Refused(_, Code::LoginRequired, _) => self.desk.stop(LOGIN_REQUIRED),
            Turn::NoRoom(room) | Turn::Refused(Errand::Who(room), Code::NoSuchRoom, _) => {
                self.part.misses(&room, &mut self.desk, now_ms);
            }
            Turn::Refused(Errand::Join(room), _, message) => {
                self.desk.stop(&format!("#{room} cannot be entered: {message}"));
            }
            turn => self.part.hear(turn, &mut self.desk, now_ms),
        }
        self.pump(now_ms);
    }

    fn tick(&mut self, now_ms: u64) {
        if self.desk.liaison.tick(now_ms).is_some() {
            self.desk.stop("the relay does not answer");
        }
        self.part.tick(&mut self.desk, now_ms);
        self.pump(now_ms);
    }

    fn due_ms(&self) -> Option<u64> {
        [self.desk.liaison.due_ms(), self.part.due_ms()].into_iter().flatten().min()
    }

    fn runs_for(&mut self, elapsed: Duration) {
        self.part.runs_for(elapsed);
    }

    fn take_output(&mut self) -> String {
        std::mem::take(&mut self.desk.output)
    }

    fn minds_its_reader(&self) -> bool {
        self.part.minds_its_reader()
    }

    fn unread(&mut self, error: &io::Error, _now_ms: u64) {
        if error.kind() != ErrorKind::BrokenPipe {
            self.unwritten = Some(format!("cannot write what was found out: {error}"));
        }
        // `lanchat-client tail | head` is no failure.
        if self.part.is_for_its_reader() {
            self.is_unread = true;
            self.desk.liaison.end();
        }
    }
}

#[cfg(test)]
mod tests;
