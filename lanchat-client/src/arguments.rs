//! The command line.

use clap::Parser;
use lanchat_protocol::LOBBY;
use lanchat_protocol::names::Nick;

use crate::address::Address;

/// Chats through a lanchat relay.
///
/// Type a line and press Enter; /help lists the commands. When standard input is not a terminal, every
/// line of it is sent as one message, and the exit status is 0 only when the relay has acknowledged them all.
#[derive(Debug, Parser)]
#[command(name = "lanchat-client", version, max_term_width = 100)]
pub(crate) struct Arguments {
    /// Where the relay is; the port is 5555 unless given, an IPv6 address stands in brackets
    #[arg(value_name = "HOST[:PORT]", default_value = "127.0.0.1:5555")]
    pub(crate) address: Address,

    /// The name that others see [default: your user name]
    #[arg(long, value_parser = parse_nick)]
    pub(crate) nick: Option<Nick>,

    /// The room to speak in
    #[arg(long, default_value = LOBBY)]
    pub(crate) room: String,

    /// Do not encrypt (plain text is all there is yet)
    #[arg(long)]
    pub(crate) plain: bool,

    /// Print the relay's events on standard output, one JSON object a line, for as long as standard input
    /// stays open
    #[arg(long)]
    pub(crate) json: bool,
}

impl Arguments {
    /// The nick to ask for: the one on the command line, else the user's own name where it is one.
    pub(crate) fn wanted_nick(&self, user: Option<&str>) -> Option<Nick> {
        let own = || user.filter(|user| *user != "root").and_then(|user| Nick::parse(user).ok());
        self.nick.clone().or_else(own)
    }
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
        use clap::CommandFactory;
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
        assert_eq!(Arguments::try_parse_from(["c"]).unwrap().address.to_string(), "127.0.0.1:5555");
        assert!(Arguments::try_parse_from(["c", "relay:x"]).is_err());
        assert!(Arguments::try_parse_from(["c", "--nick", "a b"]).is_err());
    }
}
