//! A crowd that comes and goes as fast as it can, and two who talk meanwhile.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, spawn};
use std::time::{Duration, Instant};

use lanchat_tests::{Daemon, Native, Stranger, Value, eventually};
use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_linger, set_socket_timeout};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with};

/// How long a message may take to be acknowledged and heard: many times what it takes on a busy machine, and
/// a small part of what it takes where accepting comes before everything else.
const HEARD_WITHIN: Duration = Duration::from_secs(2);

/// How many visits there are for each message, on average: as those who talk get their turn again and again
/// while a crowd is let in, not many more, however slow the machine is.
const VISITS_PER_MESSAGE_MAX: u64 = 600;

/// A storm is at least so many visits, and so many messages of each of the two.
const VISITS_MIN: u64 = 10_000;
const MESSAGES_MIN: u64 = 100;

/// How long that may take.
const STORM_MAX: Duration = Duration::from_mins(2);

/// How many come at once: more than the relay keeps up with, so that somebody is always waiting to be let in.
const VISITORS: u8 = 4;

/// From how many addresses each of them comes: a port that was used rests for a while.
const SOURCES: u64 = 200;

/// When a visitor for whom there is no room in the queue tries again. Left to itself the system does so after
/// a second, in which the storm would calm down.
const TRIES_AGAIN_AFTER: Duration = Duration::from_millis(10);

/// One visit in so many may stay uncounted: of two who come to the last place in the queue at once, the
/// system lets one believe that it got it (`tcp_abort_on_overflow`, tcp(7)).
const UNCOUNTED: u64 = 10;

/// One storm at a time, so that each has the whole machine.
fn one_at_a_time() -> MutexGuard<'static, ()> {
    static STORM: Mutex<()> = Mutex::new(());
    STORM.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A daemon with these settings that, once it is ready, does not fill the log with who comes and goes.
fn daemon(settings: &str) -> Daemon {
    let settings = format!("limits.messages_per_second_max = 0\n{settings}\n");
    let mut daemon = Daemon::with(&settings);
    daemon.configure(&format!("{settings}log.level = \"warn\"\n"));
    daemon.ctl(&["reload"]).exits(0);
    daemon
}

/// Visitors who come and leave until it ends.
struct Storm {
    visits: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
    visitors: Vec<JoinHandle<io::Result<()>>>,
}

impl Storm {
    fn begin(daemon: &Daemon) -> Self {
        let mut storm = Self { visits: Arc::default(), is_over: Arc::default(), visitors: Vec::new() };
        for visitor in 1..=VISITORS {
            let (address, visits, is_over) = (daemon.address(), storm.visits.clone(), storm.is_over.clone());
            storm.visitors.push(spawn(move || {
                for number in 0.. {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    if let Some(stream) = come(address, visitor, number)? {
                        leave(stream, visitor, number)?;
                        visits.fetch_add(1, Ordering::Relaxed);
                    }
                }
                Ok(())
            }));
        }
        storm
    }

    fn visits(&self) -> u64 {
        self.visits.load(Ordering::Relaxed)
    }

    /// Nobody comes any more. The answer is how many visits there were, which are enough.
    fn end(mut self) -> u64 {
        self.is_over.store(true, Ordering::Relaxed);
        for visitor in self.visitors.drain(..) {
            visitor.join().unwrap().expect("there is a relay to visit");
        }
        let visits = self.visits();
        assert!(visits >= VISITS_MIN, "{visits} visits are no storm");
        visits
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

/// A connection; none where the queue of those who wait to be let in is full.
fn come(address: SocketAddr, visitor: u8, number: u64) -> io::Result<Option<TcpStream>> {
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    let source = Ipv4Addr::new(127, 2, visitor, (1 + number % SOURCES) as u8);
    bind(&socket, &SocketAddrV4::new(source, 0))?;
    // This is the deadline of connect(2) too (socket(7)).
    set_socket_timeout(&socket, Timeout::Send, Some(TRIES_AGAIN_AFTER))?;
    match connect(&socket, &address) {
        Ok(()) => Ok(Some(socket.into())),
        Err(Errno::INPROGRESS) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// One in two has said hello before, one in two breaks the connection in place of ending it.
fn leave(mut stream: TcpStream, visitor: u8, number: u64) -> io::Result<()> {
    if number.is_multiple_of(2) {
        let hello = format!("{{\"type\":\"hello\",\"version\":1,\"nick\":\"v{visitor}-{number}\"}}\n");
        // An empty buffer takes it; who was turned away is not heard.
        let _ = stream.write(hello.as_bytes());
    }
    if (number / 2).is_multiple_of(2) {
        set_socket_linger(&stream, Some(Duration::ZERO))?;
    }
    Ok(())
}

/// Two who talk, one message after the other.
struct Talk {
    alice: Native,
    bob: Native,
    said: u64,
    slowest: Duration,
}

impl Talk {
    fn begin(daemon: &Daemon) -> Self {
        let (alice, bob) = (Native::hello(daemon, "alice"), Native::hello(daemon, "bob"));
        Self { alice, bob, said: 0, slowest: Duration::ZERO }
    }

    /// They talk until there was enough of the talk and of the storm.
    fn outlast(&mut self, storm: &Storm) {
        let start = Instant::now();
        while self.said < MESSAGES_MIN || storm.visits() < VISITS_MIN {
            let (said, visits) = (2 * self.said, storm.visits());
            let visits_max = VISITS_PER_MESSAGE_MAX * said.max(2 * MESSAGES_MIN);
            assert!(visits <= visits_max, "only {said} messages were heard during {visits} visits");
            assert!(start.elapsed() < STORM_MAX, "only {said} messages and {visits} visits in {STORM_MAX:?}");
            self.go_on(visits);
        }
        let (said, visits) = (2 * self.said, storm.visits());
        println!("{said} messages and {visits} visits in {:?}", start.elapsed());
        println!("{} visits a message, and the slowest took {:?}", visits / said, self.slowest);
    }

    /// Each says something that the other hears in time. There have been so many `visits`.
    fn go_on(&mut self, visits: u64) {
        let Self { alice, bob, said, .. } = self;
        let text = said.to_string();
        for took in [is_heard(alice, bob, "alice", &text), is_heard(bob, alice, "bob", &text)] {
            self.slowest = self.slowest.max(took);
            assert!(took < HEARD_WITHIN, "message {text} after {visits} visits took {took:?}");
        }
        self.said += 1;
    }

    /// Makes sure that each has heard what the other said, once and in order, and nothing else.
    fn was_heard(&self) {
        let said: Vec<_> = (0..self.said).map(|number| number.to_string()).collect();
        assert_eq!(heard(&self.alice), said);
        assert_eq!(heard(&self.bob), said);
    }
}

/// How long it takes until something is acknowledged and heard.
fn is_heard(speaker: &mut Native, hearer: &mut Native, nick: &str, text: &str) -> Duration {
    let start = Instant::now();
    speaker.says(text);
    hearer.sees_message(nick, text);
    start.elapsed()
}

fn heard(hearer: &Native) -> Vec<String> {
    let messages = hearer.events().into_iter().filter(|event| event["type"] == "message");
    messages.map(|message| message["text"].as_str().unwrap().to_owned()).collect()
}

/// The visits that the status counts.
#[derive(Debug)]
struct Counted {
    let_in: u64,
    refused: u64,
}

impl Counted {
    /// Waits until about so many are.
    fn out_of(visits: u64, daemon: &Daemon) -> Self {
        let least = visits - visits / UNCOUNTED;
        eventually("the visits are counted", || {
            let status = daemon.status();
            let number = |name: &str| status[name].as_u64().unwrap();
            let counted = Self { let_in: number("connections") - 2, refused: number("refusals") };
            (counted.let_in + counted.refused >= least).then_some(counted)
        })
    }
}

/// Makes sure that two who talk are not disturbed by a storm, and answers what became of the visitors.
fn talk_through_a_storm(daemon: &Daemon) -> Counted {
    let mut talk = Talk::begin(daemon);
    let before = places(daemon);
    let storm = Storm::begin(daemon);
    talk.outlast(&storm);
    let visits = storm.end();
    let counted = Counted::out_of(visits, daemon);
    println!("{visits} visits in all: {counted:?}");
    eventually("only the two are left", || (places(daemon) == before).then_some(()));
    talk.was_heard();
    counted
}

/// Who is connected: their ids, of which none is used twice, and their nicks.
fn places(daemon: &Daemon) -> Vec<(Value, Value)> {
    daemon.clients().iter().map(|client| (client["id"].clone(), client["nick"].clone())).collect()
}

#[test]
fn a_crowd_that_comes_and_goes_keeps_nobody_from_being_heard() {
    let _sky = one_at_a_time();
    let daemon = daemon("");
    let counted = talk_through_a_storm(&daemon);
    assert_eq!(counted.refused, 0);
}

#[test]
fn a_crowd_that_comes_faster_than_it_may_keeps_nobody_from_being_heard() {
    let _sky = one_at_a_time();
    let daemon = daemon(
        "limits.connections_per_address_on_loopback = true\n\
         limits.address_messages_per_second_max = 0\n\
         limits.connects_per_second_per_address_max = 1\n\
         limits.connects_burst_per_address_max = 2",
    );
    let counted = talk_through_a_storm(&daemon);
    let status = daemon.status();
    assert!(counted.refused > 0, "{counted:?}");
    assert_eq!(status["refusals_by_code"]["connecting_too_fast"], status["refusals"]);
}

#[test]
fn a_crowd_that_does_not_fit_in_takes_nobodys_place() {
    let _sky = one_at_a_time();
    // One place for all of the crowd.
    let daemon = daemon("limits.connections_max = 3");
    let counted = talk_through_a_storm(&daemon);
    assert!(counted.refused > counted.let_in, "{counted:?}");
    eventually("the place is to be had again", || {
        let mut newcomer = Stranger::connect(&daemon);
        newcomer.tries_to_send(b"/quit\n");
        newcomer.is_closed().contains("Welcome").then_some(())
    });
}
