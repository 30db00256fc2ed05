//! What the hub asks of its driver.

use std::rc::Rc;

#[cfg(doc)]
use super::Settings;
use super::{Check, Done, Lookup, Refusal, SessionId};

/// What the driver has to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// Write what the session is owed, then close its connection.
    Close(SessionId),
    /// Look something up in the store, and say what was found to [`super::Hub::found`].
    LookUp(Lookup),
    /// Look at a password, aside, and say what has come of it to [`super::Hub::checked`].
    Check(Check),
    /// Log what happened.
    Occurred {
        /// To whom.
        id: SessionId,
        /// Their nick at that moment; empty before a native client's hello.
        nick: Rc<str>,
        /// What.
        what: Occurrence,
    },
}

/// What an administrator wants to find in the log.
#[derive(Debug, PartialEq, Eq)]
pub enum Occurrence {
    /// A session has taken a nick, in place of the one that it had. Guests, who are given theirs, are not reported.
    Named {
        /// The nick before; `None`: it has said who it is.
        was: Option<Rc<str>>,
    },
    /// A session has shown that its nick is its own.
    LoggedIn,
    /// A session has made its nick its own.
    Registered,
    /// A session is a guest again.
    LoggedOut,
    /// A session has entered a room. That it is in the lobby when it connects is not reported.
    Joined {
        /// Its name.
        room: Rc<str>,
    },
    /// A session has left a room and stays connected.
    Left {
        /// Its name.
        room: Rc<str>,
    },
    /// A session has kept order.
    Ordered {
        /// The account that it is logged in to.
        account: Option<Rc<str>>,
        /// What was done.
        done: Done,
    },
    /// A session said something; only where [`Settings::report_messages`] is set.
    Said(String),
    /// A session was refused something; `unlogged` refusals before it were not reported.
    Refused {
        /// What and why.
        refusal: Refusal,
        /// How many were not reported.
        unlogged: u64,
    },
}
