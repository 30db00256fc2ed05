//! `doctor`: what the command line says of it.

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use super::person::Person;
use super::place::Place;
use crate::candidates;

/// Looks step by step at all that a chat takes, and says what is wrong and what to do
///
/// From client.toml to a round trip through the relay and this terminal. A key that is not known is neither asked about nor
/// remembered, and nobody in any room notices. The exit status is 0 when all is well, 1 when something has failed, 3 when the
/// relay is there but not to be trusted.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Where the relay is: an address, a link, or a server of client.toml by its name
    /// [default: the `default` of client.toml, else 127.0.0.1:5555]
    #[arg(value_name = "WHERE", value_parser = Place::parse, add = ArgValueCompleter::new(candidates::servers))]
    pub(crate) place: Option<Place>,

    #[command(flatten)]
    pub(crate) person: Person,

    /// Print one JSON object when all is done
    #[arg(long)]
    pub(crate) json: bool,
}
