//! Passwords that are being looked at: that takes long on purpose, so it is done aside. Meanwhile a session waits, and what
//! it asks for waits with it, so that what stands behind a login is done by whoever has logged in.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::rc::Rc;

use lanchat_protocol::client::Hello;
use lanchat_protocol::password::Password;

use super::accounts::AccountKey;
use super::throttle::Try;
use super::{Command, Hub, Now, Output, Refusal, SessionId, Ticket, commands};
use crate::kept::Digest;

/// Passwords that wait to be looked at, or are being, at most; of those so many are for owners who come from where they
/// have been before, whatever others try.
pub const CHECKS_MAX: usize = 64;
const CHECKS_FOR_OWNERS: usize = 16;

/// Of all of them so many are for one origin: whoever knows passwords of their own, which are never too many, keeps nobody
/// else from showing theirs.
const CHECKS_OF_ORIGIN_MAX: usize = CHECKS_MAX / 4;

/// Requests of one session that wait with it, at most, and the bytes of their words.
const HELD_MAX: usize = 64;
const HELD_BYTES_MAX: usize = 16 * 1024;

/// When it is worth trying again where too much is to be done.
const AGAIN_MS: u64 = 2_000;

/// What the driver has to find out for a session; the answer goes to [`Hub::checked`].
#[derive(Debug, PartialEq, Eq)]
pub struct Check {
    /// Names the answer.
    pub ticket: Ticket,
    /// For whom.
    pub id: SessionId,
    /// What.
    pub work: Work,
}

/// What is to be done with passwords.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Whether this password is the one of which this is kept. Where nothing is, it takes as long to say no.
    pub verify: Option<(Password, Option<Box<str>>)>,
    /// What to keep of this one, if the other was right.
    pub hash: Option<Password>,
}

/// What has come of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// The password was another one.
    Wrong,
    /// It was right, and this is to be kept of the new one, where there is one.
    Right(Option<Box<str>>),
    /// Nobody knows.
    Failed,
}

/// Passwords that are being looked at, and from where they came.
#[derive(Debug, Default)]
pub(super) struct Checks(BTreeMap<Ticket, IpAddr>);

impl Checks {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn has_room(&self, ip: IpAddr, is_owner: bool) -> bool {
        let max = if is_owner { CHECKS_MAX } else { CHECKS_MAX - CHECKS_FOR_OWNERS };
        self.len() < max && self.0.values().filter(|other| **other == ip).count() < CHECKS_OF_ORIGIN_MAX
    }
}

/// A session waits for this.
#[derive(Debug)]
pub(super) struct Pending {
    ticket: Ticket,
    tag: Option<Box<str>>,
    tried: Try,
    what: What,
    held: VecDeque<(Option<Box<str>>, Command<'static>)>,
    held_bytes: usize,
}

/// For what a password is looked at.
#[derive(Debug)]
pub(super) enum What {
    /// To log in, perhaps with a hello. What was kept of the password then.
    LogIn { account: AccountKey, hash: Option<Rc<str>>, hello: Option<Box<Hello<'static>>> },
    /// To make an account of the nick.
    Register { nick: Rc<str>, invite: Option<Digest> },
    /// To change the password.
    Change { account: AccountKey, hash: Option<Rc<str>> },
}

impl Hub {
    /// Whether there is room for another one from this origin.
    pub(super) fn has_room_for_check(&self, ip: IpAddr, is_owner: bool) -> Result<(), Refusal> {
        if self.checks.has_room(ip, is_owner) { Ok(()) } else { Err(Refusal::Busy { wait_ms: AGAIN_MS }) }
    }

    /// Has a password looked at for a session, which waits for that.
    pub(super) fn check(&mut self, id: SessionId, tag: Option<&str>, work: Work, tried: Try, what: What) {
        self.tickets += 1;
        let ticket = self.tickets;
        let Some(session) = self.session(id) else { return };
        let (tag, held) = (tag.map(Into::into), VecDeque::new());
        let ip = tried.ip;
        session.check = Some(Box::new(Pending { ticket, tag, tried, what, held, held_bytes: 0 }));
        self.checks.0.insert(ticket, ip);
        self.outputs.push(Output::Check(Check { ticket, id, work }));
    }

    /// Whether the session waits for a password to be looked at: nothing should be read from it meanwhile.
    pub fn is_being_checked(&self, id: SessionId) -> bool {
        self.sessions.get(id.slot).is_some_and(|session| session.id == id && session.check.is_some())
    }

    /// Has a request wait with its session, if it waits. Gives it back if not.
    pub(super) fn hold<'a>(
        &mut self,
        now: Now,
        id: SessionId,
        tag: Option<&str>,
        command: Command<'a>,
    ) -> Option<Command<'a>> {
        let Some(pending) = self.session(id).and_then(|session| session.check.as_mut()) else {
            return Some(command);
        };
        if matches!(command, Command::Hello(_)) {
            self.refuse(now, id, tag, Refusal::AlreadyWelcome);
            return None;
        }
        let (command, bytes) = command.into_owned();
        pending.held_bytes += bytes;
        if pending.held.len() >= HELD_MAX || pending.held_bytes > HELD_BYTES_MAX {
            self.refuse(now, id, tag, Refusal::Busy { wait_ms: AGAIN_MS });
        } else {
            pending.held.push_back((tag.map(Into::into), command));
        }
        None
    }

    /// What has come of a password that was looked at.
    pub fn checked(&mut self, now: Now, id: SessionId, ticket: Ticket, checked: Checked) {
        self.checks.0.remove(&ticket);
        let Some(session) = self.session(id) else { return };
        let Some(pending) = session.check.take_if(|pending| pending.ticket == ticket) else { return };
        if session.is_closing {
            return;
        }
        let Pending { tag, tried, what, held, .. } = *pending;
        let tag = tag.as_deref();
        match (&what, &checked) {
            // Whoever makes accounts is slowed down too.
            (What::Register { .. }, Checked::Right(_)) | (_, Checked::Wrong) => {}
            (_, Checked::Right(_) | Checked::Failed) => self.throttle.was_right(&tried),
        }
        let result = match (what, checked) {
            (_, Checked::Failed) => Err(Refusal::Busy { wait_ms: AGAIN_MS }),
            (_, Checked::Wrong) => Err(Refusal::WrongPassword),
            (What::LogIn { account, hash, hello }, Checked::Right(_)) => {
                self.password_was_right(now, id, tag, &account, hash.as_ref(), hello.as_deref())
            }
            (What::Register { nick, invite }, Checked::Right(hash)) => {
                commands::register::registered(self, now, id, tag, &nick, invite, hash)
            }
            (What::Change { account, hash }, Checked::Right(new)) => {
                commands::passwd::changed(self, now, id, tag, &account, hash.as_ref(), new)
            }
        };
        if let Err(refusal) = result {
            self.refuse(now, id, tag, refusal);
        }
        for (tag, command) in held {
            if !self.is_closing(id) {
                self.handle(now, id, tag.as_deref(), command);
            }
        }
    }

    fn password_was_right(
        &mut self,
        now: Now,
        id: SessionId,
        tag: Option<&str>,
        key: &AccountKey,
        hash: Option<&Rc<str>>,
        hello: Option<&Hello>,
    ) -> Result<(), Refusal> {
        // It may have been changed meanwhile.
        if self.accounts.get(key).is_none_or(|account| account.hash.as_ref() != hash) {
            return Err(Refusal::WrongPassword);
        }
        if let Some(hello) = hello {
            return commands::hello::hello_of(self, now, id, hello, key);
        }
        self.log_in(now, id, tag, key)?;
        if let Some(session) = self.session(id) {
            session.token = None;
        }
        Ok(())
    }
}
