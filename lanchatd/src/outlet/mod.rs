//! How a fan-out reaches its sockets: by a system call for each, or by one for many through io_uring.

mod ring;

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use crate::config::Backend;
use crate::hub::{Fanout, Short};
use crate::link::Link;
use crate::log;
use ring::Ring;

/// For fewer readers a ring costs more than it saves.
const RING_READERS_MIN: usize = 12;

/// The sockets of all sessions, by slot.
pub type Links = [Option<Rc<Link>>];

/// Where fan-outs go out.
#[derive(Debug)]
pub struct Outlet {
    wanted: Backend,
    state: RefCell<State>,
}

#[derive(Debug)]
enum State {
    Ring(Box<Ring>),
    /// With the reason why no ring is used, where one was wanted.
    Plain(Option<String>),
}

impl Outlet {
    /// An outlet of the wanted kind, or a plain one where the system has no io_uring or forbids it.
    pub fn open(wanted: Backend) -> Self {
        let state = match wanted {
            Backend::Epoll => State::Plain(None),
            Backend::Auto | Backend::IoUring => match Ring::open() {
                Ok(ring) => State::Ring(Box::new(ring)),
                Err(error) => plain(&error, wanted),
            },
        };
        Self { wanted, state: RefCell::new(state) }
    }

    /// Sends a fan-out to all its readers, and notes who did not take all of it.
    pub fn send(&self, links: &Links, fanout: &Fanout, short: &mut Vec<Short>) {
        let mut state = self.state.borrow_mut();
        let mut readers = fanout.readers;
        if let State::Ring(ring) = &mut *state
            && readers.len() >= RING_READERS_MIN
        {
            let Err(broken) = ring.send(links, fanout, short) else { return };
            readers = broken.untouched;
            *state = plain(&broken.error, self.wanted);
        }
        for slot in readers.iter().copied() {
            let Some(link) = &links[slot] else { continue };
            let taken = link.send(&fanout.owed);
            if taken < fanout.owed.bytes {
                short.push(Short { slot, taken });
            }
        }
    }

    /// The backend that was asked for.
    pub fn wanted(&self) -> Backend {
        self.wanted
    }

    /// The backend in use: never [`Backend::Auto`].
    pub fn backend(&self) -> Backend {
        match &*self.state.borrow() {
            State::Ring(_) => Backend::IoUring,
            State::Plain(_) => Backend::Epoll,
        }
    }

    /// Why io_uring is not in use although it was to be.
    pub fn shortfall(&self) -> Option<String> {
        match &*self.state.borrow() {
            State::Plain(why) => why.clone(),
            State::Ring(_) => None,
        }
    }
}

fn plain(error: &io::Error, wanted: Backend) -> State {
    let why = error.to_string();
    log::no_io_uring(&why, wanted == Backend::IoUring);
    State::Plain(Some(why))
}

#[cfg(test)]
mod tests;
