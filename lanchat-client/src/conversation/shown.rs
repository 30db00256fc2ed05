//! What a conversation gives out: lines to print, and what the driver has to do.

use crate::exit::End;
use crate::transcript::wrap::unbroken;

/// Something to print. The lines have the marks of [`crate::transcript::wrap`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// An event of the relay.
    Event(String),
    /// A word of this program about itself.
    Note(String),
    /// An event of the relay, and what makes a terminal call the person.
    Call {
        /// The event.
        line: String,
        /// What is written to a terminal, and takes no room there.
        call: String,
    },
}

impl Shown {
    /// The lines as they are.
    pub(crate) fn marked(&self) -> &str {
        match self {
            Self::Event(line) | Self::Note(line) | Self::Call { line, .. } => line,
        }
    }

    /// What makes a terminal call the person.
    pub(crate) fn call(&self) -> &str {
        match self {
            Self::Call { call, .. } => call,
            Self::Event(_) | Self::Note(_) => "",
        }
    }

    /// The line to print where nothing is broken.
    pub(crate) fn into_line(self) -> String {
        unbroken(self.marked()).into_owned()
    }
}

/// What the driver has to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Close the connection; it is of no use any more, for this reason.
    HangUp(String),
    /// End the program.
    End(End),
}
