//! The subcommands: what scripts ask for.

use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCompleter;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use lanchat_protocol::client::{HITS, HITS_MAX};
use lanchat_protocol::moment;
use lanchat_protocol::names::{Nick, RoomName};

use super::person::parse_nick;
use super::{Person, Place};
use crate::candidates;
use crate::target::{Target, bad_room};

/// How many messages are shown where nobody says how many.
const LINES: usize = 10;

/// Which relay, and as whom.
#[derive(Clone, Debug, Args)]
pub(crate) struct Relay {
    /// Where the relay is: an address, a link, or a server of client.toml by its name [default: its `default`, else 127.0.0.1:5555]
    #[arg(long = "relay", value_name = "WHERE", value_parser = Place::parse, add = ArgValueCompleter::new(candidates::servers))]
    pub(crate) place: Option<Place>,

    #[command(flatten)]
    pub(crate) person: Person,
}

/// What a script asks for.
#[derive(Debug, Subcommand)]
pub(crate) enum Script {
    /// Say something: the words given, else standard input as one message
    ///
    /// The exit status is 0 when the relay has acknowledged everything, 1 when it has not, 2 for wrong usage, 3 when the
    /// relay is not to be trusted.
    Send(Send),
    /// Show what was said in a room, the oldest first, and with --follow what is said from now on
    ///
    /// A room that there is not is a failure, and is waited for with --follow. The exit status is 0 when all was shown or
    /// nobody reads any more, 1 when something failed, 2 for wrong usage, 3 when the relay is not to be trusted.
    Tail(Tail),
    /// Ask a room a question, and wait until somebody gives one of the answers
    ///
    /// Prints who has answered what. The exit status is 0 when that is the first choice, 1 when it is another, 124 when
    /// nobody has answered in time, 2 for wrong usage, 3 when the relay is not to be trusted, 4 when something failed.
    Ask(Ask),
    /// Show who is in a room, one a line
    ///
    /// The exit status is 0 when the relay has answered, 1 when something failed, 2 for wrong usage, 3 when the relay is
    /// not to be trusted.
    Who(Who),
    /// Find what was said, the newest last
    ///
    /// WORDS are as behind /search: words or parts of words, and from:NICK in:ROOM before:DATE after:DATE. The exit
    /// status is 0 when something was found, 1 when nothing was, 2 for wrong usage, 3 when the relay is not to be trusted,
    /// 4 when something failed.
    Search(Search),
    /// See whether a relay answers, and how fast
    ///
    /// The exit status is 0 when it has answered each time, 1 when it has not, 2 for wrong usage, 3 when it is not to be
    /// trusted.
    Ping(Ping),
}

/// `send`.
#[derive(Debug, Args)]
pub(crate) struct Send {
    /// What to say [default: standard input]
    pub(crate) text: Vec<String>,

    /// The room to say it in, or @NICK [default: lobby]
    #[arg(long, value_name = "ROOM", value_parser = Target::parse)]
    pub(crate) room: Option<Target>,

    /// Say it to this person alone
    #[arg(long, value_name = "NICK", value_parser = parse_nick, conflicts_with = "room")]
    pub(crate) to: Option<Nick>,

    /// Each line is a message of its own
    #[arg(long, conflicts_with = "whole")]
    pub(crate) per_line: bool,

    /// All lines are one message, or as many as it takes: that is what is done anyway
    #[arg(long)]
    pub(crate) whole: bool,

    /// It is code: clients show it as it is
    #[arg(long)]
    pub(crate) code: bool,

    #[command(flatten)]
    pub(crate) relay: Relay,
}

/// `tail`.
#[derive(Debug, Args)]
pub(crate) struct Tail {
    /// The room [default: lobby]
    #[arg(long, value_name = "ROOM", value_parser = parse_room)]
    pub(crate) room: Option<RoomName>,

    /// What was said between you and this person
    #[arg(long, value_name = "NICK", value_parser = parse_nick, conflicts_with = "room")]
    pub(crate) with: Option<Nick>,

    /// How many of the last messages to show; 0 with --follow shows only what is new
    #[arg(short = 'n', long, value_name = "N", default_value_t = LINES)]
    pub(crate) lines: usize,

    /// Show what was said from this moment on: 2h, 09:15, yesterday, 2026-11-01, "2026-11-01 09:15"
    #[arg(long, value_name = "MOMENT", value_parser = parse_moment, conflicts_with = "lines", allow_hyphen_values = true)]
    pub(crate) since: Option<i64>,

    /// Go on with what is said from now on
    #[arg(short, long)]
    pub(crate) follow: bool,

    /// One JSON object a line: type, room, pos, time, from, text, action, uid, as the relay's `message` event
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) relay: Relay,
}

/// `ask`.
#[derive(Debug, Args)]
pub(crate) struct Ask {
    /// The room to ask in, or @NICK
    #[arg(value_name = "ROOM", value_parser = Target::parse)]
    pub(crate) target: Target,

    /// The question; the choices are put behind it
    pub(crate) question: String,

    /// The answers that count, the first one is the one that lets a script go on
    #[arg(long, value_name = "A,B", value_delimiter = ',', default_value = "yes,no")]
    pub(crate) choices: Vec<String>,

    /// Print the answer as a JSON object: room, question, from, choice, text, time, pos
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) relay: Relay,
}

/// `who`.
#[derive(Debug, Args)]
pub(crate) struct Who {
    /// The room [default: lobby]
    #[arg(value_name = "ROOM", value_parser = parse_room)]
    pub(crate) room: Option<RoomName>,

    /// One JSON object a line: nick, `connected_s`, room
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) relay: Relay,
}

/// `search`.
#[derive(Debug, Args)]
pub(crate) struct Search {
    /// What to look for
    #[arg(required = true)]
    pub(crate) words: Vec<String>,

    /// How many messages to find, at most 50
    #[arg(short = 'n', long, value_name = "N", default_value_t = HITS, value_parser = parse_hits)]
    pub(crate) lines: usize,

    /// One JSON object a line, as of tail
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) relay: Relay,
}

/// `ping`.
#[derive(Debug, Args)]
pub(crate) struct Ping {
    /// Where the relay is: an address, a link, or a server of client.toml by its name [default: its `default`, else 127.0.0.1:5555]
    #[arg(value_name = "WHERE", value_parser = Place::parse, add = ArgValueCompleter::new(candidates::servers))]
    pub(crate) place: Option<Place>,

    /// How many answers to wait for, one a second
    #[arg(short, long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) count: u32,

    #[command(flatten)]
    pub(crate) person: Person,
}

fn parse_room(written: &str) -> Result<RoomName, String> {
    RoomName::parse(written).map_err(bad_room)
}

fn parse_moment(written: &str) -> Result<i64, String> {
    let now_ms = Timestamp::now().as_millisecond();
    moment::parse(written, now_ms, &TimeZone::system()).map_err(|wrong| wrong.to_string())
}

fn parse_hits(written: &str) -> Result<usize, String> {
    let hits = written.parse().ok().filter(|hits| (1..=HITS_MAX).contains(hits));
    hits.ok_or_else(|| format!("a number from 1 to {HITS_MAX}"))
}
