//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};
use clap_complete::engine::ArgValueCompleter;

use crate::candidates;
use crate::verbs::{
    Banned, Export, Invite, Muted, Purge, Restore, RoomVerb, Shown, TokenVerb, UserVerb, Wanted,
};

/// How long an answer may take where `--timeout` does not say.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a stop may take where `--timeout` does not say.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  refused or failed
  2  wrong usage
  3  lanchatd is not running
  4  no such client, room, account, token or invite
  5  permission denied
  6  timeout";

/// Asks and tells a running lanchatd.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// The admin socket; found by itself where lanchatd puts it
    #[arg(long, value_name = "PATH", global = true)]
    pub(crate) socket: Option<PathBuf>,

    /// Print the result as one line of JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// How long to wait for an answer [default: 10, stop: 30]
    #[arg(long, value_name = "SECONDS", global = true, value_parser = seconds)]
    timeout: Option<Duration>,

    /// What to do; `status` where it is left out
    #[command(subcommand)]
    verb: Option<Verb>,
}

/// What lanchatctl can do.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Verb {
    /// Show how the relay is, and what needs attention
    Status,
    /// Show who is connected
    ListClients,
    /// Look at everything that commonly goes wrong, and say what to do; exits with 1 where something has failed
    Doctor,
    /// Show what happens as it happens, until interrupted: comings and goings, refusals, trouble; never what people say
    Watch,
    /// Show the relay and its busiest clients again and again, until q or Ctrl-C
    Top(Shown),
    /// Print all counters as Prometheus reads them
    Metrics,
    /// Stop the relay; returns when it has ended
    Stop,
    /// Let the relay read its configuration again
    Reload,
    /// End a client's connection
    Kick {
        /// The id or the nick, as list-clients shows it
        #[arg(value_name = "ID|NICK", add = ArgValueCompleter::new(candidates::clients))]
        client: String,
        /// What the client and the room are told
        reason: Vec<String>,
    },
    /// Let nobody in who is called so, or comes from there; whoever is here is told why, and goes
    Ban(Banned),
    /// End a ban
    Unban {
        /// As bans shows it
        whom: String,
    },
    /// Show who is not let in, and who may say nothing
    Bans,
    /// Let somebody say nothing
    Mute(Muted),
    /// Let them speak again
    Unmute {
        /// Their nick
        #[arg(add = ArgValueCompleter::new(candidates::nicks))]
        nick: String,
        /// In this room only
        #[arg(long, add = ArgValueCompleter::new(candidates::rooms))]
        room: Option<String>,
    },
    #[command(flatten)]
    Room(RoomVerb),
    /// Tell everybody something
    Announce {
        /// What to tell
        #[arg(required = true)]
        text: Vec<String>,
    },
    /// Let nobody new in while whoever is connected stays, or everybody again; shows which it is where nothing is said
    ///
    /// Who connects is told so and sent away, and nobody may register. A restart of the relay ends it.
    Lockdown {
        /// What is to be from here on
        state: Option<Wanted>,
    },
    /// Check a configuration without taking it
    CheckConfig {
        /// The file to check; the relay's own where it is left out
        file: Option<PathBuf>,
    },
    /// Show which rooms there are
    Rooms,
    /// Write down everything that is kept
    Export(Export),
    /// Copy the store to a file, while the relay runs: it is complete, and as of one moment
    ///
    /// lanchatd writes the file, so its user has to be allowed to, and nothing may be there yet. The copy goes on if
    /// lanchatctl is interrupted; until it is complete its name ends in .part.
    Backup {
        /// The file to make
        file: PathBuf,
    },
    /// Make a backup the store again; the relay has to be stopped
    Restore(Restore),
    /// Remove messages for good, from the store and from the memory of the relay
    Purge(Purge),
    /// Make, remove, list and change accounts
    #[command(subcommand)]
    User(UserVerb),
    /// Make, list and revoke the tokens with which scripts log in
    #[command(subcommand)]
    Token(TokenVerb),
    /// Print what to pass on so that others find the relay, with a code to register where one is wanted; list and revoke such codes
    Invite(Invite),
}

impl Arguments {
    /// What to do.
    pub(crate) fn verb(&self) -> Verb {
        self.verb.clone().unwrap_or(Verb::Status)
    }

    /// How long it may take.
    pub(crate) fn timeout(&self) -> Duration {
        let default = if self.verb() == Verb::Stop { STOP_TIMEOUT } else { ANSWER_TIMEOUT };
        self.timeout.unwrap_or(default)
    }
}

fn seconds(written: &str) -> Result<Duration, String> {
    const SECONDS_MAX: f64 = 1_000_000.0;
    let seconds: f64 = written.parse().unwrap_or(f64::NAN);
    if seconds > 0.0 && seconds <= SECONDS_MAX {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err(format!("allowed: a number of seconds above 0, at most {SECONDS_MAX}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn arguments(words: &str) -> Arguments {
        Arguments::try_parse_from(words.split(' ')).unwrap()
    }

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn no_verb_means_status() {
        assert_eq!(arguments("lanchatctl").verb(), Verb::Status);
        assert_eq!(arguments("lanchatctl --json").verb(), Verb::Status);
    }

    #[test]
    fn options_may_stand_before_and_after_the_verb() {
        for words in ["lanchatctl --json --socket /x status", "lanchatctl status --socket /x --json"] {
            let arguments = arguments(words);
            assert!(arguments.json);
            assert_eq!(arguments.socket, Some("/x".into()));
        }
    }

    #[test]
    fn they_may_stand_between_the_words_of_a_verb() {
        let lines = ["lanchatctl invite --json list", "lanchatctl invite --json revoke c0de"];
        let others = ["lanchatctl user --json list", "lanchatctl token --timeout 3 --json list"];
        for words in lines.into_iter().chain(others) {
            assert!(arguments(words).json, "{words}");
        }
    }

    #[test]
    fn a_stop_may_take_longer_than_an_answer() {
        assert_eq!(arguments("lanchatctl").timeout(), ANSWER_TIMEOUT);
        assert_eq!(arguments("lanchatctl stop").timeout(), STOP_TIMEOUT);
        assert_eq!(arguments("lanchatctl stop --timeout 0.5").timeout(), Duration::from_millis(500));
    }

    #[test]
    fn a_timeout_is_a_positive_number() {
        for wrong in ["0", "-1", "x", "", "nan", "inf", "1e99"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
        assert_eq!(seconds("1"), Ok(Duration::from_secs(1)));
    }
}
