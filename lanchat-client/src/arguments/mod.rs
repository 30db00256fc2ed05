//! The command line.

mod doctor;
mod person;
mod place;
mod script;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::CompleteEnv;
use clap_complete::engine::ArgValueCompleter;
use lanchat_protocol::names::RoomName;

use crate::candidates;
use crate::contact::Contact;
use crate::target::Target;

pub(crate) use self::doctor::Doctor;
pub(crate) use self::person::Person;
pub(crate) use self::place::Place;
pub(crate) use self::script::{Ask, Script, Search, Send, Tail, Who};

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
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Where the relay is; the port is 5555 unless given, an IPv6 address stands in brackets. Or a link that somebody
    /// has passed on, lanchat://HOST:PORT#FINGERPRINT: nothing is asked then. Or a server of client.toml by its name
    /// [default: the `default` of client.toml, else 127.0.0.1:5555]
    #[arg(value_name = "WHERE", value_parser = Place::parse, add = ArgValueCompleter::new(candidates::servers))]
    pub(crate) place: Option<Place>,

    #[command(flatten)]
    pub(crate) person: Person,

    /// A room to enter beside the lobby; may be given more than once, you talk in the last one. For a pipe: the
    /// one room that its lines go to, or @NICK for that person alone [default: lobby]
    #[arg(long = "room", value_name = "ROOM", value_parser = Target::parse)]
    pub(crate) targets: Vec<Target>,

    /// How many messages to show that were said in a room before you entered it [default: as the relay is set]
    #[arg(long, value_name = "N")]
    pub(crate) backlog: Option<usize>,

    /// Forget the key of a relay, and end
    #[arg(long, value_name = "WHERE", exclusive = true, value_parser = Place::parse, add = ArgValueCompleter::new(candidates::servers))]
    pub(crate) forget: Option<Place>,

    /// List the relays whose keys are known, and end
    #[arg(long, exclusive = true)]
    pub(crate) pins: bool,

    /// List the servers of client.toml, and end
    #[arg(long, exclusive = true)]
    pub(crate) list: bool,

    /// Print the relay's events on standard output, one JSON object a line, for as long as standard input
    /// stays open
    #[arg(long)]
    pub(crate) json: bool,

    /// At a terminal: plain lines, one after the other, without colours, a prompt or a bell, as a screen reader reads them
    #[arg(long)]
    pub(crate) plain_output: bool,
}

/// What else can be done than to chat.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Doctor(Doctor),
    #[command(flatten)]
    Script(Script),
}

impl Arguments {
    /// What the program was started with; where that is no use, it ends here.
    pub(crate) fn read(is_terminal: bool) -> Self {
        // `COMPLETE=bash lanchat-client` prints what a shell needs for Tab, and answers it. It ends here then.
        let completion = CompleteEnv::with_factory(Self::command);
        completion.bin("lanchat-client").completer("lanchat-client").complete();
        let arguments = Self::parse();
        if let Err(error) = arguments.check_rooms(is_terminal) {
            error.exit();
        }
        arguments
    }

    /// Whether this word asks for something else than a chat, so that no server can have it for a name.
    pub(crate) fn is_command(word: &str) -> bool {
        Self::command().find_subcommand(word).is_some()
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

    /// The rooms that a person enters: those that they name, else those of the contact.
    pub(crate) fn rooms(&self, contact: &Contact) -> Vec<RoomName> {
        let room = |target: &Target| match target {
            Target::Room(room) => Some(room.clone()),
            Target::Person(_) => None,
        };
        if self.targets.is_empty() {
            return contact.rooms.clone();
        }
        self.targets.iter().filter_map(room).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_subcommand_has_options_of_its_own() {
        let parse = |arguments: &[&str]| Arguments::try_parse_from(arguments);
        let tail =
            parse(&["c", "tail", "--room", "ops", "--since", "2h", "--relay", "office", "--nick", "ana"]);
        assert!(matches!(tail.unwrap().command, Some(Command::Script(Script::Tail(_)))));
        assert!(parse(&["c", "office"]).unwrap().command.is_none());
        for wrong in [
            &["c", "--nick", "ana", "send", "hi"][..],
            &["c", "send", "hi", "--room", "ops", "--to", "bo"],
            &["c", "tail", "-n", "3", "--since", "2h"],
            &["c", "tail", "--since", "lately"],
            &["c", "search"],
            &["c", "search", "x", "-n", "51"],
            &["c", "ask", "ops"],
            &["c", "ping", "-c", "0"],
            &["c", "ping", "--relay", "office"],
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
        assert!(Arguments::is_command("send") && !Arguments::is_command("office"));
    }

    #[test]
    fn a_person_enters_many_rooms_and_a_pipe_talks_to_one_room_or_person() {
        let parse = |arguments: &[&str]| Arguments::try_parse_from(arguments).unwrap();
        let two = parse(&["c", "--room", "ops", "--room", "#dev"]);
        assert_eq!(two.targets.iter().map(Target::to_string).collect::<Vec<_>>(), ["#ops", "#dev"]);
        assert!(two.check_rooms(true).is_ok());
        assert_eq!(two.check_rooms(false).unwrap_err().exit_code(), 2);
        let person = parse(&["c", "--room", "@ana"]);
        assert!(person.check_rooms(false).is_ok());
        assert!(person.check_rooms(true).unwrap_err().to_string().contains("/msg ana TEXT"));
        assert!(Arguments::try_parse_from(["c", "--room", "night shift"]).is_err());
        assert!(Arguments::try_parse_from(["c", "--nick", "a b"]).is_err());
    }
}
