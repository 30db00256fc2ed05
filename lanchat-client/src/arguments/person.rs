//! Options of every form of the program: as whom, and how the relay is made sure of.

use std::path::PathBuf;

use clap::Args;
use lanchat_protocol::fingerprint::Fingerprint;
use lanchat_protocol::moment::span_ms;
use lanchat_protocol::names::Nick;

/// Who talks, as the command line has it.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Person {
    /// The name that others see [default: the one of client.toml, the one that you said last, or your user name]
    #[arg(long, value_parser = parse_nick)]
    pub(crate) nick: Option<Nick>,

    /// Log in under this nick; the password is asked for, or in a file
    #[arg(long, value_name = "NICK", value_parser = parse_nick, conflicts_with_all = ["nick", "plain"])]
    pub(crate) login: Option<Nick>,

    /// The file with the password of --login, in its first line
    #[arg(long, value_name = "FILE", requires = "login")]
    pub(crate) password_file: Option<PathBuf>,

    /// Log in with the token in the first line of this file [default: the file that `$LANCHAT_TOKEN_FILE` names, if any]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["login", "nick", "plain"])]
    pub(crate) token_file: Option<PathBuf>,

    /// For programs: how long the relay may be gone, in seconds or as in 5m; nothing is lost or sent twice within it.
    /// Connecting takes no longer either, and 10 seconds at most. For `ask`: how long an answer is waited for [default: 60, for
    /// `ask` 5m]
    #[arg(long, alias = "patience", value_name = "SPAN", value_parser = parse_span)]
    pub(crate) timeout: Option<u64>,

    /// What the relay's key has to be known by; `lanchatctl status` shows it on that machine
    #[arg(long, value_name = "FINGERPRINT", conflicts_with = "plain")]
    pub(crate) pin: Option<Fingerprint>,

    /// Take whatever key a relay shows the first time, without a question
    #[arg(long, conflicts_with = "plain")]
    pub(crate) accept_new: bool,

    /// Do not encrypt: everybody in between can read and change what is said
    #[arg(long)]
    pub(crate) plain: bool,
}

pub(super) fn parse_nick(written: &str) -> Result<Nick, String> {
    Nick::parse(written).map_err(|error| format!("a nick {error}"))
}

/// A span of time in milliseconds; a number alone is of seconds.
pub(super) fn parse_span(written: &str) -> Result<u64, String> {
    let span = || span_ms(written).and_then(|ms| u64::try_from(ms).ok());
    let ms = written.parse().ok().and_then(|seconds: u64| seconds.checked_mul(1000)).or_else(span);
    ms.ok_or_else(|| "write a number of seconds, or a span such as 90s, 5m, 2h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_of_seconds_unless_it_says_otherwise() {
        assert_eq!(parse_span("60"), Ok(60_000));
        assert_eq!(parse_span("0"), Ok(0));
        assert_eq!(parse_span("5m"), Ok(300_000));
        for wrong in ["", "-1", "5 apples", "99999999999999999999"] {
            assert!(parse_span(wrong).is_err(), "{wrong}");
        }
    }
}
