//! What can go wrong, how it is told, and with which exit code.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use lanchat_protocol::admin::{Code, Refusal};

use crate::units;

/// The exit codes. 0 is success; 2 is mostly given by the parser of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The daemon refused, or something failed.
    Failed = 1,
    /// Something is missing on the command line.
    Usage = 2,
    /// No daemon answers.
    NotRunning = 3,
    /// What was named does not exist.
    NoSuchObject = 4,
    /// The socket may not be used by this user.
    Denied = 5,
    /// It took too long.
    Timeout = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a verb was not carried out, or its result not shown.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The daemon refused.
    Refused(Refusal),
    /// Nobody answers on any of these sockets.
    NotRunning(Vec<PathBuf>),
    /// This socket is there but may not be used.
    Denied(PathBuf),
    /// No answer within this time.
    Timeout(Duration),
    /// The daemon with this process id did not end within this time.
    StillRunning(i32, Duration),
    /// The daemon closed the connection instead of answering.
    NoAnswer,
    /// The daemon has ended without a word while it was watched.
    Vanished,
    /// The conversation failed.
    Socket(io::Error),
    /// What answered does not speak as lanchatd does.
    NotUnderstood(serde_json::Error),
    /// It does, but says something else than was asked for.
    OtherShape(serde_json::Error),
    /// This socket is in a directory that somebody else has made.
    Foreign(PathBuf),
    /// The answer is longer than this many bytes.
    AnswerTooLong(u64),
    /// The request is longer than this many bytes.
    RequestTooLong(usize),
    /// A file could not be read.
    File(PathBuf, io::Error),
    /// A file could not be written.
    Write(PathBuf, io::Error),
    /// This path is no text, which the daemon could be told.
    NoText(PathBuf),
    /// This is not done without somebody's word, and nobody can be asked.
    Unconfirmed,
    /// Somebody was asked, and did not want it.
    Declined,
    /// A password is none.
    Password(String),
    /// Nobody can be asked for a password.
    Terminal(io::Error),
    /// The program that restores cannot be run.
    NoDaemonProgram(PathBuf, io::Error),
    /// The program that restores has said this.
    Restore(String),
    /// So many of a doctor's checks have failed.
    Unwell(u64),
    /// It was done, but for this.
    Incomplete(String),
    /// These options do not go together.
    Options(String),
    /// The result could not be written.
    Output(io::Error),
    /// Whoever read the result has gone.
    OutputClosed,
}

impl Failure {
    /// The exit code that tells it to scripts.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::NotRunning(_) => Exit::NotRunning,
            Self::Denied(_) | Self::Foreign(_) => Exit::Denied,
            Self::Timeout(_) | Self::StillRunning(..) => Exit::Timeout,
            Self::Refused(refusal) => match refusal.code {
                Code::NoSuchClient
                | Code::NoSuchRoom
                | Code::NoSuchUser
                | Code::NoSuchToken
                | Code::NoSuchInvite => Exit::NoSuchObject,
                Code::BadRequest
                | Code::UnknownVerb
                | Code::BadConfig
                | Code::NameTaken
                | Code::BadOrder
                | Code::Failed
                | Code::Other => Exit::Failed,
            },
            Self::Unconfirmed | Self::Options(_) => Exit::Usage,
            Self::NoAnswer
            | Self::Vanished
            | Self::Socket(_)
            | Self::NotUnderstood(_)
            | Self::OtherShape(_)
            | Self::AnswerTooLong(_)
            | Self::RequestTooLong(_)
            | Self::File(..)
            | Self::Write(..)
            | Self::NoText(_)
            | Self::Declined
            | Self::Password(_)
            | Self::Terminal(_)
            | Self::NoDaemonProgram(..)
            | Self::Restore(_)
            | Self::Unwell(_)
            | Self::Incomplete(_)
            | Self::Output(_)
            | Self::OutputClosed => Exit::Failed,
        }
    }
}

impl Failure {
    /// The same for programs, in a word: what the daemon says where it refused.
    pub(crate) fn code(&self) -> String {
        let word = match self {
            Self::Refused(refusal) => {
                let code = serde_json::to_value(refusal.code).unwrap_or_default();
                return code.as_str().unwrap_or("failed").to_owned();
            }
            // An error is told apart by its exit code.
            _ => match self.exit() {
                Exit::Failed => "failed",
                Exit::Usage => "usage",
                Exit::NotRunning => "not_running",
                Exit::NoSuchObject => "no_such_object",
                Exit::Denied => "denied",
                Exit::Timeout => "timeout",
            },
        };
        word.to_owned()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => f.write_str(&refusal.message),
            Self::NotRunning(paths) => {
                let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
                let paths = paths.join(", ");
                write!(f, "lanchatd is not running (no answer on {paths}); ")?;
                f.write_str("start it with: systemctl start lanchatd, or lanchatd --foreground")
            }
            Self::Denied(path) => {
                write!(f, "permission denied on {}: run it as root, or ", path.display())?;
                f.write_str("add yourself to group lanchat: sudo usermod -aG lanchat $USER")
            }
            Self::Timeout(after) => {
                write!(f, "lanchatd did not answer within {}; ", units::timeout(*after))?;
                f.write_str("look at its log, or wait longer with --timeout SECONDS")
            }
            Self::StillRunning(pid, after) => {
                write!(f, "lanchatd (pid {pid}) has not ended within {}; ", units::timeout(*after))?;
                f.write_str("look at its log, or wait longer with --timeout SECONDS")
            }
            Self::NoAnswer => {
                f.write_str("lanchatd closed the connection without an answer: look at its log")
            }
            Self::Vanished => f.write_str("lanchatd has ended without a word: look at its log"),
            Self::Socket(error) => write!(f, "the conversation with lanchatd failed: {error}"),
            Self::NotUnderstood(error) => write!(
                f,
                "the answer is not lanchatd's ({error}): is something else listening on the admin socket?"
            ),
            Self::OtherShape(error) => write!(
                f,
                "the answer has another shape than expected ({error}): are lanchatd and lanchatctl of one version?"
            ),
            Self::Foreign(path) => write!(
                f,
                "{} is in a directory that belongs to somebody else, nothing is told to whoever listens there; if it is meant, name it with --socket",
                path.display()
            ),
            Self::AnswerTooLong(bytes) => write!(f, "the answer is longer than {}", units::size(*bytes)),
            Self::RequestTooLong(bytes) => {
                write!(f, "the request is longer than {} allows", units::size(*bytes as u64))
            }
            Self::Password(why) => write!(f, "{why}, nothing was changed"),
            Self::Terminal(error) => {
                write!(f, "the password cannot be read: {error}; give it on standard input instead")
            }
            Self::File(path, error) => write!(f, "{}: cannot be read: {error}", path.display()),
            Self::Write(path, error) => write!(f, "{}: cannot be written: {error}", path.display()),
            Self::NoText(path) => {
                write!(
                    f,
                    "{}: lanchatd cannot be told this name, it is not UTF-8: choose another",
                    path.display()
                )
            }
            Self::Unconfirmed => {
                f.write_str("nothing was removed: there is no terminal to ask on; say so with --yes")
            }
            Self::Declined => f.write_str("nothing was removed"),
            Self::NoDaemonProgram(path, error) => write!(
                f,
                "cannot run {}, which restores: {error}; install it beside lanchatctl, or where the shell finds it",
                path.display()
            ),
            Self::Restore(told) | Self::Incomplete(told) | Self::Options(told) => f.write_str(told),
            Self::Unwell(checks) => write!(f, "{} failed", units::count(*checks, "check")),
            Self::Output(error) => write!(f, "the result could not be written: {error}"),
            Self::OutputClosed => f.write_str("the reader of the result has gone"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: Code) -> Failure {
        Failure::Refused(Refusal { code, message: String::new() })
    }

    #[test]
    fn exit_codes_are_as_documented() {
        let code = |failure: Failure| failure.exit() as u8;
        assert_eq!(code(refused(Code::Failed)), 1);
        assert_eq!(code(refused(Code::BadConfig)), 1);
        assert_eq!(code(Failure::NoAnswer), 1);
        assert_eq!(code(Failure::NotRunning(Vec::new())), 3);
        assert_eq!(code(refused(Code::NoSuchClient)), 4);
        assert_eq!(code(Failure::Denied("/x".into())), 5);
        assert_eq!(code(Failure::Foreign("/x".into())), 5);
        assert_eq!(code(Failure::Timeout(Duration::from_secs(1))), 6);
        assert_eq!(code(Failure::StillRunning(1, Duration::from_secs(1))), 6);
    }

    #[test]
    fn a_failure_says_what_to_do() {
        let told = Failure::NotRunning(vec!["/a".into(), "/b".into()]).to_string();
        assert!(
            told.contains("(no answer on /a, /b)") && told.contains("systemctl start lanchatd"),
            "{told}"
        );
        let told = Failure::Denied("/a".into()).to_string();
        assert!(told.contains("on /a") && told.contains("sudo usermod -aG lanchat $USER"), "{told}");
        let told = Failure::Timeout(Duration::from_secs(10)).to_string();
        assert!(told.contains("within 10s") && told.contains("--timeout"), "{told}");
    }
}
