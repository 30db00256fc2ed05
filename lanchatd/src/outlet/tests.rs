use std::collections::BTreeMap;
use std::io::Read;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::rc::Rc;

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

use crate::config::networks::networks;
use crate::config::{Backend, Config};
use crate::dialect::TEXT;
use crate::flusher::pass;
use crate::hub::{Command, SessionId};
use crate::link::Link;
use crate::passwords::Passwords;
use crate::relay::Relay;

/// `io_uring_enter(2)`, the same number on every architecture.
const IO_URING_ENTER: i64 = 426;

/// errno(3).
const EPERM: u32 = 1;
const EAGAIN: u32 = 11;

/// What goes down to the system at once, as the ring has it.
const BATCH: usize = 256;

/// More than one batch.
const READERS: usize = 300;

/// People who have read their greetings, each with the other end of their connection.
struct Crowd {
    relay: Relay,
    people: Vec<(Rc<Link>, TcpStream)>,
}

impl Crowd {
    fn come(backend: Backend, count: usize) -> Self {
        let mut config = Config::default();
        config.io.backend = backend;
        config.limits.connections_max = 0;
        config.limits.connections_per_address_max = 0;
        config.limits.messages_per_second_max = 0;
        let relay =
            Relay::new(&config, networks(&config.listen.allow).unwrap(), Passwords::start().unwrap().0, None);
        let door = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let people: Vec<_> = (0..count).map(|_| enter(&relay, &door)).collect();
        pass(&relay);
        pass(&relay);
        let mut crowd = Self { relay, people };
        crowd.people.iter_mut().for_each(|(_, stream)| drop(heard(stream)));
        crowd
    }

    /// The first says something, and everybody is sent it.
    fn say(&mut self, text: &str) {
        let id = self.id(0);
        let say = Command::Say { room: None, text: text.into(), action: false };
        self.relay.act(|hub, now| hub.handle(now, id, None, say));
        pass(&self.relay);
    }

    fn id(&self, number: usize) -> SessionId {
        self.people[number].0.id
    }

    /// How many of the others have heard `text`, and how many have been cut off without a byte of it.
    fn heard_or_cut_off(&mut self, text: &str) -> (usize, usize) {
        let (mut hearing, mut cut_off) = (0, 0);
        for (link, stream) in &mut self.people[1..] {
            let heard = heard(stream);
            if link.failure().is_some() {
                assert_eq!(heard, "", "cut off, and yet told");
                cut_off += 1;
            } else {
                assert!(heard.ends_with(&format!(": {text}\n")), "{heard:?}");
                hearing += 1;
            }
        }
        (hearing, cut_off)
    }
}

/// Somebody comes in, and speaks text.
fn enter(relay: &Relay, door: &TcpListener) -> (Rc<Link>, TcpStream) {
    let there = TcpStream::connect(door.local_addr().unwrap()).unwrap();
    there.set_nonblocking(true).unwrap();
    let (here, address) = door.accept().unwrap();
    here.set_nonblocking(true).unwrap();
    let link = relay.attach(tokio::net::TcpStream::from_std(here).unwrap(), address).unwrap();
    relay.act(|hub, now| hub.choose(now, link.id, &TEXT));
    (link, there)
}

/// What has arrived: on the loopback, whatever was sent.
fn heard(stream: &mut TcpStream) -> String {
    let mut bytes = [0; 4096];
    let mut heard = String::new();
    while let Ok(count @ 1..) = stream.read(&mut bytes) {
        heard.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
    }
    heard
}

/// Has the system answer `errno` to a system call of this thread.
fn forbid(system_call: i64, errno: u32) {
    let filter: BpfProgram = SeccompFilter::new(
        BTreeMap::from([(system_call, vec![])]),
        SeccompAction::Allow,
        SeccompAction::Errno(errno),
        std::env::consts::ARCH.try_into().unwrap(),
    )
    .and_then(TryInto::try_into)
    .unwrap();
    apply_filter(&filter).unwrap();
}

fn in_a_runtime(test: impl FnOnce()) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { test() });
}

fn a_ring_breaks_with(errno: u32) {
    in_a_runtime(|| {
        let mut crowd = Crowd::come(Backend::IoUring, READERS);
        // Where the system has no ring from the beginning, nothing breaks.
        let lost = if crowd.relay.outlet.backend() == Backend::IoUring { BATCH } else { 0 };
        crowd.say("before");
        assert_eq!(crowd.heard_or_cut_off("before"), (READERS - 1, 0));

        forbid(IO_URING_ENTER, errno);
        crowd.say("while");
        assert_eq!(crowd.heard_or_cut_off("while"), (READERS - 1 - lost, lost));
        assert_eq!(crowd.relay.outlet.backend(), Backend::Epoll);
        assert!(crowd.relay.outlet.shortfall().is_some());

        for number in (1..READERS).rev() {
            if crowd.people[number].0.failure().is_some() {
                crowd.relay.detach(crowd.id(number), None);
                crowd.people.swap_remove(number);
            }
        }
        crowd.say("after");
        assert_eq!(crowd.heard_or_cut_off("after"), (READERS - 1 - lost, 0));
    });
}

#[test]
fn a_ring_that_is_forbidden_while_it_runs_cuts_off_one_batch_at_most() {
    a_ring_breaks_with(EPERM);
}

#[test]
fn a_ring_that_takes_nothing_any_more_cuts_off_one_batch_at_most() {
    a_ring_breaks_with(EAGAIN);
}

#[test]
fn what_was_asked_for_and_what_is_in_use_are_told_apart() {
    in_a_runtime(|| {
        let mut crowd = Crowd::come(Backend::Epoll, 20);
        crowd.say("all of you");
        assert_eq!(crowd.heard_or_cut_off("all of you"), (19, 0));
        let outlet = &crowd.relay.outlet;
        assert_eq!(
            (outlet.wanted(), outlet.backend(), outlet.shortfall()),
            (Backend::Epoll, Backend::Epoll, None)
        );
    });
}
