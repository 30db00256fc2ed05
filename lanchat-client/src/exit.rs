//! How the program ends, in a number for scripts and words for people.

use std::process::ExitCode;

use crate::printer::complain;
use crate::trouble::ConnectError;

/// The exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The person left; from a pipe, every line was acknowledged; what a script asked for was done.
    Well = 0,
    /// The relay is not there or lets nobody in, or not every line was acknowledged. Of `search` and `ask`, which have another one for that:
    /// nothing was found, or the answer is not the first choice.
    Failed = 1,
    /// Wrong usage, or a configuration that says nothing useful.
    Usage = 2,
    /// The relay is there, but nobody can tell that it is the one that is meant.
    Untrusted = 3,
    /// The relay is not there, or has refused, where 1 means something else.
    Unable = 4,
    /// Nobody has answered in time; as timeout(1) has it.
    TimedOut = 124,
}

/// How the program ends.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct End {
    /// The exit status.
    pub(crate) exit: Exit,
    /// The last word, for standard error.
    pub(crate) words: Option<String>,
}

impl End {
    /// All is done.
    pub(crate) fn well() -> Self {
        Self { exit: Exit::Well, words: None }
    }

    /// It did not work, for this reason.
    pub(crate) fn failed(words: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, words: Some(words.into()) }
    }

    /// It was not asked for in a way that can be done.
    pub(crate) fn misused(words: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, words: Some(words.into()) }
    }

    /// The same where what failed has another exit status than 1.
    pub(crate) fn failing_with(self, failure: Exit) -> Self {
        let exit = if self.exit == Exit::Failed { failure } else { self.exit };
        Self { exit, ..self }
    }

    /// There is no connection.
    pub(crate) fn unconnected(error: &ConnectError) -> Self {
        let exit = if error.is_untrusted() { Exit::Untrusted } else { Exit::Failed };
        Self { exit, words: Some(error.to_string()) }
    }

    /// Tells the last word.
    pub(crate) fn tell(self) -> ExitCode {
        if let Some(words) = self.words {
            complain(&format!("lanchat-client: {words}"));
        }
        ExitCode::from(self.exit as u8)
    }
}
