//! The command line.

use std::env;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use clap_complete::CompleteEnv;
use lanchat_protocol::address::AddressError;
use lanchat_protocol::fingerprint::Fingerprint;
use lanchat_protocol::link::{Link, LinkError};
use lanchat_protocol::names::{Nick, RoomName};

use crate::target::Target;
use crate::trust::Wanted;
use crate::wish::Wish;

/// Chats through a lanchat relay.
///
/// Type a line and press Enter; /help lists the commands. When standard input is not a terminal, every
/// line of it is sent as one message, and the exit status is 0 only when the relay has acknowledged them all. When
/// the connection is lost it is made again: nothing is then lost or sent twice, and what was said meanwhile is shown.
///
/// What is said is encrypted. The first time, the relay's key is shown and asked about; a relay that shows another one
/// later is not talked to. The exit status is 0 when all went well, 1 when something failed, 2 for wrong usage, 3 when the
/// relay is there but not to be trusted.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[derive(Debug, Parser)]
#[command(name = "lanchat-client", version, max_term_width = 100)]
pub(crate) struct Arguments {
    /// Where the relay is; the port is 5555 unless given, an IPv6 address stands in brackets. Or a link that somebody
    /// has passed on, lanchat://HOST:PORT#FINGERPRINT: nothing is asked then
    #[arg(value_name = "HOST[:PORT]", default_value = "127.0.0.1:5555", value_parser = parse_relay)]
    pub(crate) relay: Link,

    /// The name that others see [default: your user name]
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

    /// A room to enter beside the lobby; may be given more than once, you talk in the last one. For a pipe: the
    /// one room that its lines go to, or @NICK for that person alone [default: lobby]
    #[arg(long = "room", value_name = "ROOM", value_parser = Target::parse)]
    pub(crate) targets: Vec<Target>,

    /// How many messages to show that were said in a room before you entered it [default: as the relay is set]
    #[arg(long, value_name = "N")]
    pub(crate) backlog: Option<usize>,

    /// For a pipe: how long it waits for the relay to be back when the connection is lost, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) patience: u64,

    /// What the relay's key has to be known by; `lanchatctl status` shows it on that machine
    #[arg(long, value_name = "FINGERPRINT", conflicts_with = "plain")]
    pub(crate) pin: Option<Fingerprint>,

    /// Take whatever key a relay shows the first time, without a question
    #[arg(long, conflicts_with = "plain")]
    pub(crate) accept_new: bool,

    /// Do not encrypt: everybody in between can read and change what is said
    #[arg(long)]
    pub(crate) plain: bool,

    /// Forget the key of a relay, and end
    #[arg(long, value_name = "HOST[:PORT]", exclusive = true, value_parser = parse_relay)]
    pub(crate) forget: Option<Link>,

    /// List the relays whose keys are known, and end
    #[arg(long, exclusive = true)]
    pub(crate) pins: bool,

    /// Print the relay's events on standard output, one JSON object a line, for as long as standard input
    /// stays open
    #[arg(long)]
    pub(crate) json: bool,
}

impl Arguments {
    /// What the program was started with; where that is no use, it ends here.
    pub(crate) fn read(is_terminal: bool) -> Self {
        // `COMPLETE=bash lanchat-client` prints what a shell needs for Tab, and answers it. It ends here then.
        let completion = CompleteEnv::with_factory(Self::command);
        completion.bin("lanchat-client").completer("lanchat-client").complete();
        let arguments = Self::parse();
        if let Err(error) = arguments.check(is_terminal) {
            error.exit();
        }
        arguments
    }

    /// The nick to ask for: the one on the command line, else the user's own name where it is one.
    pub(crate) fn wish(&self) -> Wish {
        if self.token_file().is_some() {
            // Whose it is the relay knows.
            return Wish::of(None);
        }
        Wish::of(self.login.clone().or_else(|| self.wanted_nick(env::var("USER").ok().as_deref())))
    }

    fn wanted_nick(&self, user: Option<&str>) -> Option<Nick> {
        let own = || user.filter(|user| *user != "root").and_then(|user| Nick::parse(user).ok());
        self.nick.clone().or_else(own)
    }

    /// Where the token is that shows who this is.
    pub(crate) fn token_file(&self) -> Option<PathBuf> {
        let usual = || env::var_os("LANCHAT_TOKEN_FILE").filter(|path| !path.is_empty());
        let says_who = self.login.is_some() || self.nick.is_some() || self.plain;
        let usual = if says_who { None } else { usual() };
        self.token_file.clone().or(usual.map(PathBuf::from))
    }

    /// What is wanted of the connection.
    pub(crate) fn wanted(&self) -> Wanted {
        let pin = self.pin.or(self.relay.fingerprint);
        Wanted { plain: self.plain, accept_new: self.accept_new, pin }
    }

    /// Makes sure that what was given goes together.
    fn check(&self, is_terminal: bool) -> Result<(), clap::Error> {
        self.check_link().and_then(|()| self.check_rooms(is_terminal))
    }

    /// Makes sure that a link says nothing else than the options.
    fn check_link(&self) -> Result<(), clap::Error> {
        let wrong = match (self.relay.fingerprint, self.pin) {
            (Some(_), _) if self.plain => "the link has a key to encrypt with, and --plain says not to",
            (Some(linked), Some(pin)) if linked != pin => "the link and --pin name different keys",
            _ => return Ok(()),
        };
        Err(Self::command().error(ErrorKind::ArgumentConflict, wrong))
    }

    /// Makes sure that the rooms suit who will talk there: a person at a terminal, or a pipe.
    fn check_rooms(&self, is_terminal: bool) -> Result<(), clap::Error> {
        let person = self.targets.iter().find(|target| matches!(target, Target::Person(_)));
        let wrong = match (is_terminal, person) {
            (true, Some(nick)) => {
                format!("--room @{nick} is for a pipe; at the prompt, type /msg {nick} TEXT")
            }
            (false, _) if self.targets.len() > 1 => "the lines of a pipe go to one --room".to_owned(),
            _ => return Ok(()),
        };
        Err(Self::command().error(ErrorKind::ArgumentConflict, wrong))
    }

    /// The rooms that a person enters.
    pub(crate) fn rooms(&self) -> Vec<RoomName> {
        let room = |target: &Target| match target {
            Target::Room(room) => Some(room.clone()),
            Target::Person(_) => None,
        };
        self.targets.iter().filter_map(room).collect()
    }
}

/// A link, or an address alone.
fn parse_relay(written: &str) -> Result<Link, String> {
    if Link::is_meant(written) {
        return written.parse().map_err(|error: LinkError| error.to_string());
    }
    let address = written.parse().map_err(|error: AddressError| error.to_string())?;
    Ok(Link { address, invite: None, fingerprint: None })
}

fn parse_nick(written: &str) -> Result<Nick, String> {
    Nick::parse(written).map_err(|error| format!("a nick {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(arguments: &[&str], user: Option<&str>) -> Option<String> {
        let arguments = Arguments::try_parse_from(arguments).unwrap();
        arguments.wanted_nick(user).map(|nick| nick.to_string())
    }

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_person_is_called_by_their_user_name_unless_they_say_otherwise() {
        assert_eq!(wanted(&["c"], Some("ana")).as_deref(), Some("ana"));
        assert_eq!(wanted(&["c", "--nick", "Bo"], Some("ana")).as_deref(), Some("Bo"));
        assert_eq!(wanted(&["c"], Some("root")), None);
        assert_eq!(wanted(&["c"], Some("no good")), None);
        assert_eq!(wanted(&["c"], None), None);
    }

    #[test]
    fn without_an_address_the_relay_is_on_this_machine() {
        assert_eq!(Arguments::try_parse_from(["c"]).unwrap().relay.address.to_string(), "127.0.0.1:5555");
        assert!(Arguments::try_parse_from(["c", "relay:x"]).is_err());
        assert!(Arguments::try_parse_from(["c", "--nick", "a b"]).is_err());
    }

    #[test]
    fn a_person_enters_many_rooms_and_a_pipe_talks_to_one_room_or_person() {
        let parse = |arguments: &[&str]| Arguments::try_parse_from(arguments).unwrap();
        let two = parse(&["c", "--room", "ops", "--room", "#dev"]);
        assert_eq!(two.rooms().iter().map(RoomName::as_str).collect::<Vec<_>>(), ["ops", "dev"]);
        assert!(two.check(true).is_ok());
        assert_eq!(two.check(false).unwrap_err().exit_code(), 2);
        let person = parse(&["c", "--room", "@ana"]);
        assert!(person.check(false).is_ok());
        assert!(person.check(true).unwrap_err().to_string().contains("/msg ana TEXT"));
        assert!(Arguments::try_parse_from(["c", "--room", "night shift"]).is_err());
    }
}
